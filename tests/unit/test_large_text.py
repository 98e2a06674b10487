"""Blocks of plain numbers and the careful reader say the same: one matrix, one fault, however a text is cut into blocks."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stratomics.cohort import blocks, parquet_table, text
from stratomics.cohort.blocks import TextBlocks, in_order
from stratomics.cohort.cells import number
from stratomics.cohort.checks import Checks
from stratomics.cohort.feature_map import FeatureMap
from stratomics.cohort.gene_means import Belonging, GeneMeans
from stratomics.cohort.matrix import NotNumbers
from stratomics.cohort.numbers import matrix_of_pieces
from stratomics.cohort.pieces import Wanted, pieces_of_rows
from stratomics.cohort.plain_block import PlainReader
from stratomics.cohort.read import read_matrix
from stratomics.cohort.text import open_text_table
from stratomics.errors import DataError


@pytest.fixture(autouse=True, scope="module")
def every_file_is_large():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "COMPILED_FROM", 0)
        yield


PLAIN = ["0.5", "-1", "12", "1e-5", "0.123456789012345678", ".5", "2.E3"]
MISSING = ["", "NA", "nan", " NaN ", "-", "--", ".", "#N/A", "[Not Available]", "-nan"]
ODD = ["+1.5", " 0.5", "0.5 ", "inf", "-Infinity", "1e400", "1.", "0.5\u00a0", '"0.25"', "\t"]
WRONG = [
    "high",
    "0,5",
    "1_0",
    "٣",
    "1 0",
    "0x1",
    "+nan",
    "nan(1)",
    '"0.5',
    '1"',
    "0.5\0",
    "\r",
    '"a\nb"',
    "e",
    "-e",
    "/",
]
NAMES = ["g1", "g2", '"g3"', "", " ", "é", "e\u0301", '"g 4', "g\u200b5", "id", "NA", "#g", 'g"6', "G" * 40, '"a\\"b"']


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A table of text with anything in it, most of it plain."""
    width = draw(st.integers(1, 4))
    cell = st.one_of(*[st.sampled_from(PLAIN)] * 6, st.sampled_from(MISSING), st.sampled_from([*ODD, *MISSING]))
    if draw(st.booleans()):
        cell = st.one_of(*[cell] * 6, st.sampled_from(WRONG))
    name = st.one_of(*[st.integers(0, 30).map("r{}".format)] * 4, st.sampled_from(NAMES))
    separator = draw(st.sampled_from(["\t", ",", ";"]))
    rows = [[draw(name), *(draw(cell) for _ in range(width))] for _ in range(draw(st.integers(1, 12)))]
    lines = [separator.join(row) for row in rows]
    for _ in range(draw(st.integers(0, 2)) if draw(st.booleans()) else 0):
        i = draw(st.integers(0, len(lines) - 1))
        extra = separator.join(["id", *(f"c{j}" for j in range(width))])
        lines[i] = draw(
            st.sampled_from([lines[i] + separator, "", separator * width, lines[i][:-2], lines[i] + "\t1", extra])
        )
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    header = separator.join(["id", *(f"c{j}" for j in range(width))])
    content = newline.join([header, *lines]) + newline * draw(st.integers(0, 1))
    return content.encode() + (b"\xff" if draw(st.integers(0, 30)) == 0 else b"")


def outcome(file: Path, careful: bool, threads: int = 1, size: int = 1 << 20) -> tuple:
    """All that reading a matrix gives: names, lines, bytes, faults and notes; or the message of the error."""
    bad, checks = NotNumbers(), Checks()
    try:
        table = open_text_table("t.tsv", file)
        columns = table.header if table.corner_missing else table.header[1:]
        wanted = Wanted(range(1, len(columns) + 1))
        if careful:
            pieces = pieces_of_rows(table.rows(), wanted)
        else:
            pieces = table.pieces(wanted, threads=threads, block_size=size)
        with np.errstate(over="ignore"):
            matrix, cleaned = matrix_of_pieces("t.tsv", columns, pieces, bad)
    except DataError as error:
        return error.faults
    table.report("omics", "x", checks)
    bad.look_for_infinite(matrix.values)
    values = np.where(np.isnan(matrix.values), np.float32(np.nan), matrix.values)  # one NaN
    faults = bad.first, dict(bad.by_row), dict(bad.by_column), bad.infinite, bad.n_infinite
    return matrix.rows, matrix.lines, values.tobytes(), cleaned, faults, checks.table().to_csv()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from([1, 20, 60, 1 << 20]), st.integers(1, 2), st.booleans())
