"""Integrated gradients: what each input of a patient adds to a score, against the average patient.

References
----------
Sundararajan, Taly & Yan 2017, ICML (arXiv:1703.01365).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

#: Points of the Gauss-Legendre rule on the way from the baseline to the patient.
NODES = 32


def integrated_gradients(
    function: Callable[[Tensor], Tensor], x: np.ndarray, nodes: int = NODES
) -> tuple[np.ndarray, np.ndarray]:
    """Attribute scores to inputs, along the straight line from 0 to each patient.

    Parameters
    ----------
    function
        Scores of patients, [n, P] -> [n, T]; the scores of a patient depend on its own row alone.
    x
        Inputs [n, P] float32; 0 is the average patient.
    nodes
        Gradients evaluated per patient.

    Returns
    -------
    attributions : numpy.ndarray
        [T, n, P] float32, in units of the score.
    change : numpy.ndarray
        Score of the patient less that of the baseline, [T, n] float64: what the attributions sum to (completeness).
    """
    inputs = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))
    with torch.no_grad():
        change = (function(inputs) - function(torch.zeros_like(inputs))).T.double()
    total = torch.zeros((len(change), *inputs.shape))
    places, weights = np.polynomial.legendre.leggauss(nodes)
    for place, weight in zip((places + 1) / 2, weights / 2, strict=True):
        point = (inputs * float(place)).requires_grad_()
        sums = function(point).sum(dim=0)
        for t, one in enumerate(sums):
            (gradient,) = torch.autograd.grad(one, point, retain_graph=t + 1 < len(sums))
            total[t].add_(gradient, alpha=float(weight))
    return (total * inputs).numpy(), change.numpy()
