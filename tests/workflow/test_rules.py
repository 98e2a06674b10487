"""A rule, its script, its log and its caption bear one name; the workflow is lint clean."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = {
    match.group(1): match.group(2)
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))
    for match in re.finditer(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(), flags=re.M | re.S)
}


def test_there_is_one_script_per_rule_and_no_other():
    assert set(RULES) == {path.stem for path in (ROOT / "scripts").glob("*.py")}


@pytest.mark.parametrize("rule", RULES)
def test_script_log_benchmark_and_code_version_bear_the_name_of_the_rule(rule):
    text = RULES[rule]
    assert f'"../../scripts/{rule}.py"' in text
    assert re.search(rf'log:\s+"<logs>/([^"]*/)?{rule}\.log"', text)
    assert re.search(rf'benchmark:\s+"<benchmarks>/([^"]*/)?{rule}\.tsv"', text)
    assert f'code=code_version("{rule}")' in text
    for keyword in ("conda:", "threads:", "mem_mb=", "runtime="):
        assert keyword in text, keyword


@pytest.mark.parametrize("rule", RULES)
def test_captions_exist_and_bear_the_name_of_the_rule(rule):
    for caption in re.findall(r'caption="\.\./report/(\w+)\.rst"', RULES[rule]):
        assert caption == rule
        assert (ROOT / "workflow" / "report" / f"{caption}.rst").is_file()


@pytest.mark.parametrize("rule", RULES)
def test_scripts_are_short_and_leave_the_config_alone(rule):
    text = (ROOT / "scripts" / f"{rule}.py").read_text()
    assert len(text.splitlines()) <= 45
    assert "snakemake.config" not in text


def test_the_library_does_not_know_snakemake():
    for path in (ROOT / "scripts" / "stratomics").rglob("*.py"):
        assert not re.search(
            r"^\s*(import|from) snakemake|\bsnakemake\.(input|output|params|config)\b", path.read_text(), re.M
        ), path


def test_snakemake_lint_is_clean(snakemake):
    done = snakemake("--lint")
    assert "Congratulations" in done.stderr + done.stdout


def test_snakefmt_is_clean():
    done = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--check", "Snakefile", "workflow"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
