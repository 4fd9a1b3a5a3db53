"""Colours, type and the renderer of every figure.

The renderer writes a still SVG and, beside it, the chart's specification. Where a page carries the Vega bundle (see
`streamplan.views.page`), the still is replaced by the live chart with its tooltips; nothing ever asks a network.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import altair as alt
from altair.utils.schemapi import debug_mode

from streamfacts.tables import read_rows
from streamplan.runtime import drawing

if TYPE_CHECKING:
    import pandas as pd

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
    "support": "#882255",
    "tooling": GREY,
}
CATEGORY_LABELS = {
    "compute": "machines, brokers, shards",
    "storage": "storage and retention",
    "network": "cross-zone and cross-region network",
    "data": "bytes in and out",
    "requests": "requests",
    "licence": "licence",
    "people": "people and training",
    "support": "support",
    "tooling": "monitoring and tools",
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
#: The first comes with the drawing engine, so that every machine draws alike; the fourth is as wide, where none is.
FONT = "Liberation Sans, Arial, Helvetica, DejaVu Sans Condensed, sans-serif"
WIDTH = 620


#: Colours of families that have none in `data/families.csv`, in the order of their names; from Tol's palettes.
SPARE_COLOURS = ("#663333", "#FFAABB", "#222255")
#: Shades from dark to light: below 0 a part of black is mixed in, above 0 a part of white.
DARKEST, LIGHTEST = -0.4, 0.3


def family_colours(families: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return a colour for each family of offers on a cloud: that of `data/families.csv`, else the next spare one.

    Parameters
    ----------
    families : family and cloud
    """
    known = {(row["family"], row["provider"]): row["colour"] for row in read_rows("families")}
    spare = itertools.cycle(SPARE_COLOURS)
    return {family: known.get(family) or next(spare) for family in sorted(families)}


@cache
def platform_colours() -> dict[str, str]:
    """Return one colour an offer, the same in every figure: the hue is its family's, the shade its own.

    Families are told apart with any colour vision; shades of one are beside their names in every figure.
    """
    from capacity import offers

    groups: dict[tuple[str, str], list[str]] = {}
    for name, offer in sorted(offers().items()):
        groups.setdefault((offer.family, offer.provider), []).append(name)
    colours = family_colours(groups)
    out = {}
    for family, names in groups.items():
        colour = colours[family]
        for i, name in enumerate(names):
            out[name] = _shade(
                colour, 0.0 if len(names) == 1 else DARKEST + (LIGHTEST - DARKEST) * i / (len(names) - 1)
            )
    return out


def colour_of(platform: str) -> str:
    """Return the colour of an offer: that of `platform_colours`, or its family's where it needs more than a load."""
    from capacity import find_offer

    offer = find_offer(platform)
    family = offer.family, offer.provider
    return platform_colours().get(platform) or family_colours([family])[family]


def _shade(colour: str, by: float) -> str:
    towards = 255 if by > 0 else 0
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (towards - part) * abs(by)):02X}" for part in parts)


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
    svg = drawing.svg(spec)
    text = json.dumps(spec, sort_keys=True).replace("<", "\\u003c")
    name = "chart-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    html = (
        f'<div class="streamplan-chart" id="{name}">{svg}</div>'
        f'<script type="application/json" data-chart="{name}">{text}</script>'
    )
    return {"text/html": html, "image/svg+xml": svg}


class _Table(alt.InlineData):
    """Rows that nobody changes, so that a copy of a chart, of which Altair makes many, shares them."""

    def __deepcopy__(self, memo: Any) -> _Table:
        return self


def data_of(frame: pd.DataFrame) -> alt.InlineData:
    """Return a table of numbers and text as the data of a chart, made plain once for all layers that show it.

    What is no finite number becomes null.
    """

    def known(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    names = [str(name) for name in frame]
    columns = [[known(value) for value in frame[name].tolist()] for name in names]
    return _Table(values=[dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)])


def unchecked() -> AbstractContextManager[None]:
    """Build charts without holding each part against the schema of Vega-Lite: for figures of ours, which tests hold."""
    return debug_mode(False)


def shown(chart: Any) -> dict[str, str]:
    """Return what a notebook shows of a chart of ours, as its renderer does but without checking it."""
    return _render(chart.to_dict(validate=False, context={"pre_transform": False}))


def set_up() -> None:
    """Register and enable the theme and the renderer (done on import of `streamplan.charts`)."""
    alt.theme.register("streamplan", enable=True)(lambda: cast("alt.theme.ThemeConfig", _config()))
    alt.renderers.register("streamplan", _render)
    alt.renderers.enable("streamplan")
