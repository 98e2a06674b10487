"""Barcodes of samples are told from patients: normals and further samples are chosen by the config, or refused."""

from __future__ import annotations

import pytest

from stratomics.cohort.barcodes import read_barcodes
from stratomics.cohort.checks import Checks
from stratomics.cohort.persons import people, samples_of_patients
from stratomics.cohort.samples import SampleRule, choose_samples, describe_samples, sample_fault, sample_rule

PATIENTS = [f"TCGA-QQ-A{i:03d}" for i in range(10)]


def test_patients_are_no_samples() -> None:
    assert read_barcodes(PATIENTS) is None
    assert read_barcodes(["TP53", "EGFR"]) is None
    assert sample_fault("t.tsv", PATIENTS) is None


def test_one_tumour_of_each_patient_is_fine() -> None:
    assert sample_fault("t.tsv", [f"{name}-01A" for name in PATIENTS]) is None
    assert sample_fault("t.tsv", [f"{name}-06" for name in PATIENTS]) is None


@pytest.mark.parametrize(
    "names",
    [
        [*(f"{name}-01" for name in PATIENTS), f"{PATIENTS[0]}-11"],
        [*(f"{name}-01" for name in PATIENTS[1:]), f"{PATIENTS[0]}-11"],  # a normal of a patient without a tumour
        [*(f"{name}-01A-11R-A123-07" for name in PATIENTS), f"{PATIENTS[0]}-01B-11R-A123-07"],
        [*(f"{name}-01" for name in PATIENTS), f"{PATIENTS[0]}-06"],
        [f"{name.lower().replace('-', '.')}.{code}" for name in PATIENTS for code in ("01a", "10a")],
        [f"TARGET-20-PABCD{c}-{code}A-01R" for c in "ABCDEF" for code in ("09", "14")],
    ],
)
def test_normals_and_further_samples_are_refused_with_the_line_to_write(names: list[str]) -> None:
    fault = sample_fault("t.tsv", names)
    assert fault is not None
    assert 'Write in the config, under the cohort: samples: ["0' in fault
    assert "average" not in fault


def test_choice_of_samples_counts_what_it_leaves_out() -> None:
    names = [
        "TCGA-QQ-A000-11A", "TCGA-QQ-A000-01B", "TCGA-QQ-A000-01A-12R", "TCGA-QQ-A000-01A-11R", "tcga.qq.a001.01a",
        "TCGA-QQ-A002-06A", "gene",
    ]  # fmt: skip
    checks = Checks()
    chosen = choose_samples(names, SampleRule(("01",)), "omics", "mrna", "t.tsv", checks)
    assert chosen == [None, None, "TCGA-QQ-A000", None, "TCGA-QQ-A001", None, "gene"]
    table = checks.table().set_index("id")
    assert table.loc["11", "value"] == table.loc["06", "value"] == "1"
    assert table.index[table["check"] == "further_sample"].tolist() == ["TCGA-QQ-A000-01A-11R", "TCGA-QQ-A000-01B"]
    assert not checks.faults


@pytest.mark.parametrize(
    ("codes", "action"), [(["01"], "note"), (["03"], "note"), (["06"], "warning"), (["01", "02"], "warning")]
)
def test_types_of_the_samples_are_said(codes: list[str], action: str) -> None:
    checks = Checks()
    describe_samples(
        "t.tsv", [f"{name}-{codes[i % len(codes)]}A" for i, name in enumerate(PATIENTS)], "omics", "mrna", checks
    )
    assert checks.table()["action"].tolist() == [action]
    describe_samples("t.tsv", PATIENTS, "omics", "mrna", checks)
    assert len(checks.table()) == 1


def test_pairs_of_tissues_are_samples() -> None:
    assert sample_fault("t.tsv", [f"P{i}-{tissue}" for i in range(5) for tissue in "TN"]) is not None
    assert sample_fault("t.tsv", [*(f"P{i}_tumor" for i in range(5)), "p3_normal"]) is not None
    assert sample_fault("t.tsv", [f"{site}-{i}" for site in "TN" for i in range(5)]) is None
    fault = samples_of_patients(
        "t.tsv", [f"P{i}.{tissue}" for i in range(5) for tissue in "xy"], [f"P{i}" for i in range(9)]
    )
    assert fault is not None
    assert "'P0.x' and 'P0.y' of 'P0'" in fault


