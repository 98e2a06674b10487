"""Every number a verdict rests on, declared once: its name, what it is, where it is read, and which tables show it.

A new number is one line of `Evidence`: `gather_evidence`, the columns of ``verdicts.tsv``, ``leaderboard.tsv`` and
``cohorts.tsv`` and the documentation follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from . import sources
from .sources import NAN, EvidenceTables, Figure, Reader

#: Tables beside ``verdicts.tsv`` that may show a number.
LEADERBOARD, COHORTS = "leaderboard", "cohorts"


def _declare(kind: Callable[[Any], Any], default: Any, doc: str, read: Reader, shown: tuple[str, ...]) -> Any:
    return field(default=default, metadata={"kind": kind, "doc": doc, "read": read, "shown": shown})


def _number(doc: str, read: Reader, *shown: str) -> Any:
    """Declare a number that may be missing."""
    return _declare(float, NAN, doc, read, shown)


def _figure(doc: str, read: Reader, *shown: str) -> Any:
    """Declare a number with a 95 % interval: three columns."""
    return _declare(lambda found: Figure(*found), Figure(), doc, read, shown)


def _count(doc: str, read: Reader, *shown: str, missing: int = 0) -> Any:
    """Declare a whole number; `missing` stands where there is none."""
    return _declare(lambda found: missing if found != found else int(found), missing, doc, read, shown)


def _flag(doc: str, read: Reader) -> Any:
    """Declare a yes or no."""
    return _declare(bool, False, doc, read, ())


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
    n: int = _count("Patients of the cohort.", sources.patients("n"))
    events: int = _count("Events of the cohort.", sources.patients("events"))
    embeddings: int = _count(
        "How many embeddings were tried on this cohort: the family of the adjusted p-values.",
        lambda tables: len(tables.embeddings),
        missing=1,
    )
    n_subtypes: int = _count(
        "Number of subtypes of the full fit.", sources.apparent("n_subtypes"), LEADERBOARD, COHORTS, missing=2
    )
    apparent_logrank_p: float = _number(
        "Log-rank p of the full fit on its own patients.", sources.apparent("logrank_p"), LEADERBOARD
    )
    heldout_logrank_p: float = _number(
        "Nominal p of the pooled held-out log-rank test.", sources.metric("logrank_p"), LEADERBOARD
    )
    permutation_p: float = _number(
        "Permutation p of the held-out log-rank test.", sources.permutation("heldout_logrank_p"), LEADERBOARD, COHORTS
    )
    apparent_cindex: float = _number(
        "Concordance of the risk of the full fit on its own patients.", sources.apparent("cindex"), LEADERBOARD
    )
    heldout_cindex: Figure = _figure(
        "Harrell's concordance of the continuous risk.", sources.held_out("cindex"), LEADERBOARD, COHORTS
    )
    delta_vs_clinical: Figure = _figure(
        "Concordance of the risk minus that of the clinical model.", sources.against("clinical"), LEADERBOARD
    )
    apparent_cindex_uno: float = _number(
        "Uno's concordance of the risk of the full fit on its own patients.",
        sources.apparent("cindex_uno"),
        LEADERBOARD,
    )
    heldout_cindex_uno: float = _number("Uno's concordance of the risk.", sources.metric("cindex_uno"), LEADERBOARD)
    apparent_hazard_ratio: float = _number(
        "Hazard ratio per step of subtype of the full fit on its own patients.",
        sources.apparent("hazard_ratio"),
        LEADERBOARD,
    )
    heldout_hazard_ratio: Figure = _figure(
        "Hazard ratio per step of subtype.", sources.held_out("hazard_ratio"), LEADERBOARD
    )
    permutation_p_adjusted: float = _number(
        "The permutation p adjusted over the embeddings.",
        sources.permutation("heldout_logrank_p", "p_adjusted"),
        LEADERBOARD,
        COHORTS,
    )
    permutation_p_cindex: float = _number(
        "Permutation p of the held-out concordance of the risk.", sources.permutation("heldout_cindex"), LEADERBOARD
    )
    heldout_ibs: float = _number("Integrated Brier score.", sources.metric("ibs"), LEADERBOARD)
    heldout_ibs_skill: float = _number(
        "Share by which it is below that of a Kaplan-Meier curve for everybody.",
        sources.metric("ibs_skill"),
        LEADERBOARD,
    )
    heldout_rmst_difference: Figure = _figure(
        "Restricted mean survival up to the horizon, lowest minus highest risk.",
        sources.held_out("rmst_difference"),
        LEADERBOARD,
    )
    horizon_days: float = _number("The horizon configured.", lambda tables: tables.horizon_days)
    permutations: int = _count(
        "Number of permutations of survival against the omics.",
        sources.permutation("heldout_logrank_p", "permutations"),
    )
    apparent_null_share: float = _number(
        "Share of the permutations whose apparent log-rank p is below .05.",
        sources.permutation("apparent_logrank_p", "null_share_below_05"),
    )
    smallest_subtype: float = _number("Patients of the smallest subtype of the full fit.", sources.smallest_subtype)
    fallback: bool = _flag("Whether no latent passed the threshold in the full fit.", sources.fell_back)
    covariates: bool = _flag("Whether clinical covariates are configured.", lambda tables: bool(tables.covariates))
    added_delta: Figure = _figure(
        "Gain in concordance of clinic and subtype over the clinic alone.", sources.added("subtype")
    )
    added_lr_p: float = _number(
        "Nominal p of the likelihood ratio of the subtype beside the clinic.", sources.of_added("subtype", "lr_p")
    )
    added_permutation_p: float = _number("Permutation p of that likelihood ratio.", sources.permutation("added_lr_p"))
    added_permutation_p_adjusted: float = _number(
        "The same, adjusted over the embeddings.", sources.permutation("added_lr_p", "p_adjusted")
    )
    added_risk_delta: Figure = _figure(
        "Gain in concordance of clinic and risk over the clinic alone.", sources.added("risk")
    )
    added_risk_lr_p: float = _number(
        "Nominal p of the likelihood ratio of the risk beside the clinic.", sources.of_added("risk", "lr_p")
    )
    added_risk_permutation_p: float = _number(
        "Permutation p of that likelihood ratio.", sources.permutation("added_lr_risk_p")
    )
    added_risk_permutation_p_adjusted: float = _number(
        "The same, adjusted over the embeddings.", sources.permutation("added_lr_risk_p", "p_adjusted")
    )
    pac: float = _number(
        "Proportion of ambiguous clustering of the chosen number of subtypes.", sources.measure("pac_chosen")
    )
    fold_ari: float = _number(
        "Mean adjusted Rand index between the classifiers of any two folds, each labelling all patients.",
        sources.measure("ari_folds_mean"),
    )
    subsample_ari: float = _number(
        "Mean adjusted Rand index between subsamples and the full fit.", sources.measure("ari_subsamples_full_mean")
    )
    k_again: float = _number(
        "Share of the subsamples that chose the number of subtypes of the full fit.", sources.measure("k_chosen_again")
    )
    ambiguous_share: float = _number("Share of patients flagged as ambiguous.", sources.measure("ambiguous_share"))

    def columns(self) -> dict[str, Any]:
        """Give every number under the name of its column, in the order of ``verdicts.tsv``."""
        return {
            column: value
            for declared in _NUMBERS
            for column, value in zip(_columns_of(declared), _flat(declared, getattr(self, declared.name)), strict=True)
        }

    @classmethod
    def from_columns(cls, row: Mapping[Any, Any]) -> Evidence:
        """Read the evidence back from a row of ``verdicts.tsv``; numbers it lacks are missing."""
        given: dict[str, Any] = {}
        for declared in _NUMBERS:
            names = [name for name in _columns_of(declared) if name in row]
            if not names:
                continue
            found = Figure(*(row.get(name, NAN) for name in _columns_of(declared)))
            given[declared.name] = declared.metadata["kind"](found if _is_figure(declared) else found.value)
        return cls(str(row["embedding"]), **given)


def _is_figure(declared: Any) -> bool:
    return isinstance(declared.default, Figure)


def _columns_of(declared: Any) -> list[str]:
    name = declared.name
    return [name, f"{name}_low", f"{name}_high"] if _is_figure(declared) else [name]


def _flat(declared: Any, value: Any) -> tuple[Any, ...]:
    return tuple(value) if _is_figure(declared) else (value,)


_NUMBERS = [declared for declared in fields(Evidence) if declared.name != "embedding"]
Evidence.__doc__ = "".join(
    [str(Evidence.__doc__).rstrip(), *(f"\n    {one.name}\n        {one.metadata['doc']}" for one in _NUMBERS), "\n"]
)

#: Names of the numbers, in the order of ``verdicts.tsv``.
EVIDENCE_COLUMNS = [column for declared in _NUMBERS for column in _columns_of(declared)]


def columns_shown_in(table: str) -> list[str]:
    """List the columns of the numbers that a table shows, `LEADERBOARD` or `COHORTS`."""
    return [name for declared in _NUMBERS if table in declared.metadata["shown"] for name in _columns_of(declared)]


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
        for column, value in zip(_columns_of(declared), _flat(declared, declared.metadata["read"](tables)), strict=True)
    }


def gather_evidence(tables: EvidenceTables) -> Evidence:
    """Collect the evidence on one embedding from its tables."""
    return Evidence(tables.name, **{one.name: one.metadata["kind"](one.metadata["read"](tables)) for one in _NUMBERS})
