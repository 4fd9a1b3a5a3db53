"""Figures of a comparison: cost by platform, cost by month."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.analyses.compare.recommendation import recommendation_of
from streamplan.analyses.risk.risk import RiskStudy, known
from streamplan.planning.study import FEASIBLE, Study
from streamplan.views.theme import (
    CATEGORY_COLOURS,
    CATEGORY_LABELS,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    WIDTH,
    colour_of,
    data_of,
)

#: A step of a waterfall below this share of its larger end stands with others.
SMALL = 0.02


def cost_by_month(frame: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Return a line an offer [USD a month], in the offer's colour and named at its end.

    Parameters
    ----------
    frame : columns platform, title, month (from 1) and usd, NaN where an offer does not fit; see `explore.View.months`
    """
    known = frame.dropna(subset=["usd"])
    if known.empty:
        note = alt.Chart(pd.DataFrame({"text": ["no offer is feasible and fully priced"]}))
        return alt.layer(note.mark_text(color=MUTED).encode(text=alt.Text("text:N"))).properties(width=WIDTH, height=60)
    names = known.drop_duplicates("platform")
    colours = [colour_of(name) for name in names["platform"]]
    color = alt.Color("title:N", title=None, scale=alt.Scale(domain=names["title"].tolist(), range=colours))
    last = int(frame["month"].max())
    axis = alt.Axis(values=[1, *range(12, last + 1, 12)], format="d", grid=False)
    x = alt.X("month:Q", title="month", axis=axis, scale=alt.Scale(domain=[1, last], nice=False))
    top = float(known["usd"].max()) * 1.05
    y = alt.Y(
        "usd:Q",
        title="USD a month",
        axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=5),
        scale=alt.Scale(domain=[0, max(top, 1e-9)]),
    )
    tooltip = [
        alt.Tooltip("title:N", title="platform"),
        alt.Tooltip("month:Q"),
        alt.Tooltip("usd:Q", title="USD a month", format=",.0f"),
    ]
    base = alt.Chart(data_of(known)).encode(x=x, y=y)
    lines = base.mark_line(strokeWidth=2.2).encode(
        color=color.legend(alt.Legend(columns=2, symbolStrokeWidth=4, labelLimit=360)), tooltip=tooltip
    )
    ends = known.loc[known.groupby("platform")["month"].idxmax()].query("month < @last")
    layers: list[alt.Chart] = [lines]
    if len(ends):  # where a line stops early, it says why
        stops = alt.Chart(data_of(ends.assign(text="no longer fits"))).encode(x=x, y=y)
        layers.append(stops.mark_point(shape="cross", size=60, filled=True).encode(color=color))
        layers.append(stops.mark_text(align="left", dx=8, color=INK, fontSize=11).encode(text=alt.Text("text:N")))
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=220,
        title=alt.Title(
            "Cost by month as the load grows", subtitle="likely inputs; each month with what is cheapest in it"
        ),
    )


