"""``summary.md``: the result of one cohort in words, and what it was made with."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stratomics import __version__

PACKAGES = [
    "numpy",
    "scipy",
    "pandas",
    "torch",
    "scikit-learn",
    "scanpy",
    "anndata",
    "mudata",
    "matplotlib",
    "snakemake",
]


def _number(value: float, digits: int = 3) -> str:
    """Format for reading: fixed digits, or scientific when that would show nothing."""
    if not np.isfinite(value):
        return "-"
    return f"{value:.{digits}f}" if value == 0 or abs(value) >= 10**-digits else f"{value:.1e}"


def _intake(checks: pd.DataFrame) -> list[str]:
    """One line per cohort-level check, warning or advice."""
    cohort = checks[checks["level"] == "cohort"]
    lines = [f"- {value} {message}" for value, message in zip(cohort["value"], cohort["message"], strict=True)]
    minded = checks[checks["action"].isin(["warning", "advice"]) & (checks["level"] != "cohort")]
    dropped = checks[checks["action"] == "dropped"]
    lines += [f"- Mind: {message}" for message in minded["message"]]
    patients, features = (int((dropped["level"] == level).sum()) for level in ("patient", "feature"))
    lines.append(f"- Dropped: {patients} patients and {features} features, each with its reason in `checks.tsv`.")
    return lines


def _paragraph(
    name: str, row: pd.Series, metrics: pd.DataFrame, prognostic: pd.DataFrame, training: Mapping[str, Any]
) -> str:
    """Say in plain words what one embedding led to; no verdict without a permutation test."""
    full = prognostic[prognostic["split"] == "full"]
    selected = full[full["selected"].astype(bool)]
    c = metrics[metrics["metric"] == "cindex"].set_index("repeat")["held_out"]
    spread = f"{_number(c['min'])} to {_number(c['max'])} over the repeats"
    low, high = row["heldout_cindex_low"], row["heldout_cindex_high"]
    covers = "covers" if low <= 0.5 <= high else "does not cover"
    optimism = row["apparent_cindex"] - row["heldout_cindex"]
    fallback = ""
    if selected["reason"].str.startswith("fallback").any():
        fallback = (
            " **No latent passed the threshold; the best few were taken instead.** Treat these subtypes as a guess."
        )
    return (
        f"**{name}** ({training['device']}). {len(selected)} of {len(full)} latents selected, {row['n_subtypes']} subtypes "
        f"in the full fit.{fallback} On patients the chain never saw the concordance of the continuous risk is "
        f"{_number(row['heldout_cindex'])} (95 % interval {_number(low)} to {_number(high)}, which {covers} 0.5; {spread}); "
        f"on its own patients it appears to be {_number(row['apparent_cindex'])}, an optimism of {_number(optimism)}. "
        f"The hazard ratio per risk step is {_number(row['heldout_hazard_ratio'], 2)} held-out "
        f"({_number(row['heldout_hazard_ratio_low'], 2)} to {_number(row['heldout_hazard_ratio_high'], 2)}) against "
        f"{_number(row['apparent_hazard_ratio'], 2)} apparent. Log-rank: nominal held-out p {_number(row['heldout_logrank_p'])}, "
        f"apparent p {_number(row['apparent_logrank_p'])} (not a test)."
    )


def summary_text(
    cohort: str,
    *,
    checks: pd.DataFrame,
    leaderboard: pd.DataFrame,
    metrics: Mapping[str, pd.DataFrame],
    prognostic: Mapping[str, pd.DataFrame],
    training: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> str:
    """Write the summary of one cohort.

    Parameters
    ----------
    cohort
        Its name.
    checks, leaderboard
        The tables of the same names.
    metrics, prognostic, training
        By embedding: ``metrics.tsv``, ``prognostic_latents.tsv``, ``training.json``.
    settings
        The config without its cohorts.

    Returns
    -------
    str
        Markdown.
    """
    evaluation = settings["evaluation"]
    first = next(iter(metrics.values()))
    n, events = int(first["n"].iloc[0]), int(first["events"].iloc[0])
    rows = leaderboard.set_index("method")
    table = [
        "| embedding | subtypes | C apparent | C held-out (95 %) | HR apparent | HR held-out (95 %) "
        "| log-rank p apparent | log-rank p held-out, nominal |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.iterrows():
        table.append(
            f"| {name} | {row['n_subtypes']} | {_number(row['apparent_cindex'])} "
            f"| {_number(row['heldout_cindex'])} ({_number(row['heldout_cindex_low'])} to {_number(row['heldout_cindex_high'])}) "
            f"| {_number(row['apparent_hazard_ratio'], 2)} | {_number(row['heldout_hazard_ratio'], 2)} "
            f"({_number(row['heldout_hazard_ratio_low'], 2)} to {_number(row['heldout_hazard_ratio_high'], 2)}) "
            f"| {_number(row['apparent_logrank_p'])} | {_number(row['heldout_logrank_p'])} |"
        )
    paragraphs = [
        _paragraph(str(name), row, metrics[str(name)], prognostic[str(name)], training[str(name)])
        for name, row in rows.iterrows()
    ]
    few = ""
    if events < 50:
        few = f"\n> Only {events} events: every figure here is uncertain, and a missing effect is no evidence of its absence.\n"
    return "\n".join(
        [
            f"# {cohort}: survival risk subtypes",
            "",
            f"{n} patients, {events} events. {evaluation['folds']}-fold cross-validation, {evaluation['repeats']} repeats; "
            f"classifier `{settings['classifier']['method']}`, clustering `{settings['subtypes']['method']}`, "
            f"seed {settings['seed']}.",
            few,
            "## Held-out beside apparent",
            "",
            *table,
            "",
            "*Apparent* is the full fit on its own patients: it shows how good a chain can look, and tests nothing. *Held-out* is "
            "pooled from patients that no part of the chain had seen, as the median over the repeats. C is Harrell's concordance "
            "of the continuous risk; HR is the hazard ratio per risk step. Intervals resample patients and keep the fitted chain.",
            "",
            "## In words",
            "",
            *(line for paragraph in paragraphs for line in (paragraph, "")),
            "## What may not be concluded",
            "",
            "- The held-out log-rank p is nominal: folds share training patients, which makes it too small. This version runs no "
            "permutation test of the whole chain, so it gives no verdict of significance (`permutation_p` is NA).",
            f"- {len(rows)} embeddings were tried; the best of them is not one test.",
            "- Nothing here says that the subtypes add to clinical covariates (`delta_vs_clinical` is NA).",
            "",
            "## Intake",
            "",
            *_intake(checks),
            "",
            "Versions, settings and devices: `provenance.json`.",
            "",
        ]
    )


def provenance(
    cohort: Mapping[str, Any], settings: Mapping[str, Any], training: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Record what made the results.

    Parameters
    ----------
    cohort, settings
        The config of the cohort and the rest of the config.
    training
        ``training.json`` by embedding.

    Returns
    -------
    dict
        Versions, platform, settings, and device and run time of each training.
    """
    return {
        "stratomics": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "cohort": dict(cohort),
        "settings": dict(settings),
        "training": {name: dict(info) for name, info in training.items()},
    }
