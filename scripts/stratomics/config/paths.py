"""The tables that a config names: whether each can be one, is there, and is named once. No table is read."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path as FilePath

from stratomics.errors import DataError
from stratomics.gene_sets import read_gene_sets
from stratomics.locations import files_read
from stratomics.retrieval import cache_folder, cached_paths, file_name, is_file_name, is_sourced

from .checks import Trusted
from .faults import Fault, Path, spell
from .hints import nearest

#: Endings of files that are certainly no table as text or Parquet: what they are, and what to do.
NO_TABLES = {
    ("a spreadsheet", "Save the sheet as tab-separated text (.tsv) and name that file"): (
        ".xlsx .xls .xlsm .xlsb .ods .numbers"
    ),
    ("an object of R", 'Write it from R: write.table(x, "table.tsv", sep = "\\t", quote = FALSE, col.names = NA)'): (
        ".rds .rda .rdata"
    ),
    ("an object of Python", "Write it from Python: frame.to_csv('table.tsv', sep='\\t')"): (
        ".h5 .hdf5 .loom .zarr .npy .npz .pkl .pickle .mat .feather .arrow"
    ),
    ("a file of another statistics program", "Save it there as tab-separated text (.tsv) and name that file"): (
        ".sav .dta .sas7bdat .sqlite .db"
    ),
    ("an archive", "Unpack it and name the table in it"): ".zip .tar .tgz .tar.gz .tar.bz2 .tar.xz .7z .rar",
    ("compressed in a way that is not read", "Unpack it; gzip (.gz) is read"): ".bz2 .xz .zst .lz4",
    ("a document", "Save the table in it as tab-separated text (.tsv) and name that file"): (
        ".pdf .docx .doc .odt .pptx .html .htm .xml .json .png .jpg"
    ),
    ("no table of measurements", "Name the table that was made from it"): (
        ".bam .cram .sam .fastq .fastq.gz .fq .fq.gz .idat .cel .cel.gz .idat.gz"
    ),
}
_ENDINGS = {ending: kind for kind, endings in NO_TABLES.items() for ending in endings.split()}

#: Names looked at for one that was meant; a folder may hold a million.
_MOST_NAMES = 5000


def file_faults(config: Trusted, base_dir: str | FilePath) -> Iterator[Fault]:
    """Yield the tables that are not there, cannot be tables, or are named twice in one cohort.

    Parameters
    ----------
    config
        The config.
    base_dir
        The folder that relative paths start from.

    Yields
    ------
    Fault
    """
    base = FilePath(base_dir).absolute()
    for cohort in [*config.items("cohorts"), *config.items("predict")]:
        named: dict[str | tuple[int, int], Path] = {}
        for item in [*config.items(*cohort, "omics"), (*cohort, "clinical")]:
            path, where = config.get(*item, "path"), (*item, "path")
            if not isinstance(path, str):
                continue
            problem: str | None
            if is_sourced(path) and item[0] == "predict":
                problem = f"found {_quoted(path)}, of an archive, which only cohorts are taken from. Name a file."
            elif is_sourced(path):
                problem = _source_problem(path, config, base)
            else:
                problem = _kind_problem(path) or (
                    _address_problem(path) if "://" in path else _file_problem(path, base)
                )
            if problem:
                yield Fault(where, problem)
                continue
            earlier = named.setdefault(_identity(path, base), where)
            if earlier != where and not _holds_several(path, base):
                text = f"found {_quoted(path)}, the same file as {spell(earlier)}."
                yield Fault(where, f"{text} Give every omics, and the clinical table, a file of its own.")
        for item in config.items(*cohort, "omics"):
            if isinstance(path := config.get(*item, "map"), str) and (problem := _beside_problem(path, config, base)):
                yield Fault((*item, "map"), problem)
        for i, path in enumerate(config.get(*cohort, "clinical", "join") or []):
            if problem := _beside_problem(path, config, base):
                yield Fault((*cohort, "clinical", "join", i), problem)
    if isinstance(gmt := config.get("pathways", "gmt"), str):
        yield from (Fault(("pathways", "gmt"), problem) for problem in _gene_set_problems(gmt, base))
    for prediction in config.items("predict"):
        model = config.get(*prediction, "model")
        if isinstance(model, str) and (problem := _model_problem(model, config, base)):
            yield Fault((*prediction, "model"), problem)


def model_made(model: str, cohorts: Collection[object], embeddings: Collection[object]) -> bool:
    """Tell whether the folder of a model is one that the config makes, by its last parts (<cohort>/<embedding>/model)."""
    parts = FilePath(model).parts
    return len(parts) > 2 and parts[-1] == "model" and parts[-2] in embeddings and parts[-3] in cohorts


def _model_problem(model: str, config: Trusted, base: FilePath) -> str | None:
    """Return what is wrong with the folder of a model."""
    cohorts, embeddings = (
        [config.get_any(*one, "name") for one in config.items(key)] for key in ("cohorts", "embeddings")
    )
    if model_made(model, cohorts, embeddings) or (base / model / "model.json").is_file():
        return None
    if model.endswith("model.json"):
        return f"found {_quoted(model)}, a file of a model. Name the folder it is in."
    if not (base / model).is_dir():
        return (
            f"{_absent(model, base)} A model is the folder results/<cohort>/<embedding>/model of a run; that of a cohort and an "
            f"embedding of this config is made when it is not there."
        )
    return f"{_quoted(model)} is a folder without a model.json. A model is the folder results/<cohort>/<embedding>/model of a run."


def _quoted(path: str) -> str:
    """Write a path for a message as the config spells it: a backslash once; a long one cut."""
    short = path if len(path) <= 200 else f"{path[:80]}...{path[-40:]}"
    return f"'{short}'" if short.isprintable() else repr(short)


def _identity(path: str, base: FilePath) -> str | tuple[int, int]:
    """Return what two spellings of one file (links, absolute and relative) have in common."""
    if "://" in path:
        return path
    status = (base / path).stat()
    return status.st_dev, status.st_ino


def _beside_problem(path: str, config: Trusted, base: FilePath) -> str | None:
    """Return what is wrong with a table beside the others, which is a file of this machine or of an archive."""
    if is_sourced(path):
        return _source_problem(path, config, base)
    if "://" in path:
        return f"found {_quoted(path)}, an address; allowed is a path. Download the table and name the file."
    if (base / path).is_dir():
        return f"{_quoted(path)} is a folder; a table is needed. Name the file in it."
    return _kind_problem(path) or _file_problem(path, base)


def _plain_problem(path: str, base: FilePath) -> str | None:
    """Return what is wrong with a file of this machine that is no table."""
    if "://" in path:
        return f"found {_quoted(path)}, an address; allowed is a path. Download the file and name it."
    if (base / path).is_dir():
        return f"{_quoted(path)} is a folder; a file is needed. Name the file in it."
    return _file_problem(path, base)


def _gene_set_problems(path: str, base: FilePath) -> list[str]:
    """Return what is wrong with a file of gene sets, which is small enough to be read."""
    if problem := _plain_problem(path, base):
        return [problem]
    try:
        read_gene_sets(base / path)
    except DataError as error:
        return list(error.faults)
    return []


def _holds_several(path: str, base: FilePath) -> bool:
    """Tell whether a path may stand for several omics and the clinical table: a folder of files, or MuData."""
    return "://" not in path and ((base / path).is_dir() or path.lower().endswith(".h5mu"))


def _kind_problem(path: str) -> str | None:
    """Say that a name ends as no table does; all other names are allowed, because the content decides."""
    name = path.lower()
    ending = max((one for one in _ENDINGS if name.endswith(one)), key=len, default=None)
    if ending is None:
        return None
    what, what_to_do = _ENDINGS[ending]
    return (
        f"{_quoted(path)} is {what}, by its ending; allowed is a table as text (separated by tabs, commas or semicolons) "
        f"or Parquet, gzipped or not. {what_to_do}. If it is text all the same, rename it."
    )


def _address_problem(path: str) -> str | None:
    """Say what is wrong with an address; whether the table is there is for a storage plugin to find."""
    if path.lower().startswith("file://"):
        return f"found {_quoted(path)}, an address of a file on this machine. Write its path: {_quoted(path[7:])}."
    written = re.sub(r"[\s{}<>]", lambda found: f"%{ord(found[0]):02X}", path)
    if written != path:
        return f"{_quoted(path)} has blanks or brackets, which an address cannot hold. Write {_quoted(written)}."
    return None


def _source_problem(path: str, config: Trusted, base: FilePath) -> str | None:
    """Say that a name cannot be that of a file in an archive, or that the cache lacks it where only that is looked at."""
    if not is_file_name(name := file_name(path)):
        return (
            f"found {_quoted(path)}; allowed behind :// is a file name of letters, digits and _ . % / -. "
            "Write it as the archive does."
        )
    hosts = config.get("retrieval", *path.split("://")[:1], "hosts")
    if config.get("retrieval", "offline") is not True or not hosts:
        return None
    places = cached_paths(name, hosts, base / cache_folder(config.get("retrieval", "cache")))
    if any(place.is_file() for place in places.values()):
        return None
    (url, place), *_ = places.items()
    return (
        f"{_quoted(name)} is not in the cache, and retrieval.offline is true (looked for "
        f"{' and '.join(_quoted(str(one)) for one in places.values())}). Set it to false, or download {url} on a machine with a "
        f"network and put it at {_quoted(str(place))}."
    )


def _file_problem(path: str, base: FilePath) -> str | None:
    """Return what is wrong with a file, or None."""
    full = base / path
    try:
        status = full.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _absent(path, base)
    except PermissionError:
        return f"no permission to look for {_quoted(path)}. Change the permissions of its folder (chmod u+rx)."
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            text = f"{_quoted(path)} has {len(path)} characters, and this system allows no path or name of that length."
            return f"{text} Shorten it."
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            return f"{_quoted(path)} is a link that leads back to itself. Name the file itself."
        return f"{_quoted(path)} cannot be looked up ({error}). Name another file."
    if stat.S_ISDIR(status.st_mode):
        return _folder_problem(path, full)
    if not stat.S_ISREG(status.st_mode):
        return (
            f"{_quoted(path)} is a device or a pipe; a table is read more than once. Save it as a file and name that."
        )
    if not os.access(full, os.R_OK):
        return f"no permission to read {_quoted(path)}. Change its permissions (chmod u+r)."
    if status.st_size == 0:
        return f"{_quoted(path)} is empty (0 bytes); a table is needed. Copy or download it again."
    return None


def _folder_problem(path: str, full: FilePath) -> str | None:
    """Say of a folder that no format reads any file in it."""
    if files_read(full):
        return None
    return f"{_quoted(path)} is a folder without files of a known format; a table is needed. Name the file in it."


def _absent(path: str, base: FilePath) -> str:
    """Say that there is no such file, and what was probably meant."""
    full = base / path
    looked = f"(looked from {_quoted(str(base))}, where relative paths start)"
    if full.is_symlink():
        target = _quoted(os.readlink(full))
        return f"{_quoted(path)} is a link to {target}, which does not exist. Mend the link or name another file."
    return f"no file {_quoted(path)} {looked}. {_other_spelling(path) or _neighbour(full)}"


def _other_spelling(path: str) -> str | None:
    """Say how a path is written that was meant for Windows or for a shell."""
    if drive := re.match(r"([A-Za-z]):[\\/]", path):
        written = f"/mnt/{drive[1].lower()}/{path[3:]}".replace("\\", "/")
        return f"This is a path of Windows; under WSL, write {_quoted(written)}."
    if "\\" in path:
        return f"Folders are separated by /. Write {_quoted(path.replace(chr(92), '/'))}."
    if (written := os.path.expanduser(os.path.expandvars(path))) != path:
        return f"Only a shell knows what ~ and $ stand for. Write {_quoted(written)}."
    return None


def _neighbour(full: FilePath) -> str:
    """Name a file in the same folder that was probably meant."""
    try:
        names = sorted(one.name for one in islice(full.parent.iterdir(), _MOST_NAMES))
    except (FileNotFoundError, NotADirectoryError):
        return f"The folder {_quoted(str(full.parent))} does not exist."
    except OSError:
        return "Its folder cannot be listed."
    alike = [name for name in names if name.split(".")[0] == full.name.split(".")[0]]  # another suffix, most often
    near = nearest(full.name, alike or names)
    return f"Did you mean {_quoted(near)} in that folder?" if near else "No name in that folder is near."
