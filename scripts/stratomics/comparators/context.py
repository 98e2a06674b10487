"""What every comparator is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.labels import roles
from stratomics.cohort.types import Cohort, Split
from stratomics.errors import ConfigError
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import derive_seed, parallel_map
from stratomics.survival.predicted import breslow_survival

PREDICTION_COLUMNS = ["method", "split", "patient", "role", "risk", "subtype", "n_subtypes", "risk_group", "n_selected"]


class Declared(dict[str, Any]):
    """The part of the config that a comparator is given; what it does not name among its ``READS`` is missing."""

    def __missing__(self, key: str) -> Any:
        raise ConfigError(
            f"comparators: one reads {key!r} of the config without saying so, and would not run anew when that changes. "
            f"Name it in its file: READS = ({key!r}, ...); see stratomics/catalogue.py."
        )


@dataclass(frozen=True)
class Context:
    """One cohort, its splits and the config.

    Parameters
    ----------
    cohort, splits, fitted
        The patients, the splits, and the preprocessing fitted on each.
    settings
        What the comparator says it reads of the config.
    covariates
        Columns of the clinical table for the clinical model.
    times
        When survival is predicted, days [T].
    seed
        Seed of the run.
    threads
        Pieces of work at once; results do not depend on it.
    device
        Where networks train: ``auto``, ``cpu`` or ``cuda``.
    """

    cohort: Cohort
    splits: Sequence[Split]
    fitted: Mapping[str, FittedPreprocess]
    settings: Mapping[str, Any]
    covariates: Sequence[str]
    times: np.ndarray
    seed: int
    threads: int = 1
    device: str = "cpu"

    def features(self, split: Split) -> np.ndarray:
        """Return what the networks of a split see: standardised features times block weights, float32 [n, P]."""
        fitted = self.fitted[split.name]
        return fitted.transform(self.cohort) * fitted.weights

    def seed_of(self, comparator: str, split: Split) -> int:
        """Return the seed of one comparator in one split."""
        return derive_seed(self.seed, "fit_comparator", comparator, split.name)

    def follow_up(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Return time and event of the training patients of a split."""
        return self.cohort.time[split.train], self.cohort.event[split.train]

    def among(self, kept: np.ndarray) -> Context:
        """Return the context of some of the patients, bool [n]."""
        own = self.cohort.take(np.flatnonzero(kept))
        return replace(self, cohort=own, splits=[split.among(kept) for split in self.splits])


@dataclass(frozen=True)
class Predicted:
    """What one method says of all patients after one split.

    Parameters
    ----------
    risk
        Log relative hazard [n], higher means shorter survival.
    survival
        [n, T]; None for a Cox model, whose baseline hazard is then Breslow's.
    selected
        Number of features or latents that the method chose, where it chooses.
    subtype
        Label of each patient, int [n], where the method has subtypes.
    n_subtypes
        Number of subtypes.
    risk_group
        Group of each patient where the risk was cut into as many, int [n].
    apart
        Log relative hazard of each training patient by a model fitted without the patient [n_train], where the method has it:
        the clinic can then be added (`stratomics.comparators.combine`).
    """

    risk: np.ndarray
    survival: np.ndarray | None = None
    selected: int | None = None
    subtype: np.ndarray | None = None
    n_subtypes: int | None = None
    risk_group: np.ndarray | None = None
    apart: np.ndarray | None = None


