"""A killed run leaves nothing half-written, and resumes to the results of an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_a_killed_run_resumes_to_the_same_bytes(snakemake, small_config, tmp_path):
    config = {**small_config, "embeddings": [small_config["embeddings"][0]], "comparators": ["clinical"]}
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    folders = {name: tmp_path / name for name in ("killed", "whole")}
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "evaluate", "--cores", "2"]
    command += ["--configfile", path, "--directory", folders["killed"]]
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    started = folders["killed"] / "results" / "small" / "preprocess" / "transforms.safetensors"
    deadline = time.monotonic() + 120
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)  # into the training
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folders["killed"] / "results" / "small" / "leaderboard.tsv").exists()

    options = ("--configfile", path)
    snakemake("--unlock", *options, "--directory", folders["killed"])
    snakemake("evaluate", "--cores", 2, "--rerun-incomplete", *options, "--directory", folders["killed"])
    snakemake("evaluate", "--cores", 2, *options, "--directory", folders["whole"])
    tables = sorted(file.relative_to(folders["whole"]) for file in (folders["whole"] / "results").rglob("*.tsv"))
    assert len(tables) > 10
    for table in tables:
        assert (folders["killed"] / table).read_bytes() == (folders["whole"] / table).read_bytes(), table
