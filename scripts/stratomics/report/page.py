"""``report.html``: what one cohort has shown, for readers who open no table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import opening
from .answers import answers_table, lead
from .beside import adjusted, beside_others, beyond_clinic
from .detail import (
    at_horizons,
    feature_table,
    null_table,
    omics_lines,
    subtype_sizes,
)
from .document import Block, Document, Heading, Paragraph, Section, as_text
from .figures import Figures
from .groups import across_subtypes
from .limits import intake, limits
from .markers import marker_table, replication
from .methods import methods, named
from .origin import origin
from .pathways import pathways
from .reading import as_read
from .results import Results, read_sheet
from .sheet import Sheet
from .summary import held_out, incomplete, risk, stability
from .words import in_words


@dataclass(frozen=True)
class Details:
    """Tables of a cohort that its summary does without.

    Attributes
    ----------
    tests, horizons
        ``permutation_tests.tsv`` and ``figures/calibration.tsv``.
    sizes, features, markers
        By embedding: ``figures/kaplan_meier.tsv``, ``feature_attribution.tsv`` and ``markers.tsv``.
    """

    tests: Sheet
    horizons: Sheet
    sizes: Mapping[str, Sheet]
    features: Mapping[str, Sheet]
    markers: Mapping[str, Sheet]


def read_details(
    tests: str,
    horizons: str,
    embeddings: Sequence[str],
    sizes: Sequence[str],
    features: Sequence[str],
    markers: Sequence[str],
) -> Details:
    """Read the tables of `Details`.

    Parameters
    ----------
    tests, horizons
        Paths.
    embeddings
        Their names.
    sizes, features, markers
        As many paths.

    Returns
    -------
    Details
    """

    def own(paths: Sequence[str], folder: str) -> dict[str, Sheet]:
        return {name: read_sheet(path, f"{name}{folder}") for name, path in zip(embeddings, paths, strict=True)}

    return Details(
        read_sheet(tests),
        read_sheet(horizons, "figures"),
        own(sizes, "/figures"),
        own(features, ""),
        own(markers, ""),
    )


def report(results: Results, details: Details, figures: Figures, provenance: Mapping[str, Any]) -> Document:
    """Make the page of one cohort.

    Parameters
    ----------
    results
        Its tables.
    details
        More tables of it.
    figures
        Whatever figures there are.
    provenance
        ``provenance.json``.

    Returns
    -------
    Document
    """
    sections = [
        Section("Survival, apparent and held-out", [*figures.take("kaplan_meier"), *held_out(results)], "separation"),
        Section(
            "Who is in which subtype",
            [
                subtype_sizes(details.sizes),
                *_under("Clinical variables", [*across_subtypes(results), *figures.take("enrichment")]),
                *_under("Maps", figures.take("umap")),
            ],
            "who",
        ),
        Section(
            "Risk and calibration",
            [
                *risk(results),
                *_under("Survival at fixed times", [at_horizons(details.horizons), *figures.take("calibration")]),
                *_under("Patients who lack an omics", incomplete(results)),
            ],
            "risk",
        ),
        Section(
            "Beyond the clinical variables",
            [*beyond_clinic(results), *_under("Adjusted for the clinical variables", adjusted(results))],
            "clinic",
        ),
        Section("Beside simpler methods", [*figures.take("comparators"), *beside_others(results)], "simpler"),
        Section(
            "What nothing looks like",
            [*figures.take("permutation_null", "optimism"), *null_table(details.tests)],
            "null",
        ),
        Section("Stability", [*stability(results), *figures.take("consensus", "k_selection")], "stability"),
        Section(
            "What drives it",
            [
                *omics_lines(results),
                *figures.take("omics_attribution"),
                *_under("Features that weigh most in the risk", feature_table(details.features)),
                *_under("Features raised in each subtype", [*marker_table(details.markers), *replication(results)]),
                *_under("Pathways", [*pathways(results), *figures.take("pathways")]),
                *figures.take("feature_heatmap", "prognostic_latents"),
            ],
            "drivers",
        ),
        Section("The verdict at length", [opening.verdicts(results), *in_words(results)], "words"),
        Section("What may not be concluded", limits(results), "limits"),
        Section("What was read", [*intake(results), *_under("The data", as_read(results, names=False))], "read"),
        Section("How the networks learned", figures.take("training"), "networks"),
        Section("Methods, to paste", methods(results, provenance), "methods"),
        Section("Where it comes from", origin(provenance), "origin"),
    ]
    # Figures that no section asked for, of whoever adds one.
    sections = [Section(one.heading, [*one.blocks, *figures.rest(one.key)], one.key) for one in sections]
    return Document(
        opening.title(results),
        [
            lead(results),
            opening.judged_how(results),
            named(results),
            *opening.few_events(results),
            answers_table(results),
            *opening.warnings(results),
            Paragraph(opening.LEGEND),
        ],
        sections,
    )


def _under(heading: str, blocks: Sequence[Block]) -> list[Block]:
    """Put blocks under a heading, if there are any."""
    return [Heading(as_text(heading)), *blocks] if blocks else []
