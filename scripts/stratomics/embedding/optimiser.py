"""AdamW for stacked networks that take different numbers of steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class StackedAdamW:
    """Adam with decoupled weight decay, with a step count per network.

    torch's own optimiser counts steps per tensor; here a tensor holds many networks, and those with fewer patients take
    fewer steps per epoch.

    Parameters
    ----------
    parameters
        Each [M, ...]; changed in place. Only matrices decay, biases do not.
    learning_rate, weight_decay
        As in the paper, with the decay multiplied by the learning rate.

    References
    ----------
    Loshchilov & Hutter (2019), arXiv:1711.05101, algorithm 2.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        learning_rate: float,
        weight_decay: float,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.rate, self.decay, self.betas, self.epsilon = learning_rate, weight_decay, betas, epsilon
        self.first = [torch.zeros_like(p) for p in parameters]
        self.second = [torch.zeros_like(p) for p in parameters]
        self._allocate_scratch()
        self.steps = torch.zeros(len(parameters[0]), dtype=torch.float64, device=parameters[0].device)

    def _allocate_scratch(self) -> None:
        # Fresh memory for temporaries in every step would cost more (page faults) than the arithmetic on them.
        self.scratch = [(torch.empty_like(t), torch.empty_like(t)) for t in self.first]

    def step(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """Take one step with the first k networks of the stack, k being the length of the gradients.

        Parameters
        ----------
        parameters
            The tensors of all networks, changed in place.
        gradients
            [k, ...] each.
        """
        k, (beta1, beta2) = len(gradients[0]), self.betas
        self.steps[:k] += 1
        dtype = parameters[0].dtype
        size = (-self.rate / (1 - beta1 ** self.steps[:k])).to(dtype)
        unbias = (1 - beta2 ** self.steps[:k]).rsqrt().to(dtype)
        for i, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            each = (k, *[1] * (parameter.ndim - 1))
            value, first, second = parameter[:k], self.first[i][:k], self.second[i][:k]
            first.lerp_(gradient, 1 - beta1)
            second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            if parameter.ndim > 2:
                value.mul_(1 - self.rate * self.decay)
            change, deviation = self.scratch[i][0][:k], self.scratch[i][1][:k]
            torch.mul(first, size.view(each), out=change)
            torch.sqrt(second, out=deviation).mul_(unbias.view(each)).add_(self.epsilon)
            value.addcdiv_(change, deviation)

    def keep(self, positions: Tensor) -> None:
        """Forget all networks but those at `positions`."""
        self.first = [t[positions] for t in self.first]
        self.second = [t[positions] for t in self.second]
        self._allocate_scratch()
        self.steps = self.steps[positions]
