"""Where charts are drawn: in this process, or in a process beside it that forked children share."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_beside: Drawer | None = None


class DrawerEnded(RuntimeError):
    """The drawing process is gone."""


class Pending:
    """A picture that is being drawn."""

    def __init__(self, asking: socket.socket) -> None:
        self._asking = asking

    def answer(self) -> str:
        """Wait for the picture; raises `DrawerEnded`, or RuntimeError with what the engine says."""
        with self._asking, self._asking.makefile("r", encoding="utf-8") as incoming, suppress(ConnectionError):
            line = incoming.readline()
            if line:
                answer = json.loads(line)
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return str(answer["done"])
        raise DrawerEnded("the drawing process has ended")


class Drawer:
    """A process that draws, for the one that starts it and all that are forked from that, one request at a time.

    It is warm as soon as it has started, and ends with the last process that could ask.
    """

    #: Whether this platform has what it takes: sockets that are handed from process to process.
    works_here = hasattr(socket, "send_fds")

    def __init__(self) -> None:
        program = Path(__file__).with_name("_drawing_process.py")
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(program), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def ask(self, request: Any) -> Pending:
        """Send a request, a specification or "bundle" for the JavaScript of Vega, to wait for later."""
        asking, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._line, [b"?"], [theirs.fileno()])
            asking.sendall((json.dumps(request) + "\n").encode())
        except ConnectionError:  # `answer` says so
            pass
        return Pending(asking)

    def close(self) -> None:
        """End the process."""
        self._line.close()
        self._process.terminate()
        self._process.wait()


def use(drawer: Drawer | None) -> None:
    """Let charts of this process be drawn there; None for in this process."""
    global _beside
    _beside = drawer


def svg(specification: dict[str, Any]) -> str:
    """Return a Vega-Lite specification as an SVG picture."""
    drawn = _drawn_beside(specification)
    if drawn is not None:
        return drawn
    import vl_convert

    return str(vl_convert.vegalite_to_svg(specification))


def bundle() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed."""
    made = _drawn_beside("bundle")
    if made is not None:
        return made
    import vl_convert

    newest = vl_convert.get_vegalite_versions()[-1]
    return str(vl_convert.javascript_bundle(vl_version=newest))  # type: ignore[call-arg]


def _drawn_beside(request: Any) -> str | None:
    """What the process beside this one makes; None if there is none, or none any more and this one may draw itself.

    A fork of a process that has drawn must not: the engine waits for threads that only its parent has.
    """
    if _beside is None:
        return None
    try:
        return _beside.ask(request).answer()
    except DrawerEnded:
        if "vl_convert" in sys.modules:
            raise
        return None
