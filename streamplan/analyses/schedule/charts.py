"""The steps of a schedule, and what alternatives may be regretted for."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.analyses.schedule.schedule import Schedule
from streamplan.views.theme import BLUE, ORANGE, SKY, WIDTH


def step_plan(s: Schedule) -> alt.VConcatChart | alt.LayerChart | alt.FacetChart:
    """Return what is held and what each month asks for [units], over the cost of each month [USD]."""
    if not s.feasible:
        empty = pd.DataFrame({"text": [f"no schedule: {s.reason}"]})
        return alt.layer(alt.Chart(empty).mark_text(limit=WIDTH).encode(text="text:N")).properties(
            width=WIDTH, height=60
        )
    months = alt.X("month:Q", title="month from now", scale=alt.Scale(domain=[1, max(s.months, 2)], nice=False))
    frame = s.table
    charts: list[alt.LayerChart | alt.FacetChart] = []
    for kind in s.units:
        rows = frame[frame["unit"] == kind]
        lines = rows.melt(["month", "binding"], ["held", "needed"], "line", "units")
        lines["line"] = lines["line"].map({"held": "held", "needed": "asked for"})
        colour = alt.Color("line:N", title=None, scale=alt.Scale(domain=["held", "asked for"], range=[BLUE, ORANGE]))
        dash = alt.StrokeDash(
            "line:N", title=None, scale=alt.Scale(domain=["held", "asked for"], range=[[1, 0], [3, 2]])
        )
        line = (
            alt.Chart(lines)
            .mark_line(interpolate="step-after", strokeWidth=2)
            .encode(
                x=months,
                y=alt.Y("units:Q", title=f"{kind}s", scale=alt.Scale(zero=True)),
                color=colour,
                strokeDash=dash,
                tooltip=[
                    alt.Tooltip("month:Q"),
                    alt.Tooltip("line:N"),
                    alt.Tooltip("units:Q"),
                    alt.Tooltip("binding:N", title="because of"),
                ],
            )
        )
        charts.append(alt.layer(line).properties(width=WIDTH, height=150))
    first = frame[frame["unit"] == next(iter(s.units))]
    cost = alt.Chart(first).encode(x=months)
    usd = alt.Y("usd:Q", title="USD a month", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=5))
    tips = [
        alt.Tooltip("month:Q"),
        alt.Tooltip("usd:Q", title="with what is held, USD", format=",.0f"),
        alt.Tooltip("resized_usd:Q", title="resized each month, USD", format=",.0f"),
    ]
    charts.append(
        alt.layer(
            cost.mark_area(color=SKY, opacity=0.45, interpolate="step-after").encode(y=usd, tooltip=tips),
            cost.mark_line(color=BLUE, interpolate="step-after").encode(y=usd),
        ).properties(width=WIDTH, height=120)
    )
    steps = "step" if len(s.steps) == 1 else "steps"
    return alt.vconcat(*charts).properties(
        title=alt.Title(
            f"{s.offer.title}: what to hold of {s.configuration}",
            subtitle=f"{len(s.steps)} {steps}, each of {s.step_months} months or more; {s.total:,.0f} USD in all",
        )
    )
