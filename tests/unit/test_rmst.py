"""Restricted means against R (frozen numbers) and lifelines (random data)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from stratomics.survival import restricted_mean, restricted_mean_se, rmst_difference

DATA = Path(__file__).parents[1] / "data"


def test_mean_and_standard_error_equal_r() -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    for row in pd.read_table(DATA / "rmst.tsv").itertuples():
        own = patients if row.group == "all" else patients[patients["group"] == row.group]
        assert restricted_mean(own["time"], own["event"], row.horizon) == pytest.approx(row.mean, rel=1e-10)
        assert restricted_mean_se(own["time"], own["event"], row.horizon) == pytest.approx(row.se, rel=1e-10)


def test_difference_and_its_interval_equal_r() -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    patients = patients[patients["group"] != "mid"]
    reference = pd.read_table(DATA / "rmst.tsv").query("horizon == 20").set_index("group")
    found = rmst_difference(patients["time"], patients["event"], patients["group"] == "low", 20)
    difference = reference["mean"]["low"] - reference["mean"]["high"]
    se = np.hypot(reference["se"]["low"], reference["se"]["high"])
    assert found.difference == pytest.approx(difference, rel=1e-10)
    assert found.se == pytest.approx(se, rel=1e-10)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (difference - 1.959963984540054 * se, difference + 1.959963984540054 * se)
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_mean_equals_lifelines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, event = np.ceil(rng.exponential(20, 80)), rng.random(80) < 0.6
    for horizon in (0.5, 10.0, 33.3):
        expected = restricted_mean_survival_time(KaplanMeierFitter().fit(time, event), t=horizon)
        assert restricted_mean(time, event, horizon) == pytest.approx(expected, rel=1e-6)


def test_replicates_equal_repeated_patients() -> None:
    rng = np.random.default_rng(3)
    time, event = np.ceil(rng.exponential(20, 60)), rng.random(60) < 0.6
    copies = rng.multinomial(60, np.full(60, 1 / 60), size=4)
    found = restricted_mean(time, event, 25, weights=copies)
    for counts, value in zip(copies, found, strict=True):
        fitter = KaplanMeierFitter().fit(np.repeat(time, counts), np.repeat(event, counts))
        assert value == pytest.approx(restricted_mean_survival_time(fitter, t=25), rel=1e-6)


def test_degenerate_groups() -> None:
    assert np.isnan(restricted_mean([], [], 10))
    assert np.isnan(restricted_mean_se([], [], 10))
    assert restricted_mean([3, 4], [0, 0], 10) == 10  # the curve stays level after the last follow-up
    assert restricted_mean([3, 4], [1, 1], 10) == 3.5
    alone = rmst_difference([3, 4], [1, 1], [True, True], 10)
    assert np.isnan([alone.difference, alone.se, alone.p]).all()
    assert np.isnan(restricted_mean([3, 4], [1, 1], 10, weights=[[0, 0], [1, 1]])).tolist() == [True, False]


def test_faulty_horizon_is_refused() -> None:
    with pytest.raises(ValueError, match="positive number of days, found 0"):
        restricted_mean([1, 2], [1, 0], 0)
