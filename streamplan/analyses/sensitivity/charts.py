"""What matters: the tornado of a cost, and how much of its spread each input explains."""

from __future__ import annotations

import altair as alt
import pandas as pd

from capacity import Workload
from streamfacts.units import human
from streamplan.analyses.sensitivity.sensitivity import Sensitivity
from streamplan.views.theme import BLUE, INK, MUTED, ORANGE, SKY, WIDTH


def _text(name: str, value: float) -> str:
    known = name in Workload.model_fields
    return human(value, Workload.unit_of(name)) if known else f"{value:,.3g}"


def tornado(found: Sensitivity) -> alt.LayerChart | alt.FacetChart:
    """Return the cost with each input at its P10 and at its P90, all others likely [USD in all months]."""
    ends = ("input at P10", "input at P90")
    rows = []
    for r in found.tornado.to_dict("records"):
        label = f"{r['input']}: {_text(r['input'], r['low'])} to {_text(r['input'], r['high'])}"
        for end, value, usd in ((ends[0], r["low"], r["low_usd"]), (ends[1], r["high"], r["high_usd"])):
            shown = {"input": label, "end": end, "value": _text(r["input"], value), "usd": usd}
            rows.append({**shown, "likely": found.likely_usd})
    data = pd.DataFrame(rows).dropna(subset=["usd"])
    y = alt.Y("input:N", sort=list(dict.fromkeys(r["input"] for r in rows)), title=None)
    x = alt.X("usd:Q", title=f"USD in {found.months} months", axis=alt.Axis(format="~s"), scale=alt.Scale(zero=False))
    bars = (
        alt.Chart(data)
        .mark_bar(size=16)
        .encode(
            y=y,
            x=x,
            x2="likely:Q",
            color=alt.Color("end:N", title=None, scale=alt.Scale(domain=list(ends), range=[SKY, ORANGE])),
            tooltip=[
                alt.Tooltip("input:N"),
                alt.Tooltip("end:N"),
                alt.Tooltip("value:N"),
                alt.Tooltip("usd:Q", title="USD", format=",.0f"),
            ],
        )
    )
    middle = pd.DataFrame({"usd": [found.likely_usd]})
    rule = alt.Chart(middle).mark_rule(color=INK).encode(x="usd:Q")
    return alt.layer(bars, rule).properties(
        width=WIDTH - 200,
        height=alt.Step(28),
        title=alt.Title(
            f"{found.title}: what moves the cost",
            subtitle=f"each input by itself, others likely; line: all likely, {found.likely_usd:,.0f} USD",
        ),
    )


def sobol_bars(found: Sensitivity) -> alt.LayerChart | alt.FacetChart:
    """Return first-order and total Sobol indices of each group of inputs [share of the variance of the cost]."""
    names = {"first": "by itself (first order)", "total": "with all it does together with others (total)"}
    table = found.table
    data = table.melt(["inputs"], list(names), "index", "share")
    data["error"] = table.melt(["inputs"], ["first_error", "total_error"])["value"]
    data["low"], data["high"] = (
        (data["share"] - data["error"]).clip(0.0),
        (data["share"] + data["error"]).clip(upper=1.0),
    )
    data["index"] = data["index"].map(names)
    y = alt.Y("inputs:N", sort=table["inputs"].tolist(), title=None)
    domain = list(names.values())
    offset = alt.YOffset("index:N", sort=domain)
    base = alt.Chart(data)
    bars = base.mark_bar().encode(
        y=y,
        yOffset=offset,
        x=alt.X("share:Q", title="share of the variance of the cost", axis=alt.Axis(format="%")),
        color=alt.Color(
            "index:N", title=None, scale=alt.Scale(domain=domain, range=[BLUE, SKY]), legend=alt.Legend(columns=2)
        ),
        tooltip=[
            alt.Tooltip("inputs:N"),
            alt.Tooltip("index:N"),
            alt.Tooltip("share:Q", format=".1%"),
            alt.Tooltip("error:Q", format=".1%"),
        ],
    )
    errors = base.mark_rule(color=MUTED).encode(y=y, yOffset=offset, x="low:Q", x2="high:Q")
    return alt.layer(bars, errors).properties(
        width=WIDTH - 160,
        height=alt.Step(18),
        title=alt.Title(
            f"{found.title}: what explains the spread of the cost",
            subtitle="inputs that are correlated count together; lines: one standard error",
        ),
    )
