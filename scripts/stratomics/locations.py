"""Where the tables of a cohort are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def table_paths(cohort: Mapping[str, Any]) -> list[str]:
    """List the paths and addresses of the tables of a cohort.

    Parameters
    ----------
    cohort
        One entry of ``cohorts`` of the validated config.

    Returns
    -------
    list of str
        The clinical table first, then the omics in the order of the config; none for a simulated cohort.
    """
    if "simulate" in cohort:
        return []
    return [str(one["path"]) for one in (cohort["clinical"], *cohort["omics"])]
