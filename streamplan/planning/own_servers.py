"""The price of one's own servers, as a row of a price book."""

from __future__ import annotations

from functools import cache

from capacity import Servers
from pricing.book import Price, PriceBook
from streamfacts.tables import ANY_REGION

METER = "own.server"


def with_own_servers(book: PriceBook, servers: Servers | None) -> PriceBook:
    """Return the book to bill own servers with: that of the workload's price, unless the book has a row of its own.

    Without a price in either the book stays as it is, and the bill says that the price is missing.
    """
    if servers is None or servers.price is None or any(meter == METER for meter, _, _ in book.overridden):
        return book
    return _book(servers.price, servers.as_of)


@cache
def _book(price: float, as_of: str) -> PriceBook:
    row = Price(
        meter=METER,
        region=ANY_REGION,
        unit="server-month",
        price=price,
        as_of=as_of,
        source="the workload's servers.price",
        confidence="low",
    )
    return PriceBook({row.key: (row,)})


__all__ = ["METER", "with_own_servers"]
