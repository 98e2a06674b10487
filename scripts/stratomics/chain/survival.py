"""How long patients like the training patients live: a curve per subtype, and one for any risk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from stratomics.arrays import Array
from stratomics.cohort.types import Split
from stratomics.survival import kaplan_meier
from stratomics.survival.predicted import breslow_hazard, step_times
from stratomics.tables import FULL

_CURVES = ("survival", "ci_low", "ci_high")
_ARRAYS = ("times", *_CURVES, "followed", "hazard", "hazard_variance")


@dataclass(frozen=True)
class SurvivalModel:
    """Survival of the training patients.

    Parameters
    ----------
    method
        As of the risk: with ``ridge_cox`` a patient's survival comes from the risk, with ``subtype`` from the curves of the
        subtypes, mixed by the patient's probabilities.
    times
        Days at which curves step [T], rising; the last is the longest follow-up.
    survival, ci_low, ci_high
        Kaplan-Meier estimate of each subtype and its pointwise 95 % interval, from each time on [K, T].
    followed
        Longest follow-up of each subtype, days [K]; later its curve is not known.
    hazard, hazard_variance
        Breslow's cumulative hazard of a patient of risk 0, and its variance with the risks taken as known [T]; empty for
        ``subtype``.
    """

    method: str
    times: np.ndarray
    survival: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    followed: np.ndarray
    hazard: np.ndarray
    hazard_variance: np.ndarray

    def of_subtypes(self, days: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Read the curves of the subtypes.

        Parameters
        ----------
        days
            [D].

        Returns
        -------
        survival, ci_low, ci_high : numpy.ndarray
            Probability to live longer than each day [K, D]; NaN after the last follow-up of a subtype.
        """
        at = np.asarray(days, dtype=np.float64)
        known = at[None, :] <= self.followed[:, None]
        step = np.searchsorted(self.times, at, side="right")
        curves = (np.hstack([np.ones((len(self.followed), 1)), getattr(self, name)])[:, step] for name in _CURVES)
        survival, low, high = (np.where(known, curve, np.nan) for curve in curves)
        return survival, low, high

    def of_patients(
        self, risk: ArrayLike, probabilities: ArrayLike, days: ArrayLike
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Predict the survival of patients.

        Parameters
        ----------
        risk
            [n].
        probabilities
            Of the subtypes [n, K].
        days
            [D].

        Returns
        -------
        survival, ci_low, ci_high : numpy.ndarray
            [n, D]; NaN after the last follow-up. The 95 % interval holds the uncertainty of the curves, not that of the patient's
            risk or subtype.
        """
        at = np.asarray(days, dtype=np.float64)
        if self.method == "subtype":
            shares = np.asarray(probabilities, dtype=np.float64)
            survival, low, high = (shares @ curve for curve in self.of_subtypes(at))
            return survival, low, high
        step = np.searchsorted(self.times, at, side="right")
        hazard, variance = (np.append(0.0, one)[step] for one in (self.hazard, self.hazard_variance))
        hazard = np.where(at <= self.times[-1], hazard, np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            # On the logarithm of the hazard, where the risk is only a shift.
            width = np.where(hazard > 0, ndtri(0.975) * np.sqrt(variance) / np.where(hazard > 0, hazard, 1.0), 0.0)
            relative = np.exp(np.asarray(risk, dtype=np.float64))[:, None]
            survival, low, high = (
                np.where(hazard == 0, 1.0, np.exp(-hazard * relative * np.exp(sign * width))) for sign in (0, 1, -1)
            )
        return survival, low, high

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be."""
        length: str | int = 0 if meta["method"] == "subtype" else "T"
        return {
            "times": Array("float64", ("T",), "days at which curves step", positive=True, rising=0),
            "survival": Array(
                "float64", ("K", "T"), "Kaplan-Meier estimate of each subtype", low=0.0, high=1.0, falling=1
            ),
            "ci_low": Array("float64", ("K", "T"), "lower end of its 95 % interval", low=0.0, high=1.0),
            "ci_high": Array("float64", ("K", "T"), "upper end of its 95 % interval", low=0.0, high=1.0),
            "followed": Array("float64", ("K",), "longest follow-up of each subtype, days", positive=True),
            "hazard": Array("float64", (length,), "cumulative hazard of a patient of risk 0", low=0.0, rising=0),
            "hazard_variance": Array("float64", (length,), "its variance, the risks known", low=0.0, rising=0),
        }

    def faults(self) -> Iterator[str]:
        """Say which arrays do not suit each other."""
        if not len(self.times):
            yield "array times: found no time; allowed is at least one"
        if (np.diff(self.times) <= 0).any():
            yield "array times: a day comes more than once; allowed is each once"
        if (self.ci_low > self.survival + 1e-9).any() or (self.ci_high < self.survival - 1e-9).any():
            yield "arrays ci_low and ci_high: the estimate lies outside of them; allowed is between them"

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take it apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        return {name: getattr(self, name) for name in _ARRAYS}, {"method": self.method}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> SurvivalModel:
        """Put it together again from what `to_arrays` gave."""
        return cls(method=meta["method"], **arrays)


def fit_survival(
    method: str, time: np.ndarray, event: np.ndarray, subtype: np.ndarray, n_subtypes: int, risk: np.ndarray
) -> SurvivalModel:
    """Estimate the survival of training patients by subtype and by risk.

    Parameters
    ----------
    method
        ``risk.method`` of the config.
    time, event
        Follow-up [n], days.
    subtype
        That each was clustered into, int [n].
    n_subtypes
        K; each has patients.
    risk
        Of each [n], by the chain fitted on them.

    Returns
    -------
    SurvivalModel
        What `stratomics.chain.risk.predicted_survival` predicts of the full fit, read at `step_times`.
    """
    everybody = np.arange(len(time))
    times = step_times(time, event, [Split(FULL, everybody, everybody[:0])])
    tables = [kaplan_meier(time[subtype == one], event[subtype == one]) for one in range(1, n_subtypes + 1)]
    steps = [np.searchsorted(table["time"].to_numpy(), times, side="right") - 1 for table in tables]
    curves = {
        name: np.stack([table[name].to_numpy()[step] for table, step in zip(tables, steps, strict=True)])
        for name in _CURVES
    }
    none = np.zeros(0)
    hazard, variance = (none, none) if method == "subtype" else breslow_hazard(risk, time, event, times)
    followed = np.array([table["time"].iloc[-1] for table in tables])
    return SurvivalModel(method, times, **curves, followed=followed, hazard=hazard, hazard_variance=variance)
