"""Figure of a choice: cost and regret of each offer."""

from __future__ import annotations

import altair as alt

from streamplan.analyses.choose.choose import Choice
from streamplan.views.theme import BLUE, VERMILION, WIDTH


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
