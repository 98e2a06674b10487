"""Mangled tables end in the cohort that was meant, or in a message; never in a traceback, nor in fewer patients without a word.

Each example writes one small cohort in a way that users' tables are written or broken, several ways at once. Whatever comes out is
compared with the cohort before mangling, cell by cell.
"""

from __future__ import annotations

import gzip
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stratomics.cohort.build import build_cohort
from stratomics.errors import DataError

N = 40
#: The environment may ask for more than CI does.
EXAMPLES = int(os.environ.get("STRATOMICS_EXAMPLES", "120"))
RNG = np.random.default_rng(0)
IDS = [f"Pé{i:02d}" for i in range(N)]
MRNA = pd.DataFrame(RNG.normal(size=(N, 6)).round(3), IDS, [f"g{j}" for j in range(6)])
METH = pd.DataFrame(RNG.random((N, 5)).round(3), IDS, [f"cg{j}" for j in range(5)])
EVENT = RNG.permutation([1] * 25 + [0] * 15)
TIME = RNG.permutation(np.arange(400, 400 + 20 * N, 20))
CLINICAL = pd.DataFrame(
    {
        "OS": EVENT,
        "OS.time": TIME,
        "age": RNG.integers(40, 80, N),
        "stage": RNG.permutation(["Stage I", "stage ii", "Stage III", "Stage IV"] * (N // 4)),
        "note": "none",
    },
    IDS,
)
MISSING_CODES = ["", "NA", "n.a.", "?", "[Not Available]", "Not Allowed To Collect", "#N/A", "--"]
ODD_AGES = [">89", "54,3", "sixty", "1_0", "٤٥", "inf", '"67']
ODD_NUMBERS = ["1_000", "٣", "high", "0,5", "1,234", "inf", "1e400", '"0.5', "0.5.1", "#DIV/0!"]


@dataclass
class Text:
    """One table on its way to a file: cells, and how they will be written."""

    cells: list[list[str]]
    name: str
    separator: str = "\t"
    suffix: str = ".tsv"
    quoted: bool = False
    newline: str = "\n"
    encoding: str = "utf-8"
    zipped: bool = False
    above: list[str] = field(default_factory=list)
    raw: dict[int, str] = field(default_factory=dict)  # rows written as they are, by position
    #: What a reader may find in place of the first value: patient, feature -> allowed values.
    changed: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    extra_features: int = 0
    in_columns: bool = False  # patients

    def write(self, folder: Path) -> str:
        lines = list(self.above)
        for i, row in enumerate(self.cells):
            cells = row
            if self.quoted or self.separator != "\t":
                cells = [f'"{c}"' if (self.quoted or self.separator in c) and '"' not in c else c for c in row]
            lines.append(self.raw.get(i, self.separator.join(cells)))
        data = (self.newline.join(lines) + self.newline).encode(self.encoding)
        path = f"{self.name}{self.suffix}" + (".gz" if self.zipped else "")
        (folder / path).write_bytes(gzip.compress(data) if self.zipped else data)
        return path


def text_of(name: str, table: pd.DataFrame) -> Text:
    rows = [[str(i), *map(str, row)] for i, row in zip(table.index, table.to_numpy().tolist(), strict=True)]
    return Text([["patient", *map(str, table.columns)], *rows], name)


#: Names of the ways, so that a failing example reads well.
WAYS = [
    *("separator", "suffix", "quoted", "newline", "encoding", "zipped", "comments", "empty lines", "separators only"),
    *(
        "trailing in rows",
        "trailing in all",
        "trailing in some",
        "layout of r",
        "no name of ids",
        "transposed",
        "shuffled rows",
    ),
    *(
        "shuffled columns",
        "nfd",
        "invisible",
        "blanks around",
        "case of ids",
        "prefix of ids",
        "missing cell",
        "odd cell",
    ),
    *(
        "stray quote",
        "cut row",
        "wide row",
        "repeated row",
        "two lines in a cell",
        "text column",
        "zero byte",
        "second header",
    ),
    *("spreadsheet name", "counter row", "separator in a cell", "constant column"),
]


def mangle(text: Text, way: str, draw: st.DataObject) -> None:
    rows = text.cells
    some = lambda low=1: draw.draw(st.integers(low, len(rows) - 1))  # noqa: E731
    clinical = text.name == "clinical"
    match way:
        case "separator":
            text.separator = draw.draw(st.sampled_from([",", ";", "\t"]))
        case "suffix":
            text.suffix = draw.draw(st.sampled_from([".csv", ".txt", "", ".tsv", ".weird"]))
        case "quoted":
            text.quoted = True
        case "newline":
            text.newline = draw.draw(st.sampled_from(["\r\n", "\r"]))
        case "encoding":
            text.encoding = draw.draw(st.sampled_from(["utf-8-sig", "utf-16", "latin-1", "utf-16-le"]))
        case "zipped":
            text.zipped = True
        case "comments":
            text.above = ["# written by hand", "#STRING\tNUMBER"][: draw.draw(st.integers(1, 2))]
        case "empty lines":
            text.cells = [row for row in rows for row in (row, [""])[: draw.draw(st.integers(1, 2))]]
        case "separators only":
            text.cells = [*rows, [""] * len(rows[0])]
        case "trailing in rows":
            text.cells = [rows[0], *([*row, ""] for row in rows[1:])]
        case "trailing in all":
            text.cells = [[*row, "", ""] for row in rows]
        case "trailing in some":
            i = some()
            text.cells = [[*row, ""] if j >= i else row for j, row in enumerate(rows)]
        case "layout of r":
            text.cells = [rows[0][1:], *rows[1:]]
        case "no name of ids":
            text.cells = [["", *rows[0][1:]], *rows[1:]]
        case "transposed" if not clinical and len({len(row) for row in rows}) == 1:
            text.cells = [list(column) for column in zip(*rows, strict=True)]
            text.in_columns = not text.in_columns
        case "shuffled rows":
            text.cells = [rows[0], *draw.draw(st.permutations(rows[1:]))]
        case "shuffled columns" if len({len(row) for row in rows}) == 1:
            order = [0, *draw.draw(st.permutations(range(1, len(rows[0]))))]
            text.cells = [[row[j] for j in order] for row in rows]
        case "nfd":
            text.cells = [[unicodedata.normalize("NFD", cell) for cell in row] for row in rows]
        case "invisible":
            text.cells = [[f"\u200b{row[0]}\ufeff", *row[1:]] for row in rows]
        case "blanks around":
            text.cells = [[f" {cell}\u00a0" if j == 0 else f" {cell} " for j, cell in enumerate(row)] for row in rows]
        case "case of ids":
            i = some()
            rows[i][0] = rows[i][0].lower()
        case "prefix of ids":
            text.cells = [rows[0], *(["X" + clean(row[0]), *row[1:]] for row in rows[1:])]
        case "missing cell" | "odd cell" if len(rows[0]) > 1:
            i, j = some(), draw.draw(st.integers(1, len(rows[0]) - 1))
            if j >= len(rows[i]):
                return
            if clinical:
                j = next((k for k, cell in enumerate(rows[0]) if clean(cell) == "age"), 0)
                if not j or j >= len(rows[i]):
                    return
            codes = MISSING_CODES if way == "missing cell" else ODD_AGES if clinical else ODD_NUMBERS
            rows[i][j] = draw.draw(st.sampled_from(codes))
            names = clean(rows[i][0]), clean(rows[0][j])
            text.changed[names] = text.changed[names[::-1]] = [np.nan]
        case "stray quote":
            i, j = draw.draw(st.integers(0, len(rows) - 1)), draw.draw(st.integers(0, len(rows[0]) - 1))
            if j < len(rows[i]):
                names = clean(rows[i][0]), clean(rows[0][j])
                text.changed[names] = [np.nan]
                rows[i][j] = draw.draw(st.sampled_from(['"', '""', '5" x '])) + rows[i][j]
        case "cut row":
            i = some()
            rows[i] = rows[i][: max(1, len(rows[i]) // 2)]
        case "wide row":
            rows[some()].append("0.5")
        case "repeated row":
            text.cells = [*rows, list(rows[some()])]
        case "two lines in a cell" if clinical:
            i = some()
            text.cells[i] = [*rows[i][:-1], "first\nsecond"]
            text.quoted = True
        case "text column":
            text.cells = [[row[0], "kind" if i == 0 else "x", *row[1:]] for i, row in enumerate(rows)]
        case "zero byte":
            rows[some()][0] += "\0"
        case "second header" if not clinical:
            text.cells = [rows[0], ["id", *["beta_value"] * (len(rows[0]) - 1)], *rows[1:]]
        case "spreadsheet name" if not clinical:
            rows[0][:] = ["1-Mar" if clean(cell) in ("g0", "cg0") else cell for cell in rows[0]]
        case "counter row" if not clinical:
            text.cells = [[*row, "__no_feature" if i == 0 else str(i)] for i, row in enumerate(rows)]
            text.extra_features += not text.in_columns  # else it stands where patients stand
        case "separator in a cell":
            rows[some()][-1] += text.separator
        case "constant column" if not clinical:
            text.cells = [[*row, "same" if i == 0 else "1"] for i, row in enumerate(rows)]
            text.extra_features += not text.in_columns  # else it stands where patients stand


def clean(name: str) -> str:
    return re.sub("[\u200b\ufeff\0]", "", unicodedata.normalize("NFC", name)).strip()


def check_messages(faults: list[str], names: list[str]) -> None:
    assert faults
    for fault in faults:
        assert fault.startswith((*names, "cohort toy", "mrna", "meth")), fault
        assert len(fault) > 60, fault
        assert not re.search(r"Traceback|Error\(|object at 0x", fault), fault
        assert re.search(
            r"write|Write|remove|Remove|correct|Correct|save|Save|rename|Rename|use|Use|take|keep|name|Copy|fill|turn|check|leave",
            fault,
        ), fault


def check_cohort(cohort: Any, checks: pd.DataFrame, texts: list[Text]) -> None:
    # Every patient of the clinical table is kept, or has a line that says why not.
    left_out = checks[checks["check"] == "left_out"]
    assert cohort.n + len(left_out) == N, (cohort.n, left_out)
    assert not set(cohort.patients) & set(left_out["id"])
    known = set(IDS)
    by_patient = {"time": dict(zip(IDS, TIME, strict=True)), "event": dict(zip(IDS, EVENT, strict=True))}
    age = dict(zip(IDS, CLINICAL["age"], strict=True))
    original = {patient.lower().lstrip("x"): patient for patient in known}
    patients = [original[str(patient).lower().lstrip("x")] for patient in cohort.patients]
    assert len(set(patients)) == len(patients)
    for name in ("time", "event"):
        np.testing.assert_array_equal(cohort.clinical[name], [by_patient[name][patient] for patient in patients])
    changed = texts[2].changed
    if cohort.clinical["age"].dtype == float:
        for patient, value in zip(patients, cohort.clinical["age"], strict=True):
            allowed = [float(age[patient]), *changed.get((patient, "age"), [])]
            assert any(value == one or (np.isnan(value) and np.isnan(one)) for one in allowed), (patient, value)
    else:
        raise AssertionError("age is no longer a number")
    odd = checks[checks["check"] == "odd_cells"]
    gone = int(cohort.clinical["age"].isna().sum())
    assert gone == 0 or len(odd) or (checks["check"] == "covariate_missing").any()
    for omics, table, text in zip(cohort.omics, (MRNA, METH), texts, strict=False):
        features = checks[
            (checks["item"] == omics.name) & (checks["action"] == "dropped") & (checks["level"] == "feature")
        ]
        assert omics.values.shape[1] + len(features) == table.shape[1] + text.extra_features
        for feature in omics.values:
            # Names may have got a beginning: those of rows are features where the table was transposed.
            plain = re.sub('^(X|5" x )*', "", feature)
            column = {"1-Mar": table.columns[0]}.get(plain, plain)
            if column not in table:
                assert plain in ("__no_feature", "same")
                continue
            truth = table.loc[patients, column].to_numpy(np.float32)
            found = omics.values[feature].to_numpy()
            for patient, one, other in zip(patients, truth, found, strict=True):
                same = one == other or (np.isnan(other) and text.changed)
                assert same, (omics.name, feature, patient, one, other)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="STRATOMICS_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    plan=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(WAYS)), min_size=1, max_size=4),
    draw=st.data(),
)
def test_mangled_tables_are_read_right_or_refused(plan: list[tuple[int, str]], draw: st.DataObject) -> None:
    texts = [text_of("mrna", MRNA), text_of("meth", METH), text_of("clinical", CLINICAL)]
    for which, way in plan:
        mangle(texts[which], way, draw)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            paths = [text.write(folder) for text in texts]
        except UnicodeEncodeError:  # this text cannot be written in that encoding
            return
        config = {
            "name": "toy",
            "omics": [{"name": "mrna", "path": paths[0]}, {"name": "meth", "path": paths[1]}],
            "clinical": {
                "path": paths[2],
                "patient": "patient",
                "time": "OS.time",
                "event": "OS",
                "covariates": ["age", "stage"],
            },
        }
        try:
            cohort, checks = build_cohort(
                config,
                preprocess={"max_missing_patient": 0.2, "max_missing_feature": 0.2},
                evaluation={"folds": 2, "horizon_days": 500},
                base_dir=folder,
            )
        except DataError as error:
            check_messages(error.faults, paths)
            return
        check_cohort(cohort, checks, texts)
