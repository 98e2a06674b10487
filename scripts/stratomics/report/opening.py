"""What stands first: who was judged how, the verdicts, and what to mind about the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from stratomics.evaluation.verdict import FEW_EVENTS, SOME_EVENTS

from .document import Block, Bullets, Inline, Name, Note, Number, Paragraph, Source, Text, as_text, joined, prose
from .results import Results

LEGEND = prose(
    "*Unseen* (held-out) patients were left out while the subtypes, and everything before them, were made. *Hazard ratio per "
    "step* (HR): how many times higher the rate of events is in a subtype than in the next better one; 1 is no difference. "
    "*Concordance* (C): of two such patients, how often the one called at higher risk has the event first; 0.5 is chance, 1 "
    "perfect. The C of the *subtypes* knows of a patient the subtype only, that of the *risk* a number, so they are two figures. "
    "*Permutation p*: how often the same procedure does as well when survival is shuffled and there is nothing to find. Brackets "
    "hold 95 % intervals."
)
#: Behind the verdict on an embedding with ``clinical: true``.
SEES_CLINIC = (
    " Its networks also see the clinical variables: these are not subtypes of the omics alone, and what they foretell, beyond "
    "these variables too, may be the clinic's."
)
#: Most warnings about the data that stand beside the verdict.
MOST_WARNINGS = 12


def title(results: Results) -> Text:
    """Give the title of the page."""
    return (Name(results.cohort), ": do the subtypes foretell survival?")


def judged_how(results: Results) -> Paragraph:
    """Say how many patients were judged, and how."""
    first = results.first
    ways = (
        prose(
            "{number} ways to learn subtypes from the omics (embeddings) were tried",
            number=first.number("embeddings", 0),
        )
        if first.value("embeddings") > 1
        else as_text("One way to learn subtypes from the omics (an embedding) was tried")
    )
    folds = setting(results, "evaluation.folds")
    return Paragraph(
        prose(
            "{n} patients{every}, {events} events. {ways} and judged on patients not used to make them: {folds}-fold "
            "cross-validation, {repeats}, {permutations}.",
            n=first.number("n", 0),
            every=" with every omics" if results.incomplete else "",
            events=first.number("events", 0),
            ways=ways,
            folds=folds,
            repeats=counted(setting(results, "evaluation.repeats"), "repeat"),
            permutations=_permutations(results),
        )
    )


def verdicts(results: Results) -> Bullets:
    """Give the verdict on every embedding in a few sentences."""
    sees = {one["name"] for one in results.settings["embeddings"] if one["clinical"]}
    return Bullets(
        [
            prose(
                "**{name}**: {verdict}{sees}",
                name=name,
                verdict=line.said("sentence"),
                sees=SEES_CLINIC * (name in sees),
            )
            for name, line in results.judged.items()
        ]
    )


def warnings(results: Results) -> list[Block]:
    """List what the intake warned of: it may undo the verdict, so it stands beside it."""
    table = results.checks.table
    # Many patients or batches may have the same trouble.
    known = {plain_warning(line.values): line for line in results.checks.lines(table[table["action"] == "warning"])}
    if not known:
        return []
    shown = [(Name(text, line.source("message")),) for text, line in list(known.items())[:MOST_WARNINGS]]
    more = len(known) - MOST_WARNINGS
    rest = [prose("and {more} more in `checks.tsv`", more=str(more))] if more > 0 else []
    return [Paragraph(as_text("Mind, about the data:")), Bullets([*shown, *rest])]


def few_events(results: Results) -> list[Block]:
    """Warn where there are few events; nothing else."""
    first = results.first
    events = first.value("events")
    if events >= SOME_EVENTS:
        return []
    none = f" Below {FEW_EVENTS} events no verdict on separation is given." if events < FEW_EVENTS else ""
    text = "Only {events} events: every figure here is uncertain, and a missing effect is no evidence of its absence.{none}"
    return [Note(prose(text, events=first.number("events", 0), none=none))]


def plain_warning(row: Mapping[str, Any]) -> str:
    """Say what a warning is about, unless its message does."""
    names = [] if row["level"] in ("cohort", "clinical") else [row["item"]]
    known = [str(name) for name in (*names, row["id"]) if not pd.isna(name) and str(name) not in str(row["message"])]
    return f"{', '.join(known)}: {row['message']}" if known else str(row["message"])


def setting(results: Results, key: str) -> Number:
    """Show a setting that is a number.

    Parameters
    ----------
    results
        Of the cohort.
    key
        Names, or places from 0, that lead to it: ``evaluation.folds``.

    Returns
    -------
    Number
    """
    value: Any = results.settings
    for part in key.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return Number(str(value), Source("provenance.json", "", f"settings.{key}"))


def counted(number: Number, what: str) -> Text:
    """Count things in words: ``no repeats``, ``1 repeat``, ``2 repeats``."""
    ending = "" if number.text == "1" else "s"
    return ("no" if number.text == "0" else number, f" {what}{ending}")


def _permutations(results: Results) -> Text:
    """Count the permutations of survival, and name the embeddings that had fewer (those that are trained anew on each)."""
    judged = results.judged
    most = max(judged.values(), key=lambda line: line.value("permutations"))
    fewer: list[Inline | Text] = [
        (Name(name), ": ", line.number("permutations", 0))
        for name, line in judged.items()
        if line.value("permutations") < most.value("permutations")
    ]
    text = (*counted(most.number("permutations", 0), "permutation"), " of survival")
    return (*text, " (", *joined(fewer), ")") if fewer else text
