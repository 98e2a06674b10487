"""The Python that `make` takes: found among fake ones on PATH, or refused with a reason."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Where the script finds sh's helpers and nothing called python.
TOOLS = ("sed", "head", "tail")


class Machine:
    """A folder of fake Pythons, and PATH with nothing else on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path: list[Path] = []
        tools = self.bin("tools")
        for tool in TOOLS:
            (tools / tool).symlink_to(
                next(found for one in ("/usr/bin", "/bin") if (found := Path(one) / tool).exists())
            )

    def bin(self, name: str) -> Path:
        """Add a folder to the end of PATH."""
        folder = self.folder / name
        folder.mkdir()
        self.path.append(folder)
        return folder

    def program(self, file: Path, script: str) -> Path:
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return file

    def python(self, file: Path, version: str, *, lacks: str = "", before: str = "") -> Path:
        """Put there a Python that says that it is `version` and runs what it is given, as this Python would."""
        number = tuple(map(int, version.split(".")))
        pretend = [
            "import sys",
            f"sys.version_info = {number}",
            f"sys.executable = {str(file)!r}",
            "sys.prefix = sys.base_prefix",
            f"sys.modules.update(dict.fromkeys({lacks.split()!r}))",
            before,
            "exec(sys.argv.pop(1))",
        ]
        return self.program(
            file,
            f'[ "$1" = -c ] && shift && exec {shlex.quote(sys.executable)} -c {shlex.quote(chr(10).join(pretend))} "$@"',
        )

    def find(self, python: str = "", *goals: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.pathsep.join(map(str, self.path)), "PYTHON": python}
        command = ["/bin/sh", str(ROOT / "envs" / "find_python.sh"), *goals]
        return subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60
        )

    def found(self, python: str = "") -> str:
        done = self.find(python)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.removesuffix("\n")

    def refusal(self, python: str = "", *goals: str) -> str:
        done = self.find(python, *goals)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_newest_supported_one_is_taken_whatever_its_name_and_place(machine: Machine) -> None:
    first, second = machine.bin("first"), machine.bin("second")
    machine.python(first / "python3.11", "3.11.9")
    machine.python(first / "python3", "3.14.0")
    newest = machine.python(second / "python", "3.13.1")
    machine.python(second / "python3.12", "3.12.4")
    assert machine.found() == str(newest)


def test_of_the_same_version_the_first_on_path_is_taken(machine: Machine) -> None:
    first, second = machine.bin("first"), machine.bin("second")
    machine.python(second / "python3.12", "3.12.9")
    python = machine.python(first / "python3", "3.12.0")
    assert machine.found() == str(python)


def test_every_supported_version_is_taken_from_its_own_name(machine: Machine) -> None:
    folder = machine.bin("only")
    for version in ("3.11", "3.12", "3.13"):
        python = machine.python(folder / f"python{version}", f"{version}.0")
        assert machine.found() == str(python)


def test_a_shim_that_does_not_run_hides_no_python_behind_it(machine: Machine) -> None:
    machine.program(machine.bin("shims") / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    real = machine.python(machine.bin("real") / "python3.13", "3.13.0")
    assert machine.found() == str(real)


def test_what_was_found_and_why_it_will_not_do(machine: Machine) -> None:
    folder = machine.bin("some")
    machine.program(folder / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; echo more >&2; exit 127")
    machine.python(folder / "python3.12", "3.12.3", lacks="ensurepip")
    machine.python(folder / "python3.11", "3.11.3", lacks="ssl ctypes")
    machine.python(folder / "python3", "3.14.2")
    machine.program(folder / "python", "exit 0")
    assert machine.refusal("", "lint", "test") == (
        f"""stratomics needs Python 3.13, 3.12 or 3.11, and can use none of those on PATH:
  {folder}/python3.13: does not run as Python (exit status 127: pyenv: python3.13: command not found)
  {folder}/python3.12: Python 3.12.3: cannot make virtual environments (on Debian and Ubuntu: apt install python3.12-venv)
  {folder}/python3.11: Python 3.11.3: was built without ssl, ctypes: install another build of it
  {folder}/python3: Python 3.14.2: not supported
  {folder}/python: does not run as Python (exit status 0)
What to do: install one. Debian 12 and 13, Ubuntu 24.04: apt install python3 python3-venv. Elsewhere, or without root:
'uv python install 3.13' (https://docs.astral.sh/uv). Or say where one is:
    make lint test PYTHON=/path/to/python3.13
"""
    )


def test_a_machine_without_python(machine: Machine) -> None:
    said = machine.refusal()
    assert said.startswith("stratomics needs Python 3.13, 3.12 or 3.11, and there is no Python on PATH.\nWhat to do: ")
    assert said.endswith("    make demo PYTHON=/path/to/python3.13\n")


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("sys.implementation.name = 'pypy'", "this is pypy, and the packages are built for CPython"),
        ("sys._is_gil_enabled = lambda: False", "a free-threaded build, which some packages are not built for"),
    ],
)
def test_builds_that_the_packages_are_not_made_for(machine: Machine, before: str, reason: str) -> None:
    python = machine.python(machine.bin("odd") / "python3", "3.13.0", before=before)
    assert f"  {python}: Python 3.13.0: {reason}\n" in machine.refusal()


