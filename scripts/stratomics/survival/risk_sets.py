"""Sums over risk sets: the one thing that every partial likelihood is made of.

At a death time t the risk set holds the patients of the same stratum followed until t or longer; a patient censored at t is
still at risk, since deaths are taken to come first. With the patients in order of falling time, the sums over all risk sets
are one running sum; patients censored before the first death drop out altogether.

The running sum is done as products with small triangular matrices, one per block of neighbouring patients, each block adding
what the blocks before it came to. That is more multiplications than a plain cumulative sum, but it runs at the speed of a
matrix product (about three times faster for a chunk of features), takes in the correction for ties at no cost and leaves the
other threads free to work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

Ties = Literal["efron", "breslow"]


def check_survival(time: ArrayLike, event: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check follow-up and give it as arrays.

    Parameters
    ----------
    time, event
        [n]; times must be finite, events 0/1 or boolean.

    Returns
    -------
    time : numpy.ndarray
        float64 [n].
    event : numpy.ndarray
        bool [n].

    Raises
    ------
    ValueError
        If the lengths differ, a time is not finite or an event is neither 0 nor 1.
    """
    times = np.asarray(time, dtype=np.float64)
    flags = np.asarray(event)
    if times.ndim != 1 or times.shape != flags.shape:
        raise ValueError(f"time and event must be vectors of one length, found shapes {times.shape} and {flags.shape}")
    if not np.isfinite(times).all():
        raise ValueError(f"time must be finite: {np.count_nonzero(~np.isfinite(times))} of {times.size} values are not")
    if flags.dtype != bool and not np.isin(flags, (0, 1)).all():
        raise ValueError("event must be 0 (censored) or 1 (event) for every patient")
    return times, flags.astype(bool)


