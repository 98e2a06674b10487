from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from stratomics import damage
from stratomics.errors import DataError
from stratomics.runtime import derive_seed, job, log, parallel_map
from stratomics.tables import read_table, write_table


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


def fails_in_a_job(log_path, error: BaseException) -> str:
    """End a job by an exception and return its log."""

    def fail():
        with job(log_path):
            raise error

    with pytest.raises(SystemExit) as caught:
        fail()
    assert caught.value.code == 1
    return log_path.read_text()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space", "{}/x.tsv"),
            "{}/x.tsv: the disk of {} is full. Free space there (`df -h {}`",
        ),
        (OSError(errno.EDQUOT, "Quota", "{}/x.tsv"), "your quota of disk space in {} is used up"),
        (OSError(errno.EROFS, "Read-only", "{}/x.tsv"), "the file system of {} can only be read. Start in a folder"),
        (PermissionError(errno.EACCES, "Denied", "{}/x.tsv"), "no permission in {}."),
        (OSError(errno.EFBIG, "Too large", "{}/x.tsv"), "ulimit -f unlimited"),
        (OSError(errno.EMFILE, "Too many open files"), "`ulimit -n 4096` raises the limit"),
        (OSError(errno.EIO, "Input/output error", "{}/x.tsv"), "the disk of {} failed to read or write"),
        (MemoryError("Unable to allocate 80 GiB"), "Out of memory: the job had taken"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "--set-resources RULE:mem_mb=32000"),
        (
            ModuleNotFoundError("No module named 'torch'"),
            "The environment is broken: No module named 'torch'. Run `make install`",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_machine_refuses_is_said_in_a_sentence(tmp_path, error, said):
    if isinstance(error, OSError) and error.filename:
        error.filename = error.filename.replace("{}", str(tmp_path))
    text = fails_in_a_job(tmp_path / "x.log", error)
    assert said.replace("{}", str(tmp_path)) in text
    assert "Traceback" not in text


def test_a_full_disk_and_one_that_can_only_be_read(tmp_path):
    """For real: what numpy, pandas, HDF5 and matplotlib raise is not what the system says."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if (
        os.geteuid()
        or shutil.which("mount") is None
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("a disk of 64 kB needs root and the right to mount")
    code = (
        "import sys\nfrom stratomics.runtime import job\nwith job(sys.argv[1] + '/x.log'):\n"
        "    import numpy as np, pandas as pd\n"
        "    from stratomics.cohort import Cohort, Omics, save_cohort\n    from stratomics.tables import write_table\n"
        "    index = pd.Index([str(i) for i in range(100)], name='patient')\n"
        "    values = pd.DataFrame(np.random.rand(100, 500).astype('f4'), index, [f'G{i}' for i in range(500)])\n"
        "    if sys.argv[2] == 'tsv': write_table(values, sys.argv[1] + '/x.tsv')\n"
        "    clinical = pd.DataFrame({'time': 1.0, 'event': 1}, index)\n"
        "    save_cohort(Cohort('one', (Omics('mrna', values),), clinical), sys.argv[1] + '/x.h5mu')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def said(suffix: str) -> str:
        command = [sys.executable, "-c", code, str(disk), suffix]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    try:
        for suffix in ("tsv", "h5mu"):
            assert f"{disk}/x.{suffix}: the disk of {disk} is full" in said(suffix)
        assert [path.name for path in disk.iterdir()] == ["x.log"]
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert f"the file system of {disk} can only be read" in said("tsv")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_table_without_a_column_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(damage, "_TABLES", {})
    for name, columns in (("splits", ["split", "role"]), ("metrics", ["metric", "value"])):
        write_table(pd.DataFrame(columns=columns), tmp_path / f"{name}.tsv")
        read_table(tmp_path / f"{name}.tsv")
    text = fails_in_a_job(tmp_path / "x.log", KeyError("role"))
    path = tmp_path / "metrics.tsv"
    assert f"{path} is damaged (it has no column 'role', only metric, value). Remove it" in text
    text = fails_in_a_job(tmp_path / "x.log", KeyError("patient"))
    assert f"no column 'patient', which is needed here: {tmp_path / 'splits.tsv'}, {path}." in text
    assert "Traceback" in text, "it may be a mistake of ours"


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
