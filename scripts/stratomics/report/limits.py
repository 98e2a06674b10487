"""What may not be concluded, and what the intake kept and dropped."""

from __future__ import annotations

from .document import Block, Bullets, Name, prose
from .opening import counted, plain_warning
from .results import Results


def limits(results: Results) -> list[Block]:
    """List what the figures do not show."""
    first = results.first
    if first.value("permutations"):
        test = prose(
            "The verdict rests on the permutation test, which reruns everything that used survival. The held-out log-rank p "
            "beside it is nominal: folds share training patients, which makes it too small."
        )
    else:
        test = prose(
            "The held-out log-rank p is nominal: folds share training patients, which makes it too small. No permutation "
            "test was run (`permutations` of `evaluation`, or `survival_permutations`, is 0), so no verdict on separation is given."
        )
    family = prose(
        "The family of the adjusted p-values is the {embeddings} of this cohort. Other cohorts, other settings, and embeddings "
        "tried before are not counted; picking the best embedding after reading this page is a choice made on these patients.",
        embeddings=counted(first.number("embeddings", 0), "embedding"),
    )
    others = (
        "No evidence of separation is not evidence that there is none: see the interval of the concordance.",
        "Intervals hold the uncertainty of who was observed, not that of fitting everything again, nor that of another hospital. "
        "Only those of differences to other methods also hold that of training anew on patients like these.",
        "Apparent figures, of the full fit on its own patients, show nothing about unseen ones.",
        # measured by tests/benchmarks/verdict.py --sets 500
        "A cut-point of the risk that was chosen because it separates best tests nothing: of 500 simulated cohorts of 300 "
        "patients with nothing to find, 31 % reached a log-rank p of 0.05 by the best of 17 cut-points.",
    )
    return [Bullets([test, family, *map(prose, others)])]


def intake(results: Results) -> list[Block]:
    """One line per cohort-level check and per advice; the warnings stand beside the verdict."""
    checks = results.checks
    table = checks.table
    cohort = table[(table["level"] == "cohort") & (table["action"] != "warning")]
    items = [
        prose("{value} {message}", value=line.name("value"), message=line.name("message"))
        for line in checks.lines(cohort)
    ]
    advice = table[(table["action"] == "advice") & (table["level"] != "cohort")]
    items += [
        prose("Mind: {advice}", advice=Name(plain_warning(line.values), line.source("message")))
        for line in checks.lines(advice)
    ]
    dropped = table[table["action"] == "dropped"]
    patients, features = (checks.count(dropped[dropped["level"] == level]) for level in ("patient", "feature"))
    text = "Dropped: {patients} patients and {features} features, each with its reason in `checks.tsv`."
    return [Bullets([*items, prose(text, patients=patients, features=features)])]
