"""Run Snakemake as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def snakemake():
    """Return a function that runs `snakemake` on this repository and gives back the finished process."""

    def run(*arguments, cwd=ROOT, check=True, snakefile=ROOT / "Snakefile", hash_seed=None):
        environment = {**os.environ, "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}
        if hash_seed is not None:
            environment["PYTHONHASHSEED"] = str(hash_seed)
        command = [sys.executable, "-m", "snakemake", "-s", str(snakefile), *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        if check and done.returncode:
            pytest.fail(
                f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
            )
        return done

    return run
