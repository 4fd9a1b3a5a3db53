"""Limits that services set on compacted topics."""

from __future__ import annotations

import numpy as np

from capacity.demand.demand import Demand
from capacity.sizing.constraint import Limit
from streamfacts.tables import Fact

GB = 1e9


def compacted_limits(d: Demand, largest_gb: Fact, most: Fact | None = None) -> list[Limit]:
    """Return the limits on the size of a compacted partition and on their number; none where none is compacted.

    Parameters
    ----------
    largest_gb : the largest compacted partition, one copy [GB]
    most : compacted partitions of a cluster, where there is a limit [partition]
    """
    if not np.any(d.compacted_share > 0):
        return []
    partitions = np.ceil(d.partitions * d.compacted_share)
    others = (1.0 - d.compacted_share) * d.retention_s * d.retained_by_time
    compacted = d.wire_bytes_s * np.maximum(d.held_s - others, 0.0)
    each = compacted / np.maximum(partitions, 1.0)
    out = [Limit("size of a compacted partition", each, largest_gb.value * GB, "bytes", largest_gb.source)]
    if most is not None:
        out.append(Limit("compacted partitions in a cluster", partitions, most.value, "partitions", most.source))
    return out
