"""``summary.md``: the verdict on one cohort in words, then the tables behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from stratomics.tables import of_full
from stratomics.user_text import markdown

from .evidence import Evidence
from .omics_words import attribution_words, source_words
from .patterns import FEWEST_EVENTS
from .read_words import read_lines
from .summary_tables import (
    PERFORMANCE,
    RISK,
    STABILITY,
    added_value_table,
    agreement_lines,
    comparator_table,
    enrichment_lines,
    evidence_table,
    hazard_ratio_table,
    pattern_lines,
)
from .verdict import FEW_EVENTS, SOME_EVENTS, verdict
from .wording import number, share

LEGEND = (
    "*Unseen* (held-out) patients were left out while the subtypes, and everything before them, were made. *Hazard ratio per step* "
    "(HR): how many times higher the rate of events is in a subtype than in the next better one; 1 is no difference. "
    "*Concordance* (C): of two such patients, how often the one called at higher risk has the event first; 0.5 is chance, 1 "
    "perfect. The C of the *subtypes* knows of a patient the subtype only, that of the *risk* a number, so they are two figures. "
    "*Permutation p*: how often the same procedure does as well when survival is shuffled and there is nothing to find. Brackets "
    "hold 95 % intervals."
)


#: Behind the verdict on an embedding with ``clinical: true``.
SEES_CLINIC = (
    " Its networks also see the clinical variables: these are not subtypes of the omics alone, and what they foretell, beyond "
    "these variables too, may be the clinic's."
)

#: Most warnings about the data that stand beside the verdict.
MOST_WARNINGS = 12


def evidence_of(verdicts: pd.DataFrame) -> dict[str, Evidence]:
    """Read the evidence back from ``verdicts.tsv``.

    Parameters
    ----------
    verdicts
        The table.

    Returns
    -------
    dict
        By embedding, in the order of the table.
    """
    return {str(row["embedding"]): Evidence.from_columns(row) for row in verdicts.to_dict(orient="records")}


def summary_text(
    cohort: str,
    *,
    checks: pd.DataFrame,
    leaderboard: pd.DataFrame,
    verdicts: pd.DataFrame,
    metrics: Mapping[str, pd.DataFrame],
    prognostic: Mapping[str, pd.DataFrame],
    sources: Mapping[str, pd.DataFrame],
    attribution: Mapping[str, pd.DataFrame],
    attention: Mapping[str, pd.DataFrame],
    training: Mapping[str, Mapping[str, Any]],
    patterns: Mapping[str, pd.DataFrame],
    comparisons: pd.DataFrame,
    added_value: pd.DataFrame,
    hazard_ratios: pd.DataFrame,
    enrichment: pd.DataFrame,
    agreement: pd.DataFrame,
    description: Mapping[str, pd.DataFrame],
    settings: Mapping[str, Any],
) -> str:
    """Write the summary of one cohort.

    Parameters
    ----------
    cohort
        Its name.
    checks, leaderboard, verdicts, comparisons, added_value, enrichment, agreement
        The tables of the same names.
    hazard_ratios
        ``adjusted_hazard_ratios.tsv``.
    metrics, prognostic, sources, attribution, attention, training, patterns
        By embedding: ``metrics.tsv``, ``prognostic_latents.tsv``, ``risk_sources.tsv``, ``omics_attribution.tsv``,
        ``attention.tsv``, ``training.json``, ``patterns.tsv``.
    description
        What was read, see `read_lines`.
    settings
        The config without its cohorts.

    Returns
    -------
    str
        Markdown.
    """
    evidence = evidence_of(verdicts)
    first = next(iter(evidence.values()))
    return "\n".join(
        [
            *_opening(
                cohort, evidence, verdicts, checks, settings, incomplete=any(len(own) for own in patterns.values())
            ),
            "",
            "## Held-out beside apparent",
            "",
            *evidence_table(PERFORMANCE, evidence),
            "",
            "*Apparent* is the full fit on its own patients: it shows how good the procedure can look, and tests nothing. "
            "*Held-out* pools the unseen patients of a repeat, as the median over the repeats. Intervals resample patients and "
            "keep what was fitted.",
            "",
            "## The risk, and the subtypes against cutting it",
            "",
            *evidence_table(RISK, evidence),
            "",
            "The *risk* is a number per patient. *Risk cut*: unseen patients in as many groups of that number as there are "
            "subtypes, of equal size among the training patients. Where it has the higher HR and C, the subtypes lose "
            "what the risk knows.",
            "",
            *_incomplete(patterns, checks),
            "## In words",
            "",
            *(
                line
                for name, own in evidence.items()
                for line in (
                    f"**{name}**",
                    "",
                    *(f"- *{topic}.* {text}" for topic, text in verdict(own).topics.items()),
                    *(f"- *Made of.* {words}" for words in source_words(sources[name])),
                    f"- *Omics.* {attribution_words(attribution[name], attention[name])}",
                    f"- *Fit.* {_made_with(metrics[name], prognostic[name], training[name])}",
                    "",
                )
            ),
            "*Omics*: shares of what moves the scores of unseen patients away from that of the average patient (integrated "
            "gradients). They say what the models rely on, not what causes the outcome; omics that repeat each other can stand in "
            "for each other. Intervals: `omics_attribution.tsv`.",
            "",
            "## Beside other methods",
            "",
            *_beside_others(leaderboard, comparisons),
            "",
            "## Beyond the clinical variables",
            "",
            *_beyond_clinic(added_value, evidence),
            "",
            *_adjusted(hazard_ratios),
            "## Stability",
            "",
            *evidence_table(STABILITY, evidence),
            "",
            "*PAC*: share of the pairs of patients who are neither nearly always nor nearly never put together when a part of the "
            "patients is left out. *ARI*, adjusted Rand index: agreement of two divisions, 0 by chance, 1 the same. *Ambiguous*: "
            "not firmly in one subtype; `patient_stability.tsv` names these patients. *P against one group*: above 0.05 the "
            "subtypes are cut-points on a continuum, however stable; there is no gap between them.",
            "",
            *(["The embeddings with each other:", "", *lines, ""] if (lines := agreement_lines(agreement)) else []),
            "## Clinical variables across the subtypes",
            "",
            *enrichment_lines(enrichment),
            "",
            "The latents were chosen by survival, so variables tied to survival are expected here: no independent evidence for the "
            "subtypes.",
            "",
            "## What may not be concluded",
            "",
            *_limits(first),
            "",
            "## Intake",
            "",
            *_intake(checks),
            "",
            *read_lines(description),
            "",
            "Every number behind the verdicts: `verdicts.tsv`. Versions, settings and devices: `provenance.json`.",
            "",
        ]
    )


def _incomplete(patterns: Mapping[str, pd.DataFrame], checks: pd.DataFrame) -> list[str]:
    """Show the figures of patients who lack an omics under a heading of their own; nothing where nobody does."""
    lines = pattern_lines(patterns)
    if not lines:
        return []
    choices = checks[checks["check"].astype(str).str.startswith("would_keep_")]
    kept = "; ".join(f"{row.value} {row.message}" for row in choices.itertuples())
    note = (
        "All figures but these are of the patients with every omics, on whom every method can be compared; the others took part "
        "in training. C counts pairs of unseen patients of the same group and fold; groups of fewer than "
        f"{FEWEST_EVENTS} events have none."
    )
    return ["## Patients who lack an omics", "", *lines, "", f"{note} Each choice in the config: {markdown(kept)}.", ""]


def _opening(
    cohort: str,
    evidence: Mapping[str, Evidence],
    verdicts: pd.DataFrame,
    checks: pd.DataFrame,
    settings: Mapping[str, Any],
    *,
    incomplete: bool,
) -> list[str]:
    """Title, how it was judged, one line per embedding, what to mind about the data, and how to read it all."""
    evaluation, first = settings["evaluation"], next(iter(evidence.values()))
    ways = (
        f"{first.embeddings} ways to learn subtypes from the omics (embeddings) were tried"
        if first.embeddings > 1
        else "One way to learn subtypes from the omics (an embedding) was tried"
    )
    sees = {one["name"]: SEES_CLINIC for one in settings["embeddings"] if one["clinical"]}
    lines = [
        f"# {cohort}: do the subtypes foretell survival?",
        "",
        f"{first.n} patients{' with every omics' if incomplete else ''}, {first.events} events. "
        f"{ways} and judged on patients not used to make them: "
        f"{evaluation['folds']}-fold cross-validation, {_count(evaluation['repeats'], 'repeat')}, "
        f"{_permutations(evidence)}.",
        "",
        *(
            f"- **{row['embedding']}**: {row['sentence']}{sees.get(row['embedding'], '')}"
            for _, row in verdicts.iterrows()
        ),
        "",
        *_warnings(checks),
        LEGEND,
    ]
    if first.events < SOME_EVENTS:
        lines += [
            "",
            f"> Only {first.events} events: every figure here is uncertain, and a missing effect is no evidence of its absence."
            + (f" Below {FEW_EVENTS} events no verdict on separation is given." if first.events < FEW_EVENTS else ""),
        ]
    return lines


def _permutations(evidence: Mapping[str, Evidence]) -> str:
    """Count the permutations of survival, and name the embeddings that had fewer (those that are trained anew on each)."""
    most = max(own.permutations for own in evidence.values())
    fewer = [f"{markdown(name)}: {own.permutations}" for name, own in evidence.items() if own.permutations < most]
    return f"{_count(most, 'permutation')} of survival" + (f" ({', '.join(fewer)})" if fewer else "")


def _warnings(checks: pd.DataFrame) -> list[str]:
    """List what the intake warned of: it may undo the verdict, so it stands beside it."""
    rows = checks[checks["action"] == "warning"]
    # Many patients or batches may have the same trouble.
    lines = list(dict.fromkeys(_warning(row) for _, row in rows.iterrows()))
    if not lines:
        return []
    more = len(lines) - MOST_WARNINGS
    return [
        "Mind, about the data:",
        "",
        *(f"- {markdown(line)}" for line in lines[:MOST_WARNINGS]),
        *([f"- and {more} more in `checks.tsv`"] if more > 0 else []),
        "",
    ]


def _warning(row: pd.Series) -> str:
    """Say what a warning is about, unless its message does."""
    names = [] if row["level"] in ("cohort", "clinical") else [row["item"]]
    names = [str(name) for name in (*names, row["id"]) if pd.notna(name) and str(name) not in row["message"]]
    return f"{', '.join(names)}: {row['message']}" if names else str(row["message"])


def _made_with(metrics: pd.DataFrame, prognostic: pd.DataFrame, training: Mapping[str, Any]) -> str:
    """Say what the full fit kept, how far the repeats spread, and where it was trained."""
    full = of_full(prognostic)
    c = metrics[metrics["metric"] == "cindex"].set_index("repeat")["held_out"]
    return (
        f"The full fit kept {int(full['selected'].astype(bool).sum())} of {len(full)} latents; over the repeats the held-out "
        f"concordance of the risk is {number(c['min'])} to {number(c['max'])}; trained on {training['device']}."
    )


def _beside_others(leaderboard: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Show comparators with differences; a word where there are none."""
    lines = comparator_table(leaderboard, comparisons)
    if (leaderboard["kind"] == "comparator").any():
        note = (
            "Same splits and same patients. Differences above 0 favour the embedding; an interval that holds 0 does not show that "
            "one is better. C is that of the continuous risk. The p-values, adjusted over all comparisons of the cohort, are in "
            "`comparisons.tsv`."
        )
    else:
        note = "No comparator was configured, so nothing here says whether simpler methods do as well."
    return [*lines, "", f"{note} The integrated Brier score is an error: lower is better."]


