"""Published rules beside our plans: how far they spread, and which term makes each differ."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from streamplan.analyses.opinions.opinions import Opinions
from streamplan.views.theme import BLUE, GREEN, GREY, INK, MUTED, ORANGE, PURPLE, SKY, VERMILION, WIDTH

#: Term to colour, in the order of the legend.
TERMS = {
    "peak or average": SKY,
    "what is counted": BLUE,
    "bytes per vCPU": ORANGE,
    "headroom": GREEN,
    "other needs, rounding": PURPLE,
    "another way": GREY,
}
KINDS = {"published rule": BLUE, "our plan": VERMILION}


def vcpu_by_rule(opinions: Opinions) -> alt.LayerChart | alt.FacetChart:
    """Return a dot a rule and plan [vCPU, log scale], with a line over the machine types of a rule."""
    table = opinions.table.dropna(subset=["vcpu"]).sort_values("vcpu")
    table = table.assign(
        kind=["our plan" if ours else "published rule" for ours in table["ours"]],
        label=[f"{v:,.0f}" for v in table["vcpu"]],
    )
    order = table["title"].tolist()
    y = alt.Y("title:N", sort=order, title=None)
    ends = [table["vcpu_low"].min() / 1.5, table["vcpu_high"].max() * 1.5]
    scale = alt.Scale(type="log", domain=ends, nice=False)
    low, high = math.log10(max(1.0, ends[0])), math.log10(max(1.0, ends[1]))
    ticks = [t for power in range(int(low), int(high) + 1) for t in (10**power, 2 * 10**power, 5 * 10**power)]
    axis = alt.Axis(values=ticks, format=",d")
    base = alt.Chart(table)
    span = base.mark_rule(color=MUTED, strokeWidth=2, opacity=0.6).encode(
        y=y,
        x=alt.X("vcpu_low:Q", scale=scale, axis=axis, title="vCPU of the whole cluster, log scale"),
        x2="vcpu_high:Q",
    )
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(
        y=y,
        x=alt.X("vcpu:Q", scale=scale, axis=axis, title="vCPU of the whole cluster, log scale"),
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values()))),
        shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=list(KINDS), range=["circle", "diamond"])),
        tooltip=[
            alt.Tooltip("title:N", title="rule or plan"),
            alt.Tooltip("what:N"),
            alt.Tooltip("vcpu:Q", format=",.0f", title="vCPU"),
            alt.Tooltip("vcpu_low:Q", format=",.0f", title="least over machine types"),
            alt.Tooltip("vcpu_high:Q", format=",.0f", title="most over machine types"),
            alt.Tooltip("binding:N", title="decides"),
            alt.Tooltip("source:N"),
        ],
    )
    text = base.mark_text(align="left", dx=9, dy=-9, color=INK, fontSize=11).encode(
        y=y, x=alt.X("vcpu:Q", scale=scale), text="label:N"
    )
    spread = opinions.spread
    said = "" if spread is None else f"published rules: {spread[0]:,.0f} to {spread[1]:,.0f}; "
    return alt.layer(span, dots, text).properties(
        width=WIDTH - 140,
        height=alt.Step(26),
        title=alt.Title("vCPU for the same workload", subtitle=f"{said}lines: over the machine types of a rule"),
    )


def vcpu_terms(opinions: Opinions) -> alt.LayerChart | alt.FacetChart:
    """Return for each rule the terms whose product is its vCPU over ours, as bars on a log scale of ratios."""
    rows = [
        {
            "title": d.title,
            "against": d.against,
            "term": f.name,
            "ratio": f.ratio,
            "log2": math.log2(f.ratio),
            "why": f.sentence,
            "whole": d.ratio,
            "whole_log2": math.log2(d.ratio),
            "label": f"x {d.ratio:.2f}",
        }
        for d in opinions.why
        if d.quantity == "vCPU"
        for f in d.factors
    ]
    if not rows:
        note = pd.DataFrame({"text": ["no rule that states vCPU was taken"]})
        return alt.layer(alt.Chart(note).mark_text(color=MUTED).encode(text="text:N")).properties(
            width=WIDTH, height=60
        )
    table = pd.DataFrame(rows)
    order = table.drop_duplicates("title").sort_values("whole")["title"].tolist()
    y = alt.Y("title:N", sort=order, title=None)
    present = [t for t in TERMS if t in set(table["term"])]
    axis = alt.Axis(
        values=list(range(-6, 7)),
        labelExpr="datum.value < 0 ? '1/' + pow(2, -datum.value) : pow(2, datum.value)",
    )
    title = "factor on our vCPU, log scale (1: no difference)"
    bars = (
        alt.Chart(table)
        .mark_bar(size=16)
        .encode(
            y=y,
            x=alt.X("log2:Q", title=title, axis=axis, stack="zero"),
            color=alt.Color("term:N", title="term", scale=alt.Scale(domain=present, range=[TERMS[t] for t in present])),
            tooltip=[
                alt.Tooltip("title:N", title="rule"),
                alt.Tooltip("against:N", title="held against"),
                "term:N",
                alt.Tooltip("ratio:Q", format=".3g", title="factor"),
                alt.Tooltip("why:N"),
            ],
        )
    )
    whole = alt.Chart(table.drop_duplicates("title"))
    marks = whole.mark_tick(color=INK, thickness=3, size=22).encode(y=y, x="whole_log2:Q")
    ends = table.assign(up=table["log2"].clip(lower=0)).groupby("title", as_index=False)["up"].sum()
    ends = ends.merge(table.drop_duplicates("title")[["title", "label"]], on="title")
    text = alt.Chart(ends).mark_text(align="left", dx=6, color=INK, fontSize=11).encode(y=y, x="up:Q", text="label:N")
    return alt.layer(bars, marks, text).properties(
        width=WIDTH - 140,
        height=alt.Step(26),
        title=alt.Title(
            "Why each rule differs from our plan",
            subtitle="bars to the right ask for more than ours, to the left for less; the black mark is their product",
        ),
    )
