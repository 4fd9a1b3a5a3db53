"""What each offer costs a month, by category."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.charts.theme import CATEGORY_COLOURS, CATEGORY_LABELS, INK, MUTED, WIDTH
from streamplan.study import FEASIBLE, Study


def cost_by_platform(study: Study) -> alt.LayerChart | alt.FacetChart:
    """Return stacked bars of monthly cost by category [USD], cheapest first, with the span over the input ranges."""
    table = study.table[study.table["status"] == FEASIBLE]
    if table.empty:
        note = alt.Chart(pd.DataFrame({"text": ["no offer is feasible and fully priced"]}))
        return alt.layer(note.mark_text(color=MUTED).encode(text="text:N")).properties(width=WIDTH, height=60)
    order = table["title"].tolist()
    lines = study.lines[study.lines["platform"].isin(table["platform"])]
    parts = lines.groupby(["title_of_platform", "category"], sort=False)["cost"].sum().reset_index()
    sources = lines.groupby(["title_of_platform", "category"])["source"].agg(lambda s: "; ".join(dict.fromkeys(s)))
    parts["source"] = [sources[p, c][:200] for p, c in zip(parts["title_of_platform"], parts["category"], strict=True)]
    present = [c for c in CATEGORY_COLOURS if c in set(parts["category"])]
    parts["label"] = parts["category"].map(CATEGORY_LABELS)
    parts["rank"] = parts["category"].map({c: i for i, c in enumerate(present)})
    y = alt.Y("platform:N", sort=None, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=340))
    parts = parts.rename(columns={"title_of_platform": "platform"})
    bars = (
        alt.Chart(parts)
        .mark_bar(size=17)
        .encode(
            y=y,
            x=alt.X("cost:Q", title="USD a month", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6)),
            color=alt.Color(
                "label:N",
                title=None,
                scale=alt.Scale(
                    domain=[CATEGORY_LABELS[c] for c in present], range=[CATEGORY_COLOURS[c] for c in present]
                ),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("platform:N"),
                alt.Tooltip("label:N", title="part"),
                alt.Tooltip("cost:Q", title="USD a month", format=",.2f"),
                alt.Tooltip("source:N", title="price from"),
            ],
        )
    )
    ends = table.assign(
        platform=table["title"],
        end=table[["monthly_usd", "high_usd"]].max(axis=1),
        label=[f"{v:,.0f}" for v in table["monthly_usd"]],
    )
    layers: list[alt.Chart] = [bars]
    spans = ends.dropna(subset=["low_usd", "high_usd"])
    if study.ranged and len(spans):
        layers.append(
            alt.Chart(spans).mark_rule(color=INK, strokeWidth=1.5).encode(y=y, x="low_usd:Q", x2="high_usd:Q")
        )
        for end in ("low_usd", "high_usd"):
            layers.append(alt.Chart(spans).mark_tick(color=INK, thickness=1.5, size=9).encode(y=y, x=f"{end}:Q"))
    layers.append(
        alt.Chart(ends).mark_text(align="left", dx=6, color=INK, fontSize=11).encode(y=y, x="end:Q", text="label:N")
    )
    subtitle = (
        "lines: from the low to the high end of every range of inputs and of open prices together"
        if study.ranged
        else "every input is a single value"
    )
    return alt.layer(*layers).properties(
        width=WIDTH - 120,
        height=alt.Step(28),
        title=alt.Title(
            "Cost a month by platform", subtitle=f"{subtitle}; infeasible and unpriced offers are in the table"
        ),
    )
