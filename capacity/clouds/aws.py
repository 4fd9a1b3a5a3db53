"""Amazon Web Services: EC2 machines, EBS gp3 volumes, S3, transfer between zones billed in both directions."""

from __future__ import annotations

from functools import cache

import numpy as np

from capacity.clouds.cloud import Cloud, Volume
from capacity.sizing.machines import MachineTable, machine_table
from streamfacts.tables import assumption


@cache
def _machines() -> MachineTable:
    table = machine_table("aws_ec2")
    nvme = table["local_disk_kind"] == "nvme"
    return MachineTable(
        table.names,
        {
            "family": table["family"],
            "vcpu": table["vcpu"],
            "memory_gib": table["memory_gib"],
            "network_gbps": table["network_baseline_gbps"],
            "volume_mb_s": table["ebs_baseline_mb_s"],
            "volume_iops": table["ebs_baseline_iops"],
            "local_disk_gb": table["local_disk_gb"] * nvme,
            "local_disks": np.maximum(table["local_disks"] * nvme, 1.0),
            "local_write_mb_s": table["local_write_iops_4k"] * float(assumption("local_disk_io_bytes")) / 1e6,
            "source": table["source"],
            "as_of": table["as_of"],
        },
    )


@cache
def _gp3() -> Volume:
    volumes = machine_table("aws_ebs")
    row = {name: column[volumes.names == "gp3"][0] for name, column in volumes.columns.items()}
    return Volume(
        sku="gp3",
        size_meter="aws.ebs.storage",
        throughput_meter="aws.ebs.throughput",
        operations_meter="aws.ebs.iops",
        max_gib=float(row["max_size_gib"]),
        baseline_mib_s=float(row["baseline_mib_s"]),
        max_mib_s=float(row["max_mib_s"]),
        baseline_iops=float(row["baseline_iops"]),
        max_iops=float(row["max_iops"]),
        source=f"{row['source']} [{row['as_of']}]",
    )


@cache
def aws() -> Cloud:
    """Return the cloud."""
    return Cloud(
        provider="aws",
        title="EC2",
        machines=_machines,
        instance_meter="aws.ec2.instance",
        volume=_gp3(),
        object_storage_meter="aws.s3.storage",
        object_put_meter="aws.s3.put",
        object_get_meter="aws.s3.get",
        object_sku="standard",
        object_store="S3",
        zone_meter="aws.transfer.cross-zone",
        zone_ways=2.0,
        region_meter="aws.transfer.inter-region",
        pricing_page="https://aws.amazon.com/ec2/pricing/on-demand/",
    )
