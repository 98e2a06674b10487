"""What a cohort with a ``source`` stands for: tables of an archive by the names of the config, written as ``xena://FILE``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: By archive, the omics of a cohort that lists none.
_SOURCES = {"xena": ("mrna", "mirna")}
_NAME = re.compile(r"(?!/)(?!.*\.\.)[A-Za-z0-9_.%/-]*[A-Za-z0-9_%-]")


def is_sourced(path: str) -> bool:
    """Tell whether a path of the config is that of a table of an archive (``xena://FILE``)."""
    return path.split("://")[0] in _SOURCES and "://" in path


def file_name(path: str) -> str:
    """Return the name that a table has in its archive.

    Parameters
    ----------
    path
        A path of which `is_sourced` holds.
    """
    return path.split("://", 1)[1]


def is_file_name(name: str) -> bool:
    """Tell whether a table may bear this name: letters, digits and ``_ . % / -``, and it leads out of no folder."""
    return _NAME.fullmatch(name) is not None


def expand_source(cohort: Mapping[str, Any], retrieval: Mapping[str, Any]) -> dict[str, Any]:
    """Write out the tables that the source of a cohort stands for.

    Parameters
    ----------
    cohort
        One entry of ``cohorts`` as the user wrote it; nothing in it need be right.
    retrieval
        The section ``retrieval`` of the config with its defaults.

    Returns
    -------
    dict
        The cohort with ``omics`` (expression of genes and miRNAs where it lists none) and ``clinical`` (the survival table), each
        with a ``path``. A table with a path of its own keeps it; an omics whose name the archive does not know gets none. A cohort
        without a source stays as it is.
    """
    source = cohort.get("source")
    if not isinstance(source, Mapping) or len(source) != 1 or "simulate" in cohort:
        return dict(cohort)
    ((archive, project),) = source.items()
    known = _SOURCES.get(str(archive))
    files = _mapping(_mapping(retrieval.get(str(archive))).get("files"))
    if known is None or not isinstance(project, str):
        return dict(cohort)

    def located(table: Any, name: Any) -> Any:
        pattern = files.get(name) if isinstance(name, str) else None
        if not isinstance(table, Mapping) or "path" in table or not isinstance(pattern, str):
            return table
        return {**table, "path": f"{archive}://{pattern.replace('{project}', project)}"}

    omics = cohort.get("omics", [{"name": name} for name in known])
    if isinstance(omics, list):
        omics = [located(one, one.get("name") if isinstance(one, Mapping) else None) for one in omics]
    return {**cohort, "omics": omics, "clinical": located(cohort.get("clinical", {}), "survival")}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
