from __future__ import annotations

import ast
import hashlib
import json
import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stratomics.errors import DataError
from stratomics.model import FILES, FORMAT, load_model
from stratomics.model.format_page import PAGE, format_reference, insert
from stratomics.tables import open_arrays, save_arrays


@pytest.fixture(scope="module")
def exported(tmp_path_factory, small_cohort, small_settings, small_chain, export_chain):
    embedding = small_settings["embeddings"][2]
    more = {"horizons": [365, 1095, 365, 1e6], "units": {"mrna": "RPKM"}}
    folder = tmp_path_factory.mktemp("exported")
    return export_chain(folder, small_cohort, small_chain["vae"], embedding, small_settings, **more)


@pytest.fixture
def folder(tmp_path, exported):
    """A copy that a test may damage."""
    return shutil.copytree(exported, tmp_path / "model")


def test_a_model_read_back_says_what_the_chain_said(folder, small_cohort, small_chain):
    predictions = small_chain["vae"].classified.predictions
    full = predictions[predictions["split"] == "full"].reset_index(drop=True)
    found = load_model(folder).predict(small_cohort)
    pd.testing.assert_frame_equal(found[["patient", "subtype"]], full[["patient", "subtype"]])
    # The networks were trained on coordinates in double precision; the model encodes features in single precision.
    np.testing.assert_allclose(found["risk"], full["risk"], atol=1e-5)


def test_a_model_labels_new_patients_from_tables_whatever_the_order_of_columns(folder, small_cohort):
    model = load_model(folder)
    tables = {one.name: one.values.iloc[:7, ::-1] for one in small_cohort.omics}
    found = model.predict(tables)
    assert found["patient"].tolist() == small_cohort.patients[:7].tolist()
    np.testing.assert_allclose(found.filter(like="probability_").sum(axis=1), 1.0)


def test_a_model_holds_encoders_alone_and_how_risks_of_unseen_patients_lie(folder, small_chain):
    trained = small_chain["vae"].embedding.models["full"]
    model = load_model(folder)
    (own,) = model.network.members
    (whole,) = trained.members
    assert not [name for name in own if name.startswith(("up.", "apart.", "writes."))]
    assert sum(array.nbytes for array in own.values()) < 0.6 * sum(array.nbytes for array in whole.values())
    predictions = small_chain["vae"].classified.predictions
    risk = predictions.loc[predictions["role"] == "held_out", "risk"]
    np.testing.assert_allclose(model.description["heldout_risk"], np.quantile(risk, np.arange(1, 20) / 20))


def test_a_notebook_shows_a_model_in_one_line(folder, small_cohort, small_chain):
    shown = repr(load_model(folder))
    k = small_chain["vae"].subtypes["full"].n_subtypes
    assert shown.startswith(f"Model(vae: {', '.join(one.name for one in small_cohort.omics)} -> {k} subtypes; ")
    assert f"{small_cohort.n} patients with {small_cohort.n_events} events" in shown
    assert len(shown) < 200


def test_a_table_that_lacks_an_omics_is_refused(folder, small_cohort):
    first = small_cohort.omics[0]
    with pytest.raises(DataError, match="mirna"):
        load_model(folder).predict({first.name: first.values})


@pytest.mark.parametrize("name", FILES)
def test_a_model_with_a_damaged_or_absent_file_is_refused(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes() + b"x")
    with pytest.raises(DataError, match="not the file that model.json describes"):
        load_model(folder)
    (folder / name).unlink()
    with pytest.raises(DataError, match="not there, but model.json names it"):
        load_model(folder)


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(DataError, match="no model.json there"):
        load_model(tmp_path)


def test_what_the_docs_say_gives_new_patients_a_subtype(folder, small_cohort, tmp_path, monkeypatch):
    """Its last line is run as it stands, in a folder with results as it names them."""
    readme = Path(__file__).resolve().parents[2].joinpath("docs", "results.md").read_text(encoding="utf-8")
    (snippet,) = [text for text in re.findall(r"```python\n(.*?)```", readme, flags=re.S) if "load_model" in text]
    (path,) = re.findall(r'load_model\("(.+?)"\)', snippet)
    (tmp_path / path).parent.mkdir(parents=True)
    folder.rename(tmp_path / path)
    monkeypatch.chdir(tmp_path)
    mrna, mirna = (one.values.head(5) for one in small_cohort.omics)
    names = {"mrna": mrna, "mirna": mirna, "meth": mrna}
    tree = ast.parse(snippet)
    assert isinstance(tree.body[-1], ast.Expr)
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "results.md", "exec"), names)
    found = eval(compile(last, "results.md", "eval"), names)
    assert found["patient"].tolist() == small_cohort.patients[:5].tolist()
    assert found["subtype"].isin([1, 2]).all()


