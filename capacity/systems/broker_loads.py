"""What a cluster of Kafka brokers carries of one resource in one state: a method each, on terms that they share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from capacity.demand.demand import Demand
from capacity.laws.coefficients import fitted
from capacity.laws.cpu import effective_cores
from capacity.sizing.constraint import Constraint, Resource, Value
from capacity.sizing.partitions import hottest_of, leaders_of, partitions_asked
from capacity.systems.broker_cpu import cpu_cores, cpu_terms, leaders_share_of_cpu
from capacity.systems.states import NORMAL, REBUILD, State, use_up_to
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamfacts.units import GIB


@dataclass(frozen=True)
class Machines:
    """Capacities of one broker for each machine type, shape (machines, 1, ...) against the demand's axes.

    `disks` are equal parts of the disk space, on one of which a replica lies whole.
    `connections` are those that one broker takes, where the user or the vendor says so; by its size otherwise.
    """

    vcpu: Value
    memory_bytes: Array
    network_bytes_s: Array
    disk_bytes_s: Array
    disk_iops: Array
    disk_space_bytes: Array
    disk_io_bytes: float
    partitions: Value
    source: str
    disk_source: str
    partitions_source: str
    disks: Value = 1.0
    connections: Value | None = None


@dataclass(frozen=True)
class BrokerLoads:
    """A demand on brokers, with what its constraints share; see `capacity.systems.brokers.broker_constraints`.

    Parameters
    ----------
    demand : arrays of any shape S
    machines : capacities of shape (machines, 1, ...)
    tiered : whether closed segments go to a remote tier, which adds their upload to the leaders' traffic
    """

    demand: Demand
    machines: Machines
    tiered: bool = False

    @cached_property
    def cpu_up_to(self) -> tuple[float, str]:
        """Share of the CPU that may be used in the normal state [1], and where it comes from."""
        return use_up_to(self.demand, "cpu", "cpu_use_up_to")

    @cached_property
    def cpu_law(self) -> tuple[str, str]:
        """The law of CPU with its coefficients filled in, and where they come from."""
        return cpu_terms(self.demand.tls)

    @cached_property
    def network_up_to(self) -> tuple[float, str]:
        """Share of the network that may be used [1], and the source of the network and of the share."""
        share, why = use_up_to(self.demand, "network", "network_use_up_to")
        return share, f"{self.machines.source}; {why}"

    @cached_property
    def disk_up_to(self) -> tuple[float, str]:
        """Share of the disks' throughput that may be used [1], and the source of the throughput and of the share."""
        share, why = use_up_to(self.demand, "disk throughput", "disk_throughput_use_up_to")
        return share, f"{self.machines.disk_source}; {why}"

    @cached_property
    def write(self) -> Array:
        """Bytes that producers write at peak [byte/s]."""
        return self.demand.peak_wire_bytes_s

    @cached_property
    def read(self) -> Array:
        """Bytes that consumers read at peak [byte/s]."""
        return self.write * self.demand.fan_out

    @cached_property
    def kept_s(self) -> Array:
        """How long records stay on the brokers' disks [s]."""
        return self.demand.hot_held_s if self.tiered else self.demand.held_s

    @cached_property
    def cleaner(self) -> Array:
        """Bytes that log cleaners read and write, of one copy [byte/s]."""
        return self.demand.wire_bytes_s * (self.demand.cleaner_reads + self.demand.cleaner_writes)

    @cached_property
    def cleaned(self) -> bool:
        """Whether log cleaners write anything."""
        return bool(np.any(self.demand.cleaner_writes > 0))

    @cached_property
    def led(self) -> dict[str, Any]:
        """How what leaders do lies on brokers: on one a partition."""
        return {"leaders": leaders_of(self.demand), "hottest": hottest_of(self.demand), "placed": True}

    @cached_property
    def held(self) -> dict[str, Any]:
        """How what every replica does lies on brokers: on as many as there are copies."""
        return self.led | {"copies": self.demand.replication_factor, "lead": 0.0}

    def refill(self, state: State) -> Array:
        """Return the backlog that returning brokers write beside their live share, of one copy [byte/s]."""
        d = self.demand
        return np.where(state.backlog_follow > 0, d.wire_bytes_s * d.outage_s / d.catch_up_s, 0.0)

    def cpu(self, state: State) -> Constraint:
        """Return the busy cores in a state."""
        normal, source = self.cpu_up_to
        formula, sources = self.cpu_law
        cores = cpu_cores(self.demand, state)
        lead = leaders_share_of_cpu(self.demand, state, cores)
        return Constraint(
            Resource.CPU,
            state.name,
            cores,
            effective_cores(self.machines.vcpu, fitted().point["cpu_scaling"]),
            normal if state.name == NORMAL else max(normal, float(assumption("cpu_use_up_to_in_failure"))),
            "cores",
            f"{self.machines.source}; {source}; {sources}",
            formula,
            share=state.share,
            lost=state.lost,
            **self.led | {"copies": state.copies_alive, "lead": lead},
        )

    def network_out(self, state: State) -> Constraint:
        """Return what leaders send in a state: to consumers, to followers and to the remote tier."""
        share, source = self.network_up_to
        upload = self.write if self.tiered else np.zeros_like(self.write)
        backlog = state.backlog_follow + state.backlog_consume
        return Constraint(
            Resource.NETWORK_OUT,
            state.name,
            self.read + self.write * (state.copies_alive - 1.0) + upload + backlog,
            self.machines.network_bytes_s,
            share,
            "bytes/s",
            source,
            "peak write x (fan-out + copies alive - 1 + tier upload) + backlog of followers and consumers",
            share=state.share,
            lost=state.lost,
            **self.led,
        )

    def network_in(self, state: State) -> Constraint:
        """Return what brokers receive in a state: every copy, and what is read from the remote tier."""
        share, source = self.network_up_to
        d = self.demand
        cold = d.cold_reads if self.tiered else np.zeros_like(d.cold_reads)
        return Constraint(
            Resource.NETWORK_IN,
            state.name,
            (self.write + self.refill(state)) * d.replication_factor + self.read * cold,
            self.machines.network_bytes_s,
            share,
            "bytes/s",
            source,
            "(peak write + backlog on a returning broker) x copies + reads from the remote tier",
            **self.held,
        )

    def disk_write(self, state: State) -> Constraint:
        """Return what goes to disk in a state."""
        share, source = self.disk_up_to
        d = self.demand
        cleaned = " + what log cleaners write" if self.cleaned else ""
        return Constraint(
            Resource.DISK_WRITE,
            state.name,
            (self.write + self.refill(state) + d.wire_bytes_s * d.cleaner_writes) * d.replication_factor,
            self.machines.disk_bytes_s,
            share,
            "bytes/s",
            source,
            f"(peak write + backlog on a returning broker{cleaned}) x copies",
            **self.held,
        )

    def disk_while_cleaned(self) -> Constraint:
        """Return what log cleaners read beside what is written, in the normal state."""
        share, source = self.disk_up_to
        return Constraint(
            Resource.DISK_READ_WRITE,
            NORMAL,
            (self.write + self.cleaner) * self.demand.replication_factor,
            self.machines.disk_bytes_s,
            share,
            "bytes/s",
            source,
            "(peak write + what log cleaners read and write) x copies",
            **self.held,
        )

    def disk_in_catch_up(self, state: State) -> Constraint:
        """Return the backlog that is read from disk beside what is written."""
        share, source = self.disk_up_to
        backlog = state.backlog_follow + state.backlog_consume
        return Constraint(
            Resource.DISK_READ_WRITE,
            state.name,
            (self.write + self.cleaner) * state.copies_alive + backlog,
            self.machines.disk_bytes_s,
            share,
            "bytes/s",
            source,
            f"{'(peak write + cleaners)' if self.cleaned else 'peak write'} x copies alive + backlog read from disk",
            share=state.share,
            lost=state.lost,
            **self.held | {"copies": state.copies_alive},
        )

    def rebuild(self) -> list[Constraint]:
        """Return what the replacement of a lost broker receives and writes, to hold its data again in time."""
        d, copies = self.demand, self.demand.replication_factor
        load = np.where(copies > 1, d.wire_bytes_s * (1.0 + self.kept_s / d.rebuild_within_s) * copies, 0.0)
        return [
            Constraint(
                name,
                REBUILD,
                load,
                capacity,
                share,
                "bytes/s",
                f"{source}; the workload's rebuild_within",
                "(average write + bytes held / rebuild_within) x copies",
                **self.held,
            )
            for name, capacity, (share, source) in (
                (Resource.NETWORK_IN, self.machines.network_bytes_s, self.network_up_to),
                (Resource.DISK_WRITE, self.machines.disk_bytes_s, self.disk_up_to),
            )
        ]

    def disk_operations(self) -> Constraint:
        """Return the operations a second of what is written at peak."""
        io_bytes = self.machines.disk_io_bytes
        return Constraint(
            Resource.DISK_OPERATIONS,
            NORMAL,
            self.write * self.demand.replication_factor / io_bytes,
            self.machines.disk_iops,
            self.disk_up_to[0],
            "operations/s",
            f"{self.machines.disk_source}; {assumption('disk_io_bytes').source}",
            f"peak write x copies / {io_bytes / 1024:g} KiB",
            **self.held,
        )

    def page_cache(self) -> Constraint:
        """Return the memory that holds what consumers have yet to read."""
        heap, seconds = float(assumption("broker_heap_gib")) * GIB, assumption("page_cache_s")
        return Constraint(
            Resource.PAGE_CACHE,
            NORMAL,
            self.write * self.demand.replication_factor * float(seconds),
            np.maximum(self.machines.memory_bytes - heap, 0.0),
            1.0,
            "bytes",
            f"{self.machines.source}; {seconds.source}",
            f"peak write x copies x {float(seconds):g} s, in the memory beyond a heap of {heap / GIB:g} GiB",
            **self.held,
        )

    def partitions(self) -> Constraint:
        """Return the replicas of partitions."""
        share, source = use_up_to(self.demand, "partitions", "count_use_up_to")
        return Constraint(
            Resource.PARTITIONS,
            NORMAL,
            partitions_asked(self.demand, self.demand.wire_bytes_s * self.kept_s) * self.demand.replication_factor,
            self.machines.partitions,
            share,
            "partition replicas",
            f"{self.machines.partitions_source}; {source}",
            "partitions x copies",
            **self.held | {"hottest": 0.0},
        )

    def disk_space(self) -> Constraint:
        """Return the bytes on disk, of which a replica lies whole on one disk."""
        share, source = use_up_to(self.demand, "disk space", "disk_space_use_up_to")
        return Constraint(
            Resource.DISK_SPACE,
            NORMAL,
            self.demand.wire_bytes_s * self.kept_s * self.demand.replication_factor,
            self.machines.disk_space_bytes,
            share,
            "bytes",
            f"{self.machines.disk_source}; {source}",
            "average write x retention on disk x copies",
            **self.held,
            bins=self.machines.disks,
        )
