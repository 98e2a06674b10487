"""The weights of the attention as tables: per patient, and by subtype among patients that the networks never saw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stratomics.attribution.attention import ATTENTION_COLUMNS, attention_table
from stratomics.cohort.types import Split
from stratomics.evaluation.attention import attention_by_subtype, heldout_attention

PATIENTS = pd.Index([f"P{i}" for i in range(6)])
OMICS = ["mrna", "mirna", "clinical"]
EVERYBODY = np.arange(6)
SPLITS = [
    Split("full", EVERYBODY, EVERYBODY[:0]),
    *(
        Split(name, np.setdiff1d(EVERYBODY, own), own)
        for name, own in (("r0f0", EVERYBODY[:3]), ("r0f1", EVERYBODY[3:]))
    ),
]


@pytest.fixture
def attention() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found = {split.name: rng.dirichlet([2.0, 2.0, 2.0], size=6).astype(np.float32) for split in SPLITS}
    for weights in found.values():
        weights[5] = (0.7, 0.0, 0.3)  # lacks an omics
    return found


def predictions(k_of: dict[str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (split.name, patient, 1 + i % k_of[split.name], k_of[split.name])
            for split in SPLITS
            for i, patient in enumerate(PATIENTS)
        ],
        columns=["split", "patient", "subtype", "n_subtypes"],
    )


def test_the_table_has_every_weight_at_its_patient_and_omics(attention) -> None:
    table = attention_table(attention, SPLITS, PATIENTS, OMICS)
    assert tuple(table) == ATTENTION_COLUMNS
    assert len(table) == 3 * 6 * 3
    np.testing.assert_allclose(table.groupby(["split", "patient"])["weight"].sum(), 1.0, atol=1e-6)
    at = table.set_index(["split", "patient", "omics"])
    assert at.loc[("r0f1", "P2", "clinical"), "weight"] == attention["r0f1"][2, 2]
    held = table[table["role"] == "held_out"].groupby("split")["patient"].agg(lambda one: sorted(set(one)))
    assert held.to_dict() == {"r0f0": ["P0", "P1", "P2"], "r0f1": ["P3", "P4", "P5"]}


def test_where_nothing_is_weighed_there_are_headings_alone() -> None:
    table = attention_table({}, SPLITS, PATIENTS, OMICS)
    assert tuple(table) == ATTENTION_COLUMNS
    assert table.empty
    assert heldout_attention(table).empty
    assert attention_by_subtype(table, predictions({"full": 2, "r0f0": 2, "r0f1": 2})).empty


def test_subtypes_are_summarised_over_unseen_patients_with_every_omics(attention) -> None:
    table = attention_table(attention, SPLITS, PATIENTS, OMICS)
    found = attention_by_subtype(table, predictions({"full": 2, "r0f0": 2, "r0f1": 2})).set_index(["subtype", "omics"])
    held = np.vstack([attention["r0f0"][:3], attention["r0f1"][3:5]])
    for k, rows in ((0, [0, 1, 2, 3, 4]), (1, [0, 2, 4]), (2, [1, 3])):
        for v, omics in enumerate(OMICS):
            own = found.loc[(k, omics)]
            assert own["n"] == len(rows)
            assert own["weight"] == pytest.approx(held[rows, v].mean())
            assert own["quartile_low"] == pytest.approx(np.quantile(held[rows, v], 0.25))
            assert own["quartile_high"] == pytest.approx(np.quantile(held[rows, v], 0.75))


def test_folds_that_chose_another_number_of_subtypes_count_among_all_alone(attention) -> None:
    table = attention_table(attention, SPLITS, PATIENTS, OMICS)
    found = attention_by_subtype(table, predictions({"full": 2, "r0f0": 3, "r0f1": 2}))
    assert found.groupby("subtype")["n"].first().to_dict() == {0: 5, 1: 1, 2: 1}