def test_a_python_that_warns_is_taken(machine: Machine) -> None:
    warning = "print('Could not find platform libraries', file=sys.stderr, flush=True)"
    python = machine.python(machine.bin("warns") / "python3", "3.12.0", before=warning)
    assert machine.found() == str(python)


def test_the_python_behind_an_active_venv_is_taken(machine: Machine) -> None:
    """Not the one in it, which is removed before the new .venv is made."""
    base = Path(os.path.realpath(sys.executable))
    subprocess.run([base, "-m", "venv", "--without-pip", machine.folder / "venv"], check=True)
    machine.path.append(machine.folder / "venv" / "bin")
    assert machine.found() == str(base)


# PYTHON=...


def test_the_python_that_is_named_wins_with_blanks_in_its_path(machine: Machine) -> None:
    machine.python(machine.bin("newer") / "python3.13", "3.13.0")
    folder = machine.folder / "my programs $HOME 'x'"
    folder.mkdir()
    python = machine.python(folder / "python 3", "3.11.0")
    assert machine.found(str(python)) == str(python)


def test_a_name_is_looked_for_on_path(machine: Machine) -> None:
    machine.python(machine.bin("newer") / "python3.13", "3.13.0")
    python = machine.python(machine.bin("older") / "python3.11", "3.11.0")
    assert machine.found("python3.11") == str(python)


def test_the_python_that_is_named_is_refused_with_a_reason(machine: Machine) -> None:
    folder = machine.bin("some")
    machine.python(folder / "python3.13", "3.13.0")
    old = machine.python(folder / "python3.10", "3.10.4")
    text = folder / "notes"
    text.write_text("no program")
    for python, reason in {
        old: f"{old}: Python 3.10.4: not supported",
        "python3.10": f"{old}: Python 3.10.4: not supported",
        "python9": "no program of this name on PATH",
        folder / "absent": f"{folder}/absent: no such file",
        folder: f"{folder}: a folder; name the program in it, as in {folder}/bin/python3",
        text: f"{text}: not a program (it may not be executed)",
    }.items():
        start = f"stratomics needs Python 3.13, 3.12 or 3.11, and cannot use PYTHON={python}:\n  {reason}\nWhat to do: "
        assert machine.refusal(str(python)).startswith(start)


# The Makefile


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "Makefile").write_text((ROOT / "Makefile").read_text())
    # `make test` tells every make below it that it is one of several, which then speaks of the folders it enters.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the Makefile and what `make install` reads."""
    envs = tmp_path / "envs"
    envs.mkdir()
    (envs / "lock.txt").write_text("nothing==1.0\n")
    (envs / "find_python.sh").write_text((ROOT / "envs" / "find_python.sh").read_text())
    return tmp_path


def finished(project: Path, python: str) -> None:
    """Leave a .venv whose Python is a link to `python`."""
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to(python)
    (project / ".venv" / "lock.txt").write_text((project / "envs" / "lock.txt").read_text())


def test_a_finished_environment_is_kept_whatever_its_python(project: Path) -> None:
    finished(project, "/bin/sh")
    done = make(project, "install", "PYTHON=/absent/python3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("broken", ["the lock has changed", "the Python behind it is gone"])
def test_an_environment_is_made_anew_and_kept_where_no_python_is_found(project: Path, broken: str) -> None:
    finished(project, "/bin/sh" if broken == "the lock has changed" else "/absent/python3.11")
    if broken == "the lock has changed":
        (project / "envs" / "lock.txt").write_text("nothing==2.0\n")
    done = make(project, "install", "PYTHON=/absent/my python3")
    assert done.returncode == 2
    assert "cannot use PYTHON=/absent/my python3:\n  /absent/my python3: no such file" in done.stderr
    assert "    make install PYTHON=" in done.stderr
    assert (project / ".venv" / "lock.txt").exists()


def test_the_environment_is_made_with_the_python_that_is_named(project: Path) -> None:
    """A Python that records what it is asked for, in a folder with blanks; pip fails, and nothing is left behind."""
    folder = project / "my python"
    folder.mkdir()
    machine = Machine(project / "my python")
    fake = machine.python(folder / "python3", "3.12.0")
    fake.write_text(fake.read_text() + f'echo "$@" >> {shlex.quote(str(project / "asked"))}; exit 1\n')
    done = make(project, "install", f"PYTHON={fake}")
    assert done.returncode == 2
    assert f"Installing into .venv with {fake};" in done.stdout
    assert (project / "asked").read_text() == "-m venv .venv\n"
    assert not (project / ".venv").exists()
