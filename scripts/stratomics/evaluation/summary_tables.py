"""The tables of ``summary.md``, as lines of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from stratomics.user_text import markdown

from .evidence import Evidence, only_row
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


def performance_table(rows: pd.DataFrame) -> list[str]:
    """Show held-out beside apparent, one row per embedding.

    Parameters
    ----------
    rows
        The embeddings of ``leaderboard.tsv``.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    header = [
        "embedding",
        "subtypes",
        "C apparent",
        "C held-out",
        "HR apparent",
        "HR held-out",
        "RMST difference, months",
    ]
    header += ["log-rank p apparent", "log-rank p held-out, nominal", "permutation p", "adjusted"]
    cells = []
    for _, row in rows.iterrows():
        cells.append(
            [
                str(row["method"]),
                number(row["n_subtypes"], 0),
                number(row["apparent_cindex"]),
                interval(row["heldout_cindex"], row["heldout_cindex_low"], row["heldout_cindex_high"]),
                number(row["apparent_hazard_ratio"]),
                interval(
                    row["heldout_hazard_ratio"], row["heldout_hazard_ratio_low"], row["heldout_hazard_ratio_high"]
                ),
                number(row["heldout_rmst_difference"] / DAYS_PER_MONTH, 1),
                probability(row["apparent_logrank_p"]),
                probability(row["heldout_logrank_p"]),
                probability(row["permutation_p"]),
                probability(row["permutation_p_adjusted"]),
            ]
        )
    return markdown_table(header, cells)


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
        line = [method, interval(row["heldout_cindex"], row["heldout_cindex_low"], row["heldout_cindex_high"])]
        line += [number(row["heldout_ibs"], 3), *(number(row[column]) for column in auc)]
        for name in embeddings:
            one = only_row(comparisons, embedding=name, against=method, metric="cindex")
            line.append(interval(one["difference"], one["ci_low"], one["ci_high"], 3, sign=True) if one else "")
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
        "embedding",
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
    for _, row in added_value[added_value["embedding"].isin(list(evidence))].iterrows():
        name, term = str(row["embedding"]), str(row["term"])
        own = evidence[name]
        tests = (own.added_permutation_p, own.added_permutation_p_adjusted)
        if term == "risk":
            tests = (own.added_risk_permutation_p, own.added_risk_permutation_p_adjusted)
        cells.append(
            [
                name,
                term,
                number(row["clinical_cindex"], 3),
                number(row["combined_cindex"], 3),
                interval(row["delta"], row["ci_low"], row["ci_high"], 3, sign=True),
                f"{number(row['lr_chi2'], 1)} ({number(row['lr_df'], 0)})",
                probability(row["lr_p"]),
                *map(probability, tests),
            ]
        )
    return markdown_table(header, cells)


def stability_table(stability: Mapping[str, pd.DataFrame], evidence: Mapping[str, Evidence]) -> list[str]:
    """Show how firmly the subtypes of each embedding stand.

    Parameters
    ----------
    stability
        ``stability.tsv`` by embedding.
    evidence
        By embedding.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    header = [
        "embedding",
        "subtypes",
        "same number again",
        "PAC",
        "ARI between folds",
        "ARI of subsamples to the full fit",
    ]
    header += ["ambiguous patients", "smallest subtype"]
    cells = []
    for name, own in evidence.items():
        again, subsamples = (
            only_row(stability[name], measure=measure).get("value", float("nan"))
            for measure in ("k_chosen_again", "ari_subsamples_full_mean")
        )
        cells.append(
            [
                name,
                str(own.n_subtypes),
                share(again),
                number(own.pac),
                number(own.fold_ari),
                number(subsamples),
                share(own.ambiguous_share),
                number(own.smallest_subtype, 0),
            ]
        )
    return markdown_table(header, cells)


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
    """List the clinical variables that differ between subtypes, and how many tests that took.

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
    if tested.empty:
        return ["No clinical variable could be compared between the subtypes."]
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
    return [lines[0], "", *lines[1:]] if len(lines) > 1 else lines
