"""Bytes a second by network path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array


@dataclass(frozen=True, slots=True)
class Paths:
    """Byte rates of one cluster by path [byte/s]; the cross-zone ones are parts of the paths above them."""

    produce: Array
    replicate: Array
    consume: Array
    tier_upload: Array
    tier_download: Array
    cross_region: Array
    produce_cross_zone: Array
    replicate_cross_zone: Array
    consume_cross_zone: Array

    @property
    def clients_cross_zone(self) -> Array:
        """Producer and consumer bytes that cross a zone border [byte/s]."""
        return self.produce_cross_zone + self.consume_cross_zone


def network_paths(
    wire_bytes_s: ArrayLike,
    fan_out: ArrayLike,
    replication_factor: ArrayLike,
    zones: ArrayLike,
    *,
    follower_fetch: bool = False,
    tiered: bool = False,
    cold_reads: ArrayLike = 0.0,
    cross_region_copies: ArrayLike = 0.0,
) -> Paths:
    """Return the bytes a second on every path of a replicated log.

    A client meets the leader of a partition in another zone with probability (zones - 1) / zones. Replicas sit in
    different zones as long as there are enough. With follower fetch a consumer reads in its own zone if that zone
    holds a copy, which is so for min(1, RF / zones) of them.

    Parameters
    ----------
    wire_bytes_s : produced bytes on the wire [byte/s]
    fan_out : bytes read for each byte written [1]
    replication_factor, zones : copies and zones [1]
    follower_fetch : whether consumers read from the closest replica (KIP-392)
    tiered : whether closed segments go to a remote tier (KIP-405)
    cold_reads : share of reads served from the remote tier [1]
    cross_region_copies : other regions that receive every byte [1]

    Returns
    -------
    Paths, each [byte/s]

    References
    ----------
    The two thirds of three zones: AWS MSK sizing script, cross-AZ = in x 2/3 + out x 2/3 unless rack-aware.
    KIP-392 (closest replica), KIP-405 (tiered storage).

    Examples
    --------
    >>> p = network_paths(300.0, 3, 3, 3)
    >>> float(p.replicate), round(float(p.produce_cross_zone)), round(float(p.consume_cross_zone))
    (600.0, 200, 600)
    """
    write = np.asarray(wire_bytes_s, float)
    fan = np.asarray(fan_out, float)
    copies = np.asarray(replication_factor, float)
    z = np.asarray(zones, float)
    away = (z - 1.0) / z
    consume = write * fan
    cold = consume * np.asarray(cold_reads, float) if tiered else np.zeros_like(consume)
    no_local_copy = 1.0 - np.minimum(copies, z) / z if follower_fetch else away
    return Paths(
        produce=write,
        replicate=write * (copies - 1.0),
        consume=consume,
        tier_upload=write if tiered else np.zeros_like(write),
        tier_download=cold,
        cross_region=write * np.asarray(cross_region_copies, float),
        produce_cross_zone=write * away,
        replicate_cross_zone=write * (copies - np.maximum(1.0, copies / z)),
        consume_cross_zone=consume * no_local_copy,
    )
