"""Many cohorts in one run: which jobs there are; nothing is run here."""

from __future__ import annotations

import copy
import re
import time

import yaml

ACROSS = {"compare_cohorts", "plot_cohorts", "write_cohorts_report"}


def jobs(done) -> dict[str, int]:
    """Read the job counts of a dry run."""
    lines = done.stdout.split("Job stats:")[1].splitlines()[3:]
    return {name: int(count) for name, count in re.findall(r"^(\w+)\s+(\d+)$", "\n".join(lines), flags=re.M)}


def dry_run(snakemake, folder, config, names):
    one = config["cohorts"][0]
    path = folder / f"{len(names)}.yaml"
    cohorts = [{**copy.deepcopy(one), "name": name} for name in names]
    path.write_text(yaml.safe_dump({**config, "cohorts": cohorts}, sort_keys=False))
    return snakemake("-n", "-q", "rules", "--directory", folder / f"run{len(names)}", "--configfile", path, check=False)


def test_one_cohort_is_compared_with_none(snakemake, small_config, tmp_path):
    assert not ACROSS & set(jobs(dry_run(snakemake, tmp_path, small_config, ["one"])))


def test_thirty_three_cohorts_are_that_many_times_the_jobs_of_one_and_three_more(snakemake, small_config, tmp_path):
    one = jobs(dry_run(snakemake, tmp_path, small_config, ["one"]))
    started = time.monotonic()
    many = jobs(dry_run(snakemake, tmp_path, small_config, [f"c{i:02d}" for i in range(33)]))
    seconds = time.monotonic() - started
    print(f"{many['total']} jobs of 33 cohorts planned in {seconds:.1f} s")
    per_cohort = {name: 33 * count for name, count in one.items() if name not in ("all", "total")}
    assert {name: many[name] for name in per_cohort} == per_cohort
    assert {name: count for name, count in many.items() if name not in per_cohort} == {
        "all": 1,
        "compare_cohorts": 1,
        "plot_cohorts": 1,
        "write_cohorts_report": 1,
        "total": sum(per_cohort.values()) + 4,
    }
    assert seconds < 30  # about a third of that on an idle machine


def test_a_cohort_cannot_take_the_folder_of_the_figures_of_all(snakemake, small_config, tmp_path):
    done = dry_run(snakemake, tmp_path, small_config, ["one", "figures"])
    assert done.returncode != 0
    assert "'figures', a name that is taken" in done.stdout + done.stderr
