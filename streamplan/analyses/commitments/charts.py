"""What a commitment costs against how large it is."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamfacts.units import counted_by
from streamplan.analyses.commitments.commitments import CommitmentPlan
from streamplan.views.theme import BLUE, ORANGE, VERMILION, WIDTH


def commitment_curve(found: CommitmentPlan, line: int = 0) -> alt.LayerChart | alt.FacetChart:
    """Return expected and P90 cost of one meter and SKU by units committed to [USD over the term, worth today].

    Parameters
    ----------
    line : which of `found.lines`, the largest bill first
    """
    chosen = sorted(found.lines, key=lambda x: -float(x.on_demand.mean()))[line]
    names = {"expected_usd": "expected", "p90_usd": "P90"}
    data = chosen.curve.melt(["reserve"], list(names), "line", "usd")
    data["line"] = data["line"].map(names)
    unit, _ = counted_by(chosen.rate.unit)
    unit = "machines" if unit == "instance" else f"{unit}s"
    curve = (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=alt.X("reserve:Q", title=f"{unit} committed to ({chosen.title})"),
            y=alt.Y("usd:Q", title=f"USD in {found.years} years, worth today", axis=alt.Axis(format="~s")),
            color=alt.Color("line:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[BLUE, ORANGE])),
            tooltip=[alt.Tooltip("line:N"), alt.Tooltip("reserve:Q"), alt.Tooltip("usd:Q", title="USD", format=",.0f")],
        )
    )
    best = pd.DataFrame({"reserve": [chosen.reserve], "label": [f"commit to {chosen.reserve:g}"]})
    rule = alt.Chart(best).mark_rule(color=VERMILION, strokeDash=[6, 3]).encode(x="reserve:Q")
    text = (
        alt.Chart(best)
        .mark_text(align="left", dx=6, baseline="top", color=VERMILION, fontSize=11)
        .encode(x="reserve:Q", y=alt.value(4), text="label:N")
    )
    saving = float((chosen.on_demand - chosen.committed).mean())
    return alt.layer(curve, rule, text).properties(
        width=WIDTH,
        height=260,
        title=alt.Title(
            f"{found.plan.offer.title}: how much to commit to for {found.years} year{'s' if found.years > 1 else ''}",
            subtitle=f"saves {saving:,.0f} USD on average against none, and loses in "
            f"{(chosen.committed > chosen.on_demand + 1e-6).mean():.0%} of {found.draws:,} draws",
        ),
    )
