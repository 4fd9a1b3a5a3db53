"""How full a cluster is month by month, against its walls."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from streamplan.analyses.demand.charts import month_axis
from streamplan.analyses.runway.runway import Runway
from streamplan.views.theme import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, SKY, VERMILION, WIDTH

#: Walls that are drawn: the one that comes first, and those behind it of other resources.
MOST_WALLS = 4


def use_by_month(result: Runway) -> alt.LayerChart | alt.FacetChart:
    """Return the use of each resource over the share of it that may be used, by month; 100% is the wall.

    Each resource is shown in the state in which it is nearest to its wall. The band is P10 to P90 of the wall that
    comes first.
    """
    by_label = {wall.label: wall for wall in result.walls}
    shown: dict[str, str] = {}
    for label in result.table["wall"]:
        shown.setdefault(label.rsplit(" (", 1)[0], label)
    labels = list(shown.values())[:MOST_WALLS]
    first = result.first
    if first.label not in labels:
        labels = [first.label, *labels[: MOST_WALLS - 1]]
    months = np.arange(1, result.months + 1)
    lines = pd.concat(
        pd.DataFrame(
            {
                "month": months,
                "wall": label,
                "pressure": by_label[label].used / by_label[label].wall,
                "used": by_label[label].used,
                "use_up_to": by_label[label].wall,
            }
        )
        for label in labels
    )
    low, _, high = first.used_percentiles / first.wall
    band = pd.DataFrame({"month": months, "low": low, "high": high})
    top = float(min(max(1.2, np.max(high)), 2.0 * max(1.25, np.max(lines["pressure"]))))
    cut = f", cut at {top:.0%}" if np.max(high) > top else ""
    y_scale = alt.Scale(domain=[0, top], clamp=True, nice=False)
    x = month_axis(result.months)
    title = "use over what may be used"
    area = (
        alt.Chart(band)
        .mark_area(color=SKY, opacity=0.35)
        .encode(
            x=x,
            y=alt.Y("low:Q", title=title, scale=y_scale, axis=alt.Axis(format="%", tickCount=6)),
            y2="high:Q",
            tooltip=[
                "month:Q",
                alt.Tooltip("low:Q", format=".0%", title="P10"),
                alt.Tooltip("high:Q", format=".0%", title="P90"),
            ],
        )
    )
    palette = [BLUE, ORANGE, GREEN, PURPLE, INK][: len(labels)]
    line = (
        alt.Chart(lines)
        .mark_line(strokeWidth=1.8, clip=True, point=result.months == 1)
        .encode(
            x=x,
            y=alt.Y("pressure:Q", scale=y_scale, title=title),
            color=alt.Color("wall:N", title=None, sort=labels, scale=alt.Scale(domain=labels, range=palette)),
            tooltip=[
                "month:Q",
                alt.Tooltip("wall:N"),
                alt.Tooltip("used:Q", format=".1%"),
                alt.Tooltip("use_up_to:Q", format=".0%", title="up to"),
            ],
        )
    )
    rule = alt.Chart(pd.DataFrame({"y": [1.0]})).mark_rule(color=VERMILION, strokeDash=[6, 3], strokeWidth=1.5)
    wall = rule.encode(y="y:Q")
    note = (
        alt.Chart(pd.DataFrame({"y": [1.0], "x": [1], "text": ["the wall"]}))
        .mark_text(align="left", baseline="bottom", dx=4, dy=-3, color=VERMILION, fontSize=11)
        .encode(x="x:Q", y="y:Q", text="text:N")
    )
    when = first.months[1]
    reached = f"month {int(when)} in the median" if np.isfinite(when) else f"after month {result.months} in the median"
    return alt.layer(area, line, wall, note).properties(
        width=WIDTH,
        height=260,
        title=alt.Title(
            result.held.what,
            subtitle=[
                f"likely inputs; first: {first.label}, {reached}",
                f"band: P10 to P90 of that wall over {result.draws:,} draws{cut}",
            ],
        ),
    )


def month_of_wall(result: Runway) -> alt.LayerChart | alt.FacetChart:
    """Return the share of draws in which any wall is passed by each month [1]."""
    months = np.arange(1, result.months + 1)
    share = (result.binds[:, None] <= months).mean(axis=0)
    frame = pd.DataFrame({"month": months, "share": share})
    bars = (
        alt.Chart(frame)
        .mark_bar(color=BLUE)
        .encode(
            x=month_axis(result.months),
            y=alt.Y("share:Q", title="too small by then", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            tooltip=[alt.Tooltip("month:Q"), alt.Tooltip("share:Q", format=".1%", title="share of draws")],
        )
    )
    half = alt.Chart(pd.DataFrame({"y": [0.1, 0.5]})).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(y="y:Q")
    return alt.layer(bars, half).properties(
        width=WIDTH,
        height=140,
        title=alt.Title("When the cluster is too small", subtitle="share of draws; lines at 10% and 50%"),
    )
