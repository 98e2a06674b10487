"""The networks that an embedding asks for, and what a committee of them says of survival."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from stratomics.errors import StratomicsError
from stratomics.network_size import CPU_BATCH
from stratomics.runtime import derive_seed

from .batch import Shape
from .device import repeatable
from .loop import Trained
from .member import Task
from .recipe import Recipe
from .schedule import train_on_cpu, train_on_gpu
from .told import Told
from .views import Views

#: The parts that latents come in, where some of the networks look at survival.
SUPERVISED, UNSUPERVISED = "supervised", "unsupervised"

Outcome = tuple[np.ndarray, np.ndarray]


def recipes_of(settings: Mapping[str, Any]) -> dict[str, Recipe]:
    """Return the recipes of the networks of an embedding, by the part of the latents that they make.

    Parameters
    ----------
    settings
        One entry of ``embeddings`` of the config.

    Returns
    -------
    dict of Recipe
        One, or where survival is looked at, `SUPERVISED` and, unless it is not wanted, `UNSUPERVISED`: the same network without
        the Cox term. Where survival says little of the omics, or the other way round, the second is the better one, and which
        counts how much is learned from training patients (`stratomics.chain.risk`).

    Raises
    ------
    ConfigError
        If the kind is unknown.
    """
    if float(settings["survival"]) == 0.0:
        return {UNSUPERVISED: Recipe.of(settings)}
    found = {SUPERVISED: Recipe.of(settings, committee=True)}
    if settings["unsupervised"]:
        found[UNSUPERVISED] = Recipe.of(settings)
    return found


@dataclass(frozen=True)
class Study:
    """All networks of one recipe that the splits of a cohort ask for.

    Parameters
    ----------
    recipe
        How they are trained.
    tasks
        One per split and network.
    shape
        That holds them all: with it, a network comes out the same whichever of them are trained.
    omics
        The only omics that they are given, in late fusion; empty where they are given all.
    """

    recipe: Recipe
    tasks: Sequence[Task]
    shape: Shape
    omics: str = ""

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        views: Sequence[Views],
        trains: Sequence[np.ndarray],
        names: Sequence[str],
        seed: int,
        outcome: Outcome | None,
        omics: str = "",
    ) -> Study:
        """List the networks, those of a split side by side; those of one omics are fitted on the patients who have it."""
        tasks = []
        for name, everything, everyone in zip(names, views, trains, strict=True):
            own, train = everything, np.asarray(everyone)
            what = [recipe.settings["kind"], *(["committee"] if recipe.committee else []), name]
            if omics:
                own = everything.only(omics)
                train, what = train[own.has(train)[:, 0]], [*what, omics]
            common = derive_seed(seed, *what)
            for restart in range(recipe.networks):
                draws = derive_seed(seed, *what, restart)
                follow_up = outcome if recipe.committee else None
                tasks.append(Task(name, restart, recipe.views(own), train, draws, common, follow_up))
        return cls(recipe, tasks, Shape.of(tasks, recipe), omics)

    def train(
        self,
        tasks: Sequence[Task],
        device: torch.device,
        threads: int,
        report: Callable[[int], None] = lambda stopped: None,
    ) -> tuple[list[Trained], int]:
        """Train some of the networks; return them and the number of batches.

        Raises
        ------
        StratomicsError
            If the loss of a network is not finite.
        """
        if device.type == "cuda":
            trained, chunks = train_on_gpu(tasks, self.recipe, self.shape, device, report)
        else:
            trained, chunks = train_on_cpu(tasks, self.recipe, self.shape, device, report, threads)
        _check_finite(trained)
        return trained, chunks

    def codes(self) -> list[np.ndarray]:
        """Train all networks on the processor; return the latents of all patients of each split, [n, L] float32, side by side."""
        found: dict[str, list[np.ndarray]] = {task.split: [] for task in self.tasks}
        with repeatable(torch.device("cpu")):
            # Batch by batch: of a trained network nothing but its latents is kept.
            for start in range(0, len(self.tasks), CPU_BATCH):
                trained, _ = self.train(self.tasks[start : start + CPU_BATCH], torch.device("cpu"), 1)
                for one in trained:
                    found[one.task.split].append(one.codes)
        return [np.hstack(own) for own in found.values()]


def studies_of(
    recipe: Recipe,
    views: Sequence[Views],
    trains: Sequence[np.ndarray],
    names: Sequence[str],
    seed: int,
    outcome: Outcome | None,
) -> list[Study]:
    """List the networks of a recipe: one study, or in late fusion one per omics, in their order; arguments as for `Study.of`."""
    omics = list(views[0].blocks) if recipe.architecture.late else [""]
    return [Study.of(recipe, views, trains, names, seed, outcome, one) for one in omics]


def retrain(
    studies: Sequence[Study], split: str, outcomes: Sequence[Outcome], threads: int = 1
) -> list[tuple[np.ndarray, Told]]:
    """Train the networks of one split again, on other outcomes.

    Parameters
    ----------
    studies
        Of networks that look at survival, see `studies_of`.
    split
        Its name.
    outcomes
        Follow-up of all patients, as often as the networks are to be trained. All else, the draws too, stays as it was: with the
        observed outcome the observed networks come out.
    threads
        Batches at once; results do not depend on it.

    Returns
    -------
    list of tuple
        Per outcome, the latents of all patients [n, L] and what the networks say of survival.
    """
    by_study = [_train_again(study, split, outcomes, threads) for study in studies]
    found = []
    for committees in zip(*by_study, strict=True):
        train = np.unique(np.concatenate([networks[0].task.train for networks in committees]))
        codes = np.hstack([one.codes for networks in committees for one in networks])
        found.append((codes, told(committees, train)))
    return found


def _train_again(study: Study, split: str, outcomes: Sequence[Outcome], threads: int) -> list[list[Trained]]:
    """Return the networks of one split, a committee per outcome."""
    own = [task for task in study.tasks if task.split == split]
    tasks = [replace(task, outcome=outcome, permutation=b) for task in own for b, outcome in enumerate(outcomes)]
    with repeatable(torch.device("cpu")):
        trained, _ = study.train(tasks, torch.device("cpu"), threads)
    return [[one for one in trained if one.task.permutation == b] for b in range(len(outcomes))]


def told(committees: Sequence[Sequence[Trained]], train: np.ndarray) -> Told:
    """Return what the networks of committees say of survival.

    Parameters
    ----------
    committees
        Networks of one split: one committee, or in late fusion one per omics.
    train
        Positions of its training patients.
    """
    apart = np.zeros((len(committees), len(train)))
    for own, networks in zip(apart, committees, strict=True):
        for one in networks:
            risk = one.codes.astype(np.float64) @ one.hazard
            own[np.searchsorted(train, one.left_out)] = risk[one.left_out] - risk[one.fitted].mean()
    coef = np.concatenate([one.hazard / len(networks) for networks in committees for one in networks])
    return Told(coef, apart if committees[0][0].network.late else apart[0])


def _check_finite(trained: Sequence[Trained]) -> None:
    broken = [one for one in trained if one.epoch < 0]
    if broken:
        names = ", ".join(f"{one.task.split} (restart {one.task.restart})" for one in broken)
        raise StratomicsError(
            f"The loss of the network of {names} was never finite. Lower learning_rate of the embedding."
        )


def kept_networks(trained: Sequence[Trained], recipe: Recipe) -> dict[str, list[Trained]]:
    """Keep the whole committee of each split, or the restart with the lowest validation loss."""
    by_split: dict[str, list[Trained]] = {}
    for one in trained:
        by_split.setdefault(one.task.split, []).append(one)
    if recipe.committee:
        return by_split
    return {name: [min(own, key=lambda one: one.loss)] for name, own in by_split.items()}
