"""What a page says, without saying how it looks: sections of typed blocks, and text whose numbers know their table.

A plain ``str`` in a `Text` is prose of ours. Whatever a user may have named stands in a `Name`, and every number of a result in a
`Number`, so that a renderer can escape the one and tell the source of the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class Source:
    """Where a number or a text stands.

    Attributes
    ----------
    file
        Path within the folder of the page, for instance ``vae/metrics.tsv``.
    rows
        Lines of the table below its header, from 1: ``3``, or ``2+3+7`` for several; ``column=value`` for all where that holds.
        Empty in a JSON file, and where all rows count.
    column
        Of the table, or the keys that lead to a value in a JSON file: ``settings.evaluation.folds``.
    of
        What was made of several rows: their ``count``, the number of ``distinct`` values, their ``median``, or their mean over
        unseen patients (``attention``); empty for the value itself.
    """

    file: str
    rows: str = ""
    column: str = ""
    of: str = ""

    def __str__(self) -> str:
        """Write it in one line: ``vae/metrics.tsv:3:held_out``."""
        return ":".join([self.file, self.rows, self.column, *([self.of] if self.of else [])])


@dataclass(frozen=True)
class Number:
    """A number as it is shown, and where it stands.

    Attributes
    ----------
    text
        For instance ``0.67``; ``-`` where there is none.
    source
        Where it stands.
    unit
        What to multiply the value of the table with to get the number shown: empty, ``%`` or ``months`` (of days).
    """

    text: str
    source: Source
    unit: str = ""


@dataclass(frozen=True)
class Said:
    """Words of ours that a table holds as they are shown, or as a part."""

    text: str
    source: Source


@dataclass(frozen=True)
class Name:
    """Text of a user, or a message about it: it may hold anything, and is shown as text."""

    text: str
    source: Source | None = None


@dataclass(frozen=True)
class Code:
    """A name of a file, a column or a setting."""

    text: str


@dataclass(frozen=True)
class Emphasis:
    """What is emphasised."""

    text: Text


@dataclass(frozen=True)
class Strong:
    """What is emphasised strongly."""

    text: Text


@dataclass(frozen=True)
class Aside:
    """What steps back behind the number before it, like its interval."""

    text: Text


@dataclass(frozen=True)
class Answer:
    """A short answer to a question of the verdict.

    Attributes
    ----------
    text
        A few words.
    tone
        ``good``, ``open`` (neither shown nor ruled out) or ``bad``.
    source
        The code that it stands for.
    """

    text: str
    tone: str
    source: Source


@dataclass(frozen=True)
class Link:
    """Words that lead to a page beside this one."""

    text: str
    target: str


Inline: TypeAlias = Answer | Link | str | Number | Said | Name | Code | Emphasis | Strong | Aside
Text: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: Text


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: Text


@dataclass(frozen=True)
class Note:
    """A paragraph set apart: a warning."""

    text: Text


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: Sequence[Text]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    header
        Names of the columns.
    rows
        Cells.
    about
        What it shows, for those who cannot see it at a glance.
    """

    header: Sequence[Text]
    rows: Sequence[Sequence[Text]]
    about: str = ""


@dataclass(frozen=True)
class Drawing:
    """A figure with the table that it was drawn from.

    Attributes
    ----------
    svg, table
        The files.
    title
        A few words.
    alt
        What a person who cannot see it should know of it.
    caption
        What it shows, and what may not be concluded.
    place
        Path of the table within the folder of the page.
    name
        Of the file that the table is saved as.
    """

    svg: Path
    table: Path
    title: Text
    alt: str
    caption: Text
    place: str
    name: str


@dataclass(frozen=True)
class Listing:
    """Lines to be shown, and copied, as they are."""

    text: str
    about: str


Block: TypeAlias = Heading | Paragraph | Note | Bullets | Table | Drawing | Listing


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it.

    Attributes
    ----------
    heading
        In plain words.
    blocks
        What it holds.
    key
        Name for links to it.
    """

    heading: str
    blocks: Sequence[Block]
    key: str = ""


@dataclass(frozen=True)
class Document:
    """A page: its title, what stands above the first heading, and its sections; those without a block are left out."""

    title: Text
    opening: Sequence[Block]
    sections: Sequence[Section]

    def filled(self) -> list[Section]:
        """Give the sections that hold anything."""
        return [section for section in self.sections if section.blocks]


_MARKUP = re.compile(r"\*\*(?P<strong>.+?)\*\*|\*(?P<emphasis>.+?)\*|`(?P<code>.+?)`|\{(?P<field>\w+)\}")


def prose(template: str, **fields: Inline | Text) -> Text:
    """Make text of prose with a little markup: ``*emphasis*``, ``**strong**``, ```code```, and ``{fields}``.

    Parameters
    ----------
    template
        The prose. Only what stands here is looked at for markup, never what is put into it.
    **fields
        By name: a text, or a part of one.

    Returns
    -------
    Text

    Raises
    ------
    KeyError
        If a field is not given.
    """
    parts: list[Inline] = []
    end = 0
    for found in _MARKUP.finditer(template):
        parts += [template[end : found.start()]] if found.start() > end else []
        end = found.end()
        kind = str(found.lastgroup)
        if kind == "field":
            parts += as_text(fields[found[kind]])
        elif kind == "code":
            parts.append(Code(found[kind]))
        else:
            parts.append((Strong if kind == "strong" else Emphasis)(prose(found[kind], **fields)))
    return (*parts, template[end:]) if end < len(template) else tuple(parts)


def as_text(part: Inline | Text) -> Text:
    """Make a text of a part of one."""
    return part if isinstance(part, tuple) else (part,)


def joined(texts: Sequence[Inline | Text], between: str = ", ") -> Text:
    """Put texts behind each other, with something between them."""
    parts: list[Inline] = []
    for text in texts:
        parts += [*([between] if parts else []), *as_text(text)]
    return tuple(parts)


def plain(text: Inline | Text) -> str:
    """Give the words of a text without any markup."""
    if isinstance(text, str):
        return text
    if isinstance(text, tuple):
        return "".join(map(plain, text))
    return plain(text.text)


def table_of(header: Sequence[str | Text], rows: Sequence[Sequence[Inline | Text]], about: str = "") -> Table:
    """Make a table of cells that may be single parts."""
    return Table([as_text(cell) for cell in header], [[as_text(cell) for cell in row] for row in rows], about)


def by_name(columns: Mapping[str, object]) -> list[Text]:
    """Give the names of columns as a header."""
    return [as_text(name) for name in columns]
