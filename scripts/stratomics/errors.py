"""Faults a user can mend: in the config or in the data."""

from __future__ import annotations

from collections.abc import Iterable


class StratomicsError(Exception):
    """One or several faults that the user can mend, each in one clear message.

    Parameters
    ----------
    faults
        One message or several. A message says what is wrong, where (file, column, row or key), what was found, what is
        allowed and what to do.

    Attributes
    ----------
    faults : list of str
        The messages, in the order given.
    """

    def __init__(self, faults: str | Iterable[str]) -> None:
        self.faults: list[str] = [faults] if isinstance(faults, str) else list(faults)
        super().__init__("\n".join(self.faults))

    def report(self) -> str:
        """Return the faults as a numbered list for the console."""
        if len(self.faults) == 1:
            return self.faults[0]
        width = len(str(len(self.faults)))
        return "\n".join(f"{i:>{width}}. {fault}" for i, fault in enumerate(self.faults, start=1))


class ConfigError(StratomicsError):
    """Faults in the configuration."""


class DataError(StratomicsError):
    """Faults in the tables of a cohort."""
