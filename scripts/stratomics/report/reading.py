"""What was read of a cohort: its omics, how far batches lie apart, patients far from the others, and the clinical columns."""

from __future__ import annotations

import pandas as pd

from .document import Block, Bullets, Inline, Name, Number, Paragraph, Text, joined, prose, table_of
from .results import Results
from .sheet import NONE, Line, Sheet

#: Combinations of omics that are listed, and patients far from the others that are named for each omics.
MOST_NAMES = 8
#: Longest list of the levels of a clinical column.
MOST_LEVELS = 6
#: From the measurements to what networks see.
STEPS = ("transformed", "standardised_together", "standardised")

SILHOUETTE = prose(
    "Silhouette of the batches on the first ten principal components: 1 far apart, 0 on one another. *Variance between*: "
    "before, to as the networks see it."
)
WHERE = prose(
    "All patients are described here, and nothing that is fitted sees any of it. Outliers stay in the cohort. Figures: "
    "`figures/cohort_*.png`; tables: `description/`."
)


def as_read(results: Results, *, names: bool = True) -> list[Block]:
    """Describe a cohort as it was read.

    Parameters
    ----------
    results
        Of it, ``description``.
    names
        Whether patients far from the others are named; otherwise they are counted.
    """
    tables = results.description
    return [
        Bullets([_omics(tables["combinations"]), *_outliers(tables["distances"], names)]),
        *_batches(tables["separation"]),
        *_columns(tables["columns"]),
        Paragraph(WHERE),
    ]


def _omics(sheet: Sheet) -> Text:
    """Say how many patients have which omics."""
    listed = [
        prose(
            "{n} with {omics}",
            n=line.number("patients", 0),
            omics=Name(str(line.values["omics"] or "none").replace("+", ", ")),
        )
        for line in sheet.lines(sheet.table.fillna({"omics": ""}).iloc[:MOST_NAMES])
    ]
    if len(sheet.table) > MOST_NAMES:
        listed.append(prose("{n} rarer combinations", n=sheet.count(sheet.table.iloc[MOST_NAMES:])))
    return prose("Patients with usable follow-up: {listed}.", listed=joined(listed, "; "))


def _outliers(sheet: Sheet, names: bool) -> list[Text]:
    """Name or count the patients far from the others, an item per omics."""
    far = sheet.table[sheet.table["outlier"].astype(bool)]
    if far.empty:
        return [prose("No patient lies far from all others in any omics.")]
    items = []
    for omics, rows in far.groupby("omics", sort=False):
        if not names:
            text = "Far from all others in {omics}: patients named in `description/distances.tsv`, {n}."
            items.append(prose(text, omics=Name(str(omics)), n=sheet.count(rows)))
            continue
        ordered = rows.sort_values("z", ascending=False, kind="stable")
        named: list[Text] = [
            prose("{patient} ({z})", patient=line.name("patient"), z=line.number("z", 1))
            for line in sheet.lines(ordered.iloc[:MOST_NAMES])
        ]
        if len(rows) > MOST_NAMES:
            named.append(prose("and {n} more", n=sheet.count(ordered.iloc[MOST_NAMES:])))
        items.append(
            prose(
                "Far from all others in {omics} (robust standard deviations): {named}.",
                omics=Name(str(omics)),
                named=joined(named),
            )
        )
    return items


def _batches(sheet: Sheet) -> list[Block]:
    """Show how far batches lie apart; nothing where there are none."""
    rows: list[list[Inline | Text]] = []
    for _, own in sheet.table.groupby(["omics", "by"], sort=False):
        at = {str(line.values["step"]): line for line in sheet.lines(own)}
        first = next(iter(at.values()))
        before, after = (at[step].number("between", 1, unit="%") for step in (STEPS[0], STEPS[-1]))
        rows.append(
            [
                *(first.name("omics"), first.name("by"), first.number("levels", 0), first.number("patients", 0)),
                *(at[step].number("silhouette", 3) if step in at else NONE for step in STEPS),
                prose("{before} % to {after} %", before=before, after=after),
            ]
        )
    if not rows:
        return []
    silhouettes = ("silhouette before", "standardised together", "as the networks see it")
    header = ("omics", "column", "batches", "patients", *silhouettes, "variance between")
    return [table_of(header, rows, "How far the batches of each omics lie apart"), Paragraph(SILHOUETTE)]


def _columns(sheet: Sheet) -> list[Block]:
    """Show how each clinical column was read; nothing where there is none."""
    rows: list[list[Inline | Text]] = [
        [
            line.name("covariate"),
            *(line.said("role"), line.said("kind"), line.number("missing", 0)),
            _range(line) if line.values["kind"] == "numeric" else _levels(line),
        ]
        for line in sheet.lines()
    ]
    header = ("clinical column", "used as", "read as", "missing", "values (patients)")
    return [table_of(header, rows, "How each clinical column was read")] if rows else []


def _range(line: Line) -> Text:
    low, median, high = (Number(f"{line.value(one):g}", line.source(one)) for one in ("low", "median", "high"))
    return prose("{low} to {high}, median {median}", low=low, high=high, median=median)


def _levels(line: Line) -> Text:
    levels = "" if pd.isna(line.values["levels"]) else str(line.values["levels"])
    parts = levels.split("; ")
    more = ("; and others",) if len(parts) > MOST_LEVELS else ()
    return (Name("; ".join(parts[:MOST_LEVELS]), line.source("levels")), *more)
