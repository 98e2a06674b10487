"""A cohort that names an archive and a project only: downloaded from a server with the archive's layout, then read as any other."""

from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.archive import Archive, serving

from stratomics.cohort import load_cohort
from stratomics.cohort.simulate import simulate_cohort, write_simulated

PROJECT = "TCGA-LIHC"


def archived(folder: Path) -> dict[str, bytes]:
    """A simulated cohort as the archive lays it out: features in rows, samples in columns, and survival by sample."""

    def packed(name: str, rows: list[list[str]]) -> tuple[str, bytes]:
        text = io.StringIO()
        csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
        return f"/download/{PROJECT}.{name}.tsv.gz", gzip.compress(text.getvalue().encode())

    def rows_of(name: str) -> list[list[str]]:
        (path,) = folder.glob(f"{name}.*")
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt") as file:
            return list(csv.reader(file, delimiter="\t"))

    head, *rows = rows_of("clinical")
    at = {name: head.index(name) for name in head}
    patients = {row[at["patient"]]: f"TCGA-AA-{1000 + i}" for i, row in enumerate(rows)}

    def matrix(name: str) -> list[list[str]]:
        (_, *features), *rows = rows_of(name)
        columns = [[f"{patients[row[0]]}-01A", *row[1:]] for row in rows]
        return [list(row) for row in zip(["Ensembl_ID", *features], *columns, strict=True)]

    survival = [
        [f"{patient}-{kind}A", row[at["event"]], patient, row[at["time"]]]
        for row in rows
        for patient in [patients[row[at["patient"]]]]
        for kind in ("01", "11")
    ]
    return dict(
        [
            packed("star_tpm", matrix("mrna")),
            packed("mirna", matrix("mirna")),
            packed(
                "clinical", [["sample", "age"], *([f"{patients[r[at['patient']]]}-01A", r[at["age"]]] for r in rows)]
            ),
            packed("survival", [["sample", "OS", "_PATIENT", "OS.time"], *survival]),
        ]
    )


@pytest.fixture(scope="module")
def archive(small_settings, tmp_path_factory) -> Any:
    folder = tmp_path_factory.mktemp("archived")
    (one,) = small_settings["cohorts"]
    write_simulated(simulate_cohort(one["name"], one["simulate"]), folder)
    with serving(Archive(archived(folder))) as served:
        yield served


def test_a_cohort_is_downloaded_through_every_fault_and_a_second_run_needs_no_network(snakemake, archive, tmp_path):
    config: dict[str, Any] = {
        "cohorts": [
            {
                "name": "LIHC",
                "source": {"xena": PROJECT},
                "clinical": {"join": [f"xena://{PROJECT}.clinical.tsv.gz"], "covariates": ["age"]},
            }
        ],
        "retrieval": {"cache": str(tmp_path / "cache"), "timeout": 0.5, "xena": {"hosts": [archive.host]}},
    }
    (tmp_path / "run").mkdir()
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config))
    snakemake("check", "-n", "--configfile", tmp_path / "own.yaml", cwd=tmp_path / "run")
    assert archive.asked == []  # a dry run asks nobody

    mrna, mirna, survival = (f"/download/{PROJECT}.{name}.tsv.gz" for name in ("star_tpm", "mirna", "survival"))
    archive.faults = {survival: [("status", 503)], mrna: [("break", 20_000)], mirna: [("stall", (10_000, 0.8))]}
    made = "results/LIHC/cohort.h5mu"
    snakemake("check", made, "--cores", 1, "--configfile", tmp_path / "own.yaml", cwd=tmp_path / "run")
    results = tmp_path / "run" / "results" / "LIHC"
    assert (results / "checks.tsv").is_file()
    cohort = load_cohort(results / "cohort.h5mu")
    assert cohort.n > 100
    assert cohort.clinical["age"].notna().mean() > 0.9
    assert [one.name for one in cohort.omics] == ["mrna", "mirna"]
    assert str(cohort.patients[0]).startswith("TCGA-AA-1")
    for path in archive.files:
        assert (results / "fetched" / Path(path).name).read_bytes() == archive.files[path]
    assert (mrna, "bytes=20000-") in archive.asked

    # Another folder, the same cache, no network.
    archive.asked.clear()
    config["retrieval"]["offline"] = True
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "other").mkdir()
    fetched = [f"results/LIHC/fetched/{Path(path).name}" for path in archive.files]
    snakemake("--cores", 1, *fetched, "--configfile", tmp_path / "own.yaml", cwd=tmp_path / "other")
    assert archive.asked == []
    assert all((tmp_path / "other" / path).is_file() for path in fetched)


def test_a_project_that_the_archive_does_not_have_ends_with_the_address_and_what_to_do(snakemake, archive, tmp_path):
    config: dict[str, Any] = {
        "cohorts": [{"name": "LIHC", "source": {"xena": "TCGA-XXXX"}}],
        "retrieval": {"cache": str(tmp_path / "cache"), "xena": {"hosts": [archive.host]}},
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config))
    done = snakemake("--cores", 1, "check", "--configfile", tmp_path / "own.yaml", cwd=tmp_path, check=False)
    assert done.returncode != 0
    # Whichever of its tables comes first.
    asked = rf"{re.escape(archive.host)}TCGA-XXXX\.\w+\.tsv\.gz: the server answered 404: there is no such file\."
    assert re.search(asked, done.stderr)
    assert not list(tmp_path.glob("results/**/*.tsv.gz"))
    assert not list((tmp_path / "cache").rglob("*.tsv.gz*"))
