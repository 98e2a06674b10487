"""A private SLURM for the tests, and runs of the workflow on it with the project's own profile."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

#: What differs from the profile, only so that the tests do not wait: no accounting database, quick checks, one disk.
QUICK = (
    *("--profile", ROOT / "workflow" / "profiles" / "slurm"),
    *("--slurm-status-command", "squeue"),
    *("--latency-wait", 5),
    "--slurm-no-account",
)


def wait_until(true: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


def script_processes(rule: str, folder: Path) -> list[int]:
    """Find the processes that run the script of a rule in a directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
            named = any(Path(word).name.endswith(f"{rule}.py") for word in words)
            if named and process.joinpath("cwd").resolve() == folder.resolve():
                found.append(int(process.name))
        except (OSError, UnicodeDecodeError):
            continue
    return found


def processes_in(folders: list[Path]) -> list[int]:
    """Find the processes whose working directory is one of these."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.joinpath("cwd").resolve() in folders:
                found.append(int(process.name))
        except OSError:
            continue
    return found


@dataclass
class Run:
    """One `snakemake` that submits to the private SLURM, and its working directory."""

    slurm: Slurm
    folder: Path
    process: subprocess.Popen
    started: float = field(default_factory=time.monotonic)

    def text(self) -> str:
        """What Snakemake has printed."""
        return (self.folder / "run.txt").read_text()

    def wait(self, code: int | None = 0, seconds: float = 300) -> str:
        """Wait for the end, and return what was printed."""
        ended = self.process.wait(timeout=seconds)
        print(f"{self.folder.name}: ended with {ended} after {time.monotonic() - self.started:.0f} s")
        assert code is None or ended == code, self.text()[-6000:]
        return self.text()

    def jobs(self, rule: str) -> list[str]:
        """The SLURM numbers of the jobs of a rule that were submitted so far."""
        return re.findall(rf"has been submitted with SLURM jobid (\d+) \(log: \S*/rule_{rule}/", self.text())

    def job(self, rule: str, *, ordinal: int = 0) -> str:
        """Wait for the submission of the job of a rule, and return its SLURM number."""

        def submitted() -> bool:
            return len(self.jobs(rule)) > ordinal

        wait_until(lambda: submitted() or self.process.poll() is not None, f"job {ordinal} of {rule}")
        assert submitted(), self.text()[-6000:]
        return self.jobs(rule)[ordinal]

    def scripts(self, rule: str) -> list[int]:
        """The processes that run the script of a rule."""
        return script_processes(rule, self.folder)

    def script(self, rule: str) -> int:
        """Wait for the script of a rule to run, and return its process."""
        found: list[int] = []

        def running() -> bool:
            found[:] = self.scripts(rule)
            return bool(found) or self.process.poll() is not None

        wait_until(running, f"the script of {rule}")
        assert found, self.text()[-6000:]
        return found[-1]


@dataclass
class Slurm:
    """The private SLURM."""

    folder: Path
    environment: dict[str, str]
    runs: list[Run] = field(default_factory=list)
    wait_until = staticmethod(wait_until)

    def call(self, *words: object, check: bool = True) -> str:
        """Run a command of SLURM."""
        done = subprocess.run(
            list(map(str, words)), env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert not check or done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def show(self, job: str) -> dict[str, str]:
        """Everything the controller knows about a job."""
        return dict(re.findall(r"(\S+?)=(\S*)", self.call("scontrol", "show", "job", job)))

    def state(self, job: str) -> str:
        """The state of a job, as the controller says it."""
        return self.show(job)["JobState"]

    def steps(self, job: str) -> list[Path]:
        """The processes of SLURM that watch over a job on its node."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if process.joinpath("cmdline").read_bytes().startswith(f"slurmstepd: [{job}.".encode()):
                    found.append(process)
            except OSError:
                continue
        return found

    def jobs(self) -> dict[str, str]:
        """The state of every job so far."""
        lines = self.call("squeue", "--noheader", "--states=all", "--format=%i|%T").split()
        return dict(line.split("|") for line in lines)

    def noted(self, job: str) -> bool:
        """Whether the controller has saved its state since a job started."""
        started = datetime.fromisoformat(self.show(job)["StartTime"]).timestamp()
        return (self.folder / "state" / "job_state").stat().st_mtime > started + 1

    def start_controller(self) -> None:
        """Start slurmctld again after it was killed."""
        self.call("slurmctld")

    def kill_controller(self) -> None:
        """Kill slurmctld as a crash would."""
        pid = int((self.folder / "run" / "slurmctld.pid").read_text())
        os.kill(pid, signal.SIGKILL)

    def snakemake(self, folder: Path, config: Path, *options: object) -> Run:
        """Start the workflow in a directory, with the profile."""
        folder.mkdir(exist_ok=True)
        command = [sys.executable, HERE / "snakemake_quick.py", "-s", ROOT / "Snakefile", *QUICK, *options]
        command += ["--configfile", config, "--directory", folder]
        with (folder / "run.txt").open("w") as output:
            process = subprocess.Popen(
                list(map(str, command)),
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.runs.append(Run(self, folder, process))
        return self.runs[-1]


def _why_not() -> str:
    """Say why this machine cannot have a private SLURM; empty if it can."""
    if os.geteuid() != 0:
        return "starting a private SLURM needs root"
    programs = ("slurmctld", "slurmd", "sbatch", "munged")
    if not all(map(shutil.which, programs)) and shutil.which("apt-get") is None:
        return f"{', '.join(programs)} are not all installed, and there is no apt-get to install them"
    real = Path("/etc/slurm/slurm.conf")
    if real.exists() and not real.is_symlink():
        return "/etc/slurm/slurm.conf exists: this machine belongs to a real SLURM"
    return ""


@pytest.fixture(scope="session")
def slurm(tmp_path_factory) -> Iterator[Slurm]:
    """Two nodes with 8 pretended cores, 32 GB and two pretended GPUs each."""
    if reason := _why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm") / "private"
    # Ended after a while: apt-get waits long for a network that is not there.
    command = ["timeout", "300", "bash", HERE / "start_slurm.sh", folder, "2"]
    started = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    # Not the settings of a SLURM job that these tests may themselves run in.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}
    environment["SLURM_CONF"] = str(folder / "etc" / "slurm.conf")
    private = Slurm(folder, environment)
    try:
        if started.returncode:
            why = started.stderr.strip()[-600:] or f"start_slurm.sh ended with {started.returncode}"
            pytest.skip(f"no private SLURM on this machine: {why}")
        yield private
    finally:
        for run in private.runs:
            if run.process.poll() is None:  # a test has failed
                os.killpg(run.process.pid, signal.SIGKILL)
                run.process.wait()
        subprocess.run(["bash", HERE / "stop_slurm.sh", folder], check=False, timeout=120)
        # Without cgroups SLURM loses sight of what ran on a node that it gave up.
        for pid in processes_in([run.folder.resolve() for run in private.runs]):
            os.kill(pid, signal.SIGKILL)
