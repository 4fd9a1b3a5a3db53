"""Where charts are drawn: in this process, or in a process beside it that forked children share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_beside: Drawer | None = None


class Drawer:
    """A process that draws, warm from its first chart on. One user at a time."""

    def __init__(self) -> None:
        program = Path(__file__).with_name("_draw.py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, request: Any) -> None:
        """Send a request: a specification, or "bundle" for the JavaScript of Vega."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()

    def answer(self) -> str:
        """Wait for the answer to the request before; raises RuntimeError with what the engine says."""
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            raise RuntimeError("the drawing process has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return str(answer["done"])

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.terminate()
        self._process.wait()


def use(drawer: Drawer | None) -> None:
    """Let charts of this process be drawn there; None for in this process."""
    global _beside
    _beside = drawer


def svg(specification: dict[str, Any]) -> str:
    """Return a Vega-Lite specification as an SVG picture."""
    if _beside is not None:
        _beside.ask(specification)
        return _beside.answer()
    import vl_convert

    return str(vl_convert.vegalite_to_svg(specification))


def bundle() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed."""
    if _beside is not None:
        _beside.ask("bundle")
        return _beside.answer()
    import vl_convert

    newest = vl_convert.get_vegalite_versions()[-1]
    return str(vl_convert.javascript_bundle(vl_version=newest))  # type: ignore[call-arg]
