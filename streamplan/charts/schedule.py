"""The steps of a schedule, and what alternatives may be regretted for."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.charts.theme import BLUE, ORANGE, SKY, VERMILION, WIDTH
from streamplan.choice import Choice
from streamplan.schedule import Schedule


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


def regret_plot(choice: Choice, most: int = 15) -> alt.LayerChart | alt.FacetChart:
    """Return the mean and the greatest regret of each alternative [USD over the horizon], the best first."""
    rows = choice.table.head(most)
    rows = rows.assign(what=[f"{t}, {c}" for t, c in zip(rows["title"], rows["configuration"], strict=True)])
    base = alt.Chart(rows).encode(y=alt.Y("what:N", sort=list(rows["what"]), title=None, axis=alt.Axis(labelLimit=280)))
    axis = alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6)
    tips = ["title:N", "configuration:N"] + [
        alt.Tooltip(f"{k}:Q", title=name, format=",.0f")
        for k, name in (
            ("expected_usd", "mean cost, USD"),
            ("p90_usd", "P90, USD"),
            ("cvar_usd", "CVaR, USD"),
            ("mean_regret_usd", "mean regret, USD"),
            ("most_regret_usd", "most regret, USD"),
        )
    ]
    span = f"USD more than the alternative that is best in the draw, over {choice.months} months"
    return alt.layer(
        base.mark_rule(color=VERMILION, strokeWidth=2).encode(
            x=alt.X("mean_regret_usd:Q", title=span, axis=axis), x2="most_regret_usd:Q", tooltip=tips
        ),
        base.mark_point(color=BLUE, filled=True, size=60, opacity=1).encode(x="mean_regret_usd:Q", tooltip=tips),
        base.mark_point(color=VERMILION, shape="diamond", filled=True, size=60, opacity=1).encode(
            x="most_regret_usd:Q", tooltip=tips
        ),
    ).properties(
        width=WIDTH - 120,
        height=alt.Step(20),
        title=alt.Title("Regret of each alternative", subtitle="blue: mean of all draws; red: the worst draw"),
    )
