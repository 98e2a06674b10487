"""What to say about cells of an omics table that are no numbers: each kind of them has its own remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from .cells import DATE, advice_on
from .checks import are, listing
from .ids import MIN_OVERLAP, share
from .matrix import Matrix, NotNumbers
from .plausible import DATE as SPREADSHEET_DATE

#: A kind of cells is named where at least this share of them are of it.
MOST = 0.8

_NUMBER = r"[-+]?\d+([.,]\d+)?"

#: Cells that mean something else than a number, and what to do (the first pattern that most cells match).
KINDS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?"), "Write decimals with a point, not a comma."),
    (
        re.compile(r"[-+]?\d{1,3}(['\u2019\u00a0\u2009\u202f ]\d{3})+([.,]\d+)?"),
        "Remove the signs between thousands: write 1234 for 1'234.",
    ),
    (
        re.compile(rf"[\u2212\u2013\u2014]\s*{_NUMBER}([eE].\d+)?"),
        "Their minus is another kind of dash: write the plain '-'.",
    ),
    (re.compile(rf"{_NUMBER}\s*%"), "Remove the percent signs."),
    (re.compile(rf"[<>\u2264\u2265]=?\s*{_NUMBER}"), "Bounds are no numbers: write the limit itself, or NA."),
    (
        re.compile(r"[0-9.][/|][0-9.]|[ACGT][/|][ACGT]"),
        "These are genotypes: write the number of changed copies, 0, 1 or 2.",
    ),
    (
        re.compile(
            r"gain|loss|amp(lification|lified)?|(hom|het|shallow|deep)?[ _]?del(etion|eted)?|diploid|neutral", re.I
        ),
        "These name changes of copy number: write numbers, such as -2 for a deep deletion, 0 for none and 2 for an "
        "amplification.",
    ),
    (
        re.compile(
            r"(?i:wt|wild[ _-]?type|mut|mutant|mutated|mutation)"
            r"|(?i:missense|nonsense|nonstop|silent|synonymous|frame[ _]?shift|in[ _]?frame|splice|truncating)([ _-]?\w+)*"
            r"|(p\.)?[A-Z*]([a-z]{2})?\d+([A-Z*=_]|fs|del|dup|ins).*"
        ),
        "These name mutations: write 1 where a patient has one and 0 where there is none (an empty cell or NA would mean that "
        "nobody looked).",
    ),
]


def words_fault(matrix: Matrix, bad: NotNumbers, patients: Collection[str] | None) -> str | None:
    """Say which cells of a table are no numbers, and what to do.

    Parameters
    ----------
    matrix
        As in the file.
    bad
        Its cells that are no numbers.
    patients
        Of the clinical table; None where it could not be read.

    Returns
    -------
    str or None
        The message; None where all are numbers or missing.
    """
    if not bad.first:
        return None
    n = bad.by_row.total()
    shown = listing((f"'{cell}' ({matrix.where(row, column)})" for row, column, cell in bad.first), n=n)
    found = "1 cell is not a number" if n == 1 else f"{n} cells are not numbers"
    return (
        f"{matrix.path}: {found}: {shown}. Measurements must be numbers, or empty, NA "
        f"and the like where missing. {_advice(matrix, bad, patients)}"
    )


def _advice(matrix: Matrix, bad: NotNumbers, patients: Collection[str] | None) -> str:
    cells = [cell.strip() for _, _, cell in bad.first]
    if any('"' in cell for cell in cells):
        return "A quote sign without its partner makes a cell text: remove it."
    columns = sorted(bad.by_column)
    one, few = len(columns) == 1, len(columns) <= 0.5 * len(matrix.columns)
    whole = few and all(bad.by_column[j] == len(matrix.rows) for j in columns)
    names = listing((f"'{matrix.columns[j]}'" for j in columns), join=", ")
    which, them = (f"column {names}", "it") if one else (f"columns {names}", "them")
    if _most(cells, DATE) or _most(cells, SPREADSHEET_DATE):
        if whole:
            return f"These are dates and no measurements: remove {which} from the table."
        return "A spreadsheet makes dates of numbers such as 1.12 or 3-4: take the values from the original table."
    if written := advice_on(cells):
        return written
    for kind, advice in KINDS:
        if _most(cells, kind):
            return advice
    if whole:
        return f"The whole {which} {are(len(columns))} text: remove {them} from the table."
    if few and patients and share(matrix.columns, patients) >= MIN_OVERLAP:
        if not {matrix.columns[j] for j in columns} & set(patients):
            describe = "describes" if one else "describe"
            return f"No patient of the clinical table is called {names}: if {which} {describe} the features, remove {them}."
    if bad.by_row.total() > 0.5 * matrix.size:
        return "Most cells are words: write numbers for them (1 and 0 for yes and no), or leave this omics out."
    return "Correct them, or write NA where a value is missing."


def _most(cells: Sequence[str], kind: re.Pattern[str]) -> bool:
    return sum(kind.fullmatch(cell) is not None for cell in cells) >= MOST * len(cells)
