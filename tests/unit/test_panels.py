"""The concordance beside the curves of the subtypes is that of the subtypes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from stratomics.evaluation import survival_panels


def test_the_statistics_are_those_of_the_labels_that_are_drawn():
    patients = pd.Index([f"P{i}" for i in range(6)])
    cohort = SimpleNamespace(patients=patients, time=np.arange(1.0, 7), event=np.ones(6, dtype=bool))
    one = pd.DataFrame({"patient": patients, "subtype": [1, 2] * 3, "n_subtypes": 2, "risk": 0.0})
    predictions = pd.concat([one.assign(split="full", role="train"), one.assign(split="r0f0", role="held_out")])
    clusters = one.assign(split="full")[["split", "patient", "subtype"]]
    values = {"logrank_p": 0.2, "hazard_ratio": 1.4, "cindex": 0.9, "cindex_subtype": 0.6}
    metrics = pd.DataFrame(
        [(repeat, name, value + 0.05, value) for repeat in ("r0", "median") for name, value in values.items()],
        columns=["repeat", "metric", "apparent", "held_out"],
    ).assign(ci_low=lambda t: t["held_out"] - 0.1, ci_high=lambda t: t["held_out"] + 0.1)
    drawn, stats = survival_panels(predictions, clusters, metrics, cohort)
    assert drawn.groupby("panel")["subtype"].sum().tolist() == [9, 9]
    assert stats["cindex"].tolist() == [0.65, 0.6]
    assert stats.loc[1, ["cindex_low", "cindex_high"]].tolist() == [0.5, 0.7]