@dataclass(frozen=True)
class MethodResult:
    """What one method says of all patients, after every split.

    Parameters
    ----------
    method
        Its name in the tables.
    predictions
        One row per split and patient, columns `PREDICTION_COLUMNS`: ``role`` is ``train`` or ``held_out``; ``subtype`` and
        ``n_subtypes`` are missing for methods without subtypes, ``n_selected`` for methods that use all features; everything is
        missing for patients whose omics the method cannot do without.
    survival
        Predicted survival by split, float32 [n, T], patients in the order of the cohort; NaN where the risk is missing.
    apart
        By split, see `Predicted`; empty for methods without it. NaN where the risk is missing.
    """

    method: str
    predictions: pd.DataFrame
    survival: dict[str, np.ndarray]
    apart: dict[str, np.ndarray] = field(default_factory=dict)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return ``<method>/<split>`` (survival) and ``apart/<method>/<split>``, to be saved."""
        survival = {f"{self.method}/{split}": values for split, values in self.survival.items()}
        return survival | {f"apart/{self.method}/{split}": values for split, values in self.apart.items()}


def predict_splits(context: Context, method: str, fit: Callable[[Split], Predicted]) -> MethodResult:
    """Fit one method on every split.

    Parameters
    ----------
    context
        The cohort and its splits.
    method
        Its name in the tables.
    fit
        Fits on the training patients of a split and predicts all patients.

    Returns
    -------
    MethodResult
    """
    cohort = context.cohort

    def one(split: Split) -> tuple[pd.DataFrame, np.ndarray, np.ndarray | None]:
        predicted = fit(split)
        survival = predicted.survival
        if survival is None:
            time, event = context.follow_up(split)
            survival = breslow_survival(predicted.risk[split.train], time, event, predicted.risk, context.times)

        def number(value: np.ndarray | int | None) -> np.ndarray:
            return np.broadcast_to(np.float64(np.nan if value is None else value), cohort.n)

        table = pd.DataFrame(
            {
                "method": method,
                "split": split.name,
                "patient": cohort.patients,
                "role": roles(split, cohort.n),
                "risk": predicted.risk,
                "subtype": number(predicted.subtype),
                "n_subtypes": number(predicted.n_subtypes),
                "risk_group": number(predicted.risk_group),
                "n_selected": number(predicted.selected),
            }
        )
        return table[PREDICTION_COLUMNS], survival.astype(np.float32), predicted.apart

    results = parallel_map(one, context.splits, context.threads)
    return MethodResult(
        method,
        pd.concat([table for table, _, _ in results], ignore_index=True),
        {split.name: survival for split, (_, survival, _) in zip(context.splits, results, strict=True)},
        {split.name: apart for split, (_, _, apart) in zip(context.splits, results, strict=True) if apart is not None},
    )


def on_patients(
    context: Context, usable: np.ndarray, run: Callable[[Context], list[MethodResult]]
) -> list[MethodResult]:
    """Run methods that cannot do without some omics on the patients who have them; of the others they say nothing.

    Parameters
    ----------
    context
        The cohort and its splits.
    usable
        Who has what the methods need, bool [n].
    run
        Fits on the training patients of every split, and predicts all patients, of the context it is given.

    Returns
    -------
    list of MethodResult
        Of all patients of `context`; missing values for those who are not usable.
    """
    if usable.all():
        return run(context)
    results = run(context.among(usable))
    return [_spread(result, context, usable) for result in results]


def _spread(result: MethodResult, context: Context, usable: np.ndarray) -> MethodResult:
    """Give the results of some patients [n_usable] their place among all [n]."""
    patients, tables, survival, apart = context.cohort.patients, [], {}, {}
    of_split = {str(name): own for name, own in result.predictions.groupby("split", sort=False)}
    for split in context.splits:
        own = of_split[split.name].set_index("patient").reindex(patients)
        own = own.assign(method=result.method, split=split.name, role=roles(split, len(patients)))
        tables.append(own.reset_index(names="patient")[PREDICTION_COLUMNS])
        curves = result.survival[split.name]
        survival[split.name] = np.full((len(patients), curves.shape[1]), np.nan, dtype=curves.dtype)
        survival[split.name][usable] = curves
        if split.name in result.apart:
            apart[split.name] = np.full(len(split.train), np.nan)
            apart[split.name][usable[split.train]] = result.apart[split.name]
    return MethodResult(result.method, pd.concat(tables, ignore_index=True), survival, apart)
