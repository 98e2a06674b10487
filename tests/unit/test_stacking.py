"""Several risks in one: the weights, learned among the training patients."""

from __future__ import annotations

import numpy as np
import pytest

from stratomics.survival import cox_multivariate, ridge_cox_path
from stratomics.survival.stacking import EQUAL, FREE, LEAST, stack, stacking_weights

N = 400


def planted(seed: int, effects: tuple[float, ...]) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Independent risks of deviation near 1, each with its effect, and the follow-up of the patients."""
    rng = np.random.default_rng(seed)
    risks = rng.normal(size=(N, len(effects)))
    survival, censoring = rng.exponential(1000 * np.exp(-risks @ effects)), rng.exponential(1000, N)
    return list(risks.T), np.ceil(np.minimum(survival, censoring)), survival <= censoring


def two_weights(risks: list[np.ndarray], time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Weights of two risks, written out: a penalty on half their sum and on half their difference."""
    z = np.column_stack(risks) / np.std(risks, axis=1)
    scale = np.sqrt([FREE, EQUAL])
    half_sum, half_difference = ridge_cox_path(z @ [[1, 1], [1, -1]] / scale, time, event, [1.0]).coef[0] / scale
    return np.array([half_sum + half_difference, half_sum - half_difference])


def test_two_weights_are_those_of_a_cox_model_pulled_towards_each_other() -> None:
    risks, time, event = planted(1, (1.0, 0.5))
    risks[1] = 5 * risks[1]
    weights = stacking_weights(risks, time, event)
    np.testing.assert_allclose(weights, two_weights(risks, time, event), atol=1e-5)
    free = cox_multivariate(np.column_stack(risks) / np.std(risks, axis=1), time, event).coef
    assert free[1] < weights[1] < weights[0] < free[0]
    assert weights.mean() == pytest.approx(free.mean(), rel=0.05)


def test_weights_are_not_below_zero_and_a_risk_that_does_not_vary_has_none() -> None:
    (age, signal), time, event = planted(2, (0.7, 1.2))
    against = stacking_weights([age, -3 * signal], time, event)
    assert against[1] == 0
    assert against[0] > 0
    alone = stacking_weights([np.full(N, 0.3), signal], time, event)
    assert alone[0] == 0
    assert alone[1] > 0
    np.testing.assert_array_equal(stacking_weights([np.zeros(N), np.zeros(N)], time, event), [LEAST, LEAST])


def test_where_no_risk_tells_anything_patients_stay_ranked_at_nearly_the_same_hazard() -> None:
    (age, signal), time, event = planted(2, (0.7, 1.2))
    # Nothing but what misleads: as much of each.
    np.testing.assert_array_equal(stacking_weights([-age, -signal], time, event), [LEAST, LEAST])
    np.testing.assert_array_equal(stacking_weights([age, signal], time, np.zeros(N, dtype=bool)), [LEAST, LEAST])


def test_weights_move_with_their_risks_and_noise_has_hardly_any() -> None:
    risks, time, event = planted(3, (1.0, 0.0, 0.7))
    weights = stacking_weights(risks, time, event)
    order = [2, 0, 1]
    moved = stacking_weights([risks[i] for i in order], time, event)
    np.testing.assert_allclose(moved, weights[order], atol=1e-6)
    assert weights[0] > weights[2] > 0.4
    assert 0 <= weights[1] < 0.15 * weights[0]


def test_a_third_risk_that_misleads_leaves_the_weights_of_two() -> None:
    risks, time, event = planted(4, (0.9, 0.6, -0.8))
    weights = stacking_weights(risks, time, event)
    assert weights[2] == 0
    np.testing.assert_allclose(weights[:2], stacking_weights(risks[:2], time, event), atol=1e-6)


def test_weights_of_risks_of_one_worth_are_about_equal() -> None:
    risks, time, event = planted(5, (0.6, 0.6, 0.6))
    weights = stacking_weights(risks, time, event)
    np.testing.assert_allclose(weights, 0.6, atol=0.2)
    # Fewer patients say less against their being equal.
    few = np.arange(40)
    weights = stacking_weights([one[few] for one in risks], time[few], event[few])
    free = cox_multivariate(np.column_stack(risks)[few], time[few], event[few]).coef
    assert np.ptp(weights) < 0.6 * np.ptp(free)


def test_a_stack_adds_risks_by_their_weights() -> None:
    apart, time, event = planted(6, (0.8, 0.5))
    apart[1] = 4 * apart[1] + 7
    fitted = [one[::-1] + 2 for one in apart]  # as far spread as apart
    weights, factors, together = stack(fitted, apart, time, event)
    np.testing.assert_allclose(weights, stacking_weights(apart, time, event))
    np.testing.assert_allclose(factors * np.std(fitted, axis=1), weights)
    expected = sum(w * (one - one.mean()) / one.std() for w, one in zip(weights, apart, strict=True))
    np.testing.assert_allclose(together, expected, atol=1e-12)
    still = [np.ones(N), apart[1]]
    _, (none, some), _ = stack(still, still, time, event)
    assert none == 0
    assert some > 0
