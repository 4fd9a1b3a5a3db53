"""What a move costs month by month against staying, and when it has paid for itself."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.analyses.migration.migration import Migration
from streamplan.views.theme import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, SKY, VERMILION, WIDTH

#: Column of a month to its label and colour, from the bottom of the stack up.
PARTS = {
    "old_platform_usd": ("old platform", BLUE),
    "new_platform_usd": ("new platform", SKY),
    "work_usd": ("work", GREEN),
    "mirror_usd": ("mirror", ORANGE),
    "history_usd": ("history that leaves", PURPLE),
}


def move_by_month(move: Migration) -> alt.LayerChart | alt.FacetChart:
    """Return stacked bars of the monthly cost of moving by part [USD], with the cost of staying as a line."""
    frame = move.by_month
    end = int(sum(length[0] for length in move.months_of.values()))
    shown = frame[frame["month"] <= max(end + 3, 12)]
    bars = shown.melt(["month"], list(PARTS), "part", "usd")
    bars["rank"] = bars["part"].map({k: i for i, k in enumerate(PARTS)})
    bars["part"] = bars["part"].map({k: label for k, (label, _) in PARTS.items()})
    bars = bars[bars["usd"] > 0]
    names = [label for label, _ in PARTS.values() if label in set(bars["part"])]
    colours = [colour for label, colour in PARTS.values() if label in names]
    x = alt.X("month:O", title="month", axis=alt.Axis(labelAngle=0))
    stacked = (
        alt.Chart(bars)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("usd:Q", title="USD a month", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6)),
            color=alt.Color("part:N", title=None, scale=alt.Scale(domain=names, range=colours)),
            order="rank:Q",
            tooltip=[
                alt.Tooltip("month:O"),
                alt.Tooltip("part:N"),
                alt.Tooltip("usd:Q", format=",.0f", title="USD a month"),
            ],
        )
    )
    line = alt.Chart(shown).mark_line(color=VERMILION, strokeWidth=2, interpolate="step").encode(x=x, y="staying_usd:Q")
    return alt.layer(stacked, line).properties(
        width=WIDTH,
        height=230,
        title=alt.Title(
            f"{move.source.offer.title} to {move.target.offer.title}: cost of moving by month",
            subtitle="likely values; line: the cost of staying",
        ),
    )


def saving_so_far(move: Migration) -> alt.LayerChart | alt.FacetChart:
    """Return the cumulative saving of the move [USD]: the likely path and P10 to P90, with the end of the phases."""
    frame = move.by_month
    ends, at = [], 0
    for phase, length in move.months_of.items():
        at += int(length[0])
        if at <= move.months:
            ends.append({"month": at + 0.5, "phase": f"{phase} ends"})
    step = max(1, move.months // 10)
    ticks = sorted({1, *range(step, move.months + 1, step), move.months})
    scale = alt.Scale(domain=[0.5, move.months + 0.5], nice=False)
    x = alt.X("month:Q", title="month", scale=scale, axis=alt.Axis(values=ticks, format="d", grid=False))
    y = alt.Y("p10_usd:Q", title="USD saved so far", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6))
    tooltip = [
        alt.Tooltip("month:Q"),
        *(alt.Tooltip(f"{k}_usd:Q", title=t, format=",.0f") for k, t in (("cumulative", "likely"), ("p10", "P10"))),
        *(alt.Tooltip(f"p{p}_usd:Q", title=f"P{p}", format=",.0f") for p in (50, 90)),
    ]
    base = alt.Chart(frame)
    band = base.mark_area(color=SKY, opacity=0.4).encode(x=x, y=y, y2="p90_usd:Q", tooltip=tooltip)
    lines = frame.melt(["month"], ["cumulative_usd", "p50_usd"], "line", "usd")
    lines["line"] = lines["line"].map({"cumulative_usd": "likely values", "p50_usd": "median (P50)"})
    paths = (
        alt.Chart(lines)
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y="usd:Q",
            color=alt.Color(
                "line:N", title=None, scale=alt.Scale(domain=["likely values", "median (P50)"], range=[INK, BLUE])
            ),
        )
    )
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=VERMILION, strokeDash=[6, 3]).encode(y="y:Q")
    walls = (
        alt.Chart(pd.DataFrame(ends))
        .mark_rule(color=MUTED, strokeDash=[2, 3])
        .encode(x=x, tooltip=[alt.Tooltip("phase:N")])
    )
    layers = [band, paths, zero, *([walls] if ends else [])]
    pays = move.figures["payback_month"]["likely"]
    when = "has not paid for itself at the horizon" if pays is None else f"has paid for itself in month {pays:.0f}"
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=230,
        title=alt.Title(
            "Saved so far, against staying",
            subtitle=f"band: P10 to P90 of {move.draws - move.left_out:,} draws; at the likely values it {when};"
            " dotted: ends of the phases",
        ),
    )
