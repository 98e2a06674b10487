"""Clinical variables across the subtypes, and how far the embeddings agree on them."""

from __future__ import annotations

import math

import pandas as pd

from stratomics.evaluation.enrichment import GROUPS

from .document import Block, Bullets, Inline, Paragraph, Text, as_text, joined, prose
from .results import Results
from .sheet import Line, Sheet

ENRICHED = 0.05

EXPECTED = as_text(
    "The latents were chosen by survival, so variables tied to survival are expected here: no independent evidence for the "
    "subtypes."
)


def agreement(sheet: Sheet) -> list[Block]:
    """Say how far the embeddings agree with each other, in the full fit and held-out; nothing with fewer than two.

    Parameters
    ----------
    sheet
        ``agreement.tsv``.
    """
    items = []
    for (a, b), own in sheet.table.groupby(["embedding_a", "embedding_b"], sort=False):
        full, folds = own[own["repeat"] == "full"], own[own["repeat"] != "full"]
        items.append(
            prose(
                "{a} and {b}: adjusted Rand index {full} in the full fit, {held_out} held-out.",
                a=str(a),
                b=str(b),
                full=sheet.middle(full, "ari"),
                held_out=sheet.middle(folds, "ari"),
            )
        )
    return [Paragraph(as_text("The embeddings with each other:")), Bullets(items)] if items else []


def enrichment(sheet: Sheet) -> list[Block]:
    """List the clinical variables that differ between subtypes, and how many tests that took; say whether they follow the site.

    Parameters
    ----------
    sheet
        ``enrichment.tsv``.
    """
    tested = sheet.table[sheet.table["p"].notna()]
    by_group = tested["kind"] == GROUPS
    groups = _groups(sheet, tested[by_group])
    tested = tested[~by_group]
    if tested.empty:
        return [Paragraph(as_text("No clinical variable could be compared between the subtypes.")), *groups]
    found = tested[tested["q"] < ENRICHED].sort_values("q", kind="stable")
    head = prose(
        "{found} of {all} tests (each clinical variable with each embedding) have a false discovery rate q below {level}{end}",
        found=sheet.count(found),
        all=sheet.count(tested),
        level=str(ENRICHED),
        end=":" if len(found) else ".",
    )
    items = [
        prose(
            "{embedding}, {name}: {effect_name} {effect}, q {q} ({test}, {n} patients of known value){alike}",
            embedding=str(line.values["embedding"]),
            name=line.name("covariate"),
            effect_name=str(line.values["effect_name"]).replace("_", " "),
            effect=line.number("effect"),
            q=line.probability("q"),
            test=str(line.values["test"]).replace("_", " "),
            n=line.number("n", 0),
            alike=_alike(line),
        )
        for line in sheet.lines(found)
    ]
    return [Paragraph(head), *([Bullets(items)] if items else []), *groups]


def _alike(line: Line) -> Text:
    """Say how far subtypes and categories are the same division, where there are categories: PAM50, a published subtype."""
    if not math.isfinite(line.value("ari")):
        return ()
    return prose(
        "; as a division of the patients: adjusted Rand index {ari}, held-out {heldout_ari} with Cramer's V {heldout_v}",
        ari=line.number("ari"),
        heldout_ari=line.number("heldout_ari"),
        heldout_v=line.number("heldout_cramers_v"),
    )


def _groups(sheet: Sheet, tested: pd.DataFrame) -> list[Block]:
    """Say of the tests of the groups whether the subtypes follow them; nothing where there are none."""
    if tested.empty:
        return []
    name = next(sheet.lines(tested)).name("covariate")
    found: list[Inline | Text] = [
        prose(
            "{embedding} (Cramer's V {effect}, q {q})",
            embedding=str(line.values["embedding"]),
            effect=line.number("effect"),
            q=line.probability("q"),
        )
        for line in sheet.lines(tested[tested["q"] < ENRICHED])
    ]
    if not found:
        smallest = next(sheet.lines(tested.sort_values("q", kind="stable")))
        return [
            Paragraph(
                prose("The subtypes do not follow {name} (smallest q {q}).", name=name, q=smallest.probability("q"))
            )
        ]
    return [
        Paragraph(
            prose(
                "The subtypes follow {name}: {found}. A part of what they tell may be where a patient was treated or measured. "
                "The folds kept the groups whole, and permutations keep survival within them, so the tests on unseen patients do "
                "not rest on it; the final subtypes may.",
                name=name,
                found=joined(found),
            )
        )
    ]


def across_subtypes(results: Results) -> list[Block]:
    """Say which clinical variables differ between subtypes, and that this is expected."""
    return [*enrichment(results.enrichment), Paragraph(EXPECTED)]
