"""A choice that offers with the Kafka protocol share: whether consumers read from the replica in their own zone."""

from __future__ import annotations

from capacity.sizing.offer import Option

#: Off, as in Kafka: `replica.selector.class` is not set, and clients must name their zone in `client.rack`.
FOLLOWER_FETCH = Option(
    "follower_fetch",
    False,
    "consumers read from the closest replica (KIP-392), so reads stay in their zone; off, as Kafka is by default "
    "(replica.selector.class is not set: https://kafka.apache.org/40/configuration/broker-configs)",
)
