"""Draws charts for other processes: a specification a line in, a picture a line out. Run as a file of its own.

The drawing engine keeps threads of its own, which a fork would lose; processes that fork leave the drawing to this one.
"""

import json
import sys

import vl_convert


def main() -> None:
    """Answer requests on standard input until it ends."""
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if request == "bundle":
                done = vl_convert.javascript_bundle(vl_version=vl_convert.get_vegalite_versions()[-1])  # type: ignore[call-arg]
            else:
                done = vl_convert.vegalite_to_svg(request)
            answer = {"done": done}
        except Exception as error:  # whatever it is, the other side raises it
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
