"""Sets of genes, as files hold them."""

from __future__ import annotations

import gzip
from pathlib import Path

from stratomics.errors import DataError


def read_gene_sets(path: str | Path) -> dict[str, list[str]]:
    """Read a GMT file: per line the name of a set, a description, then its genes, separated by tabs.

    Parameters
    ----------
    path
        The file; gzipped if it ends in ``.gz``.

    Returns
    -------
    dict of list of str
        The genes by set, each once.

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
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, *rest = (cell.strip() for cell in line.split("\t"))
        genes = list(dict.fromkeys(filter(None, rest[1:])))
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
