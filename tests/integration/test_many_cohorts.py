"""A fault in the data of one cohort does not stop the others, and the end of the run says what to mend."""

from __future__ import annotations

import copy
import os

import pandas as pd
import yaml


def test_a_broken_cohort_leaves_the_others_alone(snakemake, small_config, tmp_path):
    one = small_config["cohorts"][0]
    one["simulate"]["patients"] = 90
    cohorts = [{**copy.deepcopy(one), "name": name} for name in ("c01", "c02", "c03")]
    cohorts[1]["simulate"] |= {"patients": 40, "censoring": 0.95}  # too few events for the folds: seen by build_cohort
    config = {**small_config, "cohorts": cohorts, "embeddings": [small_config["embeddings"][0]], "comparators": []}
    config["evaluation"] = {**config["evaluation"], "permutations": 0, "bootstrap": 100}
    config["stability"] = {"subsamples": 10}
    path = tmp_path / "three.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    # An old log of a failure must not be taken for one of this run.
    old = tmp_path / "logs" / "c01" / "old_rule.log"
    old.parent.mkdir(parents=True)
    old.write_text("10:00:00  This cannot go on:\nlong mended\n")
    os.utime(old, (1e9, 1e9))
    options = ("--cores", 2, "--configfile", path, "--directory", tmp_path)

    done = snakemake("evaluate", *options, "--keep-going", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "2 of 3 cohorts finished. Failed:\n  c02  build_cohort: cohort c02: " in said
    assert "(logs/c02/build_cohort.log)\nMend it and run the same command again: what is done stays done." in said
    results = tmp_path / "results"
    outcomes = pd.read_csv(results / "outcomes.tsv", sep="\t")
    assert outcomes["outcome"].tolist() == ["finished", "failed", "finished"]
    partial = [results / "cohorts_partial.tsv"]
    partial += [results / "figures" / f"cohorts_partial.{suffix}" for suffix in ("png", "svg", "tsv")]
    assert all(file.is_file() for file in partial)
    assert pd.read_csv(partial[0], sep="\t")["cohort"].tolist() == ["c01", "c03"]

    # Mended: only the broken cohort runs again, and what was said of a part of the cohorts is gone.
    kept = (results / "c01" / "leaderboard.tsv").stat().st_mtime_ns
    config["cohorts"][1]["simulate"] = one["simulate"]
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    done = snakemake("check", *options)
    assert (done.stdout + done.stderr).count("rule build_cohort:") == 1
    assert (results / "c01" / "leaderboard.tsv").stat().st_mtime_ns == kept
    assert not any(file.exists() for file in partial)
    outcomes = pd.read_csv(results / "outcomes.tsv", sep="\t")
    assert outcomes["outcome"].tolist() == ["finished"] * 3
