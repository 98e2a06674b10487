"""The environments: one list, a lock and a conda environment that agree with it, and the Pythons they are for."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
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


def locked(*, here: bool = False) -> dict[str, str]:
    """Return the versions in the lock, those of packages for all Pythons or for this one alone."""
    lock = {}
    for line in (ENVS / "lock.txt").read_text().splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)(?:; (.+))?", line)
            assert match, line
            if not here or match[3] is None or Marker(match[3]).evaluate():
                lock[canonicalize_name(match[1])] = match[2]
    return lock


def installed() -> dict[str, str]:
    return {canonicalize_name(one.metadata["Name"]): one.version.split("+")[0] for one in distributions()}


def made_with_the_lock(*, but: tuple[str, ...] = ()) -> bool:
    """Whether this environment, on Linux as the lock was made, has what the lock says, `but` these packages."""
    expected = {name: version for name, version in locked(here=True).items() if name not in but}
    return sys.platform == "linux" and expected.items() <= installed().items()


def test_lock_holds_every_direct_requirement(generate: ModuleType) -> None:
    lock = locked()
    roots = [one for section in generate.requirements().values() for one in section]
    assert set(generate.requirements()) == {"library", "workflow", "development"}
    assert {one.name: lock.get(canonicalize_name(one.name)) for one in roots} == {
        one.name: str(one.specifier).removeprefix("==") for one in roots
    }


def test_lock_and_conda_environment_are_those_generated_here(generate: ModuleType) -> None:
    if not made_with_the_lock() or f"{sys.version_info.major}.{sys.version_info.minor}" != generate.PYTHON:
        pytest.skip(f"not installed from envs/lock.txt on Linux with Python {generate.PYTHON}, where the lock is made")
    assert (ENVS / "lock.txt").read_text() == generate.lock(), "run `make lock`"
    assert (ENVS / "stratomics.yaml").read_text() == generate.conda(), "run `make lock`"


def test_lock_leaves_out_nothing_that_this_python_needs(generate: ModuleType) -> None:
    """pip is told not to follow what packages ask for, and another Python may ask for more than that of the lock."""
    if not made_with_the_lock(but=("torch",)):
        pytest.skip("not installed from envs/lock.txt on Linux")
    here = installed()
    every = [one for section in generate.requirements().values() for one in section]
    roots = [one for one in every if canonicalize_name(one.name) in here]
    assert {one.name for one in every} - {one.name for one in roots} <= {"torch"}
    needed = {canonicalize_name(name): version for name, version in generate.installed(roots)}
    assert {"numpy", "snakemake", "pluggy"} <= needed.keys()
    assert needed.items() <= locked(here=True).items()


def test_packages_that_some_pythons_do_without_are_in_the_lock_with_the_reason(generate: ModuleType) -> None:
    lines = (ENVS / "lock.txt").read_text().splitlines()
    marked = dict(re.fullmatch(r"(\S+)==\S+; (.+)", line).groups() for line in lines if ";" in line)  # type: ignore[union-attr]
    assert marked == generate.MARKERS


def test_a_package_that_is_not_for_this_python_is_not_needed(generate: ModuleType, monkeypatch) -> None:
    root = [Requirement("pytest")]
    assert "pluggy" in dict(generate.installed(root))
    monkeypatch.setitem(generate.MARKERS, "pluggy", 'python_version < "3"')
    assert "pluggy" not in dict(generate.installed(root))


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


# The Pythons that are supported: pyproject.toml says which.


def supported() -> list[str]:
    specifier = SpecifierSet(tomllib.loads((ENVS.parent / "pyproject.toml").read_text())["project"]["requires-python"])
    return [version for version in (f"3.{minor}" for minor in range(100)) if f"{version}.0" in specifier]


def test_the_lock_is_made_with_the_oldest_supported_python(generate: ModuleType) -> None:
    assert len(supported()) > 1
    assert generate.PYTHON == supported()[0]


def test_make_takes_the_supported_pythons() -> None:
    (line,) = re.findall(r'^SUPPORTED="(.+)"', (ENVS / "find_python.sh").read_text(), flags=re.M)
    assert line.split() == supported()[::-1]
    assert "sh envs/find_python.sh" in (ENVS.parent / "Makefile").read_text()


def test_the_code_is_checked_as_that_of_the_oldest_supported_python() -> None:
    tool = tomllib.loads((ENVS.parent / "pyproject.toml").read_text())["tool"]
    assert tool["mypy"]["python_version"] == supported()[0]
    assert tool["ruff"]["target-version"] == "py" + supported()[0].replace(".", "")


def test_ci_tests_every_supported_python_and_makes_the_environment_with_it() -> None:
    jobs = yaml.safe_load((ENVS.parent / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert jobs["testing"]["strategy"]["matrix"]["python"] == supported()
    for name, job in jobs.items():
        (setup,) = [step["with"] for step in job["steps"] if "setup-python" in step.get("uses", "")]
        version = setup["python-version"]
        assert version in (supported()[0], supported()[-1], "${{ matrix.python }}"), name
        # The machine has other Pythons, of which make would take the newest.
        assert job["env"]["PYTHON"] == f"python{version}", name


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_docs_say_which_pythons_are_supported(name: str) -> None:
    text = (ENVS.parent / name).read_text()
    first, last = supported()[0], supported()[-1]
    assert f"Python {first} to {last}" in text
