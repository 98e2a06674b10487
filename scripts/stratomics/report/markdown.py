"""A document as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from stratomics.user_text import markdown as escaped

from .document import (
    Block,
    Bullets,
    Code,
    Document,
    Drawing,
    Emphasis,
    Heading,
    Inline,
    Link,
    Listing,
    Name,
    Note,
    Paragraph,
    Strong,
    Table,
    Text,
)


def document_markdown(document: Document) -> str:
    """Write a document as Markdown.

    Parameters
    ----------
    document
        The page.

    Returns
    -------
    str
        With a line break at its end.
    """
    parts = [f"# {text_markdown(document.title)}", *map(_block, document.opening)]
    for section in document.filled():
        parts += [f"## {section.heading}", *map(_block, section.blocks)]
    return "\n\n".join(parts) + "\n"


def text_markdown(text: Inline | Text) -> str:
    """Write a text as one line of Markdown; what users named is shown as they wrote it."""
    if isinstance(text, str):
        return text
    if isinstance(text, tuple):
        return "".join(map(text_markdown, text))
    if isinstance(text, Name):
        return escaped(text.text)
    inner = text.text if isinstance(text.text, str) else text_markdown(text.text)
    if isinstance(text, Link):
        return f"[{inner}]({text.target})"
    if isinstance(text, Code):
        return f"`{inner}`"
    if isinstance(text, Emphasis):
        return f"*{inner}*"
    return f"**{inner}**" if isinstance(text, Strong) else inner


def _block(block: Block) -> str:
    """Write a block."""
    if isinstance(block, Paragraph):
        return text_markdown(block.text)
    if isinstance(block, Heading):
        return f"### {text_markdown(block.text)}"
    if isinstance(block, Note):
        return f"> {text_markdown(block.text)}"
    if isinstance(block, Bullets):
        return "\n".join(f"- {text_markdown(item)}" for item in block.items)
    if isinstance(block, Table):
        return "\n".join(_lines([_cells(block.header), *map(_cells, block.rows)]))
    if isinstance(block, Drawing):
        return f"![{escaped(block.alt)}]({block.place})"
    assert isinstance(block, Listing)
    return f"```\n{block.text}\n```"


def _cells(cells: Sequence[Text]) -> list[str]:
    return [text_markdown(cell) for cell in cells]


def _lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out a table, its header first."""
    return [f"| {' | '.join(row)} |" for row in (rows[0], ["---"] * len(rows[0]), *rows[1:])]
