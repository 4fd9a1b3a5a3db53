"""Apache Kafka run by oneself on Google Compute Engine."""

from __future__ import annotations

from dataclasses import replace

from capacity.clouds.cloud import find_cloud
from capacity.sizing.offer import Context, Offer
from capacity.sizing.sizing import PartKind, Sizing
from capacity.systems.kafka import kafka_offer

_NOT_MODELLED = (
    "Hyperdisk, and with it N4, C4 and C4D machines: their disk limits or prices were not found",
    "local SSD: write rates by machine were not found",
    "sustained use discounts, which N2 and N2D machines that run all month get of themselves: N2 20% below the list "
    "price used here (https://cloud.google.com/compute/docs/sustained-use-discounts)",
    "network figures are the most that a machine sends, as Google publishes no baseline; egress for the most that its "
    "disk may write is set aside",
)


def _with_disk_as_bought(offer: Offer) -> Offer:
    """Return the offer with the volume shown at the size that its throughput asks for."""

    def model(context: Context) -> Sizing:
        sizing = offer.model(context)
        part = {p.kind: p for p in sizing.parts}
        size, volume = part[PartKind.VOLUME], find_cloud("gcp").volume
        bought = replace(
            size,
            value=volume.grown(
                size.value, part[PartKind.VOLUME_THROUGHPUT].value, part[PartKind.VOLUME_OPERATIONS].value
            ),
            formula="largest of stored bytes / brokers / fill and the size that throughput and operations ask for",
        )
        return replace(sizing, parts=tuple(bought if p is size else p for p in sizing.parts))

    return replace(offer, model=model, not_modelled=offer.not_modelled + _NOT_MODELLED)


OFFERS = tuple(
    _with_disk_as_bought(
        kafka_offer(
            f"kafka-gce-disk{'-tiered' if tiered else ''}",
            f"Kafka on Compute Engine, SSD persistent disk{', tiered to Cloud Storage' if tiered else ''}",
            find_cloud("gcp"),
            "n2-standard-2",
            local=False,
            tiered=tiered,
        )
    )
    for tiered in (False, True)
)
