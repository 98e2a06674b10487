"""``report.html`` across cohorts: one row per cohort and embedding, with a link to the page of the cohort."""

from __future__ import annotations

from .answers import answer
from .document import Document, Inline, Link, Number, Paragraph, Section, Source, Table, Text, as_text, prose, table_of
from .figures import Figures
from .sheet import Sheet

LIMITS = (
    "P-values are not adjusted over the cohorts: where nothing is to be found, about one cohort in twenty separates by chance. "
    "Cohorts differ in follow-up and end point, and the concordance depends on both: compare methods within a cohort rather than "
    "cohorts. An answer of *undetermined* is no proof of absence."
)


def cohorts_report(cohorts: Sheet, figures: Figures) -> Document:
    """Make the page across cohorts.

    Parameters
    ----------
    cohorts
        ``cohorts.tsv``.
    figures
        Of all cohorts.

    Returns
    -------
    Document
    """
    return Document(
        as_text("All cohorts: do the subtypes foretell survival?"),
        [_lead(cohorts)],
        [
            Section("Every cohort", [_table(cohorts), *figures.rest("read"), *figures.take("cohorts")], "cohorts"),
            Section("What may not be concluded", [Paragraph(prose(LIMITS))], "limits"),
        ],
    )


def _lead(cohorts: Sheet) -> Paragraph:
    """Say in how many cohorts any subtypes separate, and in how many any tell more than the clinic."""
    table = cohorts.table

    def having(part: str, code: str) -> Number:
        known = table.loc[table[part] == code, "cohort"].nunique()
        return Number(str(known), Source(cohorts.file, f"{part}={code}", "cohort", "distinct"))

    return Paragraph(
        prose(
            "In {separate} of {all} cohorts, the subtypes of at least one embedding separate patients they never saw; in {add}, "
            "those of at least one tell more than the clinical variables.",
            separate=having("separation", "separates"),
            all=Number(str(table["cohort"].nunique()), Source(cohorts.file, "", "cohort", "distinct")),
            add=having("added_value", "adds"),
        )
    )


def _table(cohorts: Sheet) -> Table:
    """Show the verdicts and what they rest on."""
    rows: list[list[Inline | Text]] = []
    for line in cohorts.lines():
        cohort = str(line.values["cohort"])
        answers = [answer(part, str(line.values[part]), line.source(part)) for part in ("separation", "added_value")]
        rows.append(
            [
                Link(cohort, f"{cohort}/report.html"),
                line.number("patients", 0),
                line.number("events", 0),
                str(line.values["embedding"]),
                *answers,
                line.interval("heldout_cindex_subtype"),
                line.interval("heldout_cindex"),
                line.number("clinical_cindex"),
                line.probability("permutation_p"),
                line.probability("permutation_p_adjusted"),
            ]
        )
    header = ["cohort", "patients", "events", "embedding", "do they separate?", "more than the clinic?"]
    header += ["C of subtypes", "C of risk", "C of the clinic", "permutation p", "adjusted"]
    return table_of(header, rows, "Verdict and held-out figures of every cohort and embedding")
