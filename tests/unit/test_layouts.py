"""Tables laid out in another way are named for what they are, and the advice fits: never "remove the ids" or "write NA"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.read import read_cells, read_matrix
from stratomics.errors import DataError

N = 30
IDS = [f"P{i:02d}" for i in range(1, N + 1)]
GENES = ["TP53", "KRAS", "EGFR", "PTEN", "APC", "RB1", "DES"]
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal(5, 2, (N, len(GENES))).round(3), IDS, GENES)
PATIENTS = frozenset(IDS)


def tsv(table: pd.DataFrame, label: str = "patient", **how: object) -> str:
    return str(table.to_csv(sep="\t", index_label=label, **how))  # type: ignore[call-overload]


def read(content: str | bytes | pd.DataFrame, folder: Path, patients: frozenset[str] | None = PATIENTS) -> Matrix:
    """Read an omics table; raise what is wrong with it."""
    file = folder / "mrna.tsv"
    if isinstance(content, pd.DataFrame):
        content.to_parquet(file)
    else:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    checks = Checks()
    matrix = read_matrix("mrna.tsv", folder, "mrna", checks, patients)
    checks.raise_faults()
    return matrix


def fault(content: str | bytes | pd.DataFrame, folder: Path) -> str:
    with pytest.raises(DataError) as error:
        read(content, folder)
    assert len(error.value.faults) == 1
    return error.value.faults[0]


NUMBERED = TABLE.reset_index(names="patient")
LONG = TABLE.stack().rename_axis(["patient", "gene"]).rename("value").reset_index()  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("table", "advice"),
    [
        (tsv(NUMBERED, ""), "Move 'patient' to the front, in the place of the row numbers."),
        (tsv(NUMBERED.set_axis(range(1, N + 1)), "row"), "Move 'patient' to the front, in the place of the row numbers."),
        (tsv(NUMBERED.set_index("TP53"), "TP53"), "Move 'patient' to the front."),
        (NUMBERED[[*GENES, "patient"]], "Move 'patient' to the front."),
        (NUMBERED.set_index(pd.Index([*range(N)])), "Move 'patient' to the front, in the place of the row numbers."),
        (
            tsv(NUMBERED.assign(kind="tumour").set_index("kind"), "kind"),
            "Move 'patient' to the front, and remove the column that is first now, which holds text.",
        ),
        (
            tsv(TABLE.T.reset_index(names="gene"), ""),
            "Move 'gene' to the front, in the place of the row numbers.",
        ),
    ],
)  # fmt: skip
def test_ids_that_are_not_in_the_first_column(table: str | pd.DataFrame, advice: str, tmp_path: Path) -> None:
    message = fault(table, tmp_path)
    assert message.startswith("mrna.tsv: the ids stand in column '")
    assert message.endswith(f"The first column of a table must name its rows. {advice}")


REGIONS = pd.DataFrame(RNG.normal(size=(3 * N, 8)), np.repeat(IDS, 3), list("abcdefgh"))


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (tsv(LONG.set_index("patient")), "'P01' has 7 rows"),
        (tsv(LONG.set_index("gene"), "gene"), "'TP53' has 30 rows"),
        (tsv(LONG, ""), "'P01' has 7 rows in column 'patient'"),
    ],
)
def test_one_row_per_measurement(table: str, found: str, tmp_path: Path) -> None:
    message = fault(table, tmp_path)
    assert message.startswith(
        f"mrna.tsv: one row per measurement ({found}), the long layout. One row per patient and one column"
    )


def test_several_rows_per_patient(tmp_path: Path) -> None:
    assert fault(tsv(REGIONS), tmp_path) == (
        "mrna.tsv: one row per measurement, region or replicate ('P01' has 3 rows), the long layout. One row per patient and one "
        "column "
        "per feature are needed: turn it (in R: tidyr::pivot_wider; in pandas: DataFrame.pivot), or average replicates."
    )


def test_names_of_features_behind_row_numbers(tmp_path: Path) -> None:
    assert fault(tsv(TABLE.T.reset_index(names="symbol"), ""), tmp_path) == (
        "mrna.tsv: its first column holds row numbers, and the names of the features stand in column 'symbol'. The first column "
        "of a "
        "table must name its rows. Move 'symbol' to the front, in the place of the row numbers."
    )
    numbers = TABLE.T.reset_index(names="symbol").set_axis([str(10 * i) for i in range(7)])  # ids of genes
    assert len(read(tsv(numbers, "entrez"), tmp_path).rows) == 7


def test_two_samples_of_a_patient_are_no_long_table(tmp_path: Path) -> None:
    assert len(read(tsv(pd.concat([TABLE, TABLE])), tmp_path).rows) == 2 * N


HEAD, *ROWS = tsv(TABLE.T, "gene").splitlines()
REPEATED = "\n".join(  # as Firehose writes, under a corner that does not say so
    [
        "ID\t" + "\t".join(np.repeat(IDS, 3)),
        "probe\t" + "\t".join(["Beta_value", "Gene_Symbol", "Chromosome"] * N),
        *(f"{gene}\t" + "\t".join(f"{x}\tTP53\t17" for x in TABLE[gene]) for gene in GENES),
    ]
)
LINES = tsv(TABLE).splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            REPEATED.replace("\tP03\tP03\tP03", "\tP03\tP03.1\tP03.2"),
            "line 2 holds words in every cell ('Beta_value', 'Gene_Symbol', 'Chromosome'): each sample has 3 columns, as "
            "Firehose and "
            "RTCGA write. One column per sample is needed: keep the one with the measurements you want of each sample, and "
            "remove line 2.",
        ),
        (
            "\n".join([HEAD, "gene_id" + "\tcount" * N, *ROWS]),
            "line 2 holds words in every cell: a second header row (Firehose and RTCGA write one). A table has one header: remove "
            "line 2.",
        ),
        (
            "\n".join([LINES[0], "unit" + "\tlog2" * 7, "kind" + "\trna" * 7, *LINES[1:]]),
            "lines 2, 3 hold words in every cell: further header rows (Firehose and RTCGA write one). A table has one header: "
            "remove "
            "lines 2, 3.",
        ),
        (
            "\n".join(["omics" + "\trna" * 7, *LINES]),
            "line 2 holds words in every cell, and the names above it repeat ('rna'): line 2 seems to be the header. A table has "
            "one "
            "header: remove what stands above it.",
        ),
        (
            tsv(TABLE[:20]) + tsv(TABLE.iloc[20:, ::-1]),
            "line 22 holds words in every cell ('DES', 'RB1', 'APC', ... (7 in all)): a header or a line of units among the "
            "rows. If files "
            "were joined one below the other, join them by the names of their columns, so that every row has its cells in the same "
            "order; else remove line 22.",
        ),
        (
            "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tP01\n1\t5\t.\tA\tT\t.\t.\t0/1\n",
            "this is a list of variants (VCF), not a table of patients and features. Make a table of patients and genes of it: 1 "
            "where "
            "a patient has a mutation of the gene, else 0.",
        ),
        (
            '!Series_title\t"x"\n!series_matrix_table_begin\n' + tsv(TABLE.T, "ID_REF") + "!series_matrix_table_end\n",
            "this is a file of GEO (a series matrix or SOFT: its lines begin with '!'). Remove the lines that begin with '!' or "
            "'^', "
            "above and below the table, so that the first line names the columns.",
        ),
        (
            tsv(TABLE.T, "ID_REF") + "!series_matrix_table_end\n",
            "line 9, under the table, comes from GEO ('!series_matrix_table_end'). Remove it.",
        ),
        (
            "7\t30\nName\tDescription" + HEAD[4:] + "\n" + "\n".join(row.replace("\t", "\tna\t", 1) for row in ROWS),
            "this is a GCT file without its first line. Remove the line above the names of the samples, and the column "
            "'Description'.",
        ),
        (
            "%%MatrixMarket matrix coordinate\n30 7 1\n",
            "this is a sparse matrix (MatrixMarket). Write it as a plain table, with the names of its rows and columns.",
        ),
        (
            "version https://git-lfs.github.com/spec/v1\n",
            "this is a pointer of Git LFS, not the file itself. Fetch the file: git lfs pull.",
        ),
        (
            '<?xml version="1.0"?><Error/>\n',
            "this is a web page or XML, perhaps of an error in the place of the download. Download the table again.",
        ),
        ('{"patient": {"0": "P01"}}\n', "this is JSON. Write it as a table."),
        (
            tsv(TABLE) + "* values are log2\n",
            "line 32, at the end, holds 1 cell ('* values are log2'), and the other lines 8. If it is a note, remove it; if the "
            "file was "
            "cut short, copy or download it again.",
        ),
        (
            tsv(TABLE) + "a: log2\tnormalised\n\nb\n",
            "lines 32, 34, at the end, hold 2 cells ('a: log2\tnormalised'), and the other lines 8. If these are notes, remove "
            "them; if "
            "the file was cut short, copy or download it again.",
        ),
        (tsv(TABLE) + "\x1a", "line 32, under the table, holds an end-of-file sign of old systems (Ctrl-Z). Remove it."),
    ],
)  # fmt: skip
def test_other_layouts_are_named(text: str, said: str, tmp_path: Path) -> None:
    assert fault(text, tmp_path) == f"mrna.tsv: {said}"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join([*LINES[:9], "a note", *LINES[9:]]),  # not at the end
        "\n".join([*LINES[:9], *(line.replace("\t", ",") for line in LINES[9:])]),  # another separator, half way
        "\n".join([*LINES[:9], "P9\t1", *LINES[9:], "a note"]),  # and a ragged row
    ],
)
def test_rows_of_another_width_are_no_notes(text: str, tmp_path: Path) -> None:
    assert "not as wide as the header" in fault(text, tmp_path)


ABOUT = pd.DataFrame(
    {"Chromosome": ["17", "X", "7", "10", "5", "13", ""], "description": ["kinase", *6 * [""]], "Locus ID": range(7)},
    GENES,
)


def test_columns_that_describe_features_are_no_measurements(tmp_path: Path) -> None:
    matrix = read(tsv(ABOUT.join(TABLE.T), "gene"), tmp_path)
    assert np.isnan(matrix.values[:, :3]).all()
    np.testing.assert_allclose(matrix.values[:, 3:], TABLE.T, rtol=1e-6)
    of_parquet = read(ABOUT.join(TABLE.T), tmp_path)
    np.testing.assert_array_equal(of_parquet.values, matrix.values)


def test_columns_of_barcodes_are_patients_too(tmp_path: Path) -> None:
    table = TABLE.T.set_axis([f"TCGA-AA-{i:04d}-01A" for i in range(N)], axis=1)
    assert np.isnan(read(tsv(ABOUT.join(table), "gene"), tmp_path).values[:, 0]).all()


def test_such_a_name_is_a_feature_where_patients_stand_in_rows(tmp_path: Path) -> None:
    assert not np.isnan(read(tsv(TABLE.assign(length=1.5)), tmp_path).values).any()
    assert "The whole column 'symbol' is text: remove it" in fault(tsv(TABLE.assign(symbol="x")), tmp_path)


def test_an_unknown_description_is_told_from_patients(tmp_path: Path) -> None:
    table = TABLE.T.assign(role=["driver", *6 * [""]])
    assert fault(tsv(table, "gene"), tmp_path).endswith(
        "No patient of the clinical table is called 'role': if column 'role' describes the features, remove it."
    )


def some(words: list[str]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Put words into the table, one after the other."""
    return lambda table: pd.DataFrame(np.resize(np.array(words, dtype=object), table.shape), table.index, table.columns)


