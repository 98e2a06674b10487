from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stratomics.errors import DataError
from stratomics.runtime import derive_seed, job, log, parallel_map


def test_derived_seeds_differ_by_part_and_repeat_across_processes():
    seeds = {derive_seed(0), derive_seed(1), derive_seed(0, "a"), derive_seed(0, "a", 1), derive_seed(0, "a1")}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)
    code = "from stratomics.runtime import derive_seed; print(derive_seed(7, 'train_embedding', 'r0f3', 2))"
    environment = {**os.environ, "PYTHONHASHSEED": "11", "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True)
    assert int(other.stdout) == derive_seed(7, "train_embedding", "r0f3", 2)


def test_parallel_map_keeps_the_order():
    assert parallel_map(lambda x: x * x, range(20), threads=4) == [x * x for x in range(20)]


def test_a_fault_of_the_user_is_logged_without_traceback(tmp_path):
    with pytest.raises(SystemExit) as caught, job(tmp_path / "logs" / "x.log"):
        raise DataError(["first fault", "second fault"])
    assert caught.value.code == 1
    text = (tmp_path / "logs" / "x.log").read_text()
    assert "1. first fault\n2. second fault" in text
    assert "Traceback" not in text


def test_an_unexpected_failure_is_logged_with_traceback(tmp_path):
    def fail():
        with job(tmp_path / "x.log"):
            log.info("before")
            raise KeyError("surprise")

    with pytest.raises(SystemExit):
        fail()
    text = (tmp_path / "x.log").read_text()
    assert "before" in text
    assert "KeyError: 'surprise'" in text
    assert "Traceback" in text


def test_a_terminated_job_says_so_and_leaves_nothing_behind(tmp_path):
    code = (
        "import sys, time\nfrom stratomics.runtime import job\n"
        "with job(sys.argv[1]):\n"
        "    from stratomics.tables import atomic_path\n"
        "    with atomic_path(sys.argv[2]) as temporary:\n"
        "        temporary.write_text('half')\n        print('in', flush=True)\n        time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "rule.log"), str(tmp_path / "out.txt")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline() == "in\n"
    process.terminate()
    assert process.wait(timeout=30) == 143
    process.stdout.close()
    assert "ended by SIGTERM" in (tmp_path / "rule.log").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["rule.log"]
