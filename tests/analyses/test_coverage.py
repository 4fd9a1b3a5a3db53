"""Which offers have all of their prices where: against the bill of a plan there, and with prices of one's own."""

import pytest

from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan.analyses.prices.coverage import coverage, coverage_table, offers_table
from streamplan.planning.plan import plan
from streamplan.planning.shipped_workloads import open_workload

LOAD = open_workload("example-100mib")


def of(region, book=None):
    return {one.offer: one for one in coverage(LOAD, book or PriceBook.load(), only=(region,))}


def test_what_is_whole_has_a_total_and_what_is_not_names_the_price():
    found = of("eu-west-1")
    for offer in ("kafka-ec2-ebs", "pulsar-ec2-nvme", "warpstream-byoc", "msk-standard"):
        there = plan(LOAD.model_copy(update={"region": "eu-west-1"}), offer)
        assert found[offer].whole == (there.monthly_usd is not None), offer
    assert [(gap.meter, gap.sku) for gap in found["msk-standard"].gaps] == [("aws.msk.storage", "standard")]


def test_a_price_of_ones_own_makes_the_offer_whole(tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text(
        "meter,sku,region,unit,price,as_of,source\naws.msk.storage,standard,eu-west-1,GiB-month,0.11,2026-11,a quote\n"
    )
    assert of("eu-west-1", PriceBook.load(mine))["msk-standard"].whole


def test_only_offers_of_the_region_s_cloud_are_there_and_the_counts_are_theirs():
    found = coverage(LOAD, PriceBook.load(), clouds=("gcp",), only=("europe-west1", "eu-west-1"))
    assert {one.region for one in found} == {"europe-west1"}
    (row,) = coverage_table(found).rows
    assert (row.cells["whole"], row.cells["offers"]) == (sum(one.whole for one in found), len(found))
    assert [line.cells["offer"] for line in offers_table(found).rows] == [one.offer for one in found]


@pytest.mark.parametrize("given", [{"clouds": ("aw",)}, {"only": ("eu-west-9",)}])
def test_an_unknown_cloud_or_region_is_named(given):
    with pytest.raises(InputError, match=r"aw|eu-west-9"):
        coverage(LOAD, PriceBook.load(), **given)