def test_blocks_say_what_the_careful_reader_says(tmp_path, content, size, threads, zipped):
    file = tmp_path / "t.tsv"
    file.write_bytes(gzip.compress(content) if zipped else content)
    assert outcome(file, False, threads, size) == outcome(file, True)


def numbers_of(cells: list[str]) -> np.ndarray | None:
    block = "".join(f"r{i}\t{cell}\n" for i, cell in enumerate(cells)).encode()
    piece = PlainReader("\t", 2, "id", Wanted([1]))(block)
    return None if piece is None else piece.cells.ravel()


def between(value: float) -> str:
    """All digits of the middle between two neighbours in single precision, the hardest to round."""
    with np.errstate(over="ignore"):
        other = float(np.nextafter(np.float32(value), np.float32(np.inf)))
    return format(Decimal(value) / 2 + Decimal(other) / 2, "f") if np.isfinite(other) else repr(value)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False).map(repr),
            st.floats(width=32, allow_nan=False, allow_infinity=False).map(between),
            st.floats(0.0625, 1024, width=32).map(lambda x: between(x)[:18] + "1"),
            st.floats(width=32, allow_nan=False).map(lambda x: f"{x:.9g}"),
            st.tuples(st.integers(-(10**25), 10**25), st.integers(0, 10**25), st.integers(-330, 310)).map(
                lambda parts: "{}.{}e{:+}".format(*parts)
            ),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_numbers_are_rounded_as_python_rounds_them(cells):
    with np.errstate(over="ignore"):
        expected = np.array([float(cell) for cell in cells]).astype(np.float32)
    assert numbers_of(cells).tobytes() == expected.tobytes()


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789+-.eE_naifN/x(),' ", max_size=6))
def test_no_cell_is_taken_for_a_number_that_is_none(cell):
    found = numbers_of(["1", cell])
    try:
        with np.errstate(over="ignore"):
            assert found is None or np.array_equal(found[1], np.float32(number(cell)), equal_nan=True)
    except ValueError:
        assert found is None


def test_most_ways_to_write_plain_tables_go_through_blocks():
    """Else all would be read carefully, and no other test would tell."""
    for cells in (["0.5", "NA"], ["", ""], ["1e-05", "3"], ["-", "0.5"], ["+1", " 2"], ["inf", "-.5"]):
        assert numbers_of(cells) is not None, cells
    quoted = PlainReader("\t", 2, "id", Wanted([1]))(b'"r 1"\t"1"\n"r2"\t2\n')
    assert quoted is not None
    assert quoted.names == ["r 1", "r2"]


@pytest.mark.parametrize(
    "block",
    [
        b"id\t1\t2\n",
        b"\t\t\n",
        b" \t1\t2\n",
        b"r\0\t1\t2\n",
        b"r\t\xff\t2\n",
        b"r\t1\t+nan\n",
        b"r\t1\n2\t3\t4\t5\n",
        b'r\t1\t"2\n',
    ],
    ids=["header again", "separators only", "no name", "zero byte", "not UTF-8", "no missing word", "widths", "quote"],
)
def test_what_needs_care_is_left_to_the_careful_reader(block):
    plain, read = b"r\t1\t2\n", PlainReader("\t", 3, "id", Wanted([2]))
    assert read(plain + plain) is not None
    assert read(plain + block) is None


