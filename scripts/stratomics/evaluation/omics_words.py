"""What the scores of unseen patients rest on, in words: omics, and models."""

from __future__ import annotations

import pandas as pd

from stratomics.tables import of_folds
from stratomics.user_text import markdown

from .attention import heldout_attention
from .wording import number, share


def attribution_words(attribution: pd.DataFrame, attention: pd.DataFrame) -> str:
    """Say which omics the risk and the subtypes of unseen patients rest on.

    Parameters
    ----------
    attribution
        ``omics_attribution.tsv`` of an embedding.
    attention
        ``attention.tsv`` of the same.

    Returns
    -------
    str
        For instance ``The risk rests on mrna (52 %), meth (31 %), mirna (17 %)``, the same of the subtypes, and of the mean weights
        of the networks where they weigh omics.
    """

    def listed(shares: pd.Series) -> str:
        own = shares.sort_values(ascending=False, kind="stable")
        return ", ".join(f"{markdown(str(name))} ({share(value)})" for name, value in own.items())

    sentences = []
    pooled = attribution[(attribution["role"] == "held_out") & (attribution["repeat"] == "all")]
    for target, words, verb in (("risk", "risk", "rests"), ("subtype", "subtypes", "rest")):
        own = pooled[pooled["target"] == target].set_index("omics")
        if own["share"].notna().all():
            sentences.append(f"The {words} {verb} on {listed(own['share'])}.")
        elif own["reason"].iloc[0] == "-":
            sentences.append(f"The {words} {verb} on no omics: the same for all patients.")
        else:
            sentences.append(f"On which omics the {words} {verb} is not known: {own['reason'].iloc[0]}.")
    if len(weights := heldout_attention(attention)):
        sentences.append(f"Mean weight in the attention of the networks: {listed(weights.mean())}.")
    return " ".join(sentences)


def source_words(sources: pd.DataFrame) -> list[str]:
    """Say what the risk is made of, where it is made of several parts.

    Parameters
    ----------
    sources
        ``risk_sources.tsv`` of an embedding.

    Returns
    -------
    list of str
        A sentence, or none where the risk is one model of all latents.
    """
    weighed = of_folds(sources).dropna(subset="weight")
    if weighed.empty:
        return []
    words = {"networks": "what networks that see survival say", "ridge": "a ridge Cox model of the other latents"}
    several = weighed["omics"].nunique() > 1
    sentences = []
    for omics, own in weighed.groupby("omics", sort=False):
        middle = own.groupby("source", sort=False)["weight"].median()
        known = " and ".join(f"{words[str(source)]} with {number(value)}" for source, value in middle.items())
        head = (
            f"risk of {markdown(str(omics))}, share {share(own['share'].median())}: "
            if several
            else "The risk adds up "
        )
        sentences.append(f"{head}{known}")
    what = "log hazard per standard deviation among training patients whom neither knew; medians over the folds"
    return [f"{'; '.join(sentences)} ({what})."]
