"""Who sells what: the vendors of `data/vendors.csv`, by the one name that each has in every folder of `data/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from streamfacts.errors import unknown_name
from streamfacts.tables import read_rows


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor: its name in the tables, who sends the invoice, and the cloud that it is ("" if it is none)."""

    name: str
    seller: str
    cloud: str


@cache
def vendors() -> dict[str, Vendor]:
    """Return every vendor by name.

    Examples
    --------
    >>> vendors()["warpstream"].seller, vendors()["aws"].seller
    ('Confluent', 'Amazon Web Services')
    """
    return {row["vendor"]: Vendor(row["vendor"], row["seller"], row["cloud"]) for row in read_rows("vendors")}


def find_vendor(name: str, field: str = "vendor") -> Vendor:
    """Return a vendor; raises `InputError` with the nearest names if there is none."""
    known = vendors()
    if name not in known:
        raise unknown_name(field, name, known)
    return known[name]


def seller_in(cloud: str) -> str:
    """Return who sends the invoice for a cloud; raises `InputError` if no vendor is that cloud."""
    clouds = {vendor.cloud: vendor for vendor in vendors().values() if vendor.cloud}
    if cloud not in clouds:
        raise unknown_name("cloud", cloud, clouds)
    return clouds[cloud].seller
