"""Where rules run and where their tables come from: as a module, in a container, from an address."""

from __future__ import annotations

import copy
import http.server
import os
import sys
import threading
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "docker://registry.example.org/stratomics:1.0"

MODULE = f"""\
configfile: "config.yaml"


module stratomics:
    snakefile:
        "{ROOT}/workflow/Snakefile"
    config:
        config
    prefix:
        "subtypes"


use rule * from stratomics as stratomics_*
"""

# In place of apptainer: it keeps what it was asked for, and runs the command without any container.
STAND_IN = """\
#!/bin/sh
if [ "$1" = --version ]; then echo "apptainer version 1.3.4"; exit; fi
echo "$*" >> "$APPTAINER_ASKED"
if [ "$1" = pull ]; then touch "$3"; exit; fi
for command; do :; done
exec bash -c "$command"
"""


@pytest.fixture
def tables(small_settings, tmp_path) -> dict:
    """The config of the small cohort with tables of its own, in the folder `data`."""
    from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated

    (one,) = small_settings["cohorts"]
    (tmp_path / "data").mkdir()
    write_simulated(simulate_cohort(one["name"], one["simulate"]), tmp_path / "data")
    config = simulated_cohort_config(one["simulate"], "data", name=one["name"])
    return {**copy.deepcopy(small_settings), "cohorts": [config]}


def write(config: dict, path: Path) -> Path:
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def addressed(config: dict, start: str) -> dict:
    """The same config with its tables at an address."""
    (cohort,) = copy.deepcopy(config)["cohorts"]
    for table in [cohort["clinical"], *cohort["omics"]]:
        table["path"] = f"{start}/{Path(table['path']).name}"
    return {**config, "cohorts": [cohort]}


@pytest.fixture
def apptainer(tmp_path, monkeypatch) -> Path:
    """Put a stand-in for apptainer on the path; return the file of what it was asked for."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "apptainer"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("APPTAINER_ASKED", str(tmp_path / "asked.txt"))
    return tmp_path / "asked.txt"


def test_a_module_runs_below_its_prefix_on_the_tables_of_the_working_directory(snakemake, tables, tmp_path):
    write(tables, tmp_path / "config.yaml")
    (tmp_path / "Snakefile").write_text(MODULE)
    snakemake("--cores", 2, "stratomics_preprocess", cwd=tmp_path, snakefile=tmp_path / "Snakefile")
    assert (tmp_path / "subtypes" / "results" / "small" / "preprocess" / "transforms.safetensors").is_file()
    assert (tmp_path / "subtypes" / "logs" / "small" / "build_cohort.log").is_file()
    assert not (tmp_path / "results").exists()
    done = snakemake("-n", "stratomics_preprocess", cwd=tmp_path, snakefile=tmp_path / "Snakefile")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_tables_and_folders_may_have_any_name(snakemake, tables, tmp_path):
    """Snakemake takes {cohort} for a wildcard and <results> for a path of its own; a shell has its own view of the rest."""
    away = tmp_path / "My {cohort} <results> (1) $HOME 'é' \"😀\" # % * ? & ; | b\\s"
    (tmp_path / "data").rename(away)
    (cohort,) = tables["cohorts"]
    for i, table in enumerate([cohort["clinical"], *cohort["omics"]]):
        file = away / Path(table["path"]).name
        table["path"] = f"{'{cohort} {x,y} <v>' if i else 'plain'} {file.name}"
        file.rename(away / table["path"])
    config = write(tables, away / "my {config}.yaml")
    snakemake("--cores", 1, "check", "--configfile", config, cwd=away)
    assert (away / "results" / "small" / "checks.tsv").is_file()


def test_rules_run_in_the_image_of_the_config(snakemake, tables, apptainer, tmp_path):
    config = write({**tables, "container": IMAGE}, tmp_path / "image.yaml")
    run = ("--directory", tmp_path, "--configfile", config, "--software-deployment-method", "apptainer")
    snakemake("--cores", 1, "check", *run, "--apptainer-args= --nv")  # with a blank, or it is taken for an option
    pulled, *ran = apptainer.read_text().splitlines()
    assert pulled.startswith("pull ")
    assert pulled.endswith(IMAGE)
    for command, script in zip(ran, ("build_cohort.py", "write_checks.py"), strict=True):
        assert all(word in command for word in ("exec ", " --nv ", script))
    assert (tmp_path / "results" / "small" / "checks.tsv").is_file()


def test_an_image_can_be_a_file(snakemake, tables, apptainer, tmp_path):
    (tmp_path / "own.sif").touch()
    config = write({**tables, "container": "own.sif"}, tmp_path / "image.yaml")
    run = ("--directory", tmp_path, "--configfile", config, "--software-deployment-method", "apptainer")
    snakemake("--cores", 1, "check", *run)
    assert all(" own.sif " in ran for ran in apptainer.read_text().splitlines())


def test_the_image_is_no_parameter_of_a_rule_and_without_apptainer_it_is_not_used(snakemake, tables, tmp_path):
    plain = write(tables, tmp_path / "plain.yaml")
    image = write({**tables, "container": IMAGE}, tmp_path / "image.yaml")
    snakemake("--cores", 1, "check", "--directory", tmp_path, "--configfile", plain)
    done = snakemake("-n", "check", "--directory", tmp_path, "--configfile", image)
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_table_at_an_address_without_its_plugin_says_what_to_install(snakemake, tables, tmp_path):
    config = write(addressed(tables, "nosuch://bucket/folder"), tmp_path / "remote.yaml")
    done = snakemake("-n", "check", "--directory", tmp_path, "--configfile", config, check=False)
    assert done.returncode != 0
    assert "pip install snakemake-storage-plugin-nosuch" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.skipif(find_spec("snakemake_storage_plugin_http") is None, reason="needs snakemake-storage-plugin-http")
def test_tables_are_fetched_from_an_address(snakemake, tables, tmp_path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "data")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        remote = write(addressed(tables, f"http://127.0.0.1:{server.server_port}"), tmp_path / "remote.yaml")
        (tmp_path / "away").mkdir()
        run = ("check", "--directory", tmp_path / "away", "--configfile", remote)
        snakemake("--cores", 1, *run)
        done = snakemake("-n", *run)
        server.shutdown()
    assert (tmp_path / "away" / "results" / "small" / "intake" / "cohort.h5mu").is_file()
    assert "Nothing to be done" in done.stdout + done.stderr
