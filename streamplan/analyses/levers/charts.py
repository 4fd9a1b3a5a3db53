"""What each measure saves: a waterfall of the stack, and each measure by itself."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.analyses.levers.levers import LeverStudy
from streamplan.views.theme import BLUE, GREEN, GREY, INK, SKY, WIDTH


def lever_waterfall(study: LeverStudy) -> alt.LayerChart | alt.FacetChart:
    """Return the bill falling from what it is to what it can be, one measure on top of the other [USD a month]."""
    start, end = float(study.start.usd or 0.0), float(study.end.usd or 0.0)
    rows = [{"step": "today", "low": 0.0, "high": start, "kind": "bill", "label": f"{start:,.0f}", "gives_up": ""}]
    for s in study.stack.to_dict("records"):
        rows.append(
            {
                "step": s["title"],
                "low": s["after_usd"],
                "high": s["before_usd"],
                "kind": "saved",
                "label": f"-{s['saving_usd']:,.0f}",
                "gives_up": s["gives_up"],
            }
        )
    rows.append(
        {"step": "all of them", "low": 0.0, "high": end, "kind": "bill", "label": f"{end:,.0f}", "gives_up": ""}
    )
    data = pd.DataFrame(rows)
    y = alt.Y("step:N", sort=data["step"].tolist(), title=None)
    bars = (
        alt.Chart(data)
        .mark_bar(size=16)
        .encode(
            y=y,
            x=alt.X("low:Q", title="USD a month", axis=alt.Axis(format="~s")),
            x2="high:Q",
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=["bill", "saved"], range=[BLUE, GREEN])),
            tooltip=[
                alt.Tooltip("step:N"),
                alt.Tooltip("high:Q", title="before", format=",.2f"),
                alt.Tooltip("low:Q", title="after", format=",.2f"),
                alt.Tooltip("gives_up:N", title="gives up"),
            ],
        )
    )
    text = alt.Chart(data).mark_text(align="left", dx=5, color=INK, fontSize=11).encode(y=y, x="high:Q", text="label:N")
    share = study.saving / start if start else 0.0
    return alt.layer(bars, text).properties(
        width=WIDTH - 180,
        height=alt.Step(26),
        title=alt.Title(
            f"{study.start.plan.offer.title}: what the measures save together",
            subtitle=f"{study.saving:,.0f} USD a month, {share:.0%}; each on top of those above it, none twice",
        ),
    )


def levers_alone(study: LeverStudy) -> alt.LayerChart | alt.FacetChart:
    """Return what each measure saves by itself, and what those in force already are worth [USD a month]."""
    saves, worth = "saves alone", "in force: would cost more without"
    parts = []
    for column, kind in (("saving_usd", saves), ("worth_usd", worth)):
        part = study.alone.dropna(subset=[column])[["title", column, "what", "gives_up"]]
        parts.append(part.rename(columns={column: "usd"}).assign(kind=kind))
    data = pd.concat([part for part in parts if len(part)], ignore_index=True).sort_values("usd", ascending=False)
    data["label"] = [f"{v:,.0f}" for v in data["usd"]]
    data["end"] = data["usd"].clip(lower=0.0)  # the label of what costs more stands beside its bar
    y = alt.Y("title:N", sort=data["title"].tolist(), title=None)
    bars = (
        alt.Chart(data)
        .mark_bar(size=14)
        .encode(
            y=y,
            x=alt.X("usd:Q", title="USD a month", axis=alt.Axis(format="~s")),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=[saves, worth], range=[SKY, GREY])),
            tooltip=[
                alt.Tooltip("title:N", title="measure"),
                alt.Tooltip("usd:Q", title="USD a month", format=",.2f"),
                alt.Tooltip("what:N", title="then bought"),
                alt.Tooltip("gives_up:N", title="gives up"),
            ],
        )
    )
    text = alt.Chart(data).mark_text(align="left", dx=5, color=INK, fontSize=11).encode(y=y, x="end:Q", text="label:N")
    return alt.layer(bars, text).properties(
        width=WIDTH - 180,
        height=alt.Step(24),
        title=alt.Title(
            "Each measure by itself", subtitle="measures that act on the same bytes overlap: these do not add up"
        ),
    )
