"""A file that says to which gene a probe belongs, or where genes lie on the genome; and features brought to genes by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stratomics.errors import DataError

from .cells import is_missing, number
from .checks import Checks, examples
from .format import Request
from .gene_means import gene_table
from .matrix import Matrix
from .source import find_source
from .text_source import read_text_cells

#: Names of the columns, without case: genes, and where they lie (Xena's probeMap, UCSC, Ensembl's BioMart, GENCODE tables).
GENE = ("gene", "hugo_symbol", "gene_symbol", "symbol", "gene_name", "genes", "name")
CHROMOSOME = ("chromosome", "chrom", "chr", "seqname", "seqnames", "chromosome/scaffold name")
START = ("start", "chromstart", "txstart", "gene_start", "gene start (bp)", "loc.start")
END = ("end", "chromend", "txend", "gene_end", "gene end (bp)", "loc.end")


@dataclass(frozen=True)
class FeatureMap:
    """What a map file says.

    Parameters
    ----------
    path
        As the config gives it.
    genes
        Genes by feature; of a file of positions alone, each gene is its own.
    positions
        Columns gene, chromosome (without ``chr``), start, end; None where the file has no positions.
    """

    path: str
    genes: Mapping[str, tuple[str, ...]]
    positions: pd.DataFrame | None


def read_map(path: str, base_dir: str | Path) -> FeatureMap:
    """Read a map file: a table of text whose first column names the features, with a column of genes, positions or both.

    Parameters
    ----------
    path
        Absolute, or relative to `base_dir`. Several genes of a feature are separated by commas or semicolons.
    base_dir
        Folder the paths of the config start from.

    Raises
    ------
    DataError
        When it cannot be read, or has no such columns.
    """
    source = find_source(path, base_dir, "a map of features to genes")
    cells = read_text_cells(source, Request("omics", path, Checks(), {})).cells
    names = {str(name).lower().lstrip("#"): str(name) for name in reversed(cells.columns)}
    gene, chromosome, start, end = (
        next((names[one] for one in wanted if one in names), None) for wanted in (GENE, CHROMOSOME, START, END)
    )
    if gene is None and (cells.shape[1] != 2 or chromosome):
        raise DataError(
            f"{path}: no column of genes; the columns are {examples(cells.columns, most=12)}. A map names the features in its "
            f"first "
            f"column and their genes in one called gene; for segments it has gene, chromosome, start and end."
        )
    gene = gene or str(cells.columns[1])
    listed = [
        tuple(dict.fromkeys(one.strip() for one in re.split(r"[,;]", text) if not is_missing(one)))
        for text in cells[gene]
    ]
    genes = {feature: known for feature, known in zip(cells.iloc[:, 0], listed, strict=True) if known}
    if chromosome is None or start is None or end is None:
        return FeatureMap(path, genes, None)
    try:
        edges = {key: [number(cell) for cell in cells[column]] for key, column in (("start", start), ("end", end))}
    except ValueError as error:
        raise DataError(f"{path}: columns '{start}' and '{end}' must be positions on the genome ({error}).") from error
    positions = pd.DataFrame(
        {"gene": cells[gene], "chromosome": list(map(bare_chromosome, cells[chromosome])), **edges}
    )
    return FeatureMap(path, genes, positions[~positions["gene"].map(is_missing)].dropna())


def bare_chromosome(name: str) -> str:
    """Write a chromosome without ``chr``: ``17``, ``X``."""
    return re.sub(r"^chr", "", name.strip(), flags=re.IGNORECASE).upper()


def map_of(request: Request) -> FeatureMap | None:
    """Read the map that the config names for an omics table; None where it names none, or one that cannot be read.

    The second is a fault, which is found when the table is there: those of the table come first.
    """
    path = request.settings.get("map")
    try:
        return read_map(str(path), request.base_dir) if path else None
    except DataError:
        return None


def genes_of(
    matrix: Matrix, table: pd.DataFrame, path: str, base_dir: str | Path, item: str, checks: Checks
) -> pd.DataFrame | None:
    """Average the features of each gene, those that a patient has, unless that was done while the file was read.

    Parameters
    ----------
    matrix
        As read.
    table
        Of it, patients x features, or x genes where the matrix has these.
    path, base_dir
        Of the map. Features that it does not name, or names without a gene, are left out.
    item
        Name of the omics.
    checks
        Gets the counts, or the fault where no feature is in the map.

    Returns
    -------
    pandas.DataFrame or None
        Patients x genes, in the order of their first feature; None where there are none.

    Raises
    ------
    DataError
        When the map cannot be read.
    """
    if matrix.genes is not None:
        features = matrix.rows if matrix.genes.in_rows else matrix.columns
        found = matrix.genes
    else:
        features = list(map(str, table.columns))
        found = gene_table(table.to_numpy(), features, read_map(path, base_dir))
        table = pd.DataFrame(found.values, table.index, pd.Index(found.names, dtype=object))
    if not found.names:
        checks.fault(
            f"{path}: none of the features of {matrix.path} ({examples(features)}) is in its first column "
            f"({examples(found.by.genes)}). Name the map of this platform."
        )
        return None
    message = f"genes, each the mean of its features in {matrix.path} ({found.used} of {len(features)}), by {path}"
    checks.add("omics", item, "features_to_genes", len(found.names), message)
    if absent := len(features) - found.used:
        message = f"features without a gene in {path}"
        checks.add("omics", item, "features_without_gene", absent, message, action="dropped")
    return table
