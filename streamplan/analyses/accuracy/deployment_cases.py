"""Published deployments with a known number of brokers: what is told of load and machine, and ranges for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from capacity.workload.quantity import Range, quantity
from capacity.workload.uncertainty import Distribution
from capacity.workload.workload import Workload
from streamfacts.errors import InputError, MissingFact, unknown_name
from streamfacts.reading import read_cell
from streamfacts.tables import read_rows
from streamplan.planning.shipped_workloads import open_workload

#: Columns that are fields of a workload, over those of the shipped file that `workload` names.
LOAD = ("write", "messages", "message", "peak_ratio", "fan_out", "retention", "replication_factor", "partitions", "tls")
#: Columns of the machine: least and most allowed, and the assumption for where they are not told.
HARDWARE: dict[str, tuple[float, float, str]] = {
    "vcpu": (1, 1024, "unknown_vcpu"),
    "memory_gib": (1, 1e5, "unknown_memory_gib"),
    "network_gbps": (0.01, 1e4, "unknown_network_gbps"),
    "disk_tb": (0.01, 1e5, "unknown_disk_tb"),
}
#: Fields of the load that are drawn where they are not told, and their assumption.
UNKNOWN = {
    "peak_ratio": "unknown_peak_ratio",
    "fan_out": "unknown_fan_out",
    "retention": "unknown_retention_s",
    "message": "default_message_bytes",
}
#: A cell that puts the assumption in place of what the workload's file assumes, where that was chosen with the count.
NOT_TOLD = "unknown"
HARD_DISK = "hard disk"
#: Share of the disks that is filled at most: nobody publishes it, and operators differ by a factor of two.
DISK_FILL = "disk_fill"
CLUSTER, FLEET = "cluster", "fleet"
#: Copies that are tried where they are not told, as often the one as the other.
COPIES = Range(2.0, 2.0, 3.0, Distribution("empirical", (2.0, 3.0)))


@dataclass(frozen=True)
class Deployment:
    """One published deployment.

    Attributes
    ----------
    workload : the load, ranges where it is not known exactly; TLS is on where that is not told, and off before Kafka
        had it (0.9, November 2015) and in the year after
    machine : of one broker by column: cores, memory [GiB], network [Gbit/s], disk [TB], and, where the disks are told,
        disks [1] and hard_disk_mb_s [MB/s]; empty where machines of an offer are the nearest
    offer, configurations : of these machines one is drawn, each as often
    copies : replication factor [1]
    disk_fill : share of the disks that is filled at most [1]
    unknown : what is not told and drawn from `data/model/assumptions.csv`
    clusters : equal clusters that the load is spread over; None where that is not told
    brokers : how many there are; `brokers_are` at least, about or exactly so many; `counted` says what was counted
    """

    id: str
    organisation: str
    year: int
    scope: str
    system: str
    workload: Workload
    machine: Mapping[str, Range]
    copies: Range
    disk_fill: Range
    unknown: tuple[str, ...]
    offer: str
    configurations: tuple[str, ...]
    options: Mapping[str, Any]
    clusters: int | None
    brokers: int
    brokers_are: str
    counted: str
    quirks: str
    source: str
    as_of: str
    confidence: str


def deployments(only: Iterable[str] = ()) -> list[Deployment]:
    """Return the deployments of `data/evidence/deployments.csv`, or those of the given ids.

    Raises
    ------
    InputError
        for an unknown id, or a cell that is no field of a workload or no figure of a machine.

    Examples
    --------
    >>> deployments(["wikimedia-2014"])[0].brokers
    2
    """
    found = {case.id: case for case in map(_case, read_rows("evidence/deployments"))}
    chosen = list(only)
    for name in chosen:
        if name not in found:
            raise unknown_name("deployment", name, found)
    return [found[name] for name in chosen] if chosen else list(found.values())


def _case(row: Mapping[str, Any]) -> Deployment:
    cells = {k: f"{v:g}" if isinstance(v, float) else v for k, v in row.items() if v == v and v != ""}
    told = {name: read_cell(cells[name], name) for name in LOAD if name in cells and cells[name] != NOT_TOLD}
    drawn = [name for name in UNKNOWN if cells.get(name) == NOT_TOLD]
    copies = told.pop("replication_factor", None)
    zones = int(float(cells["zones"]))
    fixed = {"zones": zones, "replication_factor": 3 if copies is None else int(float(copies))}
    unknown: list[str] = [] if copies is not None else ["replication_factor"]
    if "workload" in cells:
        unknown += drawn
        told |= {name: assumed(UNKNOWN[name]) for name in drawn}
        workload = open_workload(cells["workload"]).replace(**fixed, **told)
    else:
        wanted = [name for name in UNKNOWN if name not in told and not (name == "message" and len(_rates(told)) == 2)]
        unknown += wanted
        told |= {name: assumed(UNKNOWN[name]) for name in wanted}
        workload = Workload(name=cells["id"], measured_at="broker", **fixed, **told)
    unknown += [] if "tls" in workload.model_fields_set else ["tls"]
    machine: dict[str, Range] = {}
    if "offer" not in cells:
        for name, (low, high, prior) in HARDWARE.items():
            if name in cells:
                machine[name] = quantity(name, None, low, high).func(read_cell(cells[name], name))  # type: ignore[call-arg]
            else:
                machine[name] = assumed(prior)
                unknown.append(name)
        if cells.get("disk_kind") == HARD_DISK:
            machine["disks"] = quantity("disks", None, 1, 1000).func(read_cell(cells["disks"], "disks"))  # type: ignore[call-arg]
            machine["hard_disk_mb_s"] = assumed("hard_disk_mb_s")
    if cells["scope"] not in (CLUSTER, FLEET):
        raise InputError(f"{cells['id']}: scope", cells["scope"], f"{CLUSTER} or {FLEET}")
    return Deployment(
        id=cells["id"],
        organisation=cells["organisation"],
        year=int(cells["year"]),
        scope=cells["scope"],
        system=cells["system"],
        workload=workload,
        machine=machine,
        copies=COPIES if copies is None else Range(float(copies), float(copies), float(copies)),
        disk_fill=_anywhere(assumed(DISK_FILL)),
        unknown=tuple(unknown),
        offer=cells.get("offer", ""),
        configurations=tuple(name.strip() for name in cells["machine"].split(";")) if "machine" in cells else (),
        options=read_cell(cells["options"], "options") if "options" in cells else {},
        clusters=1 if cells["scope"] == CLUSTER else int(float(cells["clusters"])) if "clusters" in cells else None,
        brokers=int(cells["brokers"]),
        brokers_are=cells["brokers_are"],
        counted=cells["counted"],
        quirks=cells["quirks"],
        source=cells["source"],
        as_of=cells["as_of"],
        confidence=cells["confidence"],
    )


def _anywhere(ends: Range) -> Range:
    """The same ends with every value between them as likely as any other."""
    return Range(ends.low, ends.likely, ends.high, Distribution("uniform", (ends.low, ends.high)))


def _rates(told: Mapping[str, Any]) -> list[str]:
    return [name for name in ("write", "messages") if name in told]


def assumed(name: str) -> Range:
    """Return low, value and high of one row of `data/model/assumptions.csv`, as a range in the row's unit.

    Raises
    ------
    MissingFact
        for a name that is none.
    """
    for row in read_rows("model/assumptions"):
        if row["name"] == name:
            return Range(row["low"], row["value"], row["high"])
    raise MissingFact(f"no assumption {name!r} in data/model/assumptions.csv")


__all__ = ["CLUSTER", "FLEET", "Deployment", "assumed", "deployments"]