MUTATIONS = (
    "These name mutations: write 1 where a patient has one and 0 where there is none (an empty cell or NA would mean that nobody "
    "looked)."
)
POINT = "Write decimals with a point, not a comma."


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        (some(["WT", "MUT", "WT"]), MUTATIONS),
        (some(["MUT", "", "", ""]), MUTATIONS),
        (some(["p.R175H", "", "Missense_Mutation", "E545K;H1047R", "", "Frame_Shift_Del", "X126_splice", "NA"]), MUTATIONS),
        (some(["0/1", "1/1", "./."]), "These are genotypes: write the number of changed copies, 0, 1 or 2."),
        (
            some(["gain", "loss", "Deep Deletion", "neutral"]),
            "These name changes of copy number: write numbers, such as -2 for a deep deletion, 0 for none and 2 for an "
            "amplification.",
        ),
        (some(["4,671e-07", "2,5"]), POINT),
        (some(["4,671", "2,5"]), POINT),
        (
            some(["4.671,00", "1.234.567,8"]),
            "Write numbers without a mark between thousands, and decimals with a point, not a comma.",
        ),
        (some(["1'472", "12\u2019000", "3\u202f500.5"]), "Remove the signs between thousands: write 1234 for 1'234."),
        (some(["\u22120.5", "1.5"]), "Their minus is another kind of dash: write the plain '-'."),
        (some(["<0.5", "1.5", "2"]), "Bounds are no numbers: write the limit itself, or NA."),
        (some(["12%", "7.5 %"]), "Remove the percent signs."),
        (some(["true", "false"]), "Write 1 and 0 for true and false."),
        (
            some(["high", "low", "x"]),
            "Most cells are words: write numbers for them (1 and 0 for yes and no), or leave this omics out.",
        ),
        (
            lambda table: table.astype(object).mask(table > 8, "2020-01-12"),
            "A spreadsheet makes dates of numbers such as 1.12 or 3-4: take the values from the original table.",
        ),
        (
            lambda table: table.astype(object).mask(table > 8, "01. Dez"),
            "A spreadsheet makes dates of numbers such as 1.12 or 3-4: take the values from the original table.",
        ),
        (lambda table: table.assign(d="2020-01-12"), "These are dates and no measurements: remove column 'd' from the table."),
        (lambda table: table.assign(b="x", c="y"), "The whole columns 'b', 'c' are text: remove them from the table."),
        (lambda table: table.assign(b=["x", *range(N - 1)]), "Correct them, or write NA where a value is missing."),
    ],
)  # fmt: skip
def test_each_kind_of_words_has_its_remedy(
    change: Callable[[pd.DataFrame], pd.DataFrame], advice: str, tmp_path: Path
) -> None:
    message = fault(tsv(change(TABLE)), tmp_path)
    assert message.partition("NA and the like where missing. ")[2] == advice


