"""Text from users (names of columns, levels and features, messages about them) shown as text, whatever it holds.

A name may be ``age<60``, ``**``, ``[x](javascript:...)`` or ``</script>``. Tables keep it as it is; what a browser, a Markdown
renderer or a drawing library would take for more than text goes through here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

#: What would end a line.
_BREAKS = re.compile(r"\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
#: Kinds of characters that have no glyph and are not allowed in XML, and the marks that turn the direction of reading.
_UNSEEN = {"Cc", "Cs"}
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: Special within a line of Markdown, or of mathematics in it; an underscore only where it does not join two letters; and
#: where a backslash keeps an address from becoming a link.
_INLINE = re.compile(r"[\\`*\[\]|$~#]|(?<![^\W_])_|_(?![^\W_])|(?<=:)(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)
#: What makes a list or a rule of a line that starts with it.
_OPENING = re.compile(r"^(\d*(?=[.)](?:\s|$))|(?=[-+=]))")


def one_line(text: str) -> str:
    r"""Put a text on one line and make what has no glyph visible (``\x07``).

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The same, but for line breaks and tabs (a blank each), control characters, and marks that turn the direction of
        reading, each as the escape that Python would write.
    """
    text = _BREAKS.sub(" ", text)
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def markdown(text: str) -> str:
    """Escape a text so that Markdown shows it as it is, also at the start of a line and in a cell of a table.

    Parameters
    ----------
    text
        Any text. ``ajcc_stage`` and the like stay readable: only what means something is escaped.

    Returns
    -------
    str
        One line of Markdown without markup, links, HTML or formulas.
    """
    text = _INLINE.sub(lambda found: f"\\{found[0]}", one_line(text))
    text = re.sub("[&<>]", lambda found: _ENTITIES[found[0]], text)
    return _OPENING.sub(r"\1\\", text)


class Quoted(str):
    r"""A text whose ``repr`` is free of ``<`` (written ``\x3c``), and so can end no script element of an HTML page.

    It is the same text in every other way, and pickles as a plain one.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a Python literal of the same text."""
        return super().__repr__().replace("<", r"\x3c")

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Pickle as plain text, so that readers need not know this class."""
        return str, (str(self),)


def quoted(settings: Any) -> Any:
    """Replace the texts in nested dicts and lists that hold ``<`` by `Quoted` ones.

    Parameters
    ----------
    settings
        Plain types; not changed.

    Returns
    -------
    Any
        Equal to `settings`.
    """
    if isinstance(settings, dict):
        return {quoted(key): quoted(value) for key, value in settings.items()}
    if isinstance(settings, list):
        return [quoted(value) for value in settings]
    return Quoted(settings) if isinstance(settings, str) and "<" in settings else settings


def _visible(character: str) -> str:
    """Return a character, or its escape where it cannot be seen."""
    if unicodedata.category(character) in _UNSEEN or character in _TURNING:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character
