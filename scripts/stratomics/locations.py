"""Where the tables of a cohort are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from .catalogue import format_files


def table_paths(cohort: Mapping[str, Any]) -> list[str]:
    """List the paths and addresses of the tables of a cohort.

    Parameters
    ----------
    cohort
        One entry of ``cohorts``, or of ``predict``, of the validated config.

    Returns
    -------
    list of str
        The clinical tables first, then the omics in the order of the config, and their maps, each once. A folder stands for the
        files in it that are read (`files_read`). None for a simulated cohort.
    """
    if "simulate" in cohort:
        return []
    omics = [str(one["path"]) for one in cohort["omics"]]
    maps = [str(one["map"]) for one in cohort["omics"] if one.get("map")]
    return list(dict.fromkeys([*clinical_paths(cohort), *omics, *maps]))


def clinical_paths(cohort: Mapping[str, Any]) -> list[str]:
    """List the paths of the clinical tables of a cohort that is not simulated; as `table_paths` begins. None without one."""
    if (clinical := cohort.get("clinical")) is None:
        return []
    return list(dict.fromkeys([str(clinical["path"]), *map(str, clinical.get("join") or [])]))


def files_below(folder: str | Path) -> list[str]:
    """List the files in a folder and below it, without hidden ones, relative to it and in the order of their names."""
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(where).relative_to(folder)
        found += [(below / name).as_posix() for name in names if not name.startswith(".")]
    return sorted(found)


def files_read(folder: str | Path) -> list[str]:
    """List the files in and below a folder that some format reads there, relative to it and in the order of their names."""
    patterns = [one for each in format_files().values() for one in each]
    return [name for name in files_below(folder) if any(map(PurePosixPath(name).match, patterns))]
