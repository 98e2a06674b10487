"""How many patients have which omics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

#: Between the omics of a combination; no name of an omics holds it.
JOIN = "+"


def omics_combinations(checks: pd.DataFrame, omics: Sequence[str]) -> pd.DataFrame:
    """Count the patients with usable follow-up by the omics that they have, those that are not kept among them.

    Nothing is read again: ``checks.tsv`` has a row for every patient who is left out or lacks an omics, with the reasons.

    Parameters
    ----------
    checks
        ``checks.tsv``, ``value`` as text.
    omics
        Names of the omics of the cohort.

    Returns
    -------
    pandas.DataFrame
        One row per combination that occurs, the most frequent first: ``omics`` (the names, joined by `JOIN`; empty for none; with
        too much missing an omics counts as absent, as in the intake), ``patients`` and ``kept`` (how many of them are in the
        cohort).
    """
    cohort = checks[checks["level"] == "cohort"].set_index("check")["value"]
    of_code = {f"{word}_{item}": item for item in omics for word in ("absent", "missing")}
    patients: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    rows = checks[(checks["level"] == "patient") & checks["check"].isin(["left_out", "incomplete"])]
    for check, codes in zip(rows["check"], rows["value"].astype(str).str.split(";"), strict=True):
        if not set(codes) <= of_code.keys():
            continue  # left out for follow-up that is not usable, or excluded
        lacks = {of_code[code] for code in codes}
        has = JOIN.join(item for item in omics if item not in lacks)
        patients[has] += 1
        kept[has] += check == "incomplete"
    complete = int(cohort["patients_kept"]) - kept.total()
    patients[JOIN.join(omics)] = kept[JOIN.join(omics)] = complete
    table = pd.DataFrame([(has, n, kept[has]) for has, n in patients.items()], columns=["omics", "patients", "kept"])
    table = table[table["patients"] > 0]
    return table.sort_values(["patients", "omics"], ascending=[False, True], ignore_index=True)
