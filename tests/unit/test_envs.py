"""The environments: one list, and a lock and a conda environment that agree with it."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENVS = Path(__file__).resolve().parents[2] / "envs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("envs_generate", ENVS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def locked() -> dict[str, str]:
    lines = [line for line in (ENVS / "lock.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
    return {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines}


def test_lock_holds_every_direct_requirement(generate: ModuleType) -> None:
    lock = locked()
    roots = [one for section in generate.requirements().values() for one in section]
    assert set(generate.requirements()) == {"library", "workflow", "development"}
    assert {one.name: lock.get(canonicalize_name(one.name)) for one in roots} == {
        one.name: str(one.specifier).removeprefix("==") for one in roots
    }


def test_lock_and_conda_environment_are_those_generated_here(generate: ModuleType) -> None:
    installed = {canonicalize_name(one.metadata["Name"]): one.version.split("+")[0] for one in distributions()}
    if sys.platform != "linux" or not locked().items() <= installed.items():
        pytest.skip("this environment was not installed from envs/lock.txt on Linux, where the lock is made")
    assert (ENVS / "lock.txt").read_text() == generate.lock(), "run `make lock`"
    assert (ENVS / "stratomics.yaml").read_text() == generate.conda(), "run `make lock`"


def test_conda_environment_has_the_versions_of_the_lock() -> None:
    content = yaml.safe_load((ENVS / "stratomics.yaml").read_text())
    assert content["channels"] == ["conda-forge", "bioconda", "nodefaults"]
    pinned = dict(one.split(" =") for one in content["dependencies"])
    assert pinned.pop("python") == "3.11"
    assert pinned.pop("pytorch") == locked()["torch"]
    assert pinned == {name: locked()[name] for name in pinned}


def test_conda_environment_has_what_the_library_imports() -> None:
    """Every third-party module that a script or the library imports is a package of the environment."""
    names = {
        "sklearn": "scikit-learn",
        "sksurv": "scikit-survival",
        "yaml": "pyyaml",
        "torch": "pytorch",
        "umap": "umap-learn",
    }
    scripts = ENVS.parent / "scripts"
    imported = set()
    for node in (node for file in scripts.rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            imported.add(node.module.split(".")[0])
    third_party = imported - set(sys.stdlib_module_names) - {"stratomics", "snakemake"}
    packages = {one.split(" =")[0] for one in yaml.safe_load((ENVS / "stratomics.yaml").read_text())["dependencies"]}
    assert {"numpy", "torch", "yaml"} <= third_party
    assert {names.get(name, name) for name in third_party} - packages == set()


def test_requirements_are_pinned(generate: ModuleType) -> None:
    roots: list[Requirement] = [one for section in generate.requirements().values() for one in section]
    assert [str(one) for one in roots if not str(one.specifier).startswith("==")] == []


@pytest.mark.parametrize("name", ["Dockerfile", "stratomics.def"])
def test_image_recipes_install_the_lock_for_its_python(generate: ModuleType, name: str) -> None:
    text = (ENVS / name).read_text()
    assert re.findall(r"python:([\d.]+)", text) == [generate.PYTHON]
    assert re.findall(r"pip install (.*)", text) == ["-r /opt/stratomics/lock.txt"]
    (copied,) = re.findall(r"^(?:COPY|   ) (\S+) /opt/stratomics/lock\.txt$", text, flags=re.M)
    assert (ENVS / copied).is_file()
    assert f"!{copied}" in (ENVS / ".dockerignore").read_text().splitlines()
    assert "PIP_EXTRA_INDEX_URL" in text
    assert re.search(r"TORCH_INDEX=https://pypi\.org/simple$", text, flags=re.M)
    for variable in ("PYTHONDONTWRITEBYTECODE=1", "MPLCONFIGDIR=", "NUMBA_CACHE_DIR="):
        assert variable in text, variable
    assert not re.search(r"=\"?/tmp", text), "shared between users"


def test_every_rule_names_a_conda_environment_that_exists() -> None:
    rules = ENVS.parent / "workflow" / "rules"
    found = {
        rules / path
        for file in rules.glob("*.smk")
        for path in re.findall(r'^    conda:\n        "(.+)"$', file.read_text(), flags=re.M)
    }
    assert {path.resolve() for path in found} == {ENVS / "stratomics.yaml"}
