"""The server of the page: static files of ours, the Vega bundle, and the documents of `answers`.

It answers only requests that are addressed to this machine, unless it is told to listen elsewhere, and opens no file
that a request names.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from capacity import Workload
from pricing import PriceBook
from streamfacts.errors import InputError, StreamplanError, unknown_name
from streamplan.app import documents as answers
from streamplan.app.explore import View, view
from streamplan.planning.shipped_workloads import open_workload, shipped_workloads

STATIC = Path(__file__).parent / "static"
LOOPBACK = ("127.0.0.1", "localhost")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
#: The page may load nothing from elsewhere. Vega turns the expressions of a chart into functions, hence the eval.
POLICY = "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
#: Names in an address that are no controls.
OTHERS = ("workload", "platform")


class Source:
    """The workloads that can be explored, by name, and the prices: what all requests share."""

    def __init__(self, own: Workload | None = None, book: PriceBook | None = None) -> None:
        self.book = book or PriceBook.load()
        self.own = own
        self.names = list(dict.fromkeys([*([own.name] if own else []), *shipped_workloads()]))
        self.opened: dict[str, Workload] = {}
        self.seen: tuple[dict[str, str], View] | None = None
        self.work = ThreadPoolExecutor(1, "study")  # one after the other: a study uses every core there is to gain

    def workload(self, name: str) -> Workload:
        """Return the workload given on the command line, or a shipped one."""
        if self.own is not None and name in ("", self.own.name):
            return self.own
        name = name or "example-100mib"
        if name not in self.names:
            raise unknown_name("workload", name, self.names)
        if name not in self.opened:
            self.opened[name] = open_workload(shipped_workloads()[name])
        return self.opened[name]

    def view(self, asked: Mapping[str, str]) -> View:
        """Return what a request asks to see."""
        if self.seen is None or self.seen[0] != asked:  # the figures are of the setting whose numbers were there before
            settings = {name: value for name, value in asked.items() if name not in OTHERS}
            workload, platform = self.workload(asked.get("workload", "")), asked.get("platform", "")
            self.seen = dict(asked), view(workload, settings, platform, book=self.book)
        return self.seen[1]


class Document(RequestHandler):
    """A JSON document, made on the thread that does the work."""

    def initialize(self, source: Source, make: Callable[[Source, dict[str, str]], dict[str, Any]]) -> None:
        self.source, self.make = source, make

    async def get(self) -> None:
        """Answer; bad input is a 400 whose text says what is allowed."""
        asked = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        started = time.perf_counter()
        try:
            document = await asyncio.get_running_loop().run_in_executor(self.source.work, self.make, self.source, asked)
        except StreamplanError as error:
            self.set_status(400)
            document = {"error": str(error)}
        document["ms"] = round(1000.0 * (time.perf_counter() - started), 1)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(document, allow_nan=False))


class Static(RequestHandler):
    """A file of the page."""

    def initialize(self, read: Callable[[], str], kind: str) -> None:
        self.read, self.kind = read, kind

    def get(self) -> None:
        """Answer with the file."""
        self.set_header("Content-Type", f"{self.kind}; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(self.read())


def _start(source: Source, asked: dict[str, str]) -> dict[str, Any]:
    return answers.start_document(source.workload(asked.get("workload", "")), source.names)


def _study(source: Source, asked: dict[str, str]) -> dict[str, Any]:
    return answers.view_document(source.view(asked))


def _charts(source: Source, asked: dict[str, str]) -> dict[str, Any]:
    return answers.charts_document(source.view(asked))


def _bundle() -> str:
    from streamplan.views.page import vega_bundle

    return vega_bundle()


def application(
    own: Workload | None = None, book: PriceBook | None = None, hosts: tuple[str, ...] | None = LOOPBACK
) -> Application:
    """Return the application, for a server of one's own or for `serve`.

    Parameters
    ----------
    own : a workload to start with, beside the shipped ones
    book : the prices; those of `data/` if left out
    hosts : names under which requests may address it; None for any
    """
    source = Source(own, book)
    files = {"/": "index.html", "/app.js": "app.js", "/app.css": "app.css"}
    documents = {"/api/start": _start, "/api/study": _study, "/api/charts": _charts}
    handlers: list[Any] = [
        (path, Static, {"read": (STATIC / name).read_text, "kind": TYPES[Path(name).suffix]})
        for path, name in files.items()
    ]
    handlers.append(("/vega.js", Static, {"read": _bundle, "kind": "text/javascript"}))
    handlers += [(path, Document, {"source": source, "make": make}) for path, make in documents.items()]
    out = Application()
    out.add_handlers(".*" if hosts is None else "|".join(host.replace(".", r"\.") for host in hosts), handlers)
    return out


def serve(
    own: Workload | None = None,
    book: PriceBook | None = None,
    *,
    port: int = 0,
    address: str = LOOPBACK[0],
    ready: Callable[[str], None] = print,
) -> None:
    """Serve the page until it is interrupted.

    Parameters
    ----------
    port : to listen on; a free one if 0
    address : to listen on; other machines reach it only if it is not the loopback
    ready : called with the address of the page once it can be opened

    Raises
    ------
    InputError
        if the port or the address is not to be had.
    """
    asyncio.run(_serve(own, book, port, address, ready))


async def _serve(
    own: Workload | None, book: PriceBook | None, port: int, address: str, ready: Callable[[str], None]
) -> None:
    app = application(own, book, LOOPBACK if address in LOOPBACK else None)
    try:
        sockets = bind_sockets(port, address)
    except OSError as error:
        raise InputError("--port", f"{address}:{port}", f"an address and a port that are free ({error})") from None
    HTTPServer(app).add_sockets(sockets)
    gc.collect()
    gc.freeze()  # modules and prices stay: looking for garbage among them takes a sixth of every answer
    ready(f"http://{address}:{sockets[0].getsockname()[1]}/")
    await asyncio.Event().wait()
