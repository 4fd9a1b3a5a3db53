"""Google Cloud: Compute Engine machines, SSD persistent disks, Cloud Storage, transfer between zones billed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from capacity.clouds.cloud import Cloud, Volume
from capacity.sizing.machines import MachineTable, machine_table
from streamfacts.arrays import Array
from streamfacts.tables import limit
from streamfacts.units import MIB
from streamfacts.usage import UsageLine


@dataclass(frozen=True)
class PersistentDisk(Volume):
    """A volume whose throughput and operations grow with its size, so that only size is bought.

    Each machine has the baselines; every GiB adds to them, up to the limit of the machine.
    """

    mib_s_per_gib: float
    iops_per_gib: float

    def grown(self, size_gib: Array, throughput_mib_s: Array, iops: Array) -> Array:
        """Return the size [GiB] that holds the data and offers throughput [MiB/s] and operations [1/s]."""
        for_throughput = (throughput_mib_s - self.baseline_mib_s) / self.mib_s_per_gib
        for_operations = (iops - self.baseline_iops) / self.iops_per_gib
        return np.maximum(size_gib, np.ceil(np.maximum(for_throughput, for_operations)))

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
        """Return the usage of one volume a unit, and `extra_gib` beside them, for a month."""
        others = f" + {extra_gib:g} GiB of the other nodes" if extra_gib else ""
        return [
            UsageLine(
                self.size_meter,
                units * self.grown(size_gib, throughput_mib_s, iops) + extra_gib,
                "GiB-month",
                self.sku,
                f"{of} x largest of (volume, (throughput - {self.baseline_mib_s:g} MiB/s) / "
                f"{self.mib_s_per_gib:g} MiB/s a GiB, (IOPS - {self.baseline_iops:g}) / {self.iops_per_gib:g} a GiB)"
                f"{others}",
                least=None if least_gib is None else least_gib + extra_gib,
            )
        ]


@cache
def _machines() -> MachineTable:
    table = machine_table("gcp_gce")
    disk_mb_s = table["pd_ssd_max_mib_s"] * MIB / 1e6
    # What is written to the disk leaves over the network too. Google lists the most that a machine sends, not a
    # baseline; the most that its disk may take of it is set aside.
    multiplier = limit("gcp", "kafka-gce-disk", "write_network_multiplier").value
    network_gbps = table["network_egress_max_gbps"] - disk_mb_s * multiplier * 8 / 1e3
    return MachineTable(
        table.names,
        {
            "family": table["family"],
            "vcpu": table["vcpu"],
            "memory_gib": table["memory_gib"],
            "network_gbps": network_gbps,
            "volume_mb_s": disk_mb_s,
            "volume_iops": table["pd_ssd_max_iops"],
            "local_disk_gb": np.zeros(len(table)),
            "local_disks": np.ones(len(table)),
            "local_write_mb_s": np.full(len(table), np.nan),
            "source": table["source"],
            "as_of": table["as_of"],
        },
    )


@cache
def _pd_ssd() -> PersistentDisk:
    volumes = machine_table("gcp_disks")
    row: dict[str, Any] = {name: column[volumes.names == "pd-ssd"][0] for name, column in volumes.columns.items()}
    return PersistentDisk(
        sku="pd-ssd",
        size_meter="gcp.disk.storage",
        throughput_meter="",
        operations_meter="",
        max_gib=float(row["max_size_gib"]),
        baseline_mib_s=float(row["baseline_mib_s"]),
        max_mib_s=float(row["max_mib_s"]),
        baseline_iops=float(row["baseline_iops"]),
        max_iops=float(row["max_iops"]),
        source=f"{row['source']} [{row['as_of']}]",
        mib_s_per_gib=float(row["mib_s_per_gib"]),
        iops_per_gib=float(row["iops_per_gib"]),
    )


@cache
def gcp() -> Cloud:
    """Return the cloud."""
    return Cloud(
        provider="gcp",
        title="Compute Engine",
        machines=_machines,
        instance_meter="gcp.gce.instance",
        volume=_pd_ssd(),
        object_storage_meter="gcp.gcs.storage",
        object_put_meter="gcp.gcs.class-a",
        object_get_meter="gcp.gcs.class-b",
        object_sku="standard",
        object_store="Cloud Storage",
        zone_meter="gcp.transfer.cross-zone",
        zone_ways=1.0,
        region_meter="gcp.transfer.inter-region",
        pricing_page="https://cloud.google.com/compute/vm-instance-pricing",
    )
