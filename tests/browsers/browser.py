"""A headless Chromium for tests, without any network but this machine, driven over its own DevTools protocol.

with browser.open(url) as page:
    page.wait("document.querySelectorAll('svg').length > 0")
    assert page.value("document.title") == "..."
    assert page.problems == [] and page.outside == []
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

#: Longest that a page may take for what a test waits for [s].
PATIENCE = 60.0
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--hide-scrollbars", "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip


def chromium() -> str | None:
    """The path of a Chromium or Chrome, None if there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Page:
    """One tab: `problems` are console errors and exceptions, `outside` addresses that are not of this machine."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.problems: list[str] = []
        self.outside: list[str] = []
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol and return its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return dict(message["result"])
            self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        kind, what = event.get("method"), event.get("params", {})
        if kind == "Runtime.exceptionThrown":
            details = what["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif kind == "Runtime.consoleAPICalled" and what["type"] in ("error", "assert"):
            self.problems.append(" ".join(str(a.get("value", a.get("description", ""))) for a in what["args"]))
        elif kind == "Log.entryAdded" and what["entry"]["level"] == "error":
            self.problems.append(f"{what['entry']['text']} {what['entry'].get('url', '')}")
        elif kind == "Network.requestWillBeSent":
            url = what["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:", "about:", "http://127.0.0.1", "http://localhost")):
                self.outside.append(url)

    def go(self, url: str) -> None:
        """Open an address and wait until it is loaded."""
        self.call("Page.navigate", url=url)
        self.wait(f"location.href !== 'about:blank' && document.readyState === 'complete' /* {url} */")

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression is worth, as plain JSON; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']['exception'].get('description')}")
        return result["result"].get("value")

    def wait(self, expression: str, seconds: float = PATIENCE) -> Any:
        """Return what an expression is worth as soon as that is true; fails if it never is."""
        end = time.monotonic() + seconds
        while True:
            found = self.value(expression)
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"never true: {expression}; problems: {self.problems}")
            time.sleep(0.05)

    def screenshot(self, path: Path, *, whole: bool = True) -> Path:
        """Write what is seen as PNG, the whole page or the window."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))
        return path


@contextmanager
def open(url: str, *, width: int = 1200, height: int = 900) -> Iterator[Page]:
    """Open an address in a Chromium of its own; the test is skipped where there is none."""
    program = chromium()
    if program is None:
        pytest.skip("no Chromium on this machine; on Debian: apt install chromium")
    websocket = pytest.importorskip("websocket", reason="websocket-client comes with JupyterLab")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [
            program,
            *FLAGS,
            *root,
            f"--user-data-dir={folder}",
            f"--window-size={width},{height}",
            "about:blank",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{_port(process, Path(folder))}/json/list") as reply:
                tab = next(target for target in json.load(reply) if target["type"] == "page")
            socket = websocket.create_connection(
                tab["webSocketDebuggerUrl"], timeout=PATIENCE, suppress_origin=True, enable_multithread=False
            )
            page = Page(socket)
            page.go(url)
            yield page
            socket.close()
        finally:
            process.terminate()
            process.wait(10)


def _port(process: subprocess.Popen[bytes], folder: Path) -> int:
    """The port that the browser listens on, which it writes into its folder."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        text = (folder / "DevToolsActivePort").read_text() if (folder / "DevToolsActivePort").exists() else ""
        if "\n" in text:
            return int(text.splitlines()[0])
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} did not start")  # type: ignore[index]
