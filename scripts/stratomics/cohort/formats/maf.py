"""Mutations (MAF) of GDC, cBioPortal and others: which genes of a sample have a mutation that alters the protein.

Source: https://docs.gdc.cancer.gov/Data/File_Formats/MAF_Format: ``Hugo_Symbol``, ``Variant_Classification``,
``Tumor_Sample_Barcode``. Which classes alter the protein is as in maftools (Mayakonda et al., Genome Research 2018).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

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


#: What ``column`` may ask for: 1 where a gene is mutated, mutations of each gene, mutations of each class of a sample.
MEASURES = ("mutated", "count", "burden")


class Maf(Format):
    """1 where a sample has a mutation of a gene that alters its protein, else 0; or how many (`column: count`, `burden`)."""

    words = "a list of mutations (MAF)"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the columns, or by the names of the files of a folder."""
        files = source.files(*FILES)
        return bool(files) if source.is_folder else source.names >= {SYMBOL, SAMPLE}

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read genes, or classes, x samples. A sample without any mutation is in no such list, and counts as not measured."""
        measure = request.settings.get("column") or MEASURES[0]
        if measure not in MEASURES:
            raise DataError(
                f"{source.path}: `column: {measure}` is not in a list of mutations. Use {' or '.join(MEASURES)}: 1 where a gene is "
                "mutated, the mutations of each gene, or the mutations of each class in a sample."
            )
        found: dict[str, Counter[str]] = {}
        others = without = 0
        for file in source.files(*FILES) or [source]:
            mutations = _mutations(file, may_be_none=source.is_folder)
            without += not mutations
            for sample, gene, kind in mutations:
                own = found.setdefault(sample, Counter())
                if measure == "burden":
                    own.update(("all", kind))
                elif gene and alters(kind):
                    own[gene] += 1
                else:
                    others += 1
        samples = list(found)
        names = _classes(found) if measure == "burden" else _often(found, source, request)
        values = np.array([[found[one][name] for one in samples] for name in names], dtype=np.float32)
        if measure == "mutated":
            values = values.clip(max=1)
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
        if measure == "burden":
            message = f"mutations of {source.path} in each of {len(samples)} samples: all, and those of each class"
            request.note("mutation_burden", len(names), message)
        return Matrix(source.path, names, samples, values, list(range(1, len(names) + 1)), "gene")


def _classes(found: Mapping[str, Counter[str]]) -> list[str]:
    """Return the classes of mutations, after their sum."""
    return ["all", *sorted(set().union(*found.values()) - {"all"})]


def _often(found: Mapping[str, Counter[str]], source: Source, request: Request) -> list[str]:
    """Return the genes that are mutated often enough, and say how many are not."""
    least = float(request.settings["min_mutated"])
    samples = Counter(gene for own in found.values() for gene in own)
    names = sorted(gene for gene, n in samples.items() if n >= least * len(found))
    if not names:
        raise DataError(
            f"{source.path}: no gene has a mutation that alters its protein in {least:.1%} of the {len(found)} samples. "
            "Set a lower `min_mutated`."
        )
    what = "1, else 0" if request.settings.get("column") != "count" else "how many"
    often = f"in at least {least:.1%} of {len(found)} samples"
    message = f"genes of {source.path} with a mutation that alters the protein {often}: {what}"
    request.note("mutated_genes", len(names), message)
    if rarer := len(samples) - len(names):
        request.note(
            "rarely_mutated_genes", rarer, f"genes of {source.path} mutated in fewer samples", action="dropped"
        )
    return names


def _mutations(file: Source, *, may_be_none: bool) -> list[tuple[str, str, str]]:
    """Return sample, gene (none where it is not named) and class of every mutation."""
    with opened(file) as table:
        header = [name.lower() for name in table.header]
        if missing := [name for name in (SYMBOL, SAMPLE, CLASS) if name not in header]:
            raise DataError(f"{file.path}: a list of mutations needs a column '{missing[0]}'. Download it again.")
        gene, sample, kind = (header.index(name) for name in (SYMBOL, SAMPLE, CLASS))
        return [
            (row[sample].strip(), "" if is_missing(row[gene]) else row[gene].strip(), row[kind].strip())
            for _, row in table.rows(may_be_none=may_be_none)
        ]


def alters(kind: str) -> bool:
    """Tell whether a class of variants alters the protein."""
    return kind.strip().lower() in ALTERING


FORMAT = Maf()
