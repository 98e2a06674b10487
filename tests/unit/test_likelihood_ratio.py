"""Likelihood ratios of nested Cox models against R (frozen numbers) and lifelines (random data)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from stratomics.survival.likelihood_ratio import NestedCox

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    table = pd.read_table(DATA / "survival_input.tsv")
    table["mid"], table["high"] = ((table["group"] == level).astype(float) for level in ("mid", "high"))
    return table.assign(empty=((table["event"] == 0) & (table["f13"] == 1)).astype(float))


def model(patients: pd.DataFrame, strata: int = 0) -> NestedCox:
    labels = patients["stratum"] if strata else None
    return NestedCox.fit(patients[["f05", "f14", "f18"]], patients["time"], patients["event"], strata=labels)


@pytest.mark.parametrize("strata", [0, 1])
def test_equals_r(patients, strata):
    columns = {"weak": ["f03"], "strong": ["f12"], "group": ["mid", "high"], "two": ["f02", "f12"], "empty": ["empty"]}
    expected = pd.read_table(DATA / "likelihood_ratio.tsv").query("strata == @strata").set_index("term")
    smaller = model(patients, strata)
    for term, names in columns.items():
        found, row = smaller.add(patients[names]), expected.loc[term]
        assert found.df == row["df"]
        assert found.chi2 == pytest.approx(row["chi2"], rel=1e-6)
        assert found.p == pytest.approx(row["p"], rel=1e-5)
        if term == "empty":  # a level without an event: the coefficient runs off, its likelihood ratio has a limit
            assert found.coef[0] < -10
        else:
            assert found.coef[0] == pytest.approx(row["coef"], rel=1e-4)


def test_without_covariates_equals_lifelines(patients):
    found = NestedCox.fit(np.zeros((len(patients), 0)), patients["time"], patients["event"]).add(patients["f12"])
    reference = CoxPHFitter().fit(patients[["time", "event", "f12"]], "time", "event").log_likelihood_ratio_test()
    assert found.chi2 == pytest.approx(reference.test_statistic, rel=1e-6)
    assert found.p == pytest.approx(reference.p_value, rel=1e-5)


def test_terms_with_nothing_of_their_own_have_no_degree_of_freedom(patients):
    smaller = model(patients)
    for term in (2 * patients["f05"] - patients["f14"] + 3, np.ones(len(patients))):
        found = smaller.add(term)
        assert (found.chi2, found.df) == (0.0, 0)
        assert np.isnan([found.p, found.coef[0]]).all()
    both = smaller.add(np.column_stack([patients["f05"], patients["f12"]]))
    alone = smaller.add(patients["f12"])
    assert (both.df, both.chi2) == (1, pytest.approx(alone.chi2, rel=1e-8))
    np.testing.assert_allclose(both.coef, [np.nan, alone.coef[0]], rtol=1e-6)


def test_useless_covariates_are_left_out(patients):
    spoiled = np.column_stack(
        [patients["f05"], patients["f22"], patients["f14"], patients["f14"] + 1, patients["f18"]]  # f22 is constant
    )
    found = NestedCox.fit(spoiled, patients["time"], patients["event"])
    assert len(found.x) == 3
    assert found.loglik == pytest.approx(model(patients).loglik, rel=1e-10)


def test_units_do_not_matter(patients):
    smaller = model(patients)
    plain, scaled = smaller.add(patients["f12"]), smaller.add(1e6 * patients["f12"] + 1e8)
    assert scaled.chi2 == pytest.approx(plain.chi2, rel=1e-6)
    assert scaled.coef[0] * 1e6 == pytest.approx(plain.coef[0], rel=1e-5)


def test_missing_values_and_lack_of_events_are_refused(patients):
    with pytest.raises(ValueError, match="1 values of the terms are missing"):
        model(patients).add(patients["f12"].where(patients.index > 0))
    with pytest.raises(ValueError, match="one row for each of the 150 patients"):
        model(patients).add([1.0, 2.0])
    with pytest.raises(ValueError, match="none of the 150 patients has the event"):
        NestedCox.fit(patients[["f05"]], patients["time"], np.zeros(150))
