"""Make lock.txt and stratomics.yaml from requirements.in and the packages installed here.

Run it in an environment that was installed from requirements.in (``make lock``) with the oldest supported Python. Both
files are written; a test compares them with requirements.in and with each other, and another, on every supported Python,
that the lock leaves out nothing that is needed there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENVS = Path(__file__).resolve().parent

#: The Python that the lock is made with, and that of the conda environment and the images: the oldest supported one, for
#: which packages ask for more than for newer ones.
PYTHON = "3.11"

#: When a package is installed, where that is not always. scikit-survival asks for ecos, but only its survival SVM, which
#: is not used here, imports it; it has no wheel for Python 3.13 and would need a compiler there.
MARKERS = {"ecos": 'python_version < "3.13"'}

#: Names on conda-forge or bioconda, where they are not those of PyPI.
CONDA_NAMES = {"torch": "pytorch"}

#: What the CUDA build of torch brings along: left to torch, so that the lock fits both builds.
CUDA = re.compile(r"(nvidia|cuda|triton)\b")

LOCK_HEAD = """\
# Every package of the environment, for every supported Python. Made by envs/generate.py from requirements.in: do not edit.
# The index decides which build of torch this takes: PyPI has the CUDA build (several GB). Without a GPU, take the CPU build:
#     PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu pip install -r envs/lock.txt
"""
CONDA_HEAD = """\
# The packages that the rules need, for `snakemake --software-deployment-method conda`. The versions are those of the lock.
# Made by envs/generate.py from requirements.in: do not edit.
"""


def requirements() -> dict[str, list[Requirement]]:
    """Return the requirements by section of requirements.in (library, workflow, development)."""
    sections: dict[str, list[Requirement]] = {}
    section = ""
    for line in (ENVS / "requirements.in").read_text().splitlines():
        if heading := re.match(r"# (\w+): ", line):
            section = heading[1]
        elif requirement := line.split("#")[0].strip():
            sections.setdefault(section, []).append(Requirement(requirement))
    return sections


def installed(roots: list[Requirement]) -> Iterator[tuple[str, str]]:
    """Yield (name, version) of `roots` and of everything they depend on, as installed here."""
    todo, seen = [(root.name, frozenset(root.extras)) for root in roots], set()
    while todo:
        name, extras = todo.pop()
        key = (canonicalize_name(name), extras)
        if key in seen or CUDA.match(key[0]):
            continue
        seen.add(key)
        if key[0] in MARKERS and not Marker(MARKERS[key[0]]).evaluate():
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            sys.exit(f"{name} is not installed here. Install envs/requirements.in first, then run this again.")
        yield package.metadata["Name"], package.version.split("+")[0]  # torch 2.13.0+cpu is 2.13.0 to others
        for line in package.requires or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                todo.append((needed.name, frozenset(needed.extras)))


def lock() -> str:
    """Return lock.txt: every installed package that requirements.in leads to."""
    roots = [one for section in requirements().values() for one in section]
    packages = {canonicalize_name(name): (name, version) for name, version in installed(roots)}
    for root in roots:
        name, version = packages[canonicalize_name(root.name)]
        if version not in root.specifier:
            sys.exit(
                f"{name} {version} is installed, requirements.in wants {root}. Install it first, then run this again."
            )
    lines = [
        f"{name}=={version}" + (f"; {MARKERS[key]}" if key in MARKERS else "")
        for key, (name, version) in sorted(packages.items())
    ]
    return LOCK_HEAD + "\n".join(lines) + "\n"


def conda() -> str:
    """Return stratomics.yaml: the library section of requirements.in under the names of conda."""
    packages = sorted(
        f"{CONDA_NAMES.get(one.name, one.name.lower())} ={next(iter(one.specifier)).version}"
        for one in requirements()["library"]
    )
    lines = ["name: stratomics", "channels:", *(f"  - {name}" for name in ("conda-forge", "bioconda", "nodefaults"))]
    return (
        CONDA_HEAD
        + "\n".join([*lines, "dependencies:", f"  - python ={PYTHON}", *(f"  - {p}" for p in packages)])
        + "\n"
    )


if __name__ == "__main__":
    if (running := f"{sys.version_info.major}.{sys.version_info.minor}") != PYTHON:
        sys.exit(
            f"The lock is made with Python {PYTHON}, the oldest supported; .venv has {running}. Take a .venv of {PYTHON}:"
            f"\n    make distclean && make install PYTHON=/path/to/python{PYTHON}"
        )
    (ENVS / "lock.txt").write_text(lock())
    (ENVS / "stratomics.yaml").write_text(conda())
