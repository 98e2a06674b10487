"""From the tables a config names to one cohort, or to all that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .checks import Checks, are, count
from .clinical import Clinical, read_clinical
from .clinical_checks import check_covariates, check_twins
from .copies import check_profiles, check_same_omics
from .follow_up import time_columns
from .groups import patient_groups
from .harmonise import choose_patients
from .leaks import check_features
from .matrix import Matrix
from .measure import check_batches, check_scale, drop_useless
from .omics_table import read_omics
from .orient import orient
from .plausible import check_codes, check_logged
from .samples import SampleRule, sample_rule
from .time_checks import check_short
from .types import Cohort, Omics

#: Fewer events than this leave nothing to learn survival from, however few the folds.
MIN_EVENTS = 20
#: With fewer events than this the results of a run say little.
ENOUGH_EVENTS = 50


def build_cohort(
    cohort_config: Mapping[str, Any],
    *,
    preprocess: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    base_dir: str | Path = ".",
    threads: int = 1,
) -> tuple[Cohort, pd.DataFrame]:
    """Read the tables of a cohort, check them and bring them to the same patients.

    Parameters
    ----------
    cohort_config
        One entry of ``cohorts`` in the config: name, omics, clinical, samples, pattern and patients.
    preprocess
        Of it, ``max_missing_patient`` and ``max_missing_feature``.
    evaluation
        Of it, ``folds`` and ``horizon_days``.
    base_dir
        Folder the paths of the config start from.
    threads
        Most cores to use, where a table of text is large. The cohort does not depend on it.

    Returns
    -------
    cohort : Cohort
        Patients with usable follow-up and every omics, or as many as ``patients`` asks for, in the order of the clinical table;
        without the features that are
        missing or the same in all of them.
    checks : pandas.DataFrame
        The content of ``checks.tsv``: see `stratomics.cohort.checks.CHECK_COLUMNS`.

    Raises
    ------
    DataError
        With every fault of every table.
    """
    name = str(cohort_config["name"])
    settings = {str(one["name"]): one for one in cohort_config["omics"]}
    batches = {item: str(one["batch"]) for item, one in settings.items() if one.get("batch")}
    checks = Checks()
    samples = sample_rule(cohort_config)
    clinical = read_clinical(cohort_config["clinical"], base_dir, checks, batches, samples)
    tables: dict[str, pd.DataFrame] = {}
    for item, one in settings.items():
        known = None if clinical is None else frozenset([*clinical.patients, *clinical.samples])
        table = read_omics(one, base_dir, known, partial(_orient, clinical, item, samples), checks, threads)
        if table is not None:
            tables[item] = table
    if clinical is None:
        checks.raise_faults()
        raise AssertionError("a clinical table that cannot be read is a fault")
    check_same_omics(tables, {item: str(one["path"]) for item, one in settings.items()}, checks)

    groups = None
    unfinished = bool(checks.faults)  # what follows from a fault is no fault of its own
    has = choose_patients(
        name, clinical, tables, float(preprocess["max_missing_patient"]), checks, least_omics(cohort_config)
    )
    patients = has.index.tolist()
    if not unfinished:
        _summarise(name, clinical, tables, has, checks)
        _check_power(name, clinical, tables, has, preprocess, evaluation, checks)
    if patients:
        clinical_config = clinical.settings
        outcome = [*time_columns(clinical_config), str(clinical_config["event"])]
        for item, table in tables.items():
            own = has.index[has[item]].tolist()
            part = table if list(table.index) == own else table.loc[own]
            check_features(
                part,
                clinical.time[own],
                clinical.event[own],
                outcome,
                item,
                str(settings[item]["path"]),
                checks,
            )
            measured = _measure(part, item, settings[item], preprocess, checks)
            # Who lacks the omics is a row of missing values, which nothing is learned from.
            tables[item] = measured if own == patients else measured.reindex(patients)
            if item in batches and batches[item] in clinical.cells:
                batch = clinical.levels(batches[item])[own]
                check_batches(batch, item, batches[item], clinical.path, checks)
        check_covariates(clinical, patients, clinical_config.get("covariates") or [], outcome, batches, checks)
        if not unfinished:
            check_twins(clinical, patients, clinical_config.get("covariates") or [], checks)
            check_short(clinical.time[patients], clinical_config.get("time_unit"), checks)
            groups = patient_groups(clinical, patients, clinical_config.get("groups"), int(evaluation["folds"]), checks)
    checks.raise_faults()
    return replace(_assemble(name, settings, batches, clinical, tables, patients), groups=groups), checks.table()


def least_omics(cohort_config: Mapping[str, Any]) -> int | None:
    """Return how many omics a patient must have by ``patients`` of a cohort's config; None for all."""
    choice = cohort_config.get("patients") or "complete"
    if isinstance(choice, Mapping):
        return int(choice["at_least"])
    return 1 if choice == "any" else None


