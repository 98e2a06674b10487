"""The tables of a cohort that the summary and the report are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics.tables import read_json, read_table

from .sheet import Line, Sheet

#: By attribute of `Results`: tables of a cohort, and of each embedding.
COHORT_TABLES = (
    *("checks", "leaderboard", "verdicts", "comparisons"),
    *("added_value", "hazard_ratios", "enrichment", "agreement"),
)
EMBEDDING_TABLES = ("metrics", "prognostic", "sources", "attribution", "attention", "patterns", "replication")
#: Tables of what was read.
DESCRIPTION_TABLES = ("combinations", "separation", "distances", "columns")
#: All that `read_results` reads.
TABLES = (*COHORT_TABLES, "pathways", *DESCRIPTION_TABLES, *EMBEDDING_TABLES, "training")


@dataclass(frozen=True)
class Results:
    """What is known about a cohort.

    Attributes
    ----------
    cohort
        Its name.
    settings
        The config without its cohorts.
    checks, leaderboard, verdicts, comparisons, added_value, enrichment, agreement
        The tables of the same names.
    pathways
        ``pathways.tsv``; without rows where the config names no gene sets.
    hazard_ratios
        ``adjusted_hazard_ratios.tsv``.
    description
        By name, the tables of ``description/`` in `DESCRIPTION_TABLES`.
    metrics, prognostic, sources, attribution, attention, patterns, replication
        By embedding: ``metrics.tsv``, ``prognostic_latents.tsv``, ``risk_sources.tsv``, ``omics_attribution.tsv``,
        ``attention.tsv``, ``patterns.tsv``, ``marker_replication.tsv``.
    training
        By embedding: ``training.json``.
    """

    cohort: str
    settings: Mapping[str, Any]
    checks: Sheet
    leaderboard: Sheet
    verdicts: Sheet
    comparisons: Sheet
    added_value: Sheet
    hazard_ratios: Sheet
    enrichment: Sheet
    agreement: Sheet
    pathways: Sheet
    description: Mapping[str, Sheet]
    metrics: Mapping[str, Sheet]
    prognostic: Mapping[str, Sheet]
    sources: Mapping[str, Sheet]
    attribution: Mapping[str, Sheet]
    attention: Mapping[str, Sheet]
    patterns: Mapping[str, Sheet]
    replication: Mapping[str, Sheet]
    training: Mapping[str, Mapping[str, Any]]

    @property
    def judged(self) -> dict[str, Line]:
        """The row of ``verdicts.tsv`` of every embedding, in the order of the config."""
        return {str(line.values["embedding"]): line for line in self.verdicts.lines()}

    @property
    def first(self) -> Line:
        """The first row of ``verdicts.tsv``, for what is the same in all."""
        return next(self.verdicts.lines())

    @property
    def incomplete(self) -> bool:
        """Whether patients take part who lack an omics."""
        return any(len(own.table) for own in self.patterns.values())


def read_results(
    cohort: str,
    settings: Mapping[str, Any],
    embeddings: Sequence[str],
    paths: Mapping[str, str | Sequence[str]],
) -> Results:
    """Read the tables of a cohort.

    Parameters
    ----------
    cohort, settings
        As in `Results`.
    embeddings
        Their names.
    paths
        By attribute of `Results`: a path, or one for each embedding, in their order; ``training`` among them.

    Returns
    -------
    Results
    """
    known: dict[str, Any] = {name: read_sheet(str(paths[name])) for name in COHORT_TABLES}
    # Snakemake gives no path for what is not asked for.
    known["pathways"] = (
        read_sheet(str(paths["pathways"])) if paths["pathways"] else Sheet("pathways.tsv", pd.DataFrame())
    )
    known["description"] = {name: read_sheet(str(paths[name]), "description") for name in DESCRIPTION_TABLES}
    own: dict[str, Any] = {
        name: {embedding: read_sheet(path, embedding) for embedding, path in zip(embeddings, paths[name], strict=True)}
        for name in EMBEDDING_TABLES
    }
    training = {e: read_json(path, ["device"]) for e, path in zip(embeddings, paths["training"], strict=True)}
    return Results(cohort, settings, **known, **own, training=training)


def read_sheet(path: str | Path, folder: str = "") -> Sheet:
    """Read a table of the cohort, or of the embedding that `folder` is named for.

    Parameters
    ----------
    path
        The file.
    folder
        The folder in that of the cohort; empty for the cohort itself.

    Returns
    -------
    Sheet
    """
    name = Path(path).name
    text = {"id": str, "value": str} if name == "checks.tsv" else {}
    return Sheet(f"{folder}/{name}" if folder else name, read_table(path, dtype=text))
