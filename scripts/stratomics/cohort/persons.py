"""Rows that are samples or visits of one person, told by their ids and by other columns where no barcode says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

#: Ids that end in a word for a tissue or a visit.
TISSUE = re.compile(
    r"(?P<patient>.+?)(?:[-._ ](?:t|n|tum(?:ou?r)?|normal|norm|nat|blood|control|ctrl|primary|prim|met|metastasis|recurrence"
    r"|recurrent|rec|relapse|pre|post|baseline|diagnosis)\d?|(?<=\d)(?:tumou?r|normal|blood|primary|relapse))",
    re.IGNORECASE,
)

#: Columns that name people (without case and separators).
PEOPLE = frozenset(
    "patient|patients|patientid|patientbarcode|bcrpatientbarcode|bcrpatientuuid|case|caseid|casesubmitterid|casessubmitterid"
    "|subject|subjectid|participant|participantid|individual|individualid|person|personid|donor|donorid|icgcdonorid"
    "|submitterdonorid".split("|")
)

#: Ids are of samples where at least this share of them begin with the id of a patient.
MIN_SHARE = 0.5


def paired_samples(names: Sequence[str]) -> list[tuple[str, str]]:
    """Find ids that are the same but for a word for the tissue or the visit at their end: ``P01-T`` and ``P01-N``.

    Parameters
    ----------
    names
        What would be taken for patients.

    Returns
    -------
    list of tuple
        Pairs of ids that look like samples of one patient.
    """
    first: dict[str, str] = {}
    pairs = []
    for name in names:
        match = TISSUE.fullmatch(name)
        if match:
            other = first.setdefault(match["patient"].lower(), name)
            if other != name:
                pairs.append((other, name))
    return pairs


def samples_of_patients(path: str, names: Sequence[str], patients: Sequence[str]) -> str | None:
    """Recognise ids of samples that begin with the id of their patient, several of some.

    Parameters
    ----------
    path
        For messages.
    names
        Of a table.
    patients
        Of the clinical table.

    Returns
    -------
    str or None
        What was found and what to do; None where it is not so.
    """
    known = set(patients)
    owner = {
        name: name[: match.start()]
        for name in names
        for match in re.finditer(r"[-._ :]", name)
        if name[: match.start()] in known
    }
    sizes = Counter(owner.values())
    several = [patient for patient, n in sizes.items() if n > 1]
    if len(owner) < MIN_SHARE * len(names) or not several:
        return None
    shown = " and ".join(f"'{name}'" for name in owner if owner[name] == several[0])
    return (
        f"The ids of {path} are samples, several of some patients ({shown} of '{several[0]}'). Keep one sample of each "
        f"patient, of the tumour, and give it the id of the patient."
    )


def people(cells: Mapping[str, Sequence[str]], id_column: str) -> tuple[str, int] | None:
    """Find a column that names people, fewer than there are rows: the rows are samples, visits or the like.

    Parameters
    ----------
    cells
        Text by column, missing cells as nothing.
    id_column
        The column of ids.

    Returns
    -------
    tuple or None
        The column and how many people it names.
    """
    for column, values in cells.items():
        if column == id_column or re.sub(r"[^a-z]", "", column.lower()) not in PEOPLE:
            continue
        known = [value for value in values if value]
        people = len(set(known))
        if len(known) > 0.9 * len(values) and 0.2 * len(known) < people < len(known):
            return column, people
    return None
