"""The tables of ``summary.md``, as lines of Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from stratomics.user_text import markdown

from .adjusted import COMBINED
from .enrichment import GROUPS
from .evidence import Evidence
from .sources import NAN, figure_of, only_row
from .wording import DAYS_PER_MONTH, interval, number, probability, share

ENRICHED = 0.05


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out a table.

    Parameters
    ----------
    header
        Names of the columns.
    rows
        Cells, as text.

    Returns
    -------
    list of str
        Lines.
    """
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


#: What a table shows of each embedding: header and cell of each column.
Columns = Mapping[str, Callable[[Evidence], str]]

PERFORMANCE: Columns = {
    "subtypes": lambda e: number(e.n_subtypes, 0),
    "chosen by the folds": lambda e: e.k_of_folds or "-",
    "HR apparent": lambda e: number(e.apparent_hazard_ratio),
    "HR held-out": lambda e: interval(e.heldout_hazard_ratio),
    "C of subtypes apparent": lambda e: number(e.apparent_cindex_subtype),
    "C of subtypes held-out": lambda e: interval(e.heldout_cindex_subtype),
    "RMST difference, months": lambda e: number(e.heldout_rmst_difference.value / DAYS_PER_MONTH, 1),
    "log-rank p apparent": lambda e: probability(e.apparent_logrank_p),
    "log-rank p held-out, nominal": lambda e: probability(e.heldout_logrank_p),
    "permutation p": lambda e: probability(e.permutation_p),
    "adjusted": lambda e: probability(e.permutation_p_adjusted),
}
RISK: Columns = {
    "C of risk apparent": lambda e: number(e.apparent_cindex),
    "C of risk held-out": lambda e: interval(e.heldout_cindex),
    "permutation p": lambda e: probability(e.permutation_p_cindex),
    "groups": lambda e: number(e.n_subtypes, 0),
    "HR, subtypes": lambda e: interval(e.heldout_hazard_ratio),
    "HR, risk cut": lambda e: interval(e.risk_group_hazard_ratio),
    "C, subtypes": lambda e: interval(e.heldout_cindex_subtype),
    "C, risk cut": lambda e: interval(e.risk_group_cindex),
}
STABILITY: Columns = {
    "subtypes": lambda e: number(e.n_subtypes, 0),
    "same number again": lambda e: share(e.k_again),
    "PAC": lambda e: number(e.pac),
    "ARI between folds": lambda e: number(e.fold_ari),
    "ARI of subsamples to the full fit": lambda e: number(e.subsample_ari),
    "ambiguous patients": lambda e: share(e.ambiguous_share),
    "p against one group": lambda e: probability(e.continuum_p),
    "smallest subtype": lambda e: number(e.smallest_subtype, 0),
}


def evidence_table(columns: Columns, evidence: Mapping[str, Evidence]) -> list[str]:
    """Show some numbers of every embedding, one row each.

    Parameters
    ----------
    columns
        One of the lists of this module.
    evidence
        By embedding.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    cells = [[name, *(cell(own) for cell in columns.values())] for name, own in evidence.items()]
    return markdown_table(["embedding", *columns], cells)


def pattern_lines(patterns: Mapping[str, pd.DataFrame]) -> list[str]:
    """Show the held-out concordance by what omics patients have.

    Parameters
    ----------
    patterns
        By embedding: ``patterns.tsv``.

    Returns
    -------
    list of str
        Lines of Markdown, none where nobody lacks an omics.
    """
    cells = []
    for name, table in patterns.items():
        for group, own in table.groupby("patients", sort=False):
            figures = [interval(figure_of(only_row(own, metric=m), "held_out")) for m in ("cindex", "cindex_subtype")]
            n, events = own[["n", "events"]].iloc[0]
            cells.append([name, markdown(str(group)), f"{n:.0f}", f"{events:.0f}", *figures])
    header = ["embedding", "patients", "number", "events", "C of risk held-out", "C of subtypes held-out"]
    return markdown_table(header, cells) if cells else []


def comparator_table(leaderboard: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Show every method held-out, and how much the concordance of each embedding is above or below that of each comparator.

    Parameters
    ----------
    leaderboard, comparisons
        The tables of the same names.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    kind = leaderboard["kind"]
    embeddings = leaderboard.loc[kind == "embedding", "method"].astype(str).tolist()
    auc = [column for column in leaderboard.columns if column.startswith("heldout_auc_")]
    header = ["method", "C held-out", "integrated Brier score"]
    header += [f"AUC, day {column.removeprefix('heldout_auc_')}" for column in auc]
    header += [f"C of {name} minus this" for name in embeddings]
    cells = []
    for _, row in leaderboard.iterrows():
        method = str(row["method"])
        line = [method, interval((row["heldout_cindex"], row["heldout_cindex_low"], row["heldout_cindex_high"]))]
        line += [number(row["heldout_ibs"], 3), *(number(row[column]) for column in auc)]
        for name in embeddings:
            one = only_row(comparisons, embedding=name, against=method, metric="cindex")
            line.append(interval(figure_of(one, "difference"), 3, sign=True) if one else "")
        cells.append(line)
    return markdown_table(header, cells)


def added_value_table(added_value: pd.DataFrame, evidence: Mapping[str, Evidence]) -> list[str]:
    """Show what subtype and risk add to the clinical model.

    Parameters
    ----------
    added_value
        ``added_value.tsv``.
    evidence
        By embedding, for the permutation p of the likelihood ratio of the subtype.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    header = [
        "method",
        "added",
        "C clinical",
        "C with it",
        "gain",
        "likelihood ratio (df)",
        "nominal p",
        "permutation p",
        "adjusted",
    ]
    cells = []
    for row in added_value.to_dict("records"):
        name, term = str(row["embedding"]), str(row["term"])
        tests = (NAN, NAN)
        if own := evidence.get(name):
            tests = (own.added_permutation_p, own.added_permutation_p_adjusted)
            if term == "risk":
                tests = (own.added_risk_permutation_p, own.added_risk_permutation_p_adjusted)
        cells.append(
            [
                name,
                term,
                number(row["clinical_cindex"], 3),
                number(row["combined_cindex"], 3),
                interval(figure_of(row, "delta"), 3, sign=True),
                f"{number(row['lr_chi2'], 1)} ({number(row['lr_df'], 0)})",
                probability(row["lr_p"]),
                *map(probability, tests),
            ]
        )
    return markdown_table(header, cells)


