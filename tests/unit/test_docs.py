"""The documentation builds without a warning, and what it shows to be typed does what it says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stratomics.cohort import build_cohort
from stratomics.config import load_config

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "config" / "README.md", *sorted(DOCS.glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of code of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.S | re.M)


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "--quiet", str(DOCS), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "load_config" in (tmp_path / "api.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_of_the_repository(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    files = [link.split("#")[0] for link in links if not re.match(r"https?:|#|mailto:", link)]
    assert [name for name in files if not (page.parent / name).exists()] == []


def test_every_page_is_in_the_contents() -> None:
    (*trees,) = re.findall(r"```\{toctree\}(.*?)```", (DOCS / "index.md").read_text(encoding="utf-8"), flags=re.S)
    named = {line for tree in trees for line in tree.split("\n") if re.fullmatch(r"[a-z_]+", line)}
    assert named == {page.stem for page in DOCS.glob("*.md")} - {"index"}


@pytest.mark.slow
def test_the_page_on_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    shown = {}
    for code in blocks(DOCS / "python.md", "python"):
        tree = ast.parse(code)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "python.md", "exec"), names)
        if isinstance(last, ast.Expr):
            shown[ast.unparse(last)] = eval(compile(ast.Expression(last.value), "python.md", "eval"), names)
    cohort, (metrics,) = names["cohort"], [one for one in shown.values() if isinstance(one, pd.Series)]
    assert shown["(cohort.n, cohort.n_events, [one.name for one in cohort.omics])"] == (
        cohort.n,
        cohort.n_events,
        ["mrna", "mirna"],
    )
    assert list(metrics.index) == ["apparent", "held_out"]
    assert metrics.between(0.5, 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/own_cohort.md"])
def test_the_config_of_a_cohort_is_read_as_it_stands(page: str, tmp_path: Path) -> None:
    """Tables are made where it says they are, with the columns that it names."""
    (text,) = [code for code in blocks(ROOT / page, "yaml") if code.startswith("cohorts:") and "data/LIHC" in code]
    settings = load_config(yaml.safe_load(text), check_files=False)
    (one,) = settings["cohorts"]
    rng = np.random.default_rng(0)
    patients = pd.Index([f"P{i:03d}" for i in range(80)], name="patient")
    for omics in one["omics"]:
        path = tmp_path / omics["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        values = pd.DataFrame(rng.random((80, 30)), patients, [f"g{i}" for i in range(30)])
        values.to_csv(path, sep="\t")
    said = one["clinical"]
    clinical = pd.DataFrame({said["time"]: rng.integers(200, 3000, 80), said["event"]: np.arange(80) % 2}, patients)
    for column in [*said["covariates"], *said["annotations"], *(one.get("batch") for one in one["omics"])]:
        if column:
            clinical[column] = rng.choice(["A", "B"], 80)
    for column in said["exclude"]:
        clinical[column] = rng.choice(["Redacted", ""], 80, p=[0.1, 0.9])
    clinical.to_csv(tmp_path / said["path"], sep="\t")
    cohort, _ = build_cohort(
        one, preprocess=settings["preprocess"], evaluation=settings["evaluation"], base_dir=tmp_path
    )
    assert [omics.name for omics in cohort.omics] == ["mrna", "mirna", "meth"]
    assert cohort.n == (clinical[list(said["exclude"])] != "Redacted").all(axis=1).sum()
