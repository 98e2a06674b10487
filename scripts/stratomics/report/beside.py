"""What the embeddings are worth beside other methods, and beyond the clinic."""

from __future__ import annotations

import math

from .document import Block, Paragraph, as_text, prose
from .results import Results
from .tables import added_value_table, comparator_table, hazard_ratio_table


def beside_others(results: Results) -> list[Block]:
    """Show comparators with differences; a word where there are none."""
    if (results.leaderboard.table["kind"] == "comparator").any():
        note = (
            "Same splits and same patients. Differences above 0 favour the embedding; an interval that holds 0 does not show "
            "that one is better. C is that of the continuous risk. The p-values, adjusted over all comparisons of the "
            "cohort, are in `comparisons.tsv`."
        )
    else:
        note = "No comparator was configured, so nothing here says whether simpler methods do as well."
    return [
        comparator_table(results),
        Paragraph(prose(f"{note} The integrated Brier score is an error: lower is better.")),
    ]


def beyond_clinic(results: Results) -> list[Block]:
    """Show what subtype and risk add to the clinic; a word where there is no clinic."""
    line = next(results.added_value.lines(), None)
    if line is None:
        none = "Nothing to compare with: no clinical covariates, so nothing here says that the subtypes add to them."
        return [Paragraph(as_text(none))]
    first = results.first
    lacking = (
        prose(
            " {share} of the patients lack at least one of them and are left out.",
            share=first.share("clinical_missing"),
        )
        if math.isfinite(first.value("clinical_missing"))
        else ()
    )
    note = prose(
        "Held-out subtype or risk beside a Cox model of {covariates}.{lacking} The nominal p takes no account of folds that "
        "share training patients; the verdict takes the larger of it and the adjusted p, if any. The verdict is on the subtype.",
        covariates=line.name("covariates"),
        lacking=lacking,
    )
    return [added_value_table(results), Paragraph(note)]


def adjusted(results: Results) -> list[Block]:
    """Show the adjusted hazard ratios; nothing where there are none."""
    table = hazard_ratio_table(results)
    if not table.rows:
        return []
    note = "Held-out subtypes (against subtype 1) and all clinical variables in one Cox model; mean of logarithms over the repeats."
    return [table, Paragraph(as_text(note))]
