"""What a network is made of: an encoder from views to latents, a decoder back, and how networks become one stack.

An architecture is a `torch.nn.Module` written for one network; `torch.func` runs many of them as one. Networks differ in their
number of inputs (as many as their patients span), so their layers are padded with zeros to common widths. Padding looks after
itself: a zero input gets zero gradients, a zero output meets a zero target, and a hidden unit with zero weights on both sides
stays 0, so padded entries are exactly 0 for ever and no loss needs a mask.

Widths are padded to multiples of 16 numbers (64 bytes). Every matrix of the stack is then aligned as if it stood alone, and the
bits of a network do not depend on which other networks are in the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from .draws import initial_weights

ALIGN = 16
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "elu": nn.functional.elu,
    "gelu": lambda x: nn.functional.gelu(x, approximate="tanh"),
}
#: Layers whose outputs no activation bends, by the name of the attribute that holds them.
LINEAR = ("heads", "writes", "hazard")


def padded(width: int) -> int:
    """Round a width up to a whole number of aligned blocks."""
    return math.ceil(width / ALIGN) * ALIGN


@dataclass(frozen=True)
class Sizes:
    """Everything that decides the shapes of a network.

    Parameters
    ----------
    inputs
        Width of each view.
    hidden
        Widths of the hidden layers of the encoder, outermost first; the decoder mirrors them.
    latents
        L.
    heads
        Number of linear outputs of the encoder, each [L].
    activation
        A key of `ACTIVATIONS`.
    fusion
        Name of the operator that fuses branches (`stratomics.embedding.fusion`), for architectures that have any.
    decodes
        Whether there is a decoder.
    tells_hazard
        Whether there is a linear Cox model on the latents.
    bounded
        Whether latents lie between -1 and 1, so that no patient's hazard can run away from the others'.
    """

    inputs: tuple[int, ...]
    hidden: tuple[int, ...]
    latents: int
    heads: int = 1
    activation: str = "tanh"
    fusion: str = "concatenate"
    decodes: bool = True
    tells_hazard: bool = False
    bounded: bool = False

    def padded(self) -> Sizes:
        """Return the same with every width rounded up."""
        return replace(
            self,
            inputs=tuple(padded(width) for width in self.inputs),
            hidden=tuple(padded(width) for width in self.hidden),
            latents=padded(self.latents),
        )


class Score(nn.Linear):
    """A linear layer with one output, without a matrix product: the bits of one so narrow depend on how many are stacked.

    Parameters
    ----------
    inputs
        Number of inputs.
    bias
        Whether there is one.
    """

    def __init__(self, inputs: int, bias: bool = True) -> None:
        super().__init__(inputs, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return one number per patient, [B, inputs] -> [B, 1]."""
        found = (x * self.weight).sum(dim=-1, keepdim=True)
        return found if self.bias is None else found + self.bias


class Dropout:
    """Multiplies every hidden layer by the multipliers that were drawn for it, in the order in which they are asked for.

    Parameters
    ----------
    multipliers
        [B, H] per hidden layer; empty for none.
    """

    def __init__(self, multipliers: Sequence[Tensor] = ()) -> None:
        self.multipliers = iter(multipliers)
        self.active = len(multipliers) > 0
        self.widths: list[int] = []

    def __call__(self, x: Tensor) -> Tensor:
        """Return `x` [B, H] with units dropped."""
        self.widths.append(x.shape[-1])
        return x * next(self.multipliers) if self.active else x


