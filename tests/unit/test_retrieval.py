"""Tables from an archive: whatever server, network and disk do, a file in the cache is whole, and the messages say what to do."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.archive import Archive, serving

from stratomics.config import load_config
from stratomics.errors import ConfigError, DataError
from stratomics.retrieval import Patience, cache_folder, cached_paths, fetch, place
from stratomics.system_faults import explain

FILE = "TCGA-LIHC.mirna.tsv.gz"
PATH = f"/download/{FILE}"
CONTENT = gzip.compress(random.Random(0).randbytes(200_000), mtime=0)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATIENCE = Patience(attempts=3, timeout=0.3, wait=0.01)
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def archive() -> Iterator[Archive]:
    with serving(Archive({PATH: CONTENT})) as archive:
        yield archive


class Fetcher:
    """`fetch` with the settings of the tests, and what it said."""

    def __init__(self, cache: Path, *hosts: str) -> None:
        self.cache, self.hosts = cache, hosts
        self.said: list[str] = []

    def __call__(self, file: str = FILE, **options: Any) -> bytes:
        told = {"patience": PATIENCE, "hosts": self.hosts, "cache": self.cache, **options}
        return fetch(file, say=self.said.append, **told).read_bytes()

    def fault(self, file: str = FILE, **options: Any) -> str:
        with pytest.raises(DataError) as caught:
            self(file, **options)
        return str(caught.value)

    @property
    def kept(self) -> set[str]:
        """The names of the files in the cache."""
        return {path.name for path in self.cache.rglob("*") if path.is_file()}


@pytest.fixture
def fetcher(archive, tmp_path) -> Fetcher:
    return Fetcher(tmp_path / "cache", archive.host)


WHOLE = {FILE, f"{FILE}.json"}


def test_a_file_is_downloaded_once_and_kept_with_its_checksum(archive, fetcher):
    assert fetcher() == fetcher() == CONTENT
    assert archive.asked == [(PATH, None)]
    assert fetcher.kept == WHOLE
    (place,) = cached_paths(FILE, [archive.host], fetcher.cache).values()
    assert place == fetcher.cache / archive.host.split("/")[2] / "download" / FILE
    record = json.loads(place.with_name(f"{FILE}.json").read_text())
    assert (record["url"], record["size"], record["sha256"]) == (archive.host + FILE, len(CONTENT), SHA256)


@pytest.mark.parametrize("broken", [("break", 70_000), ("stall", (70_000, 0.6))], ids=["broken", "slow"])
def test_a_broken_or_silent_connection_goes_on_where_it_was(archive, fetcher, broken):
    archive.faults[PATH] = [broken, broken, broken, broken]  # more often than the attempts, with new bytes each time
    archive.files[PATH] = CONTENT
    assert fetcher() == CONTENT
    assert archive.asked == [(PATH, None), (PATH, "bytes=70000-"), (PATH, "bytes=140000-")]


def test_a_trickling_connection_may_take_longer_than_the_timeout(archive, fetcher):
    archive.faults[PATH] = [("trickle", (10, 0.06))]
    assert fetcher() == CONTENT
    assert len(archive.asked) == 1


def test_what_a_killed_run_left_is_taken_up_by_the_next(archive, fetcher):
    archive.faults[PATH] = [("break", 50_000), ("status", 503), ("status", 503)]
    message = fetcher.fault()
    assert "the server answered 503 Service Unavailable (3 attempts; 50000 bytes are kept for the next run)" in message
    assert FILE not in fetcher.kept
    assert fetcher() == CONTENT
    assert archive.asked[-1] == (PATH, "bytes=50000-")
    assert fetcher.kept == WHOLE


@pytest.mark.parametrize("first", [("break", 50_000), ("weak", 50_000)], ids=["other file", "weak etag"])
def test_a_part_of_another_file_is_not_gone_on_with(archive, fetcher, first):
    archive.faults[PATH] = [first, ("status", 503), ("status", 503)]
    fetcher.fault()
    archive.files[PATH] = other = gzip.compress(random.Random(1).randbytes(90_000), mtime=0)
    assert fetcher() == other


@pytest.mark.parametrize("fault", ["no ranges", "wrong part"])
def test_servers_that_know_no_ranges_or_send_the_wrong_one_are_asked_for_the_whole(archive, fetcher, fault):
    archive.faults[PATH] = [("break", 50_000), (fault, None)]
    assert fetcher() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(archive, fetcher):
    (place,) = cached_paths(FILE, [archive.host], fetcher.cache).values()
    place.parent.mkdir(parents=True)
    place.with_name(f"{FILE}.part").write_bytes(CONTENT + b"more")
    place.with_name(f"{FILE}.part.json").write_text(json.dumps({"validator": archive.etag(PATH)}))
    archive.faults[PATH] = [("status", 416)]
    assert fetcher() == CONTENT


def test_passing_failures_are_tried_again_with_growing_pauses(archive, fetcher):
    archive.faults[PATH] = [("status", 500), ("status", 429)]
    assert fetcher() == CONTENT
    assert len(archive.asked) == 3
    for failures in range(1, 12):
        whole = min(60, 2 ** (failures - 1))
        assert whole / 2 <= Patience().pause(failures) <= whole
    assert Patience().pause(1, asked=20) == 20
    assert Patience().pause(1, asked=1e6) == 60


def test_a_file_that_is_not_there_is_asked_for_once_and_named(archive, fetcher):
    message = fetcher.fault("TCGA-XXXX.mirna.tsv.gz")
    assert f"{archive.host}TCGA-XXXX.mirna.tsv.gz: the server answered 404: there is no such file." in message
    assert "retrieval.xena.files" in message
    assert len(archive.asked) == 1
    assert fetcher.kept == set()


DAMAGED = {
    "cut off": (FILE, CONTENT[:-1000], "it is cut off"),
    "cut off within the checksum": (FILE, CONTENT[:-3], "it is cut off"),
    "damaged": (FILE, CONTENT[:500] + b"\0\0\0" + CONTENT[503:], "its compressed content is damaged"),
    "not compressed": (
        FILE,
        b"sample\tOS\n",
        "it is not compressed, as its name says; it begins with 'sample\\tOS\\n'",
    ),
    "web page": ("a.tsv", b"\n<html>Please log in", "it is a web page, not a table"),
    "empty": ("a.tsv", b"", "the file is empty"),
}


@pytest.mark.parametrize(("name", "content", "why"), DAMAGED.values(), ids=DAMAGED)
def test_what_a_server_gives_as_whole_and_is_not_is_never_kept(archive, fetcher, name, content, why):
    archive.files[f"/download/{name}"] = content
    message = fetcher.fault(name)
    assert f"{archive.host}{name}: {why}" in message
    assert "Nothing was written from it." in message
    assert fetcher.kept == set()


def test_a_wrong_checksum_is_never_used_not_even_from_the_cache(fetcher):
    wrong = f"its SHA-256 is {SHA256}; retrieval.checksums says {'0' * 64}"
    assert wrong in fetcher.fault(sha256="0" * 64)
    assert fetcher.kept == set()
    assert fetcher(sha256=SHA256.upper()) == CONTENT
    assert wrong in fetcher.fault(sha256="0" * 64, offline=True)


def test_without_length_end_or_checksum_nobody_can_tell_whether_a_file_is_whole(archive, fetcher):
    archive.files["/download/a.tsv"] = b"sample\tOS\n"
    archive.faults = {"/download/a.tsv": [("no length", None)] * 2, PATH: [("no length", None)]}
    assert "does not say how long it is" in fetcher.fault("a.tsv")
    assert fetcher() == CONTENT  # gzip has an end
    assert fetcher("a.tsv", sha256=hashlib.sha256(b"sample\tOS\n").hexdigest()) == b"sample\tOS\n"


def test_the_next_host_serves_what_the_first_does_not(archive, fetcher):
    with serving(Archive({})) as empty:
        down = "http://127.0.0.1:1/"
        fetcher.hosts = (down, empty.host, archive.host)
        assert fetcher() == CONTENT
        assert fetcher(hosts=(archive.host, down)) == CONTENT
        message = fetcher.fault("b.tsv")
    for host, why in {down: "Connection refused", empty.host: "404", archive.host: "404"}.items():
        assert f"{host}b.tsv: " in message
        assert why in message
    assert "object at 0x" not in message


def test_offline_only_the_cache_is_looked_at(archive, fetcher):
    message = fetcher.fault(offline=True)
    (place,) = cached_paths(FILE, [archive.host], fetcher.cache).values()
    assert f"{FILE}: not whole in the cache, and retrieval.offline is true" in message
    assert f"put it at {place}; its address is {archive.host}{FILE}." in message
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT[:-10])  # copied there by hand, in part
    assert "it is cut off" in fetcher.fault(offline=True)
    place.write_bytes(CONTENT)
    assert fetcher(offline=True) == CONTENT
    assert archive.asked == []


def test_a_file_that_was_changed_in_the_cache_is_downloaded_again(archive, fetcher):
    fetcher()
    (place,) = cached_paths(FILE, [archive.host], fetcher.cache).values()
    place.write_bytes(gzip.compress(b"mine"))
    assert "it was changed there" in fetcher.fault(offline=True)
    assert fetcher() == CONTENT
    assert len(archive.asked) == 2


def test_a_run_gets_a_second_name_of_the_file_and_an_older_one_is_replaced(fetcher, tmp_path, monkeypatch):
    fetcher()
    (cached,) = cached_paths(FILE, fetcher.hosts, fetcher.cache).values()
    place(cached, tmp_path / "run" / FILE)
    place(cached, tmp_path / "run" / FILE)
    assert (tmp_path / "run" / FILE).samefile(cached)
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    place(cached, tmp_path / "run" / FILE)
    assert (tmp_path / "run" / FILE).read_bytes() == CONTENT
    assert not (tmp_path / "run" / FILE).samefile(cached)


def test_a_full_disk_is_that_of_the_cache_and_the_rest_comes_when_there_is_room(archive, fetcher):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            fetcher()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (place,) = cached_paths(FILE, [archive.host], fetcher.cache).values()
    assert f"a file in {place.parent} would be larger than is allowed" in str(explain(caught.value))
    assert fetcher() == CONTENT
    assert archive.asked[1:] == [(PATH, "bytes=50000-")]


TWO = """
import sys
from pathlib import Path
from stratomics.retrieval import Patience, fetch
patience = Patience(attempts=3, timeout=5, wait=0.01)
found = fetch(sys.argv[1], hosts=[sys.argv[2]], cache=Path(sys.argv[3]), patience=patience, say=print)
print(len(found.read_bytes()))
"""


def test_two_processes_at_once_download_once(archive, fetcher):
    archive.faults[PATH] = [("trickle", (10, 0.15))]
    command = [sys.executable, "-c", TWO, FILE, archive.host, str(fetcher.cache)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=30)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(one.endswith(f"{len(CONTENT)}\n") for one in said)
    assert sum("waiting for it to end" in one for one in said) == 1
    assert len(archive.asked) == 1
    assert fetcher.kept == WHOLE


def test_the_cache_is_where_programs_keep_what_can_be_had_again(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/mine")
    assert cache_folder(None) == Path("/var/mine/stratomics")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder(None) == Path("/home/me/.cache/stratomics")
    assert cache_folder("~/data") == Path("/home/me/data")
    assert cache_folder("data") == Path("data")


def loaded(cohort: dict[str, Any], **retrieval: Any) -> dict[str, Any]:
    return load_config(
        {"cohorts": [{"name": "LIHC", "source": {"xena": "TCGA-LIHC"}, **cohort}], "retrieval": retrieval}
    )


def test_a_source_stands_for_tables_and_columns():
    config = loaded({})
    (cohort,) = config["cohorts"]
    assert [(one["name"], one["path"]) for one in cohort["omics"]] == [
        ("mrna", "xena://TCGA-LIHC.star_tpm.tsv.gz"),
        ("mirna", "xena://TCGA-LIHC.mirna.tsv.gz"),
    ]
    assert cohort["clinical"]["path"] == "xena://TCGA-LIHC.survival.tsv.gz"
    assert load_config(config) == config


def test_what_a_cohort_says_itself_counts_before_its_source(tmp_path):
    (tmp_path / "own.tsv").write_text("patient\n")
    own = {"path": str(tmp_path / "own.tsv"), "patient": "id", "time": "days", "event": "dead"}
    omics = [
        {"name": "mrna", "transform": "rank_normal"},
        {"name": "other", "path": "xena://TCGA-LIHC.star_fpkm.tsv.gz"},
    ]
    files = {"mrna": "{project}/counts.{project}.tsv"}
    (cohort,) = loaded({"omics": omics, "clinical": own}, xena={"files": files})["cohorts"]
    assert [one["path"] for one in cohort["omics"]] == ["xena://TCGA-LIHC/counts.TCGA-LIHC.tsv", omics[1]["path"]]
    assert cohort["omics"][0]["transform"] == "rank_normal"
    assert cohort["clinical"]["path"] == own["path"]
    (cohort,) = loaded({"clinical": {"patient": "sample", "time": "PFI.time", "event": "PFI"}})["cohorts"]
    assert (cohort["clinical"]["path"], cohort["clinical"]["event"]) == ("xena://TCGA-LIHC.survival.tsv.gz", "PFI")


def test_all_faults_of_sources_are_told_at_once(tmp_path):
    broken = {
        "cohorts": [
            {
                "name": "a",
                "source": {"xena": "TCGA LIHC"},
                "omics": [{"name": "rna"}, {"name": "m", "path": "xena://../x"}],
            },
            {"name": "b", "source": {"gdc": "TCGA-LIHC"}},
            {"name": "c", "source": {"xena": "TCGA-LIHC"}, "simulate": {}},
            {"name": "d", "source": {"xena": "TCGA-KIRC"}, "omics": [{"name": "mirna"}]},
        ],
        "retrieval": {
            "cache": str(tmp_path),
            "offline": True,
            "checksums": {FILE: "abc"},
            "xena": {"hosts": ["https://one.org/"], "files": {"mrna": "../{project}.tsv"}},
        },
    }
    with pytest.raises(ConfigError) as caught:
        load_config(broken)
    faults = {fault.split(": ", 1)[0]: fault.split(": ", 1)[1] for fault in caught.value.faults}
    assert {
        "cohorts[0].source.xena",
        "cohorts[0].omics[0].path",
        "cohorts[0].omics[1].path",
        "cohorts[1].source.xena",
        "cohorts[1].source.gdc",
        "cohorts[2].source",
        f"retrieval.checksums.{FILE}",
        "retrieval.xena.files.mrna",
        "cohorts[3].omics[0].path",
        "cohorts[3].clinical.path",
    } <= set(faults)
    place = tmp_path / "one.org" / "TCGA-KIRC.mirna.tsv.gz"
    assert faults["cohorts[3].omics[0].path"] == (
        f"'TCGA-KIRC.mirna.tsv.gz' is not in the cache, and retrieval.offline is true (looked for '{place}'). Set it to false, "
        f"or download https://one.org/TCGA-KIRC.mirna.tsv.gz on a machine with a network and put it at '{place}'."
    )
