"""A table of the results that knows its file, and gives its numbers with their source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stratomics.evaluation.wording import DAYS_PER_MONTH, number, probability

from .document import Aside, Name, Number, Said, Source, Text

#: Where there is no number.
NONE: Text = ("-",)
_UNITS = {"": 1.0, "%": 100.0, "months": 1 / DAYS_PER_MONTH}


@dataclass(frozen=True)
class Line:
    """A row of a table.

    Attributes
    ----------
    file
        Path of the table within the folder of the page.
    row
        Its place below the header, from 1.
    values
        By column.
    """

    file: str
    row: int
    values: Mapping[str, Any]

    def source(self, column: str) -> Source:
        """Say where a value stands."""
        return Source(self.file, str(self.row), column)

    def value(self, column: str) -> float:
        """Give a value as a number; NaN where it is missing, and where there is no such column."""
        value = self.values.get(column, math.nan)
        return math.nan if pd.isna(value) else float(value)

    def number(self, column: str, digits: int = 2, *, sign: bool = False, unit: str = "") -> Number:
        """Show a number with fixed digits, in a unit of `Number`; the unit itself is not written."""
        text = number(self.value(column) * _UNITS[unit], digits, sign)
        return Number(text, self.source(column), unit)

    def probability(self, column: str) -> Number:
        """Show a p-value."""
        return Number(probability(self.value(column)), self.source(column))

    def share(self, column: str) -> Text:
        """Show a share as per cent."""
        if not math.isfinite(self.value(column)):
            return (self.number(column, 0, unit="%"),)
        return (Number(f"{100 * self.value(column):.0f}", self.source(column), "%"), " %")

    def interval(
        self, column: str, low: str = "", high: str = "", digits: int = 2, *, sign: bool = False, unit: str = ""
    ) -> Text:
        """Show a number with its 95 % interval: ``0.63 [0.57 to 0.69]``.

        Parameters
        ----------
        column
            Of the number.
        low, high
            Columns of its limits; `column` with ``_low`` and ``_high`` if not given.
        digits, sign, unit
            As of `number`.

        Returns
        -------
        Text
        """
        limits = [low or f"{column}_low", high or f"{column}_high"]
        shown = self.number(column, digits, sign=sign, unit=unit)
        if not math.isfinite(self.value(column)):
            return (shown,)
        if not all(math.isfinite(self.value(limit)) for limit in limits):
            return (shown, Aside((" [no interval]",)))
        start, end = (self.number(limit, digits, sign=sign, unit=unit) for limit in limits)
        return (shown, Aside((" [", start, " to ", end, "]")))

    def said(self, column: str, text: str | None = None) -> Said:
        """Show words of ours that stand here, or a part of them."""
        return Said(str(self.values[column]) if text is None else text, self.source(column))

    def name(self, column: str) -> Name:
        """Show what a user named, or a message about it."""
        return Name(str(self.values[column]), self.source(column))


@dataclass(frozen=True)
class Sheet:
    """A table and its file.

    Attributes
    ----------
    file
        Path within the folder of the page.
    table
        As read: its index counts the rows.
    """

    file: str
    table: pd.DataFrame

    def lines(self, rows: pd.DataFrame | None = None) -> Iterator[Line]:
        """Go through rows of the table, or through all."""
        rows = self.table if rows is None else rows
        for index, values in zip(rows.index, rows.to_dict("records"), strict=True):
            yield Line(self.file, int(index) + 1, {str(name): value for name, value in values.items()})

    def line(self, **wanted: str) -> Line | None:
        """Give the one row whose columns have the wanted values, or None.

        Raises
        ------
        ValueError
            If several rows match.
        """
        rows = self.table
        for column, value in wanted.items():
            rows = rows[rows[column].astype(str) == value]
        if len(rows) > 1:
            raise ValueError(f"{self.file}: {len(rows)} rows where {wanted}, expected one")
        return next(self.lines(rows), None)

    def count(self, rows: pd.DataFrame, *, where: str = "") -> Number:
        """Count rows of the table, told by their places or, where they are many, by a condition: ``subtype=1``."""
        places = where or places_of(rows)
        return Number(str(len(rows)), Source(self.file, places, "", "count"))

    def middle(self, rows: pd.DataFrame, column: str, digits: int = 2) -> Number:
        """Show the median of a column over some rows."""
        return Number(number(rows[column].median(), digits), Source(self.file, places_of(rows), column, "median"))

    def middle_share(self, rows: pd.DataFrame, column: str) -> Text:
        """Show the median of a share over some rows as per cent."""
        shown = Number(f"{100 * rows[column].median():.0f}", Source(self.file, places_of(rows), column, "median"), "%")
        return (shown, " %")


def places_of(rows: pd.DataFrame) -> str:
    """Name rows by their places below the header, from 1: ``2+3+7``; ``none`` where there are none."""
    return "+".join(str(int(index) + 1) for index in rows.index) or "none"
