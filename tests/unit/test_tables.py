from __future__ import annotations

import errno
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort import load_cohort, save_cohort
from stratomics.embedding import NetworkState
from stratomics.errors import DataError
from stratomics.tables import (
    load_arrays,
    load_models,
    read_json,
    read_table,
    read_tables,
    save_arrays,
    write_json,
    write_table,
)
from stratomics.writing import atomic_path


def test_a_table_survives_the_round_trip(tmp_path):
    table = pd.DataFrame(
        {"patient": ["001", "002"], "risk": [1 / 3, np.nan], "selected": [True, False], "word": ["NULL", "a b"]}
    )
    write_table(table, tmp_path / "t.tsv")
    back = read_table(tmp_path / "t.tsv")
    assert back["patient"].tolist() == ["001", "002"]
    assert back["word"].tolist() == ["NULL", "a b"]
    assert back["selected"].tolist() == [True, False]
    assert back["risk"][0] == pytest.approx(1 / 3, rel=1e-9)
    assert np.isnan(back["risk"][1])


def test_tables_are_read_by_name_and_never_one_for_another(tmp_path):
    for name in ("ae", "vae"):
        write_table(pd.DataFrame({"of": [name]}), tmp_path / f"{name}.tsv")
    paths = [tmp_path / "ae.tsv", tmp_path / "vae.tsv"]
    assert {name: table["of"][0] for name, table in read_tables(["ae", "vae"], paths).items()} == {
        "ae": "ae",
        "vae": "vae",
    }
    with pytest.raises(ValueError, match="shorter"):
        read_tables(["ae", "dae", "vae"], paths)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "t.tsv"
    target.write_text("old")

    def fail():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_written_files_are_readable_by_others_as_the_umask_says(tmp_path):
    old = os.umask(0o022)
    try:
        write_json({"a": 1}, tmp_path / "a.json")
    finally:
        os.umask(old)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644


def test_arrays_survive_the_round_trip_with_their_metadata(tmp_path):
    arrays = {"b": np.arange(6.0).reshape(2, 3).T, "a": np.array([1, 2], dtype=np.int64)}
    save_arrays(tmp_path / "x.safetensors", arrays, {"kind": "vae", "note": "ä"})
    back, metadata = load_arrays(tmp_path / "x.safetensors")
    assert metadata == {"kind": "vae", "note": "ä"}
    for name, values in arrays.items():
        np.testing.assert_array_equal(back[name], values)
        assert back[name].dtype == values.dtype


def test_bytes_do_not_depend_on_the_hash_seed(tmp_path):
    code = (
        "import sys, numpy as np, pandas as pd\n"
        "from stratomics.tables import save_arrays, write_table\n"
        "names = {'x', 'y', 'z', 'w'}\n"
        "save_arrays(sys.argv[1] + '.safetensors', {n: np.ones(2) * len(n) for n in names}, {n: n for n in names})\n"
        "write_table(pd.DataFrame({'a': [1.0]}), sys.argv[1] + '.tsv.gz')\n"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], check=True, env=environment)
    for suffix in (".safetensors", ".tsv.gz"):
        assert (tmp_path / f"1{suffix}").read_bytes() == (tmp_path / f"2{suffix}").read_bytes()


def test_names_are_read_as_they_were_written(tmp_path):
    """A name may look like a number, a truth value or a missing one; other columns are read as what they are."""
    names = ["01", "1", "NA", "true", "", " x ", "a\tb", 'q"q', "a\nb", "a\rb", "a\r\nb"]
    table = pd.DataFrame({"covariate": names, "level": names[::-1], "value": [np.nan, *range(1, 11)]})
    for file in ("table.tsv", "table.tsv.gz"):
        write_table(table, tmp_path / file)
        pd.testing.assert_frame_equal(read_table(tmp_path / file), table)
    numbers = pd.DataFrame({"covariate": ["01", "02"], "level": ["true", "false"], "value": [1.5, 2]})
    write_table(numbers, tmp_path / "numbers.tsv")
    pd.testing.assert_frame_equal(read_table(tmp_path / "numbers.tsv"), numbers)


DAMAGES = {
    "emptied": lambda whole: b"",
    "cut": lambda whole: whole[: len(whole) // 2 + 1],
    "cut early": lambda whole: whole[:5],
}


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz", "a.safetensors", "m.safetensors", "j.json", "c.h5mu"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, small_cohort, name, how):
    path = tmp_path / "of one" / name
    frame = pd.DataFrame({"patient": ["P1", "P2"], "risk": [0.123456, 0.234567]})
    write, read = {
        "t.tsv": (lambda: write_table(frame, path), read_table),
        "t.tsv.gz": (lambda: write_table(frame, path), read_table),
        "a.safetensors": (lambda: save_arrays(path, {"x": np.arange(9.0)}, {"kind": "x"}), load_arrays),
        "m.safetensors": (lambda: save_arrays(path, {}, {"full": "{}"}), lambda path: load_models(path, NetworkState)),
        "j.json": (lambda: write_json({"a": [1, 2]}, path), read_json),
        "c.h5mu": (lambda: save_cohort(small_cohort, path), load_cohort),
    }[name]
    write()
    if name != "m.safetensors":  # which is whole, but lacks what makes a network
        read(path)
    path.write_bytes(DAMAGES[how](path.read_bytes()))
    with pytest.raises(DataError, match=r"is damaged \(.+\)\. Remove it and run the same command again") as caught:
        read(path)
    assert caught.value.faults[0].endswith(f"rm '{path}'")
    assert ("it is empty" in caught.value.faults[0]) == (how == "emptied")


def test_json_without_its_parts_is_damaged(tmp_path):
    for content in ({}, [], {"tables": []}):
        write_json(content, tmp_path / "read.json")
        with pytest.raises(DataError, match=r"is damaged \(it has no 'settings'\)"):
            read_json(tmp_path / "read.json", ["settings"])


def test_a_cohort_of_another_version_is_damaged(tmp_path, small_cohort):
    import h5py

    save_cohort(small_cohort, tmp_path / "c.h5mu")
    with h5py.File(tmp_path / "c.h5mu", "a") as file:
        del file["uns/cohort"]
    with pytest.raises(DataError, match="is damaged"):
        load_cohort(tmp_path / "c.h5mu")


def test_a_file_that_is_not_there_is_not_damaged(tmp_path):
    for read in (read_table, load_arrays, read_json):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "absent")


@pytest.mark.parametrize(
    "refusal",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("Can't write data (file write failed: errno = 28, error message = 'No space left on device')"),  # HDF5
    ],
)
def test_a_refused_write_names_the_file(tmp_path, refusal):
    with pytest.raises(OSError, match="No space left") as caught, atomic_path(tmp_path / "x.h5mu"):
        raise refusal
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "x.h5mu")
    assert list(tmp_path.iterdir()) == []
