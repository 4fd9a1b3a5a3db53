"""Microsoft Azure: virtual machines, Premium SSD v2 volumes, Blob Storage, no charge between zones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from capacity.clouds.cloud import Cloud, Volume
from capacity.sizing.machines import MachineTable, machine_table
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamfacts.units import MIB
from streamfacts.usage import UsageLine

#: Azure counts disk throughput in MBps of 10^6 bytes; the volume's own fields are in MiB/s.
MB = 1e6


@dataclass(frozen=True)
class PremiumVolume(Volume):
    """A Premium SSD v2: throughput is bought in whole MBps of 10^6 bytes and needs a number of IOPS for each.

    Parameters
    ----------
    mb_s_per_iops : most throughput of one provisioned operation a second [MBps]
    iops_per_gib : most operations a second of one GiB above the included ones [1/s]
    """

    mb_s_per_iops: float = 0.25
    iops_per_gib: float = 500.0

    def bought(self, need_bytes_s: Array, io_bytes: float) -> tuple[Array, Array]:
        """Return throughput [MiB/s] and operations [1/s] to provision for the largest load of one volume [byte/s]."""
        mb_s = np.clip(np.ceil(need_bytes_s / MB - 1e-9), self.baseline_mib_s * MIB / MB, self.max_mib_s * MIB / MB)
        iops = np.maximum(np.ceil(need_bytes_s / io_bytes), np.ceil(mb_s / self.mb_s_per_iops - 1e-9))
        return mb_s * MB / MIB, np.maximum(self.baseline_iops, iops)

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
        included = self.baseline_mib_s * MIB / MB
        others = f", + {extra_gib:g} GiB of the other nodes" if extra_gib else ""
        # more operations than the included ones need a volume of iops / 500 GiB
        least = np.where(iops > self.baseline_iops, np.ceil(iops / self.iops_per_gib), 0.0)
        above = np.maximum(throughput_mib_s * MIB / MB - included, 0.0)
        return [
            UsageLine(
                self.size_meter,
                units * np.maximum(size_gib, least) + extra_gib,
                "GiB-month",
                self.sku,
                f"{of} x volume, at least IOPS / {self.iops_per_gib:g}{others}",
                least=None if least_gib is None else least_gib + extra_gib,
            ),
            UsageLine(
                self.throughput_meter,
                units * np.where(above < 1e-6, 0.0, above),
                "MBps-month",
                self.sku,
                f"{of} x (throughput - {included:g} MBps included), MBps of 10^6 bytes",
            ),
            UsageLine(
                self.operations_meter,
                units * (iops - self.baseline_iops),
                "IOPS-month",
                self.sku,
                f"{of} x (IOPS - {self.baseline_iops:g} included); a MBps needs {1 / self.mb_s_per_iops:g} IOPS",
            ),
        ]


@cache
def _machines() -> MachineTable:
    table = machine_table("azure_vm")
    nvme = table["local_disk_kind"] == "nvme"
    return MachineTable(
        table.names,
        {
            "family": table["family"],
            "vcpu": table["vcpu"],
            "memory_gib": table["memory_gib"],
            "network_gbps": table["network_expected_gbps"],
            "volume_mb_s": table["volume_mb_s"],
            "volume_iops": table["volume_iops"],
            "local_disk_gb": table["local_disk_gb"] * nvme,
            "local_disks": np.maximum(table["local_disks"] * nvme, 1.0),
            "local_write_mb_s": table["local_write_iops_4k"] * float(assumption("local_disk_io_bytes")) / 1e6,
            "source": table["source"],
            "as_of": table["as_of"],
        },
    )


@cache
def _premium_ssd_v2() -> PremiumVolume:
    volumes = machine_table("azure_disks")
    row = {name: column[volumes.names == "premium-ssd-v2"][0] for name, column in volumes.columns.items()}
    return PremiumVolume(
        sku="premium-ssd-v2",
        size_meter="azure.disk.storage",
        throughput_meter="azure.disk.throughput",
        operations_meter="azure.disk.iops",
        max_gib=float(row["max_size_gib"]),
        baseline_mib_s=float(row["baseline_mb_s"]) * MB / MIB,
        max_mib_s=float(row["max_mb_s"]) * MB / MIB,
        baseline_iops=float(row["baseline_iops"]),
        max_iops=float(row["max_iops"]),
        source=f"{row['source']} [{row['as_of']}]",
        mb_s_per_iops=float(row["mb_s_per_iops"]),
        iops_per_gib=float(row["iops_per_gib"]),
    )


@cache
def azure() -> Cloud:
    """Return the cloud."""
    return Cloud(
        provider="azure",
        title="Azure",
        machines=_machines,
        instance_meter="azure.vm.instance",
        volume=_premium_ssd_v2(),
        object_storage_meter="azure.blob.storage",
        object_put_meter="azure.blob.put",
        object_get_meter="azure.blob.get",
        object_sku="hot-zrs",
        object_store="Blob Storage",
        zone_meter="",
        zone_ways=0.0,
        region_meter="azure.transfer.inter-region",
        pricing_page="https://azure.microsoft.com/en-us/pricing/details/virtual-machines/linux/",
    )
