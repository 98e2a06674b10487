"""Features that mark the subtypes, and what became of them in held-out patients."""

from __future__ import annotations

from collections.abc import Mapping

from .document import Block, Bullets, Inline, Paragraph, Text, as_text, joined, prose, table_of
from .results import Results
from .sheet import Sheet

#: Most features per subtype in the table of the page.
MOST_FEATURES = 8

NO_TEST = as_text(
    "The subtypes were made from these features, and unseen patients are told a subtype by the same omics: a feature that holds "
    "marks the labels that new patients get. It is no evidence that the subtypes exist."
)


def replication(results: Results) -> list[Block]:
    """Say of every embedding how far markers found in training patients were raised in held-out patients, too.

    Parameters
    ----------
    results
        The tables of the cohort.
    """
    items = []
    for name, sheet in results.replication.items():
        skipped = sheet.table["omics"].isna()
        looked = sheet.table[sheet.table["held_share"].notna()]
        apart = sheet.table[skipped]
        if len(looked):
            text = prose(
                "**{name}.** Markers of the training patients of a fold were raised in its held-out patients in {held} of cases, "
                "where {all} of all features point the same way; their standardised difference was {train} in training and "
                "{unseen} held-out (medians of {n} comparisons of a fold, omics and subtype).",
                name=name,
                held=sheet.middle_share(looked, "held_share"),
                all=sheet.middle_share(looked, "same_sign_all"),
                train=sheet.middle(looked, "difference_train"),
                unseen=sheet.middle(looked, "difference_held_out"),
                n=sheet.count(looked),
            )
        else:
            text = prose("**{name}.** No fold could be compared with the full fit.", name=name)
        if len(apart):
            left = prose(" Folds left out since they chose another number of subtypes: {n}.", n=sheet.count(apart))
            text = (*text, *left)
        items.append(text)
    return [Bullets(items), Paragraph(NO_TEST)]


def marker_table(markers: Mapping[str, Sheet]) -> list[Block]:
    """List the features that are raised most in each subtype.

    Parameters
    ----------
    markers
        By embedding: ``markers.tsv``.
    """
    rows: list[list[Inline | Text]] = []
    for name, sheet in markers.items():
        for _, own in sheet.table.groupby("subtype"):
            best = own.sort_values("difference", ascending=False, kind="stable").head(MOST_FEATURES)
            raised = [
                (line.name("feature"), " (", line.number("difference"), "; ", line.number("heldout_difference"), ")")
                for line in sheet.lines(best)
            ]
            rows.append([name, next(sheet.lines(best)).number("subtype", 0), joined(raised)])
    if not rows:
        return []
    header = ["embedding", "subtype", "features raised (standardised difference to all others; the same held-out)"]
    return [table_of(header, rows, "Features raised in each subtype")]
