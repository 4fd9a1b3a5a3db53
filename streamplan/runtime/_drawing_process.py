"""Draws charts for other processes. Run as a file of its own, with the number of an open socket.

Each message on it carries a socket of whoever asks: a specification a line in, a picture a line out. The drawing engine
keeps threads of its own, which a fork would lose; processes that fork leave the drawing to this one.
"""

import contextlib
import json
import signal
import socket
import sys

import vl_convert

#: Drawn before anybody asks, as the first picture of an engine takes several times as long as the second.
FIRST = {
    "data": {"values": [{"x": 1, "y": "a"}]},
    "mark": "bar",
    "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "nominal"}},
}


def main(number: int) -> None:
    """Answer requests until nobody is left who could ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this one has the same interruption and ends it
    vl_convert.vegalite_to_svg(FIRST)
    with socket.socket(fileno=number) as line:
        while True:
            said, given, _, _ = socket.recv_fds(line, 1, 1)
            if not said:
                return
            with socket.socket(fileno=given[0]) as asking, contextlib.suppress(OSError):  # who asked may be gone
                with asking.makefile("r", encoding="utf-8") as incoming:
                    request = incoming.readline()
                if request:
                    asking.sendall((json.dumps(_answer(request)) + "\n").encode())


def _answer(request: str) -> dict[str, str]:
    try:
        specification = json.loads(request)
        if specification == "bundle":
            newest = vl_convert.get_vegalite_versions()[-1]
            return {"done": vl_convert.javascript_bundle(vl_version=newest)}  # type: ignore[call-arg]
        return {"done": vl_convert.vegalite_to_svg(specification)}
    except Exception as error:  # whatever it is, the other side raises it
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main(int(sys.argv[1]))
