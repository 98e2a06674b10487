# What a job asks for, by the size of its cohort. Memory is rounded up from peaks measured at three sizes (the largest had
# 40,000 features, or 4000 patients; tests/workflow/test_resources.py has them); what grows with pairs of patients and most
# run times are generous allowances. A job that needs more all the same is retried with more.
from functools import cache as _cache

from stratomics.config.size import cohort_size as _cohort_size
from stratomics.network_size import (
    CPU_BATCH as _CPU_BATCH,
    OUTCOMES as _OUTCOMES,
    NetworkSize as _NetworkSize,
    retraining_bytes as _retraining_bytes,
    training_bytes as _training_bytes,
)


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


# Millions of measurements from which on reading asks for a second core: blocks of a table of text are read side by side.
READING_ALONE = 20


def reading_threads(wildcards):
    """Cores that reading the tables of a cohort asks for."""
    return 2 if _size(wildcards.cohort)["cells"] > READING_ALONE else 1


# Columns of clinical covariates beside the omics: more than most cohorts have, and nothing beside the omics.
CLINICAL_COLUMNS = 50


def _networks(wildcards, supervised=False):
    """The size of the networks of a job, those that look at survival or the others."""
    size, embedding = _sizes(wildcards.cohort), EMBEDDINGS[wildcards.embedding]
    if supervised:
        embedding = {**embedding, **embedding["supervised"]}
    clinic = [CLINICAL_COLUMNS] if embedding["clinical"] else []
    views = [*size.views(SETTINGS["preprocess"]["max_features"]), *clinic]
    complete = COHORTS[wildcards.cohort].get("patients", "complete") == "complete"
    return _NetworkSize(
        size.patients,
        # Where the omics are one to the networks.
        [sum(views)] if embedding["architecture"] == "early" and complete else views,
        hidden=embedding["hidden"],
        latents=embedding["latent"],
        rows=embedding["batch_size"],
    )


def _committee(embedding):
    """Networks per split that look at survival."""
    return embedding["committee"] if embedding["survival"] > 0 else 0


def training_memory(wildcards, attempt):
    """Memory (MB) of training: libraries and cohort, as of other rules, and the networks by their sizes."""
    embedding = EMBEDDINGS[wildcards.embedding]
    committee = _committee(embedding)
    networks = max(
        _training_bytes(
            _networks(wildcards, supervised),
            splits=SPLITS,
            restarts=embedding["restarts"],
            committee=committee,
            threads=TRAINING_THREADS,
        )
        for supervised in ([False, True] if committee else [False])
    )
    return memory(1000 + CUDA_MB + networks / 1e6, cells=6)(wildcards, attempt)


# Memory (MB) that torch takes where networks are trained anew.
TORCH_MB = 300


def chain_memory(base_mb, outcomes=None, **bytes_per):
    """Memory (MB) of running the chain again, as `memory` says, and of networks that are trained anew: for so many outcomes
    side by side, or a batch after the other."""

    def mem_mb(wildcards, attempt):
        committee = _committee(EMBEDDINGS[wildcards.embedding])
        if not committee:
            return memory(base_mb, **bytes_per)(wildcards, attempt)
        many = outcomes is not None
        again = _retraining_bytes(
            _networks(wildcards, supervised=True),
            networks=outcomes * committee if many else _CPU_BATCH,
            batch=_OUTCOMES if many else _CPU_BATCH,
        )
        return memory(base_mb + TORCH_MB + again / 1e6, **bytes_per)(wildcards, attempt)

    return mem_mb


# Minutes of one core per 1e12 of networks x epochs x patients x weights: at most 11 on 334 patients.
TRAINING_MINUTES = 20


def chain_runtime(base_minutes, trainings, **minutes_per_million):
    """Run time (minutes) of running the chain again, as `runtime` says, and of training the networks of a split anew so often."""

    def minutes(wildcards, attempt):
        embedding = EMBEDDINGS[wildcards.embedding]
        size = _networks(wildcards, supervised=True)
        networks = trainings * _committee(embedding)
        work = (
            networks * embedding["supervised"]["epochs"] * size.patients * size.weights
        )
        return runtime(
            base_minutes + TRAINING_MINUTES * work / 1e12, **minutes_per_million
        )(wildcards, attempt)

    return minutes


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


def prediction_memory(wildcards, input, attempt):
    """Memory (MB): libraries and model, and a generous allowance for tables that may be compressed."""
    return int((1500 + 20 * input.size_mb) * attempt)
