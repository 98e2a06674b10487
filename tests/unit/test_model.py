from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stratomics.errors import DataError
from stratomics.model import FILES, PARTS, export_model, load_model
from stratomics.preprocess import save_preprocess
from stratomics.tables import save_models


@pytest.fixture
def folder(tmp_path, small_cohort, small_settings, small_chain):
    chain = small_chain["vae"]
    save_preprocess(tmp_path / "transforms.safetensors", chain.fitted)
    save_models(tmp_path / "network.safetensors", {"full": chain.embedding.models["full"]})
    save_models(tmp_path / "clinical.safetensors", {})
    fitted = (chain.subtypes, chain.risks, chain.classified.models)
    parts = {name: tmp_path / name for name in PARTS}
    for path, models in zip(parts.values(), fitted, strict=True):
        save_models(path, models)
    export_model(
        tmp_path / "model",
        cohort=small_cohort,
        embedding=small_settings["embeddings"][2],
        prognostic=chain.prognostic,
        transforms=tmp_path / "transforms.safetensors",
        network=tmp_path / "network.safetensors",
        clinical=tmp_path / "clinical.safetensors",
        parts=parts,
        on_latents=small_settings["classifier"]["predictors"] == "latents",
    )
    return tmp_path / "model"


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
