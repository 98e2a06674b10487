"""Fingerprint of the library code that a script uses.

Snakemake reruns a rule when its script changes, but does not look at what the script imports. Each rule therefore carries
the fingerprint of its imports as a parameter; a changed module changes the parameter, and with it what must run again.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent

#: An import statement, wherever it stands; in brackets it may go over several lines.
_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t][^\n(]*(?:\([^)]*\))?", flags=re.MULTILINE)


def import_statements(text: str) -> Iterator[ast.Import | ast.ImportFrom]:
    """Find the import statements of a module; every process of Snakemake asks, and parsing whole modules would take a second.

    Parameters
    ----------
    text
        The module.

    Yields
    ------
    ast.Import or ast.ImportFrom
        Those that begin a line, as the formatter writes all; and what reads like one in a docstring, which does no harm.
    """
    for found in _IMPORT.finditer(text):
        try:
            (statement,) = ast.parse(dedent(found[0])).body
        except (SyntaxError, ValueError):
            continue  # a sentence that begins with one of the two words
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement


@cache
def _module_files(name: str, root: Path) -> list[Path]:
    """Return the files that importing `name` runs: the packages above it, and the module itself if there is one."""
    parts = name.split(".")[1:]
    files = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(len(parts) + 1)]
    files.append(root.joinpath(*parts).with_suffix(".py") if parts else files[0])
    return [file for file in files if file.is_file()]


def _templates(path: Path) -> Iterator[Path]:
    """Yield the templates that a module fills in: all of the folder of that name beside it, if it says the name."""
    if "templates" in path.read_text(encoding="utf-8"):
        yield from (file for file in sorted(path.parent.glob("templates/*")) if file.is_file())


def _imported_names(path: Path, root: Path) -> Iterator[str]:
    """Yield every module of the library that `path` may import, wherever the import statement stands."""
    package = root.name
    inside = path.is_relative_to(root)
    own = [package, *path.relative_to(root).parts[:-1]] if inside else []
    text = path.read_text(encoding="utf-8")
    if inside and ("pkgutil" in text or "import_module" in text):
        # A registry finds its members by looking into its folder: all of them count.
        yield from (".".join([*own, member.stem]) for member in path.parent.glob("*.py"))
    for node in import_statements(text):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == package)
        else:
            if node.level:
                base = ".".join([*own[: len(own) - node.level + 1], *([node.module] if node.module else [])])
            else:
                base = node.module or ""
            if base.split(".")[0] == package:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)  # an attribute has no file: no harm


def imported_files(script: str | Path, root: str | Path) -> list[Path]:
    """List the library files that a script runs, directly or through other modules.

    Parameters
    ----------
    script
        The script of a rule.
    root
        The folder of the package.

    Returns
    -------
    list of Path
        Sorted.
    """
    root = Path(root).resolve()
    found: set[Path] = set()
    pending = [Path(script).resolve()]
    while pending:
        for file in _imported_by(*_state(pending.pop()), root):
            if file not in found:
                found.add(file)
                pending.append(file)
    return sorted(found)


def _state(path: Path) -> tuple[Path, int, int]:
    """Return a path with what changes when the file is edited."""
    status = path.stat()
    return path, status.st_mtime_ns, status.st_size


# Every process of Snakemake asks for every rule, and most modules serve several rules: read each file once. The state of
# the file stands among the arguments so that an edited file is read again; new files count from the next process on.
@cache
def _imported_by(path: Path, modified: int, size: int, root: Path) -> frozenset[Path]:
    """Return the files of the library that `path` itself may import, and its templates."""
    if path.suffix != ".py":
        return frozenset()
    modules = {file for name in _imported_names(path, root) for file in _module_files(name, root)}
    return frozenset({*modules, *_templates(path)})


def code_version(script: str | Path, root: str | Path) -> str:
    """Fingerprint the library files that a script runs.

    Parameters
    ----------
    script
        The script of a rule.
    root
        The folder of the package.

    Returns
    -------
    str
        Twelve hexadecimal digits; they change with any byte of any of the files.
    """
    root = Path(root).resolve()
    digest = hashlib.sha256()
    for file in imported_files(script, root):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
