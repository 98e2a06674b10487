"""Each omics alone through the same chain, to see what the fusion adds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial

from stratomics.comparators.context import Context, MethodResult, on_patients
from stratomics.comparators.latent_chain import run_on_latents
from stratomics.embedding.splits import embed_splits
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import log

NEEDS = ("several_omics",)
READS = ("device", "embeddings.0", "chain")
METHODS = ("{omics}_only",)


def run(context: Context) -> list[MethodResult]:
    """Train the first configured embedding on one omics after the other; the classifier sees that omics only.

    Each is trained on the patients who have that omics, and tells the risk of these alone.

    Returns nothing for a cohort of one omics: it would be the embedding itself.
    """
    if len(context.cohort.omics) < 2:
        log.info("single_omics: the cohort has one omics only")
        return []
    results = []
    for one in context.cohort.omics:
        results += on_patients(context, one.present, partial(_one, omics=one.name))
    return results


def only(fitted: Mapping[str, FittedPreprocess], omics: str) -> dict[str, FittedPreprocess]:
    """Return the preprocessing of every split, cut down to one omics (whose weights are then 1)."""
    return {
        split: dataclasses.replace(one, omics=tuple(part for part in one.omics if part.name == omics))
        for split, one in fitted.items()
    }


def _one(context: Context, omics: str) -> list[MethodResult]:
    method = f"{omics}_only"
    fitted = only(context.fitted, omics)
    embedding = context.settings["embeddings"][0]
    log.info("%s: training %s", method, embedding["name"])
    trained = embed_splits(
        context.cohort,
        context.splits,
        fitted,
        embedding,
        seed=context.seed,
        device=context.device,
        threads=context.threads,
    )
    return [run_on_latents(context, method, lambda split: trained.latents[split.name], fitted)]
