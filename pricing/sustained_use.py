"""Discounts that a cloud takes off by itself for machines that run the whole month, as brokers do."""

from __future__ import annotations

from functools import cache

from streamfacts.tables import read_rows


@cache
def sustained_use() -> dict[tuple[str, str], float]:
    """Return the share that is taken off a whole month's use [1], by meter and machine type.

    Machine types of a family that `data/model/sustained_use.csv` does not list pay the list price.

    Examples
    --------
    >>> off = sustained_use()
    >>> off["gcp.gce.instance", "n2-standard-8"], ("gcp.gce.instance", "c3-standard-8") in off
    (0.2, False)
    """
    families = {
        (row["meter"], row["machines"], row["family"]): row["share_off"] for row in read_rows("model/sustained_use")
    }
    out = {}
    for meter, machines in {(m, t) for m, t, _ in families}:
        for row in read_rows(f"machines/{machines}"):
            if (meter, machines, row["family"]) in families:
                out[meter, row["machine"]] = families[meter, machines, row["family"]]
    return out


def after_sustained_use(key: tuple[str, str, str], price: float, note: str) -> tuple[float, str]:
    """Return a shipped price with what is taken off a whole month's use, and its note, which then says so.

    Parameters
    ----------
    key : meter, SKU and region of the price
    price : as listed [USD/unit]
    note : its note

    References
    ----------
    https://cloud.google.com/compute/docs/sustained-use-discounts: up to 20% or 30% of a month, by machine type
    """
    share = sustained_use().get(key[:2], 0.0)
    if not share:
        return price, note
    said = f"{share:.0%} off for a whole month's use, which is automatic"
    return price * (1.0 - share), "; ".join(filter(None, (note, said)))
