"""Where the numbers of a verdict are read: the tables of one embedding, and a reader for each kind of place in them.

A reader takes the tables and gives what stands there, NaN (or an empty `Figure`) where there is no such table, row or value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from stratomics.cohort.splits import of_full

NAN = math.nan
#: The level at which a p-value counts.
ALPHA = 0.05

#: Column of a table by the part of a `Figure`; the value itself is in another one in each table.
LIMITS = ("ci_low", "ci_high")


class Figure(NamedTuple):
    """A figure and the limits of its 95 % interval; NaN where there is none."""

    value: float = NAN
    low: float = NAN
    high: float = NAN


@dataclass(frozen=True)
class EvidenceTables:
    """What is known about one method of one cohort. Tables that do not exist may be left out.

    Attributes
    ----------
    name
        Of the embedding or comparator.
    metrics
        Its ``metrics.tsv``.
    stability, prognostic, clusters
        ``stability.tsv``, ``prognostic_latents.tsv`` and ``clusters.tsv`` of the embedding.
    tests, added_value, comparisons
        ``permutation_tests.tsv``, ``added_value.tsv`` and ``comparisons.tsv`` of the cohort; they may have no rows.
    embeddings
        Every embedding tried on the cohort.
    covariates
        The clinical covariates configured.
    horizon_days
        The horizon configured for the restricted mean survival.
    """

    name: str
    metrics: pd.DataFrame
    stability: pd.DataFrame | None = None
    prognostic: pd.DataFrame | None = None
    clusters: pd.DataFrame | None = None
    tests: pd.DataFrame | None = None
    added_value: pd.DataFrame | None = None
    comparisons: pd.DataFrame | None = None
    embeddings: Sequence[str] = ()
    covariates: Sequence[str] = ()
    horizon_days: float = NAN


Reader = Callable[[EvidenceTables], Any]


def only_row(table: pd.DataFrame | None, **wanted: str) -> Mapping[Any, Any]:
    """Return the one row whose columns have the wanted values.

    Parameters
    ----------
    table
        May have no rows, or be missing.
    **wanted
        Value by column.

    Returns
    -------
    Mapping
        Value by column; empty if there is no such row.

    Raises
    ------
    ValueError
        If several rows match.
    """
    if table is None:
        return {}
    rows = table
    for column, value in wanted.items():
        rows = rows[rows[column].astype(str) == value]
    if len(rows) > 1:
        raise ValueError(f"{len(rows)} rows where {wanted}, expected one")
    return {} if rows.empty else rows.iloc[0].to_dict()


def value_of(row: Mapping[Any, Any], column: str) -> float:
    """Value of a row as a number; NaN where it is missing."""
    value = row.get(column, NAN)
    return NAN if pd.isna(value) else float(value)


def figure_of(row: Mapping[Any, Any], column: str) -> Figure:
    """Value of a row with the limits beside it."""
    return Figure(*(value_of(row, name) for name in (column, *LIMITS)))


def median_of(metrics: pd.DataFrame, metric: str, column: str = "held_out") -> float:
    """Return one figure of the ``median`` rows of ``metrics.tsv``; NaN where the metric is absent."""
    return value_of(only_row(metrics, repeat="median", metric=metric), column)


def held_out(metric: str) -> Reader:
    """Read a metric of unseen patients with its interval: the median over the repeats."""
    return lambda tables: figure_of(only_row(tables.metrics, repeat="median", metric=metric), "held_out")


def metric(name: str, column: str = "held_out") -> Reader:
    """Read a metric without an interval."""
    return lambda tables: median_of(tables.metrics, name, column)


def apparent(name: str) -> Reader:
    """Read a metric of the full fit on its own patients."""
    return metric(name, "apparent")


def permutation(statistic: str, column: str = "p") -> Reader:
    """Read a column of ``permutation_tests.tsv``."""
    return lambda tables: value_of(only_row(tables.tests, embedding=tables.name, statistic=statistic), column)


def added(term: str) -> Reader:
    """Read the gain over the clinic of a term, ``subtype`` or ``risk``, with its interval."""
    return lambda tables: figure_of(only_row(tables.added_value, embedding=tables.name, term=term), "delta")


def of_added(term: str, column: str) -> Reader:
    """Read another column of ``added_value.tsv``."""
    return lambda tables: value_of(only_row(tables.added_value, embedding=tables.name, term=term), column)


def against(comparator: str, compared: str = "cindex") -> Reader:
    """Read the paired difference to a comparator, with its interval."""

    def read(tables: EvidenceTables) -> Figure:
        row = only_row(tables.comparisons, embedding=tables.name, against=comparator, metric=compared)
        return figure_of(row, "difference")

    return read


def against_simpler(choose: Callable[[pd.DataFrame], Any]) -> Reader:
    """Read something of the rows of ``comparisons.tsv`` (concordance) against methods that know the same omics.

    Parameters
    ----------
    choose
        Of those rows, the best comparator first. Methods that also know the clinical variables answer another question and
        are not among them.
    """

    def read(tables: EvidenceTables) -> Any:
        table = tables.comparisons
        if table is None:
            return NAN
        own = table[(table["embedding"].astype(str) == tables.name) & (table["metric"] == "cindex")]
        own = own[~own["against"].astype(str).str.endswith("clinical") & own["difference"].notna()]
        return choose(own.sort_values("difference", kind="stable")) if len(own) else NAN

    return read


def names_where(condition: Callable[[pd.DataFrame], pd.Series]) -> Callable[[pd.DataFrame], str]:
    """List the comparators of the rows for which a condition holds, the best first."""
    return lambda rows: ", ".join(rows.loc[condition(rows), "against"].astype(str))


def measure(name: str) -> Reader:
    """Read a measure of ``stability.tsv`` that has a single row."""
    return lambda tables: value_of(only_row(tables.stability, measure=name), "value")


def patients(column: str) -> Reader:
    """Read how many patients, or events, the metrics rest on."""
    return lambda tables: tables.metrics[column].iloc[0]


def k_of_folds(tables: EvidenceTables) -> str:
    """Say which numbers of subtypes the folds chose: ``2 in 80 %, 3 in 20 %``."""
    if tables.stability is None:
        return ""
    rows = tables.stability[tables.stability["measure"] == "k_folds"]
    return ", ".join(f"{k} in {100 * value:.0f} %" for k, value in zip(rows["item"], rows["value"], strict=True))


def smallest_subtype(tables: EvidenceTables) -> float:
    """Count the patients of the smallest subtype of the full fit."""
    if tables.clusters is None:
        return NAN
    sizes = of_full(tables.clusters)["subtype"].value_counts()
    return float(sizes.min()) if len(sizes) else NAN


def fell_back(tables: EvidenceTables) -> bool:
    """Tell whether no latent passed the threshold in the full fit and the best few were taken."""
    if tables.prognostic is None:
        return False
    own = of_full(tables.prognostic)
    return bool(own.loc[own["selected"].astype(bool), "reason"].str.startswith("fallback").any())
