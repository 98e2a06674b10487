"""How much memory networks take in training, from their sizes alone: nothing of torch is needed to ask a cluster for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Bytes of a number in training, which is in double precision.
NUMBER = 8
#: Networks per batch on a CPU: enough to spread the cost of a call, few enough for their tensors to stay in the cache.
CPU_BATCH = 3
#: The same where many networks differ in their outcome alone, and share their patients and draws.
OUTCOMES = 25


def layer_widths(inputs: int, hidden: Sequence[int], latents: int, heads: int) -> list[tuple[int, int]]:
    """Return the widths (in, out) of every layer of an autoencoder: trunk, one layer per head, decoder.

    Parameters
    ----------
    inputs
        Number of coordinates.
    hidden
        Widths of the hidden layers of the encoder; the decoder mirrors them.
    latents
        Number of latents.
    heads
        Number of linear outputs of the encoder, each of `latents`.

    Returns
    -------
    list of tuple
    """
    down = [inputs, *hidden]
    up = [latents, *reversed(hidden), inputs]
    return [*zip(down, down[1:], strict=False), *[(down[-1], latents)] * heads, *zip(up, up[1:], strict=False)]


def parameter_count(layers: Sequence[tuple[int, int]]) -> int:
    """Return the number of weights and biases.

    Parameters
    ----------
    layers
        From `layer_widths`.

    Returns
    -------
    int
    """
    return sum((inputs + 1) * outputs for inputs, outputs in layers)


def numbers_in_training(
    inputs: int, hidden: Sequence[int], latents: int, heads: int, *, patients: int, rows: int
) -> int:
    """Estimate from above how many numbers one network takes while it is trained.

    Parameters
    ----------
    inputs, hidden, latents, heads
        As for `layer_widths`.
    patients
        It is fitted on.
    rows
        Of a minibatch.

    Returns
    -------
    int
    """
    widths = inputs + 2 * sum(hidden) + 3 * heads * latents
    # Weights, best weights, two moments, gradients and temporaries; draws of every patient; activations of a minibatch.
    parameters = parameter_count(layer_widths(inputs, hidden, latents, heads))
    return 9 * parameters + 3 * patients * widths + 6 * rows * (widths + inputs)


@dataclass(frozen=True)
class NetworkSize:
    """The networks of an embedding of a cohort, as their size is known before anything is read.

    Parameters
    ----------
    patients
        Of the cohort.
    views
        Number of features of each omics that the networks see apart; one number where they see all omics as one.
    hidden, latents, rows
        Of the config of the embedding; `rows` is its ``batch_size``.
    """

    patients: int
    views: Sequence[int]
    hidden: Sequence[int]
    latents: int
    rows: int

    @property
    def features(self) -> int:
        """Number of features of all views."""
        return sum(self.views)

    @property
    def _parts(self) -> list[tuple[int, Sequence[int], int, int]]:
        """Arguments of `layer_widths`: networks of branches are no larger than an autoencoder per view with a layer of fusion."""
        branches = len(self.views) > 1
        hidden = [*self.hidden] * 2 if branches and len(self.hidden) == 1 else self.hidden
        # No more coordinates than the patients span; the kinds have one head or two.
        return [(min(self.patients, width), hidden, self.latents, 2) for width in self.views]

    @property
    def weights(self) -> int:
        """Number of weights and biases of one network on coordinates."""
        return sum(parameter_count(layer_widths(*part)) for part in self._parts)

    @property
    def in_training(self) -> int:
        """Bytes of one network while it is trained."""
        rows = min(self.rows, self.patients)
        return NUMBER * sum(numbers_in_training(*part, patients=self.patients, rows=rows) for part in self._parts)

    @property
    def axes(self) -> int:
        """Bytes of the coordinates of one network, in single precision."""
        return 4 * sum(part[0] * width for part, width in zip(self._parts, self.views, strict=True))

    @property
    def matrix(self) -> int:
        """Bytes of the features of all patients, in single precision."""
        return 4 * self.patients * self.features


def training_bytes(size: NetworkSize, *, splits: int, restarts: int, committee: int, threads: int) -> int:
    """Estimate from above the memory that the networks of an embedding take on a CPU, beside the libraries and the cohort.

    Parameters
    ----------
    size
        Of a network.
    splits
        Number of splits.
    restarts, committee
        Networks per split that do not look at survival, of which one is kept, and that do, of which all are.
    threads
        Batches trained at once.

    Returns
    -------
    int
        Bytes.
    """
    networks = splits * (restarts + committee)
    trained = networks * (NUMBER * size.weights + size.axes)
    # First and last layer on features, in single precision, and as much again while they are written.
    folded = splits * (1 + committee) * 4 * 4 * size.features * size.hidden[0]
    matrices = size.matrix * (splits + 4 * threads)  # of every split, and those being made into coordinates
    return matrices + trained + max(min(networks, CPU_BATCH * threads) * size.in_training, folded)


def retraining_bytes(size: NetworkSize, *, networks: int, batch: int) -> int:
    """Estimate from above the memory of networks that are trained anew, of which only the latents are kept.

    Parameters
    ----------
    size
        Of a network.
    networks
        That are there at once when they have been trained.
    batch
        Networks trained at once, with the same coordinates where there are more of them than `CPU_BATCH`.

    Returns
    -------
    int
        Bytes.
    """
    spaces = -(-networks // batch) * (batch if batch <= CPU_BATCH else 1)
    return 4 * size.matrix + batch * size.in_training + networks * NUMBER * size.weights + spaces * size.axes
