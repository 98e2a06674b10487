"""Whether the parts of a model are of one model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from stratomics.chain.subsets import subsets_of
from stratomics.preprocess import FittedOmics

from .model import Model

#: Other machines and versions of torch may differ by less than this.
NEAR = 1e-3


def faults_between(model: Model) -> Iterator[str]:
    """Say where the parts of a model, each sound by itself, do not suit each other or the description.

    Parameters
    ----------
    model
        With every part checked.

    Yields
    ------
    str
        Which files, what was found and what is allowed.
    """
    found = [*_features(model), *_networks(model), *_risks(model), *_reference(model)]
    # What does not fit cannot be tried.
    yield from found or _predictors(model)


def _risks(model: Model) -> Iterator[str]:
    """Compare the parts that risk and survival are told from."""
    said, chain = model.description, model.chain
    risks = (said["log_risk"], chain.risk.log_risk, chain.subtypes.log_risk)
    if not all(np.array_equal(risks[0], other) for other in risks[1:]):
        yield "risk.safetensors and subtypes.safetensors: their log_risk is not that of model.json"
    if chain.risk.method != model.survival.method:
        yield (
            f"survival.safetensors: found method {model.survival.method}; allowed is that of risk.safetensors, "
            f"{chain.risk.method}"
        )
    names = [one.name for one in model.preprocess.omics]
    if unknown := [name for name in model.subsets.models if name not in subsets_of(names)]:
        yield f"subsets.safetensors: found {', '.join(unknown)}; allowed are subsets of {', '.join(names)}"
    if unknown := [name for name in chain.risk.omics if name not in model.preprocess.columns]:
        yield f"risk.safetensors: the risk of {', '.join(unknown)}, which is none of {', '.join(names)}"


def _features(model: Model) -> Iterator[str]:
    """Compare the preprocessing with the description."""
    told, own = model.description["omics"], model.preprocess.omics
    if [one["name"] for one in told] != [one.name for one in own]:
        listed = ", ".join(one.name for one in own)
        yield f"preprocess.safetensors: found the omics {listed}; allowed are those of model.json, in their order"
        return
    for said, one in zip(told, own, strict=True):
        for what, here, there in _pairs(one):
            if list(here) != said[there]:
                yield (
                    f"preprocess.safetensors: the {what} of omics {one.name} are not those of model.json in their order "
                    f"({_first_difference(list(here), said[there])})"
                )
        if one.transform != said["transform"]:
            yield (
                f"preprocess.safetensors: found the transform {one.transform} of omics {one.name}; allowed is "
                f"{said['transform']} as in model.json"
            )
    design = model.preprocess.clinical
    covariates = [] if design is None else [part.name for part in design.covariates]
    if covariates != model.description["covariates"]:
        wanted = ", ".join(model.description["covariates"]) or "none"
        yield f"clinical.safetensors: found covariates {', '.join(covariates) or 'none'}; allowed are {wanted} as in model.json"


def _pairs(one: FittedOmics) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    return ("features", one.features, "features"), ("batches", one.levels, "batches")


def _first_difference(here: list[str], there: list[str]) -> str:
    """Say where two lists part."""
    if len(here) != len(there):
        return f"{len(here)} and {len(there)} of them"
    place = next(i for i, (one, other) in enumerate(zip(here, there, strict=True)) if one != other)
    return f"the first to differ is {here[place]!r}, there {there[place]!r}"


def _reference(model: Model) -> Iterator[str]:
    """Compare what the training patients look like with what they were brought to."""
    wanted = {one.name: len(one.features) for one in model.preprocess.omics}
    found = {name: one.quantiles.shape[1] for name, one in model.reference.omics.items()}
    if list(found.items()) != list(wanted.items()):
        yield f"reference.safetensors: found features by omics {found}; allowed are {wanted} of preprocess.safetensors"


def _networks(model: Model) -> Iterator[str]:
    """Compare the networks with what they are given and with the latents."""
    blocks = {name: (own.start, own.stop) for name, own in model.preprocess.blocks.items()}
    width = len(model.preprocess.features)
    found = model.network.blocks
    # Networks that see all omics as one have a single block.
    if dict(found) != blocks and [tuple(ends) for ends in found.values()] != [(0, width)]:
        yield (
            f"network.safetensors: takes the columns {dict(found)}; allowed are {blocks} of preprocess.safetensors, or all in one"
        )
    if model.network.latents != len(model.description["latents"]):
        yield (
            f"network.safetensors: makes {model.network.latents} latents; model.json has {len(model.description['latents'])}"
        )


def _predictors(model: Model) -> Iterator[str]:
    """Compare what the classifiers were trained on, by name, with what they will be given; and label made-up patients."""
    if model.chain.on_latents:
        given = model.description["selected_latents"]
    else:
        given = [name.split(":", 1)[-1] for name in model.preprocess.features]
    files = {"classifier.safetensors": model.chain.classifier}
    files |= {f"subsets.safetensors, {name}": one for name, one in model.subsets.models.items()}
    for name, one in files.items():
        here, there = [given[column] for column in one.columns], one.features_table["feature"].tolist()
        if here != there:
            yield f"{name}: was trained on other predictors than it would be given ({_first_difference(here, there)})"
    told, said = model.probe(), model.description["probe"]
    for what, unit in (("risk", "risks"), ("probabilities", "probabilities of the subtypes"), ("survival", "survival")):
        if told[what] is None:
            yield f"made-up patients get no finite {unit}: some weights are far too large"
        elif not _alike(told[what], said[what]):
            yield f"made-up patients get other {unit} than when the model was made: some number is not what it was"


def _alike(here: list[Any], there: list[Any]) -> bool:
    """Compare two lists of numbers, or of rows of numbers."""
    return np.shape(here) == np.shape(there) and np.allclose(here, there, rtol=NEAR, atol=NEAR)
