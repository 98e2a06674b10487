"""The Cox term of a survival-aware network."""

from __future__ import annotations

import torch
from torch import Tensor

#: Log hazard of those not at risk.
AWAY = -1e9


def cox_loss(log_hazard: Tensor, time: Tensor, event: Tensor, weight: Tensor) -> Tensor:
    """Return the negative log partial likelihood of a minibatch, per event.

    Parameters
    ----------
    log_hazard
        Of each patient, [B].
    time, event
        Follow-up, [B]; `event` is 1 for those whose follow-up ended in it.
    weight
        Above 0 for patients, 0 for padding, [B].

    Returns
    -------
    Tensor
        A number; 0, with a gradient of 0, where no patient has the event.

    Notes
    -----
    Ties after Breslow: everyone whose follow-up is at least as long is at risk. The risk sets are those of the minibatch, which
    makes the gradient that of a Cox model sampled by minibatch (Kvamme, Borgan & Scheel 2019, J. Mach. Learn. Res. 20, 129,
    equation 8).
    """
    here = weight > 0
    known = torch.where(here, log_hazard, AWAY)
    peak = known.detach().amax()
    # A sum of products: exponentials of all pairs would take four times as long.
    at_risk = (time[None, :] >= time[:, None]) * torch.exp(known - peak)[None, :]
    # A patient is always at risk at its own time, but may be too far below the peak to be seen; padding has no event.
    everyone = peak + torch.log(at_risk.sum(dim=-1).clamp(min=torch.finfo(log_hazard.dtype).tiny))
    events = event * here
    return -((known - everyone) * events).sum() / events.sum().clamp(min=1.0)
