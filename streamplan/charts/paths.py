"""Bytes a second on each network path of a workload."""

from __future__ import annotations

import altair as alt
import pandas as pd

from capacity import Demand, Workload
from streamplan.charts.theme import BLUE, INK, VERMILION, WIDTH, data_of


def bytes_by_path(workload: Workload, *, follower_fetch: bool = True) -> alt.LayerChart | alt.FacetChart:
    """Return bars of average MB/s by path on a replicated log, the part that crosses a zone border apart."""
    d = Demand.of(workload)
    p = d.paths(follower_fetch=follower_fetch)
    rows = [
        ("produce", p.produce, p.produce_cross_zone),
        ("replicate", p.replicate, p.replicate_cross_zone),
        ("consume", p.consume, p.consume_cross_zone),
    ]
    within, across = "within a zone", "across zones"
    data = pd.DataFrame(
        [
            {"path": name, "where": where, "mb_s": float(value) / 1e6, "rank": rank}
            for name, total, cross in rows
            for rank, (where, value) in enumerate(((within, total - cross), (across, cross)))
        ]
    )
    totals = pd.DataFrame(
        [{"path": n, "mb_s": float(t) / 1e6, "label": f"{float(t) / 1e6:,.0f} MB/s"} for n, t, _ in rows]
    )
    y = alt.Y("path:N", sort=[n for n, *_ in rows], title=None)
    bars = (
        alt.Chart(data_of(data))
        .mark_bar(size=20)
        .encode(
            y=y,
            x=alt.X("mb_s:Q", title="MB/s (10^6 bytes a second), average", axis=alt.Axis(tickCount=8)),
            color=alt.Color("where:N", title=None, scale=alt.Scale(domain=[within, across], range=[BLUE, VERMILION])),
            order=alt.Order("rank:Q"),
            tooltip=[alt.Tooltip("path:N"), alt.Tooltip("where:N"), alt.Tooltip("mb_s:Q", format=",.1f", title="MB/s")],
        )
    )
    text = (
        alt.Chart(data_of(totals))
        .mark_text(align="left", dx=5, color=INK, fontSize=11)
        .encode(y=y, x=alt.X("mb_s:Q"), text=alt.Text("label:N"))
    )
    reads = "consumers read in their own zone" if follower_fetch else "consumers read from leaders"
    return alt.layer(
        bars,
        text,
        width=WIDTH - 120,
        height=alt.Step(30),
        title=alt.Title(
            "Bytes by path on a replicated log",
            subtitle=f"{workload.replication_factor} copies over {workload.zones} zones; {reads}",
        ),
    )
