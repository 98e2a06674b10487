"""A table is told by its content, and read for that no more than once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

import stratomics.checksums as module
from stratomics.checksums import checksums, held_still
from stratomics.errors import DataError
from stratomics.locations import table_paths


@pytest.fixture
def table(tmp_path, monkeypatch) -> Path:
    """A table that is old enough for its checksum to be remembered."""
    monkeypatch.setattr(module, "SETTLED", -1.0)
    path = tmp_path / "mrna.tsv"
    path.write_text("one")
    return path


@pytest.fixture
def remembered(tmp_path) -> Path:
    return tmp_path / "cache" / "checksums.json"


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """The files that were read for their checksum."""
    found: list[str] = []
    digest = module._digest
    monkeypatch.setattr(module, "_digest", lambda path: found.append(Path(path).name) or digest(path))
    return found


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_table_is_read_once(table, remembered, read):
    assert checksums([table], remembered) == checksums([table], remembered) == [sha("one")]
    assert read == ["mrna.tsv"]


@pytest.mark.parametrize("how", ["longer", "same length", "same date", "replaced by an older one"])
def test_a_changed_table_is_read_again(table, remembered, how):
    checksums([table], remembered)
    status = table.stat()
    text = "three" if how == "longer" else "two"
    if how == "replaced by an older one":
        other = table.with_name("other")
        other.write_text(text)
        os.utime(other, (1e9, 1e9))
        other.rename(table)
    else:
        table.write_text(text)
        if how == "same date":
            os.utime(table, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert checksums([table], remembered) == [sha(text)]


def test_what_was_edited_just_now_is_not_remembered(table, remembered, read, monkeypatch):
    """The next edit may bear the same date."""
    monkeypatch.setattr(module, "SETTLED", 2.0)
    checksums([table], remembered)
    checksums([table], remembered)
    assert read == ["mrna.tsv"] * 2
    assert not remembered.exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"%s": [3, 4]}', '{"%s": "x"}', "\x00\xff"])
def test_a_damaged_memory_is_ignored_and_mended(table, remembered, read, damage):
    remembered.parent.mkdir()
    remembered.write_text(damage.replace("%s", str(table)))
    assert checksums([table], remembered) == checksums([table], remembered) == [sha("one")]
    assert read == ["mrna.tsv"]


def test_without_a_memory_tables_are_read(table, tmp_path):
    (tmp_path / "file").touch()
    assert checksums([table], tmp_path / "file" / "checksums.json") == [sha("one")]


def test_what_cannot_be_read_has_no_checksum(tmp_path, remembered):
    assert checksums([tmp_path / "absent", tmp_path], remembered) == [None, None]


def test_a_table_that_stays_passes(table, remembered):
    with held_still([table], remembered, {str(table): sha("one")}) as found:
        table.touch()  # another date is no other content
    assert found == [sha("one")]


def written(table: Path) -> None:
    table.write_text("two")


def replaced(table: Path) -> None:
    table.with_name("other").write_text("two")
    table.with_name("other").rename(table)


def half_read(table: Path) -> None:
    """A reader stumbles over half of an edit: what it says of it is of no use."""
    table.write_text("hal")
    raise DataError("row 7 has 3 columns")


@pytest.mark.parametrize("edit", [written, replaced, half_read, Path.unlink])
def test_an_edit_during_the_reading_is_noticed(table, remembered, edit):
    said = r"mrna\.tsv changed while it was read.*run the same command again"
    with pytest.raises(DataError, match=said), held_still([table], remembered):
        edit(table)


def test_what_is_wrong_with_a_table_that_stays_is_said(table, remembered):
    with pytest.raises(DataError, match="row 7"), held_still([table], remembered):
        raise DataError("row 7 has 3 columns")


def test_another_table_than_in_the_earlier_reading_is_noticed(table, remembered):
    earlier = {str(table): sha("another")}
    with pytest.raises(DataError, match="changed while it was read"), held_still([table], remembered, earlier):
        pytest.fail("it was read")


def test_every_file_that_an_entry_names_has_a_checksum():
    omics = [{"name": "mrna", "path": "a.tsv", "map": "map.tsv"}, {"name": "meth", "path": "b.tsv", "map": "map.tsv"}]
    clinical = {"path": "clinical.tsv", "join": ["published_subtypes.tsv"], "patient": "id"}
    named = ["clinical.tsv", "published_subtypes.tsv", "a.tsv", "b.tsv", "map.tsv"]
    assert table_paths({"omics": omics, "clinical": clinical}) == named
    assert table_paths({"omics": omics[:1]}) == ["a.tsv", "map.tsv"]
    assert table_paths({"simulate": {}}) == []
