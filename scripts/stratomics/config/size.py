"""The size of a cohort before any of its jobs has run, for what the jobs ask of a cluster.

Only the beginning of each omics table is read: a config with 33 cohorts must be laid out in seconds.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

#: Patients, and features of each omics, where a table is not there yet (remote, or made by another workflow).
ASSUMED = (1000, 20_000)

#: Genes to which a ``map`` brings the features of a table of text while it is read, at most: more than annotations name.
MAPPED = 60_000

#: How ids of patients and samples of TCGA and TARGET begin.
BARCODE = re.compile(r"(?:TCGA|TARGET)[-._]\w\w[-._]", re.IGNORECASE)

#: Rows are counted, and their bytes measured, in this much text under the header.
SAMPLE = 1 << 19

#: At least so much of a gzipped table is unpacked for how far it is packed.
PIECE = 1 << 16

#: A header longer than this is no header.
LONGEST_LINE = 1 << 26

#: What a table that cannot be read raises, or parquet where Snakemake runs in an environment without pyarrow. The job that
#: reads the table says what is wrong, with advice.
_UNREADABLE = (ImportError, OSError, EOFError, zlib.error, ValueError, csv.Error, KeyError, IndexError)


@dataclass(frozen=True)
class CohortSize:
    """How large a cohort is.

    Parameters
    ----------
    patients
        Patients that can take part, at most.
    tables
        Patients and features of every omics table, as in its file; of a table of text with a ``map``, no more than `MAPPED`.
    """

    patients: int
    tables: tuple[tuple[int, int], ...]

    @property
    def cells(self) -> int:
        """Measurements in all tables."""
        return sum(rows * features for rows, features in self.tables)

    def views(self, max_features: int) -> list[int]:
        """Features of each omics that the networks see, when at most `max_features` of each are kept."""
        return [min(features, max_features) for _, features in self.tables]

    def kept(self, max_features: int) -> int:
        """Measurements that the networks see, when at most `max_features` of each omics are kept."""
        return self.patients * sum(self.views(max_features))


def cohort_size(cohort: Mapping[str, Any], *, base_dir: str | Path = ".") -> CohortSize:
    """Estimate the size of a cohort from its config and the beginning of its tables.

    Parameters
    ----------
    cohort
        One entry of ``cohorts`` of the validated config.
    base_dir
        Folder that the paths of the config start from.

    Returns
    -------
    CohortSize
        Exact for a simulated cohort, parquet and small tables. The rows of a larger table of text are estimated from the
        size of its file; a table that cannot be read counts as `ASSUMED`.
    """
    if "simulate" in cohort:
        patients = cohort["simulate"]["patients"]
        return CohortSize(patients, tuple((patients, omics["features"]) for omics in cohort["simulate"]["omics"]))
    ids = _patients(cohort["clinical"], Path(base_dir))
    tables = tuple(_table(omics, Path(base_dir), ids) for omics in cohort["omics"])
    known = [len(ids)] if ids else []
    # With every omics a patient is in the smallest table, else perhaps in no more than the largest.
    most = min if cohort.get("patients", "complete") == "complete" else max
    return CohortSize(min([*known, most(rows for rows, _ in tables)]), tables)


def _patients(clinical: Mapping[str, Any], base_dir: Path) -> frozenset[str]:
    """Read the ids of the clinical table; none when that cannot be done."""
    path = base_dir / clinical["path"]
    try:
        if _is_parquet(path):
            import pyarrow.parquet as pq

            return frozenset(map(str, pq.read_table(path, columns=[clinical["patient"]]).column(0).to_pylist()))
        with _opened(path) as file:
            rows = _cells(file.read().decode("utf-8-sig"))
        at = rows[0].index(clinical["patient"]) - len(rows[0])  # from the right: R names no first column
        return frozenset(row[at].strip() for row in rows[1:] if row)
    except _UNREADABLE:
        return frozenset()


def _table(omics: Mapping[str, Any], base_dir: Path, ids: Collection[str]) -> tuple[int, int]:
    """Patients and features of one omics table."""
    path = base_dir / omics["path"]
    try:
        if _is_parquet(path):
            import pyarrow.parquet as pq

            footer = pq.read_metadata(path)
            return footer.num_rows, footer.num_columns - 1
        patients, features = _text_table(path, ids)
    except _UNREADABLE:
        return ASSUMED
    return patients, min(features, MAPPED) if omics.get("map") else features


def _text_table(path: Path, ids: Collection[str]) -> tuple[int, int]:
    with path.open("rb") as raw, _opened(path, raw) as file:
        header = file.readline(LONGEST_LINE)
        sample = file.read(SAMPLE)
        if ended := len(sample) < SAMPLE:
            rows = len(sample.splitlines())
        elif (rows := sample.count(b"\n")) == 0:  # one row is longer than the sample
            sample += file.readline(LONGEST_LINE)
            rows = 1
    if not ended:
        rows = max(rows, round(rows * (_text_bytes(path, header + sample) - len(header)) / len(sample)))
    (names,) = _cells(header.decode("utf-8-sig"))
    first = _cells(b"\n".join(sample.split(b"\n", 20)[:20]).decode(errors="replace"))  # the end may be cut
    in_header = sum(_is_patient(name.strip(), ids) for name in names[1:]) / max(1, len(names) - 1)
    in_rows = sum(_is_patient(row[0].strip(), ids) for row in first if row) / max(1, len(first))
    columns = len(names) - 1
    if columns < 1:  # a format with lines above its header
        return ASSUMED
    return (columns, rows) if in_header > in_rows else (rows, columns)


def _is_patient(name: str, ids: Collection[str]) -> bool:
    """Tell a patient by the clinical table, or by a barcode of a sample, which that table may not hold."""
    return name in ids or BARCODE.match(name) is not None


def _is_parquet(path: Path) -> bool:
    """Tell by the content, whatever the name."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _text_bytes(path: Path, beginning: bytes) -> float:
    """Estimate the bytes of a table when it is unpacked, from how much its beginning is packed.

    How far a gzip file has been read does not tell that: Python reads ahead, each version as far as it likes.
    """
    size = path.stat().st_size
    with path.open("rb") as raw:
        if raw.read(2) != b"\x1f\x8b":
            return size
        raw.seek(0)
        packed = raw.read(max(PIECE, len(beginning) // 4))
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    unpacked = len(unpack.decompress(packed))
    return size * unpacked / (len(packed) - len(unpack.unused_data))


def _opened(path: Path, raw: BinaryIO | None = None) -> BinaryIO:
    raw = raw or path.open("rb")
    gzipped = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return gzip.open(raw) if gzipped else raw  # type: ignore[return-value]


def _cells(text: str) -> list[list[str]]:
    """Separate lines into cells by what separates most of the first."""
    first = text[: text.find("\n") + 1] or text
    return list(csv.reader(io.StringIO(text), delimiter=max("\t,;", key=first.count)))
