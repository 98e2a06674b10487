"""The workflow as Snakemake sees it, read once for the tests of a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

#: Names that reStructuredText would take for links, and one cohort of each sort.
CONFIG: dict[str, Any] = {
    "cohorts": [
        {"name": "cohort_", "simulate": {"patients": 50}},
        {
            "name": "tables",
            "omics": [{"name": name, "path": f"{name}.tsv"} for name in ("mrna", "mirna_")],
            "clinical": {
                "path": "clinical.tsv",
                **{"patient": "id", "time": "days", "event": "dead", "covariates": ["age", "sex_"]},
            },
        },
    ],
    "embeddings": ["ae", {"kind": "vae", "name": "mine_"}],
    "pathways": {"gmt": "sets_.gmt"},
}


@pytest.fixture(scope="session")
def described(tmp_path_factory) -> dict[str, Any]:
    """Rules, jobs and config of a workflow of two cohorts, as `describe_workflow.py` writes them."""
    folder = tmp_path_factory.mktemp("described")
    for name in ("mrna", "mirna_", "clinical"):
        (folder / f"{name}.tsv").write_text("x")
    (folder / "sets_.gmt").write_text("SET\tabout\tTP53\n")
    (folder / "own.yaml").write_text(yaml.safe_dump(CONFIG))
    script = Path(__file__).with_name("describe_workflow.py")
    command = [sys.executable, str(script), str(folder / "own.yaml"), str(folder), str(folder / "described.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / "described.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def rules(described) -> dict[str, dict[str, Any]]:
    """The rules that run a script, by name."""
    return {name: rule for name, rule in described["rules"].items() if rule["script"]}
