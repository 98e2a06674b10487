"""The tables of a config: any file name is allowed, and what cannot be a table is told before any job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from stratomics.config import load_config
from stratomics.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"

ALLOWED = "allowed is a table as text (separated by tabs, commas or semicolons) or Parquet, gzipped or not."


def config(*omics: str, clinical: str = "clinical.tsv") -> dict[str, Any]:
    """A config of one cohort with these tables."""
    tables = [{"name": f"omics{i}", "path": path} for i, path in enumerate(omics)]
    columns = {"patient": "patient", "time": "OS.time", "event": "OS"}
    return {"cohorts": [{"name": "LIHC", "omics": tables, "clinical": {"path": clinical, **columns}}]}


def faults_of(config: dict[str, Any], base: Path) -> list[str]:
    """The messages, without the key of the first omics and with {base} for the folder."""
    with pytest.raises(ConfigError) as caught:
        load_config(config, schema_path=SCHEMA, base_dir=base)
    return [
        fault.removeprefix("cohorts[0].omics[0].path: ").replace(str(base), "{base}") for fault in caught.value.faults
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with tables, which nothing reads, and with what is none."""
    for name in ("mrna.tsv", "mirna.tsv.gz", "clinical.tsv"):
        (tmp_path / name).write_text("patient\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "empty.tsv").touch()
    (tmp_path / "broken.tsv").symlink_to("gone.tsv")
    (tmp_path / "round.tsv").symlink_to("round.tsv")
    os.mkfifo(tmp_path / "pipe.tsv")
    return tmp_path


LOOKED = "(looked from '{base}', where relative paths start)"
SHELL = "Only a shell knows what ~ and $ stand for. Write '/home/me/mrna.tsv'."
TEXT = "If it is text all the same, rename it."

# path -> its message; {base} is the folder with the tables
BROKEN = {
    "mirna.tsv": f"no file 'mirna.tsv' {LOOKED}. Did you mean 'mirna.tsv.gz' in that folder?",
    "other/mrna.tsv": f"no file 'other/mrna.tsv' {LOOKED}. The folder '{{base}}/other' does not exist.",
    "mrna.tsv/x": f"no file 'mrna.tsv/x' {LOOKED}. The folder '{{base}}/mrna.tsv' does not exist.",
    "qqq": f"no file 'qqq' {LOOKED}. No name in that folder is near.",
    "data\\mrna.tsv": f"no file 'data\\mrna.tsv' {LOOKED}. Folders are separated by /. Write 'data/mrna.tsv'.",
    "D:\\My data\\mrna.tsv": f"no file 'D:\\My data\\mrna.tsv' {LOOKED}. This is a path of Windows; under WSL, write "
    "'/mnt/d/My data/mrna.tsv'.",
    "~/mrna.tsv": f"no file '~/mrna.tsv' {LOOKED}. {SHELL}",
    "$HOME/mrna.tsv": f"no file '$HOME/mrna.tsv' {LOOKED}. {SHELL}",
    "data": "'data' is a folder without files of a known format; a table is needed. Name the file in it.",
    "empty.tsv": "'empty.tsv' is empty (0 bytes); a table is needed. Copy or download it again.",
    "broken.tsv": "'broken.tsv' is a link to 'gone.tsv', which does not exist. Mend the link or name another file.",
    "round.tsv": "'round.tsv' is a link that leads back to itself. Name the file itself.",
    "pipe.tsv": "'pipe.tsv' is a device or a pipe; a table is read more than once. Save it as a file and name that.",
    "a"
    * 300: f"'{'a' * 80}...{'a' * 40}' has 300 characters, and this system allows no path or name of that length. Shorten it.",
    "a"
    * 5000: f"found '{'a' * 57}...'; allowed is the path or address of a table, on one line. It has 5000 characters: shorten it.",
    "a\nb.tsv": "found 'a\\nb.tsv'; allowed is the path or address of a table, on one line. Change it.",
    "a\0b.tsv": "found 'a\\x00b.tsv'; allowed is the path or address of a table, on one line. Change it.",
    "": "found ''; allowed is the path or address of a table, on one line. Change it.",
    "a\ud800.tsv": "'a\\ud800.tsv' cannot be looked up ('utf-8' codec can't encode character '\\ud800' in position {at}: "
    "surrogates not allowed). Name another file.",
    "mrna.XLSX": f"'mrna.XLSX' is a spreadsheet, by its ending; {ALLOWED} Save the sheet as tab-separated text (.tsv) and name "
    f"that file. {TEXT}",
    "mrna.rds": f"'mrna.rds' is an object of R, by its ending; {ALLOWED} Write it from R: write.table(x, \"table.tsv\", sep = "
    f'"\\t", quote = FALSE, col.names = NA). {TEXT}',
    "x.loom": f"'x.loom' is an object of Python, by its ending; {ALLOWED} Write it from Python: frame.to_csv('table.tsv', "
    f"sep='\\t'). {TEXT}",
    "x.tar.gz": f"'x.tar.gz' is an archive, by its ending; {ALLOWED} Unpack it and name the table in it. {TEXT}",
    "x.tsv.bz2": f"'x.tsv.bz2' is compressed in a way that is not read, by its ending; {ALLOWED} Unpack it; gzip (.gz) is read. "
    f"{TEXT}",
    "x.fq.gz": f"'x.fq.gz' is no table of measurements, by its ending; {ALLOWED} Name the table that was made from it. {TEXT}",
    "x.dta": f"'x.dta' is a file of another statistics program, by its ending; {ALLOWED} Save it there as tab-separated text "
    f"(.tsv) and name that file. {TEXT}",
    "https://a.org/x.pdf": f"'https://a.org/x.pdf' is a document, by its ending; {ALLOWED} Save the table in it as tab-separated "
    f"text (.tsv) and name that file. {TEXT}",
    "https://a.org/{x} y": "'https://a.org/{x} y' has blanks or brackets, which an address cannot hold. Write "
    "'https://a.org/%7Bx%7D%20y'.",
    "file:///data/x.tsv": "found 'file:///data/x.tsv', an address of a file on this machine. Write its path: '/data/x.tsv'.",
}


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: ascii(path[:20]))
def test_each_fault_of_a_path_has_its_message(path: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    message = BROKEN[path].replace("{at}", str(len(f"{folder}/a")))
    assert faults_of(config(path), folder) == [message]


@pytest.mark.parametrize(
    "name", ["HiSeqV2", "{x} <y> 'q' \"d\" (1) [2] é # % * ? & ; | $HOME ~ 😀 b\\s", "~", "a.gct", "a.tab.gz"]
)
def test_any_other_name_is_allowed(name: str, folder: Path) -> None:
    (folder / "mrna.tsv").rename(folder / name)
    loaded = load_config(config(name), schema_path=SCHEMA, base_dir=folder)
    assert loaded["cohorts"][0]["omics"][0]["path"] == name


@pytest.mark.parametrize(
    "spelling", ["mrna.tsv", "./mrna.tsv", "data/../mrna.tsv", "{base}/mrna.tsv", "link.tsv", "hard.tsv"]
)
def test_a_file_is_named_once_however_it_is_spelled(spelling: str, folder: Path) -> None:
    (folder / "link.tsv").symlink_to("mrna.tsv")
    (folder / "hard.tsv").hardlink_to(folder / "mrna.tsv")
    spelling = spelling.replace("{base}", str(folder))
    text = f"found '{spelling}', the same file as cohorts[0].omics[0].path.".replace(str(folder), "{base}")
    text += " Give every omics, and the clinical table, a file of its own."
    assert faults_of(config("mrna.tsv", spelling), folder) == [f"cohorts[0].omics[1].path: {text}"]
    assert faults_of(config("mrna.tsv", clinical=spelling), folder) == [f"cohorts[0].clinical.path: {text}"]


def test_an_address_is_named_once(folder: Path) -> None:
    address = "https://a.org/x.tsv"
    (fault,) = faults_of(config(address, address), folder)
    assert fault.startswith(
        "cohorts[0].omics[1].path: found 'https://a.org/x.tsv', the same file as cohorts[0].omics[0].path."
    )


def test_names_that_differ_in_capitals_are_two_files(folder: Path) -> None:
    (folder / "MRNA.tsv").write_text("patient\n")
    if (folder / "MRNA.tsv").samefile(folder / "mrna.tsv"):
        pytest.skip("this file system does not tell them apart")
    assert load_config(config("mrna.tsv", "MRNA.tsv"), schema_path=SCHEMA, base_dir=folder)


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "mrna.tsv")
    assert faults_of(config("mrna.tsv"), folder) == [
        "no permission to read 'mrna.tsv'. Change its permissions (chmod u+r)."
    ]


def test_a_folder_that_may_not_be_searched_or_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.stat

    def refuse(path: Path, **options: Any) -> os.stat_result:
        if path.name == "mrna.tsv":
            raise PermissionError(13, "Permission denied")
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert faults_of(config("mrna.tsv"), folder) == [
        "no permission to look for 'mrna.tsv'. Change the permissions of its folder (chmod u+rx)."
    ]

    def unlisted(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", unlisted)
    assert faults_of(config("absent.tsv"), folder) == [
        "no file 'absent.tsv' (looked from '{base}', where relative paths start). Its folder cannot be listed."
    ]
