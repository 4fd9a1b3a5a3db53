"""Which demand each region carries: what its cluster must be sized for, and what it does in the normal state."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.demand.demand import Demand
from capacity.resilience.designs import Design
from capacity.resilience.mechanisms import Mechanism


@dataclass(frozen=True, slots=True)
class Site:
    """The demand on the cluster of one region.

    Attributes
    ----------
    sized_for : what it must carry after the loss of the other region
    normal : what it carries as long as both are there, which is what its meters count
    link_bytes_s : peak rate at which records leave for the other region [byte/s]
    """

    sized_for: Demand
    normal: Demand
    link_bytes_s: float


def sites(demand: Demand, design: Design, mechanism: Mechanism | None) -> tuple[Site, ...]:
    """Return the sites of a design, the first region first; one without a second cluster has one.

    A second cluster is sized for the whole load, since a region that everybody flees to sells nothing more. Standing
    by it stores every record and serves no reader. Two active regions take half of the producers and of the
    readers each, and each sends what it took to the other, so that the bytes between regions are the same.
    A copy that is read from the brokers counts as one more reader.

    Parameters
    ----------
    demand : 0-d
    """
    write = float(demand.peak_wire_bytes_s)
    metered = 0.0 if mechanism is not None and mechanism.own_meter else 1.0
    reads = 1.0 if mechanism is not None and mechanism.reads else 0.0

    def with_copies(base: Demand, share: float, copied: float, extra: float) -> Demand:
        return base.replace(
            fan_out=base.fan_out * share + extra,
            consumer_groups=base.consumer_groups + (1.0 if extra else 0.0),
            cross_region_copies=copied * (metered if design.second_cluster else 1.0),
        )

    if not design.second_cluster:
        if not design.backup:
            return (Site(demand, demand, 0.0),)
        copied = with_copies(demand, 1.0, 1.0, reads)
        return (Site(copied, copied, write),)
    alone = demand.replace(cross_region_copies=0.0)
    own_backup = 1.0 if design.backup else 0.0
    if design.active:
        half = with_copies(alone, 0.5, 0.5, 0.5 * reads)
        both = Site(alone, half, write / 2.0)
        store = Site(alone, half.replace(fan_out=half.fan_out + own_backup), write / 2.0)
        return (both, store)
    first = with_copies(alone, 1.0, 1.0, reads)
    second = alone.replace(fan_out=own_backup, consumer_groups=own_backup)
    return (Site(first, first, write), Site(alone, second, 0.0))
