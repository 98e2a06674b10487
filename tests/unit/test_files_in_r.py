"""The files of a cohort and of an embedding say in R what they said in Python: the blocks of docs/results.md, run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.store import save_cohort
from stratomics.cohort.types import Cohort, Omics
from stratomics.export import embedding_anndata
from stratomics.survival import logrank

PAGE = Path(__file__).resolve().parents[2] / "docs" / "results.md"

N, LATENTS = 60, 4

#: Writes what the page has read, every number with 17 digits, so that nothing is rounded on the way to the comparison.
WRITE = r"""
show <- function(x) {
  if (is.numeric(x)) ifelse(is.na(x), "", sprintf("%.17g", x)) else ifelse(is.na(x), "", paste0("=", as.character(x)))
}
put <- function(x, file) {
  x <- data.frame(x, check.names = FALSE)
  kinds <- vapply(x, function(column) class(column)[1], "")
  written <- rbind(kinds, vapply(x, show, character(nrow(x))))
  lines <- apply(cbind(c("", paste0("=", rownames(x))), written), 1, paste, collapse = "\t")
  writeLines(enc2utf8(c(paste(c("", names(x)), collapse = "\t"), lines)), file, useBytes = TRUE)
}
"""


def missing(package: str) -> bool:
    """Say whether R or a package of it is not there."""
    if shutil.which("Rscript") is None:
        return True
    code = f'quit(status = !nzchar(system.file(package = "{package}")))'
    return subprocess.run(["Rscript", "--vanilla", "-e", code], check=False).returncode != 0


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """A cohort with all that a file must hold, and an embedding of it."""
    rng = np.random.default_rng(3)
    patients = pd.Index([f"{i:03d}" for i in range(N)], name="patient", dtype=object)
    text = pd.Series(rng.choice(["I", "stade é", "NA", "two words"], N), dtype=object)
    clinical = pd.DataFrame(
        {
            "time": rng.exponential(1000, N),
            "event": rng.integers(0, 2, N).astype(np.int8),
            "age": np.where(rng.random(N) < 0.2, np.nan, rng.normal(60, 10, N)),
            "days/dose": rng.random(N) * 1e-9,
            "subtype": rng.choice(["mine", "yours"], N),
            "all missing": np.full(N, np.nan),
            "stage": text.mask(rng.random(N) < 0.2, np.nan).to_numpy(),
        },
        index=patients,
    )

    def omics(name: str, features: list[str], lack: float = 0, **more: Any) -> Omics:
        values = rng.normal(size=(N, len(features))).astype(np.float32)
        values[rng.random(values.shape) < 0.05] = np.nan
        values[rng.random(N) < lack] = np.nan
        table = pd.DataFrame(values, patients, pd.Index(features, dtype=object, name="feature"))
        return Omics(name, table, "none", **more)

    batch = pd.Series(rng.choice(["GA", "HiSeq"], N), patients, dtype=object, name="batch").mask(rng.random(N) < 0.1)
    empty = pd.Series([np.nan] * N, patients, dtype=object, name="batch")
    each = (
        omics("zeta", ["TP53", "a/b", "7", "β"]),
        omics("mirna", ["TP53", "let-7a", "x"], lack=0.3, batch=batch),
        omics("meth", ["only"], batch=empty),
    )
    groups = pd.Series(rng.choice(["north", "south"], N), patients, dtype=object, name="groups")
    subtypes = pd.DataFrame(
        {
            "patient": patients,
            "time": clinical["time"].to_numpy(),
            "event": clinical["event"].to_numpy(),
            "subtype": rng.integers(1, 4, N),
            "ambiguous": rng.random(N) < 0.3,
            "risk": rng.normal(size=N),
            "heldout_subtype_r0": rng.integers(1, 4, N),
            "heldout_risk_r0": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N)),
        }
    )
    prognostic = pd.DataFrame(
        {
            "split": "full",
            "latent": [f"z{i:02d}" for i in range(LATENTS)],
            "p": rng.random(LATENTS),
            "selected": [True, False, True, False],
            "reason": ["", "constant", "", ""],
        }
    )
    return {
        "cohort": Cohort("LIHC", each, clinical, groups),
        "latents": rng.normal(size=(N, LATENTS)),
        "prognostic": prognostic,
        "subtypes": subtypes,
        "umap": pd.DataFrame(rng.normal(size=(N, 2)), columns=["umap_1", "umap_2"]),
        "history": pd.DataFrame({"split": "full", "epoch": [1, 2], "part": "network", "kept": [False, True]}),
    }


@pytest.fixture(scope="module")
def read(made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Write the files where the page has them, run its blocks there, and give back what R has seen by name."""
    if missing("rhdf5"):
        pytest.skip("Rscript with the package rhdf5 is not installed (Debian: r-bioc-rhdf5)")
    folder = tmp_path_factory.mktemp("in_r")
    cohort, embedding = folder / "results/LIHC/cohort.h5mu", folder / "results/LIHC/cox/embedding.h5ad"
    embedding.parent.mkdir(parents=True)
    save_cohort(made["cohort"], cohort)
    embedding_anndata(**made).write_h5ad(embedding)
    *plain, bioconductor = re.findall(r"^```r\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.S | re.M)
    names = [one.name for one in made["cohort"].omics]
    code = [WRITE, *plain, 'put(clinical, "clinical"); put(patients, "patients"); put(latents, "var")']
    code += ['put(coordinates, "latents"); put(umap, "umap")', 'put(data.frame(omics), "names")']
    code += [f'put(measured${name}, "{name}")' for name in names]
    test = "survdiff(Surv(time, event) ~ heldout_subtype_r0, patients)"
    assert test in plain[-1]
    code += [f'put(data.frame(chisq = {test}$chisq), "logrank")']
    if not missing("MultiAssayExperiment"):
        code += [bioconductor, 'put(colData(assays), "assays")', 'put(data.frame(names(assays)), "assays_names")']
        code += [f'put(assays[["{name}"]], "assays_{name}")' for name in names]
    (folder / "page.R").write_text("options(warn = 2)\n" + "\n".join(code), encoding="utf-8")
    done = subprocess.run(
        ["Rscript", "--vanilla", "page.R"], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = [path for path in folder.iterdir() if path.is_file() and path.suffix == ""]
    return {path.name: pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, index_col=0) for path in written}


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare a table of R with one of Python: names, patients, kinds, values, gaps; numbers to the last digit."""
    kinds, found = found.iloc[0], found.iloc[1:]
    assert list(found.columns) == [str(name) for name in expected]
    assert list(found.index) == [f"={name}" for name in expected.index]
    for name in expected:
        values = expected[name]
        shown = values[values.notna()].astype(str)
        if values.dtype == bool:
            assert kinds[str(name)] == "logical"
            shown = shown.str.upper()
        elif pd.api.types.is_numeric_dtype(values):
            assert kinds[str(name)] in ("numeric", "integer")
            numbers = found[str(name)].replace("", "nan").astype(float).to_numpy()
            np.testing.assert_array_equal(numbers, values.to_numpy(np.float64))
            continue
        else:
            assert kinds[str(name)] == "factor"
        assert dict(found.loc[found[str(name)] != "", str(name)]) == {f"={i}": f"={v}" for i, v in shown.items()}


def in_r(values: np.ndarray, rows: list[str], columns: list[str]) -> pd.DataFrame:
    """Name the axes of what was written as float32."""
    return pd.DataFrame(values.astype(np.float32), rows, columns)


def test_the_cohort(read: dict[str, Any], made: dict[str, Any]) -> None:
    cohort = made["cohort"]
    same(read["clinical"], cohort.clinical.assign(groups=cohort.groups))
    assert list(read["names"]["omics"].iloc[1:]) == ["=zeta", "=mirna", "=meth"]
    for one in cohort.omics:
        assert one.name != "mirna" or 0 < (~one.present).sum() < N
        same(read[one.name], one.values[one.present].T)


def test_the_embedding(read: dict[str, Any], made: dict[str, Any]) -> None:
    clinical = made["cohort"].clinical
    own = made["subtypes"].set_index("patient").drop(columns=["time", "event"]).astype({"subtype": object})
    renamed = {"subtype": "clinical_subtype", "days/dose": "clinical_days_dose"}
    patients = read["patients"]
    stored = {name: renamed.get(name, name) for name in clinical}
    assert set(stored.values()) <= set(patients.columns)
    same(patients, clinical.rename(columns=stored).join(own))
    same(read["var"], made["prognostic"].drop(columns="split").set_index("latent"))
    latents = list(made["prognostic"]["latent"])
    same(read["latents"], in_r(made["latents"], list(clinical.index), latents))
    found = read["umap"].iloc[1:].astype(float).to_numpy()
    np.testing.assert_array_equal(found, made["umap"].to_numpy(np.float32).astype(float))


def test_the_log_rank_test(read: dict[str, Any], made: dict[str, Any]) -> None:
    cohort = made["cohort"]
    expected = logrank(cohort.time, cohort.event, made["subtypes"]["heldout_subtype_r0"].to_numpy())
    assert float(read["logrank"]["chisq"].iloc[1]) == pytest.approx(expected.chi2, rel=1e-12)


def test_the_object_of_bioconductor(read: dict[str, Any], made: dict[str, Any]) -> None:
    if "assays" not in read:
        pytest.skip("R's package MultiAssayExperiment is not installed (Debian: r-bioc-multiassayexperiment)")
    cohort = made["cohort"]
    same(read["assays"], cohort.clinical.assign(groups=cohort.groups))
    assert list(read["assays_names"].iloc[1:, 0]) == ["=zeta", "=mirna", "=meth"]
    for one in cohort.omics:
        same(read[f"assays_{one.name}"], one.values[one.present].T)
