"""The log-rank test for trend against R (frozen numbers), and its direction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from stratomics.survival import logrank, trend_logrank

DATA = Path(__file__).parents[1] / "data"


def test_equals_r() -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    expected = pd.read_table(DATA / "trend_logrank.tsv").set_index("model")["z"]
    step = patients["group"].map({"low": 1, "mid": 2, "high": 3}).to_numpy()
    follow_up = patients["time"], patients["event"]
    two = (patients["stratum"] == "c").to_numpy()
    found = [
        trend_logrank(*follow_up, step, np.full(step.size, 3)),
        trend_logrank(*follow_up, step, np.full(step.size, 3), patients["stratum"]),
        trend_logrank(*follow_up, np.where(two, np.minimum(step, 2), step), np.where(two, 2, 3), patients["stratum"]),
    ]
    np.testing.assert_allclose([z for z, _ in found], expected, rtol=1e-8)
    np.testing.assert_allclose([p for _, p in found], norm.sf(expected), rtol=1e-8)


def test_it_is_the_logrank_test_of_two_groups_with_a_direction() -> None:
    rng = np.random.default_rng(1)
    subtype = rng.integers(1, 3, 120)
    time, event = np.ceil(rng.exponential(20 / subtype)), rng.random(120) < 0.7
    fold = rng.integers(0, 3, 120)
    z, p = trend_logrank(time, event, subtype, np.full(120, 2), fold)
    assert z**2 == pytest.approx(logrank(time, event, subtype, strata=fold).chi2)
    assert z > 0
    backwards, q = trend_logrank(time, event, 3 - subtype, np.full(120, 2), fold)
    assert (backwards, q) == pytest.approx((-z, 1 - p))
    # Subtype 2 of 2 is not subtype 2 of 3: without folds, patients are compared with those of as many subtypes.
    mixed = np.where(fold == 0, 3, 2)
    assert trend_logrank(time, event, subtype, mixed) == pytest.approx(
        trend_logrank(time, event, subtype, mixed, mixed)
    )


def test_many_permutations_at_once_are_one_by_one() -> None:
    rng = np.random.default_rng(2)
    n = 60
    order = np.array([rng.permutation(n) for _ in range(5)])
    time, event = np.ceil(rng.exponential(9, n))[order], (rng.random(n) < 0.6)[order]
    n_subtypes = rng.integers(1, 4, (5, n))
    subtype, fold = np.minimum(rng.integers(1, 4, (5, n)), n_subtypes), np.repeat(["r0f0", "r0f1"], n // 2)
    z, p = trend_logrank(time, event, subtype, n_subtypes, fold)
    assert z.shape == p.shape == (5,)
    for row in range(5):
        single = trend_logrank(time[row], event[row], subtype[row], n_subtypes[row], fold)
        assert (z[row], p[row]) == pytest.approx(single)


def test_nothing_to_compare_is_missing() -> None:
    time, event = np.arange(1.0, 9), np.ones(8)
    assert np.isnan(trend_logrank(time, event, np.ones(8), np.ones(8))).all()
    assert np.isnan(trend_logrank(time, np.zeros(8), np.tile([1, 2], 4), np.full(8, 2))).all()
    alone = trend_logrank(time, event, np.tile([1, 2], 4), np.full(8, 2), np.arange(8))  # each patient a fold
    assert np.isnan(alone).all()
    with pytest.raises(ValueError, match="3 axes"):
        trend_logrank(time, event, np.ones((1, 2, 8)), np.ones(8))
