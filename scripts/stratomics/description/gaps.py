"""What is missing of each omics, by feature and by patient."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort


def missing_shares(cohort: Cohort) -> pd.DataFrame:
    """Count features and patients by the share of their measurements that is missing.

    Parameters
    ----------
    cohort
        The patients. Who lacks an omics altogether is not counted in it.

    Returns
    -------
    pandas.DataFrame
        One row per omics, ``by`` (``feature`` or ``patient``) and share that occurs, rising: ``omics, by, share`` (missing
        measurements over all, 0 to 1), ``count`` (how many have just this share), ``of`` (how many there are).
    """
    pieces = []
    for one in cohort.omics:
        missing = ~np.isfinite(one.values.to_numpy()[one.present])
        for by, axis in (("feature", 0), ("patient", 1)):
            share, count = np.unique(missing.mean(axis=axis), return_counts=True)
            piece = {"omics": one.name, "by": by, "share": share, "count": count, "of": missing.shape[1 - axis]}
            pieces.append(pd.DataFrame(piece))
    return pd.concat(pieces, ignore_index=True)
