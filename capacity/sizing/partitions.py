"""Partitions are chosen where the workload gives none, so that whole replicas lie evenly on whole brokers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.demand.demand import Demand
from capacity.sizing.constraint import LEAST_PART, Constraint, Limit, Value, carrying, round_up
from capacity.sizing.placement import ROUNDING, Pieces
from capacity.sizing.sizing import Part
from streamfacts.arrays import Array
from streamfacts.tables import assumption, read_rows
from streamfacts.units import GIB, human

#: Up to so many brokers the leaders are made to divide over one broker fewer too.
FEW = 13


def partitions_asked(demand: Demand, held_bytes: Value = 0.0) -> Array:
    """Return the partitions given, or the fewest that will do where none are given [1].

    Parameters
    ----------
    held_bytes : bytes that brokers' disks hold of the whole demand, once [byte]; partitions are enough that one
        replica has no more than `replica_bytes_most`
    """
    if demand.partitions_given:
        return demand.partitions
    most = float(assumption("replica_bytes_most"))
    return np.asarray(np.maximum(demand.partitions, np.ceil(np.asarray(held_bytes, float) / most * (1.0 - ROUNDING))))


def leaders_of(demand: Demand) -> Value:
    """Return the partitions that constraints count whole: those given, endlessly many where they are yet to choose."""
    return demand.partitions if demand.partitions_given else np.inf


def hottest_of(demand: Demand) -> Value:
    """Return the share of the write rate of the busiest partition [1], one number where all are alike."""
    return demand.hottest if np.any(demand.hottest) else 0.0


def evenly(demand: Demand) -> bool:
    """Return whether chosen partitions lie evenly on brokers, so that costs do not depend on their number."""
    return not np.any(demand.hottest)


def brokers_needed(demand: Demand, constraints: Sequence[Constraint], asked: Array, least: Any, multiple: Any) -> Array:
    """Return the brokers that satisfy every constraint, for partitions that are given or will be chosen [broker].

    Chosen partitions (`chosen_partitions`) lie evenly on all brokers, on the disks of each and on those that are left
    of a zone. With one broker down they do up to `FEW` brokers; beyond, the fullest may have one leader in
    `leaders_per_broker` more, and here is room for it.

    Parameters
    ----------
    asked : see `partitions_asked`
    least, multiple : as in `constraint.units_needed`
    """
    groups = carrying(constraints)
    most = np.asarray(least, float)
    for group in groups:
        most = np.maximum(most, group.needed())
    even = round_up(most, multiple)
    if demand.partitions_given:
        return even
    lossy = [group for group in groups if np.any(group.lost)]
    many = float(assumption("leaders_per_broker"))
    uneven = even > FEW
    if np.max(asked, initial=0.0) > many * np.min(even, initial=np.inf):
        uneven = uneven | (asked > many * even)
    if not lossy or not uneven.any():
        return even
    for group in lossy:
        need = np.asarray(np.maximum(group.units, LEAST_PART))
        np.add(np.multiply(need, 1.0 + 1.0 / many, out=need), group.lost, out=need)
        even = np.where(uneven, np.maximum(even, round_up(need / group.share, multiple)), even)
    return even


def chosen_partitions(
    demand: Demand, asked: Array, brokers: Array, disks: Value = 1.0, *, brief: bool = False
) -> Array:
    """Return the partitions given, or a number that divides well over brokers, zones and disks [1].

    Every broker leads the same number: enough for what is asked, the same on the brokers that are left of a zone (a
    multiple of zones - 1) and with replicas the same on every disk. Up to `FEW` brokers it divides over one broker
    fewer, else it is `leaders_per_broker` or more, so that what a lost broker led is spread finely.

    Parameters
    ----------
    asked : see `partitions_asked`
    brokers : brokers that there are; finite or not
    disks : disks of one broker on one of which a replica lies whole
    brief : leave it at what is asked, as chosen ones lie evenly
    """
    if demand.partitions_given:
        return demand.partitions
    if brief:
        return asked
    units = np.maximum(brokers, 1.0)
    units = units if np.isfinite(units).all() else np.where(np.isfinite(units), units, 1.0)
    many = float(assumption("leaders_per_broker"))
    each = np.asarray(np.divide(asked, units))
    np.ceil(np.multiply(each, 1.0 - ROUNDING, out=each), out=each)
    step = _leaders_step(demand, disks)
    if demand.survive == "none":
        return np.asarray(round_up(np.maximum(each, 1.0), step) * units)
    out = np.array(round_up(np.maximum(each, many), step))
    few = np.broadcast_to((units <= FEW) & (units > 1) & (each <= many), out.shape)
    if few.any():
        fewer, each = (np.broadcast_to(x, out.shape)[few] for x in (units - 1.0, each))
        one_fewer = fewer.astype(np.intp)
        if step.ndim:
            step = np.lcm(np.broadcast_to(step, out.shape)[few], one_fewer)
        else:
            step = np.lcm(step, np.arange(FEW))[one_fewer]
        out[few] = round_up(np.maximum(each, 1.0), step)
    return np.asarray(out * units)


def _leaders_step(demand: Demand, disks: Value) -> NDArray[np.int64]:
    """Return what leaders of a broker come in multiples of, for the disks of each and the brokers left of a zone."""
    zones, copies = np.asarray(demand.zones).astype(np.int64), np.asarray(demand.replication_factor).astype(np.int64)
    bins = np.asarray(disks).astype(np.int64)
    return np.asarray(np.lcm(bins // np.gcd(bins, copies), np.maximum(zones - 1, 1) if demand.survive == "zone" else 1))


def finite(units: Array) -> Array:
    """Return the units, none where no number of them would do, for what is metered of each."""
    return np.where(np.isfinite(units), units, 0.0)


def placed(
    demand: Demand, constraints: Iterable[Constraint], partitions: Array, *, brief: bool = False
) -> list[Constraint]:
    """Return the constraints with partitions that were chosen as their whole pieces; given ones they have already."""
    if demand.partitions_given or brief:
        return list(constraints)
    return [c.of_chosen(partitions) if c.placed else c for c in constraints]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the partitions of a cluster lie on its brokers; all arrays broadcast against the units.

    Attributes
    ----------
    partitions : of one cluster, leaders only [1]
    replica_bytes : the largest replica [byte]
    replicas_on_fullest : on the broker that holds the most [1]
    bytes_on_fullest : data on the disks of the broker that holds the most [byte]
    """

    partitions: Array
    replica_bytes: Array
    replicas_on_fullest: Array
    bytes_on_fullest: Array

    def of_one(self, **more: Any) -> dict[str, Any]:
        """Return the figures that a sizing says of one broker, with `more` beside them."""
        return {
            "partitions": self.partitions,
            "replica_bytes": self.replica_bytes,
            "replicas_on_fullest": self.replicas_on_fullest,
            **more,
        }


