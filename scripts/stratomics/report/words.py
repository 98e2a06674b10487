"""The verdict on every embedding at length, and what its scores rest on."""

from __future__ import annotations

from stratomics.evaluation.attention import heldout_attention
from stratomics.evaluation.evidence import Evidence
from stratomics.evaluation.verdict import verdict
from stratomics.tables import of_folds, of_full

from .document import Block, Bullets, Inline, Name, Number, Paragraph, Source, Text, as_text, joined, prose
from .results import Results
from .sheet import Sheet

OMICS_NOTE = prose(
    "*Omics*: shares of what moves the scores of unseen patients away from that of the average patient (integrated gradients). "
    "They say what the models rely on, not what causes the outcome; omics that repeat each other can stand in for each other. "
    "Intervals: `omics_attribution.tsv`."
)


def in_words(results: Results) -> list[Block]:
    """Say the verdict on every embedding at length, and what its scores rest on."""
    blocks: list[Block] = []
    for name, line in results.judged.items():
        topics = verdict(Evidence.from_columns(line.values)).topics
        blocks += [
            Paragraph(prose("**{name}**", name=name)),
            Bullets(
                [
                    *(
                        prose("*{topic}.* {text}", topic=topic, text=line.said("paragraph", text))
                        for topic, text in topics.items()
                    ),
                    *made_of(results, name),
                    prose("*Fit.* {text}", text=_fit(results, name)),
                ]
            ),
        ]
    return [*blocks, Paragraph(OMICS_NOTE)]


def made_of(results: Results, name: str) -> list[Text]:
    """Say what the risk of an embedding adds up, where it is several parts, and which omics its scores rest on."""
    parts = [prose("*Made of.* {words}", words=words) for words in source_words(results.sources[name])]
    return [*parts, prose("*Omics.* {words}", words=omics_words(results.attribution[name], results.attention[name]))]


def omics_words(attribution: Sheet, attention: Sheet) -> Text:
    """Say which omics the risk and the subtypes of unseen patients rest on.

    Parameters
    ----------
    attribution
        ``omics_attribution.tsv`` of an embedding.
    attention
        ``attention.tsv`` of the same.

    Returns
    -------
    Text
        For instance ``The risk rests on mrna (52 %), meth (31 %), mirna (17 %)``, the same of the subtypes, and of the mean weights
        of the networks where they weigh omics.
    """
    table = attribution.table
    pooled = table[(table["role"] == "held_out") & (table["repeat"] == "all")]
    sentences: list[Inline | Text] = []
    for target, words, verb in (("risk", "risk", "rests"), ("subtype", "subtypes", "rest")):
        own = pooled[pooled["target"] == target].sort_values("share", ascending=False, kind="stable")
        if own["share"].notna().all():
            shares = [(line.name("omics"), " (", *line.share("share"), ")") for line in attribution.lines(own)]
            sentences.append((f"The {words} {verb} on ", *joined(shares), "."))
        elif (reason := own["reason"].iloc[0]) == "-":
            sentences.append(f"The {words} {verb} on no omics: the same for all patients.")
        else:
            sentences.append(f"On which omics the {words} {verb} is not known: {reason}.")
    if len(weights := heldout_attention(attention.table)):
        means = weights.mean().sort_values(ascending=False, kind="stable")
        shown = [
            (
                Name(str(omics)),
                " (",
                Number(f"{100 * mean:.0f}", Source(attention.file, "", str(omics), "attention"), "%"),
                " %)",
            )
            for omics, mean in means.items()
        ]
        sentences.append(("Mean weight in the attention of the networks: ", *joined(shown), "."))
    return joined(sentences, " ")


def source_words(sources: Sheet) -> list[Text]:
    """Say what the risk is made of, where it is made of several parts.

    Parameters
    ----------
    sources
        ``risk_sources.tsv`` of an embedding.

    Returns
    -------
    list of Text
        A sentence, or none where the risk is one model of all latents.
    """
    weighed = of_folds(sources.table).dropna(subset="weight")
    if weighed.empty:
        return []
    words = {"networks": "what networks that see survival say", "ridge": "a ridge Cox model of the other latents"}
    several = weighed["omics"].nunique() > 1
    sentences: list[Inline | Text] = []
    for omics, own in weighed.groupby("omics", sort=False):
        known: list[Inline | Text] = [
            (words[str(source)], " with ", sources.middle(rows, "weight"))
            for source, rows in own.groupby("source", sort=False)
        ]
        head = (
            prose("risk of {omics}, share {share}: ", omics=Name(str(omics)), share=sources.middle_share(own, "share"))
            if several
            else as_text("The risk adds up ")
        )
        sentences.append((*head, *joined(known, " and ")))
    what = "log hazard per standard deviation among training patients whom neither knew; medians over the folds"
    return [(*joined(sentences, "; "), f" ({what}).")]


def _fit(results: Results, name: str) -> Text:
    """Say what the full fit kept, how far the repeats spread, and where it was trained."""
    prognostic, metrics = results.prognostic[name], results.metrics[name]
    full = of_full(prognostic.table)
    low, high = (metrics.line(metric="cindex", repeat=repeat) for repeat in ("min", "max"))
    assert low
    assert high
    return prose(
        "The full fit kept {kept} of {all} latents; over the repeats the held-out concordance of the risk is {low} to {high}; "
        "trained on {device}.",
        kept=prognostic.count(full[full["selected"].astype(bool)]),
        all=prognostic.count(full, where="split=full"),
        low=low.number("held_out"),
        high=high.number("held_out"),
        device=str(results.training[name]["device"]),
    )
