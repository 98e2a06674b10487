"""What became of the cohorts of a run: read off logs as jobs write them, or as killed jobs leave them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stratomics.errors import DataError
from stratomics.outcomes import (
    ACROSS,
    describe,
    failure,
    file_clock,
    finished,
    outcomes,
    partial_files,
    remove_partial,
    write_outcomes,
)
from stratomics.runtime import job

STARTED = 1_000_000.0
SCRIPTS = Path(__file__).parents[2] / "scripts"


def log(path: Path, text: str, at: float = STARTED + 5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))
    return path


def finish(folder: Path, cohort: str) -> None:
    (folder / "results" / cohort).mkdir(parents=True, exist_ok=True)
    (folder / "results" / cohort / "summary.md").write_text("# Result\n")


def found(folder: Path, cohorts: list[str], pending: set[str] | None = None):
    return outcomes(cohorts, folder / "results", folder / "logs", STARTED, pending)


DONE = "10:00:00  read 3 tables\n10:00:01  done in 1.0 s\n"
FAULT = "10:00:00  read\n10:00:01  This cannot go on:\ncohort b: 9 patients are left. Use fewer folds.\n"


def test_import_needs_no_numpy():
    code = "import sys, stratomics.outcomes; print(sorted({'numpy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (DONE, None),
        (FAULT, "cohort b: 9 patients"),
        ("10:00:00  epoch 3\n", "killed before it could say why"),
        ("", "killed before it could say why"),
        ("10:00:00  ended by SIGTERM: cancelled, or over its time or memory limit\n", "ended by SIGTERM"),
        (
            "10:00:00  ValueError: no\nTraceback (most recent call last):\n  File\nValueError: no\n",
            "an error of the program",
        ),
    ],
)
def test_a_log_says_whether_and_why_its_job_failed(tmp_path, text, start):
    reasons = failure(log(tmp_path / "a.log", text))
    assert (reasons == ()) if start is None else reasons[0].startswith(start)


def test_every_fault_of_a_real_job_is_read(tmp_path):
    path = tmp_path / "build_cohort.log"
    faults = ["a.tsv: no column 'x'.\nAdd it.", "b.tsv: empty.", *(f"fault {i}" for i in range(3, 11))]
    with pytest.raises(SystemExit), job(path):
        raise DataError(faults)
    assert failure(path) == tuple(fault.replace("\n", " ") for fault in faults)
    with job(path):
        pass
    assert failure(path) == ()


def test_finished_failed_killed_and_unfinished_cohorts_are_told_apart(tmp_path):
    logs = tmp_path / "logs"
    for name in ("a", "d"):
        finish(tmp_path, name)
    log(logs / "a" / "build_cohort.log", DONE)
    log(logs / "b" / "build_cohort.log", FAULT)
    log(logs / "b" / "build_cohort.log.lock", "process 1 on host")
    log(logs / "c" / "vae" / "train_embedding.log", "10:00:00  epoch 3\n", at=STARTED + 9)
    log(logs / "c" / "comparators" / "pca" / "fit_comparator.log", FAULT, at=STARTED + 7)
    log(logs / "d" / "build_cohort.log", FAULT, at=STARTED - 1)  # of an earlier run
    of = found(tmp_path, ["a", "b", "c", "d", "e"])
    assert [(one.cohort, one.outcome, one.rule, one.part) for one in of] == [
        ("a", "finished", "", ""),
        ("b", "failed", "build_cohort", ""),
        ("c", "failed", "fit_comparator", "comparators/pca"),
        ("c", "failed", "train_embedding", "vae"),
        ("d", "finished", "", ""),
        ("e", "unfinished", "", ""),
    ]
    assert finished(of) == ["a", "d"]
    lines = describe(of).splitlines()
    assert lines[0] == "2 of 5 cohorts finished. Failed:"
    assert lines[1].startswith("  b  build_cohort: cohort b: 9 patients are left. Use fewer folds. (")
    assert lines[1].endswith("logs/b/build_cohort.log)")
    assert lines[3].startswith("  c  train_embedding (vae): killed")
    assert lines[4].startswith("  e  not started")
    assert lines[-1] == "Mend it and run the same command again: what is done stays done."


def test_jobs_of_a_group_that_never_began_are_no_failures(tmp_path):
    """Snakemake leaves an empty log for each; a job that was killed at once leaves one too, and then it is all there is."""
    log(tmp_path / "logs" / "b" / "build_cohort.log", FAULT)
    log(tmp_path / "logs" / "b" / "make_splits.log", "")
    log(tmp_path / "logs" / "c" / "build_cohort.log", "")
    b, c = found(tmp_path, ["b", "c"])
    assert (b.rule, b.reasons[0]) == ("build_cohort", "cohort b: 9 patients are left. Use fewer folds.")
    assert c.reasons[0].startswith("killed before it could say why")


def test_jobs_still_to_be_done_outweigh_an_old_summary(tmp_path):
    """With another target there is no summary, and an old one may stand where nothing of this run came through."""
    finish(tmp_path, "old")
    assert [one.outcome for one in found(tmp_path, ["old", "checked"], {"old"})] == ["unfinished", "finished"]


def test_one_cohort_and_the_jobs_across_cohorts(tmp_path):
    log(tmp_path / "logs" / "b" / "build_cohort.log", FAULT)
    assert describe(found(tmp_path, ["b"])).startswith("The run did not finish. Failed:\n  b  build_cohort: cohort b")
    other = tmp_path / "other"
    for name in ("a", "b"):
        finish(other, name)
    log(other / "logs" / "plot_cohorts.log", FAULT)
    of = found(other, ["a", "b"])
    assert of[-1].cohort == ACROSS
    assert "2 of 2 cohorts finished. Failed:" in describe(of)


def test_outcomes_are_written_as_a_table(tmp_path):
    log(tmp_path / "logs" / "b" / "x.log", "10:00:00  This cannot go on:\n1. one\twith a tab\n2. two\n")
    path = tmp_path / "results" / "outcomes.tsv"
    write_outcomes(found(tmp_path, ["b", "e"]), path)
    head, first, second = [line.split("\t") for line in path.read_text().splitlines()]
    assert head == ["cohort", "outcome", "rule", "part", "reason", "log"]
    assert first[:5] == ["b", "failed", "x", "NA", "one with a tab two"]
    assert second[:2] == ["e", "unfinished"]
    assert [file.name for file in path.parent.iterdir()] == ["outcomes.tsv"]


def test_the_clock_is_that_of_new_files(tmp_path):
    before = file_clock(tmp_path / "logs")
    path = tmp_path / "logs" / "a.log"
    path.write_text("")
    assert before <= path.stat().st_mtime
    assert [file.name for file in (tmp_path / "logs").iterdir()] == ["a.log"]


def test_partial_files_are_removed(tmp_path):
    for path in partial_files(tmp_path):
        log(path, "x")
    remove_partial(tmp_path)
    remove_partial(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