def laid_out(
    demand: Demand, partitions: Array, brokers: Array, held_bytes: Array, copies: Any = None, *, brief: bool = False
) -> Layout:
    """Return how partitions lie on brokers.

    Parameters
    ----------
    partitions : of one cluster [1]
    brokers : that there are [1]
    held_bytes : bytes that the disks hold of the whole demand, once [byte]
    copies : of each partition; the workload's if left out
    brief : chosen partitions lie evenly, without their number
    """
    copies = demand.replication_factor if copies is None else copies
    if brief and not demand.partitions_given:
        most = held_bytes * (copies / brokers * (1.0 - demand.hottest) + demand.hottest)
        return Layout(partitions, held_bytes * demand.hottest, partitions, np.asarray(most))
    brokers = brokers if np.isfinite(brokers).all() else np.where(np.isfinite(brokers), brokers, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        replicas = np.asarray(np.divide(partitions * copies, brokers))
        np.ceil(np.multiply(replicas, 1.0 - ROUNDING, out=replicas), out=replicas)
        even = 1.0 / partitions
        if evenly(demand):
            share = replicas * even  # of one partition no broker has two replicas
            share = share if np.min(partitions, initial=2.0) > 1 else np.where(partitions > 1, share, 1.0)
            return Layout(
                np.asarray(partitions), np.asarray(held_bytes * even), replicas, np.asarray(held_bytes * share)
            )
        hottest = np.maximum(demand.hottest, even)
        ordinary = np.where(partitions > 1, np.maximum(1.0 - hottest, 0.0) / np.maximum(partitions - 1.0, 1.0), 0.0)
    most = held_bytes * (ordinary * (replicas - 1.0) + hottest)
    return Layout(np.asarray(partitions), np.asarray(held_bytes * hottest), replicas, np.asarray(most))


def busiest(demand: Demand, partitions: Array, rate: Any) -> Array:
    """Return what the busiest partition has of a rate of all [the rate's unit].

    Given partitions may not divide by the number of clusters: then one of these has one partition fewer.
    """
    fewest = partitions
    if demand.partitions_given and np.any(demand.clusters > 1):
        fewest = np.where(demand.clusters > 1, np.maximum(partitions - 1.0, 1.0), partitions)
    return np.asarray(np.maximum(demand.hottest, 1.0 / fewest) * rate)


def carried_partitions(demand: Demand, loads: Sequence[tuple[Any, float]]) -> Array:
    """Return the partitions given, or the fewest of which each carries no more than its vendor lets it [1].

    Parameters
    ----------
    loads : what all partitions carry, and the most of it that one may [both in one unit]
    """
    if demand.partitions_given:
        return demand.partitions
    least = demand.partitions
    for load, most in loads:
        least = np.maximum(least, np.ceil(np.asarray(load, float) / most * (1.0 - ROUNDING)))
    return np.asarray(least)


def fewest_words(demand: Demand) -> str:
    """Return how the partitions of a service without brokers to count come about, in words."""
    if demand.partitions_given:
        return "as given"
    return "chosen: the fewest for peak / what one carries, consumers, topics and the default"


def guidelines(demand: Demand, partitions: Array, loads: Sequence[tuple[str, Any, float, str]]) -> list[str]:
    """Return what is to be said where the busiest partition has more than its vendor recommends.

    Parameters
    ----------
    loads : as for `partition_limits`
    """
    out = []
    for name, load, most, source in loads:
        has = float(np.max(busiest(demand, partitions, load)))
        if has > most * (1.0 + ROUNDING):
            recommended = human(most, "bytes/s")
            out.append(f"{name}: {human(has, 'bytes/s')} is more than the {recommended} that is recommended ({source})")
    return out


def partition_limits(demand: Demand, partitions: Array, loads: Sequence[tuple[str, Any, float, str]]) -> list[Limit]:
    """Return what a vendor lets one partition carry as limits on the busiest one.

    Parameters
    ----------
    loads : name, what all partitions carry [byte/s], the most of it that one may [byte/s], source
    """
    advice = "keys that spread more evenly" if np.any(demand.hottest) else "more partitions"
    return [
        Limit(name, busiest(demand, partitions, load), np.asarray(most), "bytes/s", source, advice=advice)
        for name, load, most, source in loads
    ]


def grown_for_partitions(demand: Demand, needed: Array, brokers: Callable[[Array], Array], most: float) -> Array:
    """Return the units of a cluster whose brokers are several units each, so that whole leaders fit the fullest [unit].

    Every broker has an equal part of the units, at most `most`. The fewest brokers that carry the fullest one's leaders
    need the fewest units: any more of them have more units than that.

    Parameters
    ----------
    needed : units if the load divided evenly [unit], whole or not
    brokers : turns units into brokers
    most : units of one broker [unit]
    """
    if not demand.partitions_given and not np.any(demand.hottest):
        return needed
    leaders = leaders_of(demand)
    pieces = Pieces(leaders, hottest=hottest_of(demand))
    with np.errstate(invalid="ignore"):
        fewest = np.maximum(brokers(needed), np.ceil(pieces.units(needed, most) * (1.0 - ROUNDING)))
        units = fewest * needed * pieces.share_of_fullest(fewest)
        units = np.maximum(units, np.where(fewest > brokers(needed), (fewest - 1.0) * most + 1.0, needed))
    return np.where(np.isfinite(fewest), round_up(units), np.inf)


def leaders_limits(demand: Demand, brokers: Array, least: Any, *, held: bool) -> list[Limit]:
    """Return that every broker leads a partition, where partitions are given: more brokers than that would idle.

    As many as copies and zones ask for are there in any case.

    Parameters
    ----------
    brokers : that are needed [1]
    least : brokers that copies and zones ask for [1]
    held : whether the brokers are there already: then one that idles is no wall
    """
    if held or not demand.partitions_given:
        return []
    return [
        Limit(
            "leaders for the brokers",
            demand.partitions,
            np.where((brokers > least) & np.isfinite(brokers), brokers, 0.0),
            "partitions",
            "one leader a broker, or it idles",
            at_least=True,
            advice="more partitions, or larger machines",
        )
    ]


def replica_limits(demand: Demand, layout: Layout, disk_bytes: Value, source: str) -> list[Limit]:
    """Return that the largest replica fits one disk, where partitions are given or one of them is the busiest.

    Parameters
    ----------
    disk_bytes : of one disk that may be filled [byte]
    """
    if not (demand.partitions_given or np.any(demand.hottest)):
        return []
    advice = "more partitions, or a shorter retention"
    return [Limit("replica on one disk", layout.replica_bytes, np.asarray(disk_bytes), "bytes", source, advice=advice)]


def partitions_by_size(vcpu: Any, memory_gib: Any) -> Array:
    """Return the partition replicas that a broker of a size may have [1].

    The most that a vendor puts on a broker with no more vCPU and no more memory (`data/model/partitions_by_size.csv`):
    it grows in steps, and does not where nobody says so. Below the smallest of them it is nil.

    Parameters
    ----------
    vcpu, memory_gib : of one broker [1, GiB], of one shape

    Examples
    --------
    >>> partitions_by_size([2.0, 4.0, 8.0, 96.0], [8.0, 8.0, 64.0, 384.0]).tolist()
    [1000.0, 1000.0, 2000.0, 4000.0]
    """
    rows = read_rows("model/partitions_by_size")
    has, holds = np.broadcast_arrays(np.asarray(vcpu, float), np.asarray(memory_gib, float))
    reached = (np.array([r["vcpu"] for r in rows]) <= has[..., None]) & (
        np.array([r["memory_gib"] for r in rows]) <= holds[..., None]
    )
    return np.asarray(np.where(reached, np.array([r["replicas"] for r in rows]), 0.0).max(axis=-1))


@cache
def partitions_by_size_source() -> str:
    """Return where the steps come from."""
    return "; ".join(dict.fromkeys(str(r["source"]) for r in read_rows("model/partitions_by_size")))


def partitions_part(demand: Demand, layout: Layout, brokers: Array, held_bytes: Array) -> Part:
    """Return the partitions of a cluster as a part of its sizing, with why they are so many."""
    value = layout.partitions * np.ones(np.shape(brokers))
    if demand.partitions_given:
        return Part("partitions", value, "partitions", "as given")
    rate, default = float(assumption("partition_planning_bytes_s")), float(assumption("default_partitions"))
    most = float(assumption("replica_bytes_most"))
    floors = (
        (
            f"traffic (peak write / {rate / 1e6:g} MB/s)",
            np.minimum(np.ceil(demand.peak_wire_bytes_s / rate), demand.partitions),
        ),
        (f"replicas of at most {most / GIB:g} GiB", np.ceil(held_bytes / most * (1.0 - ROUNDING))),
        ("instances of the largest consumer group", demand.consumers),
        ("topics", demand.topics),
        (f"a default of {default:g}", np.float64(default)),
    )
    how = "the same number of leaders on each broker, also with a broker or a zone down"
    sources = ("partition_planning_bytes_s", "replica_bytes_most", "leaders_per_broker", "default_partitions")
    source = "; ".join(dict.fromkeys(part for name in sources for part in assumption(name).source.split("; ")))
    return Part("partitions", value, "partitions", how, source, floors=floors)


__all__ = [
    "FEW",
    "Layout",
    "brokers_needed",
    "busiest",
    "carried_partitions",
    "chosen_partitions",
    "evenly",
    "fewest_words",
    "finite",
    "grown_for_partitions",
    "guidelines",
    "hottest_of",
    "laid_out",
    "leaders_limits",
    "leaders_of",
    "partition_limits",
    "partitions_asked",
    "partitions_by_size",
    "partitions_by_size_source",
    "partitions_part",
    "placed",
    "replica_limits",
]
