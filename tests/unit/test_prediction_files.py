"""From files to files: the intake of new patients, its faults, the command line, and predictions judged by follow-up."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from lifelines.utils import concordance_index

from stratomics.cohort.checks import Checks
from stratomics.command import main
from stratomics.config import defaults, load_config
from stratomics.errors import DataError
from stratomics.prediction.run import run_prediction
from stratomics.prediction.validation import validate
from stratomics.tables import read_table

#: What judges in the tests: few samples.
EVALUATION = {**defaults("evaluation"), "bootstrap": 100, "permutations": 99}
OMICS = ("mrna", "mirna", "meth")


@pytest.fixture(scope="module")
def frames(world) -> dict[str, pd.DataFrame]:
    """The tables of the new patients, as files would hold them."""
    found = {name: table.rename_axis("patient") for name, table in world.tables.items()}
    follow_up = world.follow_up.rename_axis("patient")
    return {**found, "clinical": follow_up.assign(site=np.where(np.arange(len(follow_up)) % 2, "A", "B"))}


def write(frames, folder: Path, **more: Any) -> dict[str, Any]:
    """Write tables as files, and return the entry of the config that names them."""
    for name, table in frames.items():
        if isinstance(table, str | bytes):
            (folder / f"{name}.tsv").write_bytes(table if isinstance(table, bytes) else table.encode())
        else:
            table.to_csv(folder / f"{name}.tsv", sep="\t", na_rep="NA")
    entry = {**defaults("predict"), "name": "new"}
    entry["omics"] = [{"name": name, "path": str(folder / f"{name}.tsv")} for name in frames if name != "clinical"]
    if "clinical" in frames:
        columns = {"patient": "patient", "time": "time", "event": "event"}
        entry["clinical"] = {"path": str(folder / "clinical.tsv"), **columns}
    return {**entry, **more}


def run(world, entry):
    return run_prediction(entry, world.model, EVALUATION, seed=0)


def test_files_are_read_by_the_intake_of_cohorts_however_they_stand(world, frames, tmp_path):
    """Turned, of commas, with barcodes of samples and normals among them: the same patients and the same predictions."""
    straight = run(world, write({name: frames[name] for name in OMICS}, tmp_path)).prediction.predictions
    codes = {id: f"TCGA-AA-{i:04d}" for i, id in enumerate(frames["mrna"].index)}
    turned = frames["mrna"].rename(index=lambda id: f"{codes[id]}-01A").T
    turned["TCGA-AA-0000-11A"] = 1.0
    turned.to_csv(tmp_path / "mrna.tsv")
    for name in ("mirna", "meth"):
        frames[name].rename(index=codes).to_csv(tmp_path / f"{name}.tsv", sep="\t", na_rep="NA")
    found = run(world, write({}, tmp_path, omics=[{"name": n, "path": str(tmp_path / f"{n}.tsv")} for n in OMICS]))
    pd.testing.assert_frame_equal(
        found.prediction.predictions.drop(columns="patient"), straight.drop(columns="patient"), atol=1e-6
    )
    assert found.prediction.predictions["patient"].tolist() == [codes[id] for id in straight["patient"]]
    checks = found.checks.set_index(["item", "check"])["value"]
    assert checks["mrna", "orientation"] == "patients in columns"
    assert checks["mrna", "samples_left_out"] == "1"


@pytest.mark.parametrize("suffix", ["tsv", "parquet"])
def test_a_map_brings_probes_to_the_features_of_the_model(suffix, world, frames, tmp_path):
    """Text is brought to genes while it is read, other tables afterwards; two probes of a gene are its mean."""
    straight = run(world, write({name: frames[name] for name in OMICS}, tmp_path)).prediction.predictions
    meth = frames["meth"]
    probes = pd.concat(
        [meth.add_prefix("cg_a_") - 0.01, meth.add_prefix("cg_b_") + 0.01, meth.iloc[:, :1].add_prefix("none_")], axis=1
    )
    if suffix == "tsv":
        probes.T.to_csv(tmp_path / "probes.tsv", sep="\t", na_rep="NA")
    else:
        probes.T.rename_axis("probe").reset_index().to_parquet(tmp_path / "probes.parquet", index=False)
    names = [(probe, probe.partition("cg_")[2][2:]) for probe in probes if probe.startswith("cg_")]
    pd.DataFrame(names, columns=["probe", "gene"]).to_csv(tmp_path / "map.tsv", sep="\t", index=False)
    omics = [{"name": name, "path": str(tmp_path / f"{name}.tsv")} for name in OMICS]
    omics[2] |= {"path": str(tmp_path / f"probes.{suffix}"), "map": str(tmp_path / "map.tsv")}
    found = run(world, write({}, tmp_path, omics=omics))
    assert "meth" in found.prediction.predictions["omics"][0]
    pd.testing.assert_frame_equal(found.prediction.predictions, straight, atol=1e-4)


def test_a_batch_that_the_model_knows_is_standardised_as_in_training(world, frames, tmp_path):
    (mirna,) = [one for one in world.new.omics if one.batch is not None]
    clinical = frames["clinical"].assign(sequencer=mirna.batch)
    entry = write({**frames, "clinical": clinical}, tmp_path)
    entry["omics"][1]["batch"] = "sequencer"
    entry["clinical"] = {"path": entry["clinical"]["path"], "patient": "patient"}  # batches and no follow-up
    judged = run(world, entry)
    assert judged.validation is None
    found = judged.prediction.predictions.set_index("patient")
    straight = world.model.predict(world.new).set_index("patient").loc[found.index]
    complete = found["omics"] == "mrna;mirna;meth"
    np.testing.assert_allclose(found["risk"][complete], straight["risk"][complete], atol=1e-4)
    del entry["omics"][1]["batch"]
    other = run(world, entry).prediction.predictions.set_index("patient")
    assert not np.allclose(found["risk"], other["risk"], atol=1e-4)


# Malformed tables: each a clear message, or a named warning, never a traceback and never silence


def text_of(table: pd.DataFrame) -> str:
    return table.to_csv(sep="\t", na_rep="NA")


def with_cell(table: pd.DataFrame, value: str) -> pd.DataFrame:
    table = table.astype(object)
    table.iloc[2, 3] = value
    return table


def long_layout(table: pd.DataFrame) -> pd.DataFrame:
    rows = table.iloc[:20, :20].stack().reset_index()
    rows.columns = ["patient", "gene", "value"]
    return rows.set_index("patient")


FAULTS: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "an empty file": (lambda t: "", r"mrna.tsv.*empty"),
    "a header alone": (lambda t: text_of(t.iloc[:0]), r"mrna.tsv"),
    "binary": (lambda t: b"\x00\x01\x02\xff" * 100, r"mrna.tsv"),
    "words": (lambda t: with_cell(t, "high"), r"mrna.tsv: 1 cell .* 'high'"),
    "decimal commas": (lambda t: text_of(t.round(3)).replace(".", ","), r"mrna.tsv.*comma"),
    "infinite": (lambda t: with_cell(t, "inf"), r"mrna.tsv: 1 cell is infinite"),
    "beyond floats": (lambda t: with_cell(t, "1e300"), r"mrna.tsv: 1 cell is infinite or beyond"),
    "a patient twice": (lambda t: pd.concat([t, t.iloc[:1]]), r"mrna.tsv: 1 patient is there more than once"),
    "a patient without a name": (lambda t: t.rename(index={t.index[1]: ""}), r"mrna.tsv: 1 patient has no name"),
    "foreign features": (
        lambda t: t.set_axis([f"probe{j}" for j in range(t.shape[1])], axis=1),
        r"none of the \d+ features that the model has of mrna \(.*\) is among its rows .* or its columns",
    ),
    "no header": (lambda t: text_of(t).split("\n", 1)[1], r"none of the \d+ features|names of its columns"),
    "no ids": (
        lambda t: t.reset_index(drop=True).T.set_axis(range(len(t)), axis=1).reset_index(drop=True),
        "none of the",
    ),
    "long layout": (long_layout, r"mrna.tsv: one row per measurement"),
    "normals": (
        lambda t: t.rename(index={id: f"TCGA-AA-{i:04d}-11A" for i, id in enumerate(t.index)}),
        r"mrna.tsv: 0 of .*normal|0 of 0 patients|there are \d+ of type 11",
    ),
    "all missing": (lambda t: t * np.nan, r"can be predicted|missing"),
    "a few features": (lambda t: t.iloc[:, :20], r"None of the .* can be predicted.*mrna lacks \d+ of the model's"),
    "constant columns": (lambda t: t * 0 + 7, r"None of the .* can be predicted.*mrna lacks"),
    "ragged lines": (lambda t: text_of(t).replace("\n", "\t1\n", 3), r"mrna.tsv"),
    "spreadsheet": (lambda t: b"PK\x03\x04" + b"\x00" * 100, r"mrna.tsv"),
    "html": (lambda t: "<!DOCTYPE html>\n<html><body>404</body></html>\n", r"mrna.tsv"),
}


@pytest.mark.parametrize(("make", "message"), FAULTS.values(), ids=FAULTS)
def test_a_malformed_table_gives_one_clear_message(world, frames, tmp_path, make, message):
    entry = write({"mrna": make(frames["mrna"])}, tmp_path)
    with pytest.raises(DataError, match=rf"(?s){message}") as caught:
        run(world, entry)
    assert all(len(fault) > 40 and "Traceback" not in fault for fault in caught.value.faults)


WARNINGS: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "a code for missing": (lambda t: with_cell(t, "-9999"), "missing_code"),
    "a column twice, one of them other": (
        lambda t: pd.concat([t, (t.iloc[:, :1] + 1)], axis=1),
        "features_duplicated",
    ),
    "a tenth of the features absent": (lambda t: t.iloc[:, t.shape[1] // 10 :], "features_missing"),
    "a tenth of the features constant": (
        lambda t: t.assign(**dict.fromkeys(t.columns[: t.shape[1] // 10], 1.0)),
        "features_constant",
    ),
    "another unit": (lambda t: t * 1000, "shift_location"),
    "negative values": (lambda t: np.log2(t + 1) - 8, "negative"),
    "features of other names": (
        lambda t: t.set_axis(np.random.default_rng(0).permutation(t.columns), axis=1),
        "shift_structure",
    ),
    "ids alike": (lambda t: t.rename(index={t.index[1]: t.index[0].upper()}), "ids_alike"),
    "dates of a spreadsheet": (lambda t: t.rename(columns={t.columns[0]: "1-Mar"}), "spreadsheet_names"),
}


@pytest.mark.parametrize(("make", "check"), WARNINGS.values(), ids=WARNINGS)
def test_a_doubtful_table_is_predicted_with_a_warning_that_names_it(world, frames, tmp_path, make, check):
    found = run(world, write({"mrna": make(frames["mrna"])}, tmp_path))
    rows = found.checks[(found.checks["check"] == check) & (found.checks["action"] == "warning")]
    assert rows["item"].isin(["mrna", "prediction"]).all()
    assert len(rows) >= 1


def test_what_is_wrong_with_several_tables_is_said_at_once(world, frames, tmp_path):
    tables = {
        "mrna": with_cell(frames["mrna"], "high"),
        "mirna": frames["meth"],
        "clinical": frames["clinical"][["time"]],
    }
    entry = write(tables, tmp_path)
    entry["omics"].append({"name": "protein", "path": str(tmp_path / "mrna.tsv")})
    with pytest.raises(DataError) as caught:
        run(world, entry)
    text = "\n".join(caught.value.faults)
    for part in (
        "'high'",
        "features that the model has of mirna",
        "no column 'event'",
        "omics protein: the model has none",
    ):
        assert part in text


def test_a_clinical_table_of_other_patients_is_a_fault(world, frames, tmp_path):
    clinical = frames["clinical"].rename(index=lambda id: f"X{id}")
    with pytest.raises(DataError, match="none of its ids .* is in the omics tables"):
        run(world, write({"mrna": frames["mrna"], "clinical": clinical}, tmp_path))


# Judged by follow-up


def test_predictions_with_follow_up_are_judged_as_held_out_patients_at_home(world, frames, tmp_path):
    found = run(world, write(frames, tmp_path))
    table = found.prediction.predictions.set_index("patient").join(world.follow_up)
    metrics = found.validation.metrics.set_index("metric")
    c = concordance_index(table["time"], -table["risk"], table["event"])
    assert metrics.loc["cindex", "value"] == pytest.approx(c, abs=1e-9)
    assert metrics.loc["cindex", "ci_low"] < c < metrics.loc["cindex", "ci_high"]
    own = {"observed_events", "expected_events", "observed_expected"}
    assert set(metrics.index) == {*world.chain.metrics["metric"], *own}
    verdict = found.validation.verdict.iloc[0]
    assert verdict["separation"] in ("separates", "suggestive")
    assert verdict["permutation_p"] == pytest.approx(0.01)
    assert verdict["ranking"] == "ranks"
    assert verdict["calibration"] in ("calibrated", "undetermined")
    assert verdict["added_value"] == "not_tested"
    everybody = found.validation.calibration.query("n_subtypes == 1")
    assert everybody["n"].tolist() == [len(table)] * 2
    assert set(found.validation.calibration["baseline"]) == {"model"}
    # Whose survival was permuted, says nothing.
    shuffled = frames["clinical"].sample(frac=1, random_state=3).set_axis(frames["clinical"].index)
    other = run(world, write({**frames, "clinical": shuffled}, tmp_path)).validation.verdict.iloc[0]
    assert other["permutation_p"] > 0.05
    assert other["separation"] not in ("separates", "suggestive", "separates_little")
    assert other["ranking"] in ("no_evidence", "underpowered")


def test_clinical_columns_of_new_patients_tell_what_the_predictions_add(world, frames, tmp_path):
    """Noise has nothing beside the model; a clinic that is the model's own risk leaves it nothing to add."""
    noise = np.random.default_rng(0).normal(size=len(frames["clinical"])).round(3)
    risk = run(world, write({name: frames[name] for name in OMICS}, tmp_path)).prediction.predictions
    known = risk.set_index("patient")["risk"].reindex(frames["clinical"].index)
    found = {}
    for name, column in (("noise", noise), ("risk", known)):
        entry = write({**frames, "clinical": frames["clinical"].assign(age=column)}, tmp_path)
        entry["clinical"]["covariates"] = ["age"]
        found[name] = run(world, entry).validation
    assert found["noise"].verdict["added_value"].tolist() == ["adds"]
    assert "They add to the clinical variables" in found["noise"].verdict["sentence"].iloc[0]
    assert found["risk"].verdict["added_value"].iloc[0] != "adds"
    table = found["risk"].added_value.set_index("term")
    assert table["covariates"].tolist() == ["age"] * 2
    assert table.loc["risk", "delta"] == pytest.approx(0, abs=0.02)
    assert found["risk"].verdict["added_delta"].iloc[0] == table.loc["subtype", "delta"]
    # The metrics know nothing of the clinic.
    pd.testing.assert_frame_equal(found["risk"].metrics, found["noise"].metrics)


