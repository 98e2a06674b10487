"""Fixtures shared by all tests: a small simulated cohort and the settings of a fast chain."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"

#: A chain that runs in seconds: a small cohort, small networks, few splits.
SMALL = {
    "cohorts": [
        {
            "name": "small",
            "simulate": {
                "patients": 120,
                "subtypes": 2,
                "effect": 1.6,
                "omics": [
                    {"name": "mrna", "features": 60, "values": "log_normal"},
                    {"name": "mirna", "features": 40, "values": "counts"},
                ],
            },
        }
    ],
    "embeddings": [
        {"kind": kind, "hidden": [16], "latent": 6, "epochs": 25, "patience": 8, **extra}
        for kind, extra in (
            ("ae", {}),
            ("dae", {"name": "late", "architecture": "late", "latent": 3}),
            ("vae", {"warmup_epochs": 5}),
            ("cox", {"committee": 3, "supervised": {"hidden": [16], "latent": 4, "epochs": 8}}),
        )
    ],
    "subtypes": {"n_subtypes": 2, "restarts": 4},
    "classifier": {"top_features": 15, "inner_folds": 3},
    "evaluation": {
        "folds": 3,
        "repeats": 1,
        "bootstrap": 100,
        "horizon_days": 1825,
        "permutations": 19,
        "survival_permutations": 19,
    },
    "stability": {"subsamples": 10, "survival_subsamples": 10},
    "device": "cpu",
    "seed": 1,
}


@pytest.fixture(scope="session")
def snakemake():
    """Return a function that runs `snakemake` on this repository, as a user would, and gives back the finished process."""

    def run(*arguments, cwd=ROOT, check=True, snakefile=ROOT / "Snakefile", hash_seed=None):
        environment = dict(os.environ)
        if hash_seed is not None:
            environment["PYTHONHASHSEED"] = str(hash_seed)
        command = [sys.executable, "-m", "snakemake", "-s", str(snakefile), *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        if check and done.returncode:
            pytest.fail(
                f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
            )
        return done

    return run


@pytest.fixture(scope="session")
def small_config() -> dict:
    """The raw config of the fast chain, as a user would write it."""
    return copy.deepcopy(SMALL)


@pytest.fixture(scope="session")
def small_settings() -> dict:
    """The validated config of the fast chain."""
    from stratomics.config import load_config

    return load_config(copy.deepcopy(SMALL), schema_path=SCHEMA)


@pytest.fixture(scope="session")
def small_cohort(tmp_path_factory, small_settings):
    """The cohort of the fast chain, through the same files and checks as any cohort."""
    from stratomics.cohort import build_cohort
    from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated

    folder = tmp_path_factory.mktemp("simulated")
    one = small_settings["cohorts"][0]
    write_simulated(simulate_cohort(one["name"], one["simulate"]), folder)
    config = simulated_cohort_config(one["simulate"], folder, name=one["name"])
    cohort, _ = build_cohort(config, preprocess=small_settings["preprocess"], evaluation=small_settings["evaluation"])
    return cohort


@pytest.fixture(scope="session")
def export_chain():
    """Return a function that exports the model of a chain that was run in memory, by way of the files of the workflow."""

    def export(folder: Path, cohort, chain, embedding: dict, settings: dict, **more) -> Path:
        from stratomics.chain.fit import join_chains
        from stratomics.chain.subsets import Given, fit_subsets
        from stratomics.model import PARTS, export_model
        from stratomics.preprocess import save_preprocess
        from stratomics.tables import save_models

        files = folder / "files"
        files.mkdir(parents=True)
        on_latents = settings["classifier"]["predictors"] == "latents"
        models = chain.classified.models
        chains = join_chains(chain.prognostic, chain.subtypes, chain.risks, models, on_latents)
        split, network = chain.splits[0], chain.embedding.models["full"]
        assert split.name == "full"
        given = Given(split, chain.fitted["full"], network, chains["full"])
        subsets, _ = fit_subsets(cohort, given, settings["classifier"], seed=settings["seed"])
        save_preprocess(files / "transforms", chain.fitted)
        designs = {name: one.clinical for name, one in chain.fitted.items() if one.clinical is not None}
        save_models(files / "clinical", designs)
        save_models(files / "network", {"full": network})
        parts = dict(zip(PARTS, (chain.subtypes, chain.risks, models, {"full": subsets}), strict=True))
        for name, own in parts.items():
            save_models(files / name, own)
        export_model(
            folder / "model",
            cohort=cohort,
            embedding=embedding,
            prognostic=chain.prognostic,
            transforms=files / "transforms",
            network=files / "network",
            clinical=files / "clinical",
            parts={name: files / name for name in PARTS},
            on_latents=on_latents,
            predictions=chain.classified.predictions,
            **more,
        )
        return folder / "model"

    return export


@pytest.fixture(scope="session")
def small_chain(small_cohort, small_settings):
    """The fast chain, run once in memory."""
    from stratomics.chain.run import run_chain

    return run_chain(small_cohort, small_settings)