@pytest.mark.parametrize("padding", [b"", b"\0" * 1000])
def test_gzip_in_members_and_with_zeros_behind(tmp_path, padding):
    lines = [f"line {i}\r\n".encode() for i in range(2000)]
    packed = b"".join(gzip.compress(b"".join(lines[i : i + 300])) for i in range(0, 2000, 300))
    (tmp_path / "t.gz").write_bytes(packed + padding)
    found = b"".join(TextBlocks(tmp_path / "t.gz", 3, 100))
    assert found == b"".join(lines[3:]).replace(b"\r", b"")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("damage", ["cut", "flipped", "garbage"])
def test_damaged_gzip_is_told_as_before(tmp_path, damage, threads):
    rng = np.random.default_rng(0)
    rows = "".join(f"g{i}\t{rng.random():.9f}\n" for i in range(5000))
    packed = bytearray(gzip.compress(f"id\tP1\n{rows}".encode()))
    if damage == "cut":
        del packed[-2000:]
    elif damage == "flipped":
        packed[-5] ^= 0xFF
    else:
        packed += b"garbage"
    (tmp_path / "t.gz").write_bytes(packed)
    message = outcome(tmp_path / "t.gz", False, threads, 1000)
    assert message == outcome(tmp_path / "t.gz", True)
    assert "the gzip file is damaged or cut short" in message[0]


def test_results_come_in_order_and_a_fault_after_what_is_before_it():
    def items() -> Iterator[int]:
        yield from range(20)
        raise zlib.error("cut")

    seen = []
    with pytest.raises(zlib.error, match="cut"):
        seen.extend(in_order(lambda i: i * i, items(), 2))
    one_by_one = in_order(lambda i: i * i, items(), 2)
    assert [next(one_by_one) for _ in range(20)] == [(i, i * i) for i in range(20)]


def test_progress_is_logged(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(blocks, "PROGRESS", 0.0)
    (tmp_path / "t.tsv").write_text("id\tP1\n" + "".join(f"g{i}\t0.5\n" for i in range(100)))
    with caplog.at_level(logging.INFO, logger="stratomics"):
        outcome(tmp_path / "t.tsv", False, size=100)
    assert caplog.messages[-1] == "t.tsv: 100 rows read, 0 of 0 MB"
    assert len(caplog.messages) > 5


def a_map(rng: np.random.Generator, features: list[str]) -> FeatureMap:
    return FeatureMap("map.tsv", {f: tuple({f"G{g}" for g in rng.integers(0, 8, 3)}) for f in features[::2]})


def values_with_gaps(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    values = rng.normal(size=(rows, columns)).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = np.nan
    return values


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 40))
def test_means_of_genes_do_not_depend_on_how_many_rows_come_at_once(seed, step):
    rng = np.random.default_rng(seed)
    features = [f"cg{i}" for i in range(40)]
    by, values = a_map(rng, features), values_with_gaps(rng, 40, 5)
    means = GeneMeans(by, 5)
    for start in range(0, 40, step):
        means.add(features[start : start + step], values[start : start + step])
    found, whole = means.table(), Belonging(features, by)
    assert found.names == whole.names
    assert found.used == whole.used == 20
    assert found.by_patient().tobytes() == whole.means(values.T).tobytes()
    gene = found.names[0]
    own = values[[i for i, f in enumerate(features) if gene in by.genes.get(f, ())]]
    with np.errstate(invalid="ignore"):
        expected = np.nansum(own, axis=0) / (~np.isnan(own)).sum(axis=0)
    np.testing.assert_allclose(found.values[0], expected, rtol=1e-5, atol=1e-6)


