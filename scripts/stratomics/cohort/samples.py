"""Samples are not patients: one patient may have given several, of which one stands for the patient."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .barcodes import (
    BARCODE,
    MIN_SHARE,
    NORMAL,
    PATIENT,
    PRIMARY,
    PRIMARY_ORDER,
    TYPES,
    by_preference,
    read_barcodes,
    spelt,
)
from .checks import Checks, count, examples
from .persons import paired_samples


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
    bare = {spelt(name) for name in names if PATIENT.fullmatch(name)}
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

    Of several samples of a patient, the first by wanted type counts, then the one that `stratomics.cohort.barcodes.by_preference`
    puts first.

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
        patients = [spelt(name) if PATIENT.fullmatch(name) else name for name in names]
        return list(patients) if any(map(PATIENT.fullmatch, names)) else None
    wanted = {code: rank for rank, code in enumerate(rule.types)}
    chosen: list[str | None] = [spelt(name) if PATIENT.fullmatch(name) else name for name in names]
    first = {spelt(name): i for i, name in enumerate(names) if PATIENT.fullmatch(name)}
    for i in sorted(by_preference(names, barcodes), key=lambda i: wanted.get(barcodes.types[i], len(wanted))):
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
