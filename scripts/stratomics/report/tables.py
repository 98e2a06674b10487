"""The tables that show some numbers of every embedding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from stratomics.evaluation.adjusted import COMBINED

from .document import Inline, Table, Text, table_of
from .results import Results
from .sheet import NONE, Line

#: What a table shows of each embedding: header and cell of each column.
Columns: TypeAlias = Mapping[str, Callable[[Line], Inline | Text]]

PERFORMANCE: Columns = {
    "subtypes": lambda v: v.number("n_subtypes", 0),
    "chosen by the folds": lambda v: v.said("k_of_folds") if isinstance(v.values["k_of_folds"], str) else NONE,
    "HR apparent": lambda v: v.number("apparent_hazard_ratio"),
    "HR held-out": lambda v: v.interval("heldout_hazard_ratio"),
    "C of subtypes apparent": lambda v: v.number("apparent_cindex_subtype"),
    "C of subtypes held-out": lambda v: v.interval("heldout_cindex_subtype"),
    "RMST difference, months": lambda v: v.number("heldout_rmst_difference", 1, unit="months"),
    "log-rank p apparent": lambda v: v.probability("apparent_logrank_p"),
    "log-rank p held-out, nominal": lambda v: v.probability("heldout_logrank_p"),
    "permutation p": lambda v: v.probability("permutation_p"),
    "adjusted": lambda v: v.probability("permutation_p_adjusted"),
}
RISK: Columns = {
    "C of risk apparent": lambda v: v.number("apparent_cindex"),
    "C of risk held-out": lambda v: v.interval("heldout_cindex"),
    "permutation p": lambda v: v.probability("permutation_p_cindex"),
    "groups": lambda v: v.number("n_subtypes", 0),
    "HR, subtypes": lambda v: v.interval("heldout_hazard_ratio"),
    "HR, risk cut": lambda v: v.interval("risk_group_hazard_ratio"),
    "C, subtypes": lambda v: v.interval("heldout_cindex_subtype"),
    "C, risk cut": lambda v: v.interval("risk_group_cindex"),
}
STABILITY: Columns = {
    "subtypes": lambda v: v.number("n_subtypes", 0),
    "same number again": lambda v: v.share("k_again"),
    "PAC": lambda v: v.number("pac"),
    "ARI between folds": lambda v: v.number("fold_ari"),
    "ARI of subsamples to the full fit": lambda v: v.number("subsample_ari"),
    "ambiguous patients": lambda v: v.share("ambiguous_share"),
    "p against one group": lambda v: v.probability("continuum_p"),
    "smallest subtype": lambda v: v.number("smallest_subtype", 0),
}


def evidence_table(columns: Columns, results: Results, about: str) -> Table:
    """Show some numbers of every embedding, one row each.

    Parameters
    ----------
    columns
        One of the lists of this module.
    results
        Of the cohort.
    about
        What the table shows.

    Returns
    -------
    Table
    """
    rows = [[name, *(cell(line) for cell in columns.values())] for name, line in results.judged.items()]
    return table_of(["embedding", *columns], rows, about)


def pattern_table(results: Results) -> Table:
    """Show the held-out concordance by what omics patients have; without rows where nobody lacks one."""
    rows: list[list[Inline | Text]] = []
    for name, sheet in results.patterns.items():
        for _, own in sheet.table.groupby("patients", sort=False):
            by_metric = {line.values["metric"]: line for line in sheet.lines(own)}
            figures = [
                by_metric[metric].interval("held_out", "ci_low", "ci_high") for metric in ("cindex", "cindex_subtype")
            ]
            line = by_metric["cindex"]
            rows.append([name, line.name("patients"), line.number("n", 0), line.number("events", 0), *figures])
    header = ["embedding", "patients", "number", "events", "C of risk held-out", "C of subtypes held-out"]
    return table_of(header, rows, "Held-out concordance by which omics patients have")


def comparator_table(results: Results) -> Table:
    """Show every method held-out, and how much the concordance of each embedding is above or below that of each comparator."""
    leaderboard = results.leaderboard
    kind = leaderboard.table["kind"]
    embeddings = leaderboard.table.loc[kind == "embedding", "method"].astype(str).tolist()
    auc = [column for column in leaderboard.table.columns if column.startswith("heldout_auc_")]
    header = ["method", "C held-out", "integrated Brier score"]
    header += [f"AUC, day {column.removeprefix('heldout_auc_')}" for column in auc]
    header += [f"C of {name} minus this" for name in embeddings]
    rows = []
    for line in leaderboard.lines():
        method = str(line.values["method"])
        cells: list[Inline | Text] = [method, line.interval("heldout_cindex"), line.number("heldout_ibs", 3)]
        cells += [line.number(column) for column in auc]
        for name in embeddings:
            one = results.comparisons.line(embedding=name, against=method, metric="cindex")
            cells.append(one.interval("difference", "ci_low", "ci_high", 3, sign=True) if one else ())
        rows.append(cells)
    return table_of(header, rows, "Held-out concordance of every method, and differences to it")


def added_value_table(results: Results) -> Table:
    """Show what subtype and risk add to the clinical model."""
    header = ["method", "added", "C clinical", "C with it", "gain"]
    header += ["likelihood ratio (df)", "nominal p", "permutation p", "adjusted"]
    rows: list[list[Inline | Text]] = []
    for line in results.added_value.lines():
        name, term = str(line.values["embedding"]), str(line.values["term"])
        test = "added_risk_permutation_p" if term == "risk" else "added_permutation_p"
        own = results.judged.get(name)
        rows.append(
            [
                *(name, term, line.number("clinical_cindex", 3), line.number("combined_cindex", 3)),
                line.interval("delta", "ci_low", "ci_high", 3, sign=True),
                (line.number("lr_chi2", 1), " (", line.number("lr_df", 0), ")"),
                line.probability("lr_p"),
                *(own.probability(f"{test}{which}") if own else NONE for which in ("", "_adjusted")),
            ]
        )
    return table_of(header, rows, "What subtype and risk of each method add to the clinical model")


def hazard_ratio_table(results: Results) -> Table:
    """Show the hazard ratio of the held-out subtype and of each covariate, all in one model; without rows where there is none."""
    table = results.hazard_ratios.table
    rows: list[list[Inline | Text]] = [
        [
            str(line.values["embedding"]),
            line.name("term"),
            line.interval("hazard_ratio", "ci_low", "ci_high"),
            line.probability("p"),
        ]
        for line in results.hazard_ratios.lines(table[(table["repeat"] == COMBINED) & table["hazard_ratio"].notna()])
    ]
    return table_of(["embedding", "term", "HR, adjusted", "p, nominal"], rows, "Hazard ratios, all in one model")