def cost_by_platform(
    study: Study, risk: RiskStudy | None = None, most: int | None = None
) -> alt.LayerChart | alt.FacetChart:
    """Return stacked bars of monthly cost by category [USD], cheapest first, with whiskers.

    Parameters
    ----------
    risk : draws of the same workload: whiskers from P10 to P90 of its first month; without it they span the ends of
        the ranges of inputs and open prices
    most : bars to draw; all feasible offers if left out
    """
    feasible = study.table[(study.table["status"] == FEASIBLE) & study.table["home"]]
    table = feasible.head(most) if most else feasible
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
    y = alt.Y("platform:N", sort=None, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=0))
    parts = parts.rename(columns={"title_of_platform": "platform"})
    bars = (
        alt.Chart(data_of(parts))
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
    low, high, meaning = _spans(study, risk)
    ends = table.assign(
        low=table["platform"].map(low).astype(float),
        high=table["platform"].map(high).astype(float),
        platform=table["title"],
        label=[f"{v:,.0f}" for v in table["monthly_usd"]],
    )
    ends["end"] = ends[["monthly_usd", "high"]].max(axis=1)
    layers: list[alt.Chart] = [bars]
    spans = ends[ends["low"] < ends["high"]]
    if low and len(spans):
        over = alt.Chart(data_of(spans)).encode(
            y=y,
            tooltip=[
                alt.Tooltip("platform:N"),
                alt.Tooltip("low:Q", title="USD a month, from", format=",.0f"),
                alt.Tooltip("high:Q", title="to", format=",.0f"),
                alt.Tooltip("monthly_usd:Q", title="likely inputs", format=",.0f"),
            ],
        )
        layers.append(over.mark_rule(color=INK, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q")))
        for end in ("low", "high"):
            layers.append(over.mark_tick(color=INK, thickness=1.5, size=9).encode(x=alt.X(f"{end}:Q")))
    layers.append(
        alt.Chart(data_of(ends))
        .mark_text(align="left", dx=6, color=INK, fontSize=11)
        .encode(y=y, x=alt.X("end:Q"), text=alt.Text("label:N"))
    )
    shown = (
        "infeasible and unpriced offers are in the table"
        if len(table) == len(feasible)
        else f"the {len(table)} cheapest of {len(feasible)} that fit"
    )
    return alt.layer(
        *layers,
        width=WIDTH - 120,
        height=alt.Step(28),
        title=alt.Title("Cost a month by platform", subtitle=[f"bars and numbers: likely inputs; {shown}", meaning]),
    )


def difference_by_line(study: Study) -> alt.LayerChart | alt.FacetChart:
    """Return a waterfall from the usual choice of the cloud, or the next offer, to the recommended one [USD a month].

    Each step is a line of the bills, or the work to run it, in which the two differ; small ones stand together.
    """
    best = recommendation_of(study)
    other = None if best is None else best.usual or best.next
    if best is None or other is None:
        note = alt.Chart(pd.DataFrame({"text": ["there is no other offer to compare with"]}))
        return alt.layer(note.mark_text(color=MUTED).encode(text="text:N")).properties(width=WIDTH, height=60)
    start, end = study.ranks_at(other), study.ranks_at(best.plan)
    steps = best.because(other)
    large = [row for row in steps if abs(row.usd) >= SMALL * max(start, end)]
    rest = sum(row.usd for row in steps if row not in large)
    rows = [{"line": other.offer.title, "low": 0.0, "high": start, "kind": "total", "label": f"{start:,.0f}"}]
    at = start
    for line, usd in [*((row.line, row.usd) for row in large), *([("other lines", rest)] if abs(rest) >= 0.5 else [])]:
        label = f"{'-' if usd > 0 else '+'}{abs(usd):,.0f}"
        kind = "less" if usd > 0 else "more"
        rows.append({"line": line, "low": min(at, at - usd), "high": max(at, at - usd), "kind": kind, "label": label})
        at -= usd
    rows.append({"line": best.plan.offer.title, "low": 0.0, "high": end, "kind": "total", "label": f"{end:,.0f}"})
    frame = pd.DataFrame(rows)
    order = frame["line"].tolist()
    y = alt.Y("line:N", sort=None, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=260))
    what = "bill and work" if best.work_usd is not None else "bill"
    base = alt.Chart(data_of(frame)).encode(y=y)
    bars = base.mark_bar(size=17).encode(
        x=alt.X(
            "low:Q", title=f"USD a month, {what}", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6)
        ),
        x2=alt.X2("high:Q"),
        color=alt.Color(
            "kind:N",
            title=None,
            legend=alt.Legend(orient="top"),
            scale=alt.Scale(domain=["total", "less", "more"], range=[MUTED, GREEN, ORANGE]),
        ),
        tooltip=[alt.Tooltip("line:N"), alt.Tooltip("label:N", title="USD a month")],
    )
    words = base.mark_text(align="left", dx=6, color=INK, fontSize=11).encode(
        x=alt.X("high:Q"), text=alt.Text("label:N")
    )
    return alt.layer(bars, words).properties(
        width=WIDTH - 120,
        height=alt.Step(28),
        title=alt.Title(
            f"From {other.offer.title} to {best.plan.offer.title}", subtitle=f"{what} a month, line by line"
        ),
    )


def _spans(study: Study, risk: RiskStudy | None) -> tuple[dict[str, float | None], dict[str, float | None], str]:
    """The ends of the whiskers by offer [USD], and what they mean."""
    if risk is not None:
        low, high = ({o.plan.offer.name: known(o.by_month[end, 0]) for o in risk.offers} for end in (0, -1))
        return low, high, f"lines: P10 to P90 of {risk.draws:,} draws in month 1"
    if study.ranged:
        low, high = ({name: costs[end] for name, costs in study.corner_costs.items()} for end in (0, -1))
        return low, high, "lines: from the low to the high end of every range of inputs and of open prices together"
    return {}, {}, "every input is a single value"
