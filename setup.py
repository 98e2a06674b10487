"""What pyproject.toml cannot say: the packages, one of which lies beside the rules, and what they need."""

from pathlib import Path

from setuptools import find_packages, setup

# The first section of the one list of packages: what the library imports.
needed, _ = Path("envs/requirements.in").read_text(encoding="utf-8").split("# library: ")[1].split("# workflow: ")
setup(
    packages=[*find_packages("scripts"), "stratomics.schemas"],
    install_requires=[line.split("#")[0].strip() for line in needed.splitlines()[1:] if line.strip()],
)
