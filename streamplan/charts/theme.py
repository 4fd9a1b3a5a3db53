"""Colours, type and the renderer of every figure.

The renderer writes a still SVG and, beside it, the chart's specification. Where a page carries the Vega bundle (see
`streamplan.page`), the still is replaced by the live chart with its tooltips; nothing ever asks a network.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any, cast

import altair as alt
import vl_convert

#: Okabe and Ito's palette, told apart with any colour vision.
ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE, GREY = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#7F7F7F",
)  # fmt: skip

CATEGORY_COLOURS = {
    "compute": BLUE,
    "storage": ORANGE,
    "network": VERMILION,
    "data": SKY,
    "requests": PURPLE,
    "licence": YELLOW,
    "people": GREEN,
}
CATEGORY_LABELS = {
    "compute": "machines, brokers, shards",
    "storage": "storage and retention",
    "network": "cross-zone and cross-region network",
    "data": "bytes in and out",
    "requests": "requests",
    "licence": "licence",
    "people": "people",
}
STATE_COLOURS = {
    "normal": BLUE,
    "broker down": ORANGE,
    "bookie down": GREEN,
    "zone down": VERMILION,
    "catch-up": PURPLE,
}
STATE_SHAPES = {
    "normal": "circle",
    "broker down": "square",
    "bookie down": "cross",
    "zone down": "triangle-up",
    "catch-up": "diamond",
}
INK, MUTED, RULE = "#1b1f24", "#57606a", "#d0d7de"
FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
WIDTH = 620


@cache
def platform_colours() -> dict[str, str]:
    """Return one colour a platform, the same in every figure, by its place in the registry."""
    from capacity import platforms

    wheel = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, GREY]
    return {name: wheel[i % len(wheel)] for i, name in enumerate(sorted(platforms()))}


def _config() -> dict[str, Any]:
    return {
        "config": {
            "font": FONT,
            "background": "white",
            "view": {"stroke": None},
            "axis": {
                "labelColor": INK,
                "titleColor": INK,
                "gridColor": RULE,
                "domainColor": RULE,
                "tickColor": RULE,
                "labelFontSize": 11,
                "titleFontSize": 11,
                "titleFontWeight": "normal",
                "labelLimit": 260,
                "labelOverlap": "greedy",
            },
            "legend": {"labelFontSize": 11, "titleFontSize": 11, "orient": "top", "labelLimit": 260, "columns": 3},
            "title": {
                "anchor": "start",
                "fontSize": 14,
                "subtitleFontSize": 11,
                "subtitleColor": MUTED,
                "color": INK,
                "offset": 12,
            },
        }
    }


def _render(spec: dict[str, Any], **_: Any) -> dict[str, str]:
    svg = vl_convert.vegalite_to_svg(spec)
    text = json.dumps(spec, sort_keys=True).replace("<", "\\u003c")
    name = "chart-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    html = (
        f'<div class="streamplan-chart" id="{name}">{svg}</div>'
        f'<script type="application/json" data-chart="{name}">{text}</script>'
    )
    return {"text/html": html, "image/svg+xml": svg}


def set_up() -> None:
    """Register and enable the theme and the renderer (done on import of `streamplan.charts`)."""
    alt.theme.register("streamplan", enable=True)(lambda: cast("alt.theme.ThemeConfig", _config()))
    alt.renderers.register("streamplan", _render)
    alt.renderers.enable("streamplan")