def test_survival_is_told_at_the_horizons_of_the_model_and_lower_for_a_higher_risk(world, frames, tmp_path):
    table = run(world, write({"mrna": frames["mrna"]}, tmp_path)).prediction.predictions
    assert world.model.description["horizons"] == [365, 1825]
    for day in (365, 1825):
        low, middle, high = (table[f"survival_{day}{end}"] for end in ("_low", "", "_high"))
        assert ((0 <= low) & (low <= middle) & (middle <= high) & (high <= 1)).all()
        assert (np.diff(middle.to_numpy()[np.argsort(table["risk"])]) <= 1e-12).all()
    assert (table["survival_1825"] < table["survival_365"]).all()


def test_a_baseline_learned_anew_fits_the_new_patients_and_changes_no_risk(world, frames, tmp_path):
    clinical = frames["clinical"].assign(time=frames["clinical"]["time"] / 4)  # they die sooner than at home
    entry = write({**frames, "clinical": clinical}, tmp_path)
    before, after = run(world, entry), run(world, {**entry, "recalibrate": True})
    one, other = before.prediction.predictions, after.prediction.predictions
    np.testing.assert_array_equal(one["risk"], other["risk"])
    assert (other["survival_365"] < one["survival_365"]).all()
    calibration = after.validation.calibration.query("days == 365")
    gaps = (
        (calibration["n"] * (calibration["predicted"] - calibration["observed"]))
        .groupby(calibration["baseline"])
        .sum()
        .abs()
    )
    assert gaps["recalibrated"] < 0.2 * gaps["model"]
    assert "is no test of the model" in " ".join(after.checks["message"])
    pd.testing.assert_frame_equal(before.validation.metrics, after.validation.metrics)


