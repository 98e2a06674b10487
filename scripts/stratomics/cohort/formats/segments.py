"""Copy-number segments (SEG) of GDC, cBioPortal and Firehose: the mean over each gene of a map, or over bins of the genome.

Source: https://software.broadinstitute.org/software/igv/SEG and the GDC copy-number pipeline: ``GDC_Aliquot`` (or ``ID``,
``Sample``), ``Chromosome``, ``Start``, ``End``, ``Num_Probes``, ``Segment_Mean``; cBioPortal writes ``chrom``, ``loc.start``,
``loc.end``, ``seg.mean``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stratomics.cohort.checks import examples
from stratomics.cohort.feature_map import bare_chromosome, read_places
from stratomics.cohort.format import Format, Request
from stratomics.cohort.gdc_samples import holds_samples, owners_of_files
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source
from stratomics.cohort.text_source import read_text_cells
from stratomics.errors import DataError

#: What is read of a folder, the sample sheet last.
FILES = ("*.seg.txt", "*.seg.v2.txt", "gdc_sample_sheet*.tsv")

#: Columns by what they say, without case; the first column names the sample.
CHROMOSOME, START, END = ("chromosome", "chrom"), ("start", "loc.start"), ("end", "loc.end")
MEAN = ("segment_mean", "seg.mean", "segmean")

#: Width of the bins where there is no map, in bases.
BIN = 5_000_000


class Segments(Format):
    """Segments of every sample become the mean over each gene or bin, weighted by overlap."""

    words = "a list of copy-number segments"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the columns, or by the names of the files of a folder."""
        if source.is_folder:
            return holds_samples(source, FILES[:2])
        return all(source.names & {*names} for names in (CHROMOSOME, START, END, MEAN))

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read genes or bins x samples."""
        if source.is_folder:
            files = source.files(*FILES[:2])
            owners = owners_of_files(source, files, request)
            files = [one for one in files if one.file.name in owners]
            if not files:
                raise DataError(
                    f"{source.path}: the sample sheet names none of its files. Download the sheet of these files."
                )
            table = pd.concat([_segments(one, request).assign(sample=owners[one.file.name]) for one in files])
        else:
            table = _segments(source, request)
        places = _places(source, table, request)
        samples = list(dict.fromkeys(table["sample"]))
        values = np.full((len(places), len(samples)), np.nan, dtype=np.float32)
        column = {name: j for j, name in enumerate(samples)}
        places = places.reset_index(drop=True)
        by_chromosome = {str(name): group for name, group in places.groupby("chromosome")}
        for (sample, chromosome), part in table.groupby(["sample", "chromosome"]):
            if (genes := by_chromosome.get(str(chromosome))) is not None:
                values[genes.index, column[sample]] = _means(part, genes["start"].to_numpy(), genes["end"].to_numpy())
        measured = np.isfinite(values).any(axis=1)
        names = places["gene"].to_numpy()[measured].tolist()
        return Matrix(source.path, names, samples, values[measured], list(range(1, len(names) + 1)), "feature", True)


def _segments(source: Source, request: Request) -> pd.DataFrame:
    """Return sample, chromosome, start, end and mean of every segment."""
    cells = read_text_cells(source, request).cells
    lower = {str(name).lower(): str(name) for name in cells}
    wanted = [next((lower[one] for one in names if one in lower), None) for names in (CHROMOSOME, START, END, MEAN)]
    if None in wanted:
        raise DataError(
            f"{source.path}: segments have a chromosome, start, end and mean; the columns are {examples(cells, most=8)}."
        )
    numbers = cells[wanted[1:]].apply(pd.to_numeric, errors="coerce").set_axis(["start", "end", "mean"], axis=1)
    names = {"sample": cells.iloc[:, 0].str.strip(), "chromosome": cells[wanted[0]].map(bare_chromosome)}
    table = pd.concat([pd.DataFrame(names), numbers], axis=1)
    if bad := int(numbers.isna().any(axis=1).sum()):
        request.note(
            "segments_left_out", bad, f"segments of {source.path} without start, end or mean", action="dropped"
        )
    return table.dropna()


def _places(source: Source, table: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Return gene (or bin), chromosome, start and end of what is averaged."""
    path = request.settings.get("map")
    if path is None:
        last = table.groupby("chromosome")["end"].max()
        bins = [
            (f"{chromosome}:{i * BIN // 1_000_000}-{(i + 1) * BIN // 1_000_000}Mb", chromosome, i * BIN, (i + 1) * BIN)
            for chromosome, end in last.items()
            for i in range(int(end // BIN) + 1)
        ]
        message = (
            f"mean of the segments of {source.path} over bins of {BIN // 1_000_000} million bases (`map` in the config names "
            f"genes)"
        )
        request.note("segments_to_bins", len(bins), message)
        return pd.DataFrame(bins, columns=["gene", "chromosome", "start", "end"])
    places = read_places(str(path), request.base_dir)
    if places is None:
        raise DataError(
            f"{path}: segments need the place of each gene: a map with the columns gene, chromosome, start and end."
        )
    places = places[places["chromosome"].isin(table["chromosome"])].drop_duplicates("gene")
    if places.empty:
        found = f"({examples(table['chromosome'].unique())})"
        raise DataError(f"{path}: no gene lies on a chromosome of {source.path} {found}. Name a map of this genome.")
    request.note("segments_to_genes", len(places), f"mean of the segments of {source.path} over each gene of {path}")
    return places


def _means(segments: pd.DataFrame, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the mean of the segments of one chromosome over each stretch, weighted by overlap; NaN where there is none."""
    part = segments.sort_values("start")
    edges = part[["start", "end"]].to_numpy(float).ravel()
    edges = np.maximum.accumulate(edges)  # an overlap counts for the first
    width = np.diff(edges)[::2]
    integral = np.zeros(len(edges))
    covered = np.zeros(len(edges))
    integral[1::2] = np.cumsum(width * part["mean"].to_numpy(float))
    covered[1::2] = np.cumsum(width)
    integral[2::2], covered[2::2] = integral[1:-1:2], covered[1:-1:2]
    total = np.interp(end, edges, integral) - np.interp(start, edges, integral)
    length = np.interp(end, edges, covered) - np.interp(start, edges, covered)
    return np.divide(total, length, out=np.full(len(start), np.nan), where=length > 0)


FORMAT = Segments()
