"""What a verdict consists of, and its row in ``verdicts.tsv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .evidence import Evidence

#: The parts of a verdict on an embedding.
CODES = ["separation", "added_value", "stability", "beside_simpler"]
#: The parts of a verdict on the predictions of a model, see `stratomics.evaluation.external`.
EXTERNAL_CODES = ["separation", "ranking", "calibration", "added_value"]


def verdict_columns(codes: Sequence[str]) -> tuple[list[str], list[str]]:
    """List the columns of a verdict before its numbers, and after them."""
    return ["embedding", *codes, "sentence"], [*(f"{part}_reason" for part in codes), "paragraph"]


#: Columns of ``verdicts.tsv`` before the numbers, and after them.
VERDICT_COLUMNS, REASON_COLUMNS = verdict_columns(CODES)


@dataclass(frozen=True)
class Finding:
    """A code and why it was given."""

    code: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What the evidence on one embedding, or on the predictions of one model, amounts to.

    Attributes
    ----------
    findings
        By part: a code of the table of that name in `stratomics.evaluation.verdict` or `stratomics.evaluation.external`, and why.
    sentence
        The verdict in words, short.
    topics
        The same at length, by topic.
    """

    findings: Mapping[str, Finding]
    sentence: str
    topics: dict[str, str]

    @property
    def codes(self) -> dict[str, str]:
        """The code of each part."""
        return {part: found.code for part, found in self.findings.items()}

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
        **{f"{part}_reason": own.reason for part, own in found.findings.items()},
        "paragraph": found.paragraph,
    }
