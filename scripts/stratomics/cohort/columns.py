"""Names for the columns of a user beside those of the product, in files that do not take every name."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from stratomics.user_text import one_line

#: Longer ones do not fit HDF5, whose limit for the header of a column is 64 kB.
LONGEST = 1000


def column_names(names: Sequence[str], reserved: Collection[str] = ()) -> list[str]:
    """Name clinical columns so that AnnData, MuData and HDF5 can hold them beside the columns of the product.

    Parameters
    ----------
    names
        As the table of the user has them, all different.
    reserved
        Names that the product gives its own columns.

    Returns
    -------
    list of str
        The same names, all different and none reserved. A name that is taken (``subtype``), means something to AnnData
        (``_index``) or to HDF5 (``.``, ``x/y``), or is too long, becomes ``clinical_subtype``, ``clinical__index``,
        ``clinical_.`` or ``clinical_x_y``, with a number behind it where that is taken too.
    """
    taken = {name for name in names if _storable(name) and name not in reserved} | {*reserved}
    kept = []
    for name in names:
        if not _storable(name) or name in reserved:
            stem = f"clinical_{one_line(name).replace('/', '_')[:LONGEST]}"
            choices = itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))
            name = next(choice for choice in choices if choice not in taken)
            taken.add(name)
        kept.append(name)
    return kept


def _storable(name: str) -> bool:
    """Whether AnnData writes a column of this name and reads it back as the same."""
    return name not in ("", ".", "..", "_index") and "/" not in name and len(name) <= LONGEST
