"""What an offer may cost month by month, and when the plan that is held is outgrown."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.analyses.risk.risk import OUTGROWN, OfferRisk, RiskStudy
from streamplan.planning.study import CLOSED, FEASIBLE
from streamplan.views.theme import BLUE, INK, MUTED, SKY, VERMILION, WIDTH


def cost_fan(study: RiskStudy, platform: str | None = None) -> alt.LayerChart | alt.FacetChart:
    """Return the fan of monthly cost of an offer [USD a month]: P10 to P90, median, likely path, and the budget.

    Parameters
    ----------
    platform : name of an offer; the cheapest if left out
    """
    offer = _offer(study, platform)
    if offer is None or offer.status not in (FEASIBLE, CLOSED):
        return _note("no offer fits and is priced in half of the draws")
    frame = study.by_month[study.by_month["platform"] == offer.plan.offer.name].reset_index(drop=True)
    base = alt.Chart(frame).encode(x=_months(study))
    y = alt.Y("p10_usd:Q", title="USD a month", axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=6))
    tooltip = [
        alt.Tooltip("month:Q"),
        *(alt.Tooltip(f"p{p}_usd:Q", title=f"P{p}", format=",.0f") for p in (10, 50, 90)),
        alt.Tooltip("likely_usd:Q", title="likely inputs", format=",.0f"),
        *([alt.Tooltip("over_budget:Q", title="over budget", format=".1%")] if study.budget is not None else []),
    ]
    layers = [
        # a month of its own is a bar, several are an area
        base.mark_bar(color=SKY, opacity=0.45, size=24).encode(y=y, y2="p90_usd:Q", tooltip=tooltip)
        if study.months == 1
        else base.mark_area(color=SKY, opacity=0.45).encode(y=y, y2="p90_usd:Q", tooltip=tooltip)
    ]
    lines = frame.melt(["month"], ["p50_usd", "likely_usd"], "line", "usd")
    names = {"p50_usd": "median (P50)", "likely_usd": "likely inputs"}
    colours, dashes = [BLUE, INK], [[1, 0], [2, 2]]
    if study.budget is not None:
        lines = pd.concat([lines, frame[["month"]].assign(line="budget", usd=frame["budget_usd"])])
        names["budget"] = "budget"
        colours, dashes = [*colours, VERMILION], [*dashes, [6, 3]]
    lines = lines.assign(line=lines["line"].map(names)).dropna()
    domain = list(names.values())
    mark = alt.Chart(lines).mark_line(strokeWidth=1.8, point=study.months == 1)
    layers.append(
        mark.encode(
            x=_months(study),
            y="usd:Q",
            color=alt.Color("line:N", title=None, scale=alt.Scale(domain=domain, range=colours)),
            strokeDash=alt.StrokeDash("line:N", title=None, scale=alt.Scale(domain=domain, range=dashes)),
        )
    )
    odds = "" if offer.over_total is None else f"; the total is over budget in {offer.over_total:.0%} of draws"
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=240,
        title=alt.Title(
            f"{offer.plan.offer.title}: cost by month",
            subtitle=f"band: P10 to P90 of {study.draws:,} draws{odds}",
        ),
    )


def plan_outgrown(study: RiskStudy, platform: str | None = None) -> alt.LayerChart | alt.FacetChart:
    """Return the probability by month that the plan of an offer is too small [1]; the cheapest offer if left out."""
    offer = _offer(study, platform)
    if offer is None:
        return _note("no offer fits and is priced in half of the draws")
    frame = study.by_month[study.by_month["platform"] == offer.plan.offer.name].reset_index(drop=True)
    odds = (
        alt.Chart(frame)
        .mark_bar(color=BLUE)
        .encode(
            x=_months(study),
            y=alt.Y("too_small:Q", title="plan too small", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            tooltip=[alt.Tooltip("month:Q"), alt.Tooltip("too_small:Q", format=".1%", title="too small")],
        )
    )
    line = alt.Chart(pd.DataFrame({"y": [OUTGROWN]})).mark_rule(color=VERMILION, strokeDash=[6, 3]).encode(y="y:Q")
    when = f"month {offer.outgrown}" if offer.outgrown else f"no month of {study.months}"
    return alt.layer(odds, line).properties(
        width=WIDTH,
        height=160,
        title=alt.Title(
            f"{offer.plan.offer.title}: {offer.plan.what}",
            subtitle=f"sized for the likely demand of month {study.plan_month}; above {OUTGROWN:.0%} first in {when}",
        ),
    )


def _offer(study: RiskStudy, platform: str | None) -> OfferRisk | None:
    return study.risk_of(platform) if platform else study.cheapest


def _months(study: RiskStudy) -> alt.X:
    step = max(1, study.months // 10)
    values = sorted({1, *range(step, study.months + 1, step), study.months})
    scale = alt.Scale(domain=[0.5, study.months + 0.5], nice=False)
    return alt.X("month:Q", title="month", scale=scale, axis=alt.Axis(values=values, format="d", grid=False))


def _note(text: str) -> alt.LayerChart | alt.FacetChart:
    note = alt.Chart(pd.DataFrame({"text": [text]})).mark_text(color=MUTED).encode(text="text:N")
    return alt.layer(note).properties(width=WIDTH, height=60)
