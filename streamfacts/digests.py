"""Digests of the tables of `data/`: whether two results rest on the same facts."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from streamfacts.tables import data_dir

#: Characters of a digest; two different tables share one by chance less often than once in 10^19.
DIGITS = 16
#: The folder of the prices, which change by themselves.
PRICES = "prices"


def tables_digest() -> str:
    """Return the digest of every table but the prices: limits, machines, constants of the model.

    Examples
    --------
    >>> len(tables_digest()), tables_digest() == prices_digest()
    (16, False)
    """
    return _digest(data_dir(), prices=False)


def prices_digest() -> str:
    """Return the digest of the shipped tables of prices."""
    return _digest(data_dir(), prices=True)


def digest_of_texts(texts: list[str]) -> str:
    """Return the digest of texts in their order."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:DIGITS]


@cache
def _digest(folder: Path, *, prices: bool) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.csv")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(f"{PRICES}/") == prices:
            found.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:DIGITS]


__all__ = ["digest_of_texts", "prices_digest", "tables_digest"]
