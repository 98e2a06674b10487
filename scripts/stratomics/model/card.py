"""The model card: what a model is, how well it does and where it must not be used, for whoever is handed the folder.

References
----------
Mitchell et al. 2019, FAT* '19, 220-229 (model cards); Collins et al. 2024, BMJ 385, e078378 (TRIPOD+AI).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from stratomics.evaluation.wording import interval, number, probability
from stratomics.user_text import markdown

from .tripod import tripod_lines

#: What is shown of ``metrics.tsv``: the metric, what it is, and how many digits.
METRICS = (
    ("cindex", "concordance of the risk (Harrell's C)", 3),
    ("cindex_uno", "concordance of the risk (Uno's C)", 3),
    ("cindex_subtype", "concordance of the subtypes", 3),
    ("hazard_ratio", "hazard ratio per subtype step", 2),
    ("rmst_difference", "difference of restricted mean survival, days", 0),
    ("ibs", "integrated Brier score (lower is better)", 3),
    ("calibration_slope", "calibration slope (1 is best)", 2),
)


def card_text(
    description: Mapping[str, Any],
    *,
    verdict: Mapping[str, Any],
    metrics: pd.DataFrame,
    calibration: pd.DataFrame,
    subsets: pd.DataFrame,
    provenance: Mapping[str, Any],
    size: int,
) -> str:
    """Write the card of one model.

    Parameters
    ----------
    description
        The content of ``model.json``.
    verdict
        The row of the embedding in ``verdicts.tsv``.
    metrics, calibration, subsets
        ``metrics.tsv``, ``calibration.tsv`` and ``omics_subsets.tsv`` of the embedding: every number is taken from a table.
    provenance
        ``provenance.json``: how the endpoint is defined, settings, versions, checksums.
    size
        Of the files of the model together, bytes.

    Returns
    -------
    str
        Markdown.
    """
    cohort, name = description["cohort"], description["embedding"]["name"]
    sections = {
        "What it is": _what(description, provenance, size),
        "What it takes": _takes(description),
        "Patients and endpoint": _patients(description, provenance),
        "How well it does on patients it never saw": _evidence(verdict, metrics),
        "Calibration": _calibration(metrics, calibration),
        "Patients who lack omics": _subsets(subsets),
        "Limits": _limits(description, verdict),
        "Data of patients in the files": _privacy(provenance),
        "Licence": [
            "Left to you: the licence of the data that the model was fitted on decides how it may be passed on. stratomics itself "
            "is under the MIT licence, which says nothing of the data.",
        ],
        "Made with": _versions(description, provenance),
        "TRIPOD+AI": tripod_lines(),
    }
    head = f"# Model card: subtypes and risk of {markdown(cohort['name'])} by {markdown(name)}"
    body = (line for title, lines in sections.items() for line in (f"## {title}", "", *lines, ""))
    return "\n".join([head, "", f"> {markdown(str(verdict['sentence']))}", "", *body])


def _what(description: Mapping[str, Any], provenance: Mapping[str, Any], size: int) -> list[str]:
    """Say what the model does and what it is made of."""
    own, settings = description["embedding"], provenance["settings"]
    omics = ", ".join(markdown(one["name"]) for one in description["omics"])
    covariates = ", ".join(map(markdown, description["covariates"]))
    clinic = f" and the clinical variables {covariates}" if covariates else ""
    return [
        f"It gives a patient one of {description['n_subtypes']} risk subtypes (1 has the best prognosis) with a probability, a "
        f"continuous risk (log relative hazard), and survival over time, from {omics}{clinic}.",
        "",
        f"- Networks: {markdown(own['kind'])}, {markdown(str(own.get('architecture', '-')))} fusion, "
        f"{len(description['latents'])} latents, {len(description['selected_latents'])} of them selected by survival.",
        f"- Subtypes: {settings['subtypes']['method']} on the selected latents; new patients by "
        f"{settings['classifier']['method']} on {description['classifier_predictors']}. Risk: {settings['risk']['method']}.",
        f"- Format {description['format']}, {size / 1e6:.1f} MB, plain arrays and JSON; no code is run by loading it.",
        "- For research. It is no medical device, and no decision about a patient may rest on it.",
    ]


def _takes(description: Mapping[str, Any]) -> list[str]:
    """List what measurements it needs."""
    rows = [
        (
            markdown(one["name"]),
            str(len(one["features"])),
            markdown(one["unit"]) if one["unit"] else "as in the training table",
            one["transform"],
            ", ".join(map(markdown, one["batches"])) or "none",
        )
        for one in description["omics"]
    ]
    return [
        *_table(("omics", "features", "unit", "transform applied", "batches known"), rows),
        "",
        "The names of the features are in `model.json`. Measurements of another unit, platform or processing are not the same "
        "thing, whatever their names. A batch that is not known is standardised by all training patients together.",
    ]


def _patients(description: Mapping[str, Any], provenance: Mapping[str, Any]) -> list[str]:
    """Say whom it was fitted on, and what the outcome is."""
    cohort, config = description["cohort"], provenance["cohort"]
    lines = [f"- {cohort['patients']} patients of {markdown(cohort['name'])}, {cohort['events']} with the event."]
    if "clinical" in config:
        clinical = config["clinical"]
        coded = clinical.get("event_codes")
        codes = f", an event where it is {', '.join(map(str, coded['event']))}" if coded else ""
        lines.append(
            f"- Endpoint: column {markdown(clinical['event'])}{markdown(codes)}; time: column {markdown(clinical['time'])} "
            f"({clinical.get('time_unit') or 'days'}), from the time origin of that table."
        )
    else:
        lines.append("- A simulated cohort: it says nothing of any disease.")
    kept = config.get("patients", "complete")
    lines.append(f"- Patients kept: `{kept}` (see `patients` of the config); who was left out and why: `checks.tsv`.")
    days = ", ".join(f"{day:g}" for day in description["horizons"])
    return [*lines, f"- Survival is told at day {days} unless others are asked for."]


def _evidence(verdict: Mapping[str, Any], metrics: pd.DataFrame) -> list[str]:
    """Show the held-out figures beside the apparent ones, and what the permutation test says."""
    own = _of_median(metrics)
    rows = [
        (what, number(float(own[metric]["apparent"]), digits), _with_interval(own[metric], digits))
        for metric, what, digits in METRICS
        if metric in own
    ]
    return [
        *_table(("figure", "apparent", "held-out [95 % interval]"), rows),
        "",
        f"*Held-out*: median over the repeats of a cross-validation in which everything was fitted without the patient, "
        f"{int(verdict['n'])} patients with {int(verdict['events'])} events. *Apparent*: the full fit on its own patients, which "
        "tests nothing. The interval resamples patients and keeps what was fitted. This model is the full fit; the folds are of "
        "the same procedure on fewer patients.",
        "",
        f"Permutation p {probability(float(verdict['permutation_p']))} "
        f"({int(verdict['permutations'])} permutations of survival, everything that used it fitted anew), "
        f"{probability(float(verdict['permutation_p_adjusted']))} adjusted for {int(verdict['embeddings'])} embeddings.",
        "",
        markdown(str(verdict["paragraph"])),
    ]


def _of_median(metrics: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the rows that sum up the repeats, by metric."""
    return _by_metric(metrics[metrics["repeat"] == "median"])


