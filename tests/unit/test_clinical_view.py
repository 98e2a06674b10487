"""Networks that see the clinic beside the omics: how it gets there, that nothing leaks, and that every later stage follows."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import yaml

from stratomics.attribution import attribute_splits, omics_attribution_table
from stratomics.chain.classify import classify_splits
from stratomics.chain.fit import join_chains
from stratomics.chain.run import run_chain
from stratomics.config import load_config
from stratomics.embedding.splits import embed_splits, resampled_latents, survival_studies, views_of
from stratomics.embedding.study import retrain
from stratomics.errors import ConfigError, DataError
from stratomics.evaluation.permutation import permute_survival
from stratomics.model import load_model
from stratomics.preprocess import ClinicalDesign, load_preprocess, save_preprocess
from stratomics.preprocess.splits import with_clinical
from stratomics.tables import load_models, save_models

COVARIATES = ["age", "sex", "stage"]


@pytest.fixture(scope="module")
def cohort(small_cohort):
    """Some covariates are missing, one is a number that no trend holds, one a category with a rare level."""
    rng = np.random.default_rng(4)
    clinical = small_cohort.clinical.copy()
    clinical.loc[rng.random(len(clinical)) < 0.2, ["age", "stage"]] = np.nan
    return replace(small_cohort, clinical=clinical)


@pytest.fixture(scope="module")
def settings(small_settings):
    cox = {**small_settings["embeddings"][3], "name": "clinic", "clinical": True, "architecture": "joint"}
    return {**small_settings, "embeddings": [{**cox, "fusion": "attention"}]}


@pytest.fixture(scope="module")
def chain(cohort, settings):
    return run_chain(cohort, settings, covariates=COVARIATES)["clinic"]


def test_the_clinic_is_one_more_block_that_counts_as_one_omics(cohort, chain):
    fitted = chain.fitted["full"]
    assert list(fitted.blocks) == ["mrna", "mirna", "clinical"]
    assert [name for name in fitted.features if name.startswith("clinical:")] == [
        f"clinical:{column}" for column in fitted.clinical.columns
    ]
    views = views_of(cohort, fitted)
    assert views.present.shape == (cohort.n, 3)
    assert views.complete
    total = [float(part.var(axis=0, dtype=np.float64).sum()) for part in views.of(np.arange(cohort.n))]
    size = [float((fitted.weights[block] ** 2).sum()) for block in fitted.blocks.values()]
    assert size[2] == pytest.approx(np.mean(size[:2]), rel=1e-6)
    assert total[2] == pytest.approx(size[2], rel=0.02)  # deviations of 1, up to what is clipped
    plain = replace(fitted, clinical=None)
    np.testing.assert_array_equal(fitted.transform(cohort)[:, : len(plain.features)], plain.transform(cohort))


def test_who_lacks_an_omics_still_has_the_clinic(cohort, chain):
    first = cohort.omics[0]
    values = first.values.copy()
    values.iloc[:5] = np.nan
    fewer = replace(cohort, omics=(replace(first, values=values), *cohort.omics[1:]))
    views = views_of(fewer, chain.fitted["full"])
    assert views.present[:6].tolist() == [[False, True, True]] * 5 + [[True] * 3]
    assert np.abs(views.of(np.arange(5))[2]).max() > 0


@pytest.mark.parametrize(("architecture", "views"), [("early", 1), ("joint", 3), ("marginal", 3), ("late", 3)])
def test_it_is_a_branch_of_its_own_or_stands_beside_the_omics(cohort, settings, chain, architecture, views):
    own = {**settings["embeddings"][0], "architecture": architecture}
    splits = chain.splits[:1]
    studies = survival_studies(cohort, splits, chain.fitted, own, seed=1)
    seen = [study.tasks[0].views for study in studies]
    assert len(studies) == (3 if architecture == "late" else 1)
    assert sum(len(one.blocks) for one in seen) == views
    assert sum(one.features.shape[1] for one in seen) == len(chain.fitted["full"].features)
    # Three covariates, padded; omics have more.
    assert (studies[-1].shape.sizes.inputs[-1] == 16) == (views > 1)


def spoilt(cohort, rows):
    """Other covariates, follow-up and omics of some patients: nonsense, and a level that nobody else has."""
    clinical = cohort.clinical.copy()
    clinical.loc[clinical.index[rows], "age"] = 1e6
    clinical.loc[clinical.index[rows], "sex"] = "another"
    clinical.loc[clinical.index[rows], "stage"] = None
    return replace(cohort, clinical=clinical)


def test_nothing_fitted_sees_the_clinic_of_held_out_patients(cohort, settings, chain):
    split = next(one for one in chain.splits if one.name == "r0f1")
    other = spoilt(cohort, split.held_out)
    fitted = with_clinical(other, [split], {split.name: replace(chain.fitted[split.name], clinical=None)}, COVARIATES)
    own, now = chain.fitted[split.name].clinical, fitted[split.name].clinical
    np.testing.assert_array_equal(own.weights, now.weights)
    assert own.covariates == now.covariates
    after = embed_splits(other, [split], fitted, settings["embeddings"][0], seed=settings["seed"], device="cpu")
    before = chain.embedding.latents[split.name]
    np.testing.assert_array_equal(after.latents[split.name][split.train], before[split.train])
    assert np.abs(after.latents[split.name] - before)[split.held_out].max() > 0.01
    assert np.isfinite(after.latents[split.name]).all()


def test_networks_without_a_cox_term_look_at_no_event(cohort, chain):
    """How a regression encodes covariates depends on the number of events: not so here."""
    dead = replace(cohort, clinical=cohort.clinical.assign(event=0))
    own, other = (with_clinical(one, chain.splits[:1], chain.fitted, COVARIATES)["full"] for one in (cohort, dead))
    np.testing.assert_array_equal(own.transform(cohort), other.transform(cohort))


def test_permutation_0_gives_the_observed_figures_and_training_again_the_observed_networks(cohort, settings, chain):
    study = survival_studies(cohort, chain.splits, chain.fitted, settings["embeddings"][0], seed=settings["seed"])
    table = permute_survival(
        cohort,
        chain.splits,
        chain.fitted.__getitem__,
        chain.embedding.latents,
        settings,
        [0],
        told=chain.embedding.told,
        retrain=partial(retrain, study),
        seed=settings["seed"],
    )
    median = chain.metrics[chain.metrics["repeat"] == "median"].set_index("metric")
    for statistic in ("logrank_p", "cindex", "cindex_subtype"):
        assert table[f"heldout_{statistic}"].iloc[0] == pytest.approx(median.at[statistic, "held_out"], rel=1e-9)


def test_subsamples_are_trained_with_the_clinic(cohort, settings, chain):
    full = chain.fitted["full"]
    rows = [np.arange(90)]
    found = resampled_latents(cohort, full, settings["embeddings"][0], 1, rows)[0]
    other = resampled_latents(spoilt(cohort, np.arange(90, cohort.n)), full, settings["embeddings"][0], 1, rows)[0]
    np.testing.assert_array_equal(found[:90], other[:90])
    assert np.abs(found - other)[90:].max() > 0.01


def test_the_clinic_is_a_source_of_the_attributions(cohort, chain):
    chains = join_chains(chain.prognostic, chain.subtypes, chain.risks, chain.classified.models, True)
    found = attribute_splits(cohort, chain.splits, chain.fitted, chain.embedding.models, chains)
    table = omics_attribution_table(found, bootstrap=100, seed=0)
    assert set(table["omics"]) == {"mrna", "mirna", "clinical"}
    np.testing.assert_allclose(table.groupby(["target", "repeat"])["share"].sum(), 1.0)
    assert (table.loc[table["omics"] == "clinical", "share"] > 0.05).all()


def test_a_classifier_of_features_sees_the_clinic_too(cohort, settings, chain):
    given = {**settings["classifier"], "predictors": "features"}
    own = (chain.embedding.latents, chain.prognostic, chain.subtypes, chain.risks)
    found = classify_splits(cohort, chain.splits[:1], chain.fitted, *own, given, seed=1)
    used = found.features[found.features["omics"] == "clinical"]["feature"]
    assert set(used) <= set(chain.fitted["full"].clinical.columns)
    assert len(used) > 0


def test_networks_follow_the_clinic_where_only_the_clinic_knows(cohort, small_settings):
    """Survival by a covariate that the omics know nothing of."""
    rng = np.random.default_rng(0)
    score = rng.normal(size=cohort.n)
    time = 1 + 2000 * np.exp(-1.5 * score) * rng.exponential(size=cohort.n)
    clinical = pd.DataFrame({"time": time, "event": 1, "score": score}, index=cohort.patients)
    known = replace(cohort, clinical=clinical)
    cox = small_settings["embeddings"][3]
    both = [{**cox, "name": "omics"}, {**cox, "name": "both", "clinical": True}]
    found = run_chain(known, {**small_settings, "embeddings": both}, covariates=["score"])
    c = {
        name: one.metrics.set_index(["metric", "repeat"])["held_out"]["cindex", "median"] for name, one in found.items()
    }
    assert c["both"] > 0.65 > 0.6 > c["omics"]


# What is kept, and what new patients need


@pytest.fixture
def folder(tmp_path, cohort, settings, chain, export_chain):
    return export_chain(tmp_path, cohort, chain, settings["embeddings"][0], settings)


def test_a_model_takes_the_clinic_of_new_patients(folder, cohort, chain):
    predictions = chain.classified.predictions
    full = predictions[predictions["split"] == "full"].reset_index(drop=True)
    model = load_model(folder)
    assert "mirna, age, sex, stage -> " in repr(model)
    np.testing.assert_allclose(model.predict(cohort)["risk"], full["risk"], atol=1e-4)
    # Tables say nothing of batches.
    found = model.predict(replace(cohort, omics=tuple(replace(one, batch=None) for one in cohort.omics)))
    tables = {one.name: one.values.head(7) for one in cohort.omics}
    clinical = cohort.clinical.head(7)[["stage", "age", "sex"]]
    again = model.predict({**tables, "clinical": clinical})
    np.testing.assert_allclose(again["risk"], found["risk"].head(7), atol=1e-5)
    unknown = model.predict({**tables, "clinical": clinical.assign(age=np.nan, stage="Stage X", sex="not known")})
    assert np.isfinite(unknown["risk"]).all()
    with pytest.raises(
        DataError, match="clinical: no such table, but the networks of this model also see age, sex, stage"
    ):
        model.predict(tables)
    with pytest.raises(DataError, match="clinical: no column 'age', 'stage', which the networks of this model see"):
        model.predict({**tables, "clinical": clinical[["sex"]]})
    with pytest.raises(DataError, match="not those of the omics in the same order"):
        model.predict({**tables, "clinical": clinical.iloc[::-1]})


def test_a_model_holds_no_age_of_a_patient(folder):
    about = json.loads((folder / "model.json").read_text())
    assert about["covariates"] == COVARIATES
    (design,) = load_models(folder / "clinical.safetensors", ClinicalDesign).values()
    kinds = {part.name: (part.kind, len(part.known)) for part in design.covariates}
    assert kinds["age"] == ("numeric", 0)
    assert kinds["stage"][0] == "ordinal"


def test_a_design_read_back_encodes_all_the_same(tmp_path, cohort, chain):
    save_preprocess(tmp_path / "transforms", chain.fitted)
    save_models(tmp_path / "clinical", {name: one.clinical for name, one in chain.fitted.items()})
    back = load_preprocess(tmp_path / "transforms", ["r0f2"], clinical=tmp_path / "clinical")["r0f2"]
    np.testing.assert_array_equal(back.transform(cohort), chain.fitted["r0f2"].transform(cohort))
    np.testing.assert_array_equal(back.weights, chain.fitted["r0f2"].weights)
    assert load_preprocess(tmp_path / "transforms", ["full"])["full"].clinical is None


# What cannot be


def test_every_cohort_needs_covariates_and_no_omics_the_name(tmp_path):
    for name in ("mrna.tsv", "clinical.tsv"):
        (tmp_path / name).write_text("patient\n")
    clinical = "{path: clinical.tsv, patient: patient, time: OS.time, event: OS"
    text = f"""
        cohorts:
          - {{name: A, omics: [{{name: Clinical, path: mrna.tsv}}], clinical: {clinical}}}}}
          - {{name: B, omics: [{{name: mrna, path: mrna.tsv}}], clinical: {clinical}, covariates: [age]}}}}
          - {{name: C, simulate: {{}}}}
        embeddings: [ae, {{name: one, kind: cox, clinical: true}}, {{name: two, kind: vae, clinical: true}}]
        """
    with pytest.raises(ConfigError) as caught:
        load_config(yaml.safe_load(text), base_dir=tmp_path)
    assert caught.value.faults == [
        "cohorts[0].omics[0].name: found 'Clinical', as the clinical covariates are called that an embedding sees beside the "
        "omics. Rename it, or set `clinical: false` of embeddings[1].",
        *(
            f"embeddings[{i}].clinical: found true, but there are no clinical.covariates of 'A'. Name some, or set false."
            for i in (1, 2)
        ),
    ]
    assert load_config(yaml.safe_load(text.replace("clinical: true", "clinical: false")), base_dir=tmp_path)


@pytest.mark.parametrize("covariates", [[], ["same"]])
def test_without_a_covariate_that_differs_there_is_no_such_embedding(cohort, settings, covariates):
    flat = replace(cohort, clinical=cohort.clinical.assign(same="x"))
    with pytest.raises(
        DataError, match=r"no covariate \((none is named|same)\) differs between the \d+ training patients"
    ):
        run_chain(flat, settings, covariates=covariates)
