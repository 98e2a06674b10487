"""A killed run leaves nothing half-written, and resumes to the results of an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def config(small_config, tmp_path_factory) -> Path:
    """One embedding and one comparator, without permutations."""
    small = {**small_config, "embeddings": [small_config["embeddings"][0]], "comparators": ["clinical"]}
    small["evaluation"] = {**small["evaluation"], "permutations": 0}
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(yaml.safe_dump(small, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def undisturbed(snakemake, config, tmp_path_factory) -> dict[str, bytes]:
    """The tables of a run that nobody killed."""
    folder = tmp_path_factory.mktemp("whole")
    snakemake("evaluate", "--cores", 2, "--configfile", config, "--directory", folder)
    return tables(folder)


def tables(folder: Path) -> dict[str, bytes]:
    files = sorted((folder / "results").rglob("*.tsv"))
    assert len(files) > 10
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def start(config: Path, folder: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "evaluate", "--cores", "2", *options]
    command += ["--configfile", config, "--directory", folder]
    with (folder / "run.txt").open("w") as output:
        return subprocess.Popen(list(map(str, command)), stdout=output, stderr=output, start_new_session=True)


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def script_processes(rule: str, folder: Path) -> list[int]:
    """Find the processes that run the script of a rule in a directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
            if (
                any(Path(word).name.endswith(f"{rule}.py") for word in words)
                and process.joinpath("cwd").resolve() == folder
            ):
                found.append(int(process.name))
        except (OSError, UnicodeDecodeError):
            continue
    return found


def test_a_killed_run_resumes_to_the_same_bytes(snakemake, config, undisturbed, tmp_path):
    process = start(config, tmp_path)
    started = tmp_path / "results" / "small" / "preprocess" / "transforms.safetensors"
    wait_until(started.exists, "preprocessing")
    time.sleep(0.5)  # into the training
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "results" / "small" / "leaderboard.tsv").exists()

    options = ("--configfile", config, "--directory", tmp_path)
    snakemake("--unlock", *options)
    snakemake("evaluate", "--cores", 2, "--rerun-incomplete", *options)
    assert tables(tmp_path) == undisturbed


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the orphan in /proc, which is Linux's")
def test_what_a_killed_run_left_running_is_waited_for(snakemake, config, undisturbed, tmp_path):
    """Only Snakemake is killed; its training job lives on, and is held up so that the resumed run certainly meets it."""
    process = start(config, tmp_path)
    wait_until(lambda: (tmp_path / "logs/small/ae/train_embedding.log.lock").exists(), "training")
    orphans = script_processes("train_embedding", tmp_path.resolve())
    assert orphans
    for orphan in orphans:
        os.kill(orphan, signal.SIGSTOP)
    process.kill()
    process.wait()

    snakemake("--unlock", "--configfile", config, "--directory", tmp_path)
    resumed = start(config, tmp_path, "--rerun-incomplete")
    try:
        wait_until(lambda: "another run of this job is still writing" in (tmp_path / "run.txt").read_text(), "the wait")
        assert not (tmp_path / "results/small/ae/latents.safetensors").exists()
    finally:
        for orphan in orphans:
            os.kill(orphan, signal.SIGCONT)
    assert resumed.wait(timeout=300) == 0, (tmp_path / "run.txt").read_text()[-3000:]
    assert "for another run of this job to end" in (tmp_path / "logs/small/ae/train_embedding.log").read_text()
    assert tables(tmp_path) == undisturbed
    leftovers = [path.name for path in (tmp_path / "results").rglob(".*") if path.name != ".snakemake_timestamp"]
    assert leftovers + list((tmp_path / "logs").rglob("*.lock")) == []
