"""Say where the codes of an event column hardly mean what they are taken for, or are missing for many."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import pandas as pd

from .cells import is_missing
from .checks import Checks

#: cBioPortal puts the code before its meaning: ``1:DECEASED``, ``0:DiseaseFree``.
PREFIXED = re.compile(r"([01]):\s*(.*)", re.DOTALL)
#: Words that mean the same whatever code stands before them. (`dead` may be censored: deaths of another cause.)
ALIVE = frozenset({"alive", "living", "censored", "diseasefree", "disease free"})
HAD_EVENT = frozenset(
    {"dead", "deceased", "died", "event", "recurred", "progressed", "relapsed", "progression", "recurred/progressed"}
)

#: Codes that mean an event only as far as the name of their column does.
BARE = frozenset({"0", "1", "true", "false", "yes", "no"})
#: Names whose 1 denies the event, unless a word of the event stands there too. `survival` may name either.
DENIES = {
    "alive": re.compile(r"alive|living|surviv(?!al)"),
    "censored": re.compile(r"(?<!un)(?<!non)(?<!non[-_. ])cens"),
}
AFFIRMS = re.compile(r"dead|death|died|deceased|event|(?:^|[^a-z])not(?:$|[^a-z])")
#: Of these, only yes and true deny it: ``disease_free`` with 1 is written for the event, too.
FREE = re.compile(
    r"(?:disease|event|relapse|recurrence|progression|failure)[-_. ]?free(?![-_. ]?(?:surv|status|time|month|day|year))"
)

#: Among patients with a time, gaps of more than this share are no oversight.
MANY_UNKNOWN = 0.1
#: Where many have no status, the others hardly had the event as often as this: blank then means alive.
NEARLY_ALL = 0.8


def meaning_fault(path: str, column: str, events: Collection[str], censored: Collection[str]) -> str | None:
    """Return the fault of codes whose own words say the opposite of what they are read as.

    Parameters
    ----------
    path, column
        Of the clinical table, and the column of the event.
    events, censored
        Codes as `stratomics.cohort.events.plain_code` writes them, read as either.

    Returns
    -------
    str or None
    """
    swapped = [code for code in sorted(events) if _word(code) in ALIVE]
    swapped += [code for code in sorted(censored) if PREFIXED.fullmatch(code) and _word(code) in HAD_EVENT]
    if not swapped:
        return None
    said = ", ".join(f"'{code}' as {'the event' if code in events else 'censored'}" for code in swapped)
    died, alive = (
        ", ".join(f'"{code}"' for code in sorted({*events, *censored}) if _word(code) in words) or "..."
        for words in (HAD_EVENT, ALIVE)
    )
    return (
        f"{path}: column '{column}' would be read with {said}, and the word says the opposite. Say in the config under clinical "
        f"what each code means: event_codes: {{event: [{died}], censored: [{alive}]}}"
    )


def name_fault(path: str, column: str, found: Sequence[str], events: Collection[str]) -> str | None:
    """Return the fault of a column such as ``alive`` or ``censored``, whose 1 would be read as the event.

    Parameters
    ----------
    path, column
        Of the clinical table, and the column of the event.
    found
        Codes that occur, as `stratomics.cohort.events.plain_code` writes them.
    events
        Codes read as the event.

    Returns
    -------
    str or None
    """
    name = column.lower()
    said = [word for word, pattern in DENIES.items() if pattern.search(name) and not AFFIRMS.search(name)]
    if not said and not {*found} & {"0", "1"} and FREE.search(name):
        said = ["free of the event"]
    if not said or not {*found} <= BARE:
        return None
    yes, no = (
        ", ".join(f'"{code}"' for code in found if (code in events) is wanted) or "..." for wanted in (True, False)
    )
    return (
        f"{path}: the name of column '{column}' says that {yes} means {said[0]}, while {yes} is read as the event where the config "
        f"says nothing. Write under clinical: event_codes: {{event: [{no}], censored: [{yes}]}} (or {{event: [{yes}], censored: "
        f"[{no}]}} if {yes} is the event all the same)."
    )


def check_unknown_events(
    path: str, cells: pd.Series, event: pd.Series, time: pd.Series, excluded: Collection[str], checks: Checks
) -> None:
    """Warn where many patients with a time have no event status; fault where blank must mean alive (or dead).

    Parameters
    ----------
    path
        Of the clinical table, for messages.
    cells
        Text of the event column by patient, as the table has it.
    event
        1, 0 or NaN by patient.
    time
        Days; NaN where missing or not usable.
    excluded
        Patients that the config leaves out.
    checks
        Gets the row or the fault.
    """
    followed = time.notna() & ~time.index.isin(list(excluded))
    blank = followed & cells.map(is_missing).astype(bool)
    known = event[followed & event.notna()]
    if blank.sum() < 5 or blank.sum() <= MANY_UNKNOWN * followed.sum() or len(known) + blank.sum() < followed.sum():
        return
    share = float(known.mean()) if len(known) else 0.0
    found = f"{blank.sum()} of {followed.sum()} patients with a time have no event status: column '{cells.name}' is empty for them"
    if NEARLY_ALL >= share > 0:
        message = (
            f"{found}, and they are left out; if empty means alive (or free of the event), write the code for it there"
        )
        checks.add(
            "clinical", "clinical", "event_unknown", int(blank.sum()), message, action="warning", id=str(cells.name)
        )
        return
    if len(known):
        meant = "alive (or free of the event)" if share else "that the event took place"
        counted = f"Of the other {len(known)}, {int(known.sum())} had the event, so empty may mean {meant}"
        blanks = ", ".join(f'"{cell}"' for cell in cells[blank].str.strip().unique())
        checks.fault(
            f"{path}: {found}. {counted}: write the code for it (1 event, 0 censored) into the empty cells. If the status is "
            f"not known, leave these patients out: write under clinical: exclude: {{{cells.name}: [{blanks}]}}"
        )


def _word(code: str) -> str:
    match = PREFIXED.fullmatch(code)
    return match[2].strip() if match else code
