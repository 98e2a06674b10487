"""Understand how a clinical table codes the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .cells import number
from .checks import Checks, examples
from .event_checks import PREFIXED, meaning_fault, name_fault

#: Codes understood without being told, compared without regard to case.
EVENT = frozenset({"1", "true", "yes", "dead", "deceased", "died", "event"})
CENSORED = frozenset({"0", "false", "no", "alive", "living", "censored"})


def plain_code(cell: object) -> str:
    """Write a code the same way whatever its case and decimals: ``1.0`` and ``1`` are one code."""
    text = str(cell).strip().lower()
    try:
        value = number(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() else text


def same_code(cell: object, value: object) -> bool:
    """Tell whether two cells hold the same code."""
    return plain_code(cell) == plain_code(value)


def decode_events(
    cells: pd.Series, codes: Mapping[str, Sequence[object]] | None, path: str, checks: Checks
) -> pd.Series:
    """Turn the event column into 1 (event), 0 (censored) and NaN (not known).

    Parameters
    ----------
    cells
        Text by patient, NaN where not known; named as the column.
    codes
        ``event_codes`` of the config (lists ``event`` and ``censored``), or None for the codes understood as they are.
    path
        Of the clinical table, for messages.
    checks
        Gets a row that says how the codes were understood, and a fault where they cannot be.

    Returns
    -------
    pandas.Series
        float64; NaN also where a code is not understood.
    """
    plain = cells.map(plain_code, na_action="ignore")
    spelling = dict(zip(plain.dropna(), cells.dropna(), strict=True))
    events = EVENT | {code for code in spelling if PREFIXED.fullmatch(code) and code.startswith("1")}
    censored = CENSORED | {code for code in spelling if PREFIXED.fullmatch(code) and code.startswith("0")}
    if codes:
        events = frozenset(plain_code(code) for code in codes.get("event") or [])
        censored = frozenset(plain_code(code) for code in codes.get("censored") or [])
    found = sorted(spelling)
    strange = [spelling[code] for code in found if code not in events | censored]
    if not found:
        checks.fault(
            f"{path}: column '{cells.name}' is empty for every patient. It must say who had the event (1) and who was "
            f"censored (0): correct clinical.event in the config."
        )
    elif events & censored:
        both = examples(sorted(events & censored))
        checks.fault(
            f"{path}: clinical.event_codes lists {both} both under event and under censored. Each code has one meaning: "
            f"remove it from one of them."
        )
    elif strange and codes:
        checks.fault(
            f"{path}: column '{cells.name}' holds {examples(strange)}, which clinical.event_codes does not list. Add each "
            f"value to event or to censored, or write NA in the table where it is not known."
        )
    elif strange and set(found) <= {"1", "2"}:
        checks.fault(
            f"{path}: column '{cells.name}' is coded {examples(found)}, and 1 may mean either. Allowed are 0/1, true/false, "
            f"dead/alive, deceased/living and yes/no; if 2 is the event, write in the config under clinical: "
            f'event_codes: {{event: ["2"], censored: ["1"]}}'
        )
    elif set(found) == {"0", "1", "2"}:
        checks.fault(
            f"{path}: column '{cells.name}' is coded 0, 1 and 2, where 2 often is an event of another kind (a competing risk). "
            f"One event is studied: say what 2 counts as, in the config under clinical: "
            f'event_codes: {{event: ["1"], censored: ["0", "2"]}} or {{event: ["1", "2"], censored: ["0"]}}'
        )
    elif strange:
        checks.fault(
            f"{path}: column '{cells.name}' holds {examples(strange)}. Allowed are 0/1, true/false, dead/alive, "
            f"deceased/living and yes/no; for other values write in the config under clinical: "
            f"event_codes: {{event: [...], censored: [...]}}"
        )
    elif fault := meaning_fault(path, str(cells.name), events & {*found}, censored & {*found}):
        checks.fault(fault)
    elif not codes and (fault := name_fault(path, str(cells.name), found, events)):
        checks.fault(fault)
    else:
        shown = ", ".join(f"{spelling[code]} = {'event' if code in events else 'censored'}" for code in found)
        checks.add(
            "clinical", "clinical", "event_codes", shown, f"how '{cells.name}' is understood", id=str(cells.name)
        )
    return plain.map(lambda code: 1.0 if code in events else 0.0 if code in censored else np.nan).astype(np.float64)