def test_the_specification_is_what_the_schema_and_the_code_say():
    page = PAGE.read_text(encoding="utf-8")
    assert insert(page, format_reference()) == page, "run `make reference`"
    assert f"This page is of format {FORMAT}." in page


def test_what_the_specification_shows_runs(exported, small_cohort):
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)
    mrna, mirna = (one.values.head(5) for one in small_cohort.omics)
    names = {"mrna": mrna, "mirna": mirna, "meth": mrna}
    exec(snippet.replace("results/LIHC/vae/model", str(exported)), names)
    assert np.isfinite(names["model"].survival.of_subtypes([365])[0]).all()


def test_the_steps_of_the_specification_give_what_the_model_says(exported, small_cohort):
    """From the files alone, with nothing of the library but the networks: the page leaves out nothing that is needed."""
    parts = {}
    for name in FILES:
        arrays, header = open_arrays(exported / name)
        own = {key.removeprefix("full/"): array for key, array in arrays.items()}
        parts[name.removesuffix(".safetensors")] = own, json.loads(header.get("full", "{}"))
    (scale, settings), (risk, _), (classifier, _) = (parts[name] for name in ("preprocess", "risk", "classifier"))
    width = sum(len(one["features"]) for one in settings["omics"])
    blocks = []
    for omics, one in zip(small_cohort.omics, settings["omics"], strict=True):
        name, x = one["name"], omics.values[one["features"]].to_numpy(np.float64)
        assert one["transform"] in ("log2p1", "none")
        x = np.log2(np.maximum(x, 0) + 1) if one["transform"] == "log2p1" else x
        batch = [None] * len(x) if omics.batch is None else omics.batch
        row = [1 + one["levels"].index(own) if own in one["levels"] else 0 for own in batch]
        x = np.clip((x - scale[f"{name}/mean"][row]) / scale[f"{name}/sd"][row], -settings["clip"], settings["clip"])
        weight = np.sqrt(width / (len(settings["omics"]) * len(one["features"]))) if settings["balance"] else 1.0
        blocks.append(weight * np.where(np.isnan(x), scale[f"{name}/medians"], x))
    model = load_model(exported)
    latents = model.network.encode(np.hstack(blocks).astype(np.float32)).astype(np.float64)
    found = model.predict(small_cohort)
    log_hazard = ((latents - risk["mean"]) / risk["scale"]) @ risk["coef"]
    np.testing.assert_allclose(log_hazard, found["risk"], atol=1e-4)
    subtypes, about = parts["subtypes"][0], json.loads((exported / "model.json").read_text())
    chosen = [about["latents"].index(name) for name in about["selected_latents"]]
    x = ((latents[:, chosen] - subtypes["mean"]) / subtypes["scale"])[:, classifier["columns"]]
    scores = -0.5 * ((x[:, None] - classifier["machine.centroids"]) ** 2).sum(axis=2)
    decisions = scores[:, 1:] - scores[:, :1]
    odds = np.exp(decisions @ classifier["calibration.coef"].T + classifier["calibration.intercept"])
    np.testing.assert_allclose(odds[:, 1] / odds.sum(axis=1), found["probability_2"], atol=1e-4)
    survival = parts["survival"][0]
    step = np.searchsorted(survival["times"], 500.0, side="right") - 1
    expected = np.exp(-survival["hazard"][step] * np.exp(log_hazard))
    told, _, _ = model.survival.of_patients(found["risk"], found.filter(like="probability_"), [500.0])
    np.testing.assert_allclose(expected, told[:, 0], atol=1e-4)


# Whatever is wrong with a model, in one message and never a traceback


def description(change):
    """Change the content of model.json."""

    def damage(folder: Path) -> None:
        content = json.loads((folder / "model.json").read_text())
        change(content)
        (folder / "model.json").write_text(json.dumps(content))

    return damage


def text(content: str | bytes):
    """Write something else into model.json."""
    return lambda folder: (folder / "model.json").write_bytes(content.encode() if isinstance(content, str) else content)


def hashed(folder: Path) -> None:
    """Make model.json describe the files as they are now: what is in them must be found out by looking."""
    content = json.loads((folder / "model.json").read_text())
    content["sha256"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() if (folder / name).is_file() else "0" * 64
        for name in FILES
    }
    (folder / "model.json").write_text(json.dumps(content))


