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
        One entry of ``cohorts`` of the validated config.

    Returns
    -------
    list of str
        The clinical table first, then the omics in the order of the config, each once; a folder stands for the files in it that
        a format reads. None for a simulated cohort.
    """
    if "simulate" in cohort:
        return []
    named = (cohort["clinical"], *cohort["omics"])
    return list(dict.fromkeys(path for one in named for path in _files_of(one)))


def clinical_paths(cohort: Mapping[str, Any]) -> list[str]:
    """List the paths of the clinical table of a cohort that is not simulated; as `table_paths` begins."""
    return _files_of(cohort["clinical"])


def files_below(folder: str | Path) -> list[str]:
    """List the files in a folder and below it, without hidden ones, relative to it and in the order of their names."""
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(where).relative_to(folder)
        found += [(below / name).as_posix() for name in names if not name.startswith(".")]
    return sorted(found)


def _files_of(entry: Mapping[str, Any]) -> list[str]:
    """Return the path of a table, or of the files of a folder that its format (any, where it is not said) reads."""
    path = str(entry["path"])
    if "://" in path or not os.path.isdir(path):
        return [path]
    by_format = format_files()
    patterns = by_format.get(str(entry.get("format")), ()) or tuple(one for each in by_format.values() for one in each)
    found = [name for name in files_below(path) if any(map(PurePosixPath(name).match, patterns))]
    return [f"{path.rstrip('/')}/{name}" for name in found] or [path]
