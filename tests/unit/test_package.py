"""The library outside the repository: installed by pip, of one version wherever it is named, ready to be released."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import stratomics

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Install the project into a folder, from a copy (pip builds in place), without a network."""
    folder = tmp_path_factory.mktemp("install")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "envs/requirements.in", "workflow/schemas"):
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / "source" / name)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "scripts" / "stratomics", folder / "source" / "scripts" / "stratomics", ignore=ignored)
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check", "--no-compile"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        *options,
        "--target",
        str(folder / "site"),
        str(folder / "source"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_what_pip_installs_is_the_whole_library(site):
    def files(root: Path, suffix: str) -> set[str]:
        return {path.relative_to(root).as_posix() for path in root.rglob(f"*{suffix}")}

    assert files(site / "stratomics", ".py") == files(ROOT / "scripts" / "stratomics", ".py")
    assert files(site / "stratomics" / "schemas", "") == files(ROOT / "workflow" / "schemas", "")


def test_a_notebook_anywhere_imports_it_and_gets_the_defaults(site, tmp_path):
    code = (
        "import stratomics\nfrom stratomics.model import load_model\nfrom stratomics.config import defaults, load_config\n"
        "settings = load_config({'cohorts': [{'name': 'a', 'simulate': {}}]})\n"
        "assert settings['preprocess'] == defaults('preprocess')\nprint(stratomics.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(site)}, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(site / "stratomics" / "__init__.py"), done.stderr


def test_a_model_says_the_same_bytes_in_every_process(
    site, tmp_path, small_cohort, small_settings, small_chain, export_chain
):
    """From the installed package alone, without the repository, the workflow or the training patients."""
    embedding = small_settings["embeddings"][2]
    folder = export_chain(tmp_path / "made", small_cohort, small_chain["vae"], embedding, small_settings)
    shutil.copytree(folder, tmp_path / "handed_on")
    for one in small_cohort.omics:
        one.values.to_csv(tmp_path / f"{one.name}.csv")
    code = (
        "import hashlib, pandas as pd\nfrom stratomics.model import load_model\nmodel = load_model('handed_on')\n"
        "tables = {name: pd.read_csv(f'{name}.csv', index_col=0) for name in ('mrna', 'mirna')}\n"
        "tables['mirna'].iloc[:20] = None\n"
        "found = model.predict(tables)\nassert len(found) == len(tables['mrna'])\n"
        "survival = model.survival.of_patients(found['risk'], found.filter(like='probability_'), [365, 1095])[0]\n"
        "print(hashlib.sha256(found.to_csv().encode() + survival.tobytes()).hexdigest())"
    )
    said = set()
    for seed in ("1", "2"):
        environment = {"PYTHONPATH": str(site), "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        said.add(done.stdout)
    assert len(said) == 1


def test_what_pip_fetches_is_what_the_library_needs(site):
    (metadata,) = site.glob("stratomics-*.dist-info/METADATA")
    asked = re.findall(r"^Requires-Dist: (.+)$", metadata.read_text(), flags=re.M)
    listed = (ROOT / "envs" / "requirements.in").read_text().split("# workflow: ")[0]
    assert asked == re.findall(r"^[A-Za-z][\w.-]*==[\w.]+", listed, flags=re.M)
    assert {"torch", "numpy", "jsonschema"} <= {one.split("==")[0] for one in asked}


def test_the_version_stands_in_one_place_and_the_citation_and_the_changelog_agree(site):
    version = stratomics.__version__
    assert (site / f"stratomics-{version}.dist-info").is_dir()
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    assert re.search(rf"^## \[{re.escape(version)}\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.M), (
        f"CHANGELOG.md has no heading ## [{version}]: give what stands under [Unreleased] that heading"
    )


def test_a_release_changes_the_version_wherever_it_stands():
    config = json.loads((ROOT / "release-please-config.json").read_text())
    found = {
        path.relative_to(ROOT).as_posix()
        for path in [
            ROOT / "scripts/stratomics/__init__.py",
            ROOT / "CITATION.cff",
            ROOT / "pyproject.toml",
            ROOT / "setup.py",
        ]
        if stratomics.__version__ in path.read_text()
    }
    assert set(config["packages"]["."]["extra-files"]) == found
    for name in found:
        (line,) = [line for line in (ROOT / name).read_text().splitlines() if stratomics.__version__ in line]
        assert line.endswith("# x-release-please-version"), name
