"""From simulated tables to the verdict: is an effect beyond the clinic found where it is, and only there?"""

from __future__ import annotations

from pathlib import Path

import pytest

from stratomics.chain.run import run_chain
from stratomics.cohort import build_cohort
from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
from stratomics.comparators import fit_comparator
from stratomics.config import load_config
from stratomics.evaluation.evidence import gather_evidence
from stratomics.evaluation.permutation import permutation_tests, permute_survival
from stratomics.evaluation.side_by_side import side_by_side
from stratomics.evaluation.sources import EvidenceTables
from stratomics.evaluation.verdict import verdict
from stratomics.preprocess import design_of_known
from stratomics.stability import measure_stability

ROOT = Path(__file__).resolve().parents[2]


def verdict_of(folder: Path, seed: int = 0, **simulate):
    """Simulate a cohort of 240 patients and judge the subtypes of an autoencoder, by the code of the workflow."""
    config = {
        "cohorts": [
            {
                "name": "planted",
                "simulate": {
                    "patients": 240,
                    "subtypes": 2,
                    "censoring": 0.4,
                    "seed": seed,
                    "omics": [
                        {"name": "mrna", "features": 80, "values": "log_normal"},
                        {"name": "mirna", "features": 40, "values": "counts"},
                    ],
                    **simulate,
                },
            }
        ],
        "embeddings": [{"kind": "ae", "hidden": [32], "latent": 8, "epochs": 60, "patience": 10}],
        "subtypes": {"n_subtypes": 2, "restarts": 5},
        "classifier": {"top_features": 20, "inner_folds": 3},
        "evaluation": {"folds": 4, "repeats": 1, "permutations": 19, "bootstrap": 300},
        "stability": {"subsamples": 10},
        "comparators": ["clinical"],
        "device": "cpu",
    }
    settings = load_config(config, schema_path=ROOT / "workflow/schemas/config.schema.yaml")
    planned = settings["cohorts"][0]["simulate"]
    write_simulated(simulate_cohort("planted", planned), folder)
    files = simulated_cohort_config(planned, folder, name="planted")
    cohort, _ = build_cohort(files, preprocess=settings["preprocess"], evaluation=settings["evaluation"])
    covariates = files["clinical"]["covariates"]
    chain = run_chain(cohort, settings)["ae"]
    clinical = fit_comparator("clinical", cohort, chain.splits, chain.fitted, settings, covariates, seed=0)
    tables = side_by_side(
        cohort,
        chain.splits,
        {"ae": chain.classified.predictions},
        {"ae": chain.clusters},
        [clinical],
        covariates,
        settings["evaluation"],
        settings["risk"]["method"],
        seed=0,
    )
    permutations = permute_survival(
        cohort,
        chain.splits,
        chain.fitted.__getitem__,
        chain.embedding.latents,
        settings,
        range(20),
        design=design_of_known(cohort.clinical, covariates)[1],
        seed=0,
    )
    stability = measure_stability(
        cohort,
        chain.embedding.latents["full"],
        chain.prognostic,
        chain.clusters,
        chain.classified.predictions,
        chain.k_selection,
        settings["stability"],
        settings["selection"],
        settings["subtypes"],
        seed=0,
    )
    known = EvidenceTables(
        "ae",
        metrics=chain.metrics,
        tests=permutation_tests(permutations.assign(embedding="ae")),
        added_value=tables.added_value,
        comparisons=tables.comparisons,
        stability=stability.measures,
        prognostic=chain.prognostic,
        clusters=chain.clusters,
        embeddings=["ae"],
        covariates=covariates,
        horizon_days=settings["evaluation"]["horizon_days"],
    )
    evidence = gather_evidence(known)
    return evidence, verdict(evidence)


@pytest.mark.parametrize("seed", [0, 1])
def test_where_only_the_clinic_matters_nothing_is_added(tmp_path, seed):
    evidence, found = verdict_of(tmp_path, seed, null=True, clinical_effect=1.2)
    assert evidence.events >= 50
    assert evidence.permutation_p > 0.05
    assert found.codes["separation"] == "no_evidence"
    assert found.codes["added_value"] == "no_added_value"
    assert "No added value" in found.sentence


@pytest.mark.parametrize("seed", [0, 1])
def test_where_only_the_omics_matter_they_add(tmp_path, seed):
    evidence, found = verdict_of(tmp_path, seed, effect=1.6, clinical_effect=0.0)
    assert found.codes["separation"] == "separates"
    assert evidence.added_permutation_p == pytest.approx(1 / 20)
    assert found.codes["added_value"] == "adds"