def write_table(file: Path, frame: pd.DataFrame, kind: str) -> None:
    """Write a table in one of the formats that are brought to genes while they are read."""
    if kind == "parquet":
        frame.to_parquet(file)
        return
    if kind == "gdc":
        file.mkdir()
        names = {sample: f"{sample}.methylation_array.sesame.level3betas.txt" for sample in frame.columns}
        for sample, name in names.items():
            frame[sample].to_csv(file / name, sep="\t", header=False, na_rep="NA")
        sheet = [["File Name", "Case ID", "Sample ID"], *([name, one[:12], one] for one, name in names.items())]
        (file / "gdc_sample_sheet.tsv").write_text("\n".join(map("\t".join, sheet)))
        return
    lines = [[name, *("NA" if np.isnan(x) else repr(float(x)) for x in row)] for name, row in frame.iterrows()]
    head = [["sample" if kind == "xena" else "id", *frame.columns]]
    if kind == "gct":
        head = [["#1.2"], [str(n) for n in frame.shape], ["NAME", "Description", *frame.columns]]
        lines = [[name, "about", *cells] for name, *cells in lines]
    elif kind == "firehose":
        twice = [name for name in frame.columns for _ in "ab"]
        second = ["Composite Element REF", *["Signal", "Detection"] * frame.shape[1]]
        head = [["Hybridization REF", *twice], second]
        lines = [[name, *(cell for value in cells for cell in (value, "high"))] for name, *cells in lines]
    file.write_text("\n".join(map("\t".join, [*head, *lines])))


@pytest.mark.parametrize(
    ("kind", "in_rows"),
    [("table", True), ("table", False), ("parquet", True), ("parquet", False)]
    + [(kind, True) for kind in ("xena", "gct", "firehose", "gdc")],
)
@pytest.mark.parametrize("large", [True, False], ids=["large", "small"])
def test_a_table_is_brought_to_genes_while_it_is_read(tmp_path, monkeypatch, kind, in_rows, large):
    rng = np.random.default_rng(1)
    features, patients = [f"cg{i}" for i in range(60)], [f"TCGA-AA-{i:04d}-01" for i in range(7)]
    values = values_with_gaps(rng, 60, 7)
    by = a_map(rng, features)
    (tmp_path / "map.tsv").write_text("id\tgene\n" + "".join(f"{f}\t{','.join(g)}\n" for f, g in by.genes.items()))
    frame = pd.DataFrame(values, features, patients)
    file = tmp_path / f"t.{'parquet' if kind == 'parquet' else 'tsv'}"
    write_table(file, frame if in_rows else frame.T, kind)
    if not large:
        monkeypatch.setattr(text, "COMPILED_FROM", 1 << 24)
    found = []
    for size in (10, 1000, 1 << 20):
        monkeypatch.setattr(text, "BLOCK", size)
        monkeypatch.setattr(parquet_table, "BYTES", size)
        matrix = read_matrix(file.name, tmp_path, "meth", Checks(), set(patients), {"map": "map.tsv"}, threads=2)
        assert matrix.rows == (features if in_rows else patients)
        assert matrix.values.size == 0
        assert matrix.genes is not None
        found.append((matrix.genes.names, matrix.genes.by_patient().tobytes()))
    whole = Belonging(features, by)
    assert found == [(whole.names, whole.means(values.T).tobytes())] * 3


@pytest.mark.parametrize("kind", ["table", "parquet"])
def test_infinite_cells_are_told_where_only_genes_are_kept(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(parquet_table, "BYTES", 1)
    (tmp_path / "map.tsv").write_text("id\tgene\ncg1\tG\n")
    write_table(tmp_path / "t", pd.DataFrame({"P1": [0.5, 1], "P2": [1, np.inf]}, ["cg1", "cg2"]), kind)
    checks = Checks()
    read_matrix("t", tmp_path, "meth", checks, {"P1", "P2"}, {"map": "map.tsv"})
    assert len(checks.faults) == 1
    line = "line 3" if kind == "table" else "row 2"
    assert f"1 cell is infinite or beyond 3.4e38: {line}, row 'cg2', column 'P2'" in checks.faults[0]


def test_columns_of_parquet_are_taken_by_their_whole_name(tmp_path):
    """Arrow takes a point for a step into a nested column, and gives 'A.1' beside 'A'."""
    names = ["id", "A.1", "A", "B"]
    pd.DataFrame([["P1", 1, 2, None], ["P2", 3, 4, 5]], columns=names).to_parquet(tmp_path / "t")
    matrix = read_matrix("t", tmp_path, "x", Checks(), {"P1", "P2"})
    assert (matrix.rows, matrix.columns) == (["P1", "P2"], names[1:])
    np.testing.assert_array_equal(matrix.values, [[1, 2, np.nan], [3, 4, 5]])
