"""Pooled and pairwise log-rank tests against R (frozen numbers) and lifelines."""

from __future__ import annotations

import time as clock
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import multivariate_logrank_test
from scipy.stats import chi2 as chi2_distribution

from stratomics.evaluation import pairwise_table
from stratomics.survival import pairwise_logrank, pooled_logrank

DATA = Path(__file__).parents[1] / "data"
LEVELS = {"low": 1, "mid": 2, "high": 3}


def patients() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = pd.read_table(DATA / "survival_input.tsv")
    return table["time"].to_numpy(float), table["event"].to_numpy().astype(bool), table["group"].map(LEVELS).to_numpy()


def test_pairs_and_holm_equal_r() -> None:
    time, event, subtype = patients()
    labels = pd.DataFrame({"time": time, "event": event, "subtype": subtype, "n_subtypes": 3})
    found = pairwise_table({"r0": labels, "r1": labels})
    assert found["repeat"].tolist() == ["r0"] * 3 + ["r1"] * 3
    for row in pd.read_table(DATA / "pairwise_logrank.tsv").itertuples():
        own = found[(found["subtype_a"] == LEVELS[row.a]) & (found["subtype_b"] == LEVELS[row.b])]
        np.testing.assert_allclose(own["chi2"], row.chi2, rtol=1e-8)
        np.testing.assert_allclose(own["p"], row.p, rtol=1e-8)
        np.testing.assert_allclose(own["p_adjusted"], row.p_adjusted, rtol=1e-8)
    first = found.iloc[0]
    assert first["n_a"] == (subtype == 1).sum()
    assert first["events_b"] == event[subtype == 2].sum()


def two_numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A cohort whose folds chose two and three subtypes."""
    time, event, subtype = patients()
    n_subtypes = np.where(np.arange(150) % 2, 2, 3)
    return time, event, np.minimum(subtype, n_subtypes), n_subtypes


def test_folds_with_other_numbers_of_subtypes_have_pairs_of_their_own() -> None:
    time, event, subtype, n_subtypes = two_numbers()
    found = pairwise_logrank(time, event, subtype, n_subtypes)
    assert found[["n_subtypes", "subtype_a", "subtype_b"]].to_numpy().tolist() == [
        [2, 1, 2],
        [3, 1, 2],
        [3, 1, 3],
        [3, 2, 3],
    ]
    for row in found.itertuples():
        own = (n_subtypes == row.n_subtypes) & np.isin(subtype, [row.subtype_a, row.subtype_b])
        assert row.chi2 == pytest.approx(
            multivariate_logrank_test(time[own], subtype[own], event[own]).test_statistic, rel=1e-8
        )


def test_pooled_test_adds_one_test_per_number_of_subtypes() -> None:
    time, event, subtype, n_subtypes = two_numbers()
    parts = [
        multivariate_logrank_test(time[own], subtype[own], event[own]) for own in (n_subtypes == 2, n_subtypes == 3)
    ]
    statistic = sum(part.test_statistic for part in parts)
    chi2, df, p = pooled_logrank(time, event, subtype, n_subtypes)
    assert (chi2, df) == (pytest.approx(statistic, rel=1e-8), 3)
    assert p == pytest.approx(chi2_distribution.sf(statistic, 3), rel=1e-8)


def test_labels_that_nobody_has_are_missing_and_do_not_count() -> None:
    time, event, subtype = patients()
    two = np.where(subtype == 3, 2, subtype)
    found = pairwise_table({"r0": pd.DataFrame({"time": time, "event": event, "subtype": two, "n_subtypes": 3})})
    assert found["p"].isna().tolist() == [False, True, True]
    assert found["p_adjusted"][0] == found["p"][0]
    assert np.isnan(pooled_logrank(time, event, np.ones(150), np.ones(150))[0])
    assert np.isnan(pooled_logrank(time, np.zeros(150, dtype=bool), subtype, np.full(150, 3))[2])
    empty = pairwise_table(
        {"r0": pd.DataFrame({"time": time, "event": event, "subtype": np.nan, "n_subtypes": np.nan})}
    )
    assert len(empty) == 0
    assert "p_adjusted" in empty


def test_pooled_test_is_fast_enough_for_permutations() -> None:
    rng = np.random.default_rng(0)
    time, event, subtype = rng.exponential(900, 800).round(), rng.random(800) < 0.4, rng.integers(1, 4, 800)
    n_subtypes = np.full(800, 3)
    started = clock.perf_counter()
    for _ in range(100):
        pooled_logrank(time, event, subtype, n_subtypes)
    assert clock.perf_counter() - started < 2  # 20 ms each is ten times what it takes