def _beyond_clinic(added_value: pd.DataFrame, evidence: Mapping[str, Evidence]) -> list[str]:
    """Show the added-value table; a word where there is none."""
    if added_value.empty:
        return ["Nothing to compare with: no clinical covariates, so nothing here says that the subtypes add to them."]
    covariates = markdown(str(added_value["covariates"].iloc[0]))
    missing = next(iter(evidence.values())).clinical_missing
    lacking = (
        f" {share(missing)} of the patients lack at least one of them and are left out."
        if math.isfinite(missing)
        else ""
    )
    return [
        *added_value_table(added_value, evidence),
        "",
        f"Held-out subtype or risk beside a Cox model of {covariates}.{lacking} The nominal p takes no account of folds that "
        "share training patients; the verdict takes the larger of it and the adjusted p, if any. The verdict is on the subtype.",
    ]


def _adjusted(hazard_ratios: pd.DataFrame) -> list[str]:
    """Show the adjusted hazard ratios under a heading of their own; nothing where there are none."""
    lines = hazard_ratio_table(hazard_ratios)
    if not lines:
        return []
    note = "Held-out subtypes (against subtype 1) and all clinical variables in one Cox model; mean of logarithms over the repeats."
    return ["## Subtypes adjusted for the clinical variables", "", *lines, "", note, ""]


