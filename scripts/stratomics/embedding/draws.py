"""Random numbers of one network: always drawn from its own generator, in shapes that depend on that network alone.

They are drawn with numpy on the host, whatever the device, so that a GPU trains on the same numbers as a CPU.
"""

from __future__ import annotations

import math

import numpy as np

#: Masks are drawn from 16 random bits each, twice as fast as from floating-point numbers.
_LEVELS = 1 << 16


def keep_mask(rng: np.random.Generator, shape: tuple[int, ...], level: float) -> np.ndarray:
    """Draw which entries survive when a share `level` is dropped.

    Parameters
    ----------
    rng
        Generator of one network.
    shape
        Of the mask.
    level
        Probability of dropping, in [0, 1], rounded to 1/65536.

    Returns
    -------
    ndarray of bool
    """
    return rng.integers(0, _LEVELS, shape, dtype=np.uint16) >= round(level * _LEVELS)


def dropout_scale(rng: np.random.Generator, shape: tuple[int, ...], level: float) -> np.ndarray:
    """Draw the multipliers of inverted dropout: 0 with probability `level`, else 1 / (1 - level).

    Parameters
    ----------
    rng, shape
        As for `keep_mask`.
    level
        In [0, 1).

    Returns
    -------
    ndarray of float32
    """
    return keep_mask(rng, shape, level) * np.float32(1.0 / (1.0 - level))


def initial_weights(rng: np.random.Generator, inputs: int, outputs: int, gain: float) -> np.ndarray:
    """Draw the weights of a layer, uniform in +-gain sqrt(6 / (inputs + outputs)).

    Parameters
    ----------
    rng
        Generator of one network.
    inputs, outputs
        Widths without padding.
    gain
        1 keeps the variance of a linear or tanh layer (Glorot & Bengio 2010), sqrt 2 that of a rectifier (He 2015).

    Returns
    -------
    ndarray of float32, shape (inputs, outputs)
    """
    bound = gain * math.sqrt(6.0 / (inputs + outputs))
    return rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)


def split_validation(rng: np.random.Generator, patients: int, held: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose which training patients a network is fitted on and which decide when it stops.

    Parameters
    ----------
    rng
        Generator of one network.
    patients
        Number of training patients.
    held
        How many of them to set aside.

    Returns
    -------
    fitted, validation : ndarray of int64
        Sorted positions among the training patients.
    """
    order = rng.permutation(patients)
    return np.sort(order[held:]), np.sort(order[:held])


def leave_out(seed: int, patients: int, part: int, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose the training patients that one member of a committee is fitted on, and those it leaves out.

    Parameters
    ----------
    seed
        Of the committee.
    patients
        Number of training patients.
    part, parts
        Which member, of how many; every patient is left out by exactly one.

    Returns
    -------
    fitted, left_out : ndarray of int64
        Sorted positions among the training patients. Survival has no say, so that a permutation of survival has the same.
    """
    order = np.random.default_rng(seed).permutation(patients)
    left_out = np.sort(order[part::parts])
    return np.setdiff1d(np.arange(patients), left_out), left_out
