"""Apache Kafka run by oneself on Azure virtual machines."""

from capacity.clouds.cloud import find_cloud
from capacity.sizing.offer import Offer
from capacity.systems.kafka import kafka_offer

_NETWORK = "https://learn.microsoft.com/en-us/azure/virtual-network/virtual-machine-network-throughput"
_ZONES = "https://azure.microsoft.com/en-us/pricing/details/bandwidth/"
_SSD = (
    "Premium SSD v2 is locally redundant and sold in regions and zones that the vendor lists; no host caching, "
    "and it cannot hold the operating system",
    "its quota of 100 TiB in a region and subscription, which the vendor raises on request",
)
_LOCAL = (
    "local disks at their documented random write rate x 4 KiB, which the vendor states for a blank disk at its best; "
    "Lsv3 and Lasv3 are left out, as their pages give no write rate",
)


_EXPECTED = (
    "network of a machine is the expected bandwidth, the most it may reach and not guaranteed: Azure publishes no "
    f"baseline, and meters what leaves the machine only ({_NETWORK})"
)


def _offer(disks: str, title: str, *, tiered: bool) -> Offer:
    local = disks == "nvme"
    return kafka_offer(
        f"kafka-azure-{disks}{'-tiered' if tiered else ''}",
        f"Kafka on Azure, {title}{', tiered to Blob Storage' if tiered else ''}",
        find_cloud("azure"),
        "Standard_D2ps_v6",
        local=local,
        tiered=tiered,
        not_modelled=(
            _EXPECTED,
            "burst rates of volumes; disks of the operating system",
            *(_LOCAL if local else _SSD),
        ),
        sources=(_NETWORK, _ZONES),
    )


OFFERS = tuple(
    _offer(disks, title, tiered=tiered)
    for disks, title in (("ssd", "Premium SSD v2"), ("nvme", "local NVMe"))
    for tiered in (False, True)
)
