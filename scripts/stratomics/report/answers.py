"""The verdict as answers to four questions, short enough for the top of a page."""

from __future__ import annotations

from collections.abc import Mapping

from .document import Answer, Inline, Number, Paragraph, Source, Table, Text, as_text, prose, table_of
from .results import Results
from .tables import Columns

#: Question and answers (with their tone) by the code of each part of a verdict.
QUESTIONS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "separation": (
        "Do the subtypes separate patients they never saw?",
        {
            "separates": ("yes", "good"),
            "separates_little": ("too little to matter", "bad"),
            "suggestive": ("a hint, not more", "open"),
            "no_evidence": ("no evidence", "bad"),
            "reversed": ("not in the direction they foretell", "bad"),
            "undetermined": ("undetermined", "open"),
            "underpowered": ("too few events to tell", "open"),
            "not_tested": ("not tested", "open"),
        },
    ),
    "added_value": (
        "Do they tell more than the clinical variables?",
        {
            "adds": ("yes", "good"),
            "adds_little": ("less than would matter", "bad"),
            "no_added_value": ("not shown", "bad"),
            "undetermined": ("undetermined", "open"),
            "not_tested": ("not tested", "open"),
        },
    ),
    "stability": (
        "Would other patients have given the same subtypes?",
        {
            "stable": ("yes", "good"),
            "continuum": ("yes, as cuts through a continuum", "open"),
            "moderate": ("moderately", "open"),
            "unstable": ("no", "bad"),
            "not_tested": ("not measured", "open"),
        },
    ),
    "beside_simpler": (
        "Does the risk rank better than simpler methods?",
        {
            "better": ("yes, shown against each", "good"),
            "as_good": ("not shown to", "open"),
            "simpler": ("no, one does as well or better", "bad"),
            "not_tested": ("not compared", "open"),
        },
    ),
}


#: The same of the verdict on the predictions of a model, see `stratomics.evaluation.external`.
EXTERNAL_QUESTIONS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "separation": ("Do the subtypes separate these patients?", QUESTIONS["separation"][1]),
    "ranking": (
        "Does the risk tell who has the event sooner?",
        {
            "ranks": ("yes", "good"),
            "ranks_little": ("too little to matter", "bad"),
            "no_evidence": ("no evidence", "bad"),
            "reversed": ("the wrong way round", "bad"),
            "underpowered": ("too few events to tell", "open"),
        },
    ),
    "calibration": (
        "Is the survival that was foretold right?",
        {
            "calibrated": ("yes, as far as can be seen", "good"),
            "too_high": ("no, too high", "bad"),
            "too_low": ("no, too low", "bad"),
            "too_extreme": ("on average, but patients differ less", "bad"),
            "too_alike": ("on average, but patients differ more", "open"),
            "undetermined": ("undetermined", "open"),
            "underpowered": ("too few events to tell", "open"),
            "not_tested": ("not compared", "open"),
        },
    ),
    "added_value": QUESTIONS["added_value"],
}


def answer(
    part: str,
    code: str,
    source: Source,
    questions: Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]] = QUESTIONS,
) -> Answer:
    """Give the answer that a code of a verdict stands for."""
    words, tone = questions[part][1][code]
    return Answer(words, tone, source)


#: The numbers below the answers, all of unseen patients.
NUMBERS: Columns = {
    "hazard ratio per step of subtype": lambda v: v.interval("heldout_hazard_ratio"),
    "concordance of the subtypes": lambda v: v.interval("heldout_cindex_subtype"),
    "concordance of the risk": lambda v: v.interval("heldout_cindex"),
    "permutation p, adjusted": lambda v: v.probability("permutation_p_adjusted"),
}


def answers_table(results: Results) -> Table:
    """Answer every question for every embedding, with the numbers that a reader asks for first."""
    rows: list[list[Inline | Text]] = [
        [question, *(answer(part, str(line.values[part]), line.source(part)) for line in results.judged.values())]
        for part, (question, _) in QUESTIONS.items()
    ]
    rows += [[name, *(cell(line) for line in results.judged.values())] for name, cell in NUMBERS.items()]
    return table_of(["verdict", *results.judged], rows, "The verdict on every embedding")


def lead(results: Results) -> Paragraph:
    """Say the verdict on the cohort in a sentence: of how many embeddings the subtypes separate, and of how many they add."""
    table, first = results.verdicts.table, results.first

    def having(part: str, code: str) -> tuple[int, Number]:
        rows = table[table[part] == code]
        return len(rows), results.verdicts.count(rows, where=f"{part}={code}")

    separating, separate = having("separation", "separates")
    adding, add = having("added_value", "adds")
    if first.value("embeddings") == 1:
        does = "separate" if separating else "are not shown to separate"
        more = (
            "they tell more than the clinical variables"
            if adding
            else "no more than the clinical variables is shown to be told"
        )
        return Paragraph(as_text(f"The subtypes {does} patients they never saw; {more}."))
    return Paragraph(
        prose(
            "The subtypes of {separate} of {all} embeddings separate patients they never saw; those of {add} tell more than the "
            "clinical variables.",
            separate=separate if separating else "none",
            all=first.number("embeddings", 0),
            add=add if adding else "none",
        )
    )
