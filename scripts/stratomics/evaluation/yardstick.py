"""What all methods of a cohort are measured with: horizons, censoring distributions, and the bootstrap draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import derive_seed, log
from stratomics.survival import kaplan_meier, survival_at
from stratomics.survival.censoring import uncensored

Censoring = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Yardstick:
    """What all methods of a cohort are measured with.

    Attributes
    ----------
    censoring
        Follow-up (time, event) of the training patients by split.
    tau
        Horizon of Uno's C, days.
    days
        Days of the time-dependent AUC.
    follow_up
        Longest follow-up of the training patients, of the split where it is shortest: no AUC beyond.
    horizon
        Of the restricted mean, days; cut to the follow-up of the groups.
    times
        Grid of the Brier score [T], days, cut to where the censoring distribution of every split is known.
    baseline
        Kaplan-Meier estimate of the training patients at `times`, [T] by split: the prediction that knows nothing.
    weights
        Multiplicities of the patients in the bootstrap replicates [B, n].
    """

    censoring: Censoring
    tau: float
    days: tuple[float, ...]
    follow_up: float
    horizon: float
    times: np.ndarray
    baseline: Mapping[str, np.ndarray]
    weights: np.ndarray

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, in the order of ``metrics.tsv``."""
        return [
            "logrank_chi2",
            "logrank_df",
            "logrank_p",
            "hazard_ratio",
            "cindex",
            "cindex_subtype",
            "cindex_uno",
            "n_subtypes",
            "ibs",
            "ibs_skill",
            *(auc_name(day) for day in self.days),
            "rmst_difference",
            "rmst_days",
            "calibration_slope",
            "risk_group_logrank_p",
            "risk_group_hazard_ratio",
            "risk_group_cindex",
            "cindex_antolini",
            "d_calibration_p",
        ]


def auc_name(day: float) -> str:
    """Name of the AUC at a day: ``auc_365``."""
    return f"auc_{day:g}"


def bootstrap_weights(n: int, replicates: int, seed: int) -> np.ndarray:
    """Draw how often each patient enters each bootstrap replicate.

    Parameters
    ----------
    n
        Number of patients.
    replicates
        Number of replicates.
    seed
        Of the draw.

    Returns
    -------
    numpy.ndarray
        Multiplicities, float64 [replicates, n]; each row sums to `n`.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(n, np.full(n, 1.0 / n), size=replicates).astype(np.float64)


def uno_horizon(horizon: float, censoring: Censoring) -> float:
    """Return the horizon of Uno's C: the configured one, or the end of the shortest training follow-up if that is sooner.

    Beyond it the censoring distribution of some training fold is not estimable.
    """
    return float(min(horizon, *(time.max() for time, _ in censoring.values())))


def yardstick(
    cohort: Cohort, splits: Sequence[Split], settings: Mapping[str, Any], times: np.ndarray | None, *, seed: int
) -> Yardstick:
    """Lay out what the methods of a cohort are measured with.

    Parameters
    ----------
    cohort, splits
        For the follow-up of the training patients of each split.
    settings
        ``evaluation`` of the config: ``bootstrap`` (replicates), ``horizon_days``, ``auc_days``.
    times
        Times of the predicted survival [T], days; None without predicted survival.
    seed
        Seed of the run; the replicates are the same for every method.

    Returns
    -------
    Yardstick
    """
    time, event = cohort.time, cohort.event
    censoring = {split.name: (time[split.train], event[split.train]) for split in splits}
    grid = np.zeros(0) if times is None else np.asarray(times, dtype=np.float64)
    known = np.all([uncensored(*source, grid) > 0 for source in censoring.values()], axis=0)
    if not known.all():
        log.info(
            "Brier score: the grid ends at day %g, where training patients are still followed",
            grid[known].max(initial=0),
        )
    follow_up = uno_horizon(np.inf, censoring)
    for day in settings["auc_days"]:
        if day >= follow_up:
            log.info("%s: day %g lies beyond the follow-up of %g days: NA", auc_name(day), day, follow_up)
    return Yardstick(
        censoring=censoring,
        tau=uno_horizon(settings["horizon_days"], censoring),
        days=tuple(settings["auc_days"]),
        follow_up=follow_up,
        horizon=float(settings["horizon_days"]),
        times=grid[known],
        baseline={name: survival_at(kaplan_meier(*source), grid[known]) for name, source in censoring.items()},
        weights=bootstrap_weights(cohort.n, settings["bootstrap"], derive_seed(seed, "evaluate_subtypes")),
    )
