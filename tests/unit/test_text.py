"""Separated text is taken apart as it is delivered, and no row or cell is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.text import open_text_table
from stratomics.errors import DataError

WIDE = "patient\t" + "\t".join(f"ENSG{i:011d}" for i in range(12_000))


def read(
    folder: Path, text: str, name: str = "t.tsv", id_column: str = ""
) -> tuple[list[str], list[list[str]], dict[str, str]]:
    """Return header, rows and the checks that were said, each with its value."""
    (folder / name).write_text(text, encoding="utf-8", newline="")
    table = open_text_table(name, folder / name, id_column)
    rows = [row for _, row in table.rows()]
    checks = Checks()
    table.report("clinical", "clinical", checks)
    said = checks.table()
    return table.header, rows, dict(zip(said["check"], said["value"], strict=True))


def test_stray_quote_swallows_no_row(tmp_path: Path) -> None:
    lines = [f"P{i}\t{i}\t{'large' if i % 5 else chr(34) + 'large'}" for i in range(20)]
    header, rows, said = read(tmp_path, "\n".join(["patient\tx\tnote", *lines]))
    assert [row[0] for row in rows] == [f"P{i}" for i in range(20)]
    assert rows[5] == ["P5", "5", '"large']
    assert said == {"stray_quotes": "4"}


def test_two_stray_quotes_are_no_cell_over_the_rows_between_them(tmp_path: Path) -> None:
    notes = {3: '"large', 7: 'large"'}
    lines = [f"P{i}\t{i}\t{notes.get(i, 'plain')}" for i in range(10)]
    _, rows, said = read(tmp_path, "\n".join(["patient\tx\tnote", *lines]))
    assert [row[0] for row in rows] == [f"P{i}" for i in range(10)]
    assert said == {"stray_quotes": "1"}


def test_cell_in_quotes_may_go_on_in_the_next_lines(tmp_path: Path) -> None:
    text = 'patient,x,note\nP0,0,"first\nsecond, and\nthird"\nP1,1,"say ""no"""\nP2,2,plain\n'
    _, rows, said = read(tmp_path, text, "t.csv")
    assert rows == [["P0", "0", "first second, and third"], ["P1", "1", 'say "no"'], ["P2", "2", "plain"]]
    assert said == {}


def test_line_of_a_note_with_more_separators_than_the_header(tmp_path: Path) -> None:
    text = 'patient,x,note\nP0,0,"first\nER+, PR+, HER2-, L1"\nP1,1,"plain"\n'
    _, rows, said = read(tmp_path, text, "t.csv")
    assert rows == [["P0", "0", "first ER+, PR+, HER2-, L1"], ["P1", "1", "plain"]]
    assert said == {}


def test_quote_signs_as_r_escapes_them(tmp_path: Path) -> None:
    _, rows, said = read(tmp_path, '"patient"\t"note"\n"P0"\t"5\\" lesion"\n"P1"\t"plain"\n')
    assert rows == [["P0", '5" lesion'], ["P1", "plain"]]
    assert said == {}


def test_name_of_a_column_may_go_on_in_the_next_line(tmp_path: Path) -> None:
    header, rows, _ = read(tmp_path, 'patient,"sex\n(m/f)","age\n(years)"\nP0,m,60\n', "t.csv")
    assert header == ["patient", "sex (m/f)", "age (years)"]
    assert rows == [["P0", "m", "60"]]


def test_column_that_only_some_rows_have_is_no_layout_of_r(tmp_path: Path) -> None:
    rows = "".join(f"P{i}\t1\t2\t{'x' if i % 3 else ''}\n" for i in range(9))
    with pytest.raises(DataError, match="not as wide as the header, which has 3 cells"):
        read(tmp_path, f"ensembl\ta\tb\n{rows}")


def test_quote_that_ends_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"t.tsv: line 3 opens a cell with a quote sign \(\"1\) that is not closed"):
        read(tmp_path, 'patient\tx\ty\nP0\t0\t0\nP1\t"1\nP2\t2\t2\n')


