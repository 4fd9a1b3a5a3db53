"""Who owes what of a shared cluster, by team and category, with what nobody used."""

from __future__ import annotations

import altair as alt

from streamplan.analyses.chargeback.charge import RESERVE, SPARE, Chargeback
from streamplan.views.theme import (
    BLUE,
    CATEGORY_COLOURS,
    CATEGORY_LABELS,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
)

#: Colours of teams, in their order.
TEAM_COLOURS = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GREY]
#: Rows of nobody, in words that a reader of the figure understands.
NOBODY = {RESERVE: "(reserve: headroom)", SPARE: "(spare: beyond it)"}


def charges_by_team(charged: Chargeback) -> alt.LayerChart | alt.FacetChart:
    """Return stacked bars of the charge of each team by category [USD], reserve and spare below, with the budgets."""
    frame = charged.charges
    frame = frame.assign(owner=frame["team"].where(frame["team"] != "", frame["kind"].map(NOBODY)))
    parts = frame.groupby(["owner", "category"], sort=False)["usd"].sum().reset_index()
    present = [c for c in CATEGORY_COLOURS if c in set(parts["category"])]
    parts["label"] = parts["category"].map(CATEGORY_LABELS)
    parts["rank"] = parts["category"].map({c: i for i, c in enumerate(present)})
    table = charged.table[charged.table["kind"] == "team"].sort_values("usd", ascending=False, kind="stable")
    order = [*table["account"], *(name for name in NOBODY.values() if name in set(parts["owner"]))]
    y = alt.Y("owner:N", sort=None, scale=alt.Scale(domain=order), title=None)
    span = "a month" if charged.months == 1 else f"in {charged.months} months"
    bars = (
        alt.Chart(parts)
        .mark_bar(size=20)
        .encode(
            y=y,
            x=alt.X("usd:Q", title=f"USD {span}", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6)),
            color=alt.Color(
                "label:N",
                title=None,
                scale=alt.Scale(
                    domain=[CATEGORY_LABELS[c] for c in present], range=[CATEGORY_COLOURS[c] for c in present]
                ),
            ),
            opacity=alt.condition(
                alt.FieldOneOfPredicate(field="owner", oneOf=list(NOBODY.values())), alt.value(0.45), alt.value(1.0)
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("owner:N", title="account"),
                alt.Tooltip("label:N", title="part"),
                alt.Tooltip("usd:Q", title="USD", format=",.2f"),
            ],
        )
    )
    budgets = table.dropna(subset=["budget_usd"]).assign(owner=lambda t: t["account"])
    ticks = (
        alt.Chart(budgets)
        .mark_tick(color=INK, thickness=2, size=26)
        .encode(y=y, x="budget_usd:Q", tooltip=[alt.Tooltip("budget_usd:Q", title="budget, USD", format=",.2f")])
    )
    return alt.layer(bars, ticks).properties(
        width=WIDTH,
        height=34 * len(order),
        title=alt.Title(
            f"{charged.plan.offer.title}: charges by team",
            subtitle="a mark is the budget; pale bars are bought and used by nobody",
        ),
    )


def budgets_by_month(charged: Chargeback) -> alt.LayerChart | alt.FacetChart:
    """Return the charge of each team by month as a line [USD a month], its budget as a dashed one."""
    frame = charged.by_month
    values = sorted({1, *range(max(1, charged.months // 10), charged.months + 1, max(1, charged.months // 10))})
    x = alt.X(
        "month:Q", title="month", axis=alt.Axis(values=values, format="d", grid=False), scale=alt.Scale(nice=False)
    )
    y = alt.Y("usd:Q", title="USD a month", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6))
    teams = list(charged.portfolio.teams)
    colours = [TEAM_COLOURS[i % len(TEAM_COLOURS)] for i in range(len(teams))]
    colour = alt.Color("team:N", title=None, scale=alt.Scale(domain=teams, range=colours))
    tips = [
        "team:N",
        "month:Q",
        alt.Tooltip("usd:Q", title="USD", format=",.2f"),
        alt.Tooltip("budget_usd:Q", title="budget, USD", format=",.2f"),
        alt.Tooltip("alert:N", title="alert"),
    ]
    base = alt.Chart(frame).encode(x=x, color=colour)
    charge = base.mark_line(strokeWidth=2, point=charged.months < 25).encode(y=y, tooltip=tips)
    budget = (
        alt.Chart(frame.dropna(subset=["budget_usd"]))
        .mark_line(strokeDash=[6, 3], strokeWidth=1.5)
        .encode(x=x, y="budget_usd:Q", color=colour, tooltip=tips)
    )
    return alt.layer(charge, budget).properties(
        width=WIDTH, height=240, title=alt.Title("Charges by month", subtitle="dashed: the budget of the team")
    )


def own_or_shared(charged: Chargeback) -> alt.LayerChart | alt.FacetChart:
    """Return what each team pays on the shared cluster against a cluster of its own [USD], unused cost spread."""
    table = charged.table[charged.table["kind"] == "team"]
    unused = float(charged.unused.sum()) / 100
    spread = table["usd"] + unused * table["usd"] / max(float(table["usd"].sum()), 1e-9)
    frame = table.assign(shared=spread)[["account", "shared", "own_cluster_usd"]]
    long = frame.melt("account", var_name="way", value_name="usd").dropna()
    names = {
        "shared": "on the shared cluster, with its part of the unused",
        "own_cluster_usd": "on its own cluster",
    }
    long["way"] = long["way"].map(names)
    lines = alt.Chart(frame).mark_rule(color=INK, opacity=0.4)
    span = "a month" if charged.months == 1 else f"in {charged.months} months"
    y = alt.Y("account:N", sort="-x", title=None)
    points = (
        alt.Chart(long)
        .mark_point(filled=True, size=110)
        .encode(
            y=y,
            x=alt.X("usd:Q", title=f"USD {span}", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6)),
            color=alt.Color("way:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[BLUE, VERMILION])),
            shape=alt.Shape(
                "way:N", title=None, scale=alt.Scale(domain=list(names.values()), range=["circle", "square"])
            ),
            tooltip=[alt.Tooltip("account:N"), alt.Tooltip("way:N"), alt.Tooltip("usd:Q", title="USD", format=",.2f")],
        )
    )
    return alt.layer(
        lines.encode(y=alt.Y("account:N", sort="-x", title=None), x="shared:Q", x2="own_cluster_usd:Q"), points
    ).properties(width=WIDTH, height=34 * len(frame), title="Shared or a cluster for each team")


__all__ = ["budgets_by_month", "charges_by_team", "own_or_shared"]
