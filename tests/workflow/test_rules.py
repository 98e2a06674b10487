"""A rule, its script, its log and its caption bear one name; a key means one kind of file; the workflow is lint clean."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_there_is_one_script_per_rule_and_no_other(rules):
    assert set(rules) == {path.stem for path in (ROOT / "scripts").glob("*.py")}


def test_script_log_and_benchmark_bear_the_name_of_the_rule(rules):
    for name, rule in rules.items():
        assert rule["script"] == f"../../scripts/{name}.py"
        assert [Path(path).name for path in rule["log"]] == [f"{name}.log"]
        assert Path(rule["benchmark"]).name == f"{name}.tsv"
        assert rule["conda"], name
        assert {"mem_mb", "runtime"} <= set(rule["resources"]), name


def test_the_fingerprint_of_a_rule_is_that_of_its_script(rules):
    assert {name: rule["code"] for name, rule in rules.items()} == {name: f"{name}.py" for name in rules}


def test_every_rule_says_what_it_does_in_words_of_its_own(described):
    words = [rule["docstring"] for rule in described["rules"].values()]
    assert all(words)
    assert len(set(words)) == len(words)


def test_captions_bear_the_name_of_the_rule_and_none_is_left_over(rules):
    used = {item["caption"] for rule in rules.values() for item in rule["report"]}
    for name, rule in rules.items():
        assert {item["caption"] for item in rule["report"]} <= {f"{name}.rst"}
    assert {path.name for path in (ROOT / "workflow" / "report").glob("*.rst")} == used | {"workflow.rst"}


#: Files of which there are two: of the intake alone, and with what the config adds to it.
TWICE = {"cohort": {"cohort.h5mu", "intake/cohort.h5mu"}, "checks": {"checks.tsv", "intake/checks.tsv"}}
#: Keys of what every figure has.
OF_A_FIGURE = {"png", "svg", "table"}


def test_a_key_means_the_same_kind_of_file_in_every_rule(described):
    """By key, the names of the files below the folders of the cohort and the embedding."""
    kinds: dict[str, set[str]] = {}
    for job in described["jobs"]:
        for key, paths in [*job["input"].items(), *job["output"].items()]:
            if key in OF_A_FIGURE:
                continue
            for path in paths if isinstance(paths, list) else [paths]:
                kind = re.sub(r"^results/((cohort_|tables)/)?((ae|mine_)/)?", "", path)
                # What has one file per comparator, chunk or part of a model; the clinic with the omics is one more comparator.
                kind = kind.replace("with_clinical.", "comparators/")
                kinds.setdefault(key, set()).add(re.sub(r"^(comparators|permutations|model)/.*", r"\1/*", kind))
    kinds.pop("tables")  # of the user
    assert {key: own for key, own in kinds.items() if len(own) > 1} == TWICE


def test_scripts_are_short_and_leave_the_config_alone(rules):
    for rule in rules:
        text = (ROOT / "scripts" / f"{rule}.py").read_text()
        assert len(text.splitlines()) <= 45, rule
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
