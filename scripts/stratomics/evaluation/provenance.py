"""``provenance.json``: what a cohort's results were made with."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from stratomics import __version__

PACKAGES = [
    "numpy",
    "scipy",
    "pandas",
    "torch",
    "scikit-learn",
    "scikit-survival",
    "scanpy",
    "gseapy",
    "anndata",
    "mudata",
    "matplotlib",
    "snakemake",
]


def provenance(
    cohort: Mapping[str, Any],
    settings: Mapping[str, Any],
    tables: Sequence[Mapping[str, str]],
    training: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Record what made the results.

    Parameters
    ----------
    cohort, settings
        The config of the cohort and the rest of the config.
    tables
        Path and SHA-256 of every file of the user that was read: tables, their maps, gene sets.
    training
        ``training.json`` by embedding.

    Returns
    -------
    dict
        Versions, platform, settings, tables, and device and run time of each training.
    """
    return {
        "stratomics": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "cohort": dict(cohort),
        "settings": dict(settings),
        "tables": [dict(table) for table in tables],
        "training": {name: dict(info) for name, info in training.items()},
    }
