"""The worst bug this project could have: something fitted that saw a held-out patient."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stratomics.chain.run import run_chain
from stratomics.cohort.types import Cohort
from stratomics.preprocess import save_preprocess
from stratomics.tables import save_models

SPLIT = "r0f1"


def with_garbage(cohort: Cohort, rows: np.ndarray, seed: int) -> Cohort:
    """Replace omics, batch, follow-up and covariates of some patients by nonsense."""
    rng = np.random.default_rng(seed)
    omics = []
    for one in cohort.omics:
        values = one.values.copy()
        noise = rng.lognormal(3.0, 4.0, size=(len(rows), values.shape[1]))
        noise[rng.random(noise.shape) < 0.2] = np.nan
        values.iloc[rows] = noise.astype(np.float32)
        batch = one.batch.copy() if one.batch is not None else None
        if batch is not None:
            batch.iloc[rows] = "another sequencer"
        omics.append(dataclasses.replace(one, values=values, batch=batch))
    clinical = cohort.clinical.copy()
    clinical.iloc[rows, clinical.columns.get_loc("time")] = rng.integers(1, 9999, len(rows)).astype(float)
    clinical.iloc[rows, clinical.columns.get_loc("event")] = rng.integers(0, 2, len(rows))
    return dataclasses.replace(cohort, omics=tuple(omics), clinical=clinical)


@pytest.fixture(scope="module")
def two_chains(small_cohort, small_settings, small_chain):
    """The chain as it is, and with garbage in the patients that one split holds out; the splits are the same."""
    splits = small_chain["ae"].splits
    held_out = next(split for split in splits if split.name == SPLIT).held_out
    garbage = run_chain(with_garbage(small_cohort, held_out, seed=9), small_settings, splits=splits)
    return small_chain, garbage, held_out


def model_bytes(chain, folder):
    """Everything fitted on the split, as the bytes of the files it is stored in."""
    save_preprocess(folder / "preprocess", {SPLIT: chain.fitted[SPLIT]})
    save_models(folder / "network", {SPLIT: chain.embedding.models[SPLIT]})
    save_models(folder / "subtypes", {SPLIT: chain.subtypes[SPLIT]})
    save_models(folder / "risk", {SPLIT: chain.risks[SPLIT]})
    save_models(folder / "classifier", {SPLIT: chain.classified.models[SPLIT]})
    save_models(folder / "told", {name: told for name, told in chain.embedding.told.items() if name == SPLIT})
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("embedding", ["ae", "late", "vae", "cox"])
def test_garbage_in_held_out_patients_changes_nothing_fitted(two_chains, small_cohort, embedding, tmp_path_factory):
    before, after, held_out = two_chains
    one, other = before[embedding], after[embedding]
    train = np.setdiff1d(np.arange(small_cohort.n), held_out)

    left, right = (model_bytes(chain, tmp_path_factory.mktemp("models")) for chain in (one, other))
    assert set(left) == {"preprocess", "network", "subtypes", "risk", "classifier", "told"}
    assert [SPLIT in chain.embedding.told for chain in (one, other)] == [embedding in ("cox", "late")] * 2
    for name, content in left.items():
        assert content == right[name], f"the {name} saw held-out patients"
    np.testing.assert_array_equal(one.embedding.latents[SPLIT][train], other.embedding.latents[SPLIT][train])
    for table in ("prognostic", "clusters", "k_selection"):
        left, right = getattr(one, table), getattr(other, table)
        pd.testing.assert_frame_equal(left[left["split"] == SPLIT], right[right["split"] == SPLIT], check_exact=True)
    rows = [
        c.predictions[(c.predictions["split"] == SPLIT) & (c.predictions["role"] == "train")]
        for c in (one.classified, other.classified)
    ]
    pd.testing.assert_frame_equal(*rows, check_exact=True)


def test_the_garbage_does_reach_splits_that_train_on_it(two_chains):
    """The test above can fail: where the same patients train, everything changes."""
    before, after, _ = two_chains
    for split in ("full", "r0f0"):
        weights = [chain["ae"].embedding.models[split].to_arrays()[0] for chain in (before, after)]
        assert any(not np.array_equal(weights[0][name], weights[1].get(name)) for name in weights[0])
        told = [chain["cox"].embedding.told[split].coef for chain in (before, after)]
        assert not np.array_equal(*told)


def test_survival_of_held_out_patients_reaches_no_network(two_chains, small_cohort, small_settings):
    """Their omics stay, so that nothing else can hide what their follow-up does: every latent of every patient stays too."""
    before, _, held_out = two_chains
    splits = before["cox"].splits
    cohort = with_garbage(small_cohort, held_out, seed=9)
    settings = {**small_settings, "embeddings": [one for one in small_settings["embeddings"] if one["name"] == "cox"]}
    after = run_chain(dataclasses.replace(cohort, omics=small_cohort.omics), settings, splits=splits)["cox"].embedding
    np.testing.assert_array_equal(before["cox"].embedding.latents[SPLIT], after.latents[SPLIT])
    assert not np.array_equal(before["cox"].embedding.latents["full"], after.latents["full"])
