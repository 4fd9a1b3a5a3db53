"""What carries records to the other region, by offer."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.sizing.offer import Offer


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One way to copy records between regions.

    Attributes
    ----------
    lag : name of the lag of an idle link in `data/resilience.csv`; empty where a write waits for both regions
    workers : whether it runs on machines of one's own
    reads : whether it reads from the brokers like one more consumer, beyond what the offer's model adds for a copy
    source : a page that describes it
    own_meter : meter of the bytes copied, where it stands in place of the provider's bytes between regions
    hourly : meter of the link by the hour, with its unit; a link is billed for each direction
    data_meter : meter of the bytes copied that comes on top of those between regions
    """

    name: str
    title: str
    lag: str
    workers: bool
    reads: bool
    source: str
    own_meter: str = ""
    hourly: tuple[str, str] | None = None
    data_meter: str = ""

    @property
    def synchronous(self) -> bool:
        return not self.lag


def _mirror(reads: bool) -> Mechanism:
    page = "https://cwiki.apache.org/confluence/display/KAFKA/KIP-382%3A+MirrorMaker+2.0"
    return Mechanism("mirrormaker-2", "MirrorMaker 2", "lag.mirrormaker-2", True, reads, page)


MSK_REPLICATOR = Mechanism(
    "msk-replicator",
    "MSK Replicator",
    "lag.msk-replicator",
    False,
    True,
    "https://docs.aws.amazon.com/msk/latest/developerguide/msk-replicator.html",
    hourly=("aws.msk.replicator", "replicator-hour"),
    data_meter="aws.msk.replicator-data",
)
CLUSTER_LINKING = Mechanism(
    "cluster-linking",
    "Cluster Linking",
    "lag.cluster-linking",
    False,
    False,
    "https://docs.confluent.io/cloud/current/multi-cloud/cluster-linking/index.html",
    hourly=("confluent.cluster-link", "link-hour"),
    data_meter="confluent.cluster-link-data",
)
PULSAR = Mechanism(
    "pulsar-geo-replication",
    "Pulsar geo-replication",
    "lag.pulsar-geo-replication",
    False,
    False,
    "https://pulsar.apache.org/docs/concepts-replication/",
)
EVENT_HUBS = Mechanism(
    "event-hubs-geo-replication",
    "Event Hubs geo-replication, asynchronous",
    "lag.event-hubs-geo-replication",
    False,
    False,
    "https://learn.microsoft.com/en-us/azure/event-hubs/geo-replication",
    own_meter="azure.event-hubs.geo-replication",
)
EVENT_HUBS_SYNCHRONOUS = Mechanism(
    "event-hubs-synchronous",
    "Event Hubs geo-replication, synchronous",
    "",
    False,
    False,
    EVENT_HUBS.source,
    EVENT_HUBS.own_meter,
)

#: Families whose own models add the reads of copies in other regions (`Demand.cross_region_copies`) to their egress.
_COUNT_COPIES = ("Confluent Cloud", "Redpanda Cloud", "Other managed Kafka and Pulsar")
#: Offers of those families whose model does not: plain brokers.
_NOT_IN_COUNT = ("instaclustr-kafka",)


def mechanisms_of(offer: Offer) -> tuple[Mechanism, ...]:
    """Return what can copy the records of an offer to another region, the usual one first; () if nothing can."""
    protocol = offer.guarantees.get("protocol", "")
    if offer.name in ("event-hubs-premium", "event-hubs-dedicated"):
        return (EVENT_HUBS, EVENT_HUBS_SYNCHRONOUS)
    if protocol.startswith("Pulsar"):
        return (PULSAR,)
    if not protocol.startswith("Kafka") or offer.name == "event-hubs-standard":
        return ()
    mirror = _mirror(offer.family not in _COUNT_COPIES or offer.name in _NOT_IN_COUNT)
    if offer.name in ("confluent-enterprise", "confluent-dedicated"):
        return (CLUSTER_LINKING, mirror)
    if offer.family == "Amazon MSK":
        return (mirror, MSK_REPLICATOR)
    return (mirror,)


def no_mechanism(offer: Offer) -> str:
    """Return why nothing copies the records of an offer, for one without mechanisms."""
    if offer.name == "event-hubs-standard":
        return "geo-replication needs Event Hubs Premium or Dedicated; Standard copies names and settings only"
    protocol = offer.guarantees.get("protocol", "")
    return f"{offer.title} offers no copy to another region; producers would write to both ({protocol})"