def _by_metric(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["metric"]): dict(row) for _, row in rows.iterrows()}


def _with_interval(row: Mapping[str, Any], digits: int) -> str:
    return interval((float(row["held_out"]), float(row["ci_low"]), float(row["ci_high"])), digits)


def _calibration(metrics: pd.DataFrame, calibration: pd.DataFrame) -> list[str]:
    """Show predicted beside observed survival of held-out patients."""
    first = calibration["repeat"].iloc[0] if len(calibration) else ""
    rows = [
        (
            f"{int(row['subtype'])} of {int(row['n_subtypes'])}",
            f"{row['days']:g}",
            str(int(row["n"])),
            number(float(row["predicted"])),
            interval((float(row["observed"]), float(row["ci_low"]), float(row["ci_high"]))),
        )
        for _, row in calibration[calibration["repeat"] == first].iterrows()
    ]
    p = float(_of_median(metrics).get("d_calibration_p", {}).get("held_out", float("nan")))
    return [
        *_table(("subtype, of its fold", "day", "patients", "predicted survival", "observed [95 % interval]"), rows),
        "",
        f"Held-out patients of the first repeat; all repeats: `calibration.tsv`. P of D-calibration {probability(p)}: a small one "
        "says that predicted survival is off somewhere. Elsewhere survival may be better or worse for everybody: compare with "
        "patients of yours before trusting a probability.",
    ]


