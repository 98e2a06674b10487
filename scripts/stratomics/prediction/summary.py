"""``summary.md`` of a prediction: what was predicted, by what, how far it can be trusted, and how it held."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from stratomics.evaluation.sources import Figure
from stratomics.evaluation.wording import interval, number, probability
from stratomics.model import Model

from .predict import AMBIGUOUS_ODDS, Prediction
from .validation import MODEL, Validation

MEASURES = (
    *("cindex", "cindex_uno", "cindex_subtype", "hazard_ratio", "ibs", "ibs_skill"),
    *("calibration_slope", "observed_expected"),
)
NOT_JUDGED = "Not judged: there is no follow-up, or too little."
#: Most warnings that are told; `checks.tsv` has all.
MOST_WARNINGS = 20


def summarise(
    name: str,
    model: Model,
    prediction: Prediction,
    validation: Validation | None,
    checks: pd.DataFrame,
    warnings: Sequence[str],
) -> str:
    """Write the summary of a prediction.

    Parameters
    ----------
    name
        Of the prediction.
    model
        The model.
    prediction, validation
        What it says, and how that held; None where it was not judged.
    checks
        All that was found.
    warnings
        Of it, what is to be told.

    Returns
    -------
    str
        Markdown.
    """
    table = prediction.predictions
    refused = checks.loc[checks["check"] == "refused", "id"].tolist()
    lines = [f"# Prediction {name}", "", *_verdict(validation), *_mind(prediction), f"By the model `{model!r}`.", ""]
    lines += [
        f"{len(table)} patients were predicted." + (f" Refused: {', '.join(map(str, refused))}." if refused else "")
    ]
    lines += ["", "| subtype | patients | mean probability | ambiguous |", "|---|---|---|---|"]
    for subtype in range(1, int(table["n_subtypes"].max()) + 1):
        own = table[table["subtype"] == subtype]
        mean = f"{own['confidence'].mean():.2f}" if len(own) else "-"
        lines.append(f"| {subtype} | {len(own)} | {mean} | {int(own['ambiguous'].sum())} |")
    lines += ["", f"Ambiguous: the subtype is less than {AMBIGUOUS_ODDS:g} times as probable as the next.", ""]
    lines += [*_omics(model, table["omics"])]
    lines += ["", "## How the tables compare with the training patients", "", *_shift(prediction)]
    if warnings:
        lines += ["", "## Warnings", "", *(f"- {message}" for message in warnings[:MOST_WARNINGS])]
        if len(warnings) > MOST_WARNINGS:
            lines.append(f"- and {len(warnings) - MOST_WARNINGS} more in checks.tsv")
    return "\n".join([*lines, *_metrics(validation), ""])


def _omics(model: Model, used: pd.Series) -> list[str]:
    """Tell how many patients were predicted from which omics, and how well that went where the model was made."""
    home = {";".join(one["omics"]): one for one in model.description.get("subsets", [])}
    lines = [
        "| omics used | patients | at home: told as by all omics | at home: concordance of the risk |",
        "|---|---|---|---|",
    ]
    for omics, n in used.value_counts(sort=False).items():
        figures = (home.get(str(omics), {}).get(key, [None] * 3) for key in ("agreement", "cindex"))
        told, ranked = (interval(Figure(*(math.nan if one is None else one for one in figure))) for figure in figures)
        lines.append(f"| {str(omics).replace(';', ', ')} | {n} | {told} | {ranked} |")
    text = (
        "At home: held-out patients of the cohort of the model, by cross-fitting; what they are worth here may be less."
    )
    return [*lines, *(["", text] if home else [])]


def _verdict(validation: Validation | None) -> list[str]:
    if validation is None:
        return [NOT_JUDGED, ""]
    return [str(validation.verdict["sentence"].iloc[0]), ""]


def _mind(prediction: Prediction) -> list[str]:
    """Name the tables that differ from the training patients, before any number."""
    own = prediction.shift[prediction.shift["patient"].isna() & prediction.shift["flagged"]]
    if own.empty:
        return []
    named = " and ".join(dict.fromkeys(own["omics"]))
    return [
        f"**Mind: the tables of {named} differ from what the model was fitted on. Read the warnings below before the numbers.**",
        "",
    ]


def _shift(prediction: Prediction) -> list[str]:
    own = prediction.shift[prediction.shift["patient"].isna()]
    lines = ["| omics | stage | figure | value | limit | |", "|---|---|---|---|---|---|"]
    for row in own.itertuples():
        mark = "differs" if row.flagged else ""
        lines.append(f"| {row.omics} | {row.stage} | {row.statistic} | {row.value:.2g} | {row.limit:.2g} | {mark} |")
    unlike = prediction.predictions["unlike_training"].notna()
    named = ", ".join(prediction.predictions.loc[unlike, "patient"])
    return [*lines, "", f"Patients unlike the training patients: {named or 'none'}."]


def _metrics(validation: Validation | None) -> list[str]:
    if validation is None:
        return []
    row = validation.verdict.iloc[0]
    found = validation.metrics.set_index("metric")
    lines = ["", "## How the predictions held", "", str(row["paragraph"]), ""]
    lines += ["| metric | value [95 % interval] |", "|---|---|"]
    for metric in MEASURES:
        value, low, high = found.loc[[metric], ["value", "ci_low", "ci_high"]].to_numpy(float)[0].tolist()
        lines.append(f"| {metric} | {interval((value, low, high))} |")
    n, events = int(found["n"].iloc[0]), int(found["events"].iloc[0])
    lines.append(f"| permutation p of the subtypes | {probability(float(row['permutation_p']))} |")
    lines += ["", f"Of {n} patients with {events} events; the model saw none of them.", ""]
    lines += [
        "| day | subtype | patients | free of the event: foretold | observed [95 % interval] |",
        "|---|---|---|---|---|",
    ]
    for own in validation.calibration[validation.calibration["baseline"] == MODEL].itertuples():
        who = "all" if own.n_subtypes == 1 else f"{own.subtype} of {own.n_subtypes}"
        observed = interval((own.observed, own.ci_low, own.ci_high))
        lines.append(f"| {own.days:g} | {who} | {own.n} | {number(own.predicted)} | {observed} |")
    return lines
