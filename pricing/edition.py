"""The edition of a price book: what tells one state of the prices from another."""

from __future__ import annotations

from dataclasses import dataclass

from pricing.book import PriceBook, ShippedPrices
from streamfacts.digests import digest_of_texts, prices_digest
from streamfacts.tables import data_dir, parse_as_of, read_columns


@dataclass(frozen=True, slots=True)
class Edition:
    """The state of a price book.

    Attributes
    ----------
    digest : of every price in it; two books with the same one charge the same
    as_of_newest : ISO date of the newest price
    """

    digest: str
    as_of_newest: str


def edition_of(book: PriceBook) -> Edition:
    """Return which state of the prices a book is.

    Examples
    --------
    >>> shipped = edition_of(PriceBook.load())
    >>> shipped == edition_of(PriceBook.load()), len(shipped.digest)
    (True, 16)
    """
    if isinstance(book.prices, ShippedPrices):
        dates = {day for path in (data_dir() / "prices").glob("*.csv") for day in _dates(path.stem)}
        return Edition(prices_digest(), max(dates, key=parse_as_of, default=""))
    rows = [row for _, tiers in sorted(book.prices.items()) for row in tiers]
    texts = [f"{row.key} {row.unit} {row.price!r} {row.tier_from} {row.tier_to}" for row in rows]
    newest = max({row.as_of for row in rows}, key=parse_as_of, default="")
    return Edition(digest_of_texts(texts), newest)


def _dates(table: str) -> set[str]:
    return set(read_columns(f"prices/{table}")["as_of"])


__all__ = ["Edition", "edition_of"]