def part(name: str, change):
    """Change the arrays and the header of a file, and describe it as it then is."""

    def damage(folder: Path) -> None:
        path = folder / f"{name}.safetensors"
        arrays, header = open_arrays(path)
        own = {key.removeprefix("full/"): np.array(array) for key, array in arrays.items()}
        meta = json.loads(header["full"])
        change(own, meta)
        save_arrays(path, {f"full/{key}": a for key, a in own.items()}, {"full": json.dumps(meta)})
        hashed(folder)

    return damage


def put(array: str, value, place=...):
    """Write a value into an array."""

    def change(arrays, _):
        arrays[array][place] = value

    return change


def into(array: str, make):
    """Replace an array by what `make` makes of it."""

    def change(arrays, _):
        arrays[array] = make(arrays[array])

    return change


def file(name: str, act, *, describe: bool = True):
    """Do something to a file."""

    def damage(folder: Path) -> None:
        act(folder / f"{name}.safetensors")
        if describe:
            hashed(folder)

    return damage


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def in_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps({"full/coef": np.zeros(3)}))


def reverse_features(arrays, meta) -> None:
    meta["omics"][0]["features"].reverse()


def other_bytes(name: str):
    """Overwrite a file by another one of the same model."""
    return lambda path: path.write_bytes((path.parent / name).read_bytes())


