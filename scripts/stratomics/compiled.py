"""Loops that numpy has no words for, compiled to the speed of C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for one signature, at once; other threads run while it does.

    What was compiled is kept beside the file of the function or in the cache of the user, where there is such a folder; else it
    takes seconds in every process. Import it where the function is called, not above.

    Parameters
    ----------
    signature
        Of numba.
    """

    def compile_(function: Callable[..., Any]) -> Any:
        try:
            return nb.njit(signature, nogil=True, cache=True)(function)
        except Exception:  # noqa: BLE001  (nothing can be kept or read there: read-only, full, damaged)
            return nb.njit(signature, nogil=True)(function)

    return compile_
