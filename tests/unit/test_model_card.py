"""The model card: every number from a table, nothing of a name taken for markup."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from stratomics.model.card import METRICS, card_text

HOSTILE = "<script>alert(1)</script>|x"
DESCRIPTION: dict[str, Any] = {
    "format": 5,
    "stratomics": "0.1.0",
    "cohort": {"name": HOSTILE, "patients": 326, "events": 109},
    "omics": [
        {"name": "mrna", "transform": "rank_normal", "unit": "TPM", "batches": ["a|b"], "features": ["A", "B"]},
        {"name": "meth", "transform": "none", "unit": None, "batches": [], "features": ["C"]},
    ],
    "covariates": ["age"],
    "embedding": {"name": "vae", "kind": "vae", "architecture": "early"},
    "latents": ["z1", "z2", "z3"],
    "selected_latents": ["z2"],
    "classifier_predictors": "latents",
    "n_subtypes": 3,
    "horizons": [365, 1095],
}
VERDICT = {
    "sentence": "The subtypes separate unseen patients.",
    "paragraph": "In more words.",
    "n": 301,
    "events": 97,
    "permutation_p": 0.0049751,
    "permutation_p_adjusted": 0.015,
    "permutations": 200,
    "embeddings": 4,
    "continuum_p": 0.3,
    "simpler_ahead": "ridge_cox",
}
CALIBRATION = pd.DataFrame(
    [("r0", 1, 2, 365, 156, 0.874, 0.905, 0.844, 0.943), ("r1", 1, 2, 365, 150, 0.111, 0.222, 0.1, 0.3)],
    columns=["repeat", "subtype", "n_subtypes", "days", "n", "predicted", "observed", "ci_low", "ci_high"],
)
SUBSETS = pd.DataFrame(
    [
        (omics, 301, 97, metric, value, value - 0.05, value + 0.05)
        for omics, shift in (("mrna+meth", 0.0), ("mrna", -0.1))
        for metric, value in (
            ("agreement", 0.91 + shift),
            ("ari", 0.61 + shift),
            ("confidence", 0.88),
            ("cindex", 0.65),
        )
    ],
    columns=["omics", "patients", "events", "metric", "held_out", "ci_low", "ci_high"],
)
PROVENANCE: dict[str, Any] = {
    "python": "3.11.7",
    "packages": {"numpy": "2.4.6"},
    "cohort": {
        "patients": "any",
        "clinical": {
            "event": "OS",
            "event_codes": {"event": ["<b>dead"], "censored": ["alive"]},
            "time": "OS.time",
            "time_unit": "months",
        },
    },
    "settings": {
        "seed": 7,
        "subtypes": {"method": "kmeans"},
        "classifier": {"method": "svm"},
        "risk": {"method": "ridge_cox"},
        "preprocess": {"impute": "knn"},
    },
    "tables": [{"path": "data/`m|rna`.tsv", "sha256": "ab" * 32}],
}


@pytest.fixture(scope="module")
def metrics() -> pd.DataFrame:
    rows = [
        (repeat, metric, 0.1 * i + 0.01 + shift, 0.1 * i + 0.02 + shift, 0.1 * i + shift, 0.1 * i + 0.04 + shift)
        for repeat, shift in (("r0", 5.0), ("median", 0.0))
        for i, (metric, _, _) in enumerate(METRICS)
    ]
    return pd.DataFrame(rows, columns=["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high"])


@pytest.fixture(scope="module")
def card(metrics) -> str:
    tables = {"metrics": metrics, "calibration": CALIBRATION, "subsets": SUBSETS}
    return card_text(DESCRIPTION, verdict=VERDICT, provenance=PROVENANCE, size=12_345_678, **tables)


def test_every_figure_is_that_of_its_table(card, metrics):
    own = metrics[metrics["repeat"] == "median"].set_index("metric")
    for metric, what, digits in METRICS:
        row = own.loc[metric]
        figure = f"{row['held_out']:.{digits}f} [{row['ci_low']:.{digits}f} to {row['ci_high']:.{digits}f}]"
        assert f"| {what} | {row['apparent']:.{digits}f} | {figure} |" in card
    assert "| 1 of 2 | 365 | 156 | 0.87 | 0.91 [0.84 to 0.94] |" in card
    assert "| 1 of 2 | 365 | 150 |" not in card, "one repeat is shown, and said to be one"
    assert "| mrna | 0.81 [0.76 to 0.86] | 0.51 [0.46 to 0.56] | 0.88 [0.83 to 0.93] | 0.65 [0.60 to 0.70] |" in card
    assert "301 patients with 97 events" in card
    assert "Permutation p 0.005 (200 permutations" in card
    assert "0.015 adjusted for 4 embeddings" in card
    assert "12.3 MB" in card
    assert "326 patients of" in card


def test_it_says_what_goes_in_and_what_was_foretold(card):
    assert re.search(r"\| mrna \| 2 \| TPM \| rank_normal \| a.?\\?.?b \|", card)
    assert "| meth | 1 | as in the training table | none | none |" in card
    assert "and the clinical variables age" in card
    assert "column OS.time (months)" in card
    assert "Patients kept: `any`" in card
    assert "at day 365, 1095 unless" in card
    assert "seed 7" in card
    assert "ab" * 32 in card


def test_it_warns_where_the_files_hold_measurements_of_patients(card, metrics):
    assert "**the measurements of all training patients**" in card
    assert "support vectors" in card
    settings = {**PROVENANCE["settings"], "classifier": {"method": "logistic"}, "preprocess": {"impute": "median"}}
    tables = {"metrics": metrics, "calibration": CALIBRATION, "subsets": SUBSETS}
    other = card_text(DESCRIPTION, verdict=VERDICT, provenance={**PROVENANCE, "settings": settings}, size=1, **tables)
    assert "measurements of all" not in other
    assert "support vectors" not in other


def test_names_are_no_markup_and_tables_keep_their_columns(card):
    assert "<script>" not in card
    assert "<b>" not in card
    rows = [line for line in card.splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in rows]
    assert set(widths) <= {3, 4, 6}


def test_every_item_of_the_guideline_has_its_answer(card):
    rows = re.findall(r"^\| ([\d, ]+) \| .+ \| .+ \|$", card.split("## TRIPOD+AI")[1], flags=re.M)
    assert sorted(int(item) for row in rows for item in row.split(",")) == [*range(1, 28)]
