"""One clinical covariate as columns of numbers: its trend, whether it is missing, and how it departs from the trend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.covariates import Kind, describe_covariate, level_names

#: Levels with a smaller share of the training patients are joined; a coefficient of their own would rest on a few patients.
#: What is missing for fewer is filled without a column that says so.
RARE = 0.05
REST = "other"
#: A number bends at these quantiles of the training patients (Harrell 2015, Regression Modeling Strategies, section 2.4.6).
KNOTS = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Covariate:
    """How one column of the table is read.

    Parameters
    ----------
    name
        The column.
    kind
        ``numeric``, ``ordinal`` or ``categorical``; decided by the training patients.
    known
        What the training patients have, each once: cells as they stand in the table.
    values
        What they were read as.
    levels
        Categorical: the levels with a column of their own.
    reference
        Categorical: the most frequent level, zero in all columns.
    rest
        Categorical: whether the rare levels share a column.
    fill
        Numeric and ordinal: median of the training patients, in place of what is missing.
    indicator
        Whether a column says that the covariate is missing.
    knots
        Numeric: where the restricted cubic spline bends, [3]; empty for a straight line.
    inner
        Ordinal: ranks that may depart from the trend, and what they are called.
    """

    name: str
    kind: Kind
    known: tuple[object, ...]
    values: tuple[object, ...]
    levels: tuple[str, ...] = ()
    reference: str = ""
    rest: bool = False
    fill: float = 0.0
    indicator: bool = False
    knots: tuple[float, ...] = ()
    inner: tuple[tuple[float, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; of a number without the cells of the patients, which nothing is read from."""
        used = self if self.kind != "numeric" else replace(self, known=(), values=())
        cells = {
            key: [one.item() if isinstance(one, np.generic) else one for one in getattr(used, key)]
            for key in ("known", "values")
        }
        return {**asdict(used), **cells}

    @classmethod
    def from_json(cls, own: Mapping[str, Any]) -> Covariate:
        """Put it together again from what `to_json` gave."""
        lists = {key: tuple(own[key]) for key in ("known", "values", "levels", "knots")}
        return cls(**{**own, **lists, "inner": tuple((rank, level) for rank, level in own["inner"])})

    @property
    def main(self) -> list[str]:
        """Names of the columns that every model has: the trend, or the levels of a category."""
        if self.kind != "categorical":
            return [self.name]
        return [f"{self.name}={level}" for level in (*self.levels, *([REST] if self.rest else []))]

    @property
    def extra(self) -> list[tuple[int, str]]:
        """The columns that a model has if there are events enough: how soon it is their turn (0 first), and their names."""
        missing = [(0, f"{self.name} missing")] if self.indicator else []
        bend = [(1, f"{self.name} (bend)")] if self.knots else []
        return [*missing, *bend, *((2, f"{self.name}={level}") for _, level in self.inner)]

    def read(self, cells: pd.Series) -> pd.Series:
        """Read cells as the training patients were read; NaN where missing or not of the same kind."""
        if self.kind == "numeric":
            numbers = pd.to_numeric(cells, errors="coerce").astype(np.float64)
            return numbers.where(np.isfinite(numbers), np.nan)
        meaning = dict(zip(self.known, self.values, strict=True))
        for cell in cells.dropna().unique():
            if cell not in meaning:
                kind, values = describe_covariate(pd.Series([*self.known, cell], dtype=object))
                meaning[cell] = values.iloc[-1] if kind == self.kind else np.nan
        return cells.map(meaning)

    def encode(self, values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Return the columns `main` and `extra` of what `read` gave, before scaling, float64 [n, columns] each."""
        unknown = [values.isna().to_numpy(np.float64)] if self.indicator else []
        if self.kind == "categorical":
            main = [(values == level).to_numpy(np.float64) for level in self.levels]
            if self.rest:
                main.append((values.notna() & ~values.isin([self.reference, *self.levels])).to_numpy(np.float64))
            return _side_by_side(main, len(values)), _side_by_side(unknown, len(values))
        filled = values.astype(np.float64).fillna(self.fill).to_numpy()
        bend = [_bend(filled, self.knots)] if self.knots else []
        levels = [(values == rank).to_numpy(np.float64) for rank, _ in self.inner]
        return filled[:, None], _side_by_side([*unknown, *bend, *levels], len(values))


def learn_covariate(column: pd.Series) -> tuple[Covariate | None, list[str]]:
    """Learn from the training patients how to read and encode one covariate.

    Parameters
    ----------
    column
        Cells of the training patients.

    Returns
    -------
    covariate : Covariate or None
        None where all is missing.
    notes : list of str
        What a user should know, in words.
    """
    name, n = str(column.name), len(column)
    kind, values = describe_covariate(column)
    missing = int(values.isna().sum())
    if missing == n:
        return None, [f"{name} is left out: missing for all training patients"]
    notes = []
    if missing:
        instead = "most frequent level" if kind == "categorical" else "median"
        notes.append(f"{name} is missing for {missing} of {n} training patients: taken as the {instead}")
    known = column.drop_duplicates().dropna()
    own = Covariate(name, kind, tuple(known), tuple(values.loc[known.index]), indicator=missing >= RARE * n)
    if kind == "categorical":
        counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable") / n
        levels = [str(level) for level in counts.index[1:] if counts[level] >= RARE]
        rare = [level for level in counts.index[1:] if counts[level] < RARE]
        rest = bool(counts[rare].sum() >= RARE)
        if rare:
            notes.append(
                f"{name}: {len(rare)} levels of fewer than {RARE:.0%} of the training patients "
                + (f"are joined as {REST!r}" if rest else f"count as {counts.index[0]!r}")
            )
        return replace(own, levels=tuple(levels), reference=str(counts.index[0]), rest=rest), notes
    numbers = values.dropna().to_numpy(np.float64)
    fill = float(np.median(numbers))
    if kind == "numeric":
        knots = np.quantile(numbers, KNOTS)
        bends = bool((np.diff(knots) > 0).all())
        return replace(own, fill=fill, knots=tuple(map(float, knots)) if bends else ()), notes
    ranks = np.unique(numbers)[1:-1]
    called = level_names(column)
    inner = [(float(rank), called[rank]) for rank in ranks if (numbers == rank).sum() >= RARE * n]
    return replace(own, fill=fill, inner=tuple(inner)), notes


def _side_by_side(columns: list[np.ndarray], n: int) -> np.ndarray:
    return np.array(columns, dtype=np.float64).reshape(len(columns), n).T


def _bend(x: np.ndarray, knots: tuple[float, ...]) -> np.ndarray:
    """Give the second column of a restricted cubic spline of three knots: 0 below the first, straight beyond the last.

    Beyond the span of the knots by more than their span it stays level, so that no wild number of an unseen patient counts.
    """
    low, middle, high = knots
    span = high - low
    x = np.clip(x, low - span, high + span)
    cubes = (np.maximum((x - knot) / span, 0.0) ** 3 for knot in knots)
    first, second, third = cubes
    return first - second * span / (high - middle) + third * (middle - low) / (high - middle)
