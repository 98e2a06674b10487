"""Rows that are samples or visits of one person, told by their ids and by other columns where no barcode says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

#: Ids that end in a word for a tissue or a visit.
TISSUE = re.compile(
    r"(?P<patient>.+?)(?:[-._ ](?P<word>t|n|tum(?:ou?r)?|normal|norm|nat|blood|control|ctrl|primary|prim|met|metastasis"
    r"|recurrence|recurrent|rec|relapse|pre|post|baseline|diagnosis)(?P<number>\d?)"
    r"|(?<=\d)(?P<glued>tumou?r|normal|blood|primary|relapse))",
    re.IGNORECASE,
)

#: Columns that name people (without case and separators).
PEOPLE = frozenset(
    "patient|patients|patientid|patientids|patientidentifier|patientbarcode|patientnr|patientno|patientnumber|patientidch|bcrpatientbarcode"
    "|bcrpatientuuid|casebarcode|caseid|casesubmitterid|casessubmitterid|submitterid|subject|subjectid|subjectnumber|participant"
    "|participantid|participantbarcode|individualid|person|personid|mrn|donor|donorid|donoruniqueid|icgcdonorid"
    "|submitterdonorid".split("|")
)
#: These may also name something else, such as a year or a group.
PERHAPS_PEOPLE = frozenset("case|individual|pid".split("|"))

#: From this share of people among the rows on, one that occurs twice may be a slip of the pen.
MOSTLY_ONCE = 0.9

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
    bare = {name.lower(): name for name in names}
    groups: dict[tuple[str, str], dict[str, str]] = {}
    stems: Counter[str] = Counter()
    for name in names:
        match = TISSUE.fullmatch(name)
        if match:
            stem = match["patient"].lower()
            stems[stem] += 1
            word = (match["word"] or match["glued"]).lower()
            groups.setdefault((stem, match["number"] or ""), {}).setdefault(word, name)
    pairs = []
    for (stem, _), by_word in groups.items():
        members = [*([bare[stem]] if stem in bare else []), *by_word.values()]
        # Patients T1, T2, ... of one site share no patient.
        if len(members) > 1 and stems[stem] <= 3:
            pairs.append((members[0], members[1]))
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
        name = re.sub(r"[^a-z]", "", column.lower())
        if column == id_column or name not in PEOPLE | PERHAPS_PEOPLE:
            continue
        known = [value for value in values if value]
        n = len(set(known))
        least = 0.2 if name in PERHAPS_PEOPLE else 0.02
        if len(known) > 0.9 * len(values) and max(2, least * len(known)) < n < len(known):
            return column, n
    return None


def same_course(time: pd.Series, event: pd.Series, covariates: pd.DataFrame) -> list[tuple[str, str]]:
    """Find patients whose time, event and covariates are all those of another: two rows of one person, perhaps.

    Parameters
    ----------
    time, event
        Of the patients.
    covariates
        Of the same patients. Without one that tells many patients apart, nothing is found.

    Returns
    -------
    list of tuple
        Patient and the earlier one with the same values.
    """
    if not any(covariates[column].nunique() > 10 for column in covariates):
        return []
    rows = zip(time, event, *(covariates[column].fillna("").astype(str) for column in covariates), strict=True)
    first: dict[tuple[object, ...], str] = {}
    twins = []
    for patient, row in zip(time.index, rows, strict=True):
        other = first.setdefault(row, str(patient))
        if other != patient:
            twins.append((str(patient), other))
    return twins
