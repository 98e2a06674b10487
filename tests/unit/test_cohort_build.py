"""Well-formed tables in all the ways they come, and what the checks say of them."""

from __future__ import annotations

import copy
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from stratomics.cohort.build import build_cohort, median_follow_up
from stratomics.errors import DataError

N = 40
PREPROCESS = {"max_missing_patient": 0.2, "max_missing_feature": 0.2}
EVALUATION = {"folds": 2, "repeats": 1, "horizon_days": 500}


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """Two omics and a clinical table of 40 patients, 25 with the event."""
    rng = np.random.default_rng(0)
    ids = [f"P{i:02d}" for i in range(N)]
    mrna = pd.DataFrame(rng.normal(size=(N, 12)), ids, [f"g{j}" for j in range(12)]).round(3)
    meth = pd.DataFrame(rng.random((N, 8)), ids, [f"cg{j}" for j in range(8)]).round(3)
    clinical = pd.DataFrame(
        {
            "OS": [1] * 25 + [0] * 15,
            "OS.time": 100 + 20 * (7 * np.arange(N) % N),
            "age": rng.integers(40, 80, N),
            "stage": ["Stage I", "stage ii"] * (N // 2),
            "machine": ["HiSeq"] * 30 + ["GA"] * 10,
            "redaction": [""] * N,
        },
        index=ids,
    )
    return {"mrna": mrna, "meth": meth, "clinical": clinical}


def config(**clinical: Any) -> dict[str, Any]:
    return {
        "name": "toy",
        "omics": [{"name": "mrna", "path": "mrna.tsv"}, {"name": "meth", "path": "meth.tsv", "batch": "machine"}],
        "clinical": {
            "path": "clinical.tsv",
            "patient": "patient",
            "time": "OS.time",
            "event": "OS",
            "covariates": ["age", "stage"],
            "exclude": {},
            "event_codes": None,
            **clinical,
        },
    }


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.tsv", sep="\t", index_label="patient")


def build(tables: dict[str, pd.DataFrame], folder: Path, settings: dict[str, Any] | None = None) -> Any:
    write(tables, folder)
    return build_cohort(settings or config(), preprocess=PREPROCESS, evaluation=EVALUATION, base_dir=folder)


def value(checks: pd.DataFrame, check: str, **where: str) -> str:
    rows = checks[checks["check"] == check]
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1, rows
    return rows["value"].iloc[0]


def test_cohort_holds_what_the_tables_say(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["mrna"] = tables["mrna"].sample(frac=1, random_state=0)  # another order of patients
    cohort, checks = build(tables, tmp_path)
    assert list(cohort.patients) == [f"P{i:02d}" for i in range(N)]
    assert (cohort.n, cohort.n_events) == (40, 25)
    assert cohort.clinical.dtypes.astype(str).to_dict() == {
        "time": "float64",
        "event": "int8",
        "age": "float64",
        "stage": "object",
    }
    mrna, meth = cohort.omics
    expected = tables["mrna"].loc[cohort.patients].to_numpy(np.float32)
    np.testing.assert_array_equal(mrna.values.to_numpy(), expected)
    assert mrna.values.to_numpy().dtype == np.float32
    assert (mrna.batch, meth.transform) == (None, "none")
    assert meth.batch is not None
    assert meth.batch.value_counts().to_dict() == {"HiSeq": 30, "GA": 10}
    assert list(checks.columns) == ["level", "item", "id", "check", "value", "action", "message"]
    assert checks["level"].iloc[0] == "cohort"
    assert value(checks, "patients_kept") == "40"
    assert value(checks, "event_codes") == "0 = censored, 1 = event"
    assert value(checks, "few_events") == "25"


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv.gz", "txt", "parquet", "semicolons", "r", "bom", "unpacked"])
def test_every_kind_of_file_gives_the_same_cohort(tables: dict[str, pd.DataFrame], tmp_path: Path, kind: str) -> None:
    tables["mrna"].iloc[3, 4] = np.nan
    expected, _ = build(tables, tmp_path)
    settings = config()
    mrna = tables["mrna"]
    name = {"semicolons": "x.csv", "r": "x.tsv", "bom": "x.tsv", "unpacked": "x.tsv.gz"}.get(kind, f"x.{kind}")
    path = tmp_path / name
    match kind:
        case "parquet":
            mrna.to_parquet(path)
        case "semicolons":
            mrna.to_csv(path, sep=";")
        case "txt":
            mrna.to_csv(path, sep=",")
        case "r":
            path.write_text(mrna.to_csv(sep="\t", na_rep="NA").removeprefix("\t"))
        case "bom":
            path.write_text("\ufeff" + mrna.to_csv(sep="\t").replace("\n", "\r\n"), encoding="utf-8", newline="")
        case "unpacked":
            path.write_text(mrna.to_csv(sep="\t"))
        case "tsv.gz":
            path.write_bytes(gzip.compress(mrna.to_csv(sep="\t").encode()))
        case _:
            mrna.to_csv(path)
    settings["omics"][0]["path"] = name
    cohort, checks = build(tables, tmp_path, settings)
    pd.testing.assert_frame_equal(cohort.omics[0].values, expected.omics[0].values)
    said = set(checks.loc[checks["item"] == "mrna", "check"]) & {"separator", "header"}
    assert said == {"semicolons": {"separator"}, "r": {"header"}}.get(kind, set())


def test_clinical_table_from_parquet(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    expected, _ = build(tables, tmp_path)
    tables["clinical"].astype({"OS": bool}).reset_index(names="patient").to_parquet(tmp_path / "clinical.parquet")
    cohort, checks = build(tables, tmp_path, config(path="clinical.parquet"))
    pd.testing.assert_frame_equal(cohort.clinical, expected.clinical)
    assert value(checks, "event_codes") == "False = censored, True = event"


def test_tab_file_separated_by_commas_is_read_and_said(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    expected, _ = build(tables, tmp_path)
    settings = config()
    tables["mrna"].to_csv(tmp_path / "commas.tsv")
    settings["omics"][0]["path"] = "commas.tsv"
    cohort, checks = build(tables, tmp_path, settings)
    pd.testing.assert_frame_equal(cohort.omics[0].values, expected.omics[0].values)
    assert value(checks, "separator") == "commas"


def test_patients_in_columns_are_found(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    expected, _ = build(tables, tmp_path)
    cohort, checks = build({**tables, "mrna": tables["mrna"].T}, tmp_path)
    pd.testing.assert_frame_equal(cohort.omics[0].values, expected.omics[0].values)
    assert value(checks, "orientation", item="mrna") == "patients in columns"
    assert value(checks, "orientation", item="meth") == "patients in rows"


@pytest.mark.parametrize("kind", ["tsv", "parquet"])
def test_numeric_ids_stay_text(tables: dict[str, pd.DataFrame], tmp_path: Path, kind: str) -> None:
    for table in tables.values():
        table.index = pd.Index([f"{i:03d}" for i in range(N)])
    settings = config()
    if kind == "parquet":
        settings["omics"][0]["path"] = "mrna.parquet"
        tables["mrna"].to_parquet(tmp_path / "mrna.parquet")
    cohort, _ = build(tables, tmp_path, settings)
    assert list(cohort.patients[:2]) == ["000", "001"]
    assert cohort.n == N


@pytest.mark.parametrize(
    ("event", "censored"),
    [("1", "0"), ("1.0", "0.0"), ("TRUE", "False"), ("Dead", "alive"), ("DECEASED", "LIVING"), ("yes", "No")],
)
def test_usual_event_codes_are_understood(
    tables: dict[str, pd.DataFrame], tmp_path: Path, event: str, censored: str
) -> None:
    clinical = tables["clinical"]
    clinical["OS"] = clinical["OS"].map({1: event, 0: censored})
    cohort, checks = build(tables, tmp_path)
    assert cohort.event.tolist() == [True] * 25 + [False] * 15
    assert f"{event} = event" in value(checks, "event_codes")
    assert f"{censored} = censored" in value(checks, "event_codes")


def test_event_codes_of_the_config_are_used(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["clinical"]["OS"] += 1
    cohort, checks = build(tables, tmp_path, config(event_codes={"event": ["2"], "censored": [1]}))
    assert cohort.event.tolist() == [True] * 25 + [False] * 15
    assert value(checks, "event_codes") == "1 = censored, 2 = event"


@pytest.mark.parametrize("cell", ["", "NA", "nan", "NULL", "[Not Available]", " [Discrepancy] ", "None"])
def test_missing_cells_are_missing(tables: dict[str, pd.DataFrame], tmp_path: Path, cell: str) -> None:
    tables["mrna"] = tables["mrna"].astype(object)
    tables["mrna"].iloc[5, 2] = cell
    tables["clinical"].loc["P07", "stage"] = cell
    tables["clinical"].loc["P31", "machine"] = cell
    cohort, checks = build(tables, tmp_path)
    assert np.argwhere(np.isnan(cohort.omics[0].values.to_numpy())).tolist() == [[5, 2]]
    assert cohort.clinical.index[cohort.clinical["stage"].isna()].tolist() == ["P07"]
    assert value(checks, "covariate_missing", id="stage") == "1"
    batch = cohort.omics[1].batch
    assert batch is not None
    assert batch.index[batch.isna()].tolist() == ["P31"]
    assert value(checks, "batch_unknown") == "1"
    assert value(checks, "batch_small") == "1"


def test_batches_that_differ_in_case_are_one(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["clinical"]["machine"] = ["GA", "HiSeq", "HiSeq", "hiseq"] * (N // 4)
    cohort, checks = build(tables, tmp_path)
    batch = cohort.omics[1].batch
    assert batch is not None
    assert batch.value_counts().to_dict() == {"HiSeq": 30, "GA": 10}
    assert value(checks, "levels_merged", id="machine") == "1"


def test_batches_of_one_patient_are_hardly_batches(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["clinical"]["machine"] = [f"S{max(0, i - 12)}" for i in range(N)]
    _, checks = build(tables, tmp_path)
    rows = checks[checks["check"].str.startswith("batch_") & (checks["action"] == "warning")]
    assert rows["check"].tolist() == ["batch_no_batch"]
    assert rows["message"].iloc[0].startswith("27 of the 28 batches of meth (column machine) are of one patient")


def test_groups_are_kept_beside_the_clinical_table(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    site = ["A"] * 22 + ["b"] * 9 + ["B"] * 3 + ["C", "", "NA", "D", "D", "E"]
    cohort, checks = build(
        {**tables, "clinical": tables["clinical"].assign(site=site)}, tmp_path, config(groups="site")
    )
    assert cohort.groups is not None
    assert cohort.groups.tolist() == ["A"] * 22 + ["b"] * 12 + ["C", "not known", "not known", "D", "D", "E"]
    assert "site" not in cohort.clinical
    assert value(checks, "groups", id="site") == "6"
    assert value(checks, "groups_unknown", id="site") == "2"
    assert value(checks, "groups_movable", id="site") == "38"
    rows = checks.set_index("check")
    assert "38 of 40 patients, 25 of 25 events, share their site with another" in rows.at["groups_movable", "message"]


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (["A"] * N, "is 'A' for every patient of the cohort, so there is nothing to keep apart."),
        ([""] * N, "is empty for every patient of the cohort, so there is nothing to keep apart."),
        ([f"s{i}" for i in range(N)], "has 40 groups for 40 patients, so most have nobody to change places with"),
        (["A", "B"] * (N // 2), "has 2 groups (A, B), and evaluation.folds is 3. Groups stay whole"),
        (None, "no column 'site', which the config names as clinical.groups."),
    ],
)
def test_groups_that_cannot_be_kept_apart_are_refused(
    tables: dict[str, pd.DataFrame], tmp_path: Path, site: list[str] | None, said: str
) -> None:
    write({**tables, "clinical": tables["clinical"].assign(**({} if site is None else {"site": site}))}, tmp_path)
    with pytest.raises(DataError) as error:
        build_cohort(
            config(groups="site"), preprocess=PREPROCESS, evaluation={**EVALUATION, "folds": 3}, base_dir=tmp_path
        )
    assert len(error.value.faults) == 1
    assert said in error.value.faults[0]


def test_rows_of_a_patient_that_agree_are_one(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    expected, _ = build(tables, tmp_path)
    treatments = tables["clinical"].loc[["P03", "P07"]].assign(unused="another treatment")
    tables["clinical"] = pd.concat([tables["clinical"].assign(unused="a treatment"), treatments])
    cohort, checks = build(tables, tmp_path)
    pd.testing.assert_frame_equal(cohort.clinical, expected.clinical)
    assert value(checks, "rows_merged") == "2"


def test_samples_of_the_config_make_patients(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    names = {f"P{i:02d}": f"TCGA-QQ-A{i:03d}" for i in range(N)}
    expected, _ = build({name: table.rename(index=names) for name, table in tables.items()}, tmp_path)
    mrna = tables["mrna"].rename(index=lambda name: f"{names[name]}-01A".replace("-", "."))
    normals = tables["mrna"].iloc[:9].add(1).rename(index=lambda name: f"{names[name]}-11A".replace("-", "."))
    clinical = tables["clinical"].rename(index=lambda name: f"{names[name]}-01").reset_index(names="patient")
    samples = {"mrna": pd.concat([normals, mrna]).T, "meth": tables["meth"].rename(index=names)}
    samples["clinical"] = clinical.set_index("patient")
    cohort, checks = build(samples, tmp_path, {**config(), "samples": ["01"]})
    pd.testing.assert_frame_equal(cohort.clinical, expected.clinical)
    for one, other in zip(cohort.omics, expected.omics, strict=True):
        pd.testing.assert_frame_equal(one.values, other.values)
    assert value(checks, "samples_left_out", item="mrna") == "9"


def test_an_omics_with_a_fault_has_no_further_ones(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["mrna"] = tables["mrna"].astype(object)
    tables["mrna"].iloc[:] = "TRUE"
    with pytest.raises(DataError) as error:
        build(tables, tmp_path)
    assert [fault.split(": ")[1][:25] for fault in error.value.faults] == ["480 cells are not numbers"]


def test_columns_that_describe_genes_are_no_patients(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    expected, _ = build(tables, tmp_path)
    mrna = tables["mrna"].T
    mrna.insert(0, "Entrez_Gene_Id", np.arange(12))
    cohort, checks = build({**tables, "mrna": mrna}, tmp_path)
    pd.testing.assert_frame_equal(cohort.omics[0].values, expected.omics[0].values)
    assert value(checks, "feature_column") == "Entrez_Gene_Id"
    assert "not_in_clinical" not in set(checks["check"])


def test_every_patient_is_accounted_for(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    clinical = tables["clinical"]
    clinical["OS.time"] = clinical["OS.time"].astype(object)
    clinical.loc["P00", "OS.time"] = "[Not Available]"
    clinical.loc["P39", "OS.time"] = 0
    clinical["OS"] = clinical["OS"].astype(object)
    clinical.loc["P37", "OS"] = np.nan
    clinical.loc["P36", "redaction"] = "Redacted"
    tables["mrna"].loc["P35", ["g0", "g1", "g2"]] = np.nan  # 25 % of 12
    tables["mrna"].loc["P34", ["g0", "g1"]] = np.nan  # 17 %: kept
    tables["mrna"] = tables["mrna"].drop(index=["P36", "P33"])
    tables["meth"] = tables["meth"].drop(index=["P33"])
    tables["meth"].loc["X1"] = 0.5
    settings = config(exclude={"redaction": ["Redacted"], "stage": ["Stage IX"]})
    cohort, checks = build(tables, tmp_path, settings)
    left_out = checks[checks["check"] == "left_out"].set_index("id")
    assert left_out["message"].to_dict() == {
        "P00": "OS.time is missing",
        "P33": "not in mrna; not in meth",
        "P35": "25.0% of mrna missing (most allowed: 20%)",
        "P36": "excluded: redaction is 'Redacted'; not in mrna",
        "P37": "OS is missing",
        "P39": "OS.time is 0",
    }
    assert left_out.loc["P36", "value"] == "excluded;absent_mrna"
    assert set(left_out["action"]) == {"dropped"}
    assert int(value(checks, "patients_in_clinical")) == cohort.n + len(left_out) == 40
    assert not set(cohort.patients) & set(left_out.index)
    assert checks.loc[checks["check"] == "not_in_clinical", "id"].tolist() == ["X1"]
    assert value(checks, "patients_usable") == "36"
    assert value(checks, "patients_mrna") == "35"
    assert value(checks, "exclude", id="stage") == "0"


def test_negative_time_drops_the_patient(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["clinical"].loc["P38", "OS.time"] = -3
    cohort, checks = build(tables, tmp_path)
    assert cohort.n == N - 1
    row = checks[checks["id"] == "P38"].iloc[0]
    assert (row["value"], row["message"]) == ("negative_time", "OS.time is negative (-3)")


def test_features_missing_in_everybody_do_not_count_against_patients(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    tables["mrna"][["g0", "g1", "g2"]] = np.nan
    cohort, checks = build(tables, tmp_path)
    assert cohort.n == N
    assert checks.loc[checks["check"] == "all_missing", "id"].tolist() == ["g0", "g1", "g2"]


def test_features_that_cannot_vary_are_dropped(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    mrna = tables["mrna"]
    mrna["g3"] = 7.0
    mrna["g4"] = [np.nan] * 3 + [2.0] * (N - 3)
    mrna["g5"] = [1.0] + [0.0] * (N - 1)  # varies only by a patient who is left out
    tables["clinical"]["OS.time"] = tables["clinical"]["OS.time"].astype(float)
    tables["clinical"].loc["P00", "OS.time"] = np.nan
    cohort, checks = build(tables, tmp_path)
    dropped = checks[checks["level"] == "feature"]
    assert dropped["id"].tolist() == ["g3", "g4", "g5"]
    assert set(dropped["action"]) == {"dropped"}
    assert list(cohort.omics[0].values) == ["g0", "g1", "g2", "g6", "g7", "g8", "g9", "g10", "g11"]
    assert value(checks, "features", item="mrna") == "12"
    assert value(checks, "features_kept", item="mrna") == "9"


def test_advice_on_scale(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["mrna"] *= 1000
    tables["meth"] *= 1e5
    cohort, checks = build(tables, tmp_path)
    advice = checks[checks["action"] == "advice"].set_index("item")["message"]
    assert advice["mrna"].endswith("have very heavy tails: consider transform rank_normal")
    assert advice["meth"].endswith("look like counts or reads per million: consider transform log2p1")
    settings = config()
    settings["omics"][1]["transform"] = "log2p1"
    cohort, checks = build(tables, tmp_path, settings)
    assert cohort.omics[1].transform == "log2p1"
    assert checks.loc[checks["action"] == "advice", "item"].tolist() == ["mrna"]


def test_warnings_about_the_endpoint(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["clinical"]["OS.time"] = 1 + 7 * np.arange(N) % N  # months
    tables["clinical"]["OS"] = 1
    tables["clinical"]["age"] = 50
    _, checks = build(tables, tmp_path)
    warnings = set(checks.loc[checks["action"] == "warning", "check"])
    assert warnings == {"few_events", "no_censoring", "time_unit", "followed_to_horizon", "covariate_constant"}


def test_gappy_features_are_counted(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["mrna"].loc["P00":"P09", "g0"] = np.nan  # type: ignore[misc]
    cohort, checks = build(tables, tmp_path)
    assert value(checks, "features_gappy") == "1"
    assert value(checks, "missing_share", item="mrna") == f"{10 / (12 * N):.4g}"
    assert "g0" in cohort.omics[0].values


def test_several_faults_come_at_once(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    tables["mrna"] = tables["mrna"].astype(object)
    tables["mrna"].iloc[1, 2] = "high"
    tables["meth"].loc["P03", "cg1"] = -1.0
    settings = config(event="OSS", covariates=["agee"])
    settings["omics"][1]["transform"] = "log2p1"
    settings["omics"].append({"name": "mut", "path": "mut.tsv"})
    untouched = copy.deepcopy(settings)
    with pytest.raises(DataError) as error:
        build(tables, tmp_path, settings)
    assert settings == untouched
    assert [fault[:40] for fault in error.value.faults] == [
        "clinical.tsv: no column 'OSS', which the",
        "clinical.tsv: no column 'agee', which th",
        "mrna.tsv: 1 cell is not a number: 'high'",
        "mut.tsv: does not exist. It should be om",
        "meth.tsv: 1 value is below 0 in omics 'm",
    ]


def test_median_follow_up_agrees_with_lifelines() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        time = rng.integers(1, 50, 80).astype(float)
        event = rng.random(80) < 0.4
        expected = KaplanMeierFitter().fit(time, ~event).median_survival_time_
        assert median_follow_up(time, event) == expected
    assert median_follow_up(time, np.ones(80)) == np.inf