def codes_of(labels: ArrayLike | None, n: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Turn the labels of the patients into 0, 1, ... in sorted order.

    Parameters
    ----------
    labels
        [n], or None for one label shared by all.
    n
        The number of patients.
    what
        What the labels are, for the message.

    Returns
    -------
    codes : numpy.ndarray
        int [n].
    levels : numpy.ndarray
        The distinct labels; ``levels[codes]`` gives the labels back.

    Raises
    ------
    ValueError
        If a label is missing or the length is not n.
    """
    if labels is None:
        return np.zeros(n, dtype=np.int64), np.zeros(1, dtype=np.int64)
    codes, levels = pd.factorize(np.asarray(labels), sort=True)
    if codes.shape != (n,):
        raise ValueError(f"{what} must hold one label for each of the {n} patients, found shape {codes.shape}")
    if (codes < 0).any():
        raise ValueError(f"{what} is missing for {np.count_nonzero(codes < 0)} of {n} patients")
    return codes, np.asarray(levels)


#: Patients per block: larger ones waste multiplications, smaller ones waste calls.
BLOCK = 64


@dataclass(frozen=True)
class Block:
    """Neighbouring patients, and the factors of the partial likelihood whose risk sets end among them.

    Attributes
    ----------
    patients, factors
        The range of each.
    matrix
        The share in which each patient counts in each factor, [patients, factors].
    carries
        Whether all patients of the block before belong to these risk sets too (not so where a stratum begins).
    """

    patients: slice
    factors: slice
    matrix: np.ndarray
    carries: bool


@dataclass(frozen=True)
class RiskSets:
    """The risk sets of one cohort, ready to be summed over for many vectors of patients at once.

    The partial likelihood has one factor per death. The d deaths tied at one time give d factors; under Efron's rule these
    leave out the shares 0, 1/d, ..., (d-1)/d of the tied deaths (Efron 1977, JASA 72, 557-565), under Breslow's none.

    Attributes
    ----------
    order
        Positions of the m patients who are ever at risk at a death time: by stratum, then falling time.
    group
        For each of them, the distinct death time (numbered in this order) at which they enter the risk set, [m].
    deaths
        Positions in `order` of the patients with the event, [n_deaths].
    starts
        For each death time, the first position in `order` of those who enter there, [n_groups].
    strata
        The death times of each stratum.
    left_out
        For each factor, the share of the deaths of its time that it leaves out; it falls to 0 within a time, [n_deaths].
    """

    order: np.ndarray
    group: np.ndarray
    deaths: np.ndarray
    starts: np.ndarray
    strata: tuple[slice, ...]
    left_out: np.ndarray

    @classmethod
    def build(
        cls, time: ArrayLike, event: ArrayLike, strata: ArrayLike | None = None, ties: Ties = "efron"
    ) -> RiskSets:
        """Order the patients and find the death times and their ties.

        Parameters
        ----------
        time, event
            Follow-up [n]. Times are tied when they are equal to the last bit.
        strata
            Label per patient [n]; patients are compared only within a stratum.
        ties
            ``efron`` or ``breslow``.

        Returns
        -------
        RiskSets

        Raises
        ------
        ValueError
            If `ties` is unknown, the follow-up is not valid or no patient has the event.
        """
        if ties not in ("efron", "breslow"):
            raise ValueError(f"ties must be 'efron' or 'breslow', found {ties!r}")
        time, event = check_survival(time, event)
        if not event.any():
            raise ValueError(f"none of the {time.size} patients has the event: no hazard can be estimated")
        stratum, levels = codes_of(strata, time.size, "strata")

        orders, groups, slices = [], [], []
        n_groups = 0
        for code in range(len(levels)):
            members = np.flatnonzero(stratum == code)
            death_times = np.unique(time[members][event[members]])
            # 0 for those followed to the last death or longer, len(death_times) for those gone before the first.
            entry = death_times.size - np.searchsorted(death_times, time[members], side="right")
            by_entry = np.argsort(entry, kind="stable")[: np.count_nonzero(entry < death_times.size)]
            orders.append(members[by_entry])
            groups.append(entry[by_entry] + n_groups)
            if death_times.size:
                slices.append(slice(n_groups, n_groups + death_times.size))
            n_groups += death_times.size
        order, group = np.concatenate(orders), np.concatenate(groups)
        deaths = np.flatnonzero(event[order])
        left_out = np.zeros(deaths.size)
        if ties == "efron":
            count = np.bincount(group[deaths], minlength=n_groups)
            left_out = ((np.cumsum(count) - 1)[group[deaths]] - np.arange(deaths.size)) / count[group[deaths]]
        starts = np.searchsorted(group, np.arange(n_groups))
        return cls(order, group, deaths, starts, tuple(slices), left_out)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """How `sums` goes about it."""
        return _blocks(self)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum `values` over the risk set of every factor of the partial likelihood.

        Parameters
        ----------
        values
            [rows, m], patients in the order of `order`.

        Returns
        -------
        numpy.ndarray
            [rows, n_deaths].
        """
        total = np.empty((values.shape[0], self.deaths.size))
        for block in self.blocks:
            part = total[:, block.factors]
            np.matmul(values[:, block.patients], block.matrix, out=part)
            if block.carries:
                part += total[:, block.factors.start - 1, None]
        return total

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Sum `values` over the factors whose risk sets each patient belongs to: `sums` the other way round.

        Parameters
        ----------
        values
            [rows, n_deaths].

        Returns
        -------
        numpy.ndarray
            [rows, m], patients in the order of `order`, each factor by the share in which the patient counts in it.
        """
        total = np.empty((values.shape[0], self.order.size))
        later = np.zeros((values.shape[0], 1))
        for block in reversed(self.blocks):
            part, own = total[:, block.patients], values[:, block.factors]
            np.matmul(own, block.matrix.T, out=part)
            part += later
            later = later + own.sum(axis=1, keepdims=True) if block.carries else np.zeros_like(later)
        return total

    def extremes(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the highest and the lowest of `values` [rows, m] in the risk set of every death time, [rows, n_groups]."""
        both = []
        for operation in (np.maximum, np.minimum):
            entering = operation.reduceat(values, self.starts, axis=1)
            both.append(np.hstack([operation.accumulate(entering[:, part], axis=1) for part in self.strata]))
        return both[0], both[1]


def _blocks(risk: RiskSets) -> tuple[Block, ...]:
    """Cut the patients into blocks of about `BLOCK`, at boundaries of groups and strata."""
    dead = np.zeros(risk.order.size, dtype=bool)
    dead[risk.deaths] = True
    of_factors = risk.group[risk.deaths]
    ends = np.append(risk.starts[1:], risk.order.size)
    first_factor = np.searchsorted(of_factors, np.arange(risk.starts.size + 1))
    blocks = []
    for part in risk.strata:
        begin = part.start
        while begin < part.stop:
            # As many groups as fit, but at least one.
            stop = int(np.searchsorted(ends[: part.stop], risk.starts[begin] + BLOCK, side="right"))
            stop = min(max(stop, begin + 1), part.stop)
            patients = slice(int(risk.starts[begin]), int(ends[stop - 1]))
            factors = slice(int(first_factor[begin]), int(first_factor[stop]))
            of_factor, of_patient = of_factors[factors], risk.group[patients, None]
            matrix = (of_patient <= of_factor).astype(np.float64)
            if risk.left_out[factors].any():
                matrix -= risk.left_out[factors] * ((of_patient == of_factor) & dead[patients, None])
            blocks.append(Block(patients, factors, matrix, carries=begin > part.start))
            begin = stop
    return tuple(blocks)
