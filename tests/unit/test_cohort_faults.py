"""Broken tables: each has one message that says what, where, found, allowed and what to do."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.build import build_cohort
from stratomics.errors import DataError

N = 40
Tables = dict[str, pd.DataFrame]
Settings = dict[str, Any]
CASES: list[Any] = []


def case(*messages: str) -> Callable[[Callable[[Tables, Settings, Path], None]], None]:
    """Register what breaks the tables, the config or (after the tables are written) the files; and what must be said."""

    def register(breaks: Callable[[Tables, Settings, Path], None]) -> None:
        CASES.append(pytest.param(breaks, list(messages), id=breaks.__name__))

    return register


def write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, sep="\t", index_label="patient")


def attempt(breaks: Callable[[Tables, Settings, Path], None], folder: Path) -> list[str]:
    rng = np.random.default_rng(0)
    ids = [f"P{i:02d}" for i in range(N)]
    tables = {
        "mrna": pd.DataFrame(rng.normal(size=(N, 6)), ids, [f"g{j}" for j in range(6)]).round(3),
        "meth": pd.DataFrame(rng.random((N, 5)), ids, [f"cg{j}" for j in range(5)]).round(3),
        "clinical": pd.DataFrame(
            {
                "OS": [1] * 25 + [0] * 15,
                "OS.time": range(500, 500 + N),
                "age": 50 + rng.permutation(N),
                "machine": "GA",
            },
            ids,
        ),
    }
    settings: Settings = {
        "name": "toy",
        "omics": [{"name": "mrna", "path": "mrna.tsv"}, {"name": "meth", "path": "meth.tsv"}],
        "clinical": {
            "path": "clinical.tsv",
            "patient": "patient",
            "time": "OS.time",
            "event": "OS",
            "covariates": ["age"],
        },
    }
    for name, table in tables.items():
        write(table, folder / f"{name}.tsv")
    written = {name: table.copy() for name, table in tables.items()}
    breaks(tables, settings, folder)
    for name, table in tables.items():
        if not table.equals(written[name]) or list(table) != list(written[name]):
            write(table, folder / f"{name}.tsv")
    with pytest.raises(DataError) as error:
        build_cohort(
            settings,
            preprocess={"max_missing_patient": 0.2, "max_missing_feature": 0.2},
            evaluation={"folds": 2, "repeats": 1, "horizon_days": 500},
            base_dir=folder,
        )
    return error.value.faults


# Files


@case(
    "gone.tsv: does not exist. It should be omics 'mrna'; in the config, give its path relative to the folder the workflow "
    "runs in, or absolute."
)
def absent_file(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["omics"][0]["path"] = "gone.tsv"


@case(
    "folder.tsv: is a folder, and not one of a known format for the clinical table (a study of cBioPortal, or files of GDC with "
    "their sample sheet). Name the file in it."
)
def folder_for_file(tables: Tables, settings: Settings, folder: Path) -> None:
    (folder / "folder.tsv").mkdir()
    settings["clinical"]["path"] = "folder.tsv"


@case(
    "mrna.xlsx: the file is a spreadsheet (.xlsx, .ods) or another zip archive. Tables must be text separated by tabs, commas or "
    "semicolons, plain or gzipped, or parquet: save omics 'mrna' as one of these."
)
def spreadsheet(tables: Tables, settings: Settings, folder: Path) -> None:
    (folder / "mrna.xlsx").write_bytes(b"PK\x03\x04\x14")
    settings["omics"][0]["path"] = "mrna.xlsx"


@case("mrna.tsv: the first line is empty. It must name the columns; check how the file was written.")
def empty_file(tables: Tables, settings: Settings, folder: Path) -> None:
    (folder / "mrna.tsv").write_text("")


@case(
    "mrna.tsv: the table has a header and no row under it. One row per patient (or per feature) is needed; check how the "
    "file was written."
)
def header_only(tables: Tables, settings: Settings, folder: Path) -> None:
    (folder / "mrna.tsv").write_text("patient\tg0\tg1\n")


@case(
    "clinical.tsv: the first line is a single cell, 'patient|OS|OS.time'. A table needs several columns, separated by tabs, "
    "commas or semicolons: write it again with one of these. It looks separated by vertical bars."
)
def unknown_separator(tables: Tables, settings: Settings, folder: Path) -> None:
    (folder / "clinical.tsv").write_text("patient|OS|OS.time\nP00|1|20\n")


@case(
    "mrna.tsv: 1 of 40 rows is not as wide as the header, which has 7 cells (line 41: 3). Every row must have one cell per "
    "column; the file may be cut short, or a cell may hold the separator: write the table again."
)
def cut_short(tables: Tables, settings: Settings, folder: Path) -> None:
    lines = (folder / "mrna.tsv").read_text().splitlines()
    lines[-1] = "\t".join(lines[-1].split("\t")[:3])
    (folder / "mrna.tsv").write_text("\n".join(lines))


@case(
    "meth.tsv: 40 of 40 rows are not as wide as the header, which has 6 cells (line 2: 8, line 3: 8, line 4: 8, ...). Every "
    "row must have one cell per column; the file may be cut short, or a cell may hold the separator: write the table again."
)
def ragged(tables: Tables, settings: Settings, folder: Path) -> None:
    header, *lines = (folder / "meth.tsv").read_text().splitlines()
    (folder / "meth.tsv").write_text("\n".join([header, *(f"{line}\t1\t2" for line in lines)]))


@case(
    "mrna.tsv.gz: the gzip file is damaged or cut short (Compressed file ended before the end-of-stream marker was reached). "
    "Copy or download it again."
)
def damaged_gzip(tables: Tables, settings: Settings, folder: Path) -> None:
    whole = gzip.compress((folder / "mrna.tsv").read_bytes())
    (folder / "mrna.tsv.gz").write_bytes(whole[:-200])
    settings["omics"][0]["path"] = "mrna.tsv.gz"


@case(
    "clinical.tsv: this is not text in UTF-8. Tables must be plain UTF-8 text, or parquet; save it again as such (in a "
    "spreadsheet: 'CSV UTF-8')."
)
def utf16(tables: Tables, settings: Settings, folder: Path) -> None:
    (folder / "clinical.tsv").write_text((folder / "clinical.tsv").read_text(), encoding="utf-16")


@case(
    "mrna.parquet: the table has 40 rows and 1 column. At least one row and, beside the ids, one column are needed; check "
    "how the file was written."
)
def parquet_of_ids(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].reset_index(names="patient")[["patient"]].to_parquet(folder / "mrna.parquet")
    settings["omics"][0]["path"] = "mrna.parquet"


# Cells of the omics


@case(
    "mrna.tsv: 1 cell is not a number: 'high' (line 5, row 'P03', column 'g2'). Measurements must be numbers, or empty, NA and "
    "the like where missing. Correct them, or write NA where a value is missing."
)
def text_cell(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"] = tables["mrna"].astype(object)
    tables["mrna"].loc["P03", "g2"] = "high"


@case(
    "mrna.parquet: 1 cell is not a number: 'high' (row 4, row 'P03', column 'g2'). Measurements must be numbers, or empty, NA "
    "and the like where missing. Correct them, or write NA where a value is missing."
)
def text_cell_in_parquet(tables: Tables, settings: Settings, folder: Path) -> None:
    mrna = tables["mrna"].assign(g2=tables["mrna"]["g2"].astype(str))
    mrna.loc["P03", "g2"] = "high"
    mrna.to_parquet(folder / "mrna.parquet")
    settings["omics"][0]["path"] = "mrna.parquet"


@case(
    "mrna.tsv: 40 cells are not numbers: 'X1' (line 2, row 'P00', column 'batch'); 'X1' (line 3, row 'P01', column 'batch'); "
    "'X1' (line 4, row 'P02', column 'batch'); and 37 more. Measurements must be numbers, or empty, NA and the like where missing. "
    "The whole column 'batch' is text: remove it from the table."
)
def text_column(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].insert(0, "batch", "X1")


@case(
    "meth.tsv: 2 cells are not numbers: '0,25' (line 2, row 'P00', column 'cg0'); '0,5' (line 3, row 'P01', column 'cg1'). "
    "Measurements must be numbers, or empty, NA and the like where missing. Write decimals with a point, not a comma."
)
def decimal_commas(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["meth"] = tables["meth"].astype(object)
    tables["meth"].loc["P00", "cg0"], tables["meth"].loc["P01", "cg1"] = "0,25", "0,5"


@case(
    "mrna.tsv: 2 cells are infinite or beyond 3.4e38: line 2, row 'P00', column 'g0'; line 3, row 'P01', column 'g1'. "
    "Measurements must be finite: correct them (a logarithm of zero?), or write NA where a value is missing."
)
def infinite(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].loc["P00", "g0"], tables["mrna"].loc["P01", "g1"] = -np.inf, 1e39


# Names and ids


@case(
    "mrna.tsv: 1 patient is there more than once: 'P03' in lines 5, 42. Each patient must be there once: keep the row of one "
    "sample (the primary tumour) and remove the others."
)
def repeated_patient(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"] = pd.concat([tables["mrna"], tables["mrna"].loc[["P03"]]])


@case(
    "mrna.tsv: 1 patient is there more than once: 'P03' in columns 5, 42. Each patient must be there once: keep the column of "
    "one sample (the primary tumour) and remove the others."
)
def repeated_patient_in_columns(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"] = pd.concat([tables["mrna"], tables["mrna"].loc[["P03"]]]).T


@case(
    "mrna.tsv: 1 feature is there more than once: 'g0' in columns 2, 3, 7. Names must be unique: remove, average or rename the "
    "others."
)
def repeated_feature(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].columns = pd.Index(["g0", "g0", "g2", "g3", "g4", "g0"])


@case("mrna.tsv: 1 feature has no name (column 3). Every feature needs one: name or remove them.")
def unnamed_feature(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].columns = pd.Index(["g0", "", "g2", "g3", "g4", "g5"])


@case("mrna.tsv: 1 patient has no name (line 2). Every patient needs one: name or remove them.")
def unnamed_patient(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].index = pd.Index(["NA", *tables["mrna"].index[1:]])


@case(
    "mrna.tsv: neither its rows ('S0', 'S1', 'S2', ... (40 in all)) nor its columns ('g0', 'g1', 'g2', ... (6 in all)) are "
    "patients of clinical.tsv ('P00', 'P01', 'P02', ... (40 in all)). At least 50% of the patients of the smaller table "
    "must be in the other. Use the same ids in both tables."
)
def other_ids(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].index = pd.Index([f"S{i}" for i in range(N)])


@case(
    "mrna.tsv: 10 of the 40 names of its rows ('P00', 'P01', 'P02', ... (40 in all)) are ids of clinical.tsv ('P00', "
    "'P01', 'P02', ... (40 in all)). At least 50% of the patients of the smaller table must be in the other. Use the same "
    "ids in both tables."
)
def few_shared_ids(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"].index = pd.Index([f"P{i:02d}" if i < 10 else f"S{i}" for i in range(N)])


@case(
    "mrna.tsv: 0 of the 40 names of its columns ('TCGA-2Y-0000-01A-11R', 'TCGA-2Y-0001-01A-11R', 'TCGA-2Y-0002-01A-11R', "
    "... (40 in all)) are ids of clinical.tsv ('TCGA-2Y-0000', 'TCGA-2Y-0001', 'TCGA-2Y-0002', ... (40 in all)). The ids "
    "of mrna.tsv are samples (40 of type 01 (primary solid tumour)), those of clinical.tsv patients. Write in the config, "
    "under the cohort: "
    'samples: ["01"] to take the samples of type 01 (primary solid tumour), one per patient, and to leave out the others.'
)
def barcodes_of_samples(tables: Tables, settings: Settings, folder: Path) -> None:
    for table in tables.values():
        table.index = pd.Index([f"TCGA-2Y-{i:04d}" for i in range(N)])
    tables["mrna"] = tables["mrna"].set_axis(tables["mrna"].index + "-01A-11R").T


@case(
    "mrna.tsv: 0 of the 40 names of its rows ('TCGA.00', 'TCGA.01', 'TCGA.02', ... (40 in all)) are ids of clinical.tsv "
    "('TCGA-00', 'TCGA-01', 'TCGA-02', ... (40 in all)). At least 50% of the patients of the smaller table must be in the "
    "other. The ids differ only in their separators (R writes '.' for '-'): write them alike."
)
def separators_of_r(tables: Tables, settings: Settings, folder: Path) -> None:
    for name, table in tables.items():
        table.index = pd.Index([f"TCGA{'.' if name == 'mrna' else '-'}{i:02d}" for i in range(N)])


@case(
    "meth.tsv: 0 of the 40 names of its rows ('0', '1', '2', ... (40 in all)) are ids of clinical.tsv ('000', '001', "
    "'002', ... (40 in all)). At least 50% of the patients of the smaller table must be in the other. The ids differ only "
    "in leading zeros: write them alike, as text."
)
def leading_zeros(tables: Tables, settings: Settings, folder: Path) -> None:
    for name, table in tables.items():
        table.index = pd.Index([str(i) if name == "meth" else f"{i:03d}" for i in range(N)])


# The clinical table


@case(
    "clinical.tsv: no column 'OS_time', which the config names as clinical.time. Did you mean 'OS.time'? Correct the name in "
    "the config."
)
def misspelt_time(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["clinical"]["time"] = "OS_time"


@case(
    "clinical.tsv: no column 'sample', which the config names as clinical.patient. The columns are 'patient', 'OS', "
    "'OS.time', 'age', 'machine'. Correct the name in the config."
)
def misspelt_patient(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["clinical"]["patient"] = "sample"


@case(
    "clinical.tsv: 'OS.time' and 'OS' stand in the first column, so each patient has a column. The clinical table must have "
    "one row per patient: turn it round."
)
def clinical_turned_round(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"] = tables["clinical"].T


@case(
    "clinical.tsv: no column 'Machines', which the config names as batch of omics 'meth'. Did you mean 'machine'? Correct "
    "the name in the config; if the column stands in another file, name that file under clinical: join: [...]"
)
def misspelt_batch(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["omics"][1]["batch"] = "Machines"


@case(
    "clinical.tsv: no column 'aged', which the config names as clinical.covariates. Did you mean 'age'? Correct the name in "
    "the config; if the column stands in another file, name that file under clinical: join: [...]",
    "clinical.tsv: no column 'redaction', which the config names as clinical.exclude. The columns are 'patient', 'OS', "
    "'OS.time', 'age', 'machine'. Correct the name in the config.",
)
def misspelt_covariate_and_exclude(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["clinical"]["covariates"] = ["aged"]
    settings["clinical"]["exclude"] = {"redaction": ["Redacted"]}


@case(
    "clinical.tsv: clinical.covariates names 'OS', which is the column of ids, time or event itself. Covariates are what was "
    "known when follow-up began (age, sex, stage): remove it from clinical.covariates."
)
def event_as_covariate(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["clinical"]["covariates"] = ["age", "OS"]


@case(
    "clinical.tsv: clinical.covariates names a column 'time', a name that the cohort uses for the follow-up. Rename the "
    "column in the table and in the config."
)
def covariate_called_time(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["time"] = 3
    settings["clinical"]["covariates"] = ["time"]


@case(
    "clinical.tsv: 2 columns are called 'OS', which the config names as clinical.event. Names must be unique: rename or "
    "remove all but one."
)
def repeated_column(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"].insert(1, "OS", 1, allow_duplicates=True)


@case(
    "clinical.tsv: 2 patients are listed more than once, with different 'age', 'OS': 'P04' in lines 6, 43; 'P05' in lines "
    "7, 44. Each patient must have one row: remove or merge the others."
)
def repeated_patient_in_clinical(tables: Tables, settings: Settings, folder: Path) -> None:
    again = tables["clinical"].loc[["P03", "P04", "P05"]].copy()
    again.loc["P04", "age"] = 3
    again.loc["P05", "OS"] = 0
    tables["clinical"] = pd.concat([tables["clinical"], again])


@case(
    "clinical.tsv: column 'patient' is empty in 2 rows (lines 2, 3). Every row needs the id of its patient: fill in the ids "
    "or remove the rows."
)
def rows_without_patient(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"].index = pd.Index(["", "NA", *tables["clinical"].index[2:]])


@case(
    "clinical.tsv: column 'OS' is coded '1', '2', and 1 may mean either. Allowed are 0/1, true/false, dead/alive, "
    'deceased/living and yes/no; if 2 is the event, write in the config under clinical: event_codes: {event: ["2"], '
    'censored: ["1"]}'
)
def events_one_and_two(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["OS"] += 1


@case(
    "clinical.tsv: column 'OS' holds 'DOC', 'DOD'. Allowed are 0/1, true/false, dead/alive, deceased/living and yes/no; for "
    "other values write in the config under clinical: event_codes: {event: [...], censored: [...]}"
)
def events_of_another_code(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["OS"] = ["DOD"] * 20 + ["DOC"] * 5 + ["alive"] * 15


@case(
    "clinical.tsv: column 'OS' holds '0', which clinical.event_codes does not list. Add each value to event or to censored, "
    "or write NA in the table where it is not known."
)
def events_not_listed(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["clinical"]["event_codes"] = {"event": ["1"], "censored": ["2"]}


@case(
    "clinical.tsv: clinical.event_codes lists '1' both under event and under censored. Each code has one meaning: remove it "
    "from one of them."
)
def events_with_two_meanings(tables: Tables, settings: Settings, folder: Path) -> None:
    settings["clinical"]["event_codes"] = {"event": ["1"], "censored": ["0", "1.0"]}


@case(
    "clinical.tsv: column 'OS' is empty for every patient. It must say who had the event (1) and who was censored (0): "
    "correct clinical.event in the config."
)
def no_events_known(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["OS"] = "[Not Available]"


@case(
    "clinical.tsv: column 'OS.time' has 1 cell that is no number: '3 years' (patient 'P02'). Times are numbers, or empty, "
    "NA and the like where missing. Correct them."
)
def time_in_words(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["OS.time"] = tables["clinical"]["OS.time"].astype(object)
    tables["clinical"].loc["P02", "OS.time"] = "3 years"


@case(
    "clinical.tsv: column 'OS.time' has 1 infinite time (patients 'P02'). Times are finite: correct them, or write NA where a "
    "time is missing."
)
def infinite_time(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["OS.time"] = tables["clinical"]["OS.time"].astype(float)
    tables["clinical"].loc["P02", "OS.time"] = np.inf


@case(
    "clinical.tsv: column 'OS.time' has 6 times <= 0 among 40 (patients 'P00', 'P01', 'P02', ... (6 in all)). Follow-up must "
    "be > 0 days; a few such patients are left out, but more than 5% may mean a wrong column or unit: correct clinical.time or the "
    "table. If these patients were just not followed, leave them out: write under clinical: drop_nonpositive_time: true"
)
def many_negative_times(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["OS.time"] = np.arange(-5, N - 5)


# Measurements and numbers of patients


@case(
    "meth.tsv: 2 values are below 0 in omics 'meth', e.g. -0.5 (patient 'P07', feature 'cg3'). The transform log2p1 takes values "
    ">= 0: use transform none or rank_normal for 'meth' if the values are logarithms or z-scores already."
)
def logarithm_of_negative(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["meth"].loc["P07", "cg3"] = tables["meth"].loc["P08", "cg0"] = -0.5
    settings["omics"][1]["transform"] = "log2p1"


@case(
    "meth.tsv: omics 'meth' has 1 usable feature of 5 in the 40 patients of the cohort (1 missing in all, 3 constant, 0 "
    "missing in more than 20%). At least 2 are needed: check the table, or leave this omics out."
)
def constant_omics(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["meth"][["cg0", "cg1", "cg2"]] = 1.0
    tables["meth"]["cg3"] = np.nan


@case(
    "meth.tsv: 60.0% of the values of omics 'meth' are missing in the 40 patients of the cohort. At most 50% may be: check "
    "how the table was joined, or leave this omics out."
)
def mostly_missing(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["meth"][["cg0", "cg1", "cg2"]] = np.nan


@case(
    "clinical.tsv: column 'machine', the batch of omics 'meth', is empty for every patient of the cohort. Fill it in, or "
    "remove batch from omics 'meth' in the config."
)
def empty_batch(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["machine"] = "NA"
    settings["omics"][1]["batch"] = "machine"


@case(
    "cohort toy: 40 patients with 19 events are left (40 in clinical.tsv, 40 with usable follow-up, 40 with mrna, 40 with meth). "
    "With 2 folds at least 20 patients and 20 events are needed: use fewer folds, an endpoint with more events, or fewer "
    "omics."
)
def few_events(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["clinical"]["OS"] = [1] * 19 + [0] * 21


@case(
    "cohort toy: 0 patients with 0 events are left (40 in clinical.tsv, 40 with usable follow-up, 20 with mrna, 20 with meth). "
    "With 2 folds at least 20 patients and 20 events are needed: use fewer folds, an endpoint with more events, or fewer "
    "omics."
)
def nobody_has_every_omics(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"], tables["meth"] = tables["mrna"].iloc[:20], tables["meth"].iloc[20:]


@case(
    "cohort toy: 0 patients with 0 events are left (40 in clinical.tsv, 40 with usable follow-up, 40 with mrna, 40 with meth, 40 "
    "left "
    "out for missing values of mrna). With 2 folds at least 20 patients and 20 events are needed. Patients with more than 20% of "
    "mrna "
    "missing are left out: if an empty cell means that nothing was found (no mutation), write 0 there; else raise "
    "preprocess.max_missing_patient (0.2), remove the features with the most missing values, or leave this omics out."
)
def blank_for_unchanged_genes(tables: Tables, settings: Settings, folder: Path) -> None:
    tables["mrna"] = tables["mrna"].where(np.arange(6) % 3 == np.arange(N)[:, None] % 3)


@pytest.mark.parametrize(("breaks", "messages"), CASES)
def test_broken_table_gets_its_message(
    breaks: Callable[[Tables, Settings, Path], None], messages: list[str], tmp_path: Path
) -> None:
    assert attempt(breaks, tmp_path) == messages


def test_cases_would_pass_when_nothing_is_broken(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        attempt(lambda tables, settings, folder: None, tmp_path)
