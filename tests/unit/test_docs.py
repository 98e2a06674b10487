"""The documentation builds without a warning, and what it shows to be typed does what it says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

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
