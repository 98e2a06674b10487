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
    blocks
        How `sums` goes about it.
    """

    order: np.ndarray
    group: np.ndarray
    deaths: np.ndarray
    starts: np.ndarray
    strata: tuple[slice, ...]
    blocks: tuple[Block, ...]

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
        dead = event[order]
        starts = np.searchsorted(group, np.arange(n_groups))
        return cls(
            order=order,
            group=group,
            deaths=np.flatnonzero(dead),
            starts=starts,
            strata=tuple(slices),
            blocks=_blocks(group, dead, starts, slices, ties),
        )

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

    def extremes(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the highest and the lowest of `values` [rows, m] in the risk set of every death time, [rows, n_groups]."""
        both = []
        for operation in (np.maximum, np.minimum):
            entering = operation.reduceat(values, self.starts, axis=1)
            both.append(np.hstack([operation.accumulate(entering[:, part], axis=1) for part in self.strata]))
        return both[0], both[1]


def _blocks(
    group: np.ndarray, dead: np.ndarray, starts: np.ndarray, strata: list[slice], ties: Ties
) -> tuple[Block, ...]:
    """Cut the patients into blocks of about `BLOCK`, at boundaries of groups and strata."""
    deaths_per_group = np.bincount(group[dead], minlength=starts.size)
    ends = np.append(starts[1:], group.size)
    first_factor = np.cumsum(deaths_per_group) - deaths_per_group
    blocks = []
    for part in strata:
        begin = part.start
        while begin < part.stop:
            # As many groups as fit, but at least one.
            stop = int(np.searchsorted(ends[: part.stop], starts[begin] + BLOCK, side="right"))
            stop = min(max(stop, begin + 1), part.stop)
            patients = slice(int(starts[begin]), int(ends[stop - 1]))
            counts = deaths_per_group[begin:stop]
            # The factor without correction comes last within its time: the next block carries on from it.
            left_out = np.concatenate([np.arange(d - 1, -1, -1) / d for d in counts])
            of_factor = np.repeat(np.arange(begin, stop), counts)
            of_patient = group[patients, None]
            matrix = (of_patient <= of_factor).astype(np.float64)
            if ties == "efron":
                matrix -= left_out * ((of_patient == of_factor) & dead[patients, None])
            factors = slice(int(first_factor[begin]), int(first_factor[begin] + counts.sum()))
            blocks.append(Block(patients, factors, matrix, carries=begin > part.start))
            begin = stop
    return tuple(blocks)
