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
        others = 0
        for file in source.files(*FILES) or [source]:
            with opened(file) as table:
                header = [name.lower() for name in table.header]
                if missing := [name for name in (SYMBOL, SAMPLE, CLASS) if name not in header]:
                    raise DataError(f"{file.path}: {self.words} needs a column '{missing[0]}'. Download it again.")
                gene, sample, kind = (header.index(name) for name in (SYMBOL, SAMPLE, CLASS))
                for _, row in table.rows():
                    genes = mutated.setdefault(row[sample].strip(), set())
                    if row[kind].strip().lower() in ALTERING and not is_missing(row[gene]):
                        genes.add(row[gene].strip())
                    else:
                        others += 1
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
        if rarer := len(counts) - len(names):
            request.note(
                "rarely_mutated_genes", rarer, f"genes of {source.path} mutated in fewer samples", action="dropped"
            )
        values = np.array(rows, dtype=np.float32)
        return Matrix(source.path, names, samples, values, list(range(1, len(names) + 1)), "gene")


FORMAT = Maf()
