"""The price book as tables: how old, how sure and from where its prices are, by provider, meter and region."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pricing import PriceBook
from pricing.book import meters
from streamfacts.errors import unknown_name
from streamfacts.tables import ANY_REGION, regions

if TYPE_CHECKING:
    import pandas as pd

from streamplan.views.tables import Cell, Column, Table

#: Ages that a reader tells apart [d], with their names; the last one is what `prices check` calls old.
AGES = ((90, "up to 3 months"), (180, "3 to 6 months"), (365, "6 to 12 months"), (None, "older than a year"))


def price_table(book: PriceBook, on: dt.date, region: str = "", meter: str = "") -> pd.DataFrame:
    """Return every tier of every price as a row, with its provider, category and age on a day.

    Parameters
    ----------
    region : only prices that hold in it, those for every region among them; all if empty
    meter : only meters whose name has this in it; all if empty

    Raises
    ------
    InputError
        for an unknown region, or a text that is in no meter's name.
    """
    if region and region not in regions():
        raise unknown_name("region", region, regions())
    known = meters()
    if meter and not any(meter in name for name in known):
        raise unknown_name("meter", meter, known)
    frame: pd.DataFrame = book.frame(on)
    if region:
        frame = frame[frame["region"].isin([region, ANY_REGION])]
    frame = frame[frame["meter"].str.contains(meter, regex=False)].copy()
    frame.insert(0, "provider", frame["meter"].map({name: m.vendor for name, m in known.items()}))
    frame["category"] = frame["meter"].map({name: m.category for name, m in known.items()})
    frame["title"] = frame["meter"].map({name: m.title for name, m in known.items()})
    frame["age"] = [_age(days) for days in frame["age_days"]]
    return frame.reset_index(drop=True)


def _age(days: int) -> str:
    return next(name for upper, name in AGES if upper is None or days <= upper)


def by_meter(prices: pd.DataFrame) -> pd.DataFrame:
    """Return one row a meter: prices, SKUs, regions, least and largest price, dates and the lowest confidence."""
    rank = {"high": 0, "medium": 1, "low": 2}
    out = prices.groupby("meter").agg(
        title=("title", "first"),
        category=("category", "first"),
        unit=("unit", "first"),
        prices=("price", "size"),
        skus=("sku", "nunique"),
        regions=("region", "nunique"),
        least=("price", "min"),
        most=("price", "max"),
        oldest=("as_of", "min"),
        newest=("as_of", "max"),
        stale=("stale", "sum"),
        own=("own", "sum"),
        confidence=("confidence", lambda c: max(c, key=rank.__getitem__)),
    )
    return out.reset_index()


def by_provider(prices: pd.DataFrame) -> pd.DataFrame:
    """Return one row a provider, age and confidence with the number of prices."""
    return prices.groupby(["provider", "age", "confidence"], sort=False).size().rename("prices").reset_index()


def prices_table(prices: pd.DataFrame) -> Table:
    """Return prices a row each, for a terminal and for files."""
    table = Table(
        "Prices, USD",
        (
            Column("meter", "meter", least=20),
            Column("sku", "sku", priority=0, least=12),
            Column("region", "region", priority=1, folds=False),
            Column("price", "price", unit="USD a unit", priority=0, folds=False),
            Column("unit", "unit", for_files=True),
            Column("tier_from", "from", True, priority=2),
            Column("as_of", "as of", priority=1, folds=False),
            Column("confidence", "confidence", priority=3, folds=False),
            Column("stale", "age", priority=3, folds=False),
            Column("source", "source", for_files=True),
        ),
        bare=True,
    )
    for row in prices.to_dict("records"):
        tiered = row["tier_to"] == row["tier_to"] or row["tier_from"]
        first = row["tier_from"] or 0
        from_ = Cell(first, f"from {first:,.0f}") if tiered else ""
        price = Cell(row["price"], f"{row['price']:<10g} USD/{row['unit']}")
        table.add({**row, "price": price, "tier_from": from_, "stale": "old" if row["stale"] else ""})
    return table
