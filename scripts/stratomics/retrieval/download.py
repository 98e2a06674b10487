"""One file over HTTP, whatever the network does: what broke off goes on where it was, and what was refused is said.

References
----------
RFC 9110, sections 13.1.5 (If-Range), 14 (range requests) and 10.2.3 (Retry-After).
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

from stratomics import __version__

#: Most bytes written at a time.
PIECE = 1 << 20

#: Seconds between two messages about progress.
TOLD_EVERY = 30.0

#: Statuses after which the same request may succeed.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

_REMEDIES = {
    401: "the server asks for a password. Put it into ~/.netrc, or use a mirror: retrieval.xena.hosts",
    403: "the server refuses it. It may not be public, or not under this name",
    404: "there is no such file. Look whether the project has this table, and under which name (retrieval.xena.files)",
}


class Unavailable(Exception):
    """An address does not give its file; the message says why, for a list of addresses."""


class _Broken(Exception):
    """An attempt failed, and another may succeed."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(reason)


@dataclass(frozen=True)
class Patience:
    """How long to put up with a bad network.

    Parameters
    ----------
    attempts
        Failures in a row after which an address is given up. A failure that brought new bytes does not count.
    timeout
        Seconds without any byte after which an attempt has failed, however long the whole file takes.
    wait
        Seconds before the second attempt; twice as many before each further one.
    longest
        Most seconds between two attempts, also where the server asks for more.
    """

    attempts: int = 5
    timeout: float = 60.0
    wait: float = 1.0
    longest: float = 60.0

    def pause(self, failures: int, asked: float = 0.0) -> float:
        """Return the seconds to wait after so many failures in a row, a part of it at random: other jobs wait as well."""
        return min(self.longest, max(asked, self.wait * 2 ** (failures - 1) * random.uniform(0.5, 1.0)))


def download(url: str, part: Path, patience: Patience, say: Callable[[str], None]) -> bool:
    """Download a file, going on from what an earlier call left of it.

    Parameters
    ----------
    url
        Its address.
    part
        Where to write. What is there is taken up if the server still has the same file, by its ETag or date, and overwritten
        if not. It stays when this fails; beside it, with the suffix ``.json``, stands what the server said of it.
    patience
        How long to try.
    say
        Told of failures and progress.

    Returns
    -------
    bool
        Whether the server said how long the file is, so that it is certain to have ended where it should.

    Raises
    ------
    Unavailable
        If the server refuses it, or every attempt failed.
    OSError
        If it cannot be written.
    """
    failures, most = 0, _size(part)
    while True:
        try:
            return _attempt(url, part, patience, say)
        except _Broken as broken:
            got = _size(part)
            failures = 1 if got > most else failures + 1
            most = max(most, got)
            if failures >= patience.attempts:
                raise Unavailable(f"{broken} ({failures} attempts; {got} bytes are kept for the next run)") from None
            pause = patience.pause(failures, broken.wait)
            say(f"{url}: {broken}; going on in {pause:.0f} s ({got} bytes so far)")
            time.sleep(pause)


def _attempt(url: str, part: Path, patience: Patience, say: Callable[[str], None]) -> bool:
    """Ask once for the rest of a file."""
    validator = _validator(part)
    held = _size(part) if validator else 0
    # As it lies there: a server may pack for the way what is packed, and then neither length nor content would agree.
    headers = {"User-Agent": f"stratomics/{__version__}", "Accept-Encoding": "identity"}
    if held:
        headers |= {"Range": f"bytes={held}-", "If-Range": validator}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=patience.timeout) as answer:
            _judge(answer, part)
            if answer.status_code != 206 or not _continues(answer, held):
                if answer.status_code == 206:
                    part.unlink(missing_ok=True)
                    raise _Broken("the server sent another part of the file than was asked for")
                held = 0
                _remember(part, answer.headers)
            length = answer.headers.get("Content-Length", "")
            total = held + int(length) if length.isdecimal() else None
            _write(answer, part, held, total, say)
            chunked = answer.headers.get("Transfer-Encoding", "").lower() == "chunked"
    except requests.exceptions.SSLError as error:
        raise Unavailable(
            f"its certificate is not accepted ({_cause(error)}). Name yours in REQUESTS_CA_BUNDLE"
        ) from error
    except (requests.Timeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise _Broken(f"no byte came for {patience.timeout:g} s") from error
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.TooManyRedirects) as error:
        raise Unavailable(str(error)) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _Broken(f"the connection failed or broke off ({_cause(error)})") from error
    if total is not None and (got := _size(part)) != total:
        if got > total:
            part.unlink(missing_ok=True)
        raise _Broken(f"it ended after {got} of {total} bytes")
    return total is not None or chunked


def _judge(answer: requests.Response, part: Path) -> None:
    """Raise for an answer without the file."""
    status = answer.status_code
    if status in (200, 206):
        return
    if status == 416:  # what we hold is longer than the file
        part.unlink(missing_ok=True)
        raise _Broken("the file is another one than when its download began: starting over")
    if status in _PASSING:
        asked = answer.headers.get("Retry-After", "")
        raise _Broken(f"the server answered {status} {answer.reason}", float(asked) if asked.isdecimal() else 0.0)
    raise Unavailable(f"the server answered {status}: {_REMEDIES.get(status, answer.reason or 'no reason given')}")


def _continues(answer: requests.Response, held: int) -> bool:
    """Whether a partial answer begins where what we hold ends."""
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return held > 0 and match is not None and int(match[1]) == held


def _write(answer: requests.Response, part: Path, held: int, total: int | None, say: Callable[[str], None]) -> None:
    """Write the bytes of an answer behind what we hold."""
    told, got = time.monotonic(), held
    try:
        with part.open("ab" if held else "wb") as file:
            # What has come, and not whole pieces: of a connection that breaks or falls silent, every byte counts.
            while piece := answer.raw.read1(PIECE, decode_content=False):
                file.write(piece)
                got += len(piece)
                if time.monotonic() - told > TOLD_EVERY:
                    told = time.monotonic()
                    say(f"{answer.url}: {got / 1e6:.0f} MB" + (f" of {total / 1e6:.0f}" if total else ""))
    except OSError as error:  # a full disk does not say which
        raise OSError(error.errno, error.strerror, str(part)) from error


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _remember(part: Path, headers: Mapping[str, str]) -> None:
    """Keep what tells whether the file is still the same; a weak ETag does not."""
    etag = headers.get("ETag", "")
    validator = etag if etag.startswith('"') else headers.get("Last-Modified", "")
    part.unlink(missing_ok=True)  # first: what is old must never stand beside the note of what is new
    _note(part).write_text(json.dumps({"validator": validator}), encoding="utf-8")


def _validator(part: Path) -> str:
    """Return what was kept, or nothing: then the file is begun anew."""
    try:
        found = json.loads(_note(part).read_text(encoding="utf-8"))["validator"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _cause(error: BaseException) -> str:
    """Return what is at the bottom of an exception of requests, which wraps those of others several times over."""
    while True:
        inner = getattr(error, "reason", None) or next((one for one in error.args if isinstance(one, Exception)), None)
        if not isinstance(inner, Exception):
            return str(error).rsplit(">: ", 1)[-1].rsplit("object at", 1)[-1]
        error = inner
