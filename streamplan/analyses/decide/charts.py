"""What a decision rests on: the parts of each score, cost against fit, and who is first under other weights."""

from __future__ import annotations

from typing import Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from streamplan.analyses.decide.decide import Decision
from streamplan.analyses.decide.requirements import criteria
from streamplan.views.theme import BLUE, GREEN, GREY, INK, MUTED, ORANGE, PURPLE, SKY, VERMILION, WIDTH, YELLOW

#: Colours of the criteria, in their order.
CRITERIA_COLOURS = [BLUE, VERMILION, GREEN, SKY, ORANGE, PURPLE, YELLOW, GREY]
#: Offers that a figure shows.
MOST = 12
#: Height of cost against fit, and most of a name in it [pixel].
HEIGHT, LABEL = 320, 190
#: Where a name may stand beside its point: alignment, to the right and down [pixel].
PLACES: tuple[tuple[Literal["left", "right"], int, int], ...] = (
    ("left", 8, -8),
    ("left", 8, 9),
    ("right", -8, -8),
    ("right", -8, 9),
    ("left", 8, -22),
    ("right", -8, 22),
)


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
    place = _places(frame)
    labels = [
        alt.Chart(frame[named & (place == i)])
        .mark_text(align=align, dx=dx, dy=dy, fontSize=10, color=INK, limit=LABEL)
        .encode(x=x, y=y, text="title:N")
        for i, (align, dx, dy) in enumerate(PLACES)
        if (named & (place == i)).any()
    ]
    return alt.layer(span, points, *labels).properties(
        width=WIDTH,
        height=HEIGHT,
        title=alt.Title(
            "Cost against fit",
            subtitle="left is cheaper, up fits better; the diamond is recommended; named: first under some weights",
        ),
    )


def _places(frame: pd.DataFrame) -> NDArray[np.intp]:
    """Return for each offer the first of `PLACES` where its name is clear of all points and of the names before it.

    Where none is, the first. Positions are those of the figure [pixel], the logarithmic axis taken from end to end.
    """
    log = np.log(frame[["p10_usd", "p50_usd", "p90"]].to_numpy(float))
    x = WIDTH * (log[:, 1] - np.nanmin(log)) / max(np.nanmax(log) - np.nanmin(log), 1e-9)
    fit = frame["fit"].to_numpy(float)
    y = HEIGHT - 20 - (HEIGHT - 40) * (fit - fit.min()) / max(np.ptp(fit), 1e-9)
    wide = np.minimum([5.3 * len(title) for title in frame["title"]], LABEL)
    taken = [(a - 5, b - 5, a + 5, b + 5) for a, b in zip(x, y, strict=True)]
    out = np.zeros(len(frame), int)
    for row in range(len(frame)):
        for number, (align, dx, dy) in enumerate(PLACES):
            left = x[row] + dx - (wide[row] if align == "right" else 0.0)
            box = left, y[row] + dy - 7, left + wide[row], y[row] + dy + 6
            clear = all(box[2] < a or c < box[0] or box[3] < b or d < box[1] for a, b, c, d in taken)
            if clear and left > 0 and left + wide[row] < WIDTH + 40:
                out[row] = number
                break
        align, dx, dy = PLACES[out[row]]
        left = x[row] + dx - (wide[row] if align == "right" else 0.0)
        taken.append((left, y[row] + dy - 7, left + wide[row], y[row] + dy + 6))
    return out


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
