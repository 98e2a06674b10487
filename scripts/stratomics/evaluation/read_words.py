"""What was read of a cohort, in words: a section of ``summary.md``."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from stratomics.user_text import markdown

from .summary_tables import markdown_table
from .wording import number

#: Tables of ``description/`` that the section is made of.
TABLES = ("combinations", "separation", "distances", "columns")
#: Combinations of omics that are listed, and patients far from the others that are named for each omics.
MOST_NAMES = 8
#: Longest list of the levels of a clinical column.
MOST_LEVELS = 6


def read_lines(description: Mapping[str, pd.DataFrame]) -> list[str]:
    """Say who has which omics, how far batches lie apart, who lies far from the others and how clinical columns were read.

    Parameters
    ----------
    description
        By name, the tables in `TABLES` (see `stratomics.description.describe_cohort`).

    Returns
    -------
    list of str
        Lines of Markdown, under a heading of their own.
    """
    return [
        "## What was read",
        "",
        _omics(description["combinations"]),
        *_outliers(description["distances"]),
        "",
        *_batches(description["separation"]),
        *_columns(description["columns"]),
        "All patients are described here, and nothing that is fitted sees any of it. Outliers stay in the cohort. Figures: "
        "`figures/cohort_*.png`; tables: `description/`.",
    ]


def _omics(combinations: pd.DataFrame) -> str:
    most = combinations.iloc[:MOST_NAMES]
    listed = [
        f"{n} with {str(omics).replace('+', ', ') or 'none'}"
        for n, omics in zip(most["patients"], most["omics"], strict=True)
    ]
    if len(combinations) > MOST_NAMES:
        listed.append(f"{combinations['patients'].iloc[MOST_NAMES:].sum()} with other combinations")
    return f"- Of {combinations['patients'].sum()} patients with usable follow-up: {markdown('; '.join(listed))}."


def _outliers(distances: pd.DataFrame) -> list[str]:
    """Name the patients far from the others, a line per omics."""
    far = distances[distances["outlier"].astype(bool)]
    if far.empty:
        return ["- No patient lies far from all others in any omics."]
    lines = []
    for omics, rows in far.groupby("omics", sort=False):
        ordered = rows.sort_values("z", ascending=False, kind="stable")
        shown = ordered.iloc[:MOST_NAMES]
        named = [f"{patient} ({number(z, 1)})" for patient, z in zip(shown["patient"], shown["z"], strict=True)]
        more = f" and {len(rows) - MOST_NAMES} more" if len(rows) > MOST_NAMES else ""
        lines.append(
            f"- Far from all others in {markdown(str(omics))} (robust standard deviations): {markdown(', '.join(named))}{more}."
        )
    return lines


def _batches(separation: pd.DataFrame) -> list[str]:
    """Show how far batches lie apart; nothing where there are none."""
    rows = []
    for (omics, by), own in separation.groupby(["omics", "by"], sort=False):
        at = own.set_index("step")
        figures = [
            f"{number(at['silhouette'].get(step, float('nan')), 3)}"
            for step in ("transformed", "standardised_together", "standardised")
        ]
        between = " to ".join(f"{number(100 * at['between'][step], 1)} %" for step in ("transformed", "standardised"))
        first = own.iloc[0]
        rows.append(
            [markdown(str(omics)), markdown(str(by)), str(first["levels"]), str(first["patients"]), *figures, between]
        )
    if not rows:
        return []
    header = [
        "omics",
        "column",
        "batches",
        "patients",
        "silhouette before",
        "standardised together",
        "as the networks see it",
    ]
    note = (
        "Silhouette of the batches on the first 10 principal components: 1 far apart, 0 on one another. *Variance between*: "
        "before, to as the networks see it."
    )
    return [*markdown_table([*header, "variance between"], rows), "", note, ""]


def _columns(columns: pd.DataFrame) -> list[str]:
    """Show how each clinical column was read; nothing where there is none."""
    if columns.empty:
        return []
    rows = []
    for _, row in columns.iterrows():
        if row["kind"] == "numeric":
            found = f"{row['low']:g} to {row['high']:g}, median {row['median']:g}"
        else:
            levels = str(row["levels"]).split("; ")
            more = f"; and {len(levels) - MOST_LEVELS} more" if len(levels) > MOST_LEVELS else ""
            found = "; ".join(levels[:MOST_LEVELS]) + more
        about = (str(row[name]) for name in ("role", "kind", "missing"))
        rows.append([markdown(str(row["covariate"])), *about, markdown(found)])
    return [*markdown_table(["clinical column", "used as", "read as", "missing", "values (patients)"], rows), ""]
