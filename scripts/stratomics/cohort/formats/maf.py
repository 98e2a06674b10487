"""Mutations (MAF) of GDC, cBioPortal and others: which genes of a sample have a mutation that alters the protein.

Source: https://docs.gdc.cancer.gov/Data/File_Formats/MAF_Format: ``Hugo_Symbol``, ``Variant_Classification``,
``Tumor_Sample_Barcode``. Which classes alter the protein is as in maftools (Mayakonda et al., Genome Research 2018).
"""

from __future__ import annotations

import numpy as np

from stratomics.cohort.cells import is_missing
from stratomics.cohort.format import Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source
from stratomics.cohort.text_source import opened
from stratomics.errors import DataError

#: What is read of a folder: GDC has a file per sample.
FILES = ("*.maf", "*.maf.gz")

SYMBOL, SAMPLE, CLASS = "hugo_symbol", "tumor_sample_barcode", "variant_classification"

#: Classes that alter the protein, in small letters.
ALTERING = frozenset(
    {
        "frame_shift_del",
        "frame_shift_ins",
        "splice_site",
        "translation_start_site",
        "nonsense_mutation",
        "nonstop_mutation",
    }
    | {"in_frame_del", "in_frame_ins", "missense_mutation"}
)


class Maf(Format):
    """1 where a sample has a mutation of a gene that alters its protein, else 0."""

    words = "a list of mutations (MAF)"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the columns, or by the names of the files of a folder."""
        files = source.files(*FILES)
        return bool(files) if source.is_folder else source.names >= {SYMBOL, SAMPLE}

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read genes x samples: 0 and 1. A sample without any mutation is in no such list, and counts as not measured."""
        mutated: dict[str, set[str]] = {}
        others = without = 0
        for file in source.files(*FILES) or [source]:
            found = _mutations(file, may_be_none=source.is_folder)
            without += not found
            for sample, gene in found:
                genes = mutated.setdefault(sample, set())
                if gene:
                    genes.add(gene)
                others += not gene
        samples = list(mutated)
        least = float(request.settings["min_mutated"])
        counts: dict[str, int] = {}
        for genes in mutated.values():
            for name in genes:
                counts[name] = counts.get(name, 0) + 1
        names = sorted(name for name, n in counts.items() if n >= least * len(samples))
        if not names:
            raise DataError(
                f"{source.path}: no gene has a mutation that alters its protein in {least:.1%} of the {len(samples)} samples. "
                f"Set a lower "
                f"`min_mutated`."
            )
        rows = [[float(name in mutated[sample]) for sample in samples] for name in names]
        message = (
            f"genes of {source.path} with a mutation that alters the protein in at least {least:.1%} of {len(samples)} "
            f"samples: 1, else 0"
        )
        request.note("mutated_genes", len(names), message)
        if others:
            request.note(
                "mutations_left_out",
                others,
                f"mutations of {source.path} that do not alter a protein",
                action="dropped",
            )
        if without:
            message = f"files of {source.path} without a mutation: nothing in them names the sample, which counts as not measured"
            request.note("files_without_mutation", without, message, action="dropped")
        if rarer := len(counts) - len(names):
            request.note(
                "rarely_mutated_genes", rarer, f"genes of {source.path} mutated in fewer samples", action="dropped"
            )
        values = np.array(rows, dtype=np.float32)
        return Matrix(source.path, names, samples, values, list(range(1, len(names) + 1)), "gene")


def _mutations(file: Source, *, may_be_none: bool) -> list[tuple[str, str]]:
    """Return sample and gene of every mutation; no gene where it does not alter a protein."""
    with opened(file) as table:
        header = [name.lower() for name in table.header]
        if missing := [name for name in (SYMBOL, SAMPLE, CLASS) if name not in header]:
            raise DataError(f"{file.path}: a list of mutations needs a column '{missing[0]}'. Download it again.")
        gene, sample, kind = (header.index(name) for name in (SYMBOL, SAMPLE, CLASS))
        return [
            (row[sample].strip(), row[gene].strip() if alters(row[kind]) and not is_missing(row[gene]) else "")
            for _, row in table.rows(may_be_none=may_be_none)
        ]


def alters(kind: str) -> bool:
    """Tell whether a class of variants alters the protein."""
    return kind.strip().lower() in ALTERING


FORMAT = Maf()
