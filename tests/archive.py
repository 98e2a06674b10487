"""A local stand-in for an archive: an HTTP server with the same layout, which misbehaves on demand."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Archive:
    """Files by path, what goes wrong with each, and what was asked for.

    Parameters
    ----------
    files
        Content by path, for instance ``/download/TCGA-LIHC.mirna.tsv.gz``.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        #: By path: (what, argument) for each of the next answers, in turn; then all is well.
        self.faults: dict[str, list[tuple[str, Any]]] = {}
        #: (path, Range) of every request.
        self.asked: list[tuple[str, str | None]] = []
        self.host = ""

    def etag(self, path: str) -> str:
        """The ETag of a file, which follows its content."""
        return f'"{hashlib.md5(self.files[path]).hexdigest()}"'


@contextmanager
def serving(archive: Archive) -> Iterator[Archive]:
    """Serve an archive on a free port of this machine; its `host` says where."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            archive.asked.append((self.path, asked))
            faults = archive.faults.get(self.path, [])
            fault, argument = faults.pop(0) if faults else ("", None)
            if fault == "status":
                return self.fail(argument)
            if self.path not in archive.files:
                return self.fail(404)
            content, etag, start = archive.files[self.path], archive.etag(self.path), 0
            if asked and self.headers.get("If-Range") == etag and fault != "no ranges":
                start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])  # type: ignore[index]
            self.send_response(206 if start else 200)
            if start:
                at = 0 if fault == "wrong part" else start
                self.send_header("Content-Range", f"bytes {at}-{len(content) - 1}/{len(content)}")
            self.send_header("ETag", f"W/{etag}" if fault == "weak" else etag)
            if fault != "no length":
                self.send_header("Content-Length", str(len(content) - start))
            self.close_connection = True
            self.send_header("Connection", "close")
            self.end_headers()
            rest = content[start:]
            if fault in ("break", "weak"):
                self.wfile.write(rest[:argument])
            elif fault == "stall":
                self.wfile.write(rest[: argument[0]])
                self.wfile.flush()
                time.sleep(argument[1])
            elif fault == "trickle":
                pieces, pause = argument
                step = -(-len(rest) // pieces)
                for i in range(0, len(rest), step):
                    self.wfile.write(rest[i : i + step])
                    self.wfile.flush()
                    time.sleep(pause)
            else:
                self.wfile.write(rest)
            return None

        def fail(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if status == 503:
                self.send_header("Retry-After", "0")
            self.end_headers()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Clients that gave up are no news."""

    server = Server(("127.0.0.1", 0), Handler)
    archive.host = f"http://127.0.0.1:{server.server_port}/download/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
