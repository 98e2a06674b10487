"""A page in headless Chromium, served to it by this machine, and what the page has to tell."""

from __future__ import annotations

import http.server
import json
import queue
import shutil
import subprocess
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
OPTIONS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
#: On Debian: apt-get install chromium.
needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")


class _Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, notes what is asked for, and takes what the page posts to ``/found``."""

    def __init__(self, *arguments: Any, found: queue.SimpleQueue[Any], asked: list[str], **options: Any) -> None:
        self.found, self.asked = found, asked
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def do_POST(self) -> None:
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def told_by(page: Path, folder: Path, *options: str) -> tuple[Any, list[str], list[str]]:
    """Open a page that posts something to ``/found``.

    Parameters
    ----------
    page
        The file; its neighbours are served, too.
    folder
        For the profile of the browser.
    *options
        More options of Chromium.

    Returns
    -------
    tuple
        What was posted, the paths that were asked for, and the lines of the browser's console.
    """
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()
    asked: list[str] = []
    serve = partial(_Server, directory=page.parent, found=found, asked=asked)
    options = (*options, f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{page.name}"
        with (folder / "chromium.log").open("w") as log:
            # The port keeps it open.
            browser = subprocess.Popen(
                ["chromium", *OPTIONS, *options, "--remote-debugging-port=0", address], stderr=log
            )
            try:
                told = found.get(timeout=90)
            finally:
                browser.terminate()
                browser.wait()
                server.shutdown()
    console = [
        line for line in (folder / "chromium.log").read_text(errors="replace").splitlines() if ":CONSOLE" in line
    ]
    return told, asked, console
