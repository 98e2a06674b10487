"""What a format is: how a file of it is known, and how it becomes a matrix or a clinical table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics.errors import DataError

from .checks import Checks
from .matrix import Matrix, NotNumbers
from .source import Source


@dataclass(frozen=True)
class Request:
    """What is asked of a format beside the file.

    Parameters
    ----------
    level, item
        Of the rows for ``checks.tsv``: ``omics`` and its name, or ``clinical`` twice.
    checks
        Gets rows: what was recognised and done.
    settings
        The entry of the config that names the file.
    patients
        Of the clinical table; None where it could not be read.
    bad
        Gets the cells of an omics table that are neither numbers nor missing.
    base_dir
        Folder the paths of the config start from, such as that of a map.
    threads
        Most cores to use.
    """

    level: str
    item: str
    checks: Checks
    settings: Mapping[str, Any]
    patients: Collection[str] | None = None
    bad: NotNumbers = field(default_factory=NotNumbers)
    base_dir: str | Path = "."
    threads: int = 1

    def note(self, check: str, value: object, message: str, *, action: str = "note") -> None:
        """Add a row to ``checks.tsv``."""
        self.checks.add(self.level, self.item, check, value, message, action=action)


@dataclass(frozen=True)
class ClinicalTable:
    """A clinical table as text.

    Parameters
    ----------
    cells
        Rows x columns; the index holds where a row stands in the file and is named by what it counts (``line``, ``row``).
        Names of columns are cleaned by `stratomics.cohort.ids.clean_name`.
    comments
        Lines above the header that are comments.
    roles
        Keys of ``clinical`` that the format knows (patient, time, time_unit, event), for those that the config leaves out.
    samples
        Patient by sample, where the format has a table of samples; of several samples of a patient the first counts.
    """

    cells: pd.DataFrame
    comments: int = 0
    roles: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)


class Format:
    """A public format. A file of `stratomics.cohort.formats` holds a subclass with what it can do.

    Attributes
    ----------
    words : str
        What messages and ``checks.tsv`` call it: ``a GCT file``.
    """

    words: str

    def is_matrix(self, source: Source) -> bool:
        """Tell whether a file is an omics table of this format, for certain: what is in doubt stays a plain table."""
        return False

    def is_clinical(self, source: Source) -> bool:
        """Tell whether a file or folder holds a clinical table of this format, for certain."""
        return False

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read an omics table.

        Raises
        ------
        DataError
            When it cannot be read, or the format has no omics tables.
        """
        raise DataError(f"{source.path}: {self.words} holds no omics table. Name another file, or another `format`.")

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read a clinical table.

        Raises
        ------
        DataError
            When it cannot be read, or the format has no clinical tables.
        """
        raise DataError(f"{source.path}: {self.words} holds no clinical table. Name another file, or another `format`.")
