"""How full each resource of a plan is, in each state."""

from __future__ import annotations

import altair as alt

from streamplan.charts.theme import MUTED, STATE_COLOURS, STATE_SHAPES, VERMILION, WIDTH, data_of
from streamplan.plan import Plan


def utilisation_of_constraints(plan: Plan) -> alt.LayerChart | alt.FacetChart:
    """Return a dot for each constraint and state [share of capacity], its ceiling, and a mark on the binding one."""
    table = plan.sizing.constraint_table()
    table["label"] = table["constraint"]
    table["binds"] = table.index == int(plan.sizing.bound_by)
    table["source"] = table["source"].str.slice(0, 200)
    table["of_ceiling"] = table["utilisation"] / table["use_up_to"]
    order = table.groupby("label")["of_ceiling"].max().sort_values(ascending=False).index.tolist()
    present = [s for s in STATE_COLOURS if s in set(table["state"])]
    top = max(1.0, float(table["utilisation"].max()) * 1.05)
    y = alt.Y("label:N", sort=order, title=None)
    x = alt.X(
        "utilisation:Q", title="used of capacity [%]", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, top])
    )
    color = alt.Color(
        "state:N",
        title="state",
        scale=alt.Scale(domain=present, range=[STATE_COLOURS[s] for s in present]),
        legend=alt.Legend(columns=4),
    )
    tooltip = [
        alt.Tooltip("constraint:N"),
        alt.Tooltip("state:N"),
        alt.Tooltip("utilisation:Q", format=".1%", title="used"),
        alt.Tooltip("use_up_to:Q", format=".0%", title="used up to"),
        alt.Tooltip("of_ceiling:Q", format=".1%", title="used of that"),
        alt.Tooltip("formula:N", title="demand"),
        alt.Tooltip("source:N"),
    ]
    base = alt.Chart(data_of(table))
    ceilings = base.mark_tick(color=MUTED, thickness=2, size=16).encode(
        y=y, x=alt.X("use_up_to:Q", scale=alt.Scale(domain=[0, top]))
    )
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=y,
        x=x,
        color=color,
        shape=alt.Shape(
            "state:N",
            title="state",
            scale=alt.Scale(domain=present, range=[STATE_SHAPES[s] for s in present]),
        ),
        tooltip=tooltip,
    )
    bound = base.transform_filter("datum.binds")
    ring = bound.mark_point(size=260, color=VERMILION, strokeWidth=2).encode(y=y, x=x)
    text = bound.mark_text(align="left", dx=18, fontSize=11, fontWeight="bold").encode(
        y=y, x=x, text=alt.TextValue("binds")
    )
    halo = text.mark_text(align="left", dx=18, fontSize=11, fontWeight="bold", stroke="white", strokeWidth=4)
    return alt.layer(
        ceilings,
        dots,
        ring,
        halo,
        text,
        width=WIDTH - 160,
        height=alt.Step(24),
        title=alt.Title(
            f"{plan.offer.title}: {plan.what}",
            subtitle="grey marks: the share that may be used in a state; on top what is nearest to its mark",
        ),
    )
