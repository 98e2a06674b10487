"""The parts of an intake: the tables it reads, and the covariates, which may change without touching the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .checks import Checks
from .clinical import read_clinical
from .simulate import simulated_cohort_config
from .types import Cohort


def locate(cohort_config: Mapping[str, Any], tables: Sequence[str]) -> dict[str, Any]:
    """Put into the config of a cohort where its tables are for this job.

    Parameters
    ----------
    cohort_config
        One entry of ``cohorts`` in the config.
    tables
        The clinical table and those of the omics in the order of the config (of a table with an address, the local copy),
        or the folder of a simulated cohort.

    Returns
    -------
    dict
        A config without ``simulate``.
    """
    if "simulate" in cohort_config:
        return simulated_cohort_config(cohort_config["simulate"], tables[0], name=cohort_config["name"])
    clinical, *omics = tables
    return {
        **cohort_config,
        "clinical": {**cohort_config["clinical"], "path": clinical},
        "omics": [{**one, "path": path} for one, path in zip(cohort_config["omics"], omics, strict=True)],
    }


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
    clinical = read_clinical(cohort_config["clinical"], base_dir, checks, batches)
    checks.raise_faults()
    if clinical is None:
        raise AssertionError("a clinical table that cannot be read is a fault")
    return replace(cohort, clinical=cohort.clinical.join(clinical.covariates.loc[cohort.patients]))
