"""What offers cost month by month as the load grows."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.charts.theme import INK, MUTED, WIDTH, data_of, platform_colours


def cost_by_month(frame: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Return a line an offer [USD a month], in the offer's colour and named at its end.

    Parameters
    ----------
    frame : columns platform, title, month (from 1) and usd, NaN where an offer does not fit; see `explore.View.months`
    """
    known = frame.dropna(subset=["usd"])
    if known.empty:
        note = alt.Chart(pd.DataFrame({"text": ["no offer is feasible and fully priced"]}))
        return alt.layer(note.mark_text(color=MUTED).encode(text=alt.Text("text:N"))).properties(width=WIDTH, height=60)
    names = known.drop_duplicates("platform")
    colours = [platform_colours()[name] for name in names["platform"]]
    color = alt.Color("title:N", title=None, scale=alt.Scale(domain=names["title"].tolist(), range=colours))
    last = int(frame["month"].max())
    axis = alt.Axis(values=[1, *range(12, last + 1, 12)], format="d", grid=False)
    x = alt.X("month:Q", title="month", axis=axis, scale=alt.Scale(domain=[1, last], nice=False))
    top = float(known["usd"].max()) * 1.05
    y = alt.Y(
        "usd:Q",
        title="USD a month",
        axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=5),
        scale=alt.Scale(domain=[0, max(top, 1e-9)]),
    )
    tooltip = [
        alt.Tooltip("title:N", title="platform"),
        alt.Tooltip("month:Q"),
        alt.Tooltip("usd:Q", title="USD a month", format=",.0f"),
    ]
    base = alt.Chart(data_of(known)).encode(x=x, y=y)
    lines = base.mark_line(strokeWidth=2.2).encode(
        color=color.legend(alt.Legend(columns=2, symbolStrokeWidth=4, labelLimit=360)), tooltip=tooltip
    )
    ends = known.loc[known.groupby("platform")["month"].idxmax()].query("month < @last")
    layers: list[alt.Chart] = [lines]
    if len(ends):  # where a line stops early, it says why
        stops = alt.Chart(data_of(ends.assign(text="no longer fits"))).encode(x=x, y=y)
        layers.append(stops.mark_point(shape="cross", size=60, filled=True).encode(color=color))
        layers.append(stops.mark_text(align="left", dx=8, color=INK, fontSize=11).encode(text=alt.Text("text:N")))
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=220,
        title=alt.Title(
            "Cost by month as the load grows", subtitle="likely inputs; each month with what is cheapest in it"
        ),
    )
