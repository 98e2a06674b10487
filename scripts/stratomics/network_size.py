"""How much memory networks take in training, from their sizes alone: nothing of torch is needed to ask a cluster for it."""

from __future__ import annotations

from collections.abc import Sequence

#: Bytes of a number in training, which is in double precision.
NUMBER = 8
#: Networks per batch on a CPU: enough to spread the cost of a call, few enough for their tensors to stay in the cache.
CPU_BATCH = 3


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


def training_bytes(
    patients: int,
    features: int,
    *,
    hidden: Sequence[int],
    latents: int,
    rows: int,
    splits: int,
    restarts: int,
    threads: int,
) -> int:
    """Estimate from above the memory that the networks of an embedding take on a CPU, beside the libraries and the cohort.

    Parameters
    ----------
    patients, features
        That the networks see.
    hidden, latents, rows, restarts
        Of the config of the embedding; `rows` is its ``batch_size``.
    splits
        Number of splits.
    threads
        Batches trained at once.

    Returns
    -------
    int
        Bytes.
    """
    networks = splits * restarts
    inputs = min(patients, features)  # no more coordinates than the patients span
    sizes = (inputs, hidden, latents, 2)  # the kinds have one head or two
    trained = NUMBER * numbers_in_training(*sizes, patients=patients, rows=min(rows, patients))
    folded = 2 * 4 * features * hidden[0]  # first and last layer on features, single precision
    # Kept of every network, in single precision: its weights and its coordinates.
    kept = 4 * (parameter_count(layer_widths(*sizes)) + inputs * features)
    matrices = 4 * patients * features * (splits + 4 * threads)  # of every split, and those being made into coordinates
    return matrices + networks * kept + max(min(networks, CPU_BATCH * threads) * trained, splits * folded)
