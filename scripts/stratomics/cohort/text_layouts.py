"""What a text is that cannot be taken apart as a table: other formats, and lines above or below the table."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from itertools import islice
from pathlib import Path

from .checks import places
from .files import open_text
from .header import SEPARATORS

#: How texts begin that are no tables, what they are, and what to do.
BEGINNINGS: list[tuple[re.Pattern[str], str, str]] = [
    (
        re.compile(r"[!^]\w+"),
        "a file of GEO (a series matrix or SOFT: its lines begin with '!')",
        "Remove the lines that begin with '!' or '^', above and below the table, so that the first line names the columns.",
    ),
    (
        re.compile(r"\d+\t\d+(\t\d+)*\s*\nname\tdescription\t", re.IGNORECASE),
        "a GCT file without its first line",
        "Remove the line above the names of the samples, and the column 'Description'.",
    ),
    (
        re.compile(r"%%MatrixMarket"),
        "a sparse matrix (MatrixMarket)",
        "Write it as a plain table, with the names of its rows and columns.",
    ),
    (
        re.compile(r"version https://git-lfs"),
        "a pointer of Git LFS, not the file itself",
        "Fetch the file: git lfs pull.",
    ),
    (
        re.compile(r"\s*<[!?\w]"),
        "a web page or XML, perhaps of an error in the place of the download",
        "Download the table again.",
    ),
    (re.compile(r"\s*[{\[]\s*[\"{\[\d}\]]"), "JSON", "Write it as a table."),
]

#: How the text begins is judged by as many lines.
HEAD = 3

#: Lines below a table are no longer than so many; more lines of another width are no note under it.
MOST = 10


def text_layout(path: str, file: Path) -> str | None:
    """Say what a text is that could not be read as a table.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    file
        Where it is.

    Returns
    -------
    str or None
        The message; None where nothing is recognised.
    """
    try:
        with open_text(file) as handle:
            first = "".join(islice((line for line in handle if line.strip()), HEAD))
        for beginning, what, advice in BEGINNINGS:
            if beginning.match(first):
                return f"{path}: this is {what}. {advice}"
        return _below(path, file, max(SEPARATORS, key=first.count))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return None


def _below(path: str, file: Path, separator: str) -> str | None:
    """Recognise lines without a separator under the table, where all other lines are of one width."""
    widths: Counter[int] = Counter()
    alone: list[tuple[int, str]] = []
    with open_text(file) as handle:
        for number, line in enumerate(handle, start=1):
            if not line.strip() or line.startswith("#"):
                continue
            if separator in line:
                if alone:  # such lines stand among the rows, too
                    return None
                widths[line.count(separator)] += '"' not in line
            elif widths:
                alone.append((number, line.strip()))
    # The header may be one name short (R), and rows may end in a separator.
    if not 0 < len(alone) <= MOST or +widths and max(widths) - min(widths) > 1:
        return None
    if any("\0" in text for _, text in alone):  # no text at all, which is said elsewhere
        return None
    here, text = places("line", [number for number, _ in alone]), alone[0][1]
    one = len(alone) == 1
    them = "it" if one else "them"
    if text == "\x1a":
        return f"{path}: {here}, under the table, holds an end-of-file sign of old systems (Ctrl-Z). Remove it."
    if text.startswith("!"):
        return f"{path}: {here}, under the table, {'comes' if one else 'come'} from GEO ('{text[:60]}'). Remove {them}."
    return (
        f"{path}: {here}, at the end, {'holds' if one else 'hold'} a single cell ('{text[:60]}'), not a row of the table. If "
        f"it is a note, remove {them}; if the file was cut short, copy or download it again."
    )
