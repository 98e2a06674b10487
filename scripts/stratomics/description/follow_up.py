"""How long patients were followed, and how many had the event by then."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stratomics.survival.kaplan_meier import kaplan_meier

#: The curves: the event, and the end of follow-up without it.
SURVIVAL, FOLLOW_UP = "survival", "follow_up"


def follow_up_curves(time: np.ndarray, event: np.ndarray) -> pd.DataFrame:
    """Estimate survival, and the time under observation by the reverse Kaplan-Meier method [1]_.

    Parameters
    ----------
    time
        Days, > 0 [n].
    event
        bool [n].

    Returns
    -------
    pandas.DataFrame
        The columns of `stratomics.survival.kaplan_meier.kaplan_meier`, with ``curve`` before them. In the curve ``follow_up`` the
        ends of follow-up are the ``events`` and patients with the event the ``censored``: ``survival`` is the share who would
        still be under observation, had nobody had the event.

    References
    ----------
    .. [1] M. Schemper, T. L. Smith (1996). A note on quantifying follow-up in studies of failure time. Controlled Clinical
       Trials 17, 343-346.
    """
    curves = {SURVIVAL: kaplan_meier(time, event), FOLLOW_UP: kaplan_meier(time, ~event)}
    table = pd.concat([curve.assign(curve=name) for name, curve in curves.items()], ignore_index=True)
    return table[["curve", *table.columns.drop("curve")]]
