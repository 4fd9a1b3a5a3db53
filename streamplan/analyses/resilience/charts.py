"""What each design loses and when it is back, against the aim, and what its parts cost."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamfacts.words import lost_in_words
from streamplan.analyses.resilience.resilience import HELD_AT, MEETS, ResilienceStudy
from streamplan.views.theme import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, SKY, VERMILION, WIDTH

#: Ends of the ticks of an axis of time [s], with their labels.
TICKS = {0: "0", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 36000: "10 h", 604800: "7 d"}
PARTS = {"first region": BLUE, "second region": SKY, "replication": ORANGE, "backup": PURPLE}


def recovery_by_design(study: ResilienceStudy) -> alt.HConcatChart | alt.LayerChart:
    """Return RPO and RTO of every design [s], median to P99 with P90 marked, each with the aim as a line."""
    table = study.table
    order = table["title"].tolist()
    panels = []
    for key, aim, title in (
        ("rpo", study.rpo_s, "RPO: age of what is lost"),
        ("rto", study.rto_s, "RTO: time until back"),
    ):
        frame = table.dropna(subset=[f"{key}_p99_s"]).copy()
        frame["within"] = [s == MEETS for s in frame["status"]]
        frame = frame[["title", "within", "reason", *(f"{key}_p{p}_s" for p in (50, HELD_AT, 99))]]
        label = " : ".join(f"datum.value == {s} ? '{text}'" for s, text in TICKS.items()) + " : ''"
        scale = alt.Scale(type="symlog", constant=1, domain=[0, 3e6], nice=False)
        axis = alt.Axis(values=list(TICKS), labelExpr=label, grid=True, labelOverlap=True)
        y = alt.Y(
            "title:N", sort=None, scale=alt.Scale(domain=order), title=None,
            axis=alt.Axis(labels=key == "rpo", ticks=key == "rpo", labelLimit=330),
        )  # fmt: skip
        tooltip = [
            alt.Tooltip("title:N", title="design"),
            *(alt.Tooltip(f"{key}_p{p}_s:Q", title=f"P{p} [s]", format=",.1f") for p in (50, HELD_AT, 99)),
        ]
        colour = alt.condition("datum.within", alt.value(GREEN), alt.value(MUTED))
        base = alt.Chart(frame).encode(y=y, tooltip=tooltip)
        x = alt.X(f"{key}_p50_s:Q", title=f"{title}, P50 to P99", scale=scale, axis=axis)
        line = base.mark_rule(strokeWidth=5, opacity=0.55).encode(x=x, x2=f"{key}_p99_s:Q", color=colour)
        middle = base.mark_tick(thickness=2, size=16).encode(x=f"{key}_p50_s:Q", color=colour)
        held = base.mark_point(filled=True, size=70, opacity=1).encode(x=f"{key}_p{HELD_AT}_s:Q", color=colour)
        wall = alt.Chart(pd.DataFrame({"aim": [aim]})).mark_rule(color=VERMILION, strokeDash=[6, 3]).encode(x="aim:Q")
        panels.append(
            alt.layer(line, middle, held, wall).properties(width=(WIDTH - 180) // 2 + 60, height=alt.Step(30))
        )
    lost = lost_in_words(study.against)
    return alt.hconcat(*panels, spacing=16).properties(
        title=alt.Title(
            f"After {lost}, on {study.offer.title}",
            subtitle=f"tick: median; dot: P{HELD_AT}, which is held against the aim (dashed); green: within the aim; "
            "designs without a bar do not come back",
        )
    )


def cost_by_design(study: ResilienceStudy) -> alt.LayerChart | alt.FacetChart:
    """Return stacked bars of the monthly cost of every design by part [USD]; unpriced parts are left out and named."""
    table = study.table
    order = table["title"].tolist()
    titles = dict(zip(table["design"], table["title"], strict=True))
    lines = study.lines.assign(title=study.lines["design"].map(titles)).dropna(subset=["cost"])
    parts = lines.groupby(["title", "part"], sort=False)["cost"].apply(lambda c: float(sum(c))).reset_index()
    parts["rank"] = parts["part"].map({p: i for i, p in enumerate(PARTS)})
    y = alt.Y("title:N", sort=None, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=330))
    bars = (
        alt.Chart(parts)
        .mark_bar(size=17)
        .encode(
            y=y,
            x=alt.X("cost:Q", title="USD a month", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6)),
            color=alt.Color("part:N", title=None, scale=alt.Scale(domain=list(PARTS), range=list(PARTS.values()))),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("title:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("cost:Q", title="USD a month", format=",.0f"),
            ],
        )
    )
    ends = parts.groupby("title", sort=False)["cost"].sum().reset_index()
    whole = dict(zip(table["title"], table["monthly_usd"], strict=True))
    ends["label"] = [
        f"{cost:,.0f}" if whole[title] == whole[title] else f"{cost:,.0f} and prices missing"
        for title, cost in zip(ends["title"], ends["cost"], strict=True)
    ]
    text = alt.Chart(ends).mark_text(align="left", dx=6, color=INK, fontSize=11).encode(y=y, x="cost:Q", text="label:N")
    return alt.layer(bars, text).properties(
        width=WIDTH - 120,
        height=alt.Step(28),
        title=alt.Title("Cost a month by design", subtitle="the parts of each design"),
    )