def _subsets(subsets: pd.DataFrame) -> list[str]:
    """Show how well each subset of the omics does."""
    rows = []
    for name, own in subsets.groupby("omics", sort=False):
        by = _by_metric(own)
        figures = [_with_interval(by[metric], 2) for metric in ("agreement", "ari", "confidence", "cindex")]
        rows.append((markdown(str(name).replace("+", " + ")), *figures))
    return [
        *_table(("omics", "same subtype as by all", "adjusted Rand index", "mean confidence", "C of the risk"), rows),
        "",
        "Held-out patients with every omics, the others hidden. A confidence above the share of the same subtype is too sure.",
    ]


def _limits(description: Mapping[str, Any], verdict: Mapping[str, Any]) -> list[str]:
    """List where it must not be trusted."""
    name = markdown(description["cohort"]["name"])
    few = int(verdict["events"])
    lines = [
        f"- Every figure above is of patients of {name}. How it does in another hospital, on another platform or in another "
        "population was not measured; the intervals do not hold that.",
        "- No fairness was measured: how it does by sex, age or ancestry must be looked at before it is used on anybody.",
        "- Differences between subtypes are associations, not effects of anything; treatment is not in the model.",
        f"- {few} events: effects smaller than the intervals above were not shown to be absent.",
    ]
    if float(verdict.get("continuum_p", float("nan"))) > 0.05:
        lines.append("- The subtypes are cut-points on a continuum: patients near a border are not of a kind.")
    if str(verdict.get("simpler_ahead", "nan")) not in ("nan", ""):
        lines.append(f"- Simpler methods do as well or better: {markdown(str(verdict['simpler_ahead']))}.")
    return lines


def _privacy(provenance: Mapping[str, Any]) -> list[str]:
    """Say which numbers in the files are of single patients."""
    settings = provenance["settings"]
    lines = [
        "- `subtypes.safetensors`: the subtype of every training patient, in the order of the cohort, without names.",
        "- `survival.safetensors`: days on which training patients had the event.",
        "- `reference.safetensors`: quantiles of every feature, whose ends are the smallest and the largest measurement of a "
        "training patient, without names.",
        "- `clinical.safetensors`, where the networks see the clinic: the levels of categories that occur.",
    ]
    if settings["preprocess"]["impute"] == "knn":
        lines.append("- `preprocess.safetensors`: **the measurements of all training patients** (kNN imputation).")
    if settings["classifier"]["method"] == "svm":
        lines.append(
            "- `classifier.safetensors` and `subsets.safetensors`: predictors of training patients (support vectors)."
        )
    return [*lines, "", "Guard the folder as the data themselves must be guarded."]


def _versions(description: Mapping[str, Any], provenance: Mapping[str, Any]) -> list[str]:
    """List versions, the seed and the checksums of the files."""
    packages = ", ".join(f"{name} {version}" for name, version in sorted(provenance["packages"].items()))
    rows = [(markdown(one["path"]), one["sha256"]) for one in provenance["tables"]]
    return [
        f"stratomics {description['stratomics']}, Python {provenance['python']}, {packages}; seed "
        f"{provenance['settings']['seed']}. All settings: `provenance.json` of the cohort.",
        "",
        *_table(("file read", "SHA-256"), rows),
    ]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lay out a table in Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows)]
