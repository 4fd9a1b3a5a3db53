"""What is odd about a user's own prices: errors where a row cannot be meant, doubts where it may be.

A region of another cloud than the meter's and a date that is still to come are errors. A SKU that no shipped price
has, and a price a hundred times that of another region, are doubts: sentences that are shown beside the result.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from streamfacts.errors import InputError
from streamfacts.tables import ANY_REGION, check_past, regions

#: A price so many times another region's, or so small a part of it, is doubted.
FAR_APART = 100.0


class Row(Protocol):
    """What is looked at of a price."""

    @property
    def meter(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def price(self) -> float: ...
    @property
    def tier_from(self) -> float | None: ...
    @property
    def as_of(self) -> str: ...


def doubts_of(
    rows: Sequence[tuple[int, Row]],
    table: str,
    known: Mapping[tuple[str, str, str], Sequence[Row]],
    clouds: Mapping[str, str],
    on: dt.date | None = None,
) -> list[str]:
    """Return what is odd about rows of a user's own, a sentence each.

    Parameters
    ----------
    rows : lines of the file, each with its price
    table : name of the file
    known : the prices that the rows are laid over, by meter, SKU and region
    clouds : meter to the cloud whose own it is, '' for those of other vendors
    on : the day that counts as today

    Raises
    ------
    InputError
        naming the row, for a region of another cloud, or a date ahead of today.
    """
    for number, row in rows:
        _of_its_cloud(row, clouds.get(row.meter, ""), f"{table} row {number}")
        check_past(row.as_of, f"{table} row {number}: as_of", on)
    shipped = _by_sku((key, tiers[0].price) for key, tiers in known.items())
    own = _by_sku(((row.meter, row.sku, row.region), row.price) for _, row in rows if not row.tier_from)
    skus: dict[str, set[str]] = {}
    for meter, sku in shipped:
        skus.setdefault(meter, set()).add(sku)
    out = []
    for number, row in rows:
        where, one = f"{table} row {number}", (row.meter, row.sku)
        if row.meter in skus and row.sku not in skus[row.meter]:
            out.append(f"{where}: {_unread(row, skus[row.meter])}")
        elsewhere = shipped.get(one) or own.get(one, {})  # those of one's own only where nothing else is known
        out += [f"{where}: {sentence}" for sentence in _far_apart(row, elsewhere)]
    return out


def _by_sku(prices: Iterable[tuple[tuple[str, str, str], float]]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the price in each region, by meter and SKU."""
    out: dict[tuple[str, str], dict[str, float]] = {}
    for (meter, sku, region), price in prices:
        out.setdefault((meter, sku), {})[region] = price
    return out


def _of_its_cloud(row: Row, cloud: str, where: str) -> None:
    of = regions().get(row.region, "")
    if cloud and of and row.region != ANY_REGION and of != cloud:
        own = [name for name, provider in regions().items() if provider == cloud]
        near = difflib.get_close_matches(row.region, own, n=3, cutoff=0.4)
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        raise InputError(f"{where}: region", row.region, f"a region of {cloud}, whose meter it is, not of {of}{meant}")


def _unread(row: Row, known: set[str]) -> str:
    named = sorted(sku for sku in known if sku)
    if not named:
        return f"no offer reads SKU {row.sku!r} of {row.meter}, which has none; leave it empty"
    if not row.sku:
        return f"no offer reads {row.meter} without a SKU, such as {', '.join(named[:3])}"
    near = difflib.get_close_matches(row.sku, named, n=3, cutoff=0.4) or named[:3]
    return f"no shipped price of {row.meter} has SKU {row.sku!r}: it may be read by no offer; known: {', '.join(near)}"


def _far_apart(row: Row, elsewhere: Mapping[str, float]) -> Iterator[str]:
    """Say so of the first tier of a price that is far from that of another region."""
    if row.tier_from or not row.price > 0:
        return
    ratios = {region: row.price / price for region, price in elsewhere.items() if price > 0 and region != row.region}
    if not ratios:
        return
    region = max(ratios, key=lambda name: max(ratios[name], 1.0 / ratios[name]))
    times = max(ratios[region], 1.0 / ratios[region])
    if times >= FAR_APART:
        relation = "times" if ratios[region] > 1 else "times less than"
        price = f"{row.price:g} {row.currency}/{row.unit}"
        yield f"{price} in {row.region} is {times:,.0f} {relation} the {elsewhere[region]:g} of {region}"


__all__ = ["doubts_of"]
