"""Give patients a model has never seen a subtype, a risk and a survival, and say how far they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.labels import Labels
from stratomics.cohort.checks import Checks, count, examples
from stratomics.errors import DataError
from stratomics.model import Model
from stratomics.model.reference import STATISTICS, OmicsReference, standardised
from stratomics.preprocess.clinical_view import CLINICAL, clinical_faults
from stratomics.preprocess.omics import FittedOmics, batch_labels

from .mapping import choose_mapping, location_scale, quantile
from .matching import FEATURE_COLUMNS, match_features
from .patients import NewPatients, usable_patients
from .shift import Figure, likely_unit, patient_shift, table_shift
from .tables import numeric_tables

SHIFT_COLUMNS = ["omics", "patient", "stage", "statistic", "value", "limit", "flagged"]
#: A subtype is ambiguous where it is less than so many times as probable as the next.
AMBIGUOUS_ODDS = 2.0
#: More of the patients than this beyond a limit are named in a warning of the omics as well.
MANY = 0.2


@dataclass(frozen=True)
class Prediction:
    """What a model says of new patients.

    Parameters
    ----------
    predictions
        A row per patient: ``patient, subtype, n_subtypes, risk, risk_group, probability_<k>, confidence`` (the probability of the
        subtype), ``ambiguous`` (less than `AMBIGUOUS_ODDS` times as probable as the next), ``omics`` (those used) and
        ``unlike_training`` (omics in which the patient lies further from the training patients than these do from one another;
        missing where there is none).
    features
        How the features of the tables were matched, see `stratomics.prediction.matching.FEATURE_COLUMNS`.
    shift
        `SHIFT_COLUMNS`: the figures of `stratomics.prediction.shift` of each table (``patient`` missing), as given and, where it
        was mapped, after that; and of each patient after it.
    checks
        What was found, in the columns of ``checks.tsv``.
    labels
        The same labels as arrays, for what goes on with them.
    """

    predictions: pd.DataFrame
    features: pd.DataFrame
    shift: pd.DataFrame
    checks: pd.DataFrame
    labels: Labels


def predict(
    model: Model,
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping[str, Any],
    *,
    batch: Mapping[str, pd.Series] | None = None,
    checks: Checks | None = None,
) -> Prediction:
    """Predict patients from tables.

    Parameters
    ----------
    model
        From `stratomics.model.load_model`.
    tables
        By omics, patients x features as measured, numbers; any of the omics of the model. And the clinical table as ``clinical``,
        where the networks see covariates.
    settings
        An entry of ``predict`` in the config; of it ``max_missing_features`` and ``map_to_training``
        (``stratomics.config.defaults("predict")``).
    batch
        By omics, the batch of each patient; one that the model knows is standardised as it was in training.
    checks
        With what reading the tables has found; rows are added.

    Returns
    -------
    Prediction

    Raises
    ------
    DataError
        When the tables are not of the model, hold no numbers, or no patient can be predicted.
    """
    checks = Checks() if checks is None else checks
    given = numeric_tables(model, tables, checks)
    matched = {
        one.name: match_features(given[one.name], one, _varied(model.reference.omics[one.name]))
        for one in model.preprocess.omics
        if one.name in given
    }
    patients = usable_patients(model.preprocess.omics, matched, float(settings["max_missing_features"]), checks)
    clinical = tables.get(CLINICAL)
    if (design := model.preprocess.clinical) is not None:
        clinical = None if clinical is None else clinical.reindex(patients.ids)
        if faults := clinical_faults(design, clinical, patients.ids):
            raise DataError(faults)
    standard, shift, unlike = {}, [], []
    for one in model.preprocess.omics:
        found = _Compared(one, model.reference.omics[one.name], patients, str(settings["map_to_training"]), checks)
        levels = batch_labels((batch or {}).get(one.name), patients.ids)
        standard[one.name] = found.standard(levels, model.preprocess.clip)
        shift += found.rows
        unlike.append(np.where(found.unlike, one.name, ""))
    absent = {name: ~has for name, has in patients.has.items()}
    features = model.preprocess.assemble(standard, absent, clinical)
    there = [*patients.has.values(), *([np.ones(len(patients.ids), dtype=bool)] if design is not None else [])]
    labels = model.label(features, np.column_stack(there))
    table = labels.table(patients.ids)
    table["confidence"] = labels.probabilities.max(axis=1)
    table["ambiguous"] = ambiguous(labels.probabilities)
    table["omics"] = patients.omics
    table["unlike_training"] = [";".join(filter(None, names)) or np.nan for names in zip(*unlike, strict=True)]
    if n := int(table["ambiguous"].sum()):
        message = f"patients whose subtype is less than {AMBIGUOUS_ODDS:g} times as probable as the next: ambiguous"
        checks.add("cohort", "prediction", "patients_ambiguous", n, message)
    matches = [one.features for one in matched.values()]
    return Prediction(
        table,
        pd.concat(matches, ignore_index=True) if matches else pd.DataFrame(columns=FEATURE_COLUMNS),
        pd.DataFrame(shift, columns=SHIFT_COLUMNS),
        checks.table(),
        labels,
    )


def ambiguous(probabilities: np.ndarray) -> np.ndarray:
    """Tell whose most probable subtype is less than `AMBIGUOUS_ODDS` times as probable as the next, bool [n].

    Parameters
    ----------
    probabilities
        Of the subtypes [n, K]; nobody is ambiguous where there is one subtype.
    """
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities), dtype=bool)
    ordered = np.sort(probabilities, axis=1)
    return np.asarray(ordered[:, -1] < AMBIGUOUS_ODDS * ordered[:, -2])


def _varied(reference: OmicsReference) -> np.ndarray:
    """Tell which features differ between most training patients: their quartiles do."""
    quarter = (len(reference.quantiles) - 1) // 4
    return np.asarray(reference.quantiles[quarter] < reference.quantiles[-1 - quarter])


class _Compared:
    """One omics of the new patients, beside the training patients, and brought to them where that is asked for."""

    def __init__(
        self, one: FittedOmics, reference: OmicsReference, patients: NewPatients, setting: str, checks: Checks
    ) -> None:
        self.one, self._checks = one, checks
        self.rows: list[tuple[object, ...]] = []
        self._values, self._has = patients.values[one.name], patients.has[one.name]
        self.unlike = np.zeros(len(self._has), dtype=bool)
        self._mapped: np.ndarray | None = None
        if not self._has.any():
            return
        own = self._values[self._has]
        self._say_negative(own)
        moved = standardised(one, own)
        figures = table_shift(one, reference, moved)
        self._note("as given", None, figures)
        # Names that belong to other features are no shift that a map could undo.
        shifted = any(figure.flagged and figure.statistic != "structure" for figure in figures)
        mapping, why = choose_mapping(setting, len(own), shifted)
        self._say_shift(own, [figure for figure in figures if figure.statistic != "structure"])
        if mapping != "none":
            moved = (
                location_scale(moved) if mapping == "location_scale" else standardised(one, quantile(own, reference))
            )
            self._mapped = moved
            figures = table_shift(one, reference, moved)
            self._note("mapped", None, figures)
            message = (
                f"{one.name} was brought to the training patients by {mapping} ({why}), without a look at survival: differences "
                f"between these patients as a group and the training patients are lost with those of the platform"
            )
            checks.add("omics", one.name, "mapped", mapping, message, action="warning")
        elif shifted:
            message = f"{one.name} is shifted and was not mapped ({why}): its predictions may mean nothing"
            checks.add("omics", one.name, "not_mapped", mapping, message, action="warning")
        else:
            checks.add("omics", one.name, "mapped", mapping, f"{one.name} was taken as it is: {why}")
        self._say_shift(own, [figure for figure in figures if figure.statistic == "structure"])
        self._say_patients(patients, patient_shift(one, reference, moved))

    def standard(self, labels: np.ndarray | None, clip: float) -> np.ndarray:
        """Give the standardised features of all patients, float32 [n, p], clipped; NaN where missing."""
        if self._mapped is None:
            return self.one.standardise(self._values, labels, clip)
        out = np.full(self._values.shape, np.nan, dtype=np.float32)
        out[self._has] = np.clip(self._mapped, -clip, clip)
        return out

    def _note(self, stage: str, patient: str | None, figures: list[Figure]) -> None:
        for figure in figures:
            place = (self.one.name, np.nan if patient is None else patient, stage)
            self.rows.append((*place, figure.statistic, figure.value, figure.limit, figure.flagged))

    def _say_negative(self, own: np.ndarray) -> None:
        if self.one.transform == "log2p1" and (n := int((own < 0).sum())):
            message = (
                f"{count(n, 'value')} of {self.one.name} below 0, and the model takes log2(x + 1): they count as 0. Are they "
                f"logarithms or z-scores already?"
            )
            self._checks.add("omics", self.one.name, "negative", n, message, action="warning")

    def _say_shift(self, own: np.ndarray, figures: list[Figure]) -> None:
        name = self.one.name
        words = {
            "location": "the middle feature lies {value:.2g} deviations from the training patients (at most {limit:.2g})",
            "tail": "one feature in 20 lies {value:.2g} deviations or more from the training patients (at most {limit:.2g})",
            "scale": "the middle feature varies by a factor of {factor:.2g} more or less than in the training patients",
            "outside": "{value:.0%} of the values lie outside the range of the training patients (at most {limit:.0%})",
            "structure": (
                "features that go together in the training patients do not here (they explain {value:.1%} of the variance, at "
                "least {limit:.1%} is expected): do the features bear each other's names?"
            ),
        }
        for figure in figures:
            if figure.flagged:
                text = words[figure.statistic].format(
                    value=figure.value, limit=figure.limit, factor=2.0 ** min(figure.value, 60)
                )
                if figure.statistic == "location" and (unit := likely_unit(self.one, own)):
                    text += f"; it would lie near if it were {unit}: check the unit"
                self._checks.add(
                    "omics", name, f"shift_{figure.statistic}", figure.value, f"{name}: {text}", action="warning"
                )

    def _say_patients(self, patients: NewPatients, found: list[list[Figure]]) -> None:
        places, name = np.flatnonzero(self._has).tolist(), self.one.name
        stage = "as given" if self._mapped is None else "mapped"
        for i, figures in zip(places, found, strict=True):
            patient = str(patients.ids[i])
            self._note(stage, patient, figures)
            if beyond := [figure for figure in figures if figure.flagged]:
                self.unlike[i] = True
                shown = ", ".join(
                    f"{figure.statistic} {figure.value:.2g} (at most {figure.limit:.2g})" for figure in beyond
                )
                message = f"lies further from the training patients in {name} than these from one another: {shown}"
                self._checks.add("patient", name, "unlike_training", len(beyond), message, action="warning", id=patient)
        n = int(self.unlike.sum())
        if n > MANY * len(places):
            who = examples(patients.ids[self.unlike])
            message = f"{n} of {count(len(places), 'patient')} lie far from the training patients in {name}: {who}"
            self._checks.add("omics", name, "patients_unlike_training", n, message, action="warning")


__all__ = ["SHIFT_COLUMNS", "STATISTICS", "Prediction", "ambiguous", "predict"]
