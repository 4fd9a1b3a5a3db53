"""What AWS and others published on Kinesis Data Streams: metered bills, the minimum commitment, shards."""

import json
import math
from pathlib import Path

import pytest

from capacity import Demand, size
from pricing import PriceBook, bill
from streamfacts.units import KIB
from streamplan.planning.plan import plan
from streamplan.planning.shipped_workloads import open_workload
from tests.published import filled, to_the_quota

GOLDEN = json.loads((Path(__file__).parent / "cases" / "kinesis.json").read_text(encoding="utf-8"))
SHARED, FAN_OUT = "shared reads", "enhanced fan-out"
STANDARD, ADVANTAGE, PROVISIONED = "kinesis-on-demand-standard", "kinesis-on-demand-advantage", "kinesis-provisioned"
ON_DEMAND = (STANDARD, ADVANTAGE)
DAY, YEAR_MONTH = 24, 730


def billed(platform, hours, *, machine=SHARED, units=None, options=None, **load):
    """Cost by meter, and in total, of a workload over so many hours [USD]."""
    workload = to_the_quota(**({"message": "1 KiB"} | load))
    result = plan(workload, platform, machine=machine, units=units, options=options, hours_per_month=hours)
    assert result.feasible, result.reason
    return {entry.usage.meter: float(entry.cost) for entry in result.bill.entries} | {"total": result.bill.total}


# ---------------------------------------------------------------------------------------------- metered by AWS


def a1(platform):
    case = GOLDEN["a1"]
    given = {key: case["inputs"][key] for key in ("write", "fan_out", "region")}
    return billed(platform, case["inputs"]["hours"], options={"streams": case["inputs"]["streams"]}, **given)


@pytest.mark.parametrize("platform", ON_DEMAND)
def test_a1_two_days_of_100_mib_s_metered(platform):
    case = GOLDEN["a1"]
    total, published = a1(platform)["total"], case["published_usd"][platform]
    assert total == pytest.approx(published, rel=case["tolerance"])
    assert total < published, "rounding of records and overshoot only add to a metered bill"


@pytest.mark.parametrize("platform", ON_DEMAND)
def test_a1_rates_times_prices_to_the_cent(platform):
    case = GOLDEN["a1"]["arithmetic"]
    cost = a1(platform)
    for meter, usd in case["usd"][platform].items():
        assert cost[meter] == pytest.approx(usd, abs=case["tolerance_usd"], rel=0), meter
    assert cost["total"] == pytest.approx(sum(cost.values()) - cost["total"], rel=1e-12)


def a2_usd_per_day(platform):
    case = GOLDEN["a2"]
    given = {key: case["inputs"][key] for key in ("write", "retention", "fan_out", "region")}
    cost = billed(platform, YEAR_MONTH, options={"streams": case["inputs"]["streams"]}, **given)
    return cost["total"] / (YEAR_MONTH / DAY)


@pytest.mark.parametrize("platform", ON_DEMAND)
def test_a2_a_day_of_15_mib_s_kept_for_two_days(platform):
    case = GOLDEN["a2"]
    per_day, published = a2_usd_per_day(platform), case["published_usd_per_day"][platform]
    assert per_day == pytest.approx(published, rel=case["tolerance"][platform])
    assert per_day < published


def test_a2_saving():
    case = GOLDEN["a2"]
    saving = 1 - a2_usd_per_day(ADVANTAGE) / a2_usd_per_day(STANDARD)
    assert saving == pytest.approx(case["published_saving"], abs=case["saving_tolerance"])


# ------------------------------------------------------------------------------------------- minimum commitment


def in_and_out(cost):
    return cost["aws.kinesis.data-in"] + cost["aws.kinesis.data-out"] + cost["aws.kinesis.fan-out-data"]


@pytest.mark.parametrize("write", ["1 KiB/s", "1 MiB/s", "15 MiB/s", "25 MiB/s"])
def test_a4_minimum_of_a_day(write):
    case = GOLDEN["a4"]
    cost = in_and_out(billed(ADVANTAGE, DAY, write=write))
    assert cost == pytest.approx(case["minimum_usd_per_day"], abs=case["tolerance_usd"], rel=0)
    assert cost == pytest.approx(case["published_about_usd_per_day"], rel=case["about_tolerance"])
    thirty = in_and_out(billed(ADVANTAGE, 30 * DAY, write=write))
    assert thirty == pytest.approx(case["minimum_usd_per_30_days"], abs=case["tolerance_usd"], rel=0)


def test_a4_minimum_is_passed_above_25_mib_s():
    case = GOLDEN["a4"]
    assert in_and_out(billed(ADVANTAGE, DAY, write="26 MiB/s")) > case["minimum_usd_per_day"] * 1.03


def test_a4_break_even_with_standard():
    case = GOLDEN["a4"]["break_even"]
    cent = GOLDEN["a4"]["tolerance_usd"]
    standard = in_and_out(billed(STANDARD, DAY, write=case["write"], fan_out=case["fan_out"]))
    advantage = in_and_out(billed(ADVANTAGE, DAY, write=case["write"], fan_out=case["fan_out"]))
    assert standard == pytest.approx(case["usd_per_day"], abs=cent, rel=0)
    assert advantage == pytest.approx(standard, abs=cent, rel=0)
    assert in_and_out(billed(STANDARD, DAY, write="9.9 MiB/s", fan_out=1)) < advantage - 1
    assert in_and_out(billed(STANDARD, DAY, write="10.1 MiB/s", fan_out=1)) > advantage + 1


