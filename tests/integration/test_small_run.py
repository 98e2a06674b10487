"""The whole workflow on a small cohort: what comes out, that it repeats, and what makes which rule run again."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.pages import Page, fault, loose_numbers

ROOT = Path(__file__).resolve().parents[2]
EMBEDDINGS = ("ae", "late", "vae", "cox")


def rules_to_run(done) -> set[str]:
    """Read from a dry run which rules it would execute."""
    lines = done.stdout.splitlines()
    return {line.split()[1].rstrip(":") for line in lines if line.startswith(("rule ", "localrule "))} - {"all"}


def outputs(folder: Path) -> dict[str, bytes]:
    """Read every table and model of a run, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file()
        and (path.suffix in (".tsv", ".gz", ".safetensors", ".svg", ".html") or path.name == "model.json")
    }


def write_config(folder: Path, content: dict) -> Path:
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def small_config(small_config) -> dict:
    """The fast chain, with one embedding that sees the clinic too and weighs what it sees."""
    config = copy.deepcopy(small_config)
    config["embeddings"][3] |= {"clinical": True, "architecture": "joint", "fusion": "attention"}
    return config


@pytest.fixture(scope="module")
def runs(snakemake, small_config, tmp_path_factory):
    """Run the same config in two directories, with another hash seed and another number of cores."""
    folders = []
    for cores, hash_seed in ((1, 1), (2, 2)):
        folder = tmp_path_factory.mktemp(f"cores{cores}_")
        config = write_config(folder, small_config)
        snakemake("--cores", cores, "--configfile", config, "--directory", folder, hash_seed=hash_seed)
        folders.append(folder)
    return folders


@pytest.fixture
def again(snakemake, runs):
    """Return a function that dry-runs the first directory with another config or repository and names the rules to run."""

    def run(config: dict | None = None, snakefile: Path | None = None) -> set[str]:
        path = runs[0] / "small.yaml"
        if config is not None:
            path = runs[0] / "changed.yaml"
            path.write_text(yaml.safe_dump(config, sort_keys=False))
        options = {} if snakefile is None else {"snakefile": snakefile}
        return rules_to_run(snakemake("-n", "--configfile", path, "--directory", runs[0], **options))

    return run


def test_tables_models_and_figures_do_not_depend_on_cores_hash_seed_or_directory(runs):
    one, two = (outputs(folder) for folder in runs)
    assert one.keys() == two.keys()
    assert len(one) > 60
    different = [name for name in one if one[name] != two[name]]
    assert not different


def test_what_the_tutorial_reads_is_there(runs, monkeypatch):
    """Its Python, as it stands but for the name of the cohort."""
    monkeypatch.chdir(runs[0])
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8").replace("results/demo", "results/small")
    names: dict = {}
    for code in re.findall(r"^```python\n(.*?)^```", page, flags=re.S | re.M):
        exec(code, names)
    assert len(names["board"]) > 4
    assert names["patients"]["subtype"].isin([1, 2]).all()


def test_every_number_of_the_page_is_that_of_its_table(runs):
    folder = runs[0] / "results" / "small"
    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    assert len([one for one in page.shown if one.sort == "number"]) > 800
    assert [text for one in page.shown if one.sort != "answer" and (text := fault(one, folder))] == []
    # What is left are definitions, the days of the config, and what a benchmark measured.
    defined = {"0", "0.05", "0.1", "0.5", "1", "5", "95", "17", "31", "256", "300", "500", "365", "1095", "1825"}
    assert loose_numbers(page).keys() <= defined
    drawn = [known for tag, known in page.elements if tag == "svg"]
    assert len(drawn) == len(list(folder.rglob("figures/*.svg")))
    assert len(page.ids) == len(set(page.ids))
    assert (folder / "report.html").stat().st_size < 3e6


def test_a_second_run_has_nothing_to_do(again):
    assert again() == set()


def test_another_classifier_retrains_no_network(again, small_config):
    changed = copy.deepcopy(small_config)
    changed["classifier"]["method"] = "logistic"
    rules = again(changed)
    assert {"fit_classifier", "evaluate_subtypes", "write_leaderboard"} <= rules
    assert not {"train_embedding", "select_latents", "cluster_patients", "fit_preprocess", "build_cohort"} & rules


def test_one_changed_embedding_leaves_the_others_alone(snakemake, runs, small_config):
    changed = copy.deepcopy(small_config)
    changed["embeddings"][2]["latent"] = 5
    path = runs[0] / "changed.yaml"
    path.write_text(yaml.safe_dump(changed, sort_keys=False))
    done = snakemake("-n", "embed", "--configfile", path, "--directory", runs[0])
    assert done.stdout.count("rule train_embedding:") == 1
    assert "embedding=vae" in done.stdout


