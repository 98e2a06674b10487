"""Files of single samples as GDC delivers them, and the sample sheet that says whose they are.

Source: the sample sheet of the GDC data portal: ``File ID``, ``File Name``, ``Data Category``, ``Data Type``, ``Project ID``,
``Case ID``, ``Sample ID``, and ``Sample Type`` or (since 2024) ``Tissue Type``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import pandas as pd

from stratomics.errors import DataError

from .barcodes import BARCODE
from .checks import count, examples
from .feature_map import map_of
from .files import open_text, unreadable
from .format import Request
from .matrix import Matrix
from .numbers import matrix_of_columns
from .source import Source

#: The name that the portal gives the sample sheet.
SHEET = "gdc_sample_sheet*.tsv"


def holds_samples(source: Source, patterns: Sequence[str]) -> bool:
    """Tell whether a folder holds files of single samples with such names."""
    return bool(source.files(*patterns))


def read_samples(
    source: Source,
    request: Request,
    patterns: Sequence[str],
    read: Callable[[Source], pd.Series],
    absent: float | None = None,
) -> Matrix:
    """Read a file per sample into one matrix.

    Parameters
    ----------
    source
        A folder with the files, at any depth, and their sample sheet.
    request
        Gets what was left out.
    patterns
        Of the names of the files.
    read
        Gives the measurements of one file by feature.
    absent
        What a feature is in a sample whose file does not name it; None where all files name the same features, those of the
        first.

    Returns
    -------
    Matrix
        Features x samples. Of a TCGA or TARGET case a sample is named by its barcode, of any other by the case: normals, and
        further samples of a case, are left out.

    Raises
    ------
    DataError
        Where there is no sample sheet, or none of its files.
    """
    files = source.files(*patterns)
    owners = owners_of_files(source, files, request)
    found = [file for file in files if file.file.name in owners]
    if not found:
        raise DataError(
            f"{source.path}: the sample sheet names none of the {count(len(files), 'file')} of samples in the folder "
            f"({examples(one.file.name for one in files)}). Download the sample sheet of these files (in the portal: Cart, "
            f"Sample Sheet)."
        )
    if others := len(files) - len(found):
        message = f"files in {source.path} that the sample sheet does not name, or names with several samples: left out"
        request.note("files_without_sample", others, message, action="dropped")
    features, columns = _aligned((_unique(file, read(file)) for file in found), absent)
    names = [owners[file.file.name] for file in found]
    frames = (column.to_frame() for column in columns)
    by = map_of(request)
    matrix = matrix_of_columns(source.path, list(map(str, features)), names, frames, request.bad, by=by)
    request.note("files_joined", len(found), f"files of samples in {source.path}, by its sample sheet")
    return replace(matrix, unit="feature")


def _unique(file: Source, values: pd.Series) -> pd.Series:
    if not values.index.is_unique:
        twice = examples(values.index[values.index.duplicated()])
        raise DataError(f"{file.path}: features are there more than once ({twice}).")
    return values


def _aligned(samples: Iterator[pd.Series], absent: float | None) -> tuple[pd.Index, Iterator[pd.Series]]:
    """Return the features and, in their order, the measurements of every sample."""
    if absent is not None:
        held = list(samples)
        features = held[0].index.append([one.index for one in held[1:]]).unique().sort_values()
        return features, (one.reindex(features, fill_value=absent) for one in held)
    first = next(samples)
    # One at a time: the names alone may take more memory than the numbers.
    further = (one if one.index.equals(first.index) else one.reindex(first.index) for one in samples)
    return first.index, chain([first], further)


def read_column(file: Source, name: str, column: str, **how: object) -> pd.Series:
    """Read one column of a file of a sample, by the column of names.

    Raises
    ------
    DataError
        When it is not there, or holds words.
    """
    try:
        with open_text(file.file) as handle:
            table = pd.read_csv(  # type: ignore[call-overload]
                handle, sep="\t", comment="#", dtype={name: str}, usecols=lambda one: one in (name, column), **how
            )
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(unreadable(file.path, error)) from error
    except ValueError as error:
        raise DataError(f"{file.path}: cannot be taken apart ({error}). Download it again.") from error
    if missing := [one for one in (name, column) if one not in table]:
        columns = file.head.header if file.head else []
        raise DataError(f"{file.path}: no column '{missing[0]}'; the columns are {examples(columns, most=12)}.")
    values = table.set_index(name)[column]
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(f"{file.path}: column '{column}' holds words; measurements are numbers. Name another `column`.")
    return values


def owners_of_files(source: Source, files: Sequence[Source], request: Request) -> dict[str, str]:
    """Return the sample or case of each file, by its name, that a sample sheet of the folder names.

    Parameters
    ----------
    source, request
        As for `read_samples`.
    files
        Those of one kind, of which a case has one.

    Raises
    ------
    DataError
        Where there is no sample sheet.
    """
    sheets = source.files(SHEET)
    if not sheets:
        raise DataError(
            f"{source.path}: the folder holds files of samples, and no sample sheet that says whose they are. Put it there "
            f"(in the portal: Cart, Sample Sheet; it is called {SHEET})."
        )
    owners: dict[str, str] = {}
    normal, further, cases, kind = 0, 0, set(), {file.file.name for file in files}
    for sheet in sheets:
        with open_text(sheet.file) as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        if not rows or not {"File Name", "Case ID", "Sample ID"} <= {*rows[0]}:
            raise DataError(
                f"{sheet.path}: no sample sheet of GDC, which has the columns File Name, Case ID and Sample ID."
            )
        for row in sorted(rows, key=lambda row: row["Sample ID"]):
            sample, case = row["Sample ID"].strip(), row["Case ID"].strip()
            if row["File Name"] not in kind or "," in sample:
                continue
            if BARCODE.fullmatch(sample):
                owners[row["File Name"]] = sample
            elif "normal" in f"{row.get('Sample Type')} {row.get('Tissue Type')}".lower():
                normal += 1
            elif case in cases:
                further += 1
            else:
                cases.add(case)
                owners[row["File Name"]] = case
    if further:
        message = (
            f"further samples of a case in the sample sheet of {source.path}: the first by its id stands for the case"
        )
        request.note("further_samples", further, message, action="dropped")
    if normal:
        message = f"normal samples in the sample sheet of {source.path}: left out"
        request.note("samples_left_out", normal, message, action="dropped")
    return owners