@pytest.mark.parametrize("meter", GOLDEN["a4"]["published_discounts"]["percent"])
def test_a4_published_discounts(meter):
    case = GOLDEN["a4"]["published_discounts"]
    book = PriceBook.load()
    standard, advantage = (
        book.price(meter, sku, "us-east-1").price for sku in ("on-demand-standard", "on-demand-advantage")
    )
    assert round(100 * (1 - advantage / standard)) == case["percent"][meter]


# ------------------------------------------------------------------------------------------------------- shards


@pytest.mark.parametrize("write,consumers", GOLDEN["a5"]["write_kib_s_and_consumers"])
def test_a5_shard_formula(write, consumers):
    load = to_the_quota(write=f"{write} KiB/s", message="1 KiB", fan_out=consumers)
    options = {"aggregate_kib": GOLDEN["a5"]["aggregate_kib"]}
    shards = float(size(load, PROVISIONED, machine=SHARED, options=options).units)
    assert shards == math.ceil(max(write / 1024, write * consumers / 2048))


def test_a5_fan_out_takes_the_consumers_out_of_the_formula():
    """Enhanced fan-out gives each consumer its own 2 MiB/s, so only the writes are left."""
    load = to_the_quota(write="10240 KiB/s", message="1 KiB", fan_out=5)
    options = {"aggregate_kib": GOLDEN["a5"]["aggregate_kib"]}
    assert float(size(load, PROVISIONED, machine=FAN_OUT, options=options).units) == 10


def a6(**load):
    inputs = GOLDEN["a6"]["inputs"]
    workload = to_the_quota(**{key: inputs[key] for key in ("messages", "message", "fan_out", "region")} | load)
    return plan(workload, PROVISIONED, machine=SHARED, hours_per_month=inputs["hours"])


def test_a6_hundred_records_of_35_kb():
    case = GOLDEN["a6"]
    result = a6()
    assert float(result.sizing.units) == case["shards"]
    units = float(result.sizing.usage["aws.kinesis.put-payload-units"].quantity)
    assert units == pytest.approx(case["million_units"], rel=1e-12)
    cost = {entry.usage.meter: float(entry.cost) for entry in result.bill.entries} | {"total": result.bill.total}
    for meter, usd in case["usd"].items():
        assert cost[meter] == pytest.approx(usd, abs=case["tolerance_usd"], rel=0), meter


@pytest.mark.parametrize("record,units", GOLDEN["a6"]["published_payload_units"].items())
def test_a6_payload_units_of_a_record(record, units):
    seconds = GOLDEN["a6"]["inputs"]["hours"] * 3600
    usage = a6(messages="1 records/s", message=record).sizing.usage
    assert float(usage["aws.kinesis.put-payload-units"].quantity) * 1e6 / seconds == pytest.approx(units, rel=1e-12)


# ------------------------------------------------------------------------- four shards, three readers, seven days


def a7(platform, units=None):
    case = GOLDEN["a7"]
    given = {key: case["inputs"][key] for key in ("messages", "message", "retention", "fan_out", "consumer_groups")}
    hours = case["inputs"]["hours"]
    return billed(platform, hours, machine=FAN_OUT, units=units, options=case["options"], **given)


@pytest.mark.parametrize("meter", GOLDEN["a7"]["provisioned_usd"])
def test_a7_provisioned(meter):
    case = GOLDEN["a7"]
    usd, room = case["provisioned_usd"][meter]
    assert a7(PROVISIONED, case["shards"])[meter] == pytest.approx(usd, abs=room, rel=0)


def test_a7_provisioned_total_and_nothing_else():
    case = GOLDEN["a7"]
    usd, room = case["provisioned_exact_total"]
    cost = a7(PROVISIONED, case["shards"])
    assert cost["total"] == pytest.approx(usd, abs=room, rel=0)
    assert {meter for meter, value in cost.items() if value} == set(case["provisioned_usd"])


@pytest.mark.parametrize("meter", GOLDEN["a7"]["standard_usd"])
def test_a7_on_demand_standard(meter):
    usd, room = GOLDEN["a7"]["standard_usd"][meter]
    assert a7(STANDARD)[meter] == pytest.approx(usd, abs=room, rel=0)


def test_a7_on_demand_advantage_bills_its_minimum():
    """The source prints the minimum alone; a week of retention comes on top of it in our bill."""
    usd, room = GOLDEN["a7"]["advantage_minimum_usd"]
    cost = a7(ADVANTAGE)
    assert in_and_out(cost) == pytest.approx(usd, abs=room, rel=0)
    assert cost["total"] == pytest.approx(in_and_out(cost) + cost["aws.kinesis.extended-retention"], rel=1e-12)


# -------------------------------------------------------------------------------------------------------- Lyft


def test_lyft_shards_for_unaggregated_records():
    case = GOLDEN["lyft"]
    demand = Demand.of(filled(open_workload(case["workload"])))
    sizing = size(demand, PROVISIONED, machine=FAN_OUT)
    records = next(c for c in sizing.constraints if c.name == "write records")
    assert float(records.needed()) == pytest.approx(case["shards"], rel=case["tolerance"])
    written = next(c for c in sizing.constraints if c.name == "write bytes")
    assert float(written.needed()) < float(records.needed()), "events of 875 bytes: the records bind, not the bytes"
    assert bill(sizing.usage).missing == []


def test_lyft_aggregation_lifts_the_limit_of_records():
    case = GOLDEN["lyft"]
    load = filled(open_workload(case["workload"]))
    sizing = size(load, PROVISIONED, machine=FAN_OUT, options={"aggregate_kib": 25.0})
    records = next(c for c in sizing.constraints if c.name == "write records")
    assert float(records.needed()) == pytest.approx(70e12 / 86400 * 1.3 / (25 * KIB) / 1000, rel=1e-9)