CLINICAL = pd.DataFrame({"OS": RNG.integers(0, 2, N), "OS.time": range(1, N + 1), "age": 60, "sex": "male"}, IDS)
FIRST, *CLINICAL_ROWS = tsv(CLINICAL).splitlines()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [FIRST, "ID\t0/1\tdays\tyears\tm/f"],
            "line 2 holds words ('0/1', 'days', 'years') in columns whose other cells are numbers ('OS', 'OS.time', 'age'): names, "
            "units or codes, no patient. A table has one header: remove line 2.",
        ),
        (
            [FIRST, "patient\tvital\tdeath_days_to\tage_at\tgender", "CDE_ID:1\tCDE_ID:5\tCDE_ID:3\t\tCDE_ID:7"],
            "lines 2, 3 hold words ('vital', 'death_days_to', 'age_at') in columns whose other cells are numbers ('OS', 'OS.time', "
            "'age'): names, units or codes, no patient. A table has one header: remove lines 2, 3.",
        ),
    ],
)
def test_rows_under_the_header_of_the_clinical_table(lines: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("\n".join([*lines, *CLINICAL_ROWS]))
    with pytest.raises(DataError) as error:
        read_cells({"path": "c.tsv"}, tmp_path, Checks())
    assert error.value.faults == [f"c.tsv: {said}"]


@pytest.mark.parametrize("first", ["P00\tunknown\t12\t60\tmale", "P00\tdead\t12\t60\tmale", "P00\tNA\t>30\t\tmale"])
def test_a_first_patient_with_odd_cells_is_no_header(first: str, tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("\n".join([FIRST, first, *CLINICAL_ROWS]))
    assert len(read_cells({"path": "c.tsv"}, tmp_path, Checks()).cells) == N + 1


def test_names_of_columns_under_a_title_are_no_further_header(tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("\n".join(["Table 1\t\t\t\t", FIRST, *CLINICAL_ROWS]))
    assert len(read_cells({"path": "c.tsv"}, tmp_path, Checks()).cells) == N + 1


def test_a_note_under_the_clinical_table(tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("\n".join([FIRST, *CLINICAL_ROWS, "Source: registry"]))
    with pytest.raises(
        DataError, match=r"line 32, at the end, holds 1 cell \('Source: registry'\), and the other lines 5\."
    ):
        read_cells({"path": "c.tsv"}, tmp_path, Checks())
