"""The workflow on a real SLURM, and what happens to it when jobs, nodes, the controller or Snakemake itself are lost.

The faults hit the training of one embedding, in a directory where everything before it is ready: one or two SLURM jobs each.
The script is stopped (SIGSTOP) while the fault is made, so that the fault certainly finds it running.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest
import yaml

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("slurm")]

TRAINING_LOG = "logs/small/ae/train_embedding.log"


def files(folder: Path) -> dict[str, bytes]:
    """The tables, and the arrays too: neither holds a time or a place."""
    results = folder / "results"
    found = sorted([*results.rglob("*.tsv"), *results.rglob("*.safetensors")])
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def write(config: dict, path: Path) -> Path:
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def whole_config(small_config, tmp_path_factory) -> Path:
    """Two embeddings and one comparator, on a GPU if there is one."""
    config = {**small_config, "device": "auto", "comparators": ["clinical"]}
    config["embeddings"] = [{**one, "epochs": 10} for one in config["embeddings"][:2]]
    return write(config, tmp_path_factory.mktemp("config") / "whole.yaml")


@pytest.fixture(scope="module")
def config(whole_config) -> Path:
    """One embedding, nothing else."""
    config = yaml.safe_load(whole_config.read_text())
    config = {**config, "embeddings": config["embeddings"][:1], "comparators": []}
    return write(config, whole_config.with_name("one.yaml"))


@pytest.fixture(scope="module")
def ready(snakemake, config, tmp_path_factory) -> Path:
    """A directory in which only the training is left to do."""
    folder = tmp_path_factory.mktemp("ready") / "ready"
    snakemake("preprocess", "--cores", 2, "--configfile", config, "--directory", folder)
    return folder


@pytest.fixture(scope="module")
def expected(snakemake, config, ready, tmp_path_factory) -> dict[str, bytes]:
    """The results of an undisturbed run without SLURM."""
    folder = tmp_path_factory.mktemp("undisturbed") / "local"
    shutil.copytree(ready, folder)
    snakemake("embed", "--cores", 2, "--resources", "gpu=1", "--configfile", config, "--directory", folder)
    assert "results/small/ae/latents.safetensors" in files(folder)
    return files(folder)


@pytest.fixture
def folder(ready, tmp_path, request) -> Path:
    """A copy of the directory, with the times of its files."""
    folder = tmp_path / request.node.name.removeprefix("test_")
    shutil.copytree(ready, folder)
    return folder


def check(folder: Path, expected: dict[str, bytes]) -> None:
    """The results are those of an undisturbed run, and nothing else lies among them."""
    assert files(folder) == expected
    hidden = {path.name for path in (folder / "results").rglob(".*")}
    assert hidden <= {".snakemake_timestamp"}, "half-written files"
    assert not list((folder / "logs").rglob("*.lock")), "locks"


def hold(run) -> int:
    """Stop the script of the training, once it has the lock of its job and writes."""
    pid = run.script("train_embedding")
    lock = run.folder / f"{TRAINING_LOG}.lock"
    run.slurm.wait_until(lambda: lock.exists() and lock.read_text(), "the lock of the training")
    os.kill(pid, signal.SIGSTOP)
    return pid


def go_on(*pids: int) -> None:
    """Let stopped scripts go on, those that still exist."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue


@pytest.fixture(scope="module")
def hung(slurm, config, ready, expected, tmp_path_factory):
    """A run whose training hangs, and may take one minute at first: begun early, since it is idle until SLURM ends it."""
    folder = tmp_path_factory.mktemp("hung") / "hung"
    shutil.copytree(ready, folder)
    limits = ["train_embedding:runtime=1 if attempt == 1 else 30", "train_embedding:slurm_partition=gpu"]
    run = slurm.snakemake(folder, config, "embed", "--set-resources", *limits)
    pid = hold(run)
    yield run
    go_on(pid)


def test_a_cancelled_job_is_submitted_again(slurm, hung, config, folder, expected):
    run = slurm.snakemake(folder, config, "embed")
    hold(run)
    first = run.job("train_embedding")
    slurm.call("scancel", first)
    second = run.job("train_embedding", ordinal=1)
    run.wait()
    assert slurm.state(first) == "CANCELLED"
    assert slurm.state(second) == "COMPLETED"
    check(folder, expected)


