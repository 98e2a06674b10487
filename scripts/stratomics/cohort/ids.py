"""Names of patients and features: cleaned of what nobody sees, compared, and how two tables would agree."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from .cells import is_missing

#: Characters without a shape of their own: control and format characters, soft hyphens, joiners, byte order marks.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)

#: The smaller of two sets of ids must find at least this share of its own in the other.
MIN_OVERLAP = 0.5


def clean_name(name: str) -> str:
    """Return a name in composed Unicode (NFC), without invisible characters and surrounding blanks; ``="P1"`` is P1."""
    if not (name.isascii() and name.isprintable()):
        name = re.sub(r"\s", " ", INVISIBLE.sub("", unicodedata.normalize("NFC", name)))
    name = name.strip()
    # So spreadsheets are made to keep text as it is.
    return name[2:-1] if name.startswith('="') and name.endswith('"') and len(name) > 3 else name


def without_decimals(names: Sequence[str]) -> list[str] | None:
    """Return ``91`` for ``91.0`` where all known names are such; pandas writes whole numbers so when one was missing.

    Parameters
    ----------
    names
        Of one table.

    Returns
    -------
    list of str or None
        None where some names are other, or would become one.
    """
    known = {name for name in names if not is_missing(name)}
    if not known or not all(re.fullmatch(r"\d+\.0+", name, re.ASCII) for name in known):
        return None
    new = [name if is_missing(name) else name.split(".")[0] for name in names]
    return new if len(set(new)) == len(set(names)) else None


def rounded(names: Iterable[str]) -> list[str]:
    """Return the ids that a spreadsheet rounded, such as ``1.23457E+11``."""
    return [name for name in names if re.fullmatch(r"\d([.,]\d+)?E\+?\d+", name, re.IGNORECASE)]


#: What to do about `rounded` ids.
ROUNDED_ADVICE = (
    "A spreadsheet rounded long numbers, so different patients have the same id: take the ids from the original table."
)


def share(one: Collection[str], other: Collection[str]) -> float:
    """Share of the smaller set that the larger one holds."""
    first, second = set(one), set(other)
    return len(first & second) / max(1, min(len(first), len(second)))


def plain(name: str) -> str:
    """Return a name without case, and with every run of separators as one dash."""
    return re.sub(r"[^\w]+|_+", "-", name.casefold())


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Find different names that are the same but for case and separators (``p01`` and ``P01``, ``A.1`` and ``A-1``)."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        groups.setdefault(plain(name), []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def agreement_advice(names: Collection[str], patients: Collection[str]) -> str | None:
    """Say what would make the ids of a table agree with those of the clinical table.

    Parameters
    ----------
    names
        Of the table.
    patients
        Of the clinical table.

    Returns
    -------
    str or None
        Advice after which different ids are still different; None where nothing is recognised.
    """
    rewrites: list[tuple[str, Callable[[str], str]]] = [
        ("The ids differ only in upper and lower case: write them alike.", str.casefold),
        ("The ids differ only in leading zeros: write them alike, as text.", lambda name: name.lstrip("0") or "0"),
        ("The ids differ only in their separators (R writes '.' for '-'): write them alike.", plain),
        ("The ids differ only in blanks: write them alike.", lambda name: re.sub(r"\s+", "", name)),
        (
            "The ids of one table end in '.0' (pandas writes whole numbers so where one is missing): write them as whole numbers.",
            lambda name: re.sub(r"\.0+$", "", name),
        ),
        (
            "R puts an X before names that start with a digit: remove it, and write separators alike.",
            lambda name: plain(re.sub(r"^X(?=\d)", "", name)),
        ),
    ]
    for words, rewrite in rewrites:
        if _agree(names, patients, rewrite, rewrite):
            return words
    return _affix_advice(names, patients) or _shorten_advice(names, patients)


def _agree(
    names: Collection[str], patients: Collection[str], one: Callable[[str], str], other: Callable[[str], str]
) -> bool:
    """Tell whether rewritten ids agree, and still tell the patients apart."""
    left, right = list(map(one, set(names))), list(map(other, set(patients)))
    return len(set(left)) == len(left) and len(set(right)) == len(right) and share(left, right) >= MIN_OVERLAP


def _affix_advice(names: Collection[str], patients: Collection[str]) -> str | None:
    """Recognise a beginning or an end that all ids of one table have and those of the other lack."""
    for longer, shorter, words in ((names, patients, "this table"), (patients, names, "the clinical table")):
        ids = sorted(set(longer))
        if len(ids) < 2:
            continue
        start = os.path.commonprefix(ids)
        end = os.path.commonprefix([name[::-1] for name in ids])[::-1]
        # Not within a number: 101 is no other way to write 1.
        for length in range(1, len(start) + 1):
            if not start[length - 1].isdigit() and share({name[length:] for name in ids}, shorter) >= MIN_OVERLAP:
                found = "an apostrophe" if start[:length] == "'" else f"'{start[:length]}'"
                return f"The ids of {words} begin with {found}, which those of the other lack: write them alike."
        for length in range(1, len(end) + 1):
            if not end[-length].isdigit() and share({name[:-length] for name in ids}, shorter) >= MIN_OVERLAP:
                return f"The ids of {words} end in '{end[-length:]}', which those of the other lack: write them alike."
    return None


def _shorten_advice(names: Collection[str], patients: Collection[str]) -> str | None:
    """Recognise ids that go on where those of the other table end."""
    for longer, shorter, words in ((names, patients, "ids of this table"), (patients, names, "clinical ids")):
        lengths = Counter(map(len, shorter))
        length = max(lengths, key=lambda one: (lengths[one], one), default=0)
        example = next((name for name in longer if len(name) > length > 0), None)
        if example and _agree(longer, shorter, lambda name, length=length: plain(name[:length]), plain):  # type: ignore[misc]
            return f"Shorten the {words} to their first {length} characters ('{example}' to '{example[:length]}')."
    return None
