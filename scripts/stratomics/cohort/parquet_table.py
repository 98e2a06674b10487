"""The table in a parquet file: as a frame, or its columns some at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from stratomics.errors import DataError

from .checks import count

#: Bytes of numbers to be held at once.
BYTES = 1 << 27


def read_parquet_frame(path: str, file: Path) -> pd.DataFrame:
    """Read a parquet file; an index that pandas stored becomes the first column.

    Raises
    ------
    DataError
        When the file is damaged, or has no row or a single column.
    """
    with _faults(path):
        frame = pd.read_parquet(file)
    if not isinstance(frame.index, pd.RangeIndex):
        frame.insert(0, frame.index.name or "", frame.index.to_numpy())
    _check_size(path, *frame.shape)
    frame.columns = frame.columns.astype(str)
    return frame


class ParquetColumns:
    """The columns of a parquet file, to be read once. A parquet file is stored by columns: its rows would all be held at once.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    file
        Where it is.

    Attributes
    ----------
    names : pandas.Series
        The index that pandas stored, or the first column.
    columns : list of str
        Names of the other columns.

    Raises
    ------
    DataError
        As `read_parquet_frame` does.
    """

    def __init__(self, path: str, file: Path) -> None:
        import pyarrow.parquet as pq

        self._path, self._file = path, file
        with _faults(path), pq.ParquetFile(file) as parquet:
            self._rows = parquet.metadata.num_rows
            frame = parquet.schema_arrow.empty_table().to_pandas()
            self.columns = list(map(str, frame.columns))
            stored = not isinstance(frame.index, pd.RangeIndex)
            _check_size(path, self._rows, len(self.columns) + stored)
            if stored:
                index = parquet.read(columns=[], use_pandas_metadata=True).to_pandas().index
                self.names = pd.Series(index.to_numpy(), name=index.name)
            else:
                first = self.columns.pop(0)
                self.names = parquet.read(columns=[first]).select([first]).to_pandas()[first]

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield frames of all rows and the next few of the columns."""
        import pyarrow.parquet as pq

        step = max(1, BYTES // 8 // self._rows)
        with _faults(self._path), pq.ParquetFile(self._file) as parquet:
            for start in range(0, len(self.columns), step):
                some = self.columns[start : start + step]
                # Of 'A' and 'A.1', to ask for the first gives both.
                yield parquet.read(columns=some).select(some).to_pandas()


@contextmanager
def _faults(path: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise DataError(
            f"{path}: not a readable parquet file ({error}). Write it again, for instance from pandas."
        ) from error


def _check_size(path: str, rows: int, columns: int) -> None:
    if rows < 1 or columns < 2:
        raise DataError(
            f"{path}: the table has {count(rows, 'row')} and {count(columns, 'column')}. At least one "
            f"row and, beside the ids, one column are needed; check how the file was written."
        )
