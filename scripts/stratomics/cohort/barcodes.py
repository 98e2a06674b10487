"""Barcodes of TCGA and TARGET: a name that says the patient, the type of the sample, and the aliquot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    return Barcodes({i: spelt(name) for i, name in parts[0].items()}, *parts[1:])


def spelt(patient: str) -> str:
    """Write a patient as the public tables do: capitals and dashes."""
    return re.sub(r"[._]", "-", patient.upper())


def patients_of_barcodes(names: Sequence[str]) -> list[str]:
    """Return the patient of every barcode of a sample or a patient; other names as they stand."""
    matches = [BARCODE.fullmatch(name) for name in names]
    return [
        spelt(match["patient"]) if match else spelt(name) if PATIENT.fullmatch(name) else name
        for name, match in zip(names, matches, strict=True)
    ]


def by_preference(names: Sequence[str], barcodes: Barcodes) -> list[int]:
    """Order samples by what the replicate filter of the Broad Institute's GDAC (FAQ of Firehose) prefers, whatever their type.

    The first vial (A before B); RNA of analyte H before R before T, DNA of the later plate and native (D) before amplified (G, W,
    X) of the same; then the later plate and the higher barcode.

    Parameters
    ----------
    names
        Of the rows or columns of a table.
    barcodes
        Those among them.

    Returns
    -------
    list of int
        Positions of the barcodes, the preferred first.
    """
    # Later sorts count more.
    parts = {i: ALIQUOT.fullmatch(barcodes.rests[i].upper()) for i in barcodes.types}
    aliquots = {i: match.groupdict(default="") if match else {} for i, match in parts.items()}
    order = sorted(aliquots, key=lambda i: names[i], reverse=True)
    order.sort(key=lambda i: aliquots[i].get("analyte", "") != DNA)
    order.sort(key=lambda i: aliquots[i].get("plate", ""), reverse=True)
    # RNA.find is -1 for DNA, of which the plate alone decides.
    order.sort(key=lambda i: RNA.find(aliquots[i].get("analyte") or "?"))
    order.sort(key=lambda i: aliquots[i].get("vial", ""))
    return order
