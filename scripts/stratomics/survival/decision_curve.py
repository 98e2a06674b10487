"""Decision curves: whether treating by the predicted risk does more good than treating all, or none."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .risk_sets import check_survival


def net_benefit(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, day: float, thresholds: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the net benefit of treating the patients whose predicted risk reaches a threshold.

    It is the share of patients who are treated and have the event until the day, less the share who are treated and do not,
    weighted by the odds of the threshold: who treats from a risk of 20 % on holds one event prevented to be worth four
    treatments in vain. Censored patients count by the Kaplan-Meier estimate among the treated.

    Parameters
    ----------
    time, event
        Follow-up [n].
    risk
        Predicted probability of the event until `day` [n]. To treat all give a risk of 1; to treat none has a net benefit of 0.
    day
        Horizon.
    thresholds
        Between 0 and 1, both excluded [D].

    Returns
    -------
    benefit
        [D]; 0 where nobody is treated, NaN where a risk is missing or nobody of the treated is followed until `day`.
    treated
        Share of the patients who are treated [D].

    Raises
    ------
    ValueError
        If a threshold is not between 0 and 1, or shapes do not fit.

    References
    ----------
    Vickers & Elkin 2006, Med. Decis. Making 26, 565-574; Vickers, Cronin, Elkin & Gonen 2008, BMC Med. Inform. Decis. Mak.
    8, 53 (censoring).
    """
    follow_up, flags = check_survival(time, event)
    values, at = np.asarray(risk, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    if values.shape != follow_up.shape:
        raise ValueError(f"risk must hold one number for each of the {follow_up.size} patients, found {values.shape}")
    if not ((at > 0) & (at < 1)).all():
        raise ValueError("thresholds must lie between 0 and 1")
    if np.isnan(values).any() or not values.size:
        return np.full(at.size, np.nan), np.full(at.size, np.nan)
    chosen = (values >= at[:, None]).astype(np.float64)
    treated = chosen.mean(axis=1)

    # Kaplan-Meier of each group at the day: the product over the deaths until then.
    deaths = np.unique(follow_up[flags & (follow_up <= day)])
    at_risk = chosen @ (follow_up[:, None] >= deaths)
    died = chosen @ ((follow_up[:, None] == deaths) & flags[:, None])
    survived = np.prod(1 - np.divide(died, at_risk, out=np.zeros_like(died), where=at_risk > 0), axis=1)
    known = (chosen * follow_up).max(axis=1) >= day
    survived = np.where(known | (survived == 0) | (treated == 0), survived, np.nan)
    return treated * ((1 - survived) - survived * at / (1 - at)), treated
