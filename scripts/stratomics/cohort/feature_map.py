"""A file that says to which gene a probe belongs, or where genes lie on the genome; and features brought to genes by it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import pandas as pd

from stratomics.errors import DataError

from .cells import is_missing, number
from .checks import Checks, examples
from .format import Request
from .gene_means import gene_table
from .matrix import Matrix
from .source import find_source
from .text_source import opened

#: Names of the columns, without case: genes, and where they lie (Xena's probeMap, UCSC, Ensembl's BioMart, GENCODE tables).
GENE = ("gene", "hugo_symbol", "gene_symbol", "symbol", "gene_name", "genes", "name")
CHROMOSOME = ("chromosome", "chrom", "chr", "seqname", "seqnames", "chromosome/scaffold name")
START = ("start", "chromstart", "txstart", "gene_start", "gene start (bp)", "loc.start")
END = ("end", "chromend", "txend", "gene_end", "gene end (bp)", "loc.end")


@dataclass(frozen=True)
class FeatureMap:
    """What a map file says of features.

    Parameters
    ----------
    path
        As the config gives it.
    genes
        Genes by feature.
    """

    path: str
    genes: Mapping[str, tuple[str, ...]]


def read_map(path: str, base_dir: str | Path) -> FeatureMap:
    """Read a map file: a table of text whose first column names the features, with a column of genes.

    Parameters
    ----------
    path
        Absolute, or relative to `base_dir`. Several genes of a feature are separated by commas or semicolons.
    base_dir
        Folder the paths of the config start from.

    Raises
    ------
    DataError
        When it cannot be read, or has no such column.
    """
    genes: dict[str, tuple[str, ...]] = {}
    known: dict[str, tuple[str, ...]] = {}  # many features share their genes
    for feature, text in _columns(path, base_dir, [])[0]:
        if text not in known:
            known[text] = tuple(dict.fromkeys(one.strip() for one in re.split(r"[,;]", text) if not is_missing(one)))
        if known[text]:
            genes[feature] = known[text]
    return FeatureMap(path, genes)


def read_places(path: str, base_dir: str | Path) -> pd.DataFrame | None:
    """Read where genes lie on the genome from a map file.

    Parameters
    ----------
    path, base_dir
        As for `read_map`.

    Returns
    -------
    pandas.DataFrame or None
        Columns gene, chromosome (without ``chr``), start, end; None where the file has no positions.

    Raises
    ------
    DataError
        When it cannot be read, or its positions are no numbers.
    """
    rows, names = _columns(path, base_dir, [CHROMOSOME, START, END])
    if len(names) < 3:
        return None
    _, start, end = names
    cells = pd.DataFrame(rows, columns=["feature", "gene", "chromosome", "start", "end"], dtype=object)
    try:
        edges = {key: [number(cell) for cell in cells[key]] for key in ("start", "end")}
    except ValueError as error:
        raise DataError(f"{path}: columns '{start}' and '{end}' must be positions on the genome ({error}).") from error
    chromosomes = list(map(bare_chromosome, cells["chromosome"]))
    positions = pd.DataFrame({"gene": cells["gene"], "chromosome": chromosomes, **edges})
    return positions[~positions["gene"].map(is_missing)].dropna()


def _columns(
    path: str, base_dir: str | Path, further: Sequence[Collection[str]]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return features, genes and, where the file has all of them, further columns; and the names of these."""
    with opened(find_source(path, base_dir, "a map of features to genes")) as table:
        header = ["", *table.header] if table.corner_missing else table.header
        at = {name.lower().lstrip("#"): j for j, name in reversed(list(enumerate(header)))}
        gene, chromosome, *others = (
            next((at[one] for one in wanted if one in at), None) for wanted in (GENE, CHROMOSOME, *further)
        )
        if gene is None and len(header) == 2 and chromosome is None:
            gene = 1
        more = [j for j in others if j is not None]
        taken = [0, 0 if gene is None else gene, *(more if len(more) == len(further) else [])]
        pick = itemgetter(*taken)
        rows = [tuple(map(str.strip, pick(row))) for _, row in table.rows()]
    if gene is None:
        raise DataError(
            f"{path}: no column of genes; the columns are {examples(header, most=12)}. A map names the features in its first "
            f"column and their genes in one called gene; for segments it has gene, chromosome, start and end."
        )
    return rows, [header[j] for j in taken[2:]]


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
