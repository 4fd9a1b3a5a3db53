"""What carries records to the other region, by offer."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.sizing.offer import Offer, Protocol
from streamfacts.errors import unknown_name


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One way to copy records between regions.

    Attributes
    ----------
    lag : name of the lag of an idle link in `data/analyses/resilience.csv`; empty where a write waits for both regions
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
    return Mechanism(_MIRROR, "MirrorMaker 2", "lag.mirrormaker-2", True, reads, page)


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

#: Every mechanism by its name, MirrorMaker 2 apart, as what it reads depends on the offer.
_KNOWN = {m.name: m for m in (MSK_REPLICATOR, CLUSTER_LINKING, PULSAR, EVENT_HUBS, EVENT_HUBS_SYNCHRONOUS)}
_MIRROR = "mirrormaker-2"
#: What an offer has by its own protocol, where it does not say.
_USUAL = {Protocol.KAFKA: (_MIRROR,), Protocol.PULSAR: (PULSAR.name,)}


def mechanisms_of(offer: Offer) -> tuple[Mechanism, ...]:
    """Return what can copy the records of an offer to another region, the usual one first; () if nothing can.

    Raises
    ------
    InputError
        if the offer names a mechanism that is not known.
    """
    names = _USUAL.get(offer.protocols[0], ()) if offer.region_copies is None else offer.region_copies
    for name in names:
        if name not in (_MIRROR, *_KNOWN):
            raise unknown_name(f"offer {offer.name}: region_copies", name, (_MIRROR, *_KNOWN))
    return tuple(_mirror(not offer.counts_region_copies) if name == _MIRROR else _KNOWN[name] for name in names)


def no_mechanism(offer: Offer) -> str:
    """Return why nothing copies the records of an offer, for one without mechanisms."""
    spoken = ", ".join(offer.protocols)
    usual = f"{offer.title} offers no copy to another region; producers would write to both ({spoken})"
    return offer.no_region_copy or usual
