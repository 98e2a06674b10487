"""Tell tables that are no matrix of patients and features by how their names and words stand, so that the advice fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from .barcodes import read_barcodes
from .checks import examples
from .header import ID_NAMES
from .header_rows import header_rows
from .ids import MIN_OVERLAP, share
from .matrix import Matrix, NotNumbers

#: Columns beside the samples that describe the features (in lower case), as GDC, cBioPortal, Firehose, GISTIC, GCT and
#: featureCounts write them.
FEATURE_COLUMNS = frozenset(
    "entrez_gene_id|entrezgene|entrez|entrezid|entrez_id|entrez id|locus id|locus_id|gene_id|geneid|gene id|hugo_symbol"
    "|gene_symbol|gene symbol|genesymbol|gene_name|gene name|gene_type|gene_biotype|biotype|gene_description|symbol|description"
    "|cytoband|chromosome|chr|chrom|start|end|strand|length|genomic_coordinate|gc_content|composite element ref"
    "|composite.element.ref|ensembl_id|ensembl_gene_id|id_ref".split("|")
)

#: A table of no more columns than this, most of whose rows share their name, has one measurement per row.
LONG_COLUMNS = 6

#: Or of no more than this where there are at least `LONG_ROWS` rows of most names.
REGION_COLUMNS, LONG_ROWS = 20, 3


def feature_columns(columns: Sequence[str], patients: Collection[str] | None) -> list[int]:
    """Find the columns that describe the features, in a table whose columns are patients.

    Parameters
    ----------
    columns
        Names as in the file.
    patients
        Of the clinical table; None where it could not be read, and nothing is taken for a measurement that may be none.

    Returns
    -------
    list of int
        Positions; none where the patients stand in rows.
    """
    found = [j for j, name in enumerate(columns) if name.lower() in FEATURE_COLUMNS]
    if found and (patients is None or are_patients(columns, patients)):
        return found
    return []


def are_patients(names: Sequence[str], patients: Collection[str]) -> bool:
    """Tell whether names are those of patients, or barcodes of samples."""
    return share(names, patients) >= MIN_OVERLAP or read_barcodes(names) is not None


def layout_fault(matrix: Matrix, bad: NotNumbers, patients: Collection[str] | None) -> str | None:
    """Recognise a layout by its names and by where its words stand.

    Parameters
    ----------
    matrix
        As in the file.
    bad
        Its words.
    patients
        Of the clinical table; None where it could not be read.

    Returns
    -------
    str or None
        The message; None where nothing is recognised.
    """
    return (
        _long(matrix.path, matrix.rows, matrix.columns)
        or _ids_elsewhere(matrix, bad, patients or ())
        or header_rows(matrix, bad)
    )


def _long(path: str, names: Sequence[str], columns: Sequence[str], where: str = "") -> str | None:
    """Recognise a table with one row per measurement: few columns, and most names several times."""
    sizes = Counter(names)
    few = len(columns) < LONG_COLUMNS or (
        len(columns) < REGION_COLUMNS and sum(n >= LONG_ROWS for n in sizes.values()) > 0.5 * len(sizes)
    )
    # One or two names are kinds of rows (tumour, normal), and the ids stand elsewhere.
    if not few or len(sizes) < 3 or sum(n > 1 for n in sizes.values()) <= 0.5 * len(sizes):
        return None
    name, n = sizes.most_common(1)[0]
    kind = "one row per measurement" if len(columns) < LONG_COLUMNS else "one row per measurement, region or replicate"
    return (
        f"{path}: {kind} ('{name}' has {n} rows{where}), the long layout. One row per patient and one "
        f"column per feature are needed: turn it (in R: tidyr::pivot_wider; in pandas: DataFrame.pivot)"
        f"{'' if len(columns) < LONG_COLUMNS else ', or average replicates'}."
    )


def _ids_elsewhere(matrix: Matrix, bad: NotNumbers, patients: Collection[str]) -> str | None:
    """Recognise a column of text that holds the ids, where the first column does not."""
    if share(matrix.rows, patients) >= MIN_OVERLAP:
        return None
    first = [str(i) for i in range(len(matrix.rows) + 1)]
    numbered = matrix.rows in (first[:-1], first[1:])
    named = [name for name in matrix.columns if name.lower() in FEATURE_COLUMNS & ID_NAMES]
    if numbered and named and are_patients(matrix.columns, patients):
        return (
            f"{matrix.path}: its first column holds row numbers, and the names of the features stand in column '{named[0]}'. The "
            f"first column of a table must name its rows. Move '{named[0]}' to the front, in the place of the row numbers."
        )
    for j, n in bad.by_column.items():
        cells, name = bad.column(j), matrix.columns[j]
        by_name = numbered and name.lower() in ID_NAMES
        if n < 0.9 * len(matrix.rows) or not cells or not (by_name or are_patients(cells, patients)):
            continue
        if long := _long(matrix.path, cells, matrix.columns, f" in column '{name}'"):
            return long
        place = f"Move '{name}' to the front"
        if numbered:
            place += ", in the place of the row numbers"
        elif not all(map(_is_number, matrix.rows)):
            place += ", and remove the column that is first now, which holds text"
        return (
            f"{matrix.path}: the ids stand in column '{name}' ({examples(cells)}), not in the first column, which holds "
            f"{examples(matrix.rows)}. The first column of a table must name its rows. {place}."
        )
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
