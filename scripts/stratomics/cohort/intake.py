"""The parts of an intake: the tables it reads, and the covariates, which may change without touching the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stratomics.locations import table_paths

from .checks import Checks
from .clinical import read_clinical
from .samples import sample_rule
from .simulate import simulated_cohort_config
from .types import Cohort


def locate(cohort_config: Mapping[str, Any], tables: Sequence[str], fetched: Sequence[str]) -> dict[str, Any]:
    """Put into the config of a cohort where its tables are for this job.

    Parameters
    ----------
    cohort_config
        One entry of ``cohorts`` in the config, or of ``predict``.
    tables
        For a simulated cohort, its folder; else not looked at, since the config has the paths.
    fetched
        Local copies of the tables with an address, in the order of `table_paths`.

    Returns
    -------
    dict
        A config without ``simulate``.
    """
    if "simulate" in cohort_config:
        simulated = simulated_cohort_config(cohort_config["simulate"], tables[0], name=cohort_config["name"])
        return {**simulated, "patients": cohort_config.get("patients", "complete")}
    addresses = [path for path in table_paths(cohort_config) if "://" in path]
    copies = dict(zip(addresses, fetched, strict=True))

    def located(table: Mapping[str, Any]) -> dict[str, Any]:
        single = {key: copies.get(table[key], table[key]) for key in ("path", "map") if table.get(key)}
        joined = {"join": [copies.get(path, path) for path in table["join"]]} if table.get("join") else {}
        return {**table, **single, **joined}

    clinical = {"clinical": located(cohort_config["clinical"])} if cohort_config.get("clinical") else {}
    return {**cohort_config, **clinical, "omics": [located(table) for table in cohort_config["omics"]]}


def without_covariates(cohort: Cohort) -> Cohort:
    """Return a cohort with its omics and follow-up alone."""
    return replace(cohort, clinical=cohort.clinical[["time", "event"]])


def with_covariates(cohort: Cohort, cohort_config: Mapping[str, Any], *, base_dir: str | Path = ".") -> Cohort:
    """Add the covariates and annotations that the config names to the patients of a cohort; read the clinical table alone.

    Parameters
    ----------
    cohort
        From `without_covariates`.
    cohort_config
        One entry of ``cohorts`` in the config, not simulated.
    base_dir
        Folder the paths of the config start from.

    Returns
    -------
    Cohort

    Raises
    ------
    DataError
        If the clinical table lacks a column, or cannot be read.
    """
    checks = Checks()
    batches = {str(one["name"]): str(one["batch"]) for one in cohort_config["omics"] if one.get("batch")}
    samples = sample_rule(cohort_config)
    clinical = read_clinical(cohort_config["clinical"], base_dir, checks, batches, samples)
    checks.raise_faults()
    if clinical is None:
        raise AssertionError("a clinical table that cannot be read is a fault")
    return replace(cohort, clinical=cohort.clinical.join(clinical.covariates.loc[cohort.patients]))
