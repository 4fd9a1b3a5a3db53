"""What a decision rests on: the parts of each score, cost against fit, and who is first under other weights."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from streamplan.charts.theme import BLUE, GREEN, GREY, INK, MUTED, ORANGE, PURPLE, SKY, VERMILION, WIDTH, YELLOW
from streamplan.fit.decide import Decision
from streamplan.fit.requirements import criteria

#: Colours of the criteria, in their order.
CRITERIA_COLOURS = [BLUE, VERMILION, GREEN, SKY, ORANGE, PURPLE, YELLOW, GREY]
#: Offers that a figure shows.
MOST = 12


def score_parts(decision: Decision) -> alt.LayerChart | alt.FacetChart:
    """Return stacked bars: what each criterion adds to the score of the best offers (score times weight) [1]."""
    if not decision.ranked:
        return _note()
    titles = [decision.risk_of(n).plan.offer.title for n in decision.ranked[:MOST]]
    names = [title for title, _ in criteria().values()]
    shares = decision.requirements.shares
    rows = [
        {
            "offer": offer,
            "criterion": name,
            "part": decision.scores[i, j] * shares[j],
            "score": decision.scores[i, j],
            "weight": shares[j],
            "rank": j,
        }
        for i, offer in enumerate(titles)
        for j, name in enumerate(names)
    ]
    bars = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(size=17)
        .encode(
            y=alt.Y("offer:N", sort=None, scale=alt.Scale(domain=titles), title=None, axis=alt.Axis(labelLimit=340)),
            x=alt.X("part:Q", title="score, the sum of weight x score of each criterion (1 is the most)"),
            color=alt.Color(
                "criterion:N",
                title=None,
                scale=alt.Scale(domain=names, range=CRITERIA_COLOURS[: len(names)]),
                legend=alt.Legend(columns=4),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                "offer:N",
                "criterion:N",
                alt.Tooltip("score:Q", format=".2f"),
                alt.Tooltip("weight:Q", format=".0%"),
                alt.Tooltip("part:Q", title="adds", format=".3f"),
            ],
        )
    )
    return alt.layer(bars).properties(width=WIDTH, title="What each score is made of")


def cost_and_fit(decision: Decision) -> alt.LayerChart | alt.FacetChart:
    """Return cost (P10 to P90) [USD] against fit: the score of all criteria but cost, of the offers that are left."""
    if not decision.ranked:
        return _note()
    table = decision.table.head(MOST)
    shares = decision.requirements.shares.copy()
    shares[list(criteria()).index("cost")] = 0.0
    fit = decision.scores[: len(table)] @ (shares / max(shares.sum(), 1e-12))
    frame = table.assign(fit=fit, first=np.where(np.arange(len(table)) == 0, "recommended", "left"))
    frame["p90"] = frame["p90_usd"].fillna(frame["p50_usd"])
    months = decision.study.months if decision.study else 0
    x = alt.X(
        "p50_usd:Q",
        title=f"USD in {months} months (logarithmic): point P50, bar P10 to P90",
        scale=alt.Scale(type="log", nice=True),
        axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=5, labelOverlap="greedy", labelSeparation=12),
    )
    y = alt.Y("fit:Q", title="fit: score without cost", scale=alt.Scale(zero=False, padding=20))
    base = alt.Chart(frame)
    tips = [
        "title:N",
        alt.Tooltip("fit:Q", format=".2f"),
        *(alt.Tooltip(f"{p}_usd:Q", title=p.upper(), format=",.0f") for p in ("p10", "p50", "p90")),
    ]
    span = base.mark_rule(color=MUTED, strokeWidth=1.5, opacity=0.6).encode(
        x=alt.X("p10_usd:Q", scale=alt.Scale(type="log")), x2="p90:Q", y=y
    )
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x,
        y=y,
        color=alt.Color(
            "first:N", legend=None, scale=alt.Scale(domain=["recommended", "left"], range=[VERMILION, BLUE])
        ),
        shape=alt.Shape(
            "first:N", legend=None, scale=alt.Scale(domain=["recommended", "left"], range=["diamond", "circle"])
        ),
        tooltip=tips,
    )
    named = (frame["first_near"] >= 0.01) | (frame["first_even"] >= 0.01) | (np.arange(len(frame)) < 3)
    labels = (
        alt.Chart(frame[named])
        .mark_text(align="left", dx=8, dy=-7, fontSize=10, color=INK, limit=190)
        .encode(x=x, y=y, text="title:N")
    )
    return alt.layer(span, points, labels).properties(
        width=WIDTH,
        height=320,
        title=alt.Title(
            "Cost against fit",
            subtitle="left is cheaper, up fits better; the diamond is recommended; named: first under some weights",
        ),
    )


def first_places(decision: Decision) -> alt.LayerChart | alt.FacetChart:
    """Return the share of weightings in which each offer is first, near the weights given and over all [1]."""
    if not decision.ranked:
        return _note()
    table = decision.table
    table = table[(table["first_even"] >= 0.005) | (table["first_near"] >= 0.005)]
    names = {"first_near": "weightings near those given", "first_even": "all weightings, evenly"}
    long = table.melt("title", list(names), "which", "share")
    long["which"] = long["which"].map(names)
    bars = (
        alt.Chart(long)
        .mark_bar(size=11)
        .encode(
            y=alt.Y(
                "title:N",
                sort=None,
                scale=alt.Scale(domain=table["title"].tolist()),
                title=None,
                axis=alt.Axis(labelLimit=340),
            ),
            yOffset=alt.YOffset("which:N", sort=list(names.values())),
            x=alt.X("share:Q", title="share of weightings in which the offer is first", axis=alt.Axis(format="%")),
            color=alt.Color("which:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[BLUE, ORANGE])),
            tooltip=[alt.Tooltip("title:N"), alt.Tooltip("which:N"), alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return alt.layer(bars).properties(width=WIDTH, height=alt.Step(15), title="First under other weights")


def _note() -> alt.LayerChart | alt.FacetChart:
    note = alt.Chart(pd.DataFrame({"text": ["no offer meets every requirement"]}))
    return alt.layer(note.mark_text(color=MUTED).encode(text="text:N")).properties(width=WIDTH, height=60)


__all__ = ["cost_and_fit", "first_places", "score_parts"]
