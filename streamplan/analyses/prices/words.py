"""The price book as HTML: its age, what it knows by meter, and the prices with their sources."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from streamplan.analyses.prices.prices import by_meter
from streamplan.views.html import Html, environment


def book_answer(prices: pd.DataFrame, on: dt.date, region: str = "") -> Html:
    """How many prices there are, how old they are on a day, and how many one should not rely on."""
    return Html(
        environment()
        .get_template("price_book.html.j2")
        .render(
            count=len(prices),
            meters=prices["meter"].nunique(),
            region=region,
            regions=prices["region"].nunique(),
            on=on,
            oldest=prices["as_of"].min() if len(prices) else "",
            newest=prices["as_of"].max() if len(prices) else "",
            stale=int(prices["stale"].sum()),
            own=int(prices["own"].sum()),
            confidence=[(c, int((prices["confidence"] == c).sum())) for c in ("high", "medium", "low")],
        )
    )


def meters_of_book(prices: pd.DataFrame) -> Html:
    """One row a meter: how many prices, over which span, how old and how sure."""
    return Html(environment().get_template("meters.html.j2").render(rows=by_meter(prices).to_dict("records")))


def price_rows(prices: pd.DataFrame, most: int = 200) -> Html:
    """The prices themselves, the oldest first, at most so many."""
    rows = prices.sort_values(["as_of", "meter", "sku", "region"]).head(most).astype(object)
    return Html(
        environment()
        .get_template("price_rows.html.j2")
        .render(rows=rows.where(rows.notna(), "").to_dict("records"), left_out=max(0, len(prices) - most))
    )
