"""The Cox term of a network, against lifelines and the Cox model of this project."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from lifelines import CoxPHFitter

from stratomics.embedding.hazard import cox_loss
from stratomics.survival import cox_multivariate, partial_loglik


def patients(seed: int = 0, n: int = 40) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log hazards and follow-up with many ties."""
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 12, n).astype(float), (rng.random(n) < 0.5).astype(float)
    return torch.from_numpy(rng.normal(size=n) * 2), torch.from_numpy(time), torch.from_numpy(event)


@pytest.mark.parametrize("shift", [0.0, 300.0])
def test_it_is_the_log_partial_likelihood_of_breslow_per_event(shift: float) -> None:
    risk, time, event = patients()
    found = float(cox_loss(risk + shift, time, event, torch.full_like(time, 1 / 40)))
    observed = event.numpy().astype(bool)
    (expected,) = partial_loglik(risk.numpy()[None], time.numpy(), observed, ties="breslow")
    assert found == pytest.approx(-expected / observed.sum(), rel=1e-9)


def test_it_is_that_of_lifelines_where_no_times_are_tied() -> None:
    risk, _, event = patients(1)
    time = np.random.default_rng(2).permutation(40) + 1.0
    frame = pd.DataFrame({"risk": risk.numpy(), "time": time, "event": event.numpy()})
    fitted = CoxPHFitter().fit(frame, "time", "event")
    best = torch.tensor(fitted.params_["risk"], dtype=torch.float64, requires_grad=True)
    loss = cox_loss(best * risk, torch.from_numpy(time), event, torch.ones(40, dtype=torch.float64))
    assert float(loss.detach()) == pytest.approx(-fitted.log_likelihood_ / float(event.sum()), rel=1e-7)
    (slope,) = torch.autograd.grad(loss, best)
    assert float(slope) == pytest.approx(0.0, abs=1e-5)


def test_its_minimum_is_the_cox_model() -> None:
    """Newton steps by automatic differentiation."""
    rng = np.random.default_rng(3)
    x, (_, time, event) = rng.normal(size=(40, 3)), patients(3)
    features, weight = torch.from_numpy(x), torch.ones(40, dtype=torch.float64)

    def loss(coef: torch.Tensor) -> torch.Tensor:
        return cox_loss(features @ coef, time, event, weight)

    coef = torch.zeros(3, dtype=torch.float64)
    for _ in range(8):
        slope = torch.autograd.functional.jacobian(loss, coef)
        coef = coef - torch.linalg.solve(torch.autograd.functional.hessian(loss, coef), slope)
    expected = cox_multivariate(x, time.numpy(), event.numpy().astype(bool), ties="breslow").coef
    np.testing.assert_allclose(coef, expected, atol=1e-6)


def test_without_events_it_is_0_and_moves_nothing() -> None:
    risk, time, event = patients()
    risk.requires_grad_()
    loss = cox_loss(risk, time, event * 0, torch.ones_like(time))
    (gradient,) = torch.autograd.grad(loss, risk)
    assert float(loss.detach()) == 0.0
    assert not gradient.any()


@pytest.mark.parametrize("padding", [0.0, 1e9, -1e9])
def test_padding_is_nobody(padding: float) -> None:
    """Whatever a network makes of it, and in all three places where a follow-up could hide."""
    risk, time, event = patients()
    weight = torch.full_like(time, 1 / 40)
    more = torch.full((3,), padding, dtype=torch.float64)
    padded = [
        torch.cat([one, other])
        for one, other in (
            (risk, more),
            (time, torch.tensor([0.0, 5.0, 1e6])),
            (event, torch.tensor([1.0, 0.0, 1.0])),
            (weight, torch.zeros(3)),
        )
    ]
    padded[0].requires_grad_()
    loss = cox_loss(*padded)
    (gradient,) = torch.autograd.grad(loss, padded[0])
    risk.requires_grad_()
    expected = cox_loss(risk, time, event, weight)
    torch.testing.assert_close(loss.detach(), expected.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(gradient[:40], torch.autograd.grad(expected, risk)[0])
    assert not gradient[40:].any()