@pytest.mark.parametrize(
    ("module", "must", "must_not"),
    [
        ("classifier/calibrate.py", {"fit_classifier", "evaluate_subtypes"}, {"train_embedding", "cluster_patients"}),
        ("embedding/architecture.py", {"train_embedding", "fit_classifier"}, {"fit_preprocess", "build_cohort"}),
        ("plots/umap.py", {"plot_umap"}, {"train_embedding", "fit_classifier", "export_embedding"}),
        (
            "projection.py",
            {"project_embeddings", "plot_umap", "export_embedding"},
            {"train_embedding", "fit_classifier"},
        ),
        ("chain/risk.py", {"fit_risk", "permute_survival"}, {"train_embedding", "cluster_patients"}),
        ("survival/cox.py", {"select_latents", "permute_survival"}, {"train_embedding", "fit_preprocess"}),
        ("evaluation/calibration.py", {"evaluate_subtypes"}, {"train_embedding", "fit_classifier"}),
        ("comparators/methods/pca.py", {"fit_comparator"}, {"train_embedding", "fit_classifier"}),
    ],
)
def test_an_edited_module_reruns_the_rules_that_use_it(again, tmp_path, module, must, must_not):
    for name in ("Snakefile", "config.yaml", "scripts", "workflow", "envs"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    with (tmp_path / "scripts" / "stratomics" / module).open("a") as file:
        file.write("\n# changed\n")
    rules = again(snakefile=tmp_path / "Snakefile")
    assert must <= rules
    assert not must_not & rules


def test_the_promised_files_are_there_and_open_elsewhere(runs):
    results = runs[0] / "results" / "small"
    cohort = mudata.read_h5mu(results / "cohort.h5mu")
    assert list(cohort.mod) == ["mrna", "mirna"]
    subtypes = pd.read_csv(results / "vae" / "subtypes.tsv", sep="\t")
    assert {"patient", "time", "event", "subtype", "probability_1", "confidence", "heldout_subtype_r0"} <= set(subtypes)
    assert len(subtypes) == cohort.n_obs
    for embedding in EMBEDDINGS:
        adata = anndata.read_h5ad(results / embedding / "embedding.h5ad")
        prognostic = pd.read_csv(results / embedding / "prognostic_latents.tsv", sep="\t")
        assert adata.var_names.tolist() == prognostic.loc[prognostic["split"] == "full", "latent"].tolist()
        assert {"time", "event", "subtype"} <= set(adata.obs)
        assert adata.obsm["X_umap"].shape == (cohort.n_obs, 2)
        assert len(adata.uns["training_history"])
        for figure in ("kaplan_meier", "umap", "training", "prognostic_latents", "feature_heatmap"):
            for suffix in ("png", "svg", "tsv"):
                assert (results / embedding / "figures" / f"{figure}.{suffix}").stat().st_size > 0
    for figure in (
        "optimism",
        "permutation_null",
        "comparators",
        "consensus",
        "k_selection",
        "calibration",
        "enrichment",
        "omics_attribution",
        *(f"cohort_{name}" for name in ("omics", "values", "follow_up", "batches")),
    ):
        for suffix in ("png", "svg", "tsv"):
            assert (results / "figures" / f"{figure}.{suffix}").stat().st_size > 0
    leaderboard = pd.read_csv(results / "leaderboard.tsv", sep="\t")
    ours = leaderboard["kind"] == "embedding"
    assert leaderboard.loc[ours, "method"].tolist() == list(EMBEDDINGS)
    assert {"clinical", "ridge_cox", "pca", "mrna_only", "random_embedding"} <= set(leaderboard.loc[~ours, "method"])
    assert {"ae+clinical", "ridge_cox+clinical", "elastic_net_cox+clinical"} <= set(leaderboard.loc[~ours, "method"])
    added = pd.read_csv(results / "added_value.tsv", sep="\t")
    assert {"ae", "ridge_cox", "pca", "mrna_only"} <= set(added["embedding"])
    assert not any(name.endswith("clinical") for name in added["embedding"])
    adjusted = pd.read_csv(results / "adjusted_hazard_ratios.tsv", sep="\t")
    assert set(adjusted["embedding"]) == set(EMBEDDINGS)
    assert (adjusted["repeat"] == "combined").any()
    assert leaderboard.loc[ours, "permutation_p"].between(0.05, 1).all()  # 19 permutations: 1/20 at best
    assert leaderboard.loc[~ours, "permutation_p"].isna().all()
    shares = pd.read_csv(results / "vae" / "omics_attribution.tsv", sep="\t")
    assert shares["completeness"].max() < 0.01
    assert set(shares["role"]) == {"held_out", "apparent"}
    features = pd.read_csv(results / "vae" / "feature_attribution.tsv", sep="\t")
    assert (features.groupby(["target", "omics"]).size() == 20).all()
    shares = pd.read_csv(results / "cox" / "omics_attribution.tsv", sep="\t")
    assert set(shares["omics"]) == {"mrna", "mirna", "clinical"}
    attention = pd.read_csv(results / "cox" / "attention.tsv", sep="\t")
    np.testing.assert_allclose(attention.groupby(["split", "patient"])["weight"].sum(), 1.0, atol=1e-5)
    assert pd.read_csv(results / "vae" / "attention.tsv", sep="\t").empty
    summary = (results / "summary.md").read_text()
    assert "nominal" in summary
    assert summary.count("Its networks also see the clinical variables") == 1
    assert summary.count("Mean weight in the attention") == 1
    verdicts = pd.read_csv(results / "verdicts.tsv", sep="\t")
    assert verdicts["embedding"].tolist() == list(EMBEDDINGS)
    for sentence in verdicts["sentence"]:
        assert sentence in summary


def test_permutation_zero_is_the_observed_chain(runs):
    """The null is made by the procedure that made the observed figures: on the observed order it gives them exactly."""
    results = runs[0] / "results" / "small"
    for embedding in EMBEDDINGS:
        metrics = pd.read_csv(results / embedding / "metrics.tsv", sep="\t")
        metrics = metrics[metrics["repeat"] == "median"].set_index("metric")
        permutations = pd.read_csv(results / embedding / "permutations" / "0.tsv", sep="\t").set_index("permutation")
        assert permutations.index.tolist() == list(range(20))
        assert permutations.at[0, "heldout_logrank_p"] == pytest.approx(metrics.at["logrank_p", "held_out"], rel=1e-9)
        assert permutations.at[0, "heldout_cindex"] == pytest.approx(metrics.at["cindex", "held_out"], rel=1e-9)
        assert permutations.at[0, "apparent_logrank_p"] == pytest.approx(metrics.at["logrank_p", "apparent"], rel=1e-9)
        added = pd.read_csv(results / "added_value.tsv", sep="\t").set_index(["embedding", "term"])
        assert permutations.at[0, "added_lr_p"] == pytest.approx(added.at[(embedding, "subtype"), "lr_p"], rel=1e-9)
        assert permutations.at[0, "added_lr_risk_p"] == pytest.approx(added.at[(embedding, "risk"), "lr_p"], rel=1e-9)


def test_comparators_see_the_patients_that_the_embeddings_see(runs):
    results = runs[0] / "results" / "small"
    ours = (
        pd.read_csv(results / "ae" / "predictions.tsv", sep="\t").set_index(["split", "patient"])["role"].sort_index()
    )
    files = sorted((results / "comparators").glob("*.tsv"))
    assert len(files) == 7 + 1
    for path in files:
        for method, own in pd.read_csv(path, sep="\t").groupby("method"):
            theirs = own.set_index(["split", "patient"])["role"].sort_index()
            assert theirs.equals(ours), method


@pytest.mark.parametrize("embedding", ["vae", "cox"])
def test_the_exported_network_and_embedding_agree(runs, embedding):
    """The latents in embedding.h5ad are those of the exported network, so the model is whole."""
    from stratomics.cohort import load_cohort
    from stratomics.embedding import NetworkState
    from stratomics.model import load_model
    from stratomics.tables import load_models

    results = runs[0] / "results" / "small"
    cohort = load_cohort(results / "cohort.h5mu")
    model = load_model(results / embedding / "model")
    network = load_models(results / embedding / "model" / "network.safetensors", NetworkState)["full"]
    latents = network.encode(model.preprocess.transform(cohort) * model.preprocess.weights)
    stored = anndata.read_h5ad(results / embedding / "embedding.h5ad").X
    np.testing.assert_allclose(latents, stored, atol=1e-4)


def test_the_report_is_one_file_that_opens(snakemake, runs):
    import zipfile

    snakemake("--report", "report.zip", "--configfile", runs[0] / "small.yaml", "--directory", runs[0])
    with zipfile.ZipFile(runs[0] / "report.zip") as archive:
        page = next(name for name in archive.namelist() if name.endswith("report.html"))
        assert b"plot_kaplan_meier" in archive.read(page) or b"Kaplan-Meier" in archive.read(page)


def test_a_cohort_with_faults_stops_with_all_of_them_and_no_traceback(snakemake, runs, tmp_path):
    source = runs[0] / "results" / "small" / "simulated"
    shutil.copytree(source, tmp_path / "data")
    clinical = pd.read_csv(tmp_path / "data" / "clinical.tsv.gz", sep="\t", dtype=str)
    clinical.loc[3, "time"] = "twelve"
    clinical.to_csv(tmp_path / "data" / "clinical.tsv.gz", sep="\t", index=False)
    mrna = pd.read_csv(tmp_path / "data" / "mrna.tsv.gz", sep="\t", dtype=str)
    pd.concat([mrna, mrna.head(1)]).to_csv(tmp_path / "data" / "mrna.tsv.gz", sep="\t", index=False)
    columns = {"path": "data/clinical.tsv.gz", "patient": "patient", "time": "time", "event": "event"}
    config = {
        "cohorts": [{"name": "broken", "clinical": columns, "omics": [{"name": "mrna", "path": "data/mrna.tsv.gz"}]}]
    }
    path = write_config(tmp_path, config)
    options = ("--configfile", ROOT / "config.yaml", path, "--directory", tmp_path)
    done = snakemake("check", "--cores", 1, *options, check=False)
    text = (tmp_path / "logs" / "broken" / "build_cohort.log").read_text()
    assert done.returncode != 0
    assert "twelve" in text
    assert mrna["patient"][0] in text
    assert "Traceback" not in text
    assert "twelve" in done.stderr + done.stdout
    assert not (tmp_path / "results" / "broken" / "intake" / "cohort.h5mu").exists()
