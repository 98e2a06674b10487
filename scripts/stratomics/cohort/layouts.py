"""Tell public layouts that are no matrix of patients and features by what they are, so that the advice fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from stratomics.errors import DataError

#: Columns by which a layout is known (in lower case), its name, and what to do.
LAYOUTS: list[tuple[frozenset[str], str, str]] = [
    (
        frozenset({"hugo_symbol", "tumor_sample_barcode"}),
        "a list of mutations (MAF)",
        "Make a table of patients and genes of it: 1 where a patient has a mutation of the gene, else 0.",
    ),
    (
        frozenset({"chromosome", "start", "end", "segment_mean"}),
        "a list of copy-number segments",
        "Make a table of patients and genes (or bins) of it: the mean of the segments over each.",
    ),
    (
        frozenset({"chrom", "loc.start", "loc.end", "seg.mean"}),
        "a list of copy-number segments (SEG)",
        "Make a table of patients and genes (or bins) of it: the mean of the segments over each.",
    ),
    (
        frozenset({"gene_id", "unstranded", "tpm_unstranded"}),
        "the counts of a single sample (GDC, STAR)",
        "Join the files of all samples: one row per patient, one column per gene.",
    ),
    (
        frozenset({"mirna_id", "read_count", "reads_per_million_mirna_mapped"}),
        "the counts of a single sample (GDC, miRNA)",
        "Join the files of all samples: one row per patient, one column per miRNA.",
    ),
]

#: A table of no more columns than this, whose first or second column repeats, has one measurement per row.
LONG_COLUMNS = 6


def name_layout(path: str, header: Sequence[str]) -> None:
    """Refuse a table whose header is that of a known layout.

    Parameters
    ----------
    path
        For messages.
    header
        Names of its columns.

    Raises
    ------
    DataError
        That names the layout.
    """
    names = {name.lower() for name in header}
    for columns, what, advice in LAYOUTS:
        if columns <= names:
            raise DataError(f"{path}: this is {what}, not a table of patients and features. {advice}")


def layout_fault(
    path: str,
    rows: Sequence[str],
    columns: Sequence[str],
    words_by_row: Mapping[int, int],
    words_by_column: Mapping[int, int],
    lines: Sequence[int],
) -> str | None:
    """Recognise a layout by where its words stand.

    Parameters
    ----------
    path
        For messages.
    rows, columns
        Names as in the file.
    words_by_row, words_by_column
        How many cells are words, by position.
    lines
        Where the rows stand in the file.

    Returns
    -------
    str or None
        The message; None where nothing is recognised.
    """
    n = len(rows)
    if n > 1 and words_by_row.get(0, 0) == len(columns) > 1 and sum(words_by_row.values()) == len(columns):
        return (
            f"{path}: line {lines[0]} holds words in every cell: a second header row (Firehose and RTCGA write one). A table has "
            f"one header: remove line {lines[0]}."
        )
    return long_layout(path, rows, columns) if any(words_by_column.values()) else None


def long_layout(path: str, rows: Sequence[str], columns: Sequence[str]) -> str | None:
    """Recognise a table with one row per measurement: few columns, and most names of rows several times.

    Parameters
    ----------
    path
        For messages.
    rows, columns
        Names as in the file.

    Returns
    -------
    str or None
        The message; None where the rows are hardly so.
    """
    sizes = Counter(rows)
    if len(columns) >= LONG_COLUMNS or sum(n > 1 for n in sizes.values()) <= 0.5 * len(sizes):
        return None
    name, n = sizes.most_common(1)[0]
    return (
        f"{path}: one row per measurement ('{name}' has {n} rows), the long layout. One row per patient and one "
        f"column per feature are needed: turn it (in R: tidyr::pivot_wider; in pandas: DataFrame.pivot)."
    )
