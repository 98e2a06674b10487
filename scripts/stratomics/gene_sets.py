"""Sets of genes, as files hold them."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from stratomics.errors import DataError

#: How genes are named, by what a name of that kind looks like; what fits none is taken for a symbol.
NAMES = {
    "Entrez ids": r"\d+",
    "ids of Ensembl": r"ENS[A-Z]*\d+(\.\d+)?(_\w+)?",
    "symbols with Entrez ids": r"[^|]+\|\d+",
}
SYMBOLS = "symbols"


def read_gene_sets(path: str | Path) -> dict[str, list[str]]:
    """Read a GMT file: per line the name of a set, a description, then its genes, separated by tabs.

    Parameters
    ----------
    path
        The file; gzipped if it ends in ``.gz``.

    Returns
    -------
    dict of list of str
        The genes by set, each once; without the weights that files of Enrichr have behind them (``TP53,1.0``).

    Raises
    ------
    DataError
        With every line that is none of a GMT file, or if there is no set.
    """
    raw = Path(path).read_bytes()
    try:
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable as text ({error}). A GMT file is text, gzipped or not.") from None
    found: dict[str, list[str]] = {}
    faults = []
    for place, line in enumerate(re.split(r"\r\n?|\n", text), start=1):
        if not line.strip():
            continue
        name, *rest = (cell.strip() for cell in line.split("\t"))
        genes = list(dict.fromkeys(re.sub(r",[\d.]+$", "", gene) for gene in rest[1:] if gene))
        if not name or not genes:
            expected = "a name, a description and at least one gene, separated by tabs"
            faults.append(f"{path}, line {place}: found {line[:60]!r}; allowed is {expected}. Mend or remove the line.")
        elif name in found:
            faults.append(f"{path}, line {place}: the set {name!r} stands in the file twice. Rename or remove one.")
        else:
            found[name] = genes
    if not found and not faults:
        faults = [f"{path}: no gene set. A GMT file has one per line: name, description, genes, separated by tabs."]
    if faults:
        raise DataError(faults[:20])
    return found


def naming(names: Iterable[str]) -> str:
    """Say how most of some genes are named.

    Parameters
    ----------
    names
        Names of genes.

    Returns
    -------
    str
        One of `NAMES` or `SYMBOLS`, with three examples.
    """
    kinds = {name: _kind(name) for name in sorted(names)}
    (most, _), *_ = Counter(kinds.values()).most_common(1)
    examples = [repr(name) for name, kind in kinds.items() if kind == most][:3]
    return f"{most} ({', '.join(examples)})"


def _kind(name: str) -> str:
    return next((kind for kind, pattern in NAMES.items() if re.fullmatch(pattern, name)), SYMBOLS)