def hazard_ratio_table(hazard_ratios: pd.DataFrame) -> list[str]:
    """Show the hazard ratio of the held-out subtype and of each covariate, all in one model.

    Parameters
    ----------
    hazard_ratios
        ``adjusted_hazard_ratios.tsv``.

    Returns
    -------
    list of str
        Lines of Markdown, none where there is no estimate.
    """
    rows = hazard_ratios[(hazard_ratios["repeat"] == COMBINED) & hazard_ratios["hazard_ratio"].notna()]
    cells = [
        [
            str(row["embedding"]),
            markdown(str(row["term"])),
            interval(figure_of(row, "hazard_ratio")),
            probability(row["p"]),
        ]
        for row in rows.to_dict("records")
    ]
    return markdown_table(["embedding", "term", "HR, adjusted", "p, nominal"], cells) if cells else []


def agreement_lines(agreement: pd.DataFrame) -> list[str]:
    """Say how far the embeddings agree with each other, in the full fit and held-out.

    Parameters
    ----------
    agreement
        ``agreement.tsv``.

    Returns
    -------
    list of str
        Lines of Markdown, none with fewer than two embeddings.
    """
    lines = []
    for (a, b), own in agreement.groupby(["embedding_a", "embedding_b"], sort=False):
        full = own.loc[own["repeat"] == "full", "ari"].mean()
        held_out = own.loc[own["repeat"] != "full", "ari"].median()
        lines.append(f"- {a} and {b}: adjusted Rand index {number(full)} in the full fit, {number(held_out)} held-out.")
    return lines


def enrichment_lines(enrichment: pd.DataFrame) -> list[str]:
    """List the clinical variables that differ between subtypes, and how many tests that took; say whether they follow the site.

    Parameters
    ----------
    enrichment
        ``enrichment.tsv``.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    tested = enrichment[enrichment["p"].notna()]
    by_group = tested["kind"] == GROUPS
    groups = _group_lines(tested[by_group])
    tested = tested[~by_group]
    if tested.empty:
        return ["No clinical variable could be compared between the subtypes.", *groups]
    found = tested[tested["q"] < ENRICHED].sort_values("q", kind="stable")
    lines = [
        f"{len(found)} of {len(tested)} tests (each clinical variable with each embedding) have a false discovery rate q below "
        f"{ENRICHED}{':' if len(found) else '.'}"
    ]
    for _, row in found.iterrows():
        name = markdown(str(row["covariate"]))
        effect, test = str(row["effect_name"]).replace("_", " "), str(row["test"]).replace("_", " ")
        lines.append(
            f"- {row['embedding']}, {name}: {effect} {number(row['effect'])}, q {probability(row['q'])} ({test}, "
            f"{row['n']:.0f} patients of known value)"
        )
    return [*([lines[0], "", *lines[1:]] if len(lines) > 1 else lines), *groups]


def _group_lines(tested: pd.DataFrame) -> list[str]:
    """Say of the tests of the groups whether the subtypes follow them; nothing where there are none."""
    if tested.empty:
        return []
    name = markdown(str(tested["covariate"].iloc[0]))
    found = [
        f"{row['embedding']} (Cramer's V {number(row['effect'])}, q {probability(row['q'])})"
        for _, row in tested[tested["q"] < ENRICHED].iterrows()
    ]
    if not found:
        return ["", f"The subtypes do not follow {name} (smallest q {probability(tested['q'].min())})."]
    return [
        "",
        f"The subtypes follow {name}: {', '.join(found)}. A part of what they tell may be where a patient was treated or "
        f"measured. The folds kept the groups whole, and permutations keep survival within them, so the tests on unseen "
        f"patients do not rest on it; the final subtypes may.",
    ]
