"""Which omics of a model each new patient has, and what is said of those who lack some or all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stratomics.cohort.checks import Checks, count, examples, listing
from stratomics.errors import DataError
from stratomics.preprocess.omics import FittedOmics

from .matching import Matched


@dataclass(frozen=True)
class NewPatients:
    """Patients with at least one usable omics.

    Parameters
    ----------
    ids
        Their names, in the order in which the tables list them.
    values
        By omics of the model, the measurements of its features, float64 [n, p]; NaN where missing, in a whole row where the patient
        has no usable measurements of the omics.
    has
        By omics, who has it, bool [n].
    """

    ids: pd.Index
    values: Mapping[str, np.ndarray]
    has: Mapping[str, np.ndarray]

    @property
    def omics(self) -> list[str]:
        """The omics of each patient: ``mrna;mirna``."""
        names = list(self.has)
        there = np.column_stack(list(self.has.values()))
        return [";".join(name for name, has in zip(names, row, strict=True) if has) for row in there]


def usable_patients(
    omics: tuple[FittedOmics, ...], matched: Mapping[str, Matched], max_missing: float, checks: Checks
) -> NewPatients:
    """Find who has enough of which omics.

    Parameters
    ----------
    omics
        Of the model.
    matched
        By name, those that were given.
    max_missing
        Largest share of the model's features of an omics that a patient may lack; who lacks more lacks the omics.
    checks
        Gets what is missing: a row for each omics, each patient who lacks one, and each who is refused.

    Returns
    -------
    NewPatients

    Raises
    ------
    DataError
        When nobody has a usable omics.
    """
    everybody = pd.Index(list(dict.fromkeys(id for one in matched.values() for id in one.patients)), dtype=object)
    everybody.name = "patient"
    values, has, reasons = {}, {}, {str(id): [] for id in everybody}  # type: dict, dict, dict[str, list[str]]
    for one in omics:
        found = matched.get(one.name)
        table = np.full((len(everybody), len(one.features)), np.nan)
        if found is not None:
            table[everybody.get_indexer(found.patients)] = found.values
            _say_features(one, found, max_missing, checks)
        lacking = np.isnan(table).mean(axis=1)
        enough = (lacking <= max_missing) & (lacking < 1)
        if found is None:
            message = f"the model has {one.name}, and no table of it was given: told from the other omics"
            checks.add("omics", one.name, "omics_absent", 0, message, action="warning")
        for i in np.flatnonzero(~enough).tolist():
            there = found is not None and everybody[i] in found.patients
            why = f"{lacking[i]:.1%} of the features of {one.name} missing" if there else f"not in {one.name}"
            reasons[str(everybody[i])].append(why)
        table[~enough] = np.nan
        values[one.name], has[one.name] = table, enough
    usable = np.any(list(has.values()), axis=0)
    _say_patients(everybody, usable, reasons, matched, max_missing, checks)
    if not usable.any():
        raise DataError(_nobody(matched, omics, reasons, max_missing))
    return NewPatients(
        everybody[usable],
        {name: table[usable] for name, table in values.items()},
        {name: there[usable] for name, there in has.items()},
    )


def _say_features(one: FittedOmics, found: Matched, max_missing: float, checks: Checks) -> None:
    p = len(one.features)
    message = f"of the {p} features of the model that the table has"
    checks.add("omics", one.name, "features_found", p - len(found.absent), message)
    for status, words in (
        ("renamed", "are there under another name (case, version or separators)"),
        ("missing", "have no column, or no value"),
        (
            "duplicated",
            "have several columns with different values, so that which is meant cannot be told: they count as missing",
        ),
        ("constant", "are the same in every patient, as fillers are: they count as missing"),
    ):
        if named := found.named(status):
            few = status == "renamed" or status == "missing" and len(named) <= 0.05 * p
            text = f"{count(len(named), 'feature')} of the {p} of the model {words}: {examples(named)}"
            checks.add("omics", one.name, f"features_{status}", len(named), text, action="note" if few else "warning")
    if unused := found.count("unused"):
        checks.add("omics", one.name, "features_unused", unused, "features of the table that the model does not use")
    if len(found.absent) > max_missing * p:
        text = (
            f"{len(found.absent)} of the {p} features of {one.name} that the model needs are not there ({examples(found.absent)}); "
            f"at most {max_missing:.0%} may be missing (max_missing_features): the omics counts as absent for everybody"
        )
        checks.add("omics", one.name, "omics_unusable", len(found.absent), text, action="warning")


def _say_patients(
    everybody: pd.Index,
    usable: np.ndarray,
    reasons: Mapping[str, list[str]],
    matched: Mapping[str, Matched],
    max_missing: float,
    checks: Checks,
) -> None:
    checks.add("cohort", "prediction", "patients_found", len(everybody), f"patients in {' or '.join(matched)}")
    checks.add("cohort", "prediction", "patients_predicted", int(usable.sum()), "of them predicted", action="kept")
    for id, keep in zip(everybody, usable.tolist(), strict=True):
        if why := reasons[str(id)]:
            text = "; ".join(why)
            if not keep:
                text += f": no omics is usable (at most {max_missing:.0%} of its features may be missing), so nothing is predicted"
            code, action = ("incomplete", "kept") if keep else ("refused", "dropped")
            checks.add("patient", "prediction", code, len(why), text, action=action, id=str(id))


def _nobody(
    matched: Mapping[str, Matched], omics: tuple[FittedOmics, ...], reasons: Mapping[str, list[str]], max_missing: float
) -> str:
    """Say why no patient is left."""
    if not reasons:
        return (
            f"{' and '.join(matched)}: no patient in the tables. Give tables with a row (or column) for each patient."
        )
    parts = []
    for one in omics:
        if (found := matched.get(one.name)) is not None and found.absent:
            parts.append(
                f"{one.name} lacks {len(found.absent)} of the model's {len(one.features)} ({examples(found.absent)})"
            )
    first = listing((f"{id}: {'; '.join(why)}" for id, why in reasons.items()), most=3)
    return (
        f"None of the {count(len(reasons), 'patient')} can be predicted: at most {max_missing:.0%} of the model's features of an "
        f"omics may be missing (max_missing_features). {'; '.join(parts) + '. ' if parts else ''}{first}. Give tables of the kind "
        f"that the model was fitted on, or raise max_missing_features."
    )
