"""What is left of the copies after the loss that is to be survived, and what that means for writes."""

from __future__ import annotations

import numpy as np

from capacity.demand.demand import Demand
from streamfacts.arrays import Array


def copies_left(demand: Demand) -> Array:
    """Return the copies of a partition that are left, at the worst, after the loss that is to be survived [1].

    Copies are spread over the zones evenly, so that a zone holds at most the next whole number of copies / zones.

    Examples
    --------
    >>> from capacity import Workload
    >>> w = Workload(write="1 MB/s", replication_factor=2)
    >>> float(copies_left(Demand.of(w))), float(copies_left(Demand.of(w.replace(survive="none"))))
    (1.0, 2.0)
    """
    copies = np.asarray(demand.replication_factor, float)
    if demand.survive == "zone":
        return np.asarray(copies - np.ceil(copies / demand.zones))
    return np.asarray(copies - (1.0 if demand.survive == "broker" else 0.0))


def durability_warnings(demand: Demand) -> tuple[str, ...]:
    """Return sentences on copies that are too few for the loss that is to be survived; none if they suffice.

    For offers that keep as many copies as the workload asks. Over several demands the fewest copies count.

    References
    ----------
    https://kafka.apache.org/40/configuration/topic-configs (min.insync.replicas: with fewer in-sync replicas a producer
    with acks=all gets an error)
    """
    if demand.survive == "none":
        return ()
    left, copies = float(np.min(copies_left(demand))), float(np.min(demand.replication_factor))
    lost, least = f"a {demand.survive}", demand.min_insync_replicas
    if left < 1:
        return (
            f"replication_factor {copies:g}: with {lost} lost the partitions that had their copies there are down, and "
            "what only they held is gone",
        )
    if least is not None and left < least:
        return (
            f"min_insync_replicas {least:g}: with {lost} lost {left:g} of {copies:g} copies are left, so that writes"
            " with acks=all stop",
        )
    if left < 2 and copies < 3:
        if least is None:
            alone = "with 1 what is acknowledged has no second copy"
            then = f"with min.insync.replicas 2 writes with acks=all stop, {alone}"
        else:
            then = "what is acknowledged then has no second copy"
        return (f"replication_factor {copies:g}: with {lost} lost {left:g} copy is left; {then}",)
    return ()