def test_quote_in_a_long_header_is_named(tmp_path: Path) -> None:
    header = WIDE.replace("\tENSG00000000002", '\t"ENSG00000000002')
    with pytest.raises(
        DataError, match=r"line 1, the header, has a quote sign without its partner in cell 4, '\"ENSG00000000002'"
    ):
        read(tmp_path, header + "\nP0" + "\t0.1" * 12_000 + "\n")


@pytest.mark.parametrize(
    ("header", "row", "check"),
    [
        ("patient\ta\tb", "P{i}\t1\t2\t", {"trailing_separator": "3"}),
        ("patient\ta\tb\t", "P{i}\t1\t2\t", {"trailing_columns": "1", "trailing_separator": "3"}),
        ("patient\ta\tb\t\t", "P{i}\t1\t2", {"trailing_columns": "2"}),
        ("a\tb", "P{i}\t1\t2", {"header": "one name short"}),
    ],
)
def test_cells_stay_under_their_names(tmp_path: Path, header: str, row: str, check: dict[str, str]) -> None:
    names, rows, said = read(tmp_path, "\n".join([header, *(row.format(i=i) for i in range(3))]))
    assert names == (["a", "b"] if "header" in check else ["patient", "a", "b"])
    assert rows == [[f"P{i}", "1", "2"] for i in range(3)]
    assert said == check


def test_a_name_for_the_ids_is_no_layout_of_r(tmp_path: Path) -> None:
    rows = "\n".join(f"P{i},1,liver, left lobe" for i in range(3))
    with pytest.raises(DataError, match=r"3 of 3 rows are not as wide as the header, which has 3 cells \(line 2: 4, "):
        read(tmp_path, f"who,x,site\n{rows}\n", "t.csv", id_column="who")
    # R numbers the rows of a table whose ids are in a column.
    numbered = "\n".join(f"{i},P{i},1,liver" for i in range(1, 4))
    _, found, said = read(tmp_path, f"who,x,site\n{numbered}\n", "t.csv", id_column="who")
    assert found[0] == ["1", "P1", "1", "liver"]
    assert "header" in said


@pytest.mark.parametrize(
    ("name", "text", "separator"),
    [
        ("t.tsv", "patient\tage, years, at start\tb\nP0\t1\t2\nP1\t3\t4", None),  # more commas than tabs in the header
        ("t.csv", "patient;a;b\nP0;0,5;1,5\nP1;0,5;1,5", "semicolons"),
        ("t.tsv", "patient,a,b\nP0,1,2", "commas"),
        ("noname", "patient,a,b\nP0,1,2", "commas"),
        ("t.txt", "patient;a;b\nP0;1;2", None),
    ],
)
def test_separator_is_judged_by_the_rows(tmp_path: Path, name: str, text: str, separator: str | None) -> None:
    header, rows, said = read(tmp_path, text, name)
    assert len(header) == 3
    assert all(len(row) == 3 for row in rows)
    assert said.get("separator") == separator


def test_comments_and_empty_lines_above_the_header(tmp_path: Path) -> None:
    text = "#Patient\tStatus\n#STRING\tNUMBER\n#1\t1\n\npatient\tx\nP0\t1\n\n\t\nP1\t2\n"
    header, rows, said = read(tmp_path, text)
    assert (header, rows) == (["patient", "x"], [["P0", "1"], ["P1", "2"]])
    assert said == {"comment_lines": "3", "empty_rows": "2"}


def test_header_behind_the_sign_of_a_comment(tmp_path: Path) -> None:
    header, rows, said = read(tmp_path, "## version 2\n#patient\tx\tsex\nP0\t1\tmale\nP1\t2\tfemale\n")
    assert (header, rows) == (["patient", "x", "sex"], [["P0", "1", "male"], ["P1", "2", "female"]])
    assert said == {"comment_lines": "1"}


def test_zero_byte_far_down_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="t.tsv: line 62 holds a zero byte"):
        read(tmp_path, "patient\tx\n" + "P\tm\n" * 60 + "P\tm\0\n")


def test_zero_bytes_and_gct_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not text in UTF-8"):
        read(tmp_path, "patient\tx\nP0\t1\n".encode("utf-16-le").decode())
    with pytest.raises(DataError, match=r"this is a GCT file \(its first line is '#1.2'\)"):
        read(tmp_path, "#1.2\n2\t2\nName\tDescription\tS1\tS2\ng\td\t1\t2\n")
