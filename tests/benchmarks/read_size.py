"""Time and peak memory of a large table of text brought to genes, against ``pandas.read_csv`` of the same file, which stops there.

    python tests/benchmarks/read_size.py --features 485000 --samples 800
    python tests/benchmarks/read_size.py --features 485000 --samples 800 --gzip
    python tests/benchmarks/read_size.py --features 20000 --samples 10000 --no-map
    python tests/benchmarks/read_size.py --features 20000 --samples 10000 --no-map --samples-in-rows

The file is written to a temporary folder: values between 0 and 1 with some decimals, one in fifty missing, and a map
of the features to a gene each, of a quarter of them to none. Each reader runs in a process of its own, one after the other; seconds
are those of reading, without imports, memory is the most that the process held. Where other work goes on beside it, compare the
seconds of a core, with imports, too. The results of both are compared.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import stratomics.runtime  # noqa: F401  (holds BLAS to one thread, before numpy is imported)

# isort: split
import numpy as np

#: Texts of which rows are slices.
POOL = 1_000_000

#: Genes, or features, by which the readers are compared.
COMPARED = 50


def main() -> None:
    """Print one row per reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=int, default=485_000)
    parser.add_argument("--samples", type=int, default=800)
    parser.add_argument("--genes", type=int, default=20_000)
    parser.add_argument("--decimals", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--no-map", dest="map", action="store_false")
    parser.add_argument("--samples-in-rows", action="store_true")
    parser.add_argument("--folder", help="where to write, instead of the system's folder of temporary files")
    parser.add_argument("--run", choices=["write", "stratomics", "pandas"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        {"write": write, "stratomics": read, "pandas": read_with_pandas}[options.run](options)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        again = [sys.executable, __file__, *sys.argv[1:], "--folder", folder, "--run"]
        for run in ("write", "stratomics", "pandas"):
            subprocess.run([*again, run], check=True)
        ours, theirs = (np.load(Path(folder) / f"{run}.npy") for run in ("stratomics", "pandas"))
        print(f"largest difference: {np.nanmax(np.abs(ours - theirs)):.1e}")
        if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
            print("NOT THE SAME VALUES ARE MISSING")


def table_path(options: argparse.Namespace) -> Path:
    """Return where the table is."""
    return Path(options.folder) / ("table.tsv.gz" if options.gzip else "table.tsv")


def samples(options: argparse.Namespace) -> list[str]:
    """Return the names of the samples."""
    return [f"TCGA-{i // 10_000:02d}-{i % 10_000:04d}-01" for i in range(options.samples)]


def write(options: argparse.Namespace) -> None:
    """Write the table and its map."""
    rng = np.random.default_rng(0)
    pool = [f"{value:.{options.decimals}f}" for value in rng.beta(0.5, 0.5, POOL)]
    for i in rng.integers(0, POOL, POOL // 50):
        pool[i] = "NA"
    rows, columns = [f"cg{i:08d}" for i in range(options.features)], samples(options)
    if options.samples_in_rows:
        rows, columns = columns, rows
    path = table_path(options)
    starts = rng.integers(0, POOL - len(columns), len(rows))
    opened = gzip.open(path, "wt", compresslevel=6) if options.gzip else path.open("w")
    with opened as file:
        file.write("\t".join(["sample", *columns]) + "\n")
        for name, start in zip(rows, starts.tolist(), strict=True):
            file.write("\t".join([name, *pool[start : start + len(columns)]]) + "\n")
    gene = rng.integers(0, options.genes * 4 // 3, options.features)
    with (path.parent / "map.tsv").open("w") as file:
        file.write("id\tgene\n")
        file.writelines(f"cg{i:08d}\t{f'G{g}' if g < options.genes else ''}\n" for i, g in enumerate(gene.tolist()))
    print(f"{path.stat().st_size / 1e9:.2f} GB, {options.features} features x {options.samples} samples")
    print(f"{'':12}{'seconds':>10}{'of a core':>10}{'peak MB':>10}{'shape':>18}")


def report(run: str, seconds: float, shape: tuple[int, ...], part: np.ndarray, options: argparse.Namespace) -> None:
    """Print a row, and keep what is compared."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{run:12}{seconds:10.1f}{time.process_time():10.1f}{peak:10.0f}{f'{shape[0]} x {shape[1]}':>18}", flush=True)
    np.save(Path(options.folder) / f"{run}.npy", part)


def read(options: argparse.Namespace) -> None:
    """Read it as the intake does."""
    from stratomics.cohort.checks import Checks
    from stratomics.cohort.read import read_matrix

    checks, settings = Checks(), {"map": "map.tsv"} if options.map else {}
    start = time.perf_counter()
    known = frozenset(samples(options))
    matrix = read_matrix(
        table_path(options).name, options.folder, "omics", checks, known, settings, threads=options.threads
    )
    values = matrix.values if matrix.genes is None else matrix.genes.by_patient().T
    seconds = time.perf_counter() - start
    part = values.T[:COMPARED] if options.samples_in_rows and matrix.genes is None else values[:COMPARED]
    report("stratomics", seconds, values.shape, part, options)


def read_with_pandas(options: argparse.Namespace) -> None:
    """Read it with the reader that most would take."""
    import pandas as pd

    start = time.perf_counter()
    table = pd.read_csv(table_path(options), sep="\t", index_col=0)
    seconds = time.perf_counter() - start
    features = table.T if options.samples_in_rows else table
    part = features.iloc[:COMPARED]
    if options.map:
        gene = pd.read_csv(Path(options.folder) / "map.tsv", sep="\t", index_col=0)["gene"].dropna()
        first = gene.drop_duplicates()[:COMPARED]
        part = features.loc[gene.index[gene.isin(first)]].groupby(gene).mean().loc[first]
    report("pandas", seconds, table.shape, part.to_numpy(), options)


if __name__ == "__main__":
    main()
