"""What a cell of a table says: a number, "not known", or something else."""

from __future__ import annotations

import re

import numpy as np

#: Cells that mean "not measured" or "not known", compared without regard to case and surrounding blanks.
MISSING = frozenset(
    {"", ".", "-", "--", "'--", "?", "??", "na", "n/a", "n.a.", "n.a", "<na>", "nan", "-nan", "null", "none", "nil"}
    | {"#n/a", "#na", "#null!", "#value!", "#ref!", "#div/0!", "#num!", "#name?"}
    | {"[not available]", "[not evaluated]", "[not applicable]", "[unknown]", "[discrepancy]", "[completed]"}
    | {"[pending]", "[not reported]", "[not allowed to collect]", "not available", "not applicable", "not evaluated"}
    | {"not reported", "not allowed to collect", "not collected", "not recorded", "not known", "not determined"}
    | {"unknown", "unk", "missing", "unspecified", "not specified"}
)

#: A decimal comma (0,25) and commas between thousands (1,234 is either).
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*", re.ASCII)
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", re.ASCII)
THOUSANDS = re.compile(r"\s*[-+]?\d{1,3}(,\d{3})+(\.\d+)?\s*", re.ASCII)


def is_missing(cell: str) -> bool:
    """Tell whether a cell means "not known" (see `MISSING`)."""
    return cell.strip().lower() in MISSING


def is_plain(text: str) -> bool:
    """Tell whether Python would read numbers in `text` as everybody does: not ``1_000``, nor digits of other scripts."""
    return "_" not in text and text.isascii()


def number(cell: str) -> float:
    """Read one cell: NaN where missing.

    Parameters
    ----------
    cell
        Text.

    Returns
    -------
    float
        Infinite where the cell says so.

    Raises
    ------
    ValueError
        When it is neither a number in the digits 0 to 9 nor one of `MISSING`.
    """
    if is_missing(cell):
        return np.nan
    if not is_plain(cell.strip()):
        raise ValueError(f"not a number: {cell!r}")
    return float(cell)


def advice_on(cells: list[str]) -> str | None:
    """Say what to do about cells that would be numbers if they were written so; None where they are something else.

    Parameters
    ----------
    cells
        Text that `number` refuses.
    """
    if cells and all(THOUSANDS.fullmatch(cell) for cell in cells):
        return (
            "If the commas stand between thousands, remove them; if they are decimal commas, write a point: "
            f"{cells[0].strip()} may mean either."
        )
    if cells and all(DECIMAL_COMMA.fullmatch(cell) for cell in cells):
        return "Write decimals with a point, not a comma."
    if cells and all(cell.strip().lower() in ("true", "false", "yes", "no") for cell in cells):
        return "Write 1 and 0 for true and false."
    if cells and all(DATE.fullmatch(cell.strip()) for cell in cells):
        return "These are dates: write the number of days since follow-up began."
    return None