def test_too_few_events_are_not_judged_and_that_is_said(world, frames, tmp_path):
    checks = Checks()
    predictions = run(world, write({"mrna": frames["mrna"]}, tmp_path)).prediction.predictions
    few = world.follow_up.assign(event=np.int8(0))
    arguments = (world.model.survival, [365.0], predictions, few, EVALUATION)
    assert validate(*arguments, name="new", seed=0, recalibrate=False, checks=checks) is None
    assert "too few to judge by" in checks.table()["message"].iloc[0]


# The command line


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def command(world, folder: Path, *more: str) -> list[str]:
    omics = [f"{name}={folder / name}.tsv" for name in ("mrna", "mirna")]
    return ["predict", str(world.folder), "--omics", *omics, "--out", str(folder / "out"), *more]


def test_the_command_line_writes_the_tables(world, frames, tmp_path, capsys):
    write(frames, tmp_path)
    follow_up = (
        "--clinical",
        str(tmp_path / "clinical.tsv"),
        "--time",
        "time",
        "--event",
        "event",
        "--patient",
        "patient",
    )
    assert main(command(world, tmp_path, *follow_up)) == 0
    said = capsys.readouterr()
    assert "patients predicted. Look at" in said.out
    assert "mind: the model has meth, and no table of it was given" in said.err
    names = {name for name in files_in(tmp_path / "out") if not name.startswith("figures/")}
    assert names == {
        f"{name}.tsv"
        for name in (
            *("predictions", "features", "shift", "checks", "metrics", "calibration", "added_value", "verdict"),
            *("subtypes", "omics", "matching", "model"),
        )
    } | {"summary.md", "report.html"}
    table = read_table(tmp_path / "out" / "predictions.tsv")
    assert len(table) == world.new.n
    assert table["subtype"].isin([1, 2]).all()
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert f"{world.new.n} patients were predicted: " in summary
    c = read_table(tmp_path / "out" / "metrics.tsv").set_index("metric").loc["cindex", "value"]
    assert f"| concordance of the risk | {c:.2f} [" in summary
    # Again without follow-up: tables of an earlier validation do not stay.
    assert main(command(world, tmp_path)) == 0
    assert len(read_table(tmp_path / "out" / "metrics.tsv")) == 0
    assert "Not judged" in (tmp_path / "out" / "summary.md").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: [*a[:3], "mrna", *a[4:]], "--omics: found 'mrna'; allowed is NAME=VALUE"),
        (lambda a: [*a, "--time", "days"], "--time: names a column, and there is no --clinical"),
        (lambda a: [*a, "--map-to-training", "always"], r"predict\[0\].map_to_training: found 'always'"),
        (lambda a: [*a, "--max-missing-features", "2"], r"predict\[0\].max_missing_features: found 2"),
        (lambda a: [*a, "--batch", "protein=site"], "--batch and --map: protein has no table"),
        (lambda a: [*a, "--recalibrate"], "there is no 'clinical' with the follow-up"),
        (lambda a: ["predict", "nowhere", *a[2:]], "no file 'nowhere'"),
    ],
)
def test_faults_of_the_command_line_are_told_in_a_sentence(world, frames, tmp_path, capsys, change, message):
    write(frames, tmp_path)
    assert main(change(command(world, tmp_path))) == 1
    said = capsys.readouterr().err
    assert re.search(message, said), said
    assert "Traceback" not in said


