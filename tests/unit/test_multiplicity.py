"""Adjusted p-values against algorithms written out by hand, and their error rate under the null."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stratomics.evaluation.multiplicity import holm, westfall_young_min_p


def holm_by_closure(p: np.ndarray) -> np.ndarray:
    """Holm as what it is: Bonferroni in every subset of the hypotheses (the closure principle)."""
    adjusted = np.zeros(len(p))
    for size in range(1, len(p) + 1):
        for subset in itertools.combinations(range(len(p)), size):
            bonferroni = min(1.0, size * min(p[list(subset)]))
            adjusted[list(subset)] = np.maximum(adjusted[list(subset)], bonferroni)
    return adjusted


def test_holm_is_the_closure_of_bonferroni():
    rng = np.random.default_rng(0)
    for m in (1, 2, 5, 7):
        p = np.round(rng.beta(0.4, 2, m), 2)  # rounded: some are tied
        np.testing.assert_allclose(holm(p), holm_by_closure(p), rtol=1e-14)


def test_holm_leaves_missing_tests_out():
    found = holm([0.01, np.nan, 0.03])
    np.testing.assert_allclose(found, [0.02, np.nan, 0.03])
    assert holm([]).size == 0


def min_p_by_hand(observed, null, larger_is_extreme):
    """Ge, Dudoit & Speed's box 4 with plain loops, the observed order as one of the permutations."""
    rows = [list(observed), *map(list, null)]
    m = len(observed)

    def at_least(a, b):
        if np.isnan(b):
            return True
        return bool(not np.isnan(a) and (a >= b if larger_is_extreme else a <= b))

    p = [[sum(at_least(other[j], row[j]) for other in rows) / len(rows) for j in range(m)] for row in rows]
    order = sorted(range(m), key=lambda j: p[0][j])
    adjusted, so_far = [0.0] * m, 0.0
    for k, j in enumerate(order):
        beaten = sum(min(own[i] for i in order[k:]) <= p[0][j] for own in p) / len(rows)
        so_far = max(so_far, beaten)
        adjusted[j] = so_far
    return p[0], adjusted


@pytest.mark.parametrize("larger_is_extreme", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_min_p_equals_the_algorithm_written_out(seed, larger_is_extreme):
    rng = np.random.default_rng(seed)
    null = np.round(rng.normal(size=(39, 4)) + rng.normal(size=(39, 1)), 1)  # rounded: tied within a column
    observed = np.round(rng.normal(1, 1, 4), 1)
    null[rng.random(null.shape) < 0.05] = np.nan
    if seed == 3:
        observed[2] = np.nan
    p, adjusted = westfall_young_min_p(observed, null, larger_is_extreme)
    expected_p, expected_adjusted = min_p_by_hand(observed, null, larger_is_extreme)
    np.testing.assert_allclose(p, expected_p, rtol=1e-14)
    np.testing.assert_allclose(adjusted, expected_adjusted, rtol=1e-14)


def test_plain_p_counts_ties_and_never_reaches_zero():
    p, adjusted = westfall_young_min_p([3.0, 1.0], [[1, 1], [3, 0], [2, 2]], True)
    assert p.tolist() == [0.5, 0.75]  # (1 + one as large) / 4, (1 + two as large) / 4
    assert (adjusted >= p).all()
    assert westfall_young_min_p([9.0], np.zeros((19, 1)), True)[0] == pytest.approx(1 / 20)
    assert westfall_young_min_p([9.0], np.zeros((0, 1)), True)[0] == 1.0


def test_a_missing_statistic_is_the_least_extreme_whether_observed_or_permuted():
    p, adjusted = westfall_young_min_p([np.nan, 5.0], [[0.0, np.nan], [1.0, np.nan], [2.0, 1.0]], True)
    assert p.tolist() == [1.0, 0.25]
    assert adjusted[0] == 1.0


def test_one_embedding_alone_needs_no_adjustment_and_copies_cost_nothing():
    rng = np.random.default_rng(1)
    null, observed = rng.normal(size=(99, 1)), np.array([1.5])
    p, adjusted = westfall_young_min_p(observed, null, True)
    assert p == adjusted
    copies_p, copies_adjusted = westfall_young_min_p(np.repeat(observed, 3), np.repeat(null, 3, axis=1), True)
    np.testing.assert_array_equal(copies_p, np.repeat(p, 3))
    np.testing.assert_array_equal(copies_adjusted, np.repeat(p, 3))  # Bonferroni would triple it


def test_family_wise_error_holds_for_correlated_embeddings_where_the_plain_p_fails():
    """1500 null cohorts with three embeddings correlated .5: any adjusted p <= .05 in about 5 % of them."""
    rng = np.random.default_rng(2)
    runs, permutations = 1500, 99
    any_plain = any_adjusted = 0
    for _ in range(runs):
        drawn = rng.normal(size=(permutations + 1, 3)) + rng.normal(size=(permutations + 1, 1))
        p, adjusted = westfall_young_min_p(drawn[0], drawn[1:], True)
        any_plain += p.min() <= 0.05
        any_adjusted += adjusted.min() <= 0.05
    standard_error = np.sqrt(0.05 * 0.95 / runs)
    assert any_adjusted / runs < 0.05 + 3 * standard_error
    assert any_adjusted / runs > 0.05 - 4 * standard_error  # nor is it needlessly strict
    assert any_plain / runs > 0.05 + 5 * standard_error


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="permutations x 2 statistics"):
        westfall_young_min_p([1.0, 2.0], np.zeros((5, 3)), True)
