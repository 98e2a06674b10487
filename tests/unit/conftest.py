"""Fixtures of the tests of predictions: a model fitted on some patients of a cohort, and the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@dataclass(frozen=True)
class World:
    """A model, the patients it was fitted on and those it never saw.

    Parameters
    ----------
    folder, model
        The model, exported and read back.
    cohort, train
        All patients, and the positions of those it was fitted on.
    new
        The others.
    tables
        Of the others: patients x features as measured, by omics.
    follow_up
        Of the others: time and event.
    truth
        The planted subtype by patient.
    chain, settings
        What it was made by.
    """

    folder: Path
    model: Any
    cohort: Any
    train: np.ndarray
    new: Any
    tables: dict[str, Any]
    follow_up: Any
    truth: Any
    chain: Any
    settings: dict[str, Any]


@pytest.fixture(scope="session")
def world(tmp_path_factory, small_config, export_chain) -> World:
    """Train on 70 % of a simulated cohort of three omics."""
    from stratomics.chain.run import run_chain
    from stratomics.cohort import build_cohort
    from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
    from stratomics.config import load_config
    from stratomics.model import load_model

    omics = [("mrna", 150, "log_normal"), ("mirna", 100, "counts"), ("meth", 120, "beta")]
    simulate = {"patients": 200, "subtypes": 2, "effect": 1.6, "censoring": 0.3}
    simulate["omics"] = [dict(zip(("name", "features", "values"), one, strict=True)) for one in omics]
    embedding = {"kind": "ae", "hidden": [32], "latent": 8, "epochs": 60, "patience": 15}
    cohorts = [{"name": "world", "simulate": simulate}]
    settings = load_config(
        {**small_config, "cohorts": cohorts, "embeddings": [embedding], "seed": 2}, check_files=False
    )
    folder = tmp_path_factory.mktemp("world")
    one = settings["cohorts"][0]
    simulated = simulate_cohort("world", one["simulate"])
    write_simulated(simulated, folder)
    config = simulated_cohort_config(one["simulate"], folder, name="world")
    cohort, _ = build_cohort(config, preprocess=settings["preprocess"], evaluation=settings["evaluation"])
    order = np.random.default_rng(0).permutation(cohort.n)
    train, others = np.sort(order[: round(0.7 * cohort.n)]), np.sort(order[round(0.7 * cohort.n) :])
    fitted_on, new = cohort.take(train), cohort.take(others)
    chain = run_chain(fitted_on, settings)["ae"]
    exported = export_chain(
        folder / "made", fitted_on, chain, settings["embeddings"][0], settings, horizons=[365, 1825]
    )
    return World(
        folder=exported,
        model=load_model(exported),
        cohort=cohort,
        train=train,
        new=new,
        tables={one.name: one.values for one in new.omics},
        follow_up=new.clinical[["time", "event"]],
        truth=simulated.truth.set_index("patient")["subtype"],
        chain=chain,
        settings=settings,
    )
