"""The designs: what stands where, and which copies there are."""

from __future__ import annotations

from dataclasses import dataclass

from streamfacts.errors import unknown_name

#: What may be lost, from the smallest to the largest; deletion is data deleted or spoilt by people or programs.
FAILURES = ("disk", "broker", "zone", "region", "deletion")


@dataclass(frozen=True, slots=True)
class Design:
    """A design.

    Attributes
    ----------
    second_cluster : whether a second region has a cluster that receives every record
    active : whether clients use both regions in the normal state
    backup : whether every record is also kept in an object store of another region
    """

    name: str
    title: str
    second_cluster: bool = False
    active: bool = False
    backup: bool = False


DESIGNS = {
    design.name: design
    for design in (
        Design("stretched-zones", "one cluster stretched over the zones of a region"),
        Design("backup", "one region, every record also in an object store of another", backup=True),
        Design("active-passive", "a second region that stands by", second_cluster=True),
        Design("active-active", "two regions, both in use", second_cluster=True, active=True),
        Design(
            "active-passive-backup",
            "a second region that stands by, and an object store",
            second_cluster=True,
            backup=True,
        ),
        Design(
            "active-active-backup",
            "two regions, both in use, and an object store",
            second_cluster=True,
            active=True,
            backup=True,
        ),
    )
}


def find_design(name: str) -> Design:
    """Return a design; raises `InputError` with the nearest names if there is none of that name."""
    if name not in DESIGNS:
        raise unknown_name("design", name, DESIGNS)
    return DESIGNS[name]
