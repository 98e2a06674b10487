"""A document as a page of HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path
from typing import Any

import jinja2

from stratomics import __version__
from stratomics.user_text import one_line
from stratomics.writing import atomic_path

from .document import Document, Drawing, plain
from .svg import page_svg

TEMPLATES = Path(__file__).parent / "templates"
#: A table of more bytes than this is compressed.
LARGE = 50_000
#: A table with this column has a row per patient.
PATIENT = "patient"


def document_html(document: Document) -> str:
    """Write a document as one page of HTML: no script, nothing fetched, figures and their tables within.

    Parameters
    ----------
    document
        The page.

    Returns
    -------
    str
        The same bytes for the same document and figures.
    """
    # Every text is escaped where it is put in, whoever wrote it.
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"kind": _kind, "plain": plain, "visible": one_line}
    templates.globals |= {"draw": page_svg, "table_address": table_address}
    page = templates.get_template("page.html")
    return page.render(document=document, sections=document.filled(), version=__version__) + "\n"


def write_page(document: Document, path: str | Path) -> int:
    """Write a page to a file.

    Parameters
    ----------
    document
        The page.
    path
        Where to.

    Returns
    -------
    int
        Its size in bytes.
    """
    content = document_html(document).encode()
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return len(content)


def _kind(part: Any) -> str:
    """Name the type of a block or of a part of a text."""
    return type(part).__name__


def table_address(figure: Drawing) -> str | None:
    """Give the table of a figure as an address that holds it.

    Parameters
    ----------
    figure
        The figure.

    Returns
    -------
    str or None
        A ``data:`` address, so that the page can be passed on alone; None where a row is a patient: a page is passed on more
        lightly than what is known of each patient should be. A large table is compressed.
    """
    content = figure.table.read_bytes()
    if PATIENT in content.partition(b"\n")[0].decode().split("\t"):
        return None
    if len(content) > LARGE:
        return "data:application/gzip;base64," + base64.b64encode(gzip.compress(content, mtime=0)).decode()
    return "data:text/tab-separated-values;base64," + base64.b64encode(content).decode()
