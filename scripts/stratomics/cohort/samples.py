"""Samples are not patients: barcodes of TCGA and TARGET name both, and one patient may have given several samples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .checks import Checks, count, examples
from .persons import paired_samples

#: Patient, type of the sample, and the rest (vial, portion, analyte, plate). R writes dots for dashes.
BARCODE = re.compile(
    r"(?P<patient>TCGA[-._][A-Z0-9]{2}[-._][A-Z0-9]{4}|TARGET[-._]\d{2}[-._][A-Z0-9]{6})[-._](?P<type>\d{2})(?P<rest>[A-Z]?(?:[-._].*)?)",
    re.IGNORECASE,
)

#: The patient alone.
PATIENT = re.compile(r"TCGA[-._][A-Z0-9]{2}[-._][A-Z0-9]{4}|TARGET[-._]\d{2}[-._][A-Z0-9]{6}", re.IGNORECASE)

#: What the codes mean (GDC's table of sample types).
TYPES = {
    "01": "primary solid tumour",
    "02": "recurrent solid tumour",
    "03": "primary blood-derived cancer, peripheral blood",
    "04": "recurrent blood-derived cancer, bone marrow",
    "05": "additional new primary",
    "06": "metastatic",
    "07": "additional metastatic",
    "08": "human tumour original cells",
    "09": "primary blood-derived cancer, bone marrow",
    "10": "blood-derived normal",
    "11": "solid tissue normal",
    "12": "buccal cell normal",
    "13": "EBV-immortalised normal",
    "14": "bone marrow normal",
    "15": "normal",
    "16": "normal",
    "17": "normal",
    "18": "normal",
    "19": "normal",
    "20": "control analyte",
    "40": "recurrent blood-derived cancer, peripheral blood",
    "50": "cell line",
    "60": "primary xenograft",
    "61": "cell-line-derived xenograft",
}

#: Codes of a tumour as it was when the disease was found.
PRIMARY = frozenset({"01", "03", "09"})

#: In which order they are taken where the config asks for primary tumours.
PRIMARY_ORDER = ("01", "03", "09")

#: Codes that are no tumour of the patient.
NORMAL = frozenset({*map(str, range(10, 21)), "50", "60", "61"})

#: Names are taken for barcodes of samples where at least this share of them are.
MIN_SHARE = 0.5


#: The rest of a barcode: vial, portion and analyte, plate.
ALIQUOT = re.compile(
    r"(?P<vial>[A-Z]?)(?:[-._]\d{2}(?P<analyte>[A-Z]?)(?:[-._](?P<plate>[A-Z0-9]{4}).*)?)?.*", re.IGNORECASE
)

#: Analytes of RNA, the preferred first, and the native DNA.
RNA, DNA = "HRT", "D"


@dataclass(frozen=True)
class SampleRule:
    """Which samples stand for their patients.

    Parameters
    ----------
    types
        Codes of two digits, the preferred first; none where ids are taken for patients as they stand.
    by_default
        Whether the config left the choice to the default, primary tumours.
    pattern
        Of ids of another naming scheme, with a group ``patient``; ids of samples that do not match are left out.
    """

    types: tuple[str, ...] = ()
    by_default: bool = False
    pattern: re.Pattern[str] | None = None


#: Ids are taken for patients.
AS_THEY_STAND = SampleRule()


def sample_rule(cohort_config: Mapping[str, Any]) -> SampleRule:
    """Return what the config of a cohort says of samples (YAML reads ``01`` as 1)."""
    choice, pattern = cohort_config.get("samples") or [], cohort_config.get("pattern")
    compiled = re.compile(pattern) if pattern else None
    if choice == "primary":
        return SampleRule(PRIMARY_ORDER, True, compiled)
    return SampleRule(tuple(str(code).zfill(2) for code in choice), False, compiled)


@dataclass(frozen=True)
class Barcodes:
    """The names of one axis of a table that are barcodes of samples.

    Parameters
    ----------
    patients, types, rests
        By position of the name; the rest is what follows the type.
    """

    patients: Mapping[int, str]
    types: Mapping[int, str]
    rests: Mapping[int, str]

    @property
    def repeated(self) -> dict[str, int]:
        """Patients with several samples, and how many."""
        return {patient: n for patient, n in Counter(self.patients.values()).items() if n > 1}

    @property
    def by_type(self) -> dict[str, int]:
        """Number of samples by type, in the order of the codes."""
        return dict(sorted(Counter(self.types.values()).items()))

    def described(self) -> str:
        """Say how many samples there are of each type."""
        return ", ".join(f"{n} of type {code} ({TYPES.get(code, 'unknown')})" for code, n in self.by_type.items())

    @property
    def advice(self) -> str:
        """The line of YAML that takes the commonest type of tumour."""
        tumours = {code: n for code, n in self.by_type.items() if code not in NORMAL} or self.by_type
        code = max(tumours, key=lambda one: tumours[one])
        return (
            f'Write in the config, under the cohort: samples: ["{code}"] to take the samples of type {code} '
            f"({TYPES.get(code, 'unknown')}), one per patient, and to leave out the others"
        )


def read_barcodes(names: Sequence[str], min_share: float = MIN_SHARE) -> Barcodes | None:
    """Recognise barcodes of samples.

    Parameters
    ----------
    names
        Of the rows or columns of a table.
    min_share
        Least share of the names that must be barcodes.

    Returns
    -------
    Barcodes or None
        None where there are none, or fewer than `min_share`.
    """
    matches = {i: match for i, name in enumerate(names) if (match := BARCODE.fullmatch(name))}
    if not matches or len(matches) < min_share * len(names):
        return None
    parts = [{i: match[part] for i, match in matches.items()} for part in ("patient", "type", "rest")]
    return Barcodes({i: _spelt(name) for i, name in parts[0].items()}, *parts[1:])


def _spelt(patient: str) -> str:
    """Write a patient as the public tables do: capitals and dashes."""
    return re.sub(r"[._]", "-", patient.upper())


def patients_of_barcodes(names: Sequence[str]) -> list[str]:
    """Return the patient of every barcode of a sample or a patient; other names as they stand."""
    matches = [BARCODE.fullmatch(name) for name in names]
    return [
        _spelt(match["patient"]) if match else _spelt(name) if PATIENT.fullmatch(name) else name
        for name, match in zip(names, matches, strict=True)
    ]


def sample_fault(path: str, names: Sequence[str]) -> str | None:
    """Refuse names that are samples where patients are wanted: normals among them, or several of one patient.

    Parameters
    ----------
    path
        For messages.
    names
        What would be taken for patients.

    Returns
    -------
    str or None
        The message; None where nothing is wrong.
    """
    pairs = paired_samples([name for name in names if not BARCODE.fullmatch(name)])
    if pairs:
        shown = " and ".join(f"'{name}'" for name in pairs[0])
        return (
            f"{path}: {count(len(pairs), 'pair')} of ids look like samples of one patient ({shown}). A patient must be there once, "
            f"by a tumour: of two samples of a patient one would train what is judged on the other. Keep one of each, with the id "
            f"of the patient; if they are different patients, write their ids without such endings."
        )
    barcodes = read_barcodes(names, 0.0)  # one normal among other ids is one too many
    if barcodes is None:
        return None
    bare = {_spelt(name) for name in names if PATIENT.fullmatch(name)}
    twice = bool(barcodes.repeated) or not bare.isdisjoint(barcodes.patients.values())
    if not (twice or NORMAL & set(barcodes.types.values())):
        return None
    repeated = barcodes.repeated
    beside = f", beside {count(len(bare), 'id')} of patients" if bare else ""
    several = f"; {count(len(repeated), 'patient')} have several ({examples(repeated)})" if repeated else ""
    return (
        f"{path}: the ids are samples, not patients: {barcodes.described()}{beside}{several}. A patient must be there "
        f"once, by a tumour: a normal is no patient, and of two samples of a patient one would train what is judged on the "
        f"other. {barcodes.advice}."
    )


def describe_samples(path: str, names: Sequence[str], level: str, item: str, checks: Checks) -> None:
    """Say of which types the samples are that stand for the patients; warn where they are not primary tumours alone.

    Parameters
    ----------
    path
        Of the table, for messages.
    names
        That are taken for patients.
    level, item
        Of the table, for ``checks.tsv``.
    checks
        Gets the row, where the names are barcodes of samples.
    """
    barcodes = read_barcodes(names)
    if barcodes is None:
        return
    primary = len(barcodes.by_type) == 1 and set(barcodes.by_type) <= PRIMARY
    message = f"the ids of {path} are samples, one per patient: {barcodes.described()}"
    checks.add(level, item, "sample_types", len(barcodes.types), message, action="note" if primary else "warning")


def choose_samples(
    names: Sequence[str], rule: SampleRule, level: str, item: str, path: str, checks: Checks
) -> list[str | None] | None:
    """Take one sample of the wanted types for each patient, and give it the patient's name.

    Of several samples of a patient, the first by wanted type counts, then the first vial (A before B), then what the replicate
    filter of the Broad Institute's GDAC (FAQ of Firehose) takes: RNA of analyte H before R before T, DNA of the later plate and
    native (D) before amplified (G, W, X) of the same, then the later plate and the higher barcode.

    Parameters
    ----------
    names
        Of the rows or columns of a table.
    rule
        What the config asks for.
    level, item, path
        Of the table, for ``checks.tsv``.
    checks
        Gets a row for each type left out, and for each further sample of a patient.

    Returns
    -------
    list of str or None
        By name: that of the patient, or None where it is left out; None altogether where the names are no barcodes.
    """
    if rule.pattern and any(map(rule.pattern.fullmatch, names)):
        return _choose_by_pattern(names, rule.pattern, level, item, path, checks)
    if not rule.types:
        return None
    barcodes = read_barcodes(names, 0.0)
    if barcodes is None:
        patients = [_spelt(name) if PATIENT.fullmatch(name) else name for name in names]
        return list(patients) if any(map(PATIENT.fullmatch, names)) else None
    wanted = {code: rank for rank, code in enumerate(rule.types)}
    chosen: list[str | None] = [_spelt(name) if PATIENT.fullmatch(name) else name for name in names]
    first = {_spelt(name): i for i, name in enumerate(names) if PATIENT.fullmatch(name)}
    for i in sorted(_by_preference(names, barcodes), key=lambda i: wanted.get(barcodes.types[i], len(wanted))):
        patient = barcodes.patients[i]
        if barcodes.types[i] not in wanted:
            chosen[i] = None
        elif patient in first:
            chosen[i] = None
            message = f"a further sample of {patient}, of which '{names[first[patient]]}' is taken (type, vial, analyte, plate)"
            checks.add("patient", item, "further_sample", path, message, action="dropped", id=names[i])
        else:
            first[patient] = i
            chosen[i] = patient
    by_type = barcodes.by_type
    kept = ", ".join(
        f"{code} ({TYPES.get(code, 'unknown')})" for code in rule.types if code in by_type or not rule.by_default
    )
    checks.add(level, item, "samples", len(first), f"patients with a sample of type {kept} in {path}", action="kept")
    for code, n in by_type.items():
        if code not in wanted:
            message = (
                f"samples of type {code} ({TYPES.get(code, 'unknown')}) in {path}, not among `samples` of the config"
            )
            checks.add(level, item, "samples_left_out", n, message, action="dropped", id=code)
    with_tumour = {barcodes.patients[i] for i, code in barcodes.types.items() if code not in NORMAL} | {*first}
    if not first and not rule.by_default:
        checks.fault(
            f"{path}: no sample is of type {' or '.join(rule.types)}, which `samples` of the cohort asks for; there are "
            f"{barcodes.described()}. {barcodes.advice}."
        )
    elif rule.by_default and 2 * len(first) < max(1, len(with_tumour)):
        checks.fault(
            f"{path}: {len(first)} of {count(len(with_tumour), 'patient')} with a tumour have a primary one, which stands for the "
            f"patient unless the config says otherwise; there are {barcodes.described()}. {barcodes.advice}."
        )
    return chosen


def _by_preference(names: Sequence[str], barcodes: Barcodes) -> list[int]:
    """Return the samples, the preferred aliquot of each first, whatever the type; later sorts count more."""
    parts = {i: ALIQUOT.fullmatch(barcodes.rests[i].upper()) for i in barcodes.types}
    aliquots = {i: match.groupdict(default="") if match else {} for i, match in parts.items()}
    order = sorted(aliquots, key=lambda i: names[i], reverse=True)
    order.sort(key=lambda i: aliquots[i].get("analyte", "") != DNA)
    order.sort(key=lambda i: aliquots[i].get("plate", ""), reverse=True)
    # RNA.find is -1 for DNA, of which the plate alone decides.
    order.sort(key=lambda i: RNA.find(aliquots[i].get("analyte") or "?"))
    order.sort(key=lambda i: aliquots[i].get("vial", ""))
    return order


def _choose_by_pattern(
    names: Sequence[str], pattern: re.Pattern[str], level: str, item: str, path: str, checks: Checks
) -> list[str | None]:
    """Name the patients by the pattern of the config; of several samples of a patient the first by name counts."""
    chosen: list[str | None] = [None] * len(names)
    first: dict[str, str] = {}
    others = 0
    for i in sorted(range(len(names)), key=lambda i: names[i]):
        match = pattern.fullmatch(names[i])
        if match is None:
            others += 1
        elif (patient := match["patient"]) in first:
            message = f"a further sample of {patient}, of which '{first[patient]}' is taken (first by name)"
            checks.add("patient", item, "further_sample", path, message, action="dropped", id=names[i])
        else:
            first[patient] = names[i]
            chosen[i] = patient
    checks.add(level, item, "samples", len(first), f"patients by `pattern` of the config in {path}", action="kept")
    if others:
        message = f"ids of {path} that `pattern` of the config does not match"
        checks.add(level, item, "samples_left_out", others, message, action="dropped")
    return chosen


def samples_by_table(
    names: Sequence[str], samples: Mapping[str, str], item: str, path: str, checks: Checks
) -> list[str | None] | None:
    """Name the patients of samples by the table of samples beside the clinical table.

    Parameters
    ----------
    names
        Of the rows or columns of an omics table.
    samples
        Patient by sample; of several samples of a patient, the first of them counts.
    item, path
        Of the omics table, for ``checks.tsv``.
    checks
        Gets the count, and a row for each further sample.

    Returns
    -------
    list of str or None
        By name: that of the patient; the name itself where the table does not know it; None where it is a further sample. None
        altogether where fewer than `MIN_SHARE` of the names are samples of the table.
    """
    known = {name for name in names if name in samples}
    if len(known) < MIN_SHARE * len(names) or all(samples[name] == name for name in known):
        return None
    first: dict[str, str] = {}
    for sample, patient in samples.items():
        if sample in known:
            first.setdefault(patient, sample)
    chosen: list[str | None] = []
    for name in names:
        patient = samples.get(name, name)
        further = name in known and first[patient] != name
        chosen.append(None if further else patient)
        if further:
            message = f"a further sample of {patient}, of which '{first[patient]}' is taken (primary tumours first, then in order)"
            checks.add("patient", item, "further_sample", path, message, action="dropped", id=name)
    message = f"patients of the samples of {path}, by the table of samples of the clinical data"
    checks.add("omics", item, "samples", len(first), message, action="kept")
    return chosen


def samples_beside_patients(path: str, names: Sequence[str], clinical_path: str) -> str | None:
    """Say that the ids of a table are samples where those of the clinical table are patients.

    Parameters
    ----------
    path, clinical_path
        Of both tables.
    names
        Of the rows or columns of the table.

    Returns
    -------
    str or None
        What was found and the line of YAML; None where the names are no barcodes of samples.
    """
    barcodes = read_barcodes(names)
    if barcodes is None:
        return None
    return (
        f"The ids of {path} are samples ({barcodes.described()}), those of {clinical_path} patients. {barcodes.advice}."
    )
