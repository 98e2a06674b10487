"""Every number a verdict rests on, declared once: its name, what it is, where it is read, and which tables show it.

A new number is one line of `Evidence`: `gather_evidence`, the columns of ``verdicts.tsv``, ``leaderboard.tsv`` and
``cohorts.tsv`` and the documentation follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from . import sources
from .declared import COHORTS, LEADERBOARD, columns_of, count, figure, flag, flat, is_figure, number, text
from .sources import ALPHA, NAN, EvidenceTables, Figure


@dataclass(frozen=True)
class Evidence:
    """What is known about one embedding of one cohort; NaN where a figure does not exist.

    Held-out figures are medians over the repeats. All durations are in days. A `Figure` is three columns in the tables: its
    name, and with ``_low`` and ``_high`` the limits of its 95 % interval.

    Attributes
    ----------
    embedding
        Its name.
    """

    embedding: str
    n: int = count("Patients of the cohort.", sources.patients("n"))
    events: int = count("Events of the cohort.", sources.patients("events"))
    embeddings: int = count(
        "How many embeddings were tried on this cohort: the family of the adjusted p-values.",
        lambda tables: len(tables.embeddings),
        missing=1,
    )
    n_subtypes: int = count(
        "Number of subtypes of the full fit.", sources.apparent("n_subtypes"), LEADERBOARD, COHORTS, missing=2
    )
    apparent_logrank_p: float = number(
        "Log-rank p of the full fit on its own patients.", sources.apparent("logrank_p"), LEADERBOARD
    )
    heldout_logrank_p: float = number(
        "Nominal p of the pooled held-out log-rank test.", sources.metric("logrank_p"), LEADERBOARD
    )
    permutation_p: float = number(
        "Permutation p of the held-out log-rank test for trend, one-sided: the higher subtype has the event sooner.",
        sources.permutation("heldout_trend_z"),
        LEADERBOARD,
        COHORTS,
    )
    apparent_cindex: float = number(
        "Concordance of the risk of the full fit on its own patients.", sources.apparent("cindex"), LEADERBOARD
    )
    heldout_cindex: Figure = figure(
        "Harrell's concordance of the continuous risk.", sources.held_out("cindex"), LEADERBOARD, COHORTS
    )
    delta_vs_clinical: Figure = figure(
        "Concordance of the risk minus that of the clinical model.", sources.against("clinical"), LEADERBOARD
    )
    apparent_cindex_uno: float = number(
        "Uno's concordance of the risk of the full fit on its own patients.",
        sources.apparent("cindex_uno"),
        LEADERBOARD,
    )
    heldout_cindex_uno: float = number("Uno's concordance of the risk.", sources.metric("cindex_uno"), LEADERBOARD)
    apparent_hazard_ratio: float = number(
        "Hazard ratio per step of subtype of the full fit on its own patients.",
        sources.apparent("hazard_ratio"),
        LEADERBOARD,
    )
    heldout_hazard_ratio: Figure = figure(
        "Hazard ratio per step of subtype.", sources.held_out("hazard_ratio"), LEADERBOARD
    )
    apparent_cindex_subtype: float = number(
        "Concordance of the subtypes of the full fit on its own patients.", sources.apparent("cindex_subtype")
    )
    heldout_cindex_subtype: Figure = figure(
        "Harrell's concordance of the subtypes: of their number, two patients of one subtype counting half.",
        sources.held_out("cindex_subtype"),
        LEADERBOARD,
        COHORTS,
    )
    permutation_p_adjusted: float = number(
        "The permutation p adjusted over the embeddings.",
        sources.permutation("heldout_trend_z", "p_adjusted"),
        LEADERBOARD,
        COHORTS,
    )
    permutation_p_logrank: float = number(
        "Permutation p of the held-out log-rank test, which knows no direction.",
        sources.permutation("heldout_logrank_p"),
    )
    permutation_p_cindex_subtype: float = number(
        "Permutation p of the held-out concordance of the subtypes.",
        sources.permutation("heldout_cindex_subtype"),
        LEADERBOARD,
    )
    permutation_p_cindex: float = number(
        "Permutation p of the held-out concordance of the risk.", sources.permutation("heldout_cindex"), LEADERBOARD
    )
    heldout_ibs: float = number("Integrated Brier score.", sources.metric("ibs"), LEADERBOARD)
    heldout_ibs_skill: float = number(
        "Share by which it is below that of a Kaplan-Meier curve for everybody.",
        sources.metric("ibs_skill"),
        LEADERBOARD,
    )
    heldout_rmst_difference: Figure = figure(
        "Restricted mean survival up to the horizon, lowest minus highest risk.",
        sources.held_out("rmst_difference"),
        LEADERBOARD,
    )
    rmst_days: float = number(
        "The horizon it truly has: where the follow-up of one of the two groups ends, if sooner than configured.",
        sources.metric("rmst_days"),
    )
    risk_group_hazard_ratio: Figure = figure(
        "Hazard ratio per step of risk group: the risk cut into as many groups as there are subtypes.",
        sources.held_out("risk_group_hazard_ratio"),
    )
    risk_group_cindex: Figure = figure(
        "Harrell's concordance of the risk groups.", sources.held_out("risk_group_cindex")
    )
    risk_group_logrank_p: float = number(
        "Nominal p of the held-out log-rank test of the risk groups.", sources.metric("risk_group_logrank_p")
    )
    horizon_days: float = number("The horizon configured.", lambda tables: tables.horizon_days)
    permutations: int = count(
        "Number of permutations of survival against the omics.",
        sources.permutation("heldout_trend_z", "permutations"),
    )
    apparent_null_share: float = number(
        "Share of the permutations whose apparent log-rank p is below .05.",
        sources.permutation("apparent_logrank_p", "null_share_below_05"),
    )
    smallest_subtype: float = number("Patients of the smallest subtype of the full fit.", sources.smallest_subtype)
    fallback: bool = flag("Whether no latent passed the threshold in the full fit.", sources.fell_back)
    covariates: bool = flag("Whether clinical covariates are configured.", lambda tables: bool(tables.covariates))
    added_delta: Figure = figure(
        "Gain in concordance of clinic and subtype over the clinic alone.", sources.added("subtype")
    )
    clinical_missing: float = number(
        "Share of the patients who lack at least one clinical covariate.",
        sources.of_added("subtype", "clinical_missing"),
    )
    added_lr_p: float = number(
        "Nominal p of the likelihood ratio of the subtype beside the clinic.", sources.of_added("subtype", "lr_p")
    )
    added_permutation_p: float = number("Permutation p of that likelihood ratio.", sources.permutation("added_lr_p"))
    added_permutation_p_adjusted: float = number(
        "The same, adjusted over the embeddings.", sources.permutation("added_lr_p", "p_adjusted")
    )
    added_risk_delta: Figure = figure(
        "Gain in concordance of clinic and risk over the clinic alone.", sources.added("risk")
    )
    added_risk_lr_p: float = number(
        "Nominal p of the likelihood ratio of the risk beside the clinic.", sources.of_added("risk", "lr_p")
    )
    added_risk_permutation_p: float = number(
        "Permutation p of that likelihood ratio.", sources.permutation("added_lr_risk_p")
    )
    added_risk_permutation_p_adjusted: float = number(
        "The same, adjusted over the embeddings.", sources.permutation("added_lr_risk_p", "p_adjusted")
    )
    pac: float = number(
        "Proportion of ambiguous clustering of the chosen number of subtypes.", sources.measure("pac_chosen")
    )
    fold_ari: float = number(
        "Mean adjusted Rand index between the classifiers of any two folds, each labelling all patients.",
        sources.measure("ari_folds_mean"),
    )
    subsample_ari: float = number(
        "Mean adjusted Rand index between subsamples and the full fit.", sources.measure("ari_subsamples_full_mean")
    )
    k_again: float = number(
        "Share of the subsamples that chose the number of subtypes of the full fit.", sources.measure("k_chosen_again")
    )
    k_folds_again: float = number(
        "Share of the folds that chose the number of subtypes of the full fit.", sources.measure("k_folds_again")
    )
    k_of_folds: str = text("Which numbers of subtypes the folds chose.", sources.k_of_folds)
    continuum_p: float = number(
        "p of the subtypes of the full fit against one Gaussian: large where they are cut-points on a continuum.",
        sources.measure("continuum_p"),
    )
    ambiguous_share: float = number("Share of patients flagged as ambiguous.", sources.measure("ambiguous_share"))

    simpler_methods: int = count(
        "Number of comparators that know the same omics and not the clinic.", sources.against_simpler(len)
    )
    simpler_best: str = text(
        "The one of highest concordance beside ours.",
        sources.against_simpler(lambda rows: str(rows["against"].iloc[0])),
    )
    simpler_difference: Figure = figure(
        "Concordance of our risk minus that of this one.",
        sources.against_simpler(lambda rows: sources.figure_of(rows.iloc[0].to_dict(), "difference")),
    )
    simpler_p_adjusted: float = number(
        "Adjusted p of that difference.", sources.against_simpler(lambda rows: rows["p_adjusted"].iloc[0])
    )
    simpler_ahead: str = text(
        "Those of which the concordance is as high as ours or higher, the best first.",
        sources.against_simpler(sources.names_where(lambda rows: rows["difference"] <= 0)),
    )
    simpler_behind: str = text(
        "Those than which ours was shown to be better: a higher concordance, adjusted p at most .05.",
        sources.against_simpler(
            sources.names_where(lambda rows: (rows["difference"] > 0) & (rows["p_adjusted"] <= ALPHA))
        ),
    )

    def columns(self) -> dict[str, Any]:
        """Give every number under the name of its column, in the order of ``verdicts.tsv``."""
        return {
            column: value
            for declared in _NUMBERS
            for column, value in zip(columns_of(declared), flat(declared, getattr(self, declared.name)), strict=True)
        }

    @classmethod
    def from_columns(cls, row: Mapping[Any, Any]) -> Evidence:
        """Read the evidence back from a row of ``verdicts.tsv``; numbers it lacks are missing."""
        given: dict[str, Any] = {}
        for declared in _NUMBERS:
            names = [name for name in columns_of(declared) if name in row]
            if not names:
                continue
            found = Figure(*(row.get(name, NAN) for name in columns_of(declared)))
            given[declared.name] = declared.metadata["kind"](found if is_figure(declared) else found.value)
        return cls(str(row["embedding"]), **given)


_NUMBERS = [declared for declared in fields(Evidence) if declared.name != "embedding"]
Evidence.__doc__ = "".join(
    [str(Evidence.__doc__).rstrip(), *(f"\n    {one.name}\n        {one.metadata['doc']}" for one in _NUMBERS), "\n"]
)

#: Names of the numbers, in the order of ``verdicts.tsv``.
EVIDENCE_COLUMNS = [column for declared in _NUMBERS for column in columns_of(declared)]


def columns_shown_in(table: str) -> list[str]:
    """List the columns of the numbers that a table shows, `LEADERBOARD` or `COHORTS`."""
    return [name for declared in _NUMBERS if table in declared.metadata["shown"] for name in columns_of(declared)]


def shown_numbers(table: str, tables: EvidenceTables) -> dict[str, Any]:
    """Read the numbers that a table shows, of an embedding or a comparator.

    Parameters
    ----------
    table
        `LEADERBOARD` or `COHORTS`.
    tables
        What is known about the method.

    Returns
    -------
    dict
        By the names of `columns_shown_in`; NaN where a number does not exist, as most do not for a comparator.
    """
    return {
        column: value
        for declared in _NUMBERS
        if table in declared.metadata["shown"]
        for column, value in zip(columns_of(declared), flat(declared, declared.metadata["read"](tables)), strict=True)
    }


def gather_evidence(tables: EvidenceTables) -> Evidence:
    """Collect the evidence on one embedding from its tables."""
    return Evidence(tables.name, **{one.name: one.metadata["kind"](one.metadata["read"](tables)) for one in _NUMBERS})
