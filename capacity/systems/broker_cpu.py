"""CPU of a cluster of Kafka brokers: the fitted law on a demand, in each state."""

from __future__ import annotations

from functools import cache

import numpy as np

from capacity.demand.demand import Demand
from capacity.laws.coefficients import fact, fitted
from capacity.laws.cpu import busy_cores
from capacity.sizing.constraint import Value
from capacity.systems.states import State
from streamfacts.arrays import Array

#: Coefficients of a broker's CPU by name, without their prefix.
_CPU = ("produce_ms_per_mb", "follow_ms_per_mb", "send_ms_per_mb", "request_us", "record_us", "tls_factor", "scaling")


def cpu_cores(demand: Demand, state: State) -> Array:
    """Return busy cores of the whole cluster in a state, on brokers of eight virtual CPUs [core].

    The law of `laws.cpu.busy_cores` with the coefficients fitted on measured clusters, times the demand's `cpu_factor`:
    how far the cluster in question may differ from those measured.

    References
    ----------
    `data/calibration/coefficients.csv`
    """
    write = demand.peak_wire_bytes_s / 1e6
    follow = write * (state.copies_alive - 1.0) + state.backlog_follow / 1e6
    send = write * demand.fan_out + follow + state.backlog_consume / 1e6
    batches = demand.peak_wire_bytes_s / demand.batch_wire_bytes
    cores = busy_cores(fitted().point, write, follow, send, batches, demand.peak_records_s, demand.tls)
    return np.asarray(cores * demand.cpu_factor + cleaner_cores(demand))


def cleaner_cores(demand: Demand) -> Array:
    """Return busy cores of the log cleaners on all copies [core]; 0 where nothing is compacted.

    A record that the cleaner reads is taken to cost what the leader takes for one, and a byte that it writes what a
    follower takes for one: no measurement of the cleaner's CPU was found.
    """
    point = fitted().point
    read = demand.records_s * demand.cleaner_reads * point["cpu_record_us"] / 1e6
    written = demand.wire_bytes_s / 1e6 * demand.cleaner_writes * point["cpu_follow_ms_per_mb"] / 1e3
    return np.asarray((read + written) * demand.replication_factor)


def leaders_share_of_cpu(demand: Demand, state: State, cores: Array) -> Value:
    """Return the part of the busy cores that leaders have and followers do not [1]: what one copy more would cost.

    1 where partitions are yet to choose: then they lie evenly and the part is of no account.
    """
    if not demand.partitions_given:
        return 1.0
    nothing = np.zeros(())
    one = busy_cores(fitted().point, nothing, demand.peak_wire_bytes_s / 1e6, nothing, nothing, nothing, demand.tls)
    with np.errstate(divide="ignore", invalid="ignore"):
        followed = one * demand.cpu_factor * state.copies_alive / cores
    return np.asarray(np.clip(1.0 - followed, 0.0, 1.0))


@cache
def cpu_terms(tls: bool) -> tuple[str, str]:
    """Return the CPU law, with TLS or without, its coefficients filled in, and where they come from."""
    used = {name: fact(f"cpu_{name}") for name in _CPU}
    if not tls:
        del used["tls_factor"]
    v = {name: f"{known.value:.3g}" for name, known in used.items()}
    factor = f"TLS {v['tls_factor']} x " if tls else ""
    doubtful = [name.replace("_", " ") for name, known in used.items() if known.confidence == "low"]
    formula = (
        f"{factor}(in x {v['produce_ms_per_mb']} + follower in x {v['follow_ms_per_mb']} + out x {v['send_ms_per_mb']}"
        f" core-ms/MB) + batches/s x {v['request_us']} + records/s x {v['record_us']} core-us; a broker's vCPU"
        f" are worth 8 x (vCPU / 8)^{v['scaling']} of one with eight; fitted on published measurements"
        f" (data/calibration/coefficients.csv, {used['scaling'].as_of}; streamplan accuracy); of low confidence:"
        f" {', '.join(doubtful)}"
    )
    sources = dict.fromkeys(part for known in used.values() for part in known.source.split("; "))
    return formula, "; ".join(sources)
