"""One self-contained HTML page: style, text, charts as SVG and the bundle that makes them live, no network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from markupsafe import Markup

from streamplan import __version__, drawing
from streamplan.present import environment

_ahead: drawing.Drawer | None = None


def make_bundle_ahead() -> None:
    """Begin to make the bundle in a process beside this one, for a page that comes later."""
    global _ahead
    if _ahead is None and not vega_bundle.cache_info().currsize:
        _ahead = drawing.Drawer()
        _ahead.ask("bundle")


@cache
def vega_bundle() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, safe inside a script element."""
    global _ahead
    if _ahead is None:
        return _safe(drawing.bundle())
    made, ended, _ahead = _ahead.answer(), _ahead, None
    ended.close()
    return _safe(made)


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
