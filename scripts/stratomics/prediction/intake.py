"""Read the tables of new patients, by the intake of cohorts: the same formats, ids, samples and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics.cohort.by_features import orient_by_features
from stratomics.cohort.checks import Checks, count, examples, nearest
from stratomics.cohort.clinical import Clinical, read_clinical
from stratomics.cohort.feature_map import read_map
from stratomics.cohort.ids import agreement_advice, alike
from stratomics.cohort.omics_table import read_omics
from stratomics.cohort.plausible import check_codes
from stratomics.cohort.samples import sample_rule
from stratomics.cohort.symbols import feature_key
from stratomics.errors import DataError
from stratomics.model import Model
from stratomics.preprocess.clinical_view import CLINICAL


@dataclass(frozen=True)
class NewTables:
    """What the files say of new patients.

    Parameters
    ----------
    tables
        By omics, patients x features as measured; ``clinical`` with the covariates that the networks of the model see.
    batch
        By omics, the batch of each patient of the clinical table.
    follow_up
        ``time`` (days) and ``event`` of the patients with usable follow-up, and the covariates that the predictions are to be
        compared with; None where no follow-up is given.
    checks
        What was found.
    """

    tables: Mapping[str, pd.DataFrame]
    batch: Mapping[str, pd.Series] = field(default_factory=dict)
    follow_up: pd.DataFrame | None = None
    checks: Checks = field(default_factory=Checks)


def read_tables(settings: Mapping[str, Any], model: Model, base_dir: str | Path = ".") -> NewTables:
    """Read the tables that an entry of ``predict`` names.

    Parameters
    ----------
    settings
        The entry, complete.
    model
        Whose features tell how a table is turned.
    base_dir
        Folder the paths of the config start from.

    Returns
    -------
    NewTables

    Raises
    ------
    DataError
        With every fault of every table.
    """
    checks = Checks()
    samples = sample_rule(settings)
    features = {one.name: one.features for one in model.preprocess.omics}
    batches = {str(one["name"]): str(one["batch"]) for one in settings["omics"] if one.get("batch")}
    clinical = None
    if settings.get("clinical"):
        design = model.preprocess.clinical
        seen = [] if design is None else [part.name for part in design.covariates]
        asked = settings["clinical"].get("covariates") or []
        wanted = {**settings["clinical"], "covariates": list(dict.fromkeys([*seen, *asked]))}
        clinical = read_clinical(wanted, base_dir, checks, batches, samples, follow_up=False)
    known = None if clinical is None else frozenset([*clinical.patients, *clinical.samples])
    tables: dict[str, pd.DataFrame] = {}
    for one in settings["omics"]:
        name = str(one["name"])
        if name not in features:
            found = f"omics {name}: the model has none of that name. {nearest(name, list(features))} Rename the omics."
            checks.fault(found)
            continue
        try:
            expected = _named(one, features[name], base_dir)
        except DataError as error:
            for fault in error.faults:
                checks.fault(fault)
            continue
        orient = partial(_orient, features=expected, item=name, samples=samples, clinical=clinical)
        table = read_omics(one, base_dir, known, orient, checks)
        if table is not None:
            check_codes(table.to_numpy(), table.columns, name, str(one["path"]), checks)
            tables[name] = table
    if clinical is not None and tables:
        _compare_ids(clinical, tables, checks)
    checks.raise_faults()
    if len(tables) > 1:
        _say_alike(tables, checks)
    if clinical is None:
        return NewTables(tables, checks=checks)
    if model.preprocess.clinical is not None:
        tables[CLINICAL] = clinical.covariates[seen]
    batch = {name: clinical.levels(column) for name, column in batches.items()}
    return NewTables(tables, batch, _follow_up(clinical, asked, checks), checks)


def _named(settings: Mapping[str, Any], features: Sequence[str], base_dir: str | Path) -> Sequence[str]:
    """Return the features that the table may have: those of the model, or what a map brings to them."""
    if not settings.get("map"):
        return features
    wanted = set(map(feature_key, features))
    genes = read_map(str(settings["map"]), base_dir).genes
    return [*features, *(one for one, own in genes.items() if not wanted.isdisjoint(map(feature_key, own)))]


def _orient(matrix: Any, checks: Checks, *, features: Any, item: str, samples: Any, clinical: Clinical | None) -> Any:
    return orient_by_features(matrix, features, item, checks, samples, None if clinical is None else clinical.samples)


def _compare_ids(clinical: Clinical, tables: Mapping[str, pd.DataFrame], checks: Checks) -> None:
    """Fault ids of the clinical table that are none of the omics, and say how many have which."""
    ids = list(dict.fromkeys(str(id) for table in tables.values() for id in table.index))
    shared = clinical.patients.intersection(ids)
    if not len(shared):
        advice = agreement_advice(ids, clinical.patients) or "Use the same ids in all tables."
        checks.fault(
            f"{clinical.path}: none of its ids ({examples(clinical.patients)}) is in the omics tables ({examples(ids)}). {advice}"
        )
    elif absent := len(ids) - len(shared):
        message = f"patients of the omics tables that are not in {clinical.path}: predicted, and judged by nothing"
        checks.add("clinical", "clinical", "patients_without_clinical", absent, message, action="warning")


def _say_alike(tables: Mapping[str, pd.DataFrame], checks: Checks) -> None:
    """Warn where two omics write the id of a patient in two ways: they would be two patients with one omics each."""
    pairs = alike(str(id) for table in tables.values() for id in table.index)
    if pairs:
        message = (
            f"{count(len(pairs), 'id')} of the omics tables differ only in case or separators "
            f"({' and '.join(map(repr, pairs[0]))}): predicted as different patients; write the ids alike"
        )
        checks.add("cohort", "prediction", "ids_alike", len(pairs), message, action="warning")


def _follow_up(clinical: Clinical, covariates: Sequence[str], checks: Checks) -> pd.DataFrame | None:
    """Give the follow-up of the patients who have it with their covariates, and say why others have none."""
    if clinical.settings.get("time") is None or clinical.settings.get("event") is None:
        return None
    usable = clinical.usable
    for patient, why in clinical.reasons.items():
        codes, words = zip(*why, strict=True)
        checks.add("patient", "clinical", "no_follow_up", ";".join(codes), "; ".join(words), action="kept", id=patient)
    found = pd.DataFrame({"time": clinical.time[usable], "event": clinical.event[usable].astype("int8")})
    message = f"patients in {clinical.path} with usable follow-up ({count(int(found['event'].sum()), 'event')})"
    checks.add("clinical", "clinical", "patients_followed", len(found), message)
    return found.join(clinical.covariates[list(covariates)])
