"""What a verdict consists of, and its row in ``verdicts.tsv``."""

from __future__ import annotations

from dataclasses import dataclass

from .evidence import Evidence

#: The parts of a verdict.
CODES = ["separation", "added_value", "stability", "beside_simpler"]
#: Columns of ``verdicts.tsv`` before the numbers, and after them.
VERDICT_COLUMNS = ["embedding", *CODES, "sentence"]
REASON_COLUMNS = [*(f"{part}_reason" for part in CODES), "paragraph"]


@dataclass(frozen=True)
class Finding:
    """A code and why it was given."""

    code: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What the evidence on one embedding amounts to.

    Attributes
    ----------
    separation, added_value, stability, beside_simpler
        A code of the table of that name in `stratomics.evaluation.verdict`, and why.
    sentence
        The verdict in words, short.
    topics
        The same at length, by topic.
    """

    separation: Finding
    added_value: Finding
    stability: Finding
    beside_simpler: Finding
    sentence: str
    topics: dict[str, str]

    @property
    def codes(self) -> dict[str, str]:
        """The code of each part."""
        return {part: getattr(self, part).code for part in CODES}

    @property
    def paragraph(self) -> str:
        """All topics in one paragraph, without line breaks or tabs."""
        return " ".join(self.topics.values())


def verdict_row(evidence: Evidence, found: Verdict) -> dict[str, object]:
    """Return the row of ``verdicts.tsv``: codes, sentence, every number used, reasons and paragraph."""
    return {
        "embedding": evidence.embedding,
        **found.codes,
        "sentence": found.sentence,
        **evidence.columns(),
        **{f"{part}_reason": getattr(found, part).reason for part in CODES},
        "paragraph": found.paragraph,
    }
