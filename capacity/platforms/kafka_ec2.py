"""Apache Kafka run by oneself on Amazon EC2."""

from capacity.clouds.cloud import find_cloud
from capacity.systems.kafka import kafka_offer

OFFERS = tuple(
    kafka_offer(
        f"kafka-ec2-{disks}{'-tiered' if tiered else ''}",
        f"Kafka on EC2, {title}{', tiered to S3' if tiered else ''}",
        find_cloud("aws"),
        "m7g.large",
        local=disks == "nvme",
        tiered=tiered,
    )
    for disks, title in (("ebs", "EBS gp3"), ("nvme", "local NVMe"))
    for tiered in (False, True)
)
