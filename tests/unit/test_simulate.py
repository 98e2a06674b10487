from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, WeibullFitter
from lifelines.utils import concordance_index
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
from stratomics.config import defaults

DEFAULTS = defaults("simulate")

#: Nothing missing, and a link to survival that is strong enough to be measured on 300 patients.
CLEAN = {**DEFAULTS, "missing": 0.0, "effect": 1.0}
SMALL = [{"name": "a", "features": 60, "values": "log_normal"}, {"name": "b", "features": 40, "values": "counts"}]


def concordance(simulated, column):
    clinical = simulated.clinical
    return concordance_index(clinical["time"], -simulated.truth[column], clinical["event"])


def standardised(simulated):
    """All omics on a log scale where they are skewed, batches apart, unit variance, equal weight per omics."""
    blocks = []
    for one in DEFAULTS["omics"]:
        values = simulated.tables[one["name"]].drop(columns="patient")
        if one["values"] != "beta":
            values = np.log2(values + 1)
        if one["values"] == "counts":
            values = values - values.groupby(simulated.clinical["sequencer"]).transform("mean")
        values = values.loc[:, values.std() > 1e-9]
        blocks.append(np.clip(StandardScaler().fit_transform(values), -5, 5) / np.sqrt(values.shape[1]))
    return np.hstack(blocks)


@pytest.fixture(scope="module")
def clean():
    return [simulate_cohort("demo", {**CLEAN, "seed": seed}) for seed in range(5)]


def test_same_seed_same_cohort_other_seed_other_cohort():
    one, again, other = (simulate_cohort("demo", {**DEFAULTS, "seed": seed}) for seed in (3, 3, 4))
    for name in one.tables:
        pd.testing.assert_frame_equal(one.tables[name], again.tables[name])
    pd.testing.assert_frame_equal(one.clinical, again.clinical)
    assert not one.truth["risk"].equals(other.truth["risk"])


def test_a_new_omics_leaves_the_others_alone():
    one = simulate_cohort("demo", {**CLEAN, "omics": SMALL[:1]})
    two = simulate_cohort("demo", {**CLEAN, "omics": SMALL})
    pd.testing.assert_frame_equal(one.tables["a"], two.tables["a"])
    pd.testing.assert_frame_equal(one.clinical, two.clinical)


def test_planted_risk_has_a_realistic_concordance(clean):
    risks = [concordance(one, "risk") for one in clean]
    assert 0.68 <= np.mean(risks) <= 0.75
    assert min(risks) > 0.65
    assert max(risks) < 0.79
    # A covariate adds to it, and knows less than the omics.
    assert np.mean([concordance(one, "log_hazard") for one in clean]) > np.mean(risks) + 0.01
    assert 0.53 < np.mean([concordance(one, "clinical_risk") for one in clean]) < np.mean(risks)


def test_the_default_link_is_weaker_and_there():
    ready = [simulate_cohort("demo", {**DEFAULTS, "missing": 0.0, "seed": seed}) for seed in range(5)]
    assert 0.58 <= np.mean([concordance(one, "risk") for one in ready]) <= 0.67


def test_subtypes_are_ordered_by_prognosis(clean):
    for one in clean:
        deaths = one.clinical["event"].groupby(one.truth["subtype"]).sum()
        rate = deaths / one.clinical["time"].groupby(one.truth["subtype"]).sum()
        assert rate.is_monotonic_increasing
        assert one.truth["subtype"].value_counts().to_dict() == {1: 100, 2: 100, 3: 100}


def test_cox_finds_the_planted_hazards():
    one = simulate_cohort("demo", {**CLEAN, "patients": 4000, "omics": SMALL[:1], "censoring": 0.3, "effect": 0.8})
    frame = one.truth[["risk", "clinical_risk"]].assign(time=one.clinical["time"], event=one.clinical["event"])
    fit = CoxPHFitter().fit(frame, "time", "event")
    assert fit.params_["risk"] == pytest.approx(1.0, abs=0.08)
    assert fit.params_["clinical_risk"] == pytest.approx(1.0, abs=0.2)


