"""The embeddings of all cohorts of a run in one table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .declared import COHORTS
from .evidence import columns_shown_in
from .findings import CODES

#: Columns that stand in ``leaderboard.tsv`` under the same name.
_OF_LEADERBOARD = [*columns_shown_in(COHORTS), *CODES]
COHORTS_COLUMNS = ["cohort", "patients", "events", "embedding", "clinical_cindex", *_OF_LEADERBOARD]


def cohorts_table(leaderboards: Mapping[str, pd.DataFrame], verdicts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Make ``cohorts.tsv``: one row per cohort and embedding.

    Parameters
    ----------
    leaderboards, verdicts
        ``leaderboard.tsv`` and ``verdicts.tsv`` by cohort, in the order of the config.

    Returns
    -------
    pandas.DataFrame
        The columns of `COHORTS_COLUMNS`, cohorts and embeddings in the order of the config. ``clinical_cindex`` is the
        held-out concordance of the clinical covariates alone, missing where they were not fitted.
    """
    rows = []
    for cohort, own in leaderboards.items():
        methods = own.set_index("method")
        counts = verdicts[cohort].set_index("embedding")
        has_clinic = "clinical" in methods.index
        clinical = float(methods["heldout_cindex"].loc["clinical"]) if has_clinic else np.nan
        for row in own[own["kind"] == "embedding"].to_dict("records"):
            known = counts.loc[row["method"]]
            rows.append(
                {
                    "cohort": cohort,
                    "patients": int(known["n"]),
                    "events": int(known["events"]),
                    "embedding": row["method"],
                    "clinical_cindex": clinical,
                    **{column: row[column] for column in _OF_LEADERBOARD},
                }
            )
    return pd.DataFrame(rows, columns=COHORTS_COLUMNS).astype({"n_subtypes": "Int64"})