def _orient(
    clinical: Clinical | None, item: str, samples: SampleRule, matrix: Matrix, checks: Checks
) -> pd.DataFrame | None:
    """Without the ids of the patients nobody knows which of the names of a table are patients."""
    return None if clinical is None else orient(matrix, clinical, item, checks, samples)


def _measure(
    table: pd.DataFrame, item: str, settings: Mapping[str, Any], preprocess: Mapping[str, Any], checks: Checks
) -> pd.DataFrame:
    path, transform = str(settings["path"]), str(settings.get("transform") or "none")
    kept = drop_useless(table, item, path, float(preprocess["max_missing_feature"]), checks)
    check_scale(kept, item, path, transform, checks)
    check_logged(kept.to_numpy(), item, path, transform, checks)
    check_codes(kept.to_numpy(), kept.columns, item, path, checks)
    check_profiles(kept, item, path, checks)
    return kept


def _assemble(
    name: str,
    settings: Mapping[str, Any],
    batches: Mapping[str, str],
    clinical: Clinical,
    tables: Mapping[str, pd.DataFrame],
    patients: list[str],
) -> Cohort:
    omics = tuple(
        Omics(
            item,
            tables[item].rename_axis(index="patient", columns="feature"),
            str(one.get("transform") or "none"),
            clinical.levels(batches[item])[patients].rename("batch") if item in batches else None,
        )
        for item, one in settings.items()
    )
    follow_up = pd.DataFrame(
        {"time": clinical.time[patients], "event": clinical.event[patients].astype(np.int8)},
        index=pd.Index(patients, name="patient", dtype=object),
    )
    return Cohort(name, omics, follow_up.join(clinical.covariates.loc[patients]))


def _summarise(
    name: str, clinical: Clinical, tables: Mapping[str, pd.DataFrame], has: pd.DataFrame, checks: Checks
) -> None:
    usable, patients = clinical.usable, has.index.tolist()
    time, event = clinical.time[patients].to_numpy(), clinical.event[patients].to_numpy()
    for check, value, message in (
        ("patients_in_clinical", len(clinical.patients), f"patients in {clinical.path}"),
        ("patients_usable", len(usable), "of them with usable follow-up"),
        ("events_usable", int(clinical.event[usable].sum()), "events among these"),
    ):
        checks.add("cohort", name, check, value, message)
    for item, table in tables.items():
        found = len(usable.intersection(table.index))
        checks.add("cohort", name, f"patients_{item}", found, f"patients with usable follow-up and {item}")
    complete = has.all(axis=1)
    every = "every omics" if complete.all() else "as many omics as the config asks for"
    checks.add(
        "cohort", name, "patients_kept", len(patients), f"patients with usable follow-up and {every}", action="kept"
    )
    checks.add("cohort", name, "events_kept", int(event.sum()), "events among these", action="kept")
    for pattern, own in clinical.event[patients][~complete].groupby([has.loc[~complete, item] for item in tables]):
        absent = [item for item, there in zip(tables, pattern, strict=True) if not there]
        message = f"of them without {' and '.join(absent)} ({count(int(own.sum()), 'event')})"
        checks.add("cohort", name, "patients_without", len(own), message, action="kept", id=";".join(absent))
    if patients:
        median = median_follow_up(time, event)
        message = "days, reverse Kaplan-Meier estimate over the patients kept (NA: not reached)"
        checks.add("cohort", name, "median_follow_up", median if np.isfinite(median) else None, message)


