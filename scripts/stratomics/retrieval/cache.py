"""Where downloaded files are kept for all runs: by their address, whole or not at all, each with its checksum beside it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from stratomics.errors import DataError
from stratomics.joblock import alone
from stratomics.writing import atomic_path

from .download import Patience, Unavailable, download
from .verify import damage, digest


def cache_folder(configured: str | None) -> Path:
    """Return the folder of the cache.

    Parameters
    ----------
    configured
        ``retrieval.cache``; None for the folder where programs of this user keep what can be downloaded again.
    """
    if configured is not None:
        return Path(configured).expanduser()
    home = os.environ.get("XDG_CACHE_HOME")  # https://specifications.freedesktop.org/basedir-spec
    return (Path(home) if home else Path.home() / ".cache") / "stratomics"


def cached_paths(file: str, hosts: Sequence[str], cache: Path) -> dict[str, Path]:
    """Return where a file of an archive is kept.

    Parameters
    ----------
    file
        Its name in the archive.
    hosts
        Addresses of folders with the same files.
    cache
        The folder of the cache.

    Returns
    -------
    dict
        By address, in the order of `hosts`: host and path of the address below `cache`, as ``wget -x`` lays files out.
    """
    urls = [f"{host.rstrip('/')}/{file}" for host in hosts]
    return {url: cache / urlsplit(url).netloc / urlsplit(url).path.lstrip("/") for url in urls}


def fetch(
    file: str,
    *,
    hosts: Sequence[str],
    cache: Path,
    offline: bool = False,
    sha256: str | None = None,
    patience: Patience | None = None,
    say: Callable[[str], None],
) -> Path:
    """Find a file in the cache, or download it from the first host that gives it whole.

    Parameters
    ----------
    file
        Its name in the archive.
    hosts
        Addresses of folders with the same files.
    cache
        The folder of the cache. Jobs of any number of runs may share it.
    offline
        Whether only the cache may be looked at.
    sha256
        What the file must be, in hexadecimal digits.
    patience
        How long to try each host.
    say
        Told of progress, and where the file came from.

    Returns
    -------
    pathlib.Path
        The file in the cache, whole.

    Raises
    ------
    DataError
        If no host gives it whole, with each address and what happened there; if `offline`, and it is not in the cache.
    OSError
        If the cache cannot be written.
    """
    places = cached_paths(file, hosts, cache)
    reasons: dict[str, str] = {}
    for url, path in places.items():
        if path.is_file():
            if (problem := _problem(path, file, sha256)) is None:
                say(f"{file}: from the cache, {path} ({_origin(path)})")
                return path
            reasons[url] = f"{path} is in the cache, and {problem}"
            say(reasons[url])
    if offline:
        raise DataError(_absent(file, places, reasons))
    for url, path in places.items():
        try:
            with alone(f"{path}.lock", say):
                # Another run may have brought it while this one waited.
                if not (path.is_file() and _problem(path, file, sha256) is None):
                    _bring(url, path, file, sha256, patience or Patience(), say)
            return path
        except Unavailable as refused:
            reasons[url] = str(refused)
            say(f"{url}: {refused}")
    listed = "; ".join(f"{url}: {reasons[url]}" for url in places)
    raise DataError(
        f"{file}: no host gives it whole. {listed}. Nothing was written from it. Try again later, name a mirror in "
        f"retrieval.xena.hosts, or put the file itself at {next(iter(places.values()))}."
    )


def place(cached: Path, target: str | Path) -> None:
    """Put a file of the cache where a run looks for it: as a second name of the same file, or as a copy on another disk.

    Parameters
    ----------
    cached
        A file.
    target
        Its new name; one that is there is replaced.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(cached, target)
    except OSError:  # another file system, one without links, or a file of somebody else
        with atomic_path(target) as temporary:
            shutil.copyfile(cached, temporary)


def _bring(url: str, path: Path, file: str, sha256: str | None, patience: Patience, say: Callable[[str], None]) -> None:
    """Download a file beside its place, and move it there when it is found whole."""
    part = path.with_name(f"{path.name}.part")
    say(f"{file}: downloading {url}")
    told = download(url, part, patience, say)
    problem = damage(part, file, sha256)
    if problem is None and not (told or sha256 or file.endswith(".gz")):
        problem = "the server does not say how long it is, so nobody can tell whether it is whole; give its retrieval.checksums"
    if problem is not None:
        _forget(part)
        raise Unavailable(problem)
    _note(path).unlink(missing_ok=True)  # never the checksum of one file beside another
    part.replace(path)
    _forget(part)
    record = _record(path, url)
    say(f"{file}: {record['size']} bytes, SHA-256 {record['sha256']}")


def _problem(path: Path, file: str, sha256: str | None) -> str | None:
    """Say what is wrong with a file in the cache: by its checksum, or in full where somebody put it there by hand."""
    try:
        noted = json.loads(_note(path).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        if (problem := damage(path, file, sha256)) is None:
            _record(path, None)
        return problem
    found = digest(path)
    if found != noted:
        return f"it was changed there: its SHA-256 is {found}, and was {noted}"
    if sha256 and found != sha256.lower():
        return f"its SHA-256 is {found}; retrieval.checksums says {sha256.lower()}"
    return None


def _record(path: Path, url: str | None) -> dict[str, str | int | None]:
    """Write beside a file what it is; a cache that can only be read goes without."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    record = {"url": url, "fetched": now, "size": path.stat().st_size, "sha256": digest(path)}
    try:
        with atomic_path(_note(path)) as temporary:
            temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
    except OSError:
        pass
    return record


def _origin(path: Path) -> str:
    try:
        noted = json.loads(_note(path).read_text(encoding="utf-8"))
        return f"downloaded {noted['fetched']}" if noted["url"] else "put there by hand"
    except (OSError, ValueError, KeyError, TypeError):
        return "put there by hand"


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _forget(part: Path) -> None:
    """Remove a part and what was kept to go on with it."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _absent(file: str, places: dict[str, Path], reasons: dict[str, str]) -> str:
    """Say that a file is not in the cache, and how it comes there."""
    listed = "; ".join(reasons.values()) or f"looked for {' and '.join(map(str, places.values()))}"
    return (
        f"{file}: not whole in the cache, and retrieval.offline is true ({listed}). Set it to false, or download the file on a "
        f"machine with a network and put it at {next(iter(places.values()))}; its address is {next(iter(places))}."
    )
