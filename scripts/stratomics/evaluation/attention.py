"""The attention of networks to each omics, among patients they never saw."""

from __future__ import annotations

import pandas as pd

from stratomics.tables import of_full

SUBTYPE_COLUMNS = ("subtype", "n_subtypes", "omics", "n", "weight", "quartile_low", "quartile_high")


def heldout_attention(attention: pd.DataFrame) -> pd.DataFrame:
    """Return the weights of held-out patients who have every omics.

    Parameters
    ----------
    attention
        ``attention.tsv`` of an embedding.

    Returns
    -------
    pandas.DataFrame
        Weights by split and patient (index) and omics (columns, in their order); a patient counts once per repeat. Nothing where
        nothing is weighed.
    """
    held = attention[attention["role"] == "held_out"]
    wide = held.pivot(index=["split", "patient"], columns="omics", values="weight")
    wide = wide[list(dict.fromkeys(held["omics"]))]
    # Who lacks an omics, with weight 0, has more left for the others whatever these say.
    return wide[(wide > 0).all(axis=1)].astype(float)


def attention_by_subtype(attention: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Summarise the attention to each omics among held-out patients, all together and by the subtype that they were given.

    Parameters
    ----------
    attention
        ``attention.tsv`` of an embedding.
    predictions
        ``predictions.tsv`` of the same.

    Returns
    -------
    pandas.DataFrame
        One row per group and omics: ``subtype`` (0 for all patients), ``n_subtypes`` (of the full fit; folds that chose another
        number are only in 0), ``omics``, ``n`` (patients, once per repeat), mean ``weight``, and its quartiles over the patients.
    """
    wide = heldout_attention(attention)
    labels = predictions.set_index(["split", "patient"])[["subtype", "n_subtypes"]].reindex(wide.index)
    chosen = int(of_full(predictions)["n_subtypes"].iloc[0])
    own = labels["subtype"].where(labels["n_subtypes"] == chosen)
    groups = {0: wide, **{k: wide[(own == k).to_numpy()] for k in range(1, chosen + 1)}}
    rows = [
        (k, chosen, omics, len(group), values.mean(), *values.quantile([0.25, 0.75]))
        for k, group in groups.items()
        for omics, values in group.items()
        if len(values)
    ]
    return pd.DataFrame(rows, columns=list(SUBTYPE_COLUMNS))
