"""What carries the records: replicator workers, links and the object store of a backup, as usage on meters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from capacity.clouds.cloud import Cloud
from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.resilience.mechanisms import Mechanism
from capacity.resilience.quantities import quantity
from capacity.sizing.constraint import Constraint, units_needed
from capacity.sizing.offer import Context
from streamfacts.errors import unknown_name
from streamfacts.units import GIB
from streamfacts.usage import Usage, UsageLine


@dataclass(frozen=True, slots=True)
class Replicators:
    """Workers on machines of one's own.

    Attributes
    ----------
    workers : how many [machines]
    utilisation : of the scarcer of their CPU and network by the peak [1]
    """

    machine: str
    workers: float
    utilisation: float
    constraints: tuple[Constraint, ...]
    usage: Usage


def replicators(
    link_bytes_s: float, cloud: Cloud, machine: str | None = None, hours: float = 730.0, least: int = 2
) -> Replicators:
    """Return the workers that carry a peak rate: each byte is read once and written once.

    Parameters
    ----------
    link_bytes_s : peak rate [byte/s]
    machine : its type; the cloud's `worker_machine` if left out
    hours : in the month [h]
    least : workers at least, so that one may be lost [machines]

    Raises
    ------
    InputError
        for a machine type that the cloud does not have.
    """
    table = cloud.machines()
    name = machine or cloud.worker_machine
    if name not in table.names:
        raise unknown_name("worker_machine", name, table.names.tolist())
    row = {column: values[table.names == name][0] for column, values in table.columns.items()}
    rate, use = quantity("replicator_bytes_s_per_vcpu"), quantity("replicator_use_up_to")
    source = f"{row['source']}; {rate.source}"
    constraints = tuple(
        Constraint(resource, "normal", link_bytes_s, capacity, use.value.likely, "bytes/s", source, "peak of the link")
        for resource, capacity in (
            ("worker CPU", float(row["vcpu"]) * rate.value.likely),
            ("worker network", float(row["network_gbps"]) * 1e9 / 8.0),
        )
    )
    workers = float(units_needed(constraints, float(least), 1.0))
    used = max(float(c.utilisation(np.asarray(workers))) for c in constraints)
    how = f"replicator workers x {hours:g} h"
    line = UsageLine(cloud.instance_meter, np.asarray(workers * hours), "instance-hour", name, how)
    return Replicators(name, workers, used, constraints, Usage((line,), hours))


def link_usage(demand: Demand, mechanism: Mechanism, links: int, hours: float = 730.0) -> Usage:
    """Return the usage of a link that the vendor meters: its hours and its bytes; empty if nothing is metered.

    Parameters
    ----------
    demand : 0-d; every byte is copied once, whichever region took it
    links : directions [1]
    """
    gib = np.asarray(float(demand.wire_bytes_s) * hours * 3600.0 / GIB)
    lines = []
    if mechanism.hourly is not None:
        meter, unit = mechanism.hourly
        lines.append(UsageLine(meter, np.asarray(links * hours), unit, "", "links x hours"))
    for meter in (mechanism.data_meter, mechanism.own_meter):
        if meter:
            lines.append(UsageLine(meter, gib, "GiB", "", "average write on the wire"))
    return Usage(tuple(lines), hours)


def backup_usage(demand: Demand, cloud: Cloud, kept_s: float, hours: float = 730.0) -> Usage:
    """Return the usage of an object store that keeps every record for some time.

    Parameters
    ----------
    demand : 0-d
    kept_s : how long records are kept [s]
    """
    context = Context(demand, np.array([""]), {}, hours)
    stored = stored_bytes(demand.wire_bytes_s, kept_s)
    how = "average write x time kept, one copy"
    return Usage(tuple(cloud.object_lines(context, stored, demand.wire_bytes_s, 0.0, how)), hours).pick(0)