def test_wanted_types_count_in_their_order() -> None:
    names = ["TCGA-QQ-A000-01", "TCGA-QQ-A000-06", "TCGA-QQ-A001-01"]
    assert choose_samples(names, SampleRule(("06", "01")), "omics", "mrna", "t", Checks()) == [
        None,
        "TCGA-QQ-A000",
        "TCGA-QQ-A001",
    ]


def test_absent_type_is_a_fault() -> None:
    checks = Checks()
    choose_samples([f"{name}-03" for name in PATIENTS], SampleRule(("01",)), "omics", "mrna", "t.tsv", checks)
    assert checks.faults[0].startswith("t.tsv: no sample is of type 01")
    assert 'samples: ["03"]' in checks.faults[0]


def test_rows_that_are_visits_are_found_by_the_column_of_people() -> None:
    cells = {"visit": [f"v{i}" for i in range(30)], "Patient ID": [f"P{i // 2}" for i in range(30)], "sex": ["m"] * 30}
    assert people(cells, "visit") == ("Patient ID", 15)
    assert people(cells, "Patient ID") is None
    assert people({**cells, "Patient ID": [f"P{i}" for i in range(30)]}, "visit") is None


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("01A-01R-A001-07", "01B-02R-A002-07"),  # the first vial
        ("01A-01H-A001-07", "01A-02R-A002-07"),  # RNA: H before R before T, whatever the plate
        ("01A-01R-A001-07", "01A-02T-A002-07"),
        ("01A-01R-A002-07", "01A-02R-A001-07"),  # then the later plate
        ("01A-01D-A001-01", "01A-02W-A001-01"),  # DNA: native before amplified
        ("01A-02W-A002-01", "01A-01D-A001-01"),  # unless the amplified is of a later plate
        ("01A-02R-A001-07", "01A-01R-A001-07"),  # then the higher barcode
    ],
)
@pytest.mark.parametrize("turn", [False, True])
def test_replicates_follow_the_filter_of_firehose(better: str, worse: str, turn: bool) -> None:
    names = [f"TCGA-QQ-A000-{rest}" for rest in ((worse, better) if turn else (better, worse))]
    chosen = choose_samples(names, SampleRule(("01",)), "omics", "mrna", "t.tsv", Checks())
    assert chosen == ([None, "TCGA-QQ-A000"] if turn else ["TCGA-QQ-A000", None])


def test_primary_tumours_are_the_default_where_most_patients_have_one() -> None:
    rule = sample_rule({"samples": "primary"})
    blood = [f"TCGA-AB-{i}-{code}A" for i in range(2800, 2804) for code in ("03", "11")]  # LAML
    checks = Checks()
    assert choose_samples(blood, rule, "omics", "mrna", "t.tsv", checks) == [
        name for i in range(2800, 2804) for name in (f"TCGA-AB-{i}", None)
    ]
    assert not checks.faults
    skin = ["TCGA-QQ-A000-01A", *(f"TCGA-QQ-A00{i}-06A" for i in range(1, 9))]  # SKCM
    choose_samples(skin, rule, "omics", "mrna", "t.tsv", checks)
    assert 'samples: ["06"]' in checks.faults[0]


def test_pattern_of_the_config_names_patients() -> None:
    rule = sample_rule({"pattern": "(?P<patient>P[0-9]+)-T[0-9]"})
    checks = Checks()
    chosen = choose_samples(["P1-T2", "P1-T1", "P2-N1", "P2-T1"], rule, "omics", "mrna", "t.tsv", checks)
    assert chosen == [None, "P1", None, "P2"]
    assert choose_samples(["TP53", "EGFR"], rule, "omics", "mrna", "t.tsv", checks) is None
    assert checks.table().set_index("check").loc["samples_left_out", "value"] == "1"
