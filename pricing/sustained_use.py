"""Discounts that a cloud takes off by itself for machines that run the whole month, as brokers do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from streamfacts.tables import read_rows

if TYPE_CHECKING:
    from pricing.book import Price


def sustained_use() -> dict[tuple[str, str], float]:
    """Return the share that is taken off a whole month's use [1], by meter and machine type.

    Machine types of a family that `data/sustained_use.csv` does not list pay the list price.

    Examples
    --------
    >>> off = sustained_use()
    >>> off["gcp.gce.instance", "n2-standard-8"], ("gcp.gce.instance", "c3-standard-8") in off
    (0.2, False)
    """
    families = {(row["meter"], row["machines"], row["family"]): row["share_off"] for row in read_rows("sustained_use")}
    out = {}
    for meter, machines in {(m, t) for m, t, _ in families}:
        for row in read_rows(f"machines/{machines}"):
            if (meter, machines, row["family"]) in families:
                out[meter, row["machine"]] = families[meter, machines, row["family"]]
    return out


def after_sustained_use(
    prices: Mapping[tuple[str, str, str], tuple[Price, ...]],
) -> dict[tuple[str, str, str], tuple[Price, ...]]:
    """Return shipped prices with what is taken off a whole month's use, said in their notes.

    Parameters
    ----------
    prices : tiers by meter, SKU and region

    References
    ----------
    https://cloud.google.com/compute/docs/sustained-use-discounts: up to 20% or 30% of a month, by machine type
    """
    off = sustained_use()
    return {key: tuple(_less(row, off[key[:2]]) for row in t) if key[:2] in off else t for key, t in prices.items()}


def _less(row: Price, share: float) -> Price:
    said = f"{share:.0%} off for a whole month's use, which is automatic"
    note = "; ".join(filter(None, (row.note, said)))
    return row.model_copy(update={"price": row.price * (1.0 - share), "note": note})