def median_follow_up(time: np.ndarray, event: np.ndarray) -> float:
    """Return the median follow-up by the reverse Kaplan-Meier method (Schemper and Smith 1996).

    Parameters
    ----------
    time
        Follow-up [n].
    event
        1 or 0 [n].

    Returns
    -------
    float
        Time by which half of the patients would have been censored, had none had the event; infinite where not reached.
    """
    times = np.unique(time)
    at_risk = (time[None, :] >= times[:, None]).sum(axis=1)
    censored = ((time[None, :] == times[:, None]) & (event[None, :] == 0)).sum(axis=1)
    followed = np.cumprod(1 - censored / at_risk)
    reached = followed <= 0.5
    return float(times[reached][0]) if reached.any() else np.inf


def _check_power(
    name: str,
    clinical: Clinical,
    tables: Mapping[str, pd.DataFrame],
    has: pd.DataFrame,
    preprocess: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    checks: Checks,
) -> None:
    """Fault a cohort that is too small for its folds, and warn of few events and short follow-up."""
    folds, patients = int(evaluation["folds"]), has.index.tolist()
    # Methods are compared on the patients with every omics, so these must be enough whoever else is kept.
    judged = has.index[has.all(axis=1)].tolist()
    n, events = len(judged), int(clinical.event[judged].sum())
    needed, enough = 10 * folds, max(MIN_EVENTS, 2 * folds)
    if n < needed or events < enough:
        usable = clinical.usable
        found = [f"{len(clinical.patients)} in {clinical.path}", f"{len(usable)} with usable follow-up"]
        found += [f"{len(usable.intersection(table.index))} with {item}" for item, table in tables.items()]
        with_all = "" if len(judged) == len(patients) else " with every omics, on whom methods are compared"
        advice = ": use fewer folds, an endpoint with more events, or fewer omics."
        if gaps := _left_out_for_gaps(tables, checks):
            item, most = max(gaps.items(), key=lambda one: one[1])
            share = float(preprocess["max_missing_patient"])
            found += [f"{k} left out for missing values of {one}" for one, k in gaps.items()]
            if 2 * most > n:
                advice = (
                    f". Patients with more than {share:.0%} of {item} missing are left out: if an empty cell means that nothing "
                    f"was found (no mutation), write 0 there; else raise preprocess.max_missing_patient ({share:g}), remove "
                    f"the features with the most missing values, or leave this omics out."
                )
        checks.fault(
            f"cohort {name}: {count(n, 'patient')} with {count(events, 'event')} are left{with_all} ({', '.join(found)}). With "
            f"{folds} folds at least {needed} patients and {enough} events are needed{advice}"
        )
        return
    n, events = len(patients), int(clinical.event[patients].sum())
    if events < ENOUGH_EVENTS:
        message = (
            f"{events} events are few (below {ENOUGH_EVENTS}): underpowered, expect wide intervals and chance findings"
        )
        checks.add("cohort", name, "few_events", events, message, action="warning")
    if events == n:
        message = "every patient has the event: is the column coded as thought?"
        checks.add("clinical", "clinical", "no_censoring", events, message, action="warning")
    horizon = float(evaluation["horizon_days"])
    beyond = int((clinical.time[patients] >= horizon).sum())
    if beyond < 10:
        message = (
            f"{count(beyond, 'patient')} {are(beyond)} followed for evaluation.horizon_days = {horizon:g} days: consider "
            f"an earlier horizon"
        )
        checks.add("cohort", name, "followed_to_horizon", beyond, message, action="warning")


def _left_out_for_gaps(tables: Mapping[str, pd.DataFrame], checks: Checks) -> dict[str, int]:
    """Count, by omics, the patients who are left out for nothing but its missing values."""
    rows = checks.table()
    codes = rows.loc[rows["check"] == "left_out", "value"].tolist()
    return {item: n for item in tables if (n := codes.count(f"missing_{item}"))}