class Architecture(nn.Module):
    """An encoder and a decoder; a file of `stratomics.embedding.architectures` assigns a subclass to ``ARCHITECTURE``.

    Parameters
    ----------
    sizes
        Of the network.

    Attributes
    ----------
    reads, writes
        One linear layer per view: the first of the encoder and the last of the decoder. They alone touch views, so a network
        trained on coordinates of the views (see `row_space`) becomes one on features by changing them.
    heads
        The last layers of the encoder.
    up, apart
        The other layers of the decoder, where it has any by these names: nobody who only encodes needs them.
    """

    #: Whether views are put side by side before anything is learned, so that they may as well come as one.
    early: ClassVar[bool] = False
    #: Whether each view has latents of its own.
    separate: ClassVar[bool] = False
    #: Whether each view has networks of its own, which are given no other.
    late: ClassVar[bool] = False

    reads: nn.ModuleList
    writes: nn.ModuleList
    heads: nn.ModuleList

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.activation = ACTIVATIONS[sizes.activation]
        self.bound: Callable[[Tensor], Tensor] = torch.tanh if sizes.bounded else _as_it_is

    def finish(self) -> None:
        """Add what all architectures share; the last line of ``__init__``."""
        self.hazard = Score(self.latents, bias=False) if self.sizes.tells_hazard else None

    @property
    def latent_blocks(self) -> int:
        """How many blocks of L latents there are: one, or one per view where each has its own."""
        return len(self.sizes.inputs) if self.separate else 1

    @property
    def latents(self) -> int:
        """Number of latents of the whole network."""
        return self.sizes.latents * self.latent_blocks

    def tiles(self) -> dict[str, int]:
        """Return the parameters whose inputs are several blocks of padded width side by side, with the number of blocks."""
        return {"hazard.weight": self.latent_blocks}

    def encode(self, views: Sequence[Tensor], present: Tensor, dropout: Dropout) -> list[Tensor]:
        """Encode patients; whatever comes out of `heads` goes through ``self.bound``.

        Parameters
        ----------
        views
            Each [B, r_v]; zeros where a patient lacks it or may not see it.
        present
            1 where the patient shows the view, [B, V].
        dropout
            To be called on the output of every hidden layer.

        Returns
        -------
        list of Tensor
            One [B, L] per head.
        """
        raise NotImplementedError

    def decode(self, z: Tensor, dropout: Dropout) -> list[Tensor]:
        """Decode latents [B, L] into each view [B, r_v]; empty without a decoder."""
        raise NotImplementedError

    def forward(
        self,
        views: Sequence[Tensor],
        present: Tensor,
        dropout: Sequence[Tensor],
        noise: Sequence[Tensor],
        sample: Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor],
    ) -> tuple[list[Tensor], Tensor, list[Tensor], Tensor]:
        """Encode and decode, as in training.

        Parameters
        ----------
        views, present
            As for `encode`.
        dropout
            Multipliers of the hidden layers; empty for none.
        noise, sample
            Latents are ``sample(heads, noise)``, see `stratomics.embedding.kind.Kind.latent`.

        Returns
        -------
        heads, latents, reconstruction, log_hazard
            [B, L] per head, [B, L], [B, r_v] per view, [B] (zeros where the network tells no hazard).
        """
        drop = Dropout(dropout)
        heads = self.encode(views, present, drop)
        z = sample(heads, noise)
        log_hazard = z[:, 0] * 0.0 if self.hazard is None else self.hazard(z)[:, 0]
        return heads, z, self.decode(z, drop), log_hazard

    def attention(self, views: Sequence[Tensor], present: Tensor) -> Tensor | None:
        """Return how much each view of each patient counts, [B, V] summing to 1; None where the network does not weigh them."""
        return None

    def initialise(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw one network: an array per parameter, float32, in the order and the shapes of `named_parameters`."""
        rectifier = 1.0 if self.sizes.activation == "tanh" else math.sqrt(2.0)
        drawn = []
        for name, parameter in self.named_parameters():
            if parameter.ndim == 1:
                drawn.append(np.zeros(parameter.shape, dtype=np.float32))
                continue
            outputs, inputs = parameter.shape
            gain = 1.0 if name.split(".")[0] in LINEAR else rectifier
            drawn.append(np.ascontiguousarray(initial_weights(rng, inputs, outputs, gain).T))
        return drawn

    def dropped_widths(self) -> list[int]:
        """Return the widths of the layers that dropout acts on, in the order in which they come."""
        seen = Dropout()
        with torch.no_grad():
            views = [torch.zeros(1, width) for width in self.sizes.inputs]
            network = type(self)(self.sizes)
            (z, *_) = network.encode(views, torch.ones(1, len(views)), seen)
            network.decode(z, seen)
        return seen.widths


def _as_it_is(x: Tensor) -> Tensor:
    return x


class Branch(nn.Module):
    """Layers with their activation and dropout, one after the other.

    Parameters
    ----------
    widths
        Of the input and of each layer.
    activation
        After each.
    """

    def __init__(self, widths: Sequence[int], activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:], strict=False))
        self.activation = activation

    def forward(self, x: Tensor, dropout: Dropout) -> Tensor:
        """Apply the layers to [B, widths[0]]."""
        for layer in self.layers:
            x = dropout(self.activation(layer(x)))
        return x


def stack_padded(
    arrays: Sequence[np.ndarray | Tensor],
    shape: Sequence[int],
    device: torch.device,
    dtype: torch.dtype,
    tiles: int = 1,
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
    tiles
        Number of blocks that the last axis consists of; each gets its own padding.

    Returns
    -------
    Tensor
        [M, *shape].
    """
    tensors = [torch.as_tensor(array) for array in arrays]
    if tiles > 1:
        apart = [tensor.unflatten(-1, (tiles, -1)) for tensor in tensors]
        return stack_padded(apart, (*shape[:-1], tiles, shape[-1] // tiles), device, dtype).flatten(-2)
    out = torch.zeros((len(tensors), *shape), dtype=dtype, device=tensors[0].device)
    for i, tensor in enumerate(tensors):
        corner: tuple[slice, ...] = tuple(slice(size) for size in tensor.shape)
        out[i][corner] = tensor
    return out.to(device)  # from the host in one piece
