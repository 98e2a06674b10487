"""Bring the omics tables and the clinical table to the same patients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .checks import Checks, count
from .clinical import Clinical
from .ids import plain


def choose_patients(
    cohort: str,
    clinical: Clinical,
    tables: Mapping[str, pd.DataFrame],
    max_missing: float,
    checks: Checks,
    at_least: int | None = None,
) -> pd.DataFrame:
    """Choose the patients that the tables and the follow-up allow, and account for all others.

    Parameters
    ----------
    cohort
        Its name.
    clinical
        With the reasons against patients that follow from it.
    tables
        Patients x features by name of the omics.
    max_missing
        Largest share of an omics' features that may be missing; features missing in everybody do not count. Who misses more
        lacks the omics.
    checks
        Gets one row for each patient left out, with all the reasons, one for each who is kept without an omics, and how many
        each choice of ``patients`` keeps.
    at_least
        Omics that a patient must have; None for all.

    Returns
    -------
    pandas.DataFrame
        Bool, patients kept (in the order of the clinical table) x omics: which of them each has.
    """
    asked = len(tables) if at_least is None else min(at_least, len(tables))
    usable = clinical.usable
    lacking = {k: _lacking(usable, clinical, tables, max_missing, k) for k in range(1, len(tables) + 1)}
    _count_choices(cohort, clinical, lacking, usable, checks)
    reasons = {patient: list(found) for patient, found in clinical.reasons.items()}
    for patient, found in lacking[asked].items() if tables else ():
        if patient in reasons or len(tables) - len(found) < asked:
            reasons.setdefault(patient, []).extend(found.values())
    kept = [patient for patient in clinical.patients if patient not in reasons]
    for patient in clinical.patients[clinical.patients.isin(list(reasons))]:
        codes, words = zip(*reasons[patient], strict=True)
        checks.add("patient", cohort, "left_out", ";".join(codes), "; ".join(words), action="dropped", id=patient)
    has = pd.DataFrame(True, index=pd.Index(kept, dtype=object), columns=list(tables))
    for patient in kept:
        if tables and (lacks := lacking[asked].get(patient)):
            has.loc[patient, list(lacks)] = False
            codes, words = zip(*lacks.values(), strict=True)
            checks.add("patient", cohort, "incomplete", ";".join(codes), "; ".join(words), action="kept", id=patient)
    strangers: dict[str, list[str]] = {}
    for item, table in tables.items():
        others = table.index[~table.index.isin(clinical.patients)]
        _nearly_known(others, clinical, item, checks)
        for patient in others:
            strangers.setdefault(patient, []).append(item)
    for patient, items in strangers.items():
        message = f"not in the clinical table (found in {', '.join(items)})"
        checks.add("patient", cohort, "not_in_clinical", ";".join(items), message, action="dropped", id=patient)
    return has


def _lacking(
    usable: pd.Index, clinical: Clinical, tables: Mapping[str, pd.DataFrame], max_missing: float, at_least: int
) -> dict[str, dict[str, tuple[str, str]]]:
    """Tell who lacks which omics, and why: a code and words by omics, by patient of the clinical table.

    What is missing in all who may be kept with `at_least` omics counts against nobody.
    """
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for item, table in tables.items():
        for patient in clinical.patients[~clinical.patients.isin(table.index)]:
            found.setdefault(patient, {})[item] = (f"absent_{item}", f"not in {item}")
    candidates = [one for one in usable if len(tables) - len(found.get(one, {})) >= at_least]
    for item, table in tables.items():
        present = table.index.intersection(clinical.patients)
        missing = np.isnan(table.to_numpy())
        judges = table.index.isin(candidates) if candidates else np.ones(len(table), bool)
        measured = ~missing[judges].all(axis=0) if judges.any() else np.ones(missing.shape[1], bool)
        missing_share = pd.Series(missing[:, measured].mean(axis=1) if measured.any() else 0.0, index=table.index)[
            present
        ]
        for patient, value in missing_share[missing_share > max_missing].items():
            text = f"{value:.1%} of {item} missing (most allowed: {max_missing:.0%})"
            found.setdefault(str(patient), {})[item] = (f"missing_{item}", text)
    return found


def _count_choices(
    cohort: str,
    clinical: Clinical,
    lacking: Mapping[int, Mapping[str, Mapping[str, object]]],
    usable: pd.Index,
    checks: Checks,
) -> None:
    """Say how many patients each choice of ``patients`` in the config keeps; with one omics there is no choice."""
    most = len(lacking)
    for k in range(most, 0, -1) if most > 1 else ():
        kept = [one for one in usable if most - len(lacking[k].get(one, {})) >= k]
        choice = "complete" if k == most else "any" if k == 1 else f"{{at_least: {k}}}"
        code = "would_keep_complete" if k == most else "would_keep_any" if k == 1 else f"would_keep_at_least_{k}"
        events = count(int(clinical.event[kept].sum()), "event")
        checks.add("cohort", cohort, code, len(kept), f"patients ({events}) would be kept by 'patients: {choice}'")


def _nearly_known(others: pd.Index, clinical: Clinical, item: str, checks: Checks) -> None:
    """Warn of ids that only case or separators keep from being those of patients."""
    meant = {plain(name): name for name in clinical.patients}
    near = [(name, meant[plain(name)]) for name in others if plain(name) in meant]
    if near:
        name, patient = near[0]
        message = (
            f"{count(len(near), 'id')} of {item} {'differs' if len(near) == 1 else 'differ'} from a clinical id only in case or "
            f"separators ('{name}' for '{patient}'): the patients are left out; write the ids alike"
        )
        checks.add("omics", item, "ids_nearly_known", len(near), message, action="warning")
