"""What predicted survival curves are worth: Antolini's concordance, D-calibration, decision curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from stratomics.evaluation.calibration import DECISION_COLUMNS, THRESHOLDS, decision_curve_table
from stratomics.survival import concordance_antolini, concordance_harrell, d_calibration, net_benefit
from stratomics.survival.predicted import predicted_at

TIMES = np.arange(1.0, 41)


def draw(n=120, seed=0, days=np.ceil, times=TIMES):
    """Follow-up up to day 40, in whole days (many ties), and the curves of two Weibull shapes, which cross."""
    rng = np.random.default_rng(seed)
    shape = rng.choice([0.7, 2.0], n)
    scale = rng.uniform(8, 40, n)
    died, left = scale * rng.weibull(shape), rng.uniform(5, 60, n)
    time = np.minimum(days(np.minimum(died, left)), 40.0)
    curves = np.exp(-((times / scale[:, None]) ** shape[:, None]))
    return time, (died <= left) & (died <= 40), curves, rng


def test_antolini_is_the_share_of_pairs_counted_one_by_one():
    time, event, curves, rng = draw()
    curves[:20] = curves[0]  # ties between predictions
    fold = rng.integers(0, 3, len(time))
    concordant = pairs = 0.0
    for i in np.flatnonzero(event & (time <= 30)):
        for j in np.flatnonzero(fold == fold[i]):
            if time[i] < time[j] or (time[i] == time[j] and not event[j]):
                own, other = (predicted_at(curves[[k], :30], TIMES[:30], [time[i]])[0, 0] for k in (i, j))
                concordant, pairs = concordant + (own < other) + 0.5 * (own == other), pairs + 1
    found = concordance_antolini(time, event, curves[:, :30], TIMES[:30], fold=fold)
    assert found == pytest.approx(concordant / pairs, abs=1e-12)
    # Replicates are the patients repeated.
    counts = rng.multinomial(len(time), np.full(len(time), 1 / len(time)), size=2)
    rows = np.repeat(np.arange(len(time)), counts[1])
    repeated = concordance_antolini(time[rows], event[rows], curves[rows], TIMES, fold=fold[rows])
    assert concordance_antolini(time, event, curves, TIMES, fold=fold, weights=counts)[1] == pytest.approx(repeated)


def test_antolini_of_proportional_hazards_is_harrells_c_and_of_crossing_curves_it_is_not():
    time, event, curves, rng = draw(seed=1)
    risk = rng.normal(size=len(time)) - 0.03 * time
    parallel = np.exp(-np.outer(np.exp(risk), TIMES / 30))
    harrell = concordance_harrell(time, event, risk)
    assert concordance_antolini(time, event, parallel, TIMES) == pytest.approx(harrell, abs=1e-12)
    at_the_end = concordance_harrell(time, event, -curves[:, -1])
    assert abs(concordance_antolini(time, event, curves, TIMES) - at_the_end) > 0.01
    assert np.isnan(concordance_antolini(time, np.zeros(len(time)), curves, TIMES))
    with pytest.raises(ValueError, match="40 times, found shape"):
        concordance_antolini(time, event, curves[:, 1:], TIMES)
    with pytest.raises(ValueError, match="risk is missing for 1 of 120"):
        concordance_antolini(time, event, np.where(np.arange(120)[:, None] == 3, np.nan, curves), TIMES)


def test_d_calibration_counts_the_dead_once_and_spreads_the_others_below():
    curves = np.array([[0.95, 0.55], [0.85, 0.45], [0.9, 0.25], [0.9, 0.0]])
    found = d_calibration([2.0, 2.0, 5.0, 2.0], [1, 0, 1, 0], curves, [1.0, 2.0], bins=4)
    # Died at .55; censored at .45; died after the last time, where survival was .25; censored where it was 0.
    expected = [1 / 1.8 + 1 + 1, 0.2 / 0.45, 1, 0]
    np.testing.assert_allclose(found.counts, expected, atol=1e-9)
    assert found.chi2 == pytest.approx(((np.array(expected) - 1) ** 2).sum())
    assert found.df == 3
    assert np.isnan(d_calibration([2.0], [1], [[np.nan]], [1.0]).p)


def test_d_calibration_holds_its_level_and_finds_what_is_wrong():
    """True curves are rejected rarely (censoring makes the test conservative), too hopeful ones nearly always."""
    true, hopeful = [], []
    times = np.arange(1, 401) / 10
    for seed in range(60):
        time, event, curves, _ = draw(200, seed, np.asarray, times)
        true.append(d_calibration(time, event, curves, times).p)
        hopeful.append(d_calibration(time, event, np.sqrt(curves), times).p)
    assert np.mean(np.array(true) <= 0.05) <= 0.08
    assert np.mean(np.array(hopeful) <= 0.05) >= 0.9


def test_net_benefit_without_censoring_is_counted_by_hand():
    time, risk = np.array([1.0, 2, 3, 8, 9, 9, 9, 9]), np.array([0.9, 0.2, 0.7, 0.6, 0.1, 0.3, 0.1, 0.0])
    benefit, treated = net_benefit(time, np.ones(8), risk, 5.0, [0.05, 0.5, 0.95])
    assert treated.tolist() == [7 / 8, 3 / 8, 0]
    np.testing.assert_allclose(benefit, [3 / 8 - 4 / 8 * 0.05 / 0.95, 2 / 8 - 1 / 8, 0])


def test_net_benefit_with_censoring_uses_kaplan_meier_among_the_treated():
    time, event, curves, _ = draw(seed=2)
    risk = 1 - curves[:, 19]
    benefit, treated = net_benefit(time, event, risk, 20.0, THRESHOLDS)
    for threshold, found, share in zip(THRESHOLDS, benefit, treated, strict=True):
        chosen = risk >= threshold
        assert share == chosen.mean()
        if chosen.any() and time[chosen].max() >= 20:
            alive = KaplanMeierFitter().fit(time[chosen], event[chosen]).predict(20.0)
            assert found == pytest.approx(share * (1 - alive) - share * alive * threshold / (1 - threshold))
    assert np.isnan(net_benefit([1.0, 2.0], [1, 0], [0.9, 0.9], 5.0, [0.5])[0]).all()  # nobody is followed so long
    with pytest.raises(ValueError, match="between 0 and 1"):
        net_benefit(time, event, risk, 20.0, [1.0])


def test_decision_curve_of_the_true_risk_is_above_treating_all_and_none():
    rng = np.random.default_rng(0)
    subtype = rng.integers(1, 4, 2000)
    died, left = rng.exponential(2000 * np.exp(-0.6 * subtype)), rng.exponential(1500, 2000)
    labels = pd.DataFrame(
        {
            "time": np.minimum(died, left),
            "event": died <= left,
            "subtype": subtype,
            "fold": np.where(died > 500, "a", "b"),
        }
    )
    times = np.arange(100.0, 1001, 100)
    true = np.exp(-np.outer(np.exp(0.6 * labels["subtype"]), times / 2000))
    table = decision_curve_table({"r0": labels}, {"a": true, "b": true}, times, [500, 2000])
    assert table.columns.tolist() == DECISION_COLUMNS
    assert len(table) == 2 * len(THRESHOLDS)
    near = table[table["days"] == 500]
    assert (near["net_benefit"] >= np.maximum(near["net_benefit_all"], 0) - 0.01).all()
    # Treating by the risk pays where the threshold lies between the risks of the subtypes: .37 to .78.
    between = near[near["threshold"].between(0.4, 0.6)]
    assert (between["net_benefit"] > np.maximum(between["net_benefit_all"], 0) + 0.02).all()
    assert table.loc[table["days"] == 2000, "net_benefit"].isna().all()  # beyond the predictions
