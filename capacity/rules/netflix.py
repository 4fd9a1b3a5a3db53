"""Netflix's Kafka model: cores by square-root staffing, nodes by the tightest need."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Outside, Traffic
from capacity.rules.rule import Rule, column, constant, round_up, value
from capacity.sizing.machines import machine_table
from streamfacts.arrays import Array
from streamfacts.units import GIB, MIB

NAME, CPU = "netflix", "netflix-cpu"
SOURCE = (
    "https://github.com/Netflix-Skunkworks/service-capacity-modeling/blob/"
    "dc69307318bed35df8bdf313128e012b94a22fae/service_capacity_modeling/models/org/netflix/kafka.py"
)
MEGABIT = 125_000.0
#: Families with local disks that its tests expect for Kafka.
FAMILIES = ("i3en", "i4i")


def busy_cores(write_bytes_s: ArrayLike, readers: ArrayLike, *, reads_as_coded: bool = True) -> Array:
    """Return cores kept busy on average: CPU time of every MiB written and read [core of 2.3 GHz].

    Parameters
    ----------
    write_bytes_s : by producers [byte/s]
    readers : consumers of every byte [1]
    reads_as_coded : the published code multiplies the bytes read, which already hold every consumer, by the consumers
        once more; false counts them once [1]

    Examples
    --------
    >>> float(busy_cores(100 * 2**20, 3)), float(busy_cores(100 * 2**20, 3, reads_as_coded=False))
    (39.0, 15.0)
    """
    mib_s, c = np.asarray(write_bytes_s, float) / MIB, np.asarray(readers, float)
    read = mib_s * c * (np.maximum(c, 1.0) if reads_as_coded else 1.0)
    return np.asarray((read * value(NAME, "read_ms_per_mib") + mib_s * value(NAME, "write_ms_per_mib")) / 1000)


def staffed_cores(busy: ArrayLike, tier: int = 1) -> Array:
    """Return cores with square-root staffing, so that few requests queue [core of 2.3 GHz].

    Parameters
    ----------
    busy : cores kept busy on average [core]
    tier : 0 most critical, 1 the model's default, 2, 3 or more [1]

    Examples
    --------
    >>> float(staffed_cores(39.0)), float(staffed_cores(15.0))
    (50.0, 22.0)
    """
    a = np.asarray(busy, float)
    return np.asarray(np.ceil(a + value(NAME, f"staffing_tier_{min(tier, 3)}") * np.sqrt(a)))


def zonal_needs(
    write_bytes_s: ArrayLike, readers: ArrayLike, kept_s: ArrayLike, copies: ArrayLike, zones: ArrayLike, tier: int = 1
) -> dict[str, Array]:
    """Return what one zone needs: cores [core], network [byte/s], page cache and disk [GiB].

    Parameters
    ----------
    write_bytes_s : by producers [byte/s]
    readers : consumers of every byte [1]
    kept_s : retention [s]
    copies, zones : of the cluster [1]
    tier : see `staffed_cores`

    Examples
    --------
    >>> {k: float(v) for k, v in zonal_needs(100 * 2**20, 3, 86400, 3, 3).items()}
    {'cores': 16.0, 'network': 244625000.0, 'memory': 19.0, 'disk': 21093.0}
    """
    w, c, r, z = (np.asarray(x, float) for x in (write_bytes_s, readers, copies, zones))
    into, out = w * r, w * c + w * (r - 1)
    network = np.floor(np.floor(np.maximum(into, out) / MEGABIT * value(NAME, "network_headroom") / z)) * MEGABIT
    state = stored_bytes(w, kept_s, r) / GIB
    return {
        "cores": np.maximum(np.floor(staffed_cores(busy_cores(w, c), tier) / z), 1.0),
        "network": network,
        "memory": np.floor(np.floor(w / MIB * value(NAME, "hot_retention") / 1024) / z),
        "disk": np.ceil(np.floor(state / z) * value(NAME, "disk_buffer")),
    }


def opinion(demand: Demand) -> Opinion:
    """Return nodes of every i3en and i4i with room for a broker, at the average load, tier 1."""
    table = machine_table("aws_ec2")
    reserved = float(constant(NAME, "reserved_memory"))
    room = (table["memory_gib"] > reserved) & (table["vcpu"] >= 2) & np.isin(table["family"], FAMILIES)
    table = table.where(room)
    w, readers, zones = demand.wire_bytes_s, demand.fan_out, demand.zones
    zonal = zonal_needs(w, readers, demand.held_s, demand.replication_factor, zones)
    vcpu, memory = column(table, "vcpu", demand), column(table, "memory_gib", demand)
    nic = column(table, "network_baseline_gbps", demand) * 1e9 / 8
    own = column(table, "local_disk_gb", demand) * 1e9 / GIB
    data = value(NAME, "max_data") / GIB * value(NAME, "disk_buffer")
    nodes = {
        "CPU": zonal["cores"] / vcpu,
        "network": zonal["network"] / nic,
        "page cache": zonal["memory"] / (memory - reserved),
        "disk space": zonal["disk"] / np.minimum(own, data),
        "least nodes of a zone": np.broadcast_to(value(NAME, "least_nodes"), (len(table), *demand.shape)),
    }
    per_zone = np.maximum.reduce([round_up(np.broadcast_to(n, (len(table), *demand.shape))) for n in nodes.values()])
    units = per_zone * zones
    most = value(NAME, "most_nodes")
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * vcpu,
        memory_gib=units * memory,
        disk_bytes=units * own * GIB,
        configuration=table.names,
        needs={name: need * zones for name, need in nodes.items()},
        traffic=_traffic(demand, vcpu),
        disk=DiskSpace(
            stored_bytes(w, demand.held_s), demand.replication_factor, np.asarray(1 / value(NAME, "disk_buffer"))
        ),
        outside=(Outside(np.asarray(units > most), f"more than the {most:g} nodes at which the model stops"),),
    )


def cpu_opinion(demand: Demand) -> Opinion:
    """Return the cores of the CPU rule alone, for no machine in particular."""
    cores = staffed_cores(busy_cores(demand.wire_bytes_s, demand.fan_out))
    return Opinion(unit="vCPU", units=cores, vcpu=cores, traffic=_traffic(demand, np.asarray(1.0)))


def _traffic(demand: Demand, vcpu: Array) -> Traffic:
    w, c = demand.wire_bytes_s, demand.fan_out
    busy = busy_cores(w, c)
    load = w * (1 + c * np.maximum(c, 1.0))
    return Traffic(
        load,
        load / busy * vcpu,
        busy / staffed_cores(busy),
        "what producers write and consumers read, the reads times the consumers once more; no replication",
        at_peak=False,
    )


RULES = (
    Rule(
        NAME,
        "Netflix model, nodes with NVMe",
        "Netflix",
        "Kafka on EC2 with local disks",
        SOURCE,
        opinion,
        valid="new clusters of up to 150 nodes; machines with more than 12 GiB",
        notes=(
            "a core counts as one of the 2.3 GHz of the reference; the model scales by clock and instructions a cycle",
            "the planner chooses by regret over 1,024 drawn worlds; here each machine type is sized at the likely one",
            "tier 1, the model's default; the workload's copies, where the model itself knows 2 and 3",
        ),
        against="kafka-ec2-nvme",
    ),
    Rule(
        CPU,
        "Netflix model, CPU alone",
        "Netflix",
        "Kafka on any machine",
        SOURCE,
        cpu_opinion,
        valid="new clusters",
        notes=("as coded, consumers count twice over in the reads; counted once, three readers need 22 cores for 50",),
    ),
)