MALFORMED = {
    "an empty description": (text(""), "not the JSON of a model"),
    "half a description": (text('{"format": 6, "omics": ['), "not the JSON of a model"),
    "a list": (text("[]"), "found an empty list; allowed is a mapping"),
    "bytes": (text(b"\xff\xfe\x00{"), "not the JSON of a model"),
    "a nest": (text("[" * 100_000), "not the JSON of a model"),
    "a key twice": (text('{"format": 6, "format": 6}'), "the key 'format' comes more than once"),
    "NaN": (text('{"log_risk": [NaN]}'), "NaN is no number of JSON"),
    "an older format": (description(lambda d: d.update(format=5)), "format 5, this version of stratomics reads 6. Run"),
    "a newer format": (
        description(lambda d: d.update(format=7)),
        "format 7, this version .* reads 6. Update stratomics",
    ),
    "a format in words": (description(lambda d: d.update(format="6")), "format: found '6'; allowed is 6"),
    "no latents": (description(lambda d: d.pop("latents")), "no key 'latents'"),
    "an unknown key": (description(lambda d: d.update(seed=1)), "unknown 'seed'; known are format, "),
    "K in words": (description(lambda d: d.update(n_subtypes="two")), "n_subtypes: found 'two'; allowed is a whole"),
    "one quantile of the risk": (
        description(lambda d: d["heldout_risk"].pop()),
        "heldout_risk: found 18 numbers; allowed are 19, rising",
    ),
    "quantiles that fall": (description(lambda d: d["heldout_risk"].reverse()), "heldout_risk: found 19 numbers"),
    "one log risk": (description(lambda d: d["log_risk"].pop()), "log_risk: found 1 numbers; allowed are 2"),
    "foreign latents": (
        description(lambda d: d.update(selected_latents=["q"])),
        "selected_latents: not some of latents",
    ),
    "an omics twice": (
        description(lambda d: d["omics"].append(d["omics"][0])),
        "omics: found the names mrna, mirna, mrna",
    ),
    "a feature twice": (
        description(lambda d: d["omics"][0]["features"].append(d["omics"][0]["features"][0])),
        r"omics\[0\].features: '\w+' comes more than once",
    ),
    "features in another order": (
        description(lambda d: d["omics"][0]["features"].reverse()),
        "the features of omics mrna are not those of model.json in their order",
    ),
    "no hashes": (description(lambda d: d.update(sha256={})), "sha256: no entry for preprocess.safetensors, clinical"),
    "a hash too few": (description(lambda d: d["sha256"].pop("risk.safetensors")), "no entry for risk.safetensors"),
    "half a hash": (
        description(lambda d: d["sha256"].update({"risk.safetensors": "abc"})),
        "found 'abc'; allowed is 64 digits",
    ),
    "a hash of a strange file": (
        description(lambda d: d["sha256"].update({"../x": "0" * 64})),
        r"sha256: unknown '../x'",
    ),
    "a file that is a folder": (file("risk", as_folder), "risk.safetensors: not a file"),
    "a file that is a loop": (file("risk", in_a_loop), "risk.safetensors: (not there|not a file|cannot be read)"),
    "an empty file": (file("risk", lambda path: path.write_bytes(b"")), "risk.safetensors: not a safetensors file"),
    "a cut file": (
        file("network", lambda path: path.write_bytes(path.read_bytes()[:-100])),
        "network.safetensors: not a safetensors file",
    ),
    "a cut file, not described": (
        file("network", lambda path: path.write_bytes(path.read_bytes()[:-100]), describe=False),
        "network.safetensors: not the file that model.json describes",
    ),
    "a pickle": (file("risk", pickled), "risk.safetensors: not a safetensors file"),
    "the file of another part": (
        file("risk", other_bytes("subtypes.safetensors")),
        "risk.safetensors: header: the whole: (no key|unknown)",
    ),
    "no fit": (
        file("risk", lambda path: save_arrays(path, {"x": np.zeros(1)})),
        "risk.safetensors: the header describes the fits none; allowed is full",
    ),
    "no array": (part("risk", lambda a, _: a.pop("coef")), "array coef: not there; wanted is log hazard"),
    "a strange array": (part("risk", lambda a, _: a.update(x=np.zeros(1))), "array x: not known; known here are coef"),
    "single precision": (
        part("risk", into("coef", lambda a: a.astype(np.float32))),
        "array coef: found float32 values; allowed are float64",
    ),
    "a latent too few": (
        part("risk", into("coef", lambda a: a[:-1])),
        r"array coef: found shape \[5\]; allowed is \[L\] with L = 6 by latents of model.json",
    ),
    "NaN in the risk": (part("risk", put("coef", np.nan, 0)), "array coef: found 1 NaN of 6 values"),
    "a scale of zero": (part("risk", put("scale", 0.0, 0)), "array scale: found 0; allowed are values above 0"),
    "no owner": (part("risk", put("owner", 7, 0)), "array owner: found 7; allowed is 0 at most"),
    "shares of two": (part("risk", put("shares", 0.5)), "array shares: found a sum of 0.5; allowed is 1"),
    "an unknown risk": (
        part("risk", lambda _, m: m.update(method="magic")),
        "method: found 'magic'; allowed is one of",
    ),
    "NaN in a network": (
        part("network", put("0.reads.0.weight", np.nan, (0, 0))),
        "array 0.reads.0.weight: found 1 NaN of",
    ),
    "weights that are far too large": (
        part("network", lambda a, _: [array.fill(3e38) for array in a.values()]),
        "made-up patients get no finite risks",
    ),
    "an unknown architecture": (
        part("network", lambda _, m: m.update(architecture="cathedral")),
        "names what this version of stratomics does not know",
    ),
    "a wider network": (
        part("network", lambda _, m: m["sizes"][0].update(latents=7)),
        r"array 0.heads.0.bias: found shape \[6\]; allowed is \[7\]",
    ),
    "views that overlap": (
        part("network", lambda _, m: m["blocks"].update({next(iter(m["blocks"])): [1, 50]})),
        "allowed are views side by side from column 0 on",
    ),
    "reversed features": (
        part("preprocess", reverse_features),
        "the features of omics mrna are not those of model.json in their order .the first to differ is",
    ),
    "no transform": (
        part("preprocess", lambda _, m: m["omics"][0].update(transform="sqrt")),
        r"omics\[0\].transform: found 'sqrt'; allowed is one of none, log2p1, rank_normal",
    ),
    "another transform": (
        part("preprocess", lambda _, m: m["omics"][1].update(transform="none")),
        "found the transform none of omics mirna; allowed is log2p1",
    ),
    "a deviation below zero": (
        part("preprocess", put("mrna/sd", -1.0, (0, 0))),
        "array mrna/sd: found -1; allowed are values above 0",
    ),
    "no number of subtypes": (
        part("subtypes", lambda _, m: m.update(n_subtypes=3)),
        "array labels: found the subtypes .1, 2.; allowed are 1 to 3",
    ),
    "a cluster twice": (
        part("subtypes", put("subtype_of_cluster", 1)),
        "array subtype_of_cluster: found .1, 1.; allowed is each of 1 to 2 once",
    ),
    "a patient too few": (
        part("subtypes", into("labels", lambda a: a[:-1])),
        "by cohort.patients of model.json",
    ),
    "centres of another space": (
        part("subtypes", into("clusters.centres", lambda a: np.hstack([a, a]))),
        "array clusters.centres: found shape .*with l = ",
    ),
    "another order of risk": (
        part("subtypes", put("log_risk", [-9.0, 9.0])),
        "their log_risk is not that of model.json",
    ),
    "a column too far": (
        part("classifier", put("columns", 99, 0)),
        "array columns: found the position 99; allowed are 0 to .* by selected_latents of model.json",
    ),
    "reversed columns": (
        part("classifier", into("columns", lambda a: a[::-1])),
        "array columns: not those of the features_table",
    ),
    "reversed predictors": (
        part("classifier", lambda _, m: m["features_table"]["feature"].reverse()),
        "classifier.safetensors: was trained on other predictors than it would be given",
    ),
    "a table with a hole": (
        part("classifier", lambda _, m: m["features_table"]["feature"].pop()),
        "its lists and tables do not fit together",
    ),
    "an unknown classifier": (
        part("classifier", lambda _, m: m.update(method="oracle")),
        "names what this version of stratomics does not know .*oracle",
    ),
    "a subset of strangers": (
        part("subsets", lambda _, m: m["classifiers"].update(rna=m["classifiers"]["mrna"])),
        "array rna/classes: not there",
    ),
    "a mean of another batch": (
        part("preprocess", into("mrna/mean", lambda a: a[:, ::-1])),
        "made-up patients get other risks than when the model was made",
    ),
    "centroids upside down": (
        part("classifier", into("machine.centroids", lambda a: a[::-1])),
        "made-up patients get other probabilities of the subtypes",
    ),
    "a probe too few": (description(lambda d: d["probe"]["risk"].pop()), "made-up patients get other risks"),
    "another hazard": (part("survival", into("hazard", np.ones_like)), "made-up patients get other survival than when"),
    "far too many subtypes": (
        part("subtypes", lambda _, m: m.update(n_subtypes=10**9)),
        "n_subtypes: found 1000000000",
    ),
    "a ragged probe": (
        description(lambda d: d["probe"]["probabilities"][0].pop()),
        "probe: found 1 probabilities of a",
    ),
    "survival above one": (
        part("survival", put("survival", 1.5, (0, 0))),
        "array survival: found 1.5; allowed is 1 at most",
    ),
    "survival that rises": (
        part("survival", into("survival", lambda a: a[:, ::-1])),
        "array survival: found values that rise along the second dimension",
    ),
    "times that fall": (
        part("survival", into("times", lambda a: a[::-1])),
        "array times: found values that fall along the first dimension",
    ),
    "a day twice": (part("survival", put("times", 400.0)), "array times: a day comes more than once"),
    "an estimate outside its interval": (
        part("survival", into("ci_low", lambda a: np.ones_like(a))),
        "the estimate lies outside of them",
    ),
    "survival of another risk": (
        part(
            "survival",
            lambda a, m: (m.update(method="subtype"), a.update(hazard=np.zeros(0), hazard_variance=np.zeros(0))),
        ),
        "survival.safetensors: found method subtype; allowed is that of risk.safetensors, ridge_cox",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_model_ends_in_a_message(folder, name):
    damage, said = MALFORMED[name]
    damage(folder)
    with pytest.raises(DataError, match=said) as caught:
        load_model(folder)
    for fault in caught.value.faults:
        assert str(folder) in fault  # where
        assert re.search(
            r"Copy the whole folder|Run the workflow|Update stratomics|Check the path", fault
        )  # what to do
        assert "Traceback" not in fault


def test_all_faults_of_a_model_come_at_once(folder):
    (folder / "survival.safetensors").unlink()
    part("risk", lambda a, _: (a["coef"].fill(np.inf), a.pop("mean")))(folder)
    (folder / "network.safetensors").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        load_model(folder)
    named = [fault.removeprefix(f"{folder}/").split(":")[0] for fault in caught.value.faults]
    assert named == ["network.safetensors", "risk.safetensors", "risk.safetensors", "survival.safetensors"]


def test_a_file_that_may_not_be_read_is_said(folder, monkeypatch):
    """Whoever runs the tests may read everything, so the refusal is made up."""
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "risk.safetensors":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"risk.safetensors: cannot be read .Permission denied.; check the rights"):
        load_model(folder)


def test_files_of_two_models_are_not_mixed(folder, small_cohort, small_settings, small_chain, export_chain, tmp_path):
    other = export_chain(
        tmp_path / "other", small_cohort, small_chain["ae"], small_settings["embeddings"][0], small_settings
    )
    shutil.copy(other / "network.safetensors", folder)
    with pytest.raises(DataError, match="network.safetensors: not the file that model.json describes"):
        load_model(folder)
