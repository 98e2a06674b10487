"""Do the subtypes differ in clinical variables: stage, grade, age, sex; and do they follow the site.

The subtypes were made from the omics, not from these variables, so for a variable that has no tie to survival the p-values hold.
The latents were chosen by survival on these same patients, though, and a variable that goes with survival (stage) is drawn in
with it. With 300 simulated patients and 32 latents unrelated to everything, stage was "associated" at .05 in 4 % of 400
cohorts where it did not affect survival, in 9 % at a log hazard ratio of .5 per stage and in 22 % at 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stratomics.chain.labels import heldout_rows
from stratomics.cohort.covariates import describe_covariate, level_names
from stratomics.cohort.types import Cohort
from stratomics.runtime import derive_seed
from stratomics.stability.agreement import adjusted_rand
from stratomics.subtypes.select import adjust_benjamini_hochberg

ENRICHMENT_COLUMNS = [
    *("embedding", "covariate", "kind", "test", "statistic", "p", "q", "effect", "effect_name", "n", "missing"),
    *("ari", "heldout_cramers_v", "heldout_ari"),
]  # fmt: skip
#: The kind of the column by which folds are drawn and survival is permuted.
GROUPS = "groups"
LEVEL_COLUMNS = ["embedding", "covariate", "kind", "subtype", "level", "n", "share", "value"]

#: The chi-square approximation needs expected counts of this size (Cochran 1954, Biometrics 10, 417-451).
SMALL_EXPECTED = 5.0
TABLES = 9999  # drawn where the exact test has no closed form


@dataclass(frozen=True)
class Association:
    """One test of a covariate against the subtypes.

    Parameters
    ----------
    test
        ``fisher`` (exact, 2 x 2), ``fisher_monte_carlo`` (larger tables), ``chi_square``, ``kruskal_wallis``, or ``none`` where
        nothing can be tested.
    statistic
        Pearson's chi-square of the table, or Kruskal and Wallis' H; NaN for ``none``.
    p
        Two-sided.
    effect
        Size of the association, 0 (none) to 1.
    effect_name
        ``cramers_v`` or ``epsilon_squared``.
    """

    test: str
    statistic: float
    p: float
    effect: float
    effect_name: str


def cramers_v(chi2: float, n: int, rows: int, columns: int) -> float:
    """Compute Cramer's V with the correction of its bias.

    Parameters
    ----------
    chi2
        Pearson's chi-square, without continuity correction.
    n
        Patients in the table.
    rows, columns
        Non-empty rows and columns of the table.

    Returns
    -------
    float
        In [0, 1]; NaN where there are as many rows or columns as patients.

    References
    ----------
    Bergsma (2013), J. Korean Stat. Soc. 42, 323-328.
    """
    if n < 2:
        return float("nan")
    squared = max(0.0, chi2 / n - (rows - 1) * (columns - 1) / (n - 1))
    corrected = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(min(np.sqrt(squared / corrected), 1.0)) if corrected > 0 else float("nan")


def associate_table(table: np.ndarray, seed: int) -> Association:
    """Test a table of subtypes x levels for association.

    Parameters
    ----------
    table
        Counts [subtypes, levels].
    seed
        Of the tables drawn where an exact p-value would take too long.

    Returns
    -------
    Association
        Fisher's exact test for 2 x 2 tables and, by `TABLES` random tables of the same margins, for larger ones with an
        expected count below `SMALL_EXPECTED`; else the chi-square test.

    References
    ----------
    Freeman and Halton (1951), Biometrika 38, 141-149; the tables are drawn as by Patefield (1981), Appl. Stat. 30, 91-97, and
    the p-value is (1 + tables no more probable than the observed) / (1 + tables).
    """
    from scipy.stats import chi2_contingency, fisher_exact, random_table

    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return Association("none", float("nan"), float("nan"), float("nan"), "cramers_v")
    result = chi2_contingency(table, correction=False)
    effect = cramers_v(float(result.statistic), int(table.sum()), *table.shape)
    if table.shape == (2, 2):
        test, p = "fisher", float(fisher_exact(table).pvalue)
    elif result.expected_freq.min() < SMALL_EXPECTED:
        margins = random_table(table.sum(axis=1), table.sum(axis=0))
        drawn = margins.rvs(size=TABLES, random_state=np.random.default_rng(seed))
        # the tolerance of R's fisher.test: tables as probable as the observed one count
        limit = float(margins.logpmf(table)) + 1e-7
        test, p = "fisher_monte_carlo", float((1 + (margins.logpmf(drawn) <= limit).sum()) / (1 + TABLES))
    else:
        test, p = "chi_square", float(result.pvalue)
    return Association(test, float(result.statistic), p, effect, "cramers_v")


def associate_ranks(values: np.ndarray, subtype: np.ndarray) -> Association:
    """Test whether numbers or ranks differ between subtypes (Kruskal-Wallis test, corrected for ties).

    Parameters
    ----------
    values
        Known values [n].
    subtype
        Subtype of each of these patients [n].

    Returns
    -------
    Association
        The effect is epsilon squared, H / (n - 1).

    References
    ----------
    Kruskal and Wallis (1952), J. Am. Stat. Assoc. 47, 583-621. Tomczak and Tomczak (2014), Trends Sport Sci. 1, 19-25.
    """
    from scipy.stats import kruskal

    groups = [values[subtype == one] for one in np.unique(subtype)]
    if len(groups) < 2 or np.ptp(values) == 0:
        return Association("none", float("nan"), float("nan"), float("nan"), "epsilon_squared")
    result = kruskal(*groups)
    statistic = float(result.statistic)
    return Association(
        "kruskal_wallis", statistic, float(result.pvalue), statistic / (len(values) - 1), "epsilon_squared"
    )


def heldout_agreement(values: pd.Series, predictions: pd.DataFrame) -> tuple[float, float]:
    """Compare categories with the subtypes that patients were given who were held out.

    Parameters
    ----------
    values
        Known category by patient id.
    predictions
        ``predictions.tsv``: split, patient, role, subtype, n_subtypes.

    Returns
    -------
    cramers_v, ari : float
        Medians of the repeats. Cramer's V pools the patients of a repeat: subtypes of two folds with the same K are matched by
        their order of risk, those of another K are rows of their own. The adjusted Rand index asks within every fold whether two
        patients are together (`stratomics.stability.agreement.adjusted_rand`). NaN without folds.
    """
    from scipy.stats import chi2_contingency

    found = []
    for rows in heldout_rows(predictions).values():
        own = rows[rows["patient"].isin(values.index)]
        levels = values.loc[own["patient"]].to_numpy(str)
        table = pd.crosstab([own["n_subtypes"], own["subtype"]], levels).to_numpy()
        v = np.nan
        if min(table.shape) > 1:
            chi2 = float(chi2_contingency(table, correction=False).statistic)
            v = cramers_v(chi2, int(table.sum()), *table.shape)
        found.append((v, adjusted_rand(own["subtype"], levels, fold=own["split"])))
    v, ari = np.median(np.array(found).reshape(-1, 2), axis=0) if found else (np.nan, np.nan)
    return float(v), float(ari)


def measure_enrichment(
    cohort: Cohort,
    labels: Mapping[str, pd.Series],
    covariates: Sequence[str],
    *,
    predictions: Mapping[str, pd.DataFrame] | None = None,
    groups: str | None = None,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test every clinical variable against the subtypes of every embedding.

    Parameters
    ----------
    cohort
        The patients and their clinical table.
    labels
        By embedding: the final subtype (1..K) of every patient, by patient id.
    covariates
        Columns of the clinical table.
    predictions
        By embedding: ``predictions.tsv``, for the labels that patients get who were held out; left out if not given.
    groups
        The column that ``cohort.groups`` came from, if the cohort has groups.
    seed
        Seed of the run.

    Returns
    -------
    tests : pandas.DataFrame
        ``enrichment.tsv``: ``embedding, covariate, kind`` (see `stratomics.cohort.covariates.describe_covariate`), ``test,
        statistic, p, q`` (Benjamini-Hochberg over all rows with a p), ``effect, effect_name, n`` (patients of known value),
        ``missing`` (the others). Of categories also ``ari`` (adjusted Rand index with the final subtypes), and with the labels of
        held-out patients ``heldout_cramers_v`` and ``heldout_ari`` (medians of the repeats, see `heldout_agreement`).
        The groups are tested as categories; their kind is `GROUPS`.
    levels : pandas.DataFrame
        ``enrichment_levels.tsv``: ``embedding, covariate, kind, subtype, level, n, share, value``. Of a categorical or ordinal
        variable one row per subtype and level: how many patients (``n``) and their share among the subtype's patients of
        known value. Of a numeric one the levels ``median``, ``q25`` and ``q75`` with their ``value``; ``n`` counts the
        subtype's patients of known value. Groups have no rows here.

    Raises
    ------
    ValueError
        If the clinical table lacks a column, or a patient has no subtype.
    """
    if absent := [column for column in covariates if column not in cohort.clinical]:
        raise ValueError(f"the clinical table has no column {', '.join(absent)}")
    described: list[tuple[str, str, pd.Series]] = [
        (column, *describe_covariate(cohort.clinical[column])) for column in covariates
    ]
    if groups is not None and cohort.groups is not None:
        described.append((groups, GROUPS, cohort.groups))
    names = {column: level_names(cohort.clinical[column]) for column in covariates}
    tests, levels = [], []
    for embedding, label in labels.items():
        subtype = label.reindex(cohort.patients).to_numpy(np.float64)
        if np.isnan(subtype).any():
            raise ValueError(f"{int(np.isnan(subtype).sum())} patients have no subtype of embedding {embedding}")
        for column, kind, values in described:
            known = values.notna().to_numpy()
            group = subtype[known].astype(np.int64)
            head = (embedding, column, kind)
            alike: tuple[float, ...] = (np.nan, np.nan, np.nan)
            if kind in ("categorical", GROUPS):
                counts = pd.crosstab(group, values[known].to_numpy(str))
                result = associate_table(counts.to_numpy(), derive_seed(seed, "measure_enrichment", embedding, column))
                unseen = (np.nan, np.nan)
                if predictions is not None:
                    unseen = heldout_agreement(values[known], predictions[embedding])
                alike = (adjusted_rand(group, values[known]), *unseen) if min(counts.shape) > 1 else alike
            else:
                result = associate_ranks(values[known].to_numpy(np.float64), group)
            tests.append(
                (*head, result.test, result.statistic, result.p, np.nan, result.effect, result.effect_name)
                + (int(known.sum()), int((~known).sum()), *alike)
            )
            if kind == GROUPS:
                continue
            of_levels = _quartiles if kind == "numeric" else _shares
            for one in np.unique(subtype).astype(np.int64):
                own = values[known][group == one]
                levels += [(*head, one, *row) for row in of_levels(own, values[known], names[column])]
    table = pd.DataFrame(tests, columns=ENRICHMENT_COLUMNS)
    table["q"] = adjust_benjamini_hochberg(table["p"].to_numpy(np.float64))
    return table, pd.DataFrame(levels, columns=LEVEL_COLUMNS)


def _shares(own: pd.Series, known: pd.Series, names: Mapping[float, str]) -> list[tuple[str, int, float, float]]:
    """Return (level, n, share, NaN) of every level that occurs in the cohort."""
    rows = []
    for level in sorted(known.unique()):
        count = int((own == level).sum())
        rows.append((names.get(level, str(level)), count, count / len(own) if len(own) else np.nan, np.nan))
    return rows


def _quartiles(own: pd.Series, known: pd.Series, names: Mapping[float, str]) -> list[tuple[str, int, float, float]]:
    """Return (name, n, NaN, value) of the median and the quartiles."""
    q25, median, q75 = own.quantile([0.25, 0.5, 0.75])
    return [(name, len(own), np.nan, value) for name, value in (("median", median), ("q25", q25), ("q75", q75))]
