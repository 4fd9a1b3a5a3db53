"""The server of the page: static files of ours, the Vega bundle, and the documents of `answers`.

It answers only requests that its own pages send under its own names (see `streamplan.app.doorman`), one study after the
other (`streamplan.app.turns`), and opens no file that a request names.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from capacity import Workload
from pricing import PriceBook
from streamfacts.errors import InputError, StreamplanError, unknown_name
from streamplan.app import documents as answers
from streamplan.app.doorman import LOOPBACK, TOKEN, Doorman, opened_at, without_token
from streamplan.app.explore import View, view
from streamplan.app.turns import Full, Gone, Queue, Turn
from streamplan.planning.shipped_workloads import open_workload, shipped_workloads

STATIC = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
#: The page may load nothing from elsewhere, nor be shown inside another. Vega turns the expressions of a chart into
#: functions, hence the eval.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: Names in an address that are no controls.
OTHERS = ("workload", "platform", TOKEN)
#: Connections that may wait to be taken up, and bytes of headers and seconds of silence that one is given.
BACKLOG, MOST_HEADERS, PATIENCE = 1024, 16_384, 30


class Source:
    """The workloads that can be explored, by name, and the prices: what all requests share."""

    def __init__(self, own: Workload | None = None, book: PriceBook | None = None) -> None:
        self.book = book or PriceBook.load()
        self.own = own
        self.names = list(dict.fromkeys([*([own.name] if own else []), *shipped_workloads()]))
        self.opened: dict[str, Workload] = {}
        self.seen: tuple[dict[str, str], View] | None = None

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


class Guarded(RequestHandler):
    """What every answer has: only our own page gets it, and no browser keeps it, takes it for more or frames it."""

    def set_default_headers(self) -> None:
        """Set the headers of all answers, refusals too."""
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Let in who may."""
        self.let_in()

    def let_in(self) -> bool:
        """Refuse what comes from elsewhere and who lacks the token, keep the token of who has it in a cookie."""
        doorman: Doorman = self.settings["doorman"]
        given = self.get_query_argument(TOKEN, "")
        reason = doorman.foreign(self.request.headers)
        if not reason and not doorman.knows(self.request.headers, given):
            reason = "asked for without its token: open the address that `streamplan app` printed when it started"
        uri = self.request.uri or "/"
        if reason:
            self.refuse(403, f"streamplan is {reason}")
            return False
        if doorman.token and given and urlsplit(uri).path == "/":
            self.set_cookie(doorman.cookie, doorman.token, httponly=True, samesite="Strict")
            self.redirect(without_token(uri))
            return False
        return True

    def refuse(self, status: int, reason: str) -> None:
        """Answer with the reason alone."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps({"error": reason}))

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer an error with its reason, never with a trace of ours."""
        self.refuse(status_code, f"streamplan cannot answer this: {self._reason}")


class Unknown(Guarded):
    """An address that is none of ours."""

    def prepare(self) -> None:
        """Refuse it as all others, else say that there is nothing."""
        if self.let_in():
            self.refuse(404, "there is no such page")


class Document(Guarded):
    """A JSON document, made on the thread that does the work."""

    def initialize(self, make: Callable[[Source, dict[str, str]], dict[str, Any]]) -> None:
        self.make, self.turn = make, Turn()

    def on_connection_close(self) -> None:
        """Leave the queue."""
        self.turn.leave()

    async def get(self) -> None:
        """Answer; bad input is a 400 that says what is allowed, a full queue a 503 that says when to ask again."""
        asked = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        queue: Queue = self.settings["queue"]
        try:
            document = await queue.work(self.turn, lambda: self._made(asked))
        except Gone:
            return
        except Full as full:
            self.set_header("Retry-After", str(full.seconds))
            self.refuse(503, str(full))
            return
        except StreamplanError as error:
            self.refuse(400, str(error))
            return
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(document, allow_nan=False))

    def _made(self, asked: dict[str, str]) -> dict[str, Any]:
        started = time.perf_counter()
        document = self.make(self.settings["source"], asked)
        return {**document, "ms": round(1000.0 * (time.perf_counter() - started), 1)}


class Static(Guarded):
    """A file of the page."""

    def initialize(self, read: Callable[[], str], kind: str) -> None:
        self.read, self.kind = read, kind

    async def get(self) -> None:
        """Answer with the file, which may take seconds to make once."""
        self.set_header("Content-Type", f"{self.kind}; charset=utf-8")
        self.finish(await asyncio.to_thread(self.read))


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
    own: Workload | None = None,
    book: PriceBook | None = None,
    doorman: Doorman | None = None,
    queue: Queue | None = None,
) -> Application:
    """Return the application, for a server of one's own or for `serve`.

    Parameters
    ----------
    own : a workload to start with, beside the shipped ones
    book : the prices; those of `data/` if left out
    doorman : who may ask; this machine, on any port and without a token, if left out
    queue : in which requests wait for each other
    """
    files = {"/": "index.html", "/app.js": "app.js", "/app.css": "app.css"}
    documents = {"/api/start": _start, "/api/study": _study, "/api/charts": _charts}
    handlers: list[Any] = [
        (path, Static, {"read": (STATIC / name).read_text, "kind": TYPES[Path(name).suffix]})
        for path, name in files.items()
    ]
    handlers.append(("/vega.js", Static, {"read": _bundle, "kind": "text/javascript"}))
    handlers += [(path, Document, {"make": make}) for path, make in documents.items()]
    settings: dict[str, Any] = {"source": Source(own, book), "doorman": doorman or Doorman(), "queue": queue or Queue()}
    return Application(handlers, default_handler_class=Unknown, log_function=_log, **settings)


def _log(handler: RequestHandler) -> None:
    """Say what went wrong here, and not the address, which may hold the token."""
    if handler.get_status() >= 500 and handler.get_status() != 503:
        logging.getLogger("tornado.access").error("%d %s", handler.get_status(), handler.request.path)


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
    address : to listen on; other machines reach it only if it is not the loopback, and then with a token
    ready : called with the address of the page, with the token if there is one, once it can be opened

    Raises
    ------
    InputError
        if the port or the address is not to be had.
    """
    asyncio.run(_serve(own, book, port, address, ready))


async def _serve(
    own: Workload | None, book: PriceBook | None, port: int, address: str, ready: Callable[[str], None]
) -> None:
    try:
        sockets = bind_sockets(port, address, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        raise InputError("--port", f"{address}:{port}", f"an address and a port that are free ({error})") from None
    doorman = Doorman.of(address, sockets)
    server = HTTPServer(
        application(own, book, doorman),
        max_header_size=MOST_HEADERS,
        max_body_size=0,
        idle_connection_timeout=PATIENCE,
        body_timeout=PATIENCE,
    )
    server.add_sockets(sockets)
    gc.collect()
    gc.freeze()  # modules and prices stay: looking for garbage among them takes a sixth of every answer
    ready(opened_at(doorman, address))
    await asyncio.Event().wait()
