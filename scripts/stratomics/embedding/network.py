"""Many networks of the same layout as one: every layer is a tensor with the networks along its first axis.

Networks differ in their number of inputs (as many as their patients span), so layers are padded with zeros to common
widths. Padding looks after itself: a zero input gets zero gradients, a zero output meets a zero target, and a hidden unit
with zero weights on both sides stays 0, so padded entries are exactly 0 for ever and no loss needs a mask.

Widths are padded to multiples of 16 numbers (64 bytes). Every matrix of the stack is then aligned as if it stood alone,
and the bits of a network do not depend on which other networks are in the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stratomics.network_size import layer_widths, parameter_count

from .draws import initial_weights

ALIGN = 16
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "elu": torch.nn.functional.elu,
    "gelu": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
}


def padded(width: int) -> int:
    """Round a width up to a whole number of aligned blocks."""
    return math.ceil(width / ALIGN) * ALIGN


@dataclass(frozen=True)
class Layout:
    """Layers of one network, in the order of its parameters: trunk, one layer per head, decoder.

    Parameters
    ----------
    inputs
        Number of coordinates r.
    hidden
        Widths of the hidden layers of the encoder; the decoder mirrors them.
    latents
        L.
    heads
        Number of linear outputs of the encoder, each [L].
    activation
        A key of `ACTIVATIONS`.
    """

    inputs: int
    hidden: tuple[int, ...]
    latents: int
    heads: int
    activation: str

    def layers(self) -> list[tuple[int, int]]:
        """Return the widths (in, out) of every layer."""
        return layer_widths(self.inputs, self.hidden, self.latents, self.heads)

    def parameter_shapes(self) -> list[tuple[int, int]]:
        """Return the shapes of weight and bias of every layer in turn."""
        return [shape for inputs, outputs in self.layers() for shape in ((inputs, outputs), (1, outputs))]

    def dropped_widths(self) -> list[int]:
        """Return the widths of the layers that dropout acts on: the hidden ones, down and up."""
        return [*self.hidden, *reversed(self.hidden)]

    def parameter_count(self) -> int:
        """Return the number of weights and biases."""
        return parameter_count(self.layers())

    def initialise(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw one network: weight [in, out] and bias [1, out] of every layer, float32."""
        layers = self.layers()
        linear = {*range(len(self.hidden), len(self.hidden) + self.heads), len(layers) - 1}
        rectifier = 1.0 if self.activation == "tanh" else math.sqrt(2.0)
        parameters = []
        for i, (inputs, outputs) in enumerate(layers):
            parameters.append(initial_weights(rng, inputs, outputs, 1.0 if i in linear else rectifier))
            parameters.append(np.zeros((1, outputs), dtype=np.float32))
        return parameters


def stack_padded(
    arrays: Sequence[np.ndarray | Tensor], shape: Sequence[int], device: torch.device, dtype: torch.dtype
) -> Tensor:
    """Put arrays of different shapes into one tensor, each in the first corner of its slice, zeros elsewhere.

    Parameters
    ----------
    arrays
        One per network, none larger than `shape`.
    shape
        Common shape of a slice.
    device, dtype
        Of the result.

    Returns
    -------
    Tensor
        [M, *shape].
    """
    tensors = [torch.as_tensor(array) for array in arrays]
    out = torch.zeros((len(tensors), *shape), dtype=dtype, device=tensors[0].device)
    for i, tensor in enumerate(tensors):
        corner: tuple[slice, ...] = tuple(slice(size) for size in tensor.shape)
        out[i][corner] = tensor
    return out.to(device)  # from the host in one piece


def linear(x: Tensor, parameters: Sequence[Tensor], layer: int) -> Tensor:
    """Apply one layer of every network, [M, B, in] -> [M, B, out]."""
    return torch.baddbmm(parameters[2 * layer + 1], x, parameters[2 * layer])


def encode_heads(layout: Layout, parameters: Sequence[Tensor], x: Tensor, dropout: Sequence[Tensor]) -> list[Tensor]:
    """Run the encoders.

    Parameters
    ----------
    layout
        Of the networks.
    parameters
        Weight [M, in, out] and bias [M, 1, out] of every layer.
    x
        [M, B, r].
    dropout
        Multipliers of the hidden layers, [M, B, H] each; empty for none.

    Returns
    -------
    list of Tensor
        One [M, B, L] per head.
    """
    activation = ACTIVATIONS[layout.activation]
    for layer in range(len(layout.hidden)):
        x = activation(linear(x, parameters, layer))
        if dropout:
            x = x * dropout[layer]
    return [linear(x, parameters, len(layout.hidden) + head) for head in range(layout.heads)]


def decode(layout: Layout, parameters: Sequence[Tensor], z: Tensor, dropout: Sequence[Tensor]) -> Tensor:
    """Run the decoders, [M, B, L] -> [M, B, r]; arguments as for `encode_heads`."""
    activation, depth = ACTIVATIONS[layout.activation], len(layout.hidden)
    for layer in range(depth):
        z = activation(linear(z, parameters, depth + layout.heads + layer))
        if dropout:
            z = z * dropout[depth + layer]
    return linear(z, parameters, 2 * depth + layout.heads)
