"""A page of the report as a reader takes it: its text, the numbers with the tables they name, and the elements it is made of."""

from __future__ import annotations

import csv
import json
import math
import re
import statistics
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

SCALE = {"": 1.0, "%": 100.0, "months": 12 / 365.25}
#: Elements whose text is no prose of the page: drawings and the config are made elsewhere.
APART = ("svg", "style", "pre", "title")
VOID = ("meta", "link", "br")


@dataclass
class Shown:
    """What is shown of a table: the text, where it says it stands, and what sort of text it is."""

    text: str
    source: str
    unit: str
    sort: str


class Page(HTMLParser):
    """A page, read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        #: What names its table.
        self.shown: list[Shown] = []
        #: The rest of the text, with the section that it stands in.
        self.free: list[tuple[str, str]] = []
        self._section = ""
        self._apart = 0
        self._own: list[Shown | None] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        self.elements.append((tag, known))
        if tag in VOID:
            return
        self._apart += tag in APART
        self._section = (known.get("id") or "") if tag == "section" else self._section
        source = known.get("data-source")
        sort = (known.get("class") or "").split(" ")[0]
        self._own.append(Shown("", source, known.get("data-unit") or "", sort) if source else None)

    def handle_endtag(self, tag: str) -> None:
        self._apart -= tag in APART
        if own := self._own.pop():
            self.shown.append(own)

    def handle_data(self, data: str) -> None:
        if self._apart:
            return
        if self._own and self._own[-1]:
            self._own[-1].text += data
        elif data.strip():
            self.free.append((self._section, data))

    @property
    def ids(self) -> list[str]:
        return [known["id"] or "" for _, known in self.elements if "id" in known]


@cache
def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quotechar='"'))


def stands(source: str, folder: Path) -> float | str:
    """What stands where a source says, read without the code of the report."""
    file, rows, column, of = (*source.split(":"), "")[:4]
    if file.endswith(".json"):
        value = json.loads((folder / file).read_text())
        for key in column.split("."):
            value = value[int(key)] if isinstance(value, list) else value[key]
        return str(value)
    table = _rows(folder / file)
    if of == "attention":
        from stratomics.evaluation.attention import heldout_attention
        from stratomics.tables import read_table

        return float(heldout_attention(read_table(folder / file))[column].mean())
    if "=" in rows:
        name, wanted = rows.split("=")
        chosen = [row for row in table if row[name] == wanted]
    else:
        chosen = [table[int(place) - 1] for place in rows.split("+") if rows and rows != "none"] if rows else table
    if of == "count":
        return float(len(chosen))
    if of == "distinct":
        return float(len({row[column] for row in chosen}))
    if of == "median":
        return statistics.median(float(row[column]) for row in chosen)
    (row,) = chosen
    return row[column]


def fault(shown: Shown, folder: Path) -> str | None:
    """Say how what is shown differs from its table; nothing where it does not."""
    value = stands(shown.source, folder)
    if shown.sort != "number":
        held = str(value)
        same = shown.text in held or (shown.sort == "name" and held in shown.text)
        return None if same else f"{shown.text!r} is not {held!r} of {shown.source}"
    number = math.nan if value in ("NA", "") else float(value) * SCALE[shown.unit]
    if shown.text == "-" or math.isnan(number):
        return None if shown.text == "-" and not math.isfinite(number) else f"{shown.text} for {number}: {shown.source}"
    mantissa, _, exponent = shown.text.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
    # Half a unit of the last digit shown, and what the ten digits of a table leave open.
    off = abs(float(shown.text) - number)
    return None if off <= 0.5 * 10**-digits * (1 + 1e-6) + 1e-12 else f"{shown.text} for {number}: {shown.source}"


def loose_numbers(page: Page) -> dict[str, str]:
    """Numbers in the prose of a page that name no table, with a piece that holds each; those of the papers are left out."""
    pieces = [piece for section, piece in page.free if section != "methods"]
    return {number: piece for piece in pieces for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", piece)}
