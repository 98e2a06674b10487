"""Names and levels of the user are drawn as written: no mathematics, no markup, nothing that breaks the file."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest

from stratomics.evaluation import top_features
from stratomics.plots.enrichment import MOST_LEVELS, OTHER, draw_enrichment, enrichment_table
from stratomics.plots.feature_heatmap import draw_feature_heatmap, feature_heatmap_table
from stratomics.plots.style import About, save_figure, shorten

ABOUT = About("COHORT_A", "ae", 60, 23)
#: As written by the user, and as drawn.
DRAWN = {
    "$25k_$50k": "$25k_$50k",
    r"$\frac{$": r"$\frac{$",
    "$x^2$": "$x^2$",
    "g_{x}$b": "g_{x}$b",
    r"\$5": r"\$5",
    "<b>&amp;--": "<b>&amp;--",
    "a\x07b\nc": r"a\x07b c",
}


def drawn_texts(figure, folder) -> list[str]:
    """Save a figure as PNG and SVG; read the texts of the SVG as a browser would."""
    save_figure(figure, folder / "figure.png", folder / "figure.svg")
    assert (folder / "figure.png").stat().st_size > 10_000
    return [
        "".join(one.itertext()) for one in ElementTree.parse(folder / "figure.svg").iter() if one.tag.endswith("text")
    ]


def enrichment_of(levels: list[str], covariate: str = "income") -> tuple[pd.DataFrame, pd.DataFrame]:
    tests = pd.DataFrame(
        [("ae", covariate, "categorical", "chi_square", 0.01, 0.02)],
        columns=["embedding", "covariate", "kind", "test", "p", "q"],
    )
    rows = [
        ("ae", covariate, "categorical", subtype, level, 20 - place, 1 / len(levels), np.nan)
        for subtype in (1, 2)
        for place, level in enumerate(levels)
    ]
    columns = ["embedding", "covariate", "kind", "subtype", "level", "n", "share", "value"]
    return tests, pd.DataFrame(rows, columns=columns)


def test_levels_are_drawn_as_written(tmp_path):
    texts = drawn_texts(draw_enrichment(enrichment_table(*enrichment_of(list(DRAWN))), ABOUT), tmp_path)
    assert set(DRAWN.values()) <= set(texts)


@pytest.mark.parametrize("name", list(DRAWN))
def test_names_are_drawn_as_written(name, tmp_path):
    figure = draw_enrichment(enrichment_table(*enrichment_of(["a", "b"], name)), ABOUT)
    assert DRAWN[name] in drawn_texts(figure, tmp_path)


def test_a_level_called_like_the_rest_is_not_put_into_it():
    levels = [OTHER, *(f"level {i}" for i in range(MOST_LEVELS + 2))]
    table = enrichment_table(*enrichment_of(levels))
    own = table[table["subtype"] == 1].set_index("level")["n"]
    assert own[f"{OTHER} (a level)"] == 20
    assert own[OTHER] == sum(20 - place for place in range(MOST_LEVELS - 1, len(levels)))


def test_features_and_covariates_of_the_heatmap_are_drawn_as_written(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, len(DRAWN)))
    labels = np.repeat([1, 2], 30)
    X[:30] += 2
    features = [f"mrna:{name}" for name in DRAWN]
    patients = pd.Index([f"P{i}" for i in range(60)], name="patient")
    clinical = pd.DataFrame(
        {"event": 1, "subtype": ["$Basal$", "$LumA_"] * 30, "$a_$": ["x", "y"] * 30}, index=patients
    )
    markers = top_features(X, features, {"mrna": slice(0, len(features))}, labels, 10)
    table = feature_heatmap_table(X, features, markers, clinical, labels, np.zeros(60), ["subtype", "$a_$"])
    assert table["subtype"].tolist() == labels.tolist()  # the column of the product keeps its name
    assert set(table["clinical_subtype"]) == {"$Basal$", "$LumA_"}
    texts = drawn_texts(draw_feature_heatmap(table, markers, ABOUT), tmp_path)
    assert {*DRAWN.values(), "$Basal$", "$LumA_", "$a_$", "clinical_subtype"} <= set(texts)


def test_shortened_names_take_one_line():
    assert shorten("a\nb", 10) == "a b"
    assert shorten("long\nname\x00", 6) == r"lon…00"
