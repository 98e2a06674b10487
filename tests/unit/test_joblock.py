"""No job runs twice at once: the second process waits for the first, however the first ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stratomics import joblock
from stratomics.joblock import alone

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"

#: Takes the lock, notes when it came in and when it went.
HOLD = """
import sys, time
from stratomics.joblock import alone
lock, notes, name, seconds = sys.argv[1:]
def note(what):
    with open(notes, "a") as file:
        file.write(f"{name} {what}\\n")
with alone(lock, lambda message: note("told " + message)):
    note("in")
    time.sleep(float(seconds))
    note("out")
"""


def hold(tmp_path: Path, name: str, seconds: float) -> subprocess.Popen:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "job.lock"), str(tmp_path / "notes"), name, str(seconds)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SCRIPTS)})


def notes(tmp_path: Path) -> list[str]:
    path = tmp_path / "notes"
    return path.read_text().splitlines() if path.exists() else []


def wait_for(tmp_path: Path, line: str) -> None:
    deadline = time.monotonic() + 30
    while not any(note.startswith(line) for note in notes(tmp_path)):
        assert time.monotonic() < deadline, notes(tmp_path)
        time.sleep(0.02)


def test_the_second_waits_and_says_for_whom(tmp_path: Path) -> None:
    first = hold(tmp_path, "first", 1.5)
    wait_for(tmp_path, "first in")
    second = hold(tmp_path, "second", 0)
    assert first.wait() == second.wait() == 0
    told = [note for note in notes(tmp_path) if note.startswith("second told")]
    assert len(told) == 1
    assert f"process {first.pid} on " in told[0]
    assert [note for note in notes(tmp_path) if "told" not in note] == [
        "first in",
        "first out",
        "second in",
        "second out",
    ]
    assert not (tmp_path / "job.lock").exists()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    first = hold(tmp_path, "first", 60)
    wait_for(tmp_path, "first in")
    second = hold(tmp_path, "second", 0)
    wait_for(tmp_path, "second told")
    first.send_signal(signal.SIGKILL)
    assert second.wait(timeout=20) == 0
    assert first.wait() == -signal.SIGKILL


def test_many_at_once_go_one_by_one(tmp_path: Path) -> None:
    processes = [hold(tmp_path, str(i), 0.05) for i in range(8)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 8
    order = [note.split() for note in notes(tmp_path) if "told" not in note]
    assert len(order) == 16
    for (came, entered), (went, left) in zip(order[::2], order[1::2], strict=True):
        assert (came, entered, left) == (went, "in", "out")


def test_without_locks_it_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(joblock.fcntl, "lockf", refuse)
    said: list[str] = []
    with alone(tmp_path / "job.lock", said.append) as waited:
        assert waited == 0
    assert said == ["this file system has no locks (Function not implemented): take care that no other run writes here"]
