"""Cloud: machines, a network volume, an object store and network meters, the same shape for each provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.laws.storage import objects_per_second
from capacity.sizing.machines import MachineTable
from capacity.sizing.offer import Context
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

#: Columns that every cloud's machine table has. Rates are decimal; an undocumented local disk rate is NaN.
MACHINE_COLUMNS = (
    "machine", "family", "vcpu", "memory_gib", "network_gbps", "volume_mb_s", "volume_iops", "local_disk_gb",
    "local_disks",
    "local_write_mb_s", "source", "as_of",
)  # fmt: skip


@dataclass(frozen=True)
class Volume:
    """A network volume whose size, throughput and operations are bought apart.

    The baselines come with it; what is bought above them is metered. Throughput in MiB/s, size in GiB.
    """

    sku: str
    size_meter: str
    throughput_meter: str
    operations_meter: str
    max_gib: float
    baseline_mib_s: float
    max_mib_s: float
    baseline_iops: float
    max_iops: float
    source: str

    def lines(
        self,
        units: Array,
        size_gib: Array,
        throughput_mib_s: Array,
        iops: Array,
        extra_gib: float,
        least_gib: Array | None = None,
        of: str = "units",
    ) -> list[UsageLine]:
        """Return the usage of one volume a unit, and `extra_gib` beside them, for a month.

        `least_gib` is what all the volumes together hold at least, however many units there are; `of` says whose
        volumes they are.
        """
        others = f" + {extra_gib:g} GiB of the other nodes" if extra_gib else ""
        return [
            UsageLine(
                self.size_meter,
                units * size_gib + extra_gib,
                "GiB-month",
                self.sku,
                f"{of} x volume{others}",
                least=None if least_gib is None else least_gib + extra_gib,
            ),
            UsageLine(
                self.throughput_meter,
                units * (throughput_mib_s - self.baseline_mib_s),
                "MiB/s-month",
                self.sku,
                f"{of} x (throughput - {self.baseline_mib_s:g} MiB/s included)",
            ),
            UsageLine(
                self.operations_meter,
                units * (iops - self.baseline_iops),
                "IOPS-month",
                self.sku,
                f"{of} x (IOPS - {self.baseline_iops:g} included)",
            ),
        ]

    def bought(self, need_bytes_s: Array, io_bytes: float) -> tuple[Array, Array]:
        """Return throughput [MiB/s] and operations [1/s] to provision for the largest load of one volume [byte/s]."""
        throughput = np.clip(np.ceil(need_bytes_s / MIB), self.baseline_mib_s, self.max_mib_s)
        return throughput, np.maximum(self.baseline_iops, np.ceil(need_bytes_s / io_bytes))


@dataclass(frozen=True)
class Cloud:
    """A provider of machines.

    Parameters
    ----------
    provider : name, as in `data/regions.csv`
    machines : returns the machine table with `MACHINE_COLUMNS`
    instance_meter : meter of a running machine, in instance-hour
    object_* : meters of the object store, the SKU of its storage and requests; requests in thousands
    zone_meter, zone_ways : meter of bytes between zones (empty if free), and how often a byte moved is billed
    region_meter : meter of bytes to another region
    """

    provider: str
    title: str
    machines: Callable[[], MachineTable]
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
