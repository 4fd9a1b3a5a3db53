"""Cloud: machines, a network volume, an object store and network meters, each a row of `data/clouds.csv`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from capacity.clouds.volumes import Volume, read_volume
from capacity.laws.storage import objects_per_second
from capacity.sizing.machines import MachineTable, machine_table
from capacity.sizing.offer import Context
from streamfacts.arrays import Array
from streamfacts.errors import InputError, unknown_name
from streamfacts.tables import assumption, declared_column, limit, read_rows
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine


@dataclass(frozen=True)
class Cloud:
    """A provider of machines.

    Parameters
    ----------
    provider : name, as in `data/regions.csv`
    name, title : of the cloud in a sentence; of its machines in the titles of offers
    machines : returns the machine table: names and, in decimal units, family, vcpu, memory_gib, network_gbps,
        volume_mb_s, volume_iops, local_disk_gb, local_disks and local_write_mb_s (NaN where none is documented)
    worker_machine : machine type of general purpose for small helpers, where none is named
    instance_meter : meter of a running machine, in instance-hour
    object_* : meters of the object store, the SKU of its storage and requests; requests in thousands
    zone_meter, zone_ways : meter of bytes between zones (empty if free), and how often a byte moved is billed
    region_meter, internet_meter : meters of bytes to another region, and out of the cloud
    """

    provider: str
    name: str
    title: str
    machines: Callable[[], MachineTable]
    worker_machine: str
    instance_meter: str
    volume: Volume
    object_storage_meter: str
    object_put_meter: str
    object_get_meter: str
    object_sku: str
    object_store: str
    zone_meter: str
    zone_ways: float
    region_meter: str
    internet_meter: str
    pricing_page: str

    def transfer_lines(self, context: Context, cross_zone: Any, cross_region: Any, what: str) -> list[UsageLine]:
        """Return the usage of bytes that leave their zone or region [byte/s in, GiB a month out]."""
        out = []
        if self.zone_meter:
            twice = ", as both directions are billed" if self.zone_ways == 2 else ""
            out.append(
                UsageLine(
                    self.zone_meter,
                    context.gib(np.asarray(cross_zone) * self.zone_ways),
                    "GiB",
                    formula=f"({what} across zones) x {self.zone_ways:g}{twice}",
                )
            )
        out.append(
            UsageLine(self.region_meter, context.gib(cross_region), "GiB", formula="average write x other regions")
        )
        return out

    def object_lines(self, context: Context, stored: Any, upload: Any, download: Any, how: str) -> list[UsageLine]:
        """Return the usage of the object store: bytes held [byte], parts uploaded and chunks read [byte/s]."""
        part, chunk = (float(assumption(name)) for name in ("tier_segment_part_bytes", "tier_fetch_bytes"))
        put, get = objects_per_second(upload, part), objects_per_second(download, chunk)
        thousands = context.seconds / 1000
        return [
            UsageLine(self.object_storage_meter, context.spread(stored / GIB), "GiB-month", self.object_sku, how),
            UsageLine(
                self.object_put_meter,
                context.spread(put * thousands),
                "1000-requests",
                self.object_sku,
                f"upload / parts of {part / MIB:g} MiB",
            ),
            UsageLine(
                self.object_get_meter,
                context.spread(get * thousands),
                "1000-requests",
                self.object_sku,
                f"reads from the remote tier / chunks of {chunk / MIB:g} MiB",
            ),
        ]


@cache
def clouds() -> Mapping[str, Cloud]:
    """Return every cloud by name, a row of `data/clouds.csv` each.

    Examples
    --------
    >>> {name: cloud.zone_ways for name, cloud in clouds().items()}
    {'aws': 2.0, 'azure': 0.0, 'gcp': 1.0}
    """
    return {row["cloud"]: _cloud(row) for row in read_rows("clouds")}


def find_cloud(name: str) -> Cloud:
    """Return a cloud; raises `InputError` with the nearest names if there is none.

    Examples
    --------
    >>> find_cloud("gcp").object_store
    'Cloud Storage'
    """
    known = clouds()
    if name not in known:
        raise unknown_name("cloud", name, known)
    return known[name]


#: Fields of a cloud that stand in its row as they are.
_AS_WRITTEN = (
    *("name", "title", "worker_machine", "instance_meter", "object_storage_meter", "object_put_meter"),
    *("object_get_meter", "object_sku", "object_store", "zone_meter", "zone_ways", "region_meter", "internet_meter"),
    "pricing_page",
)


def _cloud(row: Mapping[str, Any]) -> Cloud:
    return Cloud(
        provider=row["cloud"],
        machines=partial(_machines, row["cloud"]),
        volume=read_volume(row),
        **{name: row[name] for name in _AS_WRITTEN},
    )


#: Bytes of the units that rates are tabled in.
_BYTES = {"MB/s": 1e6, "MiB/s": MIB}


def _mb_s(table: str, column: str) -> Array:
    """A column of rates in MB/s, whichever of the two units it is declared in."""
    unit = declared_column(f"machines/{table}", column).unit
    if unit not in _BYTES:
        raise InputError(f"columns.csv: unit of {column}", unit, " or ".join(_BYTES))
    rate = machine_table(table)[column]
    return np.asarray(rate if _BYTES[unit] == 1e6 else rate * _BYTES[unit] / 1e6)


@cache
def _machines(cloud: str) -> MachineTable:
    row = next(row for row in read_rows("clouds") if row["cloud"] == cloud)
    table, n = machine_table(row["machines"]), len(machine_table(row["machines"]))
    volume_mb_s, network_gbps = _mb_s(row["machines"], row["volume_rate"]), table[row["network"]]
    if row["written_over_network"]:
        # What is written to the disk leaves over the network too; the most that the disk may take of it is set aside.
        multiplier = limit(cloud, *row["written_over_network"].split("/")).value
        network_gbps = network_gbps - volume_mb_s * multiplier * 8 / 1e3
    if "local_disk_gb" in table.columns:
        nvme = table["local_disk_kind"] == "nvme"
        local_gb, local_disks = table["local_disk_gb"] * nvme, np.maximum(table["local_disks"] * nvme, 1.0)
        local_write = table["local_write_iops_4k"] * float(assumption("local_disk_io_bytes")) / 1e6
    else:
        local_gb, local_disks, local_write = np.zeros(n), np.ones(n), np.full(n, np.nan)
    return MachineTable(
        table.names,
        {
            "family": table["family"],
            "vcpu": table["vcpu"],
            "memory_gib": table["memory_gib"],
            "network_gbps": network_gbps,
            "volume_mb_s": volume_mb_s,
            "volume_iops": table[row["volume_operations"]],
            "local_disk_gb": local_gb,
            "local_disks": local_disks,
            "local_write_mb_s": local_write,
            "source": table["source"],
            "as_of": table["as_of"],
        },
    )
