"""The verdict on a model by patients of elsewhere: the rules at their edges, and events foretold."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.test_verdict import GOOD

from stratomics.evaluation.evidence import Evidence
from stratomics.evaluation.external import Expected, expected_events, external_verdict
from stratomics.evaluation.findings import EXTERNAL_CODES, verdict_row
from stratomics.evaluation.sources import Figure

NAN = float("nan")
SLOPE = Figure(1.1, 0.6, 1.6)
#: One fit, so what needs several is missing.
BASE = {**GOOD, "embeddings": 1, "k_folds_again": 1.0, "apparent_cindex_subtype": NAN} | {
    "heldout_cindex": 0.66,
    "heldout_cindex_low": 0.6,
    "heldout_cindex_high": 0.72,
    "permutation_p_cindex": 0.01,
}


def expected(value=1.0, low=0.8, high=1.25):
    return Expected(50, 50 / value, Figure(value, low, high), 1825.0)


def judged(changes=(), ratio=None, slope=SLOPE):
    return external_verdict(Evidence.from_columns(BASE | dict(changes)), ratio or expected(), slope)


RANKING = [
    ({}, "ranks"),
    ({"heldout_cindex": 0.549, "heldout_cindex_low": 0.51}, "ranks_little"),
    ({"heldout_cindex_low": 0.5}, "no_evidence"),
    ({"permutation_p_cindex": 0.051}, "no_evidence"),
    ({"permutation_p_cindex": NAN, "permutations": 0}, "ranks"),
    ({"heldout_cindex_low": 0.5, "events": 49}, "underpowered"),
    ({"heldout_cindex": 0.52, "heldout_cindex_low": 0.45, "heldout_cindex_high": 0.59, "events": 49}, "no_evidence"),
    ({"heldout_cindex": 0.4, "heldout_cindex_low": 0.3, "heldout_cindex_high": 0.49}, "reversed"),
    ({"heldout_cindex": NAN}, "no_evidence"),
    ({"events": 19}, "underpowered"),
]


@pytest.mark.parametrize(("changes", "code"), RANKING)
def test_how_the_risk_ranks_patients_of_elsewhere(changes, code):
    assert judged(changes).codes["ranking"] == code


CALIBRATION = [
    (expected(), SLOPE, "calibrated"),
    (expected(1.3, 1.05, 1.6), SLOPE, "too_high"),
    (expected(1.1, 1.05, 1.2), SLOPE, "calibrated"),  # surely more, but not so many that it would matter
    (expected(0.7, 0.5, 0.95), SLOPE, "too_low"),
    (expected(), Figure(0.5, 0.2, 0.99), "too_extreme"),
    (expected(), Figure(2.0, 1.01, 3.0), "too_alike"),
    (expected(1.0, 0.66, 1.4), SLOPE, "undetermined"),
    (expected(1.0, 0.7, 1.51), SLOPE, "undetermined"),
    (expected(), Figure(0.9, 0.49, 1.3), "undetermined"),
    (expected(), Figure(1.4, 0.9, 2.01), "undetermined"),
    (expected(), Figure(1.0, NAN, NAN), "undetermined"),
    (Expected(10, NAN, Figure(NAN, NAN, NAN), 1825.0), SLOPE, "not_tested"),
]


@pytest.mark.parametrize(("ratio", "slope", "code"), CALIBRATION)
def test_whether_predicted_survival_is_right(ratio, slope, code):
    assert judged(ratio=ratio, slope=slope).codes["calibration"] == code
    assert judged({"events": 19}, ratio, slope).codes["calibration"] == "underpowered"


def test_without_permutations_the_logrank_test_stands_in_and_is_named():
    """At home it would be too small too often; here nothing was fitted on the patients or on others of their cohort."""
    none = {"permutations": 0, "permutation_p": NAN, "permutation_p_adjusted": NAN, "permutation_p_logrank": NAN}
    found = judged(none | {"heldout_logrank_p": 0.003})
    assert found.codes["separation"] == "separates"
    assert "log-rank p 0.003" in found.sentence
    assert "permutation" not in found.sentence
    assert judged(none | {"heldout_logrank_p": 0.3}).codes["separation"] == "no_evidence"


def test_the_words_say_what_was_asked_and_nothing_of_what_one_fit_cannot_tell():
    found = judged()
    assert list(found.codes) == EXTERNAL_CODES
    text = found.sentence + found.paragraph
    for said in ("better than chance", "50 events until day 1825 where 50.0 were foretold", "clinical variables"):
        assert said in text
    for unsaid in ("stab", "simpler", "full fit", "fold", "  "):
        assert unsaid not in text, unsaid
    row = verdict_row(Evidence.from_columns(BASE), found)
    assert row["ranking_reason"] == "permutation p 0.010; 0.5 is chance"


def test_events_foretold_have_the_exact_interval_of_a_count():
    """Of ten events Garwood's table has 4.795 to 18.39."""
    time, survival = np.full(100, 300.0), np.full(100, np.exp(-0.1))
    found = expected_events(time, np.arange(100) < 10, survival, 365)
    assert (found.observed, found.expected) == (10, pytest.approx(10))
    np.testing.assert_allclose(found.ratio, (1.0, 0.4795, 1.839), atol=5e-4)
    later = expected_events(time, np.arange(100) < 10, survival, 299)
    assert later.observed == 0
    assert later.ratio.low == 0
    assert np.isnan(expected_events(time, time > 0, np.full(100, np.nan), 365).expected)


def test_a_model_that_is_right_is_seldom_called_wrong():
    """Exponential survival by the risk, censored: the interval of the ratio holds 1 in about 95 of 100 cohorts."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        rate = np.exp(rng.normal(0, 0.7, 120)) / 1000
        life, lost = rng.exponential(1 / rate), rng.uniform(0, 3000, 120)
        time = np.minimum(life, lost)
        ratio = expected_events(time, life <= lost, np.exp(-rate * np.minimum(time, 1500)), 1500).ratio
        held.append(ratio.low <= 1 <= ratio.high)
    assert 0.92 <= np.mean(held) <= 0.985
