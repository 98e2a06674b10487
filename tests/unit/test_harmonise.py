"""Whose measurements a row holds is certain, or the table is refused: ids that agree by chance name the wrong patients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.build import build_cohort
from stratomics.errors import DataError

N = 60
GENES = ["TP53", "BRCA1", "NAT1", "NAT2", "MARCHF1", "HLA-A", "DES", "EFS"]


def tables(ids: list[str]) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(0)
    clinical = {
        "OS": rng.permutation([1] * 35 + [0] * (len(ids) - 35)),
        "OS.time": np.ceil(rng.exponential(900, len(ids))).astype(int) + 5,
        "age": rng.integers(40, 80, len(ids)),
        "sex": rng.choice(["m", "f"], len(ids)),
    }
    return {
        "mrna": pd.DataFrame(rng.normal(size=(len(ids), len(GENES))).round(3), ids, GENES),
        "meth": pd.DataFrame(rng.random((len(ids), 5)).round(3), ids, [f"cg{j}" for j in range(5)]),
        "clinical": pd.DataFrame(clinical, ids),
    }


def build(folder: Path, made: dict[str, pd.DataFrame], texts: dict[str, str] | None = None, **cohort: Any) -> Any:
    for name, table in made.items():
        table.to_csv(folder / f"{name}.tsv", sep="\t", index_label="patient")
    for name, text in (texts or {}).items():
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    config = {
        "name": "toy",
        "omics": [{"name": name, "path": f"{name}.tsv"} for name in ("mrna", "meth")],
        "clinical": {
            "path": "clinical.tsv",
            "patient": "patient",
            "time": "OS.time",
            "event": "OS",
            "covariates": ["age", "sex"],
        },
        **cohort,
    }
    kept = {"max_missing_patient": 0.2, "max_missing_feature": 0.2}
    return build_cohort(config, preprocess=kept, evaluation={"folds": 2, "horizon_days": 500}, base_dir=folder)


def numbers(first: int, last: int) -> list[str]:
    return [str(i) for i in range(first, last + 1)]


def refused(folder: Path, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(DataError) as error:
        build(folder, *args, **kwargs)
    return error.value.faults[0]


@pytest.mark.parametrize("first", [0, 1])
def test_running_numbers_are_no_ids(tmp_path: Path, first: int) -> None:
    made = tables(numbers(1, N))
    shuffled = made["mrna"].sample(frac=1, random_state=1).reset_index(names="patient")
    shuffled.index += first
    fault = refused(tmp_path, made, {"mrna": shuffled.to_csv(sep="\t")})
    assert fault.startswith("mrna.tsv: 'patient' stands among the features")
    assert "make it the first column" in fault


def test_numbers_of_features_are_no_patients(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    made = tables(numbers(1, N))
    both = pd.DataFrame(rng.normal(size=(N - 5, 50)), numbers(6, N), numbers(1, 50))
    assert "the names of both its rows" in refused(tmp_path, {**made, "mrna": both})
    some = pd.DataFrame(rng.normal(size=(300, N)), numbers(20, 319), [f"X{i}" for i in range(1, N + 1)])
    fault = refused(tmp_path, {**made, "mrna": some})
    assert "nearly are. R puts an X before names" in fault


def test_measurements_are_no_names(tmp_path: Path) -> None:
    made = tables([f"P{i}" for i in range(N)])
    text = made["mrna"].to_csv(sep="\t", header=False)
    assert "the first line holds measurements" in refused(tmp_path, made, {"mrna": text})
    text = made["mrna"].T.to_csv(sep="\t", header=False)
    assert "write a header above it" in refused(tmp_path, made, {"mrna": text})


@pytest.mark.parametrize("samples", [[], ["01"]])
def test_few_samples_among_patients(tmp_path: Path, samples: list[str]) -> None:
    ids = [f"TCGA-QQ-A{i:03d}" for i in range(N)]
    made = {
        name: pd.concat([table, table.iloc[:4].rename(index=lambda name: f"{name}-06A")])
        for name, table in tables(ids).items()
    }
    if samples:
        cohort, checks = build(tmp_path, made, samples=samples)
        assert list(cohort.patients) == ids
        assert (checks["check"] == "samples_left_out").sum() == 3
    else:
        assert "4 of type 06 (metastatic), beside 60 ids of patients" in refused(tmp_path, made)


@pytest.mark.parametrize("samples", [[], ["01"]])
@pytest.mark.parametrize("suffixes", [("-T", "-N"), ("", ".N"), ("_pre", "_post"), ("tumor", "normal")])
def test_pairs_of_one_patient(tmp_path: Path, suffixes: tuple[str, str], samples: list[str]) -> None:
    ids = [f"P{i // 2:02d}{suffixes[i % 2]}" for i in range(N)]
    assert "look like samples of one patient" in refused(tmp_path, tables(ids), samples=samples)


@pytest.mark.parametrize(
    "pattern", ["HCC_T{i}", "S{tens}-N{ones}", "OV.T{i:03d}", "P-{i}", "T-{i}", "A{i}_1", "MET{i}"]
)
def test_patients_whose_ids_only_look_so(tmp_path: Path, pattern: str) -> None:
    cohort, checks = build(tmp_path, tables([pattern.format(i=i, tens=i // 10, ones=i % 10) for i in range(N)]))
    assert cohort.n == N
    assert set(checks.loc[checks["action"] == "warning", "check"]) <= {"few_events", "followed_to_horizon"}


def test_two_visits_of_each_patient_are_noticed(tmp_path: Path) -> None:
    made = tables([f"P{i // 2:02d}_V{i % 2 + 1}" for i in range(N)])
    made["clinical"].iloc[1::2] = made["clinical"].iloc[::2].to_numpy()
    _, checks = build(tmp_path, made)
    row = checks[checks["check"] == "same_course"].iloc[0]
    assert (row["value"], row["action"]) == ("30", "warning")


def test_one_repeated_number_in_another_column_is_no_fault(tmp_path: Path) -> None:
    made = tables([f"P{i}" for i in range(N)])
    made["clinical"]["patient_id"] = [*numbers(1, N - 1), "1"]
    cohort, checks = build(tmp_path, made)
    assert cohort.n == N
    assert checks.set_index("check").loc["people", "action"] == "warning"


def test_ids_that_a_spreadsheet_rounded(tmp_path: Path) -> None:
    made = tables([f"1.2345{i % 7}E+11" for i in range(N)])
    faults = refused(tmp_path, made)
    assert faults.endswith(
        "A spreadsheet rounded long numbers, so different patients have the same id: take the ids from the original table."
    )


def test_title_above_the_names_of_the_columns(tmp_path: Path) -> None:
    made = tables([f"P{i}" for i in range(N)])
    for columns in ([], ["OS", "OS.time", "age"]):
        made["clinical"][columns] = "NA"  # then only the config tells which are names
        text = "Table S1\t\t\t\t\n" + made["clinical"].to_csv(sep="\t", index_label="patient")
        fault = refused(tmp_path, made, {"clinical": text})
        assert fault.startswith("clinical.tsv: line 2 holds the names of the columns, not the first one.")
