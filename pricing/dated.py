"""The prices of another day: a table, or a folder of tables, laid over the shipped ones as if it were shipped."""

from __future__ import annotations

from pathlib import Path

from pricing.book import Key, Price, PriceBook, read_prices
from pricing.discount import discounted, is_discount, read_discounts
from pricing.sustained_use import after_sustained_use
from streamfacts.errors import InputError, unreadable

#: The name of the prices that are shipped.
SHIPPED = "shipped"


def dated_book(source: str | Path, *own: str | Path) -> PriceBook:
    """Return the prices of a day, with one's own price books and contract discounts over them.

    Parameters
    ----------
    source : a CSV in the form of `data/prices/`, a folder of such files, or `SHIPPED`; a price that it does not have
        is the shipped one. Discounts that a cloud takes off by itself are taken off, as from shipped prices.
    own : as `pricing.open_book` takes them

    Raises
    ------
    InputError
        for a folder without a table, or a row that is not usable; the message names file, row and field.
    """
    prices: dict[Key, tuple[Price, ...]] = dict(PriceBook.load().prices)
    for path in _tables(source):
        prices.update({key: tuple(_paid(key, row) for row in tiers) for key, tiers in read_prices(path).items()})
    return laid_over(PriceBook(prices), *own)


def laid_over(book: PriceBook, *own: str | Path) -> PriceBook:
    """Return a book with one's own price books and contract discounts over it, as `pricing.open_book` does over all.

    Examples
    --------
    >>> book = laid_over(PriceBook.load(), "aws.msk=10%")
    >>> round(book.price("aws.msk.broker", "kafka.m7g.large", "us-east-1").price, 4)
    0.1836
    """
    rows = [path for path in own if not is_discount(path)]
    if rows:
        mine = PriceBook.load(*rows)
        over = {key: mine.prices[key] for key in mine.overridden}
        doubts = (*book.doubts, *mine.doubts)
        book = PriceBook({**book.prices, **over}, book.overridden | mine.overridden, doubts)
    return discounted(book, read_discounts([str(text) for text in own if is_discount(text)]))


def _tables(source: str | Path) -> list[Path]:
    path = Path(source)
    if path.is_dir():
        found = sorted(path.glob("*.csv"))
        if not found:
            raise InputError("prices", str(source), "a folder with tables of prices (CSV); that one has none")
        return found
    if not path.exists():
        if str(source) == SHIPPED:
            return []
        wanted = f"a CSV of prices, a folder of them, or {SHIPPED}"
        raise unreadable("prices", source, wanted, FileNotFoundError())
    return [path]


def _paid(key: Key, row: Price) -> Price:
    price, note = after_sustained_use(key, row.price, row.note)
    return row.model_copy(update={"price": price, "note": note})


__all__ = ["SHIPPED", "dated_book", "laid_over"]