def test_times_are_weibull_without_censoring():
    one = simulate_cohort(
        "demo", {**CLEAN, "patients": 4000, "omics": SMALL[:1], "censoring": 0.0, "effect": 0.0, "clinical_effect": 0.0}
    )
    assert one.clinical["event"].eq(1).all()
    fit = WeibullFitter().fit(one.clinical["time"])
    assert fit.rho_ == pytest.approx(1.2, abs=0.05)
    assert fit.median_survival_time_ == pytest.approx(1800, rel=0.06)


@pytest.mark.parametrize("censoring", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("null", [False, True])
def test_the_requested_share_is_censored(censoring, null):
    one = simulate_cohort("demo", {**CLEAN, "censoring": censoring, "null": null, "omics": SMALL[:1]})
    assert 1 - one.clinical["event"].mean() == pytest.approx(censoring, abs=1e-9)
    time = one.clinical["time"]
    assert (time >= 1).all()
    assert (time == time.round()).all()


def test_kmeans_on_principal_components_finds_the_subtypes_and_a_nuisance_factor_is_visible(clean):
    scores = []
    for one in clean:
        values = standardised(one)
        components = PCA(10, random_state=0).fit_transform(values)
        found = KMeans(3, n_init=10, random_state=0).fit_predict(components)
        scores.append(adjusted_rand_score(one.truth["subtype"], found))
        # How much of each component the subtypes explain.
        means = pd.DataFrame(components).groupby(one.truth["subtype"].to_numpy()).transform("mean").to_numpy()
        explained = means.var(axis=0) / components.var(axis=0)
        assert (explained[:5] < 0.1).any()
        assert (explained[:5] > 0.4).any()
        # No single omics and no feature gives the subtypes away.
        assert components[:, explained < 0.2].var(axis=0).sum() > (means.var(axis=0)).sum()
    assert 0.75 <= np.mean(scores) <= 0.95


def test_markers_and_severity_show_in_every_omics(clean):
    one = clean[0]
    for name, about in one.features.groupby("omics"):
        values = one.tables[name][about["feature"]].to_numpy()
        usable = about[~about["constant"].to_numpy()]
        rank = pd.DataFrame(values, columns=about["feature"])[usable["feature"]].rank()
        within = rank.groupby(one.clinical["sequencer"]).transform(lambda column: column - column.mean())
        in_subtype = [within.corrwith(one.truth["subtype"].eq(k)).abs().to_numpy() for k in (1, 2, 3)]
        for k in (1, 2, 3):
            marks = usable["marker_of"].to_numpy() == k
            assert np.median(in_subtype[k - 1][marks]) > 2 * np.median(in_subtype[k - 1][usable["marker_of"] == 0]), (
                name
            )
        severe = within.corrwith(one.truth["severity"]).abs().to_numpy()
        assert np.median(severe[usable["follows_severity"]]) > 3 * np.median(severe[~usable["follows_severity"]]), name


def test_a_null_cohort_keeps_the_omics_and_loses_the_link(clean):
    null = [simulate_cohort("demo", {**CLEAN, "seed": seed, "null": True}) for seed in range(5)]
    for one, linked in zip(null, clean, strict=True):
        pd.testing.assert_frame_equal(one.tables["mrna"], linked.tables["mrna"])
        assert np.allclose(np.sort(one.truth["log_hazard"] - one.truth["clinical_risk"]), np.sort(one.truth["risk"]))
    assert np.mean([concordance(one, "risk") for one in null]) == pytest.approx(0.5, abs=0.03)
    assert np.mean([concordance(one, "log_hazard") for one in null]) > 0.7


def test_scales_are_those_of_the_assays(clean):
    tables = {name: table.drop(columns="patient") for name, table in clean[0].tables.items()}
    mrna, mirna, meth = tables["mrna"], tables["mirna"], tables["meth"]
    assert mrna.shape == (300, 600)
    assert mrna.min().min() >= 0
    assert (mrna.max() / mrna.median().clip(lower=1)).max() > 50
    assert 0.05 < (mirna == 0).to_numpy().mean() < 0.5
    assert (mirna.var() > mirna.mean())[(mirna.mean() > 10) & (mirna.nunique() > 1)].all()
    assert meth.to_numpy().min() > 0
    assert meth.to_numpy().max() < 1
    for table in tables.values():
        assert (table.nunique() == 1).any()


def test_the_batch_effect_sits_in_the_counts_and_can_be_switched_off():
    def shift(batch_effect, name):
        one = simulate_cohort("demo", {**CLEAN, "batch_effect": batch_effect})
        values = np.log2(one.tables[name].drop(columns="patient") + 1)
        by = values.groupby(one.clinical["sequencer"]).mean()
        return (by.loc["HiSeq"] - by.loc["GA"]).abs().median() / values.std().median()

    assert shift(1.0, "mirna") > 0.4
    assert shift(0.0, "mirna") < 0.15
    assert shift(1.0, "mrna") < 0.15


def test_gaps_are_few_and_of_every_kind():
    one = simulate_cohort("demo", DEFAULTS)
    ids = set(one.clinical["patient"])
    for table in one.tables.values():
        assert 0 < len(ids - set(table["patient"])) <= 3
        gaps = table.drop(columns="patient").isna()
        assert gaps.mean().median() == pytest.approx(0.02, abs=0.01)
        assert gaps.mean().max() > 0.3
        assert gaps.mean(axis=1).max() > 0.3
    assert one.clinical["time"].isna().sum() == 2
    assert 0 < one.clinical["stage"].isna().sum() <= 3


def test_no_gap_when_none_is_wanted(clean):
    assert not any(table.isna().any().any() for table in clean[0].tables.values())
    assert not clean[0].clinical.isna().any().any()


def test_files_and_config_agree(tmp_path):
    one = simulate_cohort("demo", {**DEFAULTS, "patients": 60})
    write_simulated(one, tmp_path)
    config = simulated_cohort_config(DEFAULTS, tmp_path, name="demo")
    assert {entry["name"]: (entry["transform"], entry.get("batch")) for entry in config["omics"]} == {
        "mrna": ("log2p1", None),
        "mirna": ("log2p1", "sequencer"),
        "meth": ("none", None),
    }
    for entry in config["omics"]:
        found = pd.read_csv(entry["path"], sep="\t", keep_default_na=False, na_values=["NA"])
        pd.testing.assert_frame_equal(found, one.tables[entry["name"]], check_dtype=False, rtol=1e-9)
    clinical = pd.read_csv(config["clinical"]["path"], sep="\t")
    assert {config["clinical"][key] for key in ("patient", "time", "event")} <= set(clinical.columns)
    assert set(config["clinical"]["covariates"]) <= set(clinical.columns)


def test_files_repeat_their_bytes(tmp_path):
    for folder in ("one", "two"):
        write_simulated(simulate_cohort("demo", {**DEFAULTS, "patients": 60}), tmp_path / folder)
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    with gzip.open(tmp_path / "one" / "clinical.tsv.gz", "rt") as handle:
        assert handle.readline().startswith("patient\ttime\tevent")


def test_one_subtype_and_odd_sizes_work():
    one = simulate_cohort("demo", {**DEFAULTS, "patients": 41, "subtypes": 1, "omics": SMALL})
    assert one.truth["subtype"].eq(1).all()
    many = simulate_cohort("demo", {**DEFAULTS, "patients": 41, "subtypes": 5, "omics": [{**SMALL[0], "features": 10}]})
    assert many.truth["subtype"].nunique() == 5
