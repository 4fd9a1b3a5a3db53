"""Where which offer is the cheapest, as a map."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from capacity import find_offer
from streamplan.analyses.break_even.break_even import TEAM, Axis, BreakEven
from streamplan.views.theme import INK, RULE, WIDTH, colour_of

#: Scale of an axis: canonical unit to what one tick counts and is called.
_SHOWN = {
    "bytes/s": (1e6, "MB/s"),
    "bytes": (1.0, "bytes"),
    "seconds": (86400.0, "days"),
    "records/s": (1.0, "records/s"),
}
_NAMES = {"write": "bytes written", "fan_out": "fan-out", TEAM: "cost of the team"}


def break_even_map(found: BreakEven) -> alt.LayerChart | alt.FacetChart:
    """Return the cheapest offer over both inputs on logarithmic scales, the flips, and the workload itself."""
    (per_x, title_x), (per_y, title_y) = _scale(found.x), _scale(found.y)
    data = found.table
    left, right = (edge / per_x for edge in _edges(found.x.values))
    low, high = (edge / per_y for edge in _edges(found.y.values))
    n, m = len(found.x.values), len(found.y.values)
    data = data.assign(
        x0=np.tile(left, m), x1=np.tile(right, m), y0=np.repeat(low, n), y1=np.repeat(high, n),
        title=[find_offer(p).title if p else "none fits" for p in data["platform"]],
        next_title=[find_offer(p).title if p else "" for p in data["next"]],
        at=[f"{found.x.text(a)}, {found.y.text(b)}" for a, b in zip(data["x"], data["y"], strict=True)],
    )  # fmt: skip
    names = found.winners
    domain = [find_offer(name).title for name in names]
    colours = [colour_of(name) for name in names]
    if (found.winner < 0).any():
        domain, colours = [*domain, "none fits"], [*colours, RULE]
    scale_x = alt.Scale(type="log", domain=[float(left[0]), float(right[-1])], nice=False)
    scale_y = alt.Scale(type="log", domain=[float(low[0]), float(high[-1])], nice=False)
    label = alt.Axis(format="~g", grid=False, tickCount=6, labelOverlap=True)
    x = alt.X("x0:Q", title=title_x, scale=scale_x, axis=label)
    y = alt.Y("y0:Q", title=title_y, scale=scale_y, axis=label)
    areas = (
        alt.Chart(data)
        .mark_rect(strokeWidth=0.6)  # the stroke closes the seams between cells
        .encode(
            x=x,
            x2="x1:Q",
            y=y,
            y2="y1:Q",
            color=alt.Color(
                "title:N",
                title="cheapest",
                scale=alt.Scale(domain=domain, range=colours),
                legend=alt.Legend(columns=2, labelLimit=300),
            ),
            stroke=alt.Stroke("title:N", legend=None, scale=alt.Scale(domain=domain, range=colours)),
            tooltip=[
                alt.Tooltip("title:N", title="cheapest"),
                alt.Tooltip("at:N", title="at"),
                alt.Tooltip("usd:Q", title="USD a month", format=",.0f"),
                alt.Tooltip("next_title:N", title="next"),
                alt.Tooltip("next_usd:Q", title="next, USD a month", format=",.0f"),
            ],
        )
    )
    layers: list[alt.Chart] = [areas]
    if len(found.flips):
        flips = found.flips.assign(
            x0=found.flips["at"] / per_x,
            y0=found.flips["row"] / per_y,
            text=[
                f"{found.x.text(r['at'])}: from {r['below'] or 'none'} to {r['above'] or 'none'}"
                for r in found.flips.to_dict("records")
            ],
        )
        dots = alt.Chart(flips).mark_point(color=INK, filled=True, size=14, opacity=1)
        layers.append(dots.encode(x="x0:Q", y="y0:Q", tooltip=[alt.Tooltip("text:N", title="flip")]))
    if np.isfinite([found.x.own, found.y.own]).all():
        own = pd.DataFrame({"x0": [found.x.own / per_x], "y0": [found.y.own / per_y], "label": ["this workload"]})
        here = alt.Chart(own)
        layers.append(here.mark_point(shape="cross", size=160, color=INK, filled=True).encode(x="x0:Q", y="y0:Q"))
        layers.append(
            here.mark_text(align="left", dx=10, dy=-8, color=INK, fontSize=11, fontWeight="bold").encode(
                x="x0:Q", y="y0:Q", text="label:N"
            )
        )
    return alt.layer(*layers).properties(
        width=WIDTH - 60,
        height=360,
        title=alt.Title(
            "Cheapest offer", subtitle="all else at its likely value; dots: exact flips along the horizontal axis"
        ),
    )


def _scale(axis: Axis) -> tuple[float, str]:
    name = _NAMES.get(axis.name, axis.name.replace("_", " "))
    per, unit = _SHOWN.get(axis.unit, (1.0, axis.unit))
    return per, f"{name} [{unit}]" if unit else name


def _edges(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right edge of the cell of each value, half way between neighbours on the logarithmic scale."""
    middle = np.sqrt(values[1:] * values[:-1])
    first, last = values[0] ** 2 / middle[0], values[-1] ** 2 / middle[-1]
    edges = np.concatenate([[first], middle, [last]])
    return edges[:-1], edges[1:]
