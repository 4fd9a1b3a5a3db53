"""Aiven, Instaclustr, StreamNative, Astra Streaming, Upstash: published bills, units by hand, quotes and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from capacity import offers, size
from pricing import PriceBook, bill
from streamfacts.usage import Usage, UsageLine
from streamplan.planning.plan import cost_all, plan
from tests.published import to_the_quota

GOLDEN = json.loads((Path(__file__).parent / "cases" / "managed_others.json").read_text(encoding="utf-8"))
OFFERS = (
    "aiven-kafka-standard",
    "aiven-kafka-classic",
    "instaclustr-kafka",
    "streamnative-serverless",
    "streamnative-byoc",
    "astra-streaming",
    "upstash-kafka",
)
BASE = {"fan_out": 1, "retention": "24 h", "message": "1 KiB", "measured_at": "broker", "region": "us-east-1"}


def sized(platform, load, machine=None, **choices):
    machine = machine or str(offers()[platform].configurations()[0])
    return size(to_the_quota(**{**BASE, **load}), platform, machine=machine, **choices)


def quantity(sizing, meter, sku=None):
    return sum(float(x.quantity) for x in sizing.usage if x.meter == meter and sku in (None, x.sku))


def book_with(tmp_path, *rows):
    head = "meter,sku,region,unit,price,currency,as_of,source,confidence,note\n"
    path = tmp_path / "quote.csv"
    path.write_text(head + "".join(f"{','.join(map(str, row))},USD,2026-11,a quote,high,\n" for row in rows), "utf-8")
    return PriceBook.load(path)


def id_of(case):
    return "-".join([case["platform"], case.get("machine", ""), *map(str, case["load"].values())]).replace(" ", "")


def test_the_offers_are_there():
    assert set(OFFERS) <= set(offers())
    for name in OFFERS:
        offer = offers()[name]
        assert offer.provider == "aws" and offer.family == "Other managed Kafka and Pulsar"
        assert {"protocol", "copies", "zones", "availability", "disks"} <= set(offer.guarantees)


def test_what_is_closed_says_since_when():
    assert "2026-08-26" in offers()["aiven-kafka-classic"].closed
    assert "2025-03-11" in offers()["upstash-kafka"].closed
    for name in ("aiven-kafka-classic", "upstash-kafka"):
        assert "https://" in offers()[name].closed
    assert not any(offers()[name].closed for name in OFFERS if name not in ("aiven-kafka-classic", "upstash-kafka"))


# ------------------------------------------------------------------------------------------------------------ Aiven


def test_aivens_own_example():
    case = GOLDEN["aiven_example"]
    sizing = sized("aiven-kafka-standard", case["inputs"], case["configuration"], hours_per_month=case["hours"])
    assert sizing.feasible
    result = bill(sizing.usage, region="us-east-1")
    cost = {}
    for entry in result.entries:
        meter = entry.usage.meter
        if meter.startswith("aiven."):
            cost[meter] = cost.get(meter, 0.0) + float(entry.cost)
    for name, usd in case["lines"].items():
        meter = name if name.startswith("aiven.") else f"aiven.kafka-standard.{name}"
        assert cost[meter] == pytest.approx(usd, abs=0.005, rel=0), meter
    assert sum(cost.values()) == pytest.approx(case["usd"], rel=case["tolerance"])


def test_a_classic_invoice():
    case = GOLDEN["aiven_invoice"]
    line = UsageLine("aiven.kafka-classic.plan", np.asarray(float(case["hours"])), "service-hour", "startup-2")
    result = bill(Usage((line,), case["hours"]), region="us-east-1")
    assert result.total == pytest.approx(case["usd"], rel=case["tolerance"])


def test_diskless_topics_have_their_own_rates():
    load = {"write": "10 MB/s", "fan_out": 3}
    half = sized("aiven-kafka-standard", load, "stream-load-10", options={"diskless_share": 0.5})
    # 26,280 GB in a month of 730 h, half of it on each kind
    assert quantity(half, "aiven.kafka-standard.data-in", "classic") == pytest.approx(13_140)
    assert quantity(half, "aiven.kafka-standard.data-in", "diskless") == pytest.approx(13_140)
    assert quantity(half, "aiven.kafka-standard.data-out", "diskless") == pytest.approx(39_420)
    assert half.feasible
    small = sized("aiven-kafka-standard", {"write": "1 MB/s"}, "stream-load-1", options={"diskless_share": 0.5})
    assert not small.feasible and "10 MB/s" in small.violations[0]


def test_a_larger_stream_load_is_not_many_services():
    p = plan(to_the_quota(**{**BASE, "write": "30 MB/s"}), "aiven-kafka-standard")
    assert p.configuration == "stream-load-custom" and p.clusters == 1 and p.monthly_usd is None
    assert "aiven.kafka-standard.stream-load" in p.reason


def test_storage_of_standard_counts_once_and_of_classic_all_copies():
    load = {"write": "1 MB/s", "retention": "100000 s"}
    assert quantity(sized("aiven-kafka-standard", load), "aiven.kafka-standard.storage") == pytest.approx(100)
    classic = sized("aiven-kafka-classic", {**load, "retention": "2000000 s"}, "business-4")
    premium = sized("aiven-kafka-classic", {**load, "retention": "2000000 s"}, "premium-6x-8")
    assert quantity(premium, "aiven.kafka-classic.additional-disk") == pytest.approx(7_058.8 - 1_200, abs=0.05)
    # 2,000 GB x 3 copies / 0.85 is 7,058.8 GB, and 600 come with the plan
    assert quantity(classic, "aiven.kafka-classic.additional-disk") == pytest.approx(6_458.8, abs=0.05)


# ------------------------------------------------------------------------------------------------------ Instaclustr


def test_instaclustr_by_disk_space():
    case = GOLDEN["instaclustr"]
    sizing = sized("instaclustr-kafka", case["inputs"], case["node"])
    assert (float(sizing.units), sizing.binding) == (case["units"], case["binding"])
    assert sizing.feasible


def test_a_quote_gives_the_total(tmp_path):
    case = GOLDEN["instaclustr"]
    w = to_the_quota(**{**BASE, **case["inputs"], "zones": 1, "survive": "broker"})
    quote = case["quote"]
    without = plan(w, "instaclustr-kafka", machine=case["node"])
    assert without.monthly_usd is None and without.feasible
    assert without.bill.missing and all(quote["meter"] in text for text in without.bill.missing)
    assert case["node"] in without.reason
    book = book_with(tmp_path, (quote["meter"], case["node"], "us-east-1", "node-hour", quote["usd_per_hour"]))
    # one zone, so that no transfer comes on top: 9 nodes x 730 h x 1.25
    with_quote = plan(w, "instaclustr-kafka", book, machine=case["node"])
    assert with_quote.monthly_usd == pytest.approx(quote["usd"], abs=case["tolerance"], rel=0)


def test_in_ones_own_account_aws_is_paid_apart(tmp_path):
    case = GOLDEN["instaclustr"]
    sizing = sized("instaclustr-kafka", case["inputs"], case["node"], options={"account": "own"})
    price = case["own_account"]["management_usd_per_hour"]
    meter = "instaclustr.kafka.management"
    result = bill(sizing.usage, book_with(tmp_path, (meter, case["node"], "us-east-1", "node-hour", price)))
    assert result.missing == []
    fee = next(float(e.cost) for e in result.entries if e.usage.meter == meter)
    assert fee == pytest.approx(case["own_account"]["usd"], abs=case["tolerance"], rel=0)
    assert quantity(sizing, "aws.ec2.instance", "r7g.2xlarge") == 9 * 730
    assert quantity(sizing, "aws.ebs.storage") == pytest.approx(9 * 4500e9 / 2**30)


def test_brokers_come_in_multiples_of_the_racks():
    for copies in (1, 2, 3):
        load = {"write": "30 MB/s", "replication_factor": copies, "zones": copies, "survive": "broker"}
        sizing = size(to_the_quota(**{**BASE, **load}), "instaclustr-kafka")
        assert np.all(sizing.units % copies == 0)
    two_copies = size(
        to_the_quota(**{**BASE, "write": "30 MB/s", "replication_factor": 2, "zones": 3}), "instaclustr-kafka"
    )
    assert np.all(two_copies.units % 3 == 0)


# ------------------------------------------------------------------------------------------------------------ units


@pytest.mark.parametrize("case", GOLDEN["sizing"]["cases"], ids=id_of)
def test_units_by_hand(case):
    load = {"batch": "1 MiB", **case["load"]}
    sizing = sized(case["platform"], load, case.get("machine"))
    assert float(sizing.units) == case["units"], case["why"]
    assert str(sizing.binding).startswith(case["binding"]), case["why"]
    for pool, units in case.get("pools", {}).items():
        assert float(sizing.pools[pool]) == units, case["why"]


def test_etu_hours_follow_the_average_unless_asked():
    load = {"write": "20 MiB/s", "peak_ratio": 2, "batch": "1 MiB"}
    average = sized("streamnative-serverless", load)
    assert float(average.units) == 8
    assert quantity(average, "streamnative.etu") == 4 * 730
    peak = sized("streamnative-serverless", load, options={"etu_billed": "peak"})
    assert quantity(peak, "streamnative.etu") == 8 * 730


def test_streamnative_names_the_price_that_is_missing():
    p = plan(to_the_quota(**{**BASE, "write": "10 MiB/s"}), "streamnative-serverless")
    assert p.feasible and p.monthly_usd is None
    assert "streamnative.storage" in p.reason


# ------------------------------------------------------------------------------------------------------------ Astra


@pytest.mark.parametrize(("region", "usd"), GOLDEN["astra"]["usd"].items())
def test_capacity_units_by_region(region, usd):
    case = GOLDEN["astra"]
    # 1,000 GB read in 720 h, and 100 GB kept
    rate = case["egress_gb"] * 1e9 / (case["hours"] * 3600)
    w = to_the_quota(
        write=f"{rate!r} B/s", message="1 kB", fan_out=1, retention=f"{100e9 / rate!r} s", zones=3, region=region
    )
    sizing = size(
        w,
        "astra-streaming",
        machine="capacity-units",
        options={"scu_write_mb_s": 10},
        hours_per_month=case["hours"],
    )
    assert sizing.feasible
    assert quantity(sizing, "astra.streaming.scu") == case["scus"] * case["hours"]
    assert quantity(sizing, "astra.streaming.storage-block") == case["blocks"] * case["hours"]
    assert bill(sizing.usage, region=region).total == pytest.approx(usd, abs=case["tolerance"], rel=0)


def test_a_region_that_the_vendor_does_not_name_has_no_price():
    line = UsageLine("astra.streaming.scu", np.asarray(3.0), "SCU-hour", "standard")
    result = bill(Usage((line,)), region=GOLDEN["astra"]["unlisted"])
    assert result.total is None and len(result.missing) == 1


def test_capacity_units_beyond_three():
    sizing = sized("astra-streaming", {"write": "95 MB/s"}, "capacity-units", options={"scu_write_mb_s": 20})
    assert quantity(sizing, "astra.streaming.scu") == 5 * 730


def test_small_messages_are_billed_as_512_bytes():
    sizing = sized("astra-streaming", {"messages": "1000 records/s", "message": "128 B", "measured_at": "producer"})
    assert quantity(sizing, "astra.streaming.write") == pytest.approx(1000 * 512 * 730 * 3600 / 1e9)


# ---------------------------------------------------------------------------------------------------------- Upstash


@pytest.mark.parametrize("row", GOLDEN["upstash"]["rows"], ids=lambda row: row[0])
def test_upstash_month(row):
    case = GOLDEN["upstash"]
    name, into, out, stored, usd = row
    days = case["days"]
    storage = UsageLine("upstash.kafka.storage", np.asarray(float(stored)), "gigabyte-month")
    if name.startswith("pay"):
        messages = (into + out) * 1e9 / case["message_bytes"] * days / 1e5
        lines = [UsageLine("upstash.kafka.messages", np.asarray(messages), "100k-messages", "multi-replica")]
    else:
        lines = [
            UsageLine("upstash.kafka.plan", np.asarray(1.0), "cluster-month", name),
            UsageLine("upstash.kafka.data-in", np.asarray(float(into * days)), "gigabyte"),
            UsageLine("upstash.kafka.data-out", np.asarray(float(out * days)), "gigabyte"),
        ]
    result = bill(Usage((*lines, storage), days * 24))
    assert result.total == pytest.approx(usd, abs=case["tolerance"], rel=0)


def test_an_upstash_month_through_the_model():
    """30 GB in and 60 out a day, kept so that 100 GB are stored in three copies."""
    case = GOLDEN["upstash"]
    load = {"write": "30 GB/d", "fan_out": 2, "retention": f"{100 / 3 / 30 * 86400!r} s", "message": "1 kB"}
    sizing = sized("upstash-kafka", load, "pro-2k", hours_per_month=case["days"] * 24)
    assert sizing.feasible
    assert bill(sizing.usage).total == pytest.approx(531, abs=case["tolerance"], rel=0)


# --------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("case", GOLDEN["refusals"]["cases"], ids=id_of)
def test_what_does_not_fit_is_refused_with_its_source(case):
    sizing = sized(case["platform"], case["load"], case.get("machine"))
    assert not sizing.feasible
    wall = next(x for x in sizing.limits if x.name == case["limit"])
    assert bool(wall.broken) and float(wall.limit) == case["most"]
    assert case["source"] in wall.source
    assert any(text.startswith(f"{case['limit']}:") and case["source"] in text for text in sizing.violations)


# ------------------------------------------------------------------------------------------------------ every offer


@pytest.mark.parametrize("offer", OFFERS)
def test_no_lines_are_negative_and_more_never_needs_less(offer):
    from capacity import Demand

    base = Demand.of(to_the_quota(**{**BASE, "write": "700 kB/s", "partitions": 600}))
    rates = np.array([1.0, 3.0, 40.0, 2000.0])
    for name in ("wire_bytes_s", "retention_s", "fan_out", "partitions"):
        changes = {name: getattr(base, name) * rates}
        if name == "wire_bytes_s":
            changes |= {key: getattr(base, key) * rates for key in ("payload_bytes_s", "records_s")}
        sizing = size(base.replace(**changes), offer)
        assert np.all(np.diff(sizing.units, axis=-1) >= -1e-9)
        for line in sizing.usage:
            q = np.broadcast_to(line.quantity, (len(sizing.configuration), len(rates)))
            assert np.all(np.isfinite(q)) and np.all(q >= 0), line.meter
            assert np.all(np.diff(q, axis=-1) >= -1e-6), (name, line.meter)


@pytest.mark.parametrize("offer", OFFERS)
def test_arrays_equal_one_at_a_time(offer):
    from capacity import Demand

    w = to_the_quota(**{**BASE, "write": "2 MB/s"})
    one = cost_all(Demand.of(w), offer, PriceBook.load())
    wide = cost_all(Demand.of(w).replace(fan_out=np.array([[1.0, 1.0]])), offer, PriceBook.load())
    np.testing.assert_array_equal(one.sizing.units, wide.sizing.units[:, 0, 1])
    np.testing.assert_allclose(one.bill.subtotal, wide.bill.subtotal[:, 0, 1], rtol=1e-12)
