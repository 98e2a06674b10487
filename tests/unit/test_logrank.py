"""The log-rank test against R (frozen numbers) and lifelines (random data)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import multivariate_logrank_test

from stratomics.survival import logrank

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize("groups", [2, 3])
@pytest.mark.parametrize("strata", [0, 1])
def test_equals_r(groups: int, strata: int) -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    expected = pd.read_table(DATA / "logrank.tsv").query("groups == @groups and strata == @strata")
    patients = patients[patients["group"].isin(expected["group"])]
    found = logrank(
        patients["time"], patients["event"], patients["group"], strata=patients["stratum"] if strata else None
    )
    table = found.table.set_index("group").loc[expected["group"]]
    np.testing.assert_allclose(found.chi2, expected["chi2"].iloc[0], rtol=1e-8)
    np.testing.assert_allclose(table["expected"], expected["expected"], rtol=1e-8)
    assert table["observed"].tolist() == expected["observed"].tolist()
    assert table["n"].sum() == len(patients)
    assert found.df == groups - 1


@pytest.mark.parametrize("groups", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equals_lifelines(groups: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, 200)
    time, event = np.ceil(rng.exponential(20, 200) * (1 + 0.2 * group)), rng.random(200) < 0.6
    expected = multivariate_logrank_test(time, group, event)
    found = logrank(time, event, group)
    np.testing.assert_allclose(found.chi2, expected.test_statistic, rtol=1e-8)
    np.testing.assert_allclose(found.p, expected.p_value, rtol=1e-8)
    assert found.df == groups - 1
    assert found.table["expected"].sum() == pytest.approx(event.sum())


def test_group_gone_before_the_first_event_takes_no_degree_of_freedom() -> None:
    time = np.array([1.0, 1, 5, 6, 7, 8, 9, 10])
    event = np.array([0, 0, 1, 1, 0, 1, 1, 1])
    group = np.array(["gone", "gone", "a", "b", "a", "b", "a", "b"])
    with_gone = logrank(time, event, group)
    without = logrank(time[2:], event[2:], group[2:])
    assert (with_gone.chi2, with_gone.df, with_gone.p) == pytest.approx((without.chi2, 1, without.p))
    assert logrank([1, 2, 3, 4], [0, 0, 1, 1], ["gone", "gone", "a", "a"]).p == 1
    assert logrank([1, 2, 3, 4], [0, 0, 0, 0], ["a", "a", "b", "b"]).p == 1


def test_each_stratum_counts_for_itself() -> None:
    rng = np.random.default_rng(3)
    time, event, group = rng.exponential(20, 100), rng.random(100) < 0.6, rng.integers(0, 2, 100)
    # Two strata with the same patients: twice the difference on twice the variance.
    doubled = logrank(np.tile(time, 2), np.tile(event, 2), np.tile(group, 2), strata=np.repeat(["x", "y"], 100))
    assert doubled.chi2 == pytest.approx(2 * logrank(time, event, group).chi2)


def test_faulty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two groups, found 1"):
        logrank([1, 2], [1, 1], ["a", "a"])
    with pytest.raises(ValueError, match="group is missing for 1 of 2"):
        logrank([1, 2], [1, 1], ["a", None])
    with pytest.raises(ValueError, match="time must be finite"):
        logrank([1, np.nan], [1, 1], ["a", "b"])