def test_the_workflow_predicts_by_a_model_of_elsewhere(world, frames, tmp_path, snakemake):
    """One job, and the same bytes as the command line writes with the same settings."""
    entry = write(frames, tmp_path)
    keys = ("name", "omics", "clinical")
    config = {
        "cohorts": [{"name": "demo", "simulate": {}}],
        "evaluation": {"bootstrap": 100, "permutations": 99},
        "predict": [{**{key: entry[key] for key in keys}, "model": str(world.folder)}],
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    done = snakemake("predict", "--cores", "1", cwd=tmp_path)
    assert "predict_patients" in done.stderr
    assert "train_embedding" not in done.stderr
    run(world, entry).write(tmp_path / "alone", "new", world.model)
    folder = tmp_path / "results" / "predict" / "new"
    names = files_in(folder)
    assert names == files_in(tmp_path / "alone")
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "alone" / name).read_bytes(), name


def test_a_summary_names_shifted_tables_before_any_number(world, frames, tmp_path):
    found = run(world, write({"mrna": frames["mrna"] * 1000, "meth": frames["meth"]}, tmp_path))
    found.write(tmp_path / "out", "new", world.model)
    text = (tmp_path / "out" / "summary.md").read_text()
    assert (
        "**Mind: the tables of mrna differ from what the model was fitted on."
        in text.split("patients were predicted")[0]
    )
    assert "| mrna | as given | location: how far" in text


