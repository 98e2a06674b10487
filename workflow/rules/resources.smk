# What a job asks for, by the size of its cohort. Memory is rounded up from peaks measured at three sizes (the largest had
# 40,000 features, or 4000 patients; tests/workflow/test_resources.py has them); what grows with pairs of patients and most
# run times are generous allowances. A job that needs more all the same is retried with more.
from functools import cache as _cache

from stratomics.config.size import cohort_size as _cohort_size
from stratomics.network_size import training_bytes as _training_bytes


@_cache
def _sizes(cohort):
    """Patients and features of the tables of a cohort."""
    return _cohort_size(COHORTS[cohort])


@_cache
def _size(cohort):
    """Millions of: measurements in the tables, measurements that the networks see, pairs of patients; and all patients."""
    size = _sizes(cohort)
    kept = size.kept(SETTINGS["preprocess"]["max_features"])
    return {
        "cells": size.cells / 1e6,
        "kept": kept / 1e6,
        "kept_by_split": kept * SPLITS / 1e6,
        "pairs": size.patients**2 / 1e6,
        "patients": size.patients / 1e6,
    }


def _grown(wildcards, base, slopes):
    """A base, and something per million of what `_size` counts."""
    if not slopes:
        return base
    size = _size(wildcards.cohort)
    return base + sum(slope * size[name] for name, slope in slopes.items())


def memory(base_mb, **bytes_per):
    """Memory (MB) for a small cohort, with bytes per measurement, pair or patient on top (see `_size`); more at each attempt."""

    def mem_mb(wildcards, attempt):
        return -(-int(_grown(wildcards, base_mb, bytes_per) * attempt) // 100) * 100

    return mem_mb


# Cores that training asks for: as many batches of networks are in memory at once. Other jobs ask for one: with two they keep
# 1.1 (clustering) to 1.6 (random survival forest, stability) of them busy, and wait until both are free beside the long permutations.
TRAINING_THREADS = 4


def training_memory(wildcards, attempt):
    """Memory (MB) of training: libraries and cohort, as of other rules, and the networks by their sizes."""
    size, embedding = _sizes(wildcards.cohort), EMBEDDINGS[wildcards.embedding]
    networks = _training_bytes(
        size.patients,
        size.features(SETTINGS["preprocess"]["max_features"]),
        hidden=embedding["hidden"],
        latents=embedding["latent"],
        rows=embedding["batch_size"],
        splits=SPLITS,
        restarts=embedding["restarts"],
        threads=TRAINING_THREADS,
    )
    return memory(1000 + CUDA_MB + networks / 1e6, cells=6)(wildcards, attempt)


def runtime(base_minutes, **minutes_per_million):
    """Run time (minutes) for a small cohort, with more for a larger one (see `_size`), and more at each attempt."""

    def minutes(wildcards, attempt):
        return round(_grown(wildcards, base_minutes, minutes_per_million) * attempt)

    return minutes


# Host memory (MB) that CUDA's libraries take in training: a cautious guess, not measured.
CUDA_MB = 0 if SETTINGS["device"] == "cpu" else 3000


def gpus(wildcards):
    """GPUs that training asks for: one, unless the config says cpu."""
    return 0 if SETTINGS["device"] == "cpu" else 1