def test_a_job_over_its_memory_gets_more(slurm, hung, config, folder, expected):
    run = slurm.snakemake(
        folder, config, "embed", "--set-resources", "train_embedding:mem_mb=200 if attempt == 1 else 4000"
    )
    first = run.job("train_embedding")
    second = run.job("train_embedding", ordinal=1)
    text = run.wait()
    # OUT_OF_MEMORY where cgroups watch the memory; FAILED where, as here, SLURM looks once a second.
    assert slurm.state(first) in {"OUT_OF_MEMORY", "FAILED"}
    said = "".join(log.read_text() for log in folder.glob(f".snakemake/slurm_logs/*/*/{first}.log"))
    assert "Exceeded job memory limit" in said
    assert slurm.show(first)["MinMemoryNode"] == "200M"
    assert slurm.state(second) == "COMPLETED"
    assert slurm.show(second)["MinMemoryNode"] == "4000M"
    assert first in text
    check(folder, expected)


def test_a_lost_node_costs_nothing_but_time(slurm, hung, config, folder, expected):
    """SLURM queues the job again under the same number, or reports it as lost and Snakemake submits it again."""
    run = slurm.snakemake(folder, config, "embed", "--set-resources", "train_embedding:slurm_partition=last")
    hold(run)
    job = run.job("train_embedding")
    node = slurm.show(job)["NodeList"]
    slurm.call("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    try:
        slurm.wait_until(lambda: slurm.state(job) != "RUNNING", "SLURM to give up the job")
        # A node on which the job still ends would refuse it.
        slurm.wait_until(lambda: not slurm.steps(job), "the end of the job on its node")
        assert not run.scripts("train_embedding")
    finally:
        # Refused where the node came back by itself.
        slurm.call("scontrol", "update", f"nodename={node}", "state=resume", check=False)
    # SLURM keeps a job that it queued again waiting for two minutes.
    slurm.call("scontrol", "update", f"jobid={job}", "starttime=now", check=False)
    for _ in range(150):
        if run.process.poll() is not None:
            break
        # It holds a job whose node went while it was being launched.
        slurm.call("scontrol", "release", job, check=False)
        time.sleep(2)
    run.wait()
    submitted = run.jobs("train_embedding")
    print(f"lost node: SLURM restarts {slurm.show(job)['Restarts']}, submitted {len(submitted)} times")
    assert slurm.show(job)["Restarts"] == "1" or len(submitted) == 2
    assert slurm.state(submitted[-1]) == "COMPLETED"
    check(folder, expected)


def test_a_killed_snakemake_is_started_again_while_its_job_still_runs(slurm, hung, config, folder, expected):
    """The job of the killed run stays in the queue; the new job of the same name waits for it."""
    run = slurm.snakemake(folder, config, "embed")
    pid = hold(run)
    orphan = run.job("train_embedding")
    run.process.kill()
    run.process.wait()

    slurm.snakemake(folder, config, "--unlock").wait()
    again = slurm.snakemake(folder, config, "embed")
    job = again.job("train_embedding")
    log = folder / f".snakemake/slurm_logs/rule_train_embedding/small_ae/{job}.log"
    try:
        slurm.wait_until(
            lambda: log.exists() and "another run of this job is still writing" in log.read_text(), "the wait"
        )
        assert f"SLURM job {orphan}" in log.read_text()
        assert slurm.state(orphan) == "RUNNING"
        assert not (folder / "results/small/ae/latents.safetensors").exists()
    finally:
        go_on(pid)
    again.wait()
    assert {slurm.state(orphan), slurm.state(job)} == {"COMPLETED"}
    assert re.search(r"waited \d+ s for another run of this job to end", (folder / TRAINING_LOG).read_text())
    check(folder, expected)


def test_an_interrupted_snakemake_cancels_its_jobs_and_goes_on_with_the_same_command(
    slurm, hung, config, folder, expected
):
    run = slurm.snakemake(folder, config, "embed")
    hold(run)
    job = run.job("train_embedding")
    run.process.send_signal(signal.SIGINT)  # Ctrl-C
    run.wait(code=1)
    slurm.wait_until(lambda: slurm.state(job) == "CANCELLED", "the end of the job")
    slurm.snakemake(folder, config, "embed").wait()
    check(folder, expected)


def test_a_job_that_hangs_is_ended_and_gets_more_time(slurm, hung, expected):
    first = hung.job("train_embedding")
    second = hung.job("train_embedding", ordinal=1)
    hung.wait()
    assert slurm.state(first) == "TIMEOUT"
    assert slurm.state(second) == "COMPLETED"
    assert not hung.scripts("train_embedding"), "the hung process lives on"
    check(hung.folder, expected)


def test_the_controller_may_crash_and_come_back(slurm, config, folder, expected):
    run = slurm.snakemake(folder, config, "embed")
    pid = hold(run)
    job = run.job("train_embedding")
    # A controller that dies before it has noted the start of a job starts it a second time, and then shuts the node.
    slurm.wait_until(lambda: slurm.noted(job), "the controller to save its state")
    slurm.kill_controller()
    go_on(pid)
    time.sleep(6)  # several status checks in vain, and the job ends meanwhile
    slurm.start_controller()
    run.wait()
    assert slurm.state(job) == "COMPLETED"
    assert len(run.jobs("train_embedding")) == 1
    check(folder, expected)


def cohorts(whole_config: Path, number: int, path: Path) -> tuple[Path, str]:
    """A config of small cohorts, one of which has too few events for the folds, and its name."""
    config = yaml.safe_load(whole_config.read_text())
    (one,) = config["cohorts"]
    names = [f"c{i:02d}" for i in range(1, number + 1)]
    broken = names[number // 2]
    config["cohorts"] = [{**one, "name": name, "simulate": {**one["simulate"], "patients": 90}} for name in names]
    config["cohorts"][number // 2]["simulate"] |= {"patients": 40, "censoring": 0.95}
    config |= {"embeddings": [{**config["embeddings"][0], "epochs": 5}], "comparators": []}
    config["evaluation"] = {**config["evaluation"], "permutations": 0}
    return write(config, path), broken


def test_a_broken_cohort_stops_no_other(slurm, whole_config, tmp_path):
    config, broken = cohorts(whole_config, 3, tmp_path / "three.yaml")
    text = slurm.snakemake(tmp_path / "three", config, "preprocess", "--retries", 0).wait(code=1)
    (line,) = re.findall(
        r"^  (.*)$", text.split("2 of 3 cohorts finished. Failed:\n")[1].split("Mend it")[0], flags=re.M
    )
    assert line.startswith(f"{broken}  build_cohort: cohort {broken}: ")
    done = [file.parts[-3] for file in (tmp_path / "three" / "results").glob("*/preprocess/transforms.safetensors")]
    assert sorted([*done, broken]) == ["c01", "c02", "c03"]


@pytest.mark.skipif(
    "STRATOMICS_SLURM_COHORTS" not in os.environ,
    reason="many minutes: set STRATOMICS_SLURM_COHORTS=12 to run the workflow on that many cohorts",
)
def test_the_whole_workflow_of_many_cohorts(slurm, whole_config, tmp_path):
    number = int(os.environ["STRATOMICS_SLURM_COHORTS"])
    config, broken = cohorts(whole_config, number, tmp_path / "many.yaml")
    run = slurm.snakemake(tmp_path / "many", config)
    text = run.wait(code=1, seconds=3600)
    print(f"{text.count('has been submitted')} SLURM jobs")
    assert f"{number - 1} of {number} cohorts finished. Failed:\n  {broken}  build_cohort: cohort {broken}: " in text
    assert len(list((tmp_path / "many" / "results").glob("*/summary.md"))) == number - 1
    assert (tmp_path / "many" / "results" / "cohorts_partial.tsv").is_file()


def test_the_whole_workflow_runs_on_slurm(slurm, snakemake, whole_config, tmp_path):
    """Every stage in jobs of SLURM, training on a GPU that SLURM gave it, with the results of a run without SLURM."""
    before = slurm.jobs()
    began = time.monotonic()
    run = slurm.snakemake(tmp_path / "slurm", whole_config)
    run.wait(seconds=1200)
    jobs = [state for job, state in slurm.jobs().items() if job not in before]
    print(f"{len(jobs)} SLURM jobs in {time.monotonic() - began:.0f} s")
    assert set(jobs) == {"COMPLETED"}
    # Intake, evidence and overview; for each embedding its training, subtypes, permutations and figures; one comparator.
    assert len(jobs) == 3 + 2 * 4 + 1
    for name in ("ae", "late"):
        info = json.loads((tmp_path / f"slurm/results/small/{name}/training.json").read_text())
        assert info["visible_devices"] in {"0", "1"}

    # Without the figures, which are drawn from what is compared.
    results = [f"results/small/{name}" for name in ("summary.md", "ae/embedding.h5ad", "late/embedding.h5ad")]
    options = ("--cores", 2, "--resources", "gpu=1", "--configfile", whole_config, "--directory", tmp_path / "local")
    snakemake(*results, *options)
    expected, found = files(tmp_path / "local"), files(tmp_path / "slurm")
    assert len(expected) > 40
    drawn = {name for name in found.keys() - expected.keys() if "/figures/" in name}
    check(tmp_path / "slurm", {**{name: found[name] for name in drawn}, **expected})
