"""How old and how sure the prices of the book are."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.analyses.prices.prices import AGES, by_provider
from streamplan.views.theme import BLUE, MUTED, ORANGE, SKY, VERMILION, WIDTH


def ages_of_prices(prices: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Return bars of the share of a provider's prices by age, with their number; see `price_ages.price_table`."""
    if prices.empty:
        note = alt.Chart(pd.DataFrame({"text": ["no price of that meter in that region"]}))
        return alt.layer(note.mark_text(color=MUTED).encode(text="text:N")).properties(width=WIDTH, height=60)
    counts = by_provider(prices).groupby(["provider", "age"], sort=False)["prices"].sum().reset_index()
    names = [name for _, name in AGES]
    counts["rank"] = counts["age"].map(names.index)
    totals = counts.groupby("provider")["prices"].sum()
    counts["share"] = counts["prices"] / counts["provider"].map(totals)
    order = totals.sort_values(ascending=False).index.tolist()
    whole = alt.Scale(domain=[0, 1])
    y = alt.Y("provider:N", sort=order, title=None)
    bars = (
        alt.Chart(counts)
        .mark_bar(size=15)
        .encode(
            y=y,
            x=alt.X("share:Q", title="share of its prices [%]", axis=alt.Axis(format="%"), scale=whole),
            color=alt.Color(
                "age:N",
                title=None,
                scale=alt.Scale(domain=names, range=[BLUE, SKY, ORANGE, VERMILION]),
                legend=alt.Legend(columns=4),
            ),
            order="rank:Q",
            tooltip=[
                alt.Tooltip("provider:N"),
                alt.Tooltip("age:N"),
                alt.Tooltip("prices:Q"),
                alt.Tooltip("share:Q", format=".0%"),
            ],
        )
    )
    numbers = pd.DataFrame({"provider": totals.index, "label": [f"{n:,} prices" for n in totals], "share": 1.0})
    text = alt.Chart(numbers).mark_text(align="left", dx=6, fontSize=11, color=MUTED)
    return alt.layer(bars, text.encode(y=y, x="share:Q", text="label:N")).properties(
        width=WIDTH - 160,
        height=alt.Step(22),
        title=alt.Title("Age of the prices", subtitle="since the day that each was read or published, by provider"),
    )