def test_a_summary_says_what_the_omics_used_were_worth_at_home(world, frames, tmp_path):
    home = {"omics": ["mrna"], "agreement": [0.91, 0.85, 0.95], "cindex": [0.66, None, None]}
    model = replace(world.model, description={**world.model.description, "subsets": [home]})
    found = run(world, write({"mrna": frames["mrna"]}, tmp_path))
    found.write(tmp_path / "out", "new", model)
    text = (tmp_path / "out" / "summary.md").read_text()
    assert f"| mrna | {len(found.prediction.predictions)} | 0.91 [0.85 to 0.95] | 0.66 [no interval] |" in text


def test_what_the_page_on_new_patients_shows_to_be_typed_runs(world, frames, tmp_path, monkeypatch):
    """The command, the lines of Python and the config, in a folder with a model and tables as they name them."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "prediction.md").read_text(encoding="utf-8")
    code = {kind: re.search(rf"```{kind}\n(.*?)```", page, flags=re.S)[1] for kind in ("yaml", "bash", "python")}
    monkeypatch.chdir(tmp_path)
    Path("results/LIHC/vae").mkdir(parents=True)
    Path("results/LIHC/vae/model").symlink_to(world.folder)
    Path("data/hospital").mkdir(parents=True)
    write(frames, Path("."))
    write(
        {**frames, "clinical": frames["clinical"].rename_axis("id").set_axis(["days", "dead", "site"], axis=1)},
        Path("data/hospital"),
    )
    assert main(shlex.split(code["bash"])[1:]) == 0
    names = {"mrna": frames["mrna"], "mirna": frames["mirna"]}
    exec(code["python"], names)
    config = {"cohorts": [{"name": "demo", "simulate": {}}], **yaml.safe_load(code["yaml"])}
    found = run(world, load_config(config)["predict"][0])
    assert found.validation is not None
    for table in (names["found"].predictions, found.prediction.predictions):
        assert table["patient"].tolist() == read_table("hospital/predictions.tsv")["patient"].tolist()


def test_entries_of_the_config_are_not_changed(world, frames, tmp_path):
    entry = write({"mrna": frames["mrna"]}, tmp_path)
    before = copy.deepcopy(entry)
    run(world, entry)
    assert entry == before
