"""Bills outside the home regions, by hand from the vendors' lists, and what is not known there."""

import numpy as np
import pytest

from pricing import PriceBook
from streamplan.planning.plan import plan
from streamplan.planning.shipped_workloads import open_workload

#: Three brokers and three controllers for 730 h, 3 x 10,052 + 15 GiB of volumes, 3 x 129 MiB/s above what is included.
HOURS, VOLUMES, THROUGHPUT = 3 * 730, 3 * 10_052 + 15, 3 * 129
#: Machine, and prices of: the broker and the controller an hour, a GiB-month, MiB/s-month, a GiB between zones.
BY_HAND = {
    # https://aws.amazon.com/ec2/pricing/on-demand/ and https://aws.amazon.com/ebs/pricing/, 2026-10-15
    "eu-west-1": ("kafka-ec2-ebs", "c7g.4xlarge", 0.6202, 0.0910, 0.0880, 0.0440, 0.01),
    "eu-central-1": ("kafka-ec2-ebs", "c7g.4xlarge", 0.6596, 0.0978, 0.0952, 0.0476, 0.01),
    # https://cloud.google.com/compute/vm-instance-pricing, 2026-07-16, after 20 % for sustained use
    "europe-west1": ("kafka-gce-disk", "n2d-standard-16", 0.743568 * 0.8, 0.106834 * 0.8, 0.17, 0.0, 0.01),
}


def in_region(region, offer, machine=None):
    workload = open_workload("example-100mib")
    return plan(workload.model_copy(update={"region": region}), offer, machine=machine)


@pytest.mark.parametrize("region", BY_HAND)
def test_kafka_of_ones_own_costs_what_the_list_of_the_region_says(region):
    offer, machine, broker, controller, volume, throughput, zone = BY_HAND[region]
    bill = in_region(region, offer, machine).bill
    between = sum(row["quantity"] for row in bill.records() if "cross-zone" in row["meter"])
    by_hand = HOURS * (broker + controller) + VOLUMES * volume + THROUGHPUT * throughput + between * zone
    assert bill.total == pytest.approx(by_hand, rel=1e-6)
    assert bill.region == region


SELF_MANAGED = ("kafka-ec2-ebs", "kafka-ec2-nvme", "pulsar-ec2-ebs", "pulsar-ec2-nvme")
ELSEWHERE = (
    *("eu-west-1", "eu-central-1", "eu-west-2", "eu-north-1", "us-east-2", "us-west-2", "ca-central-1", "sa-east-1"),
    *("ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
)


@pytest.mark.parametrize("region", ELSEWHERE)
def test_clusters_of_ones_own_are_whole_in_the_large_regions_of_aws(region):
    assert {offer: in_region(region, offer).bill.missing for offer in SELF_MANAGED} == {
        offer: [] for offer in SELF_MANAGED
    }


def test_a_price_that_is_not_known_in_a_region_is_named():
    found = in_region("uksouth", "kafka-azure-ssd")
    assert found.monthly_usd is None
    assert [gap.short for gap in found.bill.gaps] == ["no price for azure.disk.storage premium-ssd-v2 in uksouth"]


def test_a_machine_without_a_price_in_a_region_is_not_taken_there():
    """No i4g in Frankfurt: another type is taken, with all of its prices."""
    assert not PriceBook.load().find("aws.ec2.instance", "i4g.4xlarge", "eu-central-1")
    found = in_region("eu-central-1", "kafka-ec2-nvme")
    assert found.monthly_usd is not None
    assert "i4g" not in found.configuration


def test_tiers_of_s3_that_are_not_established_do_not_make_the_rest_free():
    book = PriceBook.load()
    for meter, sku, region in book.prices:
        assert book.find(meter, sku, region)[-1].tier_to is None, (meter, sku, region)
    # 60,000 GiB in Frankfurt at 0.0245, where only the price of the first 51,200 GiB is known
    schedule = book.schedule("aws.s3.storage", "standard", "eu-central-1")
    assert float(schedule.cost(np.array(6e4))) == pytest.approx(1470)
