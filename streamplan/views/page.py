"""One self-contained HTML page: style, text, charts as SVG and the bundle that makes them live, no network."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing, suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from markupsafe import Markup

from streamfacts.errors import NotWritten
from streamfacts.files import write_whole
from streamplan import __version__
from streamplan.runtime import drawing
from streamplan.views.html import environment

_ahead: tuple[drawing.Drawer, drawing.Pending] | None = None


def make_bundle_ahead() -> bool:
    """Begin to make the bundle in a process beside this one, for a page that comes later, unless it is there already.

    Returns
    -------
    whether it is there
    """
    global _ahead
    if vega_bundle.cache_info().currsize or _read(_kept()) is not None:
        return True
    if drawing.Drawer.works_here and _ahead is None:
        drawer = drawing.Drawer()
        _ahead = drawer, drawer.ask("bundle")
    return False


@cache
def vega_bundle() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, safe inside a script element.

    It takes seconds to make and is the same for a version of the drawing engine, so it is kept in the user's cache,
    with a digest: what is not as it was written is made anew.
    """
    global _ahead
    kept = _kept()
    if _ahead is not None:
        (drawer, pending), _ahead = _ahead, None
        with closing(drawer):
            made = _safe(pending.answer())
    else:
        whole = _read(kept)
        if whole is not None:
            return whole
        made = _safe(drawing.bundle())
    with suppress(NotWritten):  # a place that cannot be written to only means that it is made again
        write_whole(kept, _digest(made) + made)
    return made


def _digest(script: str) -> str:
    """The first line of the kept file, a comment in JavaScript."""
    return f"// sha256 {hashlib.sha256(script.encode()).hexdigest()}\n"


def _read(kept: Path) -> str | None:
    """Return the bundle that is kept, None if there is none or it is damaged."""
    with suppress(OSError, UnicodeDecodeError):
        first, _, script = kept.read_bytes().decode("utf-8").partition("\n")
        if f"{first}\n" == _digest(script):
            return script
    return None


def _kept() -> Path:
    """Where the bundle is kept: $XDG_CACHE_HOME or ~/.cache, by the versions of the engine and of this program."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "streamplan")
    return folder / f"vega-{metadata.version('vl-convert-python')}-{__version__}.js"


def _safe(script: str) -> str:
    return script.replace("</script", "<\\/script")


def page(title: str, body: str, *, live_charts: bool = True, footer: str = "") -> str:
    """Return a whole HTML document around a body that is HTML already.

    Parameters
    ----------
    title : plain text, escaped here
    body : HTML
    live_charts : whether to carry the Vega bundle (0.9 MB), which gives the charts their tooltips
    footer : plain text, escaped here
    """
    template = environment().get_template("page.html.j2")
    return template.render(
        title=title,
        body=Markup(body),
        style=Markup((Path(__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")),
        bundle=Markup(vega_bundle()) if live_charts and "streamplan-chart" in body else "",
        footer=footer,
        version=__version__,
    )
