"""What a cell of a table says: a number, "not known", or something else."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from .checks import examples

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
#: Points between thousands, as German and Dutch programs write them: 1.472 is either, 1.472.000 no number at all.
POINT_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
BELOW_THOUSAND = re.compile(r"[-+]?\d{1,3}", re.ASCII)
#: Points between thousands and a decimal comma (4.671,00), or apostrophes (1'472).
OTHER_THOUSANDS = re.compile(r"[-+]?\d{1,3}([.'’ ]\d{3})*(,\d+)?", re.ASCII)
#: As many cells with a point, and as many different ones without, tell thousands from decimals.
SEVERAL = 3


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


def points_fault(cells: Iterable[str]) -> str | None:
    """Say of a column that its points may stand between thousands (1.472 for 1472); None where they are decimal points.

    Parameters
    ----------
    cells
        Text of one column. Decimals would have other than three digits somewhere, or (written with a fixed number of digits)
        three of them everywhere; thousands have three of them, and whole numbers below 1000 stand beside them.

    Returns
    -------
    str or None
        Words that follow the name of the column.
    """
    known = [cell.strip() for cell in cells if not is_missing(cell)]
    pointed = [cell for cell in known if "." in cell]
    whole = {cell for cell in known if "." not in cell} - {"0"}
    clear = all(map(POINT_THOUSANDS.fullmatch, pointed)) and all(map(BELOW_THOUSAND.fullmatch, whole))
    if not clear or min(len(pointed), len(whole)) < SEVERAL:
        return None
    example = pointed[0]
    return (
        f"has {len(pointed)} cells with a point before three digits ({examples(pointed)}) beside whole numbers below 1000: "
        f"{example} may mean {example.replace('.', '')} or {example}. If the points stand between thousands, remove them; if they "
        f"are decimal points, write as many decimals in every cell (7.000)."
    )


def advice_on(cells: list[str]) -> str | None:
    """Say what to do about cells that would be numbers if they were written so; None where they are something else.

    Parameters
    ----------
    cells
        Text that `number` refuses.
    """
    texts = [cell.strip() for cell in cells]
    if not texts:
        return None
    if all(map(THOUSANDS.fullmatch, texts)):
        return (
            "If the commas stand between thousands, remove them; if they are decimal commas, write a point: "
            f"{texts[0]} may mean either."
        )
    if all(map(DECIMAL_COMMA.fullmatch, texts)):
        return "Write decimals with a point, not a comma."
    if all(text.lower() in ("true", "false", "yes", "no") for text in texts):
        return "Write 1 and 0 for true and false."
    if all(map(DATE.fullmatch, texts)):
        return "These are dates: write the number of days since follow-up began."
    if all(
        THOUSANDS.fullmatch(text) or DECIMAL_COMMA.fullmatch(text) or OTHER_THOUSANDS.fullmatch(text) for text in texts
    ):
        return "Write numbers without a mark between thousands, and decimals with a point, not a comma."
    return None
