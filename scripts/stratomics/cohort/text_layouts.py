"""What a text is that cannot be taken apart as a table: other formats, and lines above or below the table."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from itertools import islice, takewhile
from pathlib import Path

from .checks import count, places
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

#: More lines of another width than this are no notes under a table.
MOST = 10

#: So much of a line is shown.
SHOWN = 60


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
    """Recognise lines under the table that have far fewer cells than all other lines."""
    lines: list[tuple[int, int, str]] = []
    with open_text(file) as handle:
        for number, line in enumerate(handle, start=1):
            if line.strip() and (lines or not line.startswith("#")):
                lines.append((number, line.count(separator), line[:SHOWN].strip()))
    if not lines:
        return None
    usual = Counter(separators for _, separators, _ in lines).most_common(1)[0][0]
    short = list(takewhile(lambda one: one[1] < usual / 3, reversed(lines)))[::-1]
    # The header may be one name short (R), and rows may end in a separator.
    if not 0 < len(short) <= MOST or any(abs(separators - usual) > 1 for _, separators, _ in lines[: -len(short)]):
        return None
    here, text, one = places("line", [number for number, _, _ in short]), short[0][2], len(short) == 1
    if "\0" in text:  # no text at all, which is said elsewhere
        return None
    if text == "\x1a":
        return f"{path}: {here}, under the table, holds an end-of-file sign of old systems (Ctrl-Z). Remove it."
    if text.startswith("!"):
        them = "it" if one else "them"
        return f"{path}: {here}, under the table, {'comes' if one else 'come'} from GEO ('{text}'). Remove {them}."
    hold, notes = ("holds", "it is a note, remove it") if one else ("hold", "these are notes, remove them")
    return (
        f"{path}: {here}, at the end, {hold} {count(short[0][1] + 1, 'cell')} ('{text}'), and the other lines {usual + 1}. If "
        f"{notes}; if the file was cut short, copy or download it again."
    )
