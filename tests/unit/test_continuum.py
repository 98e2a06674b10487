"""One group cut into K is told from K groups."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from stratomics.stability.continuum import cluster_index, continuum_p


def one_group(seed: int, n: int = 150, width: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)) @ rng.normal(size=(width, width))


def groups(seed: int, k: int, n: int = 150, width: int = 6, apart: float = 4.0) -> np.ndarray:
    """Draw k round groups of standard deviation 1, their centres `apart` or more from each other."""
    rng = np.random.default_rng(seed)
    centres = apart / np.sqrt(2) * np.eye(width)[:k]
    return rng.normal(size=(n, width)) + centres[rng.integers(k, size=n)]


def test_the_cluster_index_is_that_of_scikit_learn():
    points = np.stack([groups(seed, 3) for seed in range(3)])
    found = cluster_index(points, 3, np.random.default_rng(0))
    for one, value in zip(points, found, strict=True):
        expected = KMeans(3, n_init=10, random_state=0).fit(one).inertia_ / ((one - one.mean(axis=0)) ** 2).sum()
        assert value == pytest.approx(expected, rel=1e-3)


def test_one_group_cut_into_k_is_a_continuum_and_planted_groups_are_none():
    """By 12 data sets each; `tests/benchmarks/verdict.py` has more, and other shapes."""
    for k in (2, 3):
        alone = [continuum_p(one_group(seed), k, seed, 39) > 0.05 for seed in range(12)]
        planted = [continuum_p(groups(seed, k), k, seed, 39) > 0.05 for seed in range(12)]
        assert np.mean(alone) >= 0.9
        assert np.mean(planted) <= 0.1


def test_it_depends_on_the_seed_alone_and_knows_what_cannot_be_tested():
    points = one_group(0)
    assert continuum_p(points, 2, 1, 19) == continuum_p(points, 2, 1, 19)
    assert continuum_p(points[:, ::-1] + 5.0, 2, 1, 19) == continuum_p(points, 2, 1, 19)
    assert np.isnan(
        [continuum_p(points, 1, 0), continuum_p(points[:2], 2, 0), continuum_p(np.ones((9, 2)), 2, 0)]
    ).all()
