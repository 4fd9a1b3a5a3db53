"""Contract discounts: a percentage off the prices of a provider, a service or a meter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pricing.book import PriceBook, meters
from streamfacts.errors import InputError, naming, unknown_name
from streamfacts.reading import read_mapping


@cache
def scopes() -> tuple[str, ...]:
    """Return what a discount may be for: each meter, and what its name begins with.

    Examples
    --------
    >>> {"aws", "aws.msk", "aws.msk.broker", "confluent"} <= set(scopes())
    True
    """
    parts = [name.split(".") for name in meters()]
    return tuple(sorted({".".join(p[:n]) for p in parts for n in range(1, len(p) + 1)}))


def is_discount(text: str | Path) -> bool:
    """Return whether a text says a discount, ``scope=share`` or the name of a YAML file, and is no file of prices.

    Examples
    --------
    >>> is_discount("aws=12%"), is_discount("contract.yaml"), is_discount("prices.csv")
    (True, True, False)
    """
    suffix = Path(text).suffix.lower()
    return suffix in (".yaml", ".yml") or (suffix != ".csv" and "=" in str(text))


def read_discounts(given: Mapping[str, Any] | Iterable[str]) -> dict[str, float]:
    """Return scope to share off [1] from a mapping, or from texts such as ``aws=12%`` and names of YAML files.

    Raises
    ------
    InputError
        for a scope that no meter begins with, one given twice, or a share that is not from 0 to below 1.

    Examples
    --------
    >>> read_discounts(["aws=12%", "aws.msk=0.2"])
    {'aws': 0.12, 'aws.msk': 0.2}
    """
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        pairs = []
        for text in given:
            scope, sign, value = str(text).partition("=")
            pairs += [(scope.strip(), value.strip())] if sign else list(_from_file(text).items())
    out: dict[str, float] = {}
    for scope, value in pairs:
        if scope not in scopes():
            raise unknown_name("discount", str(scope), scopes())
        if scope in out:
            raise InputError(f"discount {scope}", value, "each scope once")
        out[str(scope)] = _share(scope, value)
    return out


def discounted(book: PriceBook, discounts: Mapping[str, float]) -> PriceBook:
    """Return the book with contract discounts taken off; of several scopes that fit a meter the longest counts.

    Rows of the user's own price book are what the user pays already and stay as they are.

    Examples
    --------
    >>> book = discounted(PriceBook.load(), {"aws": 0.5, "aws.msk": 0.1})
    >>> round(book.price("aws.msk.broker", "kafka.m5.large", "us-east-1").price, 3)
    0.189
    """
    given = read_discounts(discounts)
    if not given:
        return book
    prices = {}
    for key, tiers in book.prices.items():
        scope = max((s for s in given if f"{key[0]}.".startswith(f"{s}.")), key=len, default=None)
        if scope is None or key in book.overridden or not given[scope]:
            prices[key] = tiers
            continue
        off = given[scope]
        prices[key] = tuple(
            row.model_copy(update={"price": row.price * (1 - off), "note": _noted(row.note, off)}) for row in tiers
        )
    return replace(book, prices=prices)


def open_book(*sources: str | Path) -> PriceBook:
    """Return the shipped prices under the user's own: CSV files of prices, and contract discounts over all of it.

    A discount is ``scope=share`` or the name of a YAML file of such lines, see `is_discount`.

    Raises
    ------
    InputError
        as `PriceBook.load` and `read_discounts` do.

    Examples
    --------
    >>> round(open_book("aws.msk=10%").price("aws.msk.broker", "kafka.m5.large", "us-east-1").price, 3)
    0.189
    """
    book = PriceBook.load(*(path for path in sources if not is_discount(path)))
    return discounted(book, read_discounts([str(text) for text in sources if is_discount(text)]))


def _noted(note: str, off: float) -> str:
    return "; ".join(filter(None, (note, f"{off:.4g} off by contract")))


def _from_file(path: str) -> dict[str, float]:
    if not Path(path).exists():
        raise InputError("discount", path, "scope=percentage such as aws=12%, or a YAML file of such lines")
    with naming(Path(path).name):
        return read_discounts(read_mapping(path, "discounts"))


def _share(scope: str, value: Any) -> float:
    allowed = "a percentage such as 12%, or a share from 0 to below 1"
    text = str(value).strip()
    try:
        share = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        raise InputError(f"discount {scope}", value, allowed) from None
    if isinstance(value, bool) or not 0.0 <= share < 1.0:
        raise InputError(f"discount {scope}", value, allowed)
    return share
