"""What the arrays of a fitted model may be: declared once, beside the class they belong to, checked and documented from there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

#: How large a dimension is by its letter, and where that was read: ``{"K": (3, "n_subtypes of model.json")}``.
Sizes = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Array:
    """What one array may be.

    Parameters
    ----------
    dtype
        ``float32``, ``float64`` or ``int64``.
    shape
        Each dimension by its letter (``K``), as another one off it (``K-1``), or as a number. A letter is as large in all arrays of
        a model; one that starts with ``_`` has a size of its own in each model and is compared within its part only.
    meaning
        In words, for the documentation.
    low, high
        Range, ends included; None for none.
    below
        Letter of a dimension that all values are less than: they are positions in it.
    positive
        Whether all values are above 0.
    infinite, missing
        Whether infinity, or NaN, is allowed.
    rising, falling
        The dimension along which values never fall, or never rise.
    """

    dtype: str
    shape: tuple[str | int, ...]
    meaning: str
    low: float | None = None
    high: float | None = None
    below: str | None = None
    positive: bool = False
    infinite: bool = False
    missing: bool = False
    rising: int | None = None
    falling: int | None = None

    def faults(self, array: np.ndarray, sizes: Sizes) -> Iterator[str]:
        """Say what an array is that it may not be.

        Parameters
        ----------
        array
            As read.
        sizes
            Of the dimensions; those seen for the first time are added.

        Yields
        ------
        str
            What was found and what is allowed.
        """
        if array.dtype != self.dtype:
            yield f"found {array.dtype} values; allowed are {self.dtype}"
        wrong_shape = self._shape_fault(array.shape, sizes)
        if wrong_shape:
            yield wrong_shape
        elif array.dtype == self.dtype:
            yield from self._value_faults(array, sizes)

    def _shape_fault(self, shape: tuple[int, ...], sizes: Sizes) -> str:
        allowed = f"[{', '.join(str(one).lstrip('_') for one in self.shape)}]"
        if len(shape) != len(self.shape):
            return f"found shape {list(shape)}; allowed is {allowed}"
        for found, wanted in zip(shape, self.shape, strict=True):
            letter, change = _parsed(wanted)
            if not letter and found != change:
                return f"found shape {list(shape)}; allowed is {allowed}"
            if letter:
                size, where = sizes.setdefault(letter, (found - change, "an array before it"))
                if found != size + change:
                    return (
                        f"found shape {list(shape)}; allowed is {allowed} with {letter.lstrip('_')} = {size} by {where}"
                    )
        return ""

    def _value_faults(self, array: np.ndarray, sizes: Sizes) -> Iterator[str]:
        nan, infinite = np.isnan(array).sum(), np.isinf(array).sum()
        if nan and not self.missing:
            yield f"found {nan} NaN of {array.size} values; allowed are numbers"
        if infinite and not self.infinite:
            yield f"found {infinite} infinite of {array.size} values; allowed are finite numbers"
        values = array[np.isfinite(array)]
        if not values.size:
            return
        least, most = values.min(), values.max()
        if self.low is not None and least < self.low:
            yield f"found {least:g}; allowed is {self.low:g} at least"
        if self.high is not None and most > self.high:
            yield f"found {most:g}; allowed is {self.high:g} at most"
        if self.below is not None and self.below in sizes and most >= sizes[self.below][0]:
            size, where = sizes[self.below]
            yield f"found the position {most}; allowed are 0 to {size - 1} by {where}"
        if self.positive and least <= 0:
            yield f"found {least:g}; allowed are values above 0"
        for axis, sign, verb in ((self.rising, 1, "fall"), (self.falling, -1, "rise")):
            if axis is not None and (sign * np.diff(array, axis=axis) < 0).any():
                yield f"found values that {verb} along the {('first', 'second')[axis]} dimension; allowed are none that do"


def _parsed(wanted: str | int) -> tuple[str, int]:
    """Take ``K-1`` apart into its letter and what is added; a number has no letter."""
    if isinstance(wanted, int):
        return "", wanted
    letter, change = re.fullmatch(r"(\w+)([+-]\d+)?", wanted).groups()  # type: ignore[union-attr]
    return letter, int(change or 0)


def within(name: str, declared: Mapping[str, Array], place: int) -> dict[str, Array]:
    """Put the arrays of one of several like things under its name.

    Parameters
    ----------
    name
        Of the thing: its arrays become ``<name>/<array>``.
    declared
        By array.
    place
        Of the thing among the others: letters that start with ``_`` are of this one only.

    Returns
    -------
    dict of Array
    """
    found = {}
    for key, array in declared.items():
        shape = tuple(f"{one}{place}" if str(one).startswith("_") else one for one in array.shape)
        found[f"{name}/{key}"] = replace(array, shape=shape)
    return found


def array_faults(arrays: Mapping[str, np.ndarray], declared: Mapping[str, Array], sizes: Sizes) -> list[str]:
    """Compare the arrays of one part of a model with what is declared of them.

    Parameters
    ----------
    arrays
        As read, by name.
    declared
        All that must be there, by name.
    sizes
        As for `Array.faults`; letters that start with ``_`` are forgotten afterwards.

    Returns
    -------
    list of str
        Each names its array.
    """
    own = dict(sizes)
    found = []
    for name, array in declared.items():
        if name not in arrays:
            found.append(f"array {name}: not there; wanted is {array.meaning}")
        else:
            found += [f"array {name}: {fault}" for fault in array.faults(arrays[name], own)]
    known = ", ".join(declared)
    found += [f"array {name}: not known; known here are {known}" for name in arrays if name not in declared]
    sizes.update({letter: size for letter, size in own.items() if not letter.startswith("_")})
    return found