def _limits(first: Evidence) -> list[str]:
    """List what the figures do not show."""
    if first.permutations:
        test = (
            "The verdict rests on the permutation test, which reruns everything that used survival. The held-out log-rank p beside "
            "it is nominal: folds share training patients, which makes it too small."
        )
    else:
        test = (
            "The held-out log-rank p is nominal: folds share training patients, which makes it too small. No permutation test was "
            "run (`evaluation: permutations: 0`), so this summary gives no verdict on separation."
        )
    family = (
        f"The family of the adjusted p-values is the {_count(first.embeddings, 'embedding')} of this cohort. Other cohorts, other "
        "settings, and embeddings tried before are not counted; picking the best embedding after reading this page is a choice "
        "made on these patients."
    )
    return [
        f"- {test}",
        f"- {family}",
        "- No evidence of separation is not evidence that there is none: see the interval of the concordance.",
        "- Intervals hold the uncertainty of who was observed, not that of fitting everything again, nor that of another hospital. "
        "Only those of differences to other methods also hold that of training anew on patients like these.",
        "- Apparent figures, of the full fit on its own patients, show nothing about unseen ones.",
        # measured by tests/benchmarks/verdict.py --sets 500
        "- A cut-point of the risk that was chosen because it separates best tests nothing: of 500 simulated cohorts of 300 "
        "patients with nothing to find, 31 % reached a log-rank p of 0.05 by the best of 17 cut-points.",
    ]


def _count(number_of: int, what: str) -> str:
    """Count things in words: ``no repeats``, ``1 repeat``, ``2 repeats``."""
    return f"{number_of or 'no'} {what}{'' if number_of == 1 else 's'}"


def _intake(checks: pd.DataFrame) -> list[str]:
    """One line per cohort-level check and per advice; the warnings stand at the top."""
    cohort = checks[(checks["level"] == "cohort") & (checks["action"] != "warning")]
    lines = [f"- {markdown(f'{row.value} {row.message}')}" for row in cohort.itertuples()]
    advice = checks[(checks["action"] == "advice") & (checks["level"] != "cohort")]
    lines += [f"- Mind: {markdown(_warning(row))}" for _, row in advice.iterrows()]
    dropped = checks[checks["action"] == "dropped"]
    patients, features = (int((dropped["level"] == level).sum()) for level in ("patient", "feature"))
    lines.append(f"- Dropped: {patients} patients and {features} features, each with its reason in `checks.tsv`.")
    return lines
