"""A cluster of brokers that holds its constraints, with the partitions laid on them: the steps that offers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import Constraint, Limit, Value
from capacity.sizing.offer import Context
from capacity.sizing.partitions import (
    Layout,
    brokers_needed,
    chosen_partitions,
    evenly,
    laid_out,
    leaders_limits,
    partitions_asked,
    placed,
    replica_limits,
)
from capacity.systems.broker_loads import Machines
from capacity.systems.states import use_up_to
from streamfacts.arrays import Array
from streamfacts.tables import assumption


@dataclass(frozen=True)
class LaidBrokers:
    """Brokers with the partitions on them; arrays of the shape of `units`.

    Attributes
    ----------
    units : brokers [1]
    constraints : those that were given, with the chosen partitions as whole pieces
    partitions : of the cluster, given or chosen [1]
    once : one copy of what is kept on disk [byte]
    asked : partitions that are given, or needed so that none is too large [1]
    fill : share of the disk space that may be used [1]
    least : brokers at least [1]
    """

    context: Context
    demand: Demand
    machines: Machines
    units: Array
    constraints: list[Constraint]
    partitions: Array
    layout: Layout
    once: Array
    asked: Array
    fill: float
    least: Value

    @property
    def placement_limits(self) -> tuple[Limit, ...]:
        """That each broker leads a partition, and that a replica fits on one disk."""
        one_disk = self.machines.disk_space_bytes / self.machines.disks * self.fill
        return (
            *leaders_limits(self.demand, self.units, self.least, held=self.context.units is not None),
            *replica_limits(self.demand, self.layout, one_disk, self.machines.disk_source),
        )

    @property
    def enough_for_copies(self) -> Limit:
        """That each copy of a partition lies on a broker of its own."""
        copies = self.demand.replication_factor
        return Limit("brokers", self.units, copies, "brokers", "one broker a copy", at_least=True, of_copies=True)

    @property
    def cluster_limits(self) -> tuple[Limit, ...]:
        """What Kafka itself bounds in one cluster: a broker a copy at least, replicas of partitions at most."""
        replicas = assumption("partitions_per_cluster")
        return (
            self.enough_for_copies,
            Limit(
                "partition replicas in a cluster",
                self.asked * self.demand.replication_factor,
                float(replicas),
                "partition replicas",
                replicas.source,
                advice="split over several clusters",
            ),
        )


def lay_brokers(
    context: Context,
    demand: Demand,
    machines: Machines,
    constraints: Sequence[Constraint],
    kept_s: Array,
    *,
    least: Value,
    multiple: Value,
) -> LaidBrokers:
    """Return as many brokers as the constraints need, or those that are there, with the partitions laid on them.

    Parameters
    ----------
    demand : that of the context, or what an offer makes of it
    machines : capacities of a broker, shape (machines, 1, ...)
    kept_s : how long records stay on the brokers' disks [s]
    least, multiple : as in `capacity.sizing.constraint.units_needed`
    """
    once = stored_bytes(demand.wire_bytes_s, kept_s)
    asked = partitions_asked(demand, once)
    units = context.units_or(brokers_needed(demand, constraints, asked, least, multiple))
    brief = context.brief and evenly(demand)
    partitions = chosen_partitions(demand, asked, units, machines.disks, brief=brief)
    whole = placed(demand, constraints, partitions, brief=brief)
    layout = laid_out(demand, partitions, units, once, brief=brief)
    fill, _ = use_up_to(demand, "disk space", "disk_space_use_up_to")
    return LaidBrokers(context, demand, machines, units, whole, partitions, layout, once, asked, fill, least)
