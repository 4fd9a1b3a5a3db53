"""What Google published on Pub/Sub, its managed Kafka and Compute Engine: bills, sizing rules, limits."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from capacity import Demand, size
from capacity.clouds.cloud import find_cloud
from pricing import PriceBook, bill
from pricing.sustained_use import sustained_use
from streamfacts.errors import InputError
from streamfacts.units import GIB, KIB, MIB, TIB
from streamfacts.usage import Usage, UsageLine
from streamplan.planning.plan import least_cost, plan
from tests.published import to_the_quota

GOLDEN = json.loads((Path(__file__).parent / "cases" / "google.json").read_text(encoding="utf-8"))
PUBSUB, KAFKA, DISK, TIERED = "pubsub", "google-managed-kafka", "kafka-gce-disk", "kafka-gce-disk-tiered"
OFFERS = (PUBSUB, KAFKA, DISK, TIERED)
IOWA = "us-central1"
#: What Google's examples leave out: bytes beside the body, and what topics retain.
BARE = {"overhead_bytes": 0, "replay": "none"}


def work(**fields):
    return to_the_quota(**({"write": "10 MB/s", "message": "1 KiB", "fan_out": 1, "region": IOWA} | fields))


def published(case, **fields):
    """A workload of the inputs of a golden case."""
    given = {k: v for k, v in case["inputs"].items() if k != "hours"}
    if "messages" in given:
        given["messages"] = f"{given['messages']} records/s"
    return to_the_quota(**({"region": IOWA, "fan_out": 0} | given | fields))


def quantity(sizing, meter, sku=None):
    return sum(float(x.quantity) for x in sizing.usage if x.meter == meter and sku in (None, x.sku))


def part(sizing, name):
    return float(next(p.value for p in sizing.parts if p.name == name))


def billed(meter, sku, amount):
    unit = {"gcp.pubsub.throughput": "TiB", "gcp.gce.instance": "instance-hour"}.get(meter, "GiB-month")
    usage = Usage((UsageLine(meter, np.asarray(float(amount)), unit, sku),))
    return bill(usage, PriceBook.load(), IOWA).total


# ------------------------------------------------------------------------------------------------------- Pub/Sub


@pytest.mark.parametrize("subscriptions", GOLDEN["pubsub_table"]["published_usd"])
def test_pubsub_table(subscriptions):
    case = GOLDEN["pubsub_table"]
    load = published(case, fan_out=int(subscriptions), message="10 KiB")
    total = plan(load, PUBSUB, options=BARE, hours_per_month=case["inputs"]["hours"]).monthly_usd
    assert total == pytest.approx(case["published_usd"][subscriptions], rel=case["tolerance"])
    assert total < case["published_usd"][subscriptions]


def test_pubsub_at_retired_prices(tmp_path):
    case = GOLDEN["pubsub_retired"]
    retired = tmp_path / "retired.csv"
    head = "meter,sku,region,unit,price,currency,tier_from,tier_to,as_of,source"
    rows = [f"gcp.pubsub.throughput,,any,TiB,{p},USD,{a},{b},2018,{case['source']}" for a, b, p in case["prices"]]
    retired.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    load, hours = published(case, message="1 MiB"), case["inputs"]["hours"]
    then = plan(load, PUBSUB, PriceBook.load(retired), options=BARE, hours_per_month=hours)
    assert round(quantity(then.sizing, "gcp.pubsub.throughput"), 3) == case["published_tib"]
    assert then.monthly_usd == pytest.approx(case["published_usd"], abs=case["tolerance_usd"])
    now = plan(load, PUBSUB, options=BARE, hours_per_month=hours)
    assert now.monthly_usd == pytest.approx(case["today"]["usd"], abs=case["tolerance_usd"])


@pytest.mark.parametrize("messages", GOLDEN["pubsub_small_messages"]["billed_bytes"])
def test_pubsub_bills_at_least_1000_bytes_a_request(messages):
    case = GOLDEN["pubsub_small_messages"]
    options = BARE | {"messages_per_request": int(messages)}
    sizing = plan(published(case), PUBSUB, options=options).sizing
    a_second = quantity(sizing, "gcp.pubsub.throughput") * TIB / (730 * 3600)
    assert a_second == pytest.approx(case["billed_bytes"][messages], rel=case["tolerance"])


def test_pubsub_requests_follow_the_producer_batch():
    """In batches of 16 KiB a message of 100 B is billed as 120 B; one by one it is billed as 1000 B."""
    load = work(messages="1000 records/s", message="100 B", batch="16 KiB", fan_out=0, write=None)
    batched, single = (plan(load, PUBSUB, options={"messages_per_request": n, "replay": "none"}).sizing for n in (0, 1))
    assert 100 < part(batched, "messages in a request") <= 16 * 1024 / 100
    per_month = 1000 * 730 * 3600 / TIB
    assert quantity(batched, "gcp.pubsub.throughput") == pytest.approx(120 * per_month)
    assert quantity(single, "gcp.pubsub.throughput") == pytest.approx(1000 * per_month)


def test_pubsub_cross_region():
    case = GOLDEN["pubsub_cross_region"]
    load = work(write="1 MiB/s", message="1 MiB", fan_out=0, cross_region_copies=1)
    sizing, seconds = plan(load, PUBSUB, options=BARE).sizing, 730 * 3600
    assert quantity(sizing, "gcp.pubsub.throughput") * TIB / MIB / seconds == pytest.approx(case["delivered_mib"])
    assert quantity(sizing, "gcp.transfer.inter-region") * KIB / seconds == pytest.approx(case["transferred_mib"])


def test_pubsub_subscription_prices():
    case = GOLDEN["pubsub_subscription"]
    usd, amount, cent = case["published_usd"], case["quantities"], case["tolerance_usd"]
    delivered = billed("gcp.pubsub.throughput", "", amount["throughput"])
    assert delivered == pytest.approx(usd["throughput"] - case["free_usd"], abs=cent)
    for sku in ("subscription", "snapshot"):
        assert billed("gcp.pubsub.storage", sku, amount[sku]) == pytest.approx(usd[sku], abs=cent)


def test_pubsub_small_workload():
    case = GOLDEN["pubsub_small_workload"]
    total = plan(published(case), PUBSUB, options=BARE).monthly_usd
    assert total == pytest.approx(case["usd"], abs=case["tolerance_usd"])


@pytest.mark.parametrize("replay,times", [("topic", 1), ("subscriptions", 3), ("none", 0)])
def test_pubsub_retention(replay, times):
    """100 records/s of 1004 + 20 bytes for 24 h are 8.24 GiB, once for a topic and once for each of 3 subscriptions."""
    load = work(messages="100 records/s", message="1004 B", fan_out=3, retention="24 h", write=None)
    sizing = plan(load, PUBSUB, options={"replay": replay}).sizing
    assert quantity(sizing, "gcp.pubsub.storage") == pytest.approx(times * 100 * 1024 * 86400 / GIB)


def test_pubsub_snapshots():
    load = work(messages="100 records/s", message="1004 B", write=None)
    sizing = plan(load, PUBSUB, options={"snapshot_hours": 10}).sizing
    assert quantity(sizing, "gcp.pubsub.storage", "snapshot") == pytest.approx(100 * 1024 * 36000 / GIB)


def test_pubsub_price_holds_in_every_region():
    """Google publishes 40 USD a TiB for all regions."""
    costs = {plan(work(region=r), PUBSUB).monthly_usd for r in (IOWA, "europe-west3", "asia-south1")}
    assert len(costs) == 1 and None not in costs


# -------------------------------------------------------------------------------------------------- managed Kafka


def test_kafka_dcu():
    case = GOLDEN["kafka_dcu"]
    result = plan(work(write="1 MB/s"), KAFKA, units=case["vcpu"], hours_per_month=1)
    assert part(result.sizing, "data compute units") == pytest.approx(case["dcu"])
    cost = {e.usage.meter: float(e.cost) for e in result.bill.entries}
    for meter, usd in case["usd_an_hour"].items():
        assert cost[meter] == pytest.approx(usd, abs=case["tolerance_usd"])


def test_kafka_total():
    case = GOLDEN["kafka_total"]
    result = plan(published(case, message="10 KiB"), KAFKA, options={"follower_fetch": True})
    assert result.monthly_usd == pytest.approx(case["published_usd"], abs=case["tolerance_usd"])


def test_kafka_smallest_cluster():
    case = GOLDEN["kafka_smallest"]
    result = plan(work(write="1 KiB/s"), KAFKA, options={"memory_gib_per_vcpu": 1})
    assert float(result.sizing.units) == 3
    cost = {e.usage.meter: float(e.cost) for e in result.bill.entries}
    own = cost["gcp.managed-kafka.dcu"] + cost["gcp.managed-kafka.local-storage"]
    assert own == pytest.approx(case["usd"], abs=case["tolerance_usd"])


def test_kafka_sizing_rule():
    case = GOLDEN["kafka_sizing"]
    sizing = plan(published(case), KAFKA).sizing
    average = sizing.constraints[0]
    assert average.name == "average throughput"
    assert float(average.demand) == pytest.approx(case["write_equivalent_mb_s"] * 1e6, rel=case["tolerance"])
    assert float(average.needed()) == pytest.approx(case["vcpu_before_rounding"], rel=case["tolerance"])
    assert float(sizing.units) == case["vcpu"]
    assert part(sizing, "memory") == case["memory_gib"]


def test_kafka_target_is_average_over_peak_when_the_peak_is_high():
    """100 MB/s, three copies, one reader: 375 MB/s of writes on average; at four times that the peak fills the vCPU."""
    load = {"write": "100 MB/s", "measured_at": "broker", "survive": "none"}
    assert float(plan(work(**load), KAFKA).sizing.units) == 38  # 375 / 20 / 0.5 = 37.5
    assert float(plan(work(**load, peak_ratio=4), KAFKA).sizing.units) == 75  # 375 x 4 / 20
    assert float(plan(work(**load, use_up_to={"cpu": 0.25}), KAFKA).sizing.units) == 75  # 375 / 20 / 0.25


def test_kafka_zone_down():
    """Two copies alive on two zones: (2 + (1 + 1) / 4) x 100 MB/s x 3 at peak / 20 / (2 / 3) = 56.25 vCPU."""
    load = work(write="100 MB/s", measured_at="broker", peak_ratio=3)
    sizing = plan(load, KAFKA).sizing
    down = next(c for c in sizing.constraints if c.state == "zone down")
    assert float(down.needed()) == pytest.approx(56.25)


def test_kafka_brokers():
    case = GOLDEN["kafka_brokers"]
    options = {"memory_gib_per_vcpu": case["memory_gib"] / case["vcpu"]}
    assert part(plan(work(), KAFKA, units=case["vcpu"], options=options).sizing, "brokers") == case["brokers"]


@pytest.mark.parametrize("vcpu", GOLDEN["kafka_disk"]["gib_by_vcpu"])
def test_kafka_disk_of_a_broker(vcpu):
    sizing = plan(work(), KAFKA, units=int(vcpu)).sizing
    assert part(sizing, "disk of a broker") == GOLDEN["kafka_disk"]["gib_by_vcpu"][vcpu]


def test_kafka_disk_for_partitions():
    case = GOLDEN["kafka_disk"]["partitions"]
    sizing = plan(work(partitions=case["partitions"]), KAFKA, units=case["vcpu"]).sizing
    assert quantity(sizing, "gcp.managed-kafka.local-storage") == pytest.approx(case["total_gib"] * 730)


# ------------------------------------------------------------------------------------------------- Compute Engine


def test_disk_price():
    case = GOLDEN["disk_price"]
    assert billed("gcp.disk.storage", "pd-ssd", case["gib"]) == pytest.approx(case["usd"], abs=case["tolerance_usd"])


def test_machine_price():
    case = GOLDEN["machine_price"]
    paid = billed("gcp.gce.instance", case["machine"], 730)
    assert paid == pytest.approx(case["discounted_usd"], abs=case["tolerance_usd"])


def test_sustained_use_is_taken_off_the_families_that_have_it():
    """https://cloud.google.com/compute/docs/sustained-use-discounts: N2 and N2D 20%, C3 and T2D nothing."""
    off = sustained_use()
    assert {name.split("-")[0]: share for (_, name), share in off.items()} == {"n2": 0.2, "n2d": 0.2}
    # n2-standard-2 in Iowa is listed at 0.097118 USD an hour
    row = PriceBook.load().price("gcp.gce.instance", "n2-standard-2", "us-central1")
    assert row.price == pytest.approx(0.097118 * 0.8) and "20% off for a whole month" in row.note


@pytest.mark.parametrize("machine", GOLDEN["disk_limits"]["max_mib_s"])
def test_disk_limit_of_a_machine(machine):
    case = GOLDEN["disk_limits"]
    sizing = size(work(), DISK, machine=machine)
    disk = next(c for c in sizing.constraints if c.name == "disk write")
    assert float(disk.capacity) == pytest.approx(case["max_mib_s"][machine] * MIB, rel=case["tolerance"])


@pytest.mark.parametrize("mib_s", GOLDEN["disk_limits"]["gib_for_mib_s"])
def test_disk_grows_with_the_throughput_asked(mib_s):
    volume = find_cloud("gcp").volume
    size_gib = volume.grown(np.asarray(100.0), np.asarray(float(mib_s)), np.asarray(6000.0))
    assert float(size_gib) == GOLDEN["disk_limits"]["gib_for_mib_s"][mib_s]


def test_disk_is_bought_as_large_as_shown():
    sizing = size(work(write="300 MB/s", retention="2 min", outage="1 h"), DISK, machine="n2-standard-16")
    throughput, bought = part(sizing, "volume throughput"), part(sizing, "volume of a broker")
    assert throughput > 240
    assert bought == pytest.approx(np.ceil((throughput - 240) / 0.48))
    controllers = 3 * 5
    assert quantity(sizing, "gcp.disk.storage") == pytest.approx(float(sizing.units) * bought + controllers)


def test_disk_writes_are_set_aside_from_the_network():
    """n2-standard-8 sends 16 Gbit/s at most; 800 MiB/s to disk take 1.16 of that each."""
    network = next(c for c in size(work(), DISK, machine="n2-standard-8").constraints if c.name == "network out")
    assert float(network.capacity) == pytest.approx(16e9 / 8 - 1.16 * 800 * MIB)


def test_transfer_between_zones_is_billed_once():
    """Three zones, three copies, consumers in their zone: 2/3 of the producers and two copies cross."""
    load = work(write="1 GiB/s", measured_at="broker")
    sizing = size(load, DISK, machine="n2-standard-16", options={"follower_fetch": True}, hours_per_month=1)
    assert quantity(sizing, "gcp.transfer.cross-zone") == pytest.approx(3600 * (2 / 3 + 2))


def test_object_store_requests_by_class():
    """25 MiB a write of class A: 90 MiB/s for an hour are 12,960 of them; a tenth of the reads in 4 MiB of class B."""
    load = work(write="90 MiB/s", measured_at="broker", cold_reads=0.1)
    sizing = size(load, TIERED, machine="n2-standard-8", hours_per_month=1)
    assert quantity(sizing, "gcp.gcs.class-a") == pytest.approx(12.96)
    assert quantity(sizing, "gcp.gcs.class-b") == pytest.approx(8.1)


# -------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "offer,fields,options,said",
    [
        (PUBSUB, {"message": "11 MB"}, {}, "message size: 11 MB is above the most, 10 MB"),
        (PUBSUB, {"retention": "32 d"}, {}, "retention: 32 d is above the most, 31 d"),
        (PUBSUB, {"write": "4.1 GB/s"}, BARE, "publish throughput of the region: 4.1 GB/s is above the most, 4 GB/s"),
        (PUBSUB, {"write": "1 GB/s", "fan_out": 5}, BARE, "subscriber throughput of the region: 5 GB/s is above"),
        (KAFKA, {"write": "3 GB/s"}, {}, "vCPU in the region"),
        (KAFKA, {"write": "3 GB/s"}, {"memory_gib_per_vcpu": 8.0}, "memory in the region"),
    ],
)
def test_refused_with_limit_and_source(offer, fields, options, said):
    result = plan(work(**fields), offer, options=options)
    assert not result.feasible and result.monthly_usd is None
    assert said in result.reason
    assert all(source.startswith("https://") for _, source in result.obstacles)


def test_disk_of_a_broker_has_an_end():
    """150,000 partitions of three copies ask for 36,621 GiB on each of three brokers, 27,466 on four: 46 vCPU."""
    few = plan(work(partitions=150_000), KAFKA, units=3, clusters=1)
    assert not few.feasible and "disk of a broker" in few.reason
    enough = plan(work(partitions=150_000), KAFKA)
    assert (enough.clusters, float(enough.sizing.units)) == (1, 3 * 15 + 1)


def test_retention_is_no_wall_when_nothing_is_retained():
    assert plan(work(retention="90 d"), PUBSUB, options={"replay": "none"}).feasible


def test_more_clusters_share_one_quota():
    """Quotas are of the project: two clusters of half the load break them as one does."""
    load = work(write="3 GB/s")
    one, two = (size(load, KAFKA, machine="cluster", clusters=k) for k in (1, 2))
    assert not one.feasible and not two.feasible
    assert not size(work(write="8 GB/s"), PUBSUB, machine="pull subscriptions", clusters=2).feasible


def test_quota_that_was_not_found_is_said():
    sizing = plan(work(region="asia-south1"), PUBSUB).sizing
    assert any("not found for asia-south1" in text for text in sizing.assumptions)
    assert len(sizing.constraints) == 1


def test_missing_prices_are_named():
    result = plan(work(region="europe-west1"), KAFKA)
    assert result.feasible and result.monthly_usd is None
    assert "no price for gcp.managed-kafka.dcu in europe-west1 (known in us-central1)" in result.reason


def test_bad_choices():
    with pytest.raises(InputError, match="memory_gib_per_vcpu"):
        size(work(), KAFKA, options={"memory_gib_per_vcpu": 9})
    with pytest.raises(InputError, match="n2-standard-8"):
        size(work(), DISK, machine="n4-standard-8")
    with pytest.raises(InputError, match="replay"):
        size(work(), PUBSUB, options={"replay": "broker"})


# ---------------------------------------------------------------------------------------------------------- shapes


@pytest.mark.parametrize("offer", OFFERS)
def test_arrays_equal_single_demands(offer):
    rates = np.array([1e5, 3e6, 4e7, 2e8, 6e8])
    base = Demand.of(work(write="1 MB/s", fan_out=2, retention="48 h"))
    many = base.replace(
        payload_bytes_s=rates, wire_bytes_s=rates * 1.01, records_s=rates / 1024, partitions=np.ceil(rates / 1e7)
    )
    book = PriceBook.load()
    together = least_cost(many, offer, book)
    for i, rate in enumerate(rates):
        one = base.replace(
            payload_bytes_s=rate, wire_bytes_s=rate * 1.01, records_s=rate / 1024, partitions=float(np.ceil(rate / 1e7))
        )
        assert float(least_cost(one, offer, book)) == pytest.approx(together[i], rel=1e-12)


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize(
    "name,values",
    [
        ("write", [f"{x} MB/s" for x in (1, 2, 5, 10, 20, 50, 100, 150, 200)]),
        ("retention", [f"{x} h" for x in (1, 6, 24, 72, 240, 700)]),
        ("fan_out", [0, 1, 2, 3, 5, 8]),
        # fewer than brokers, or a few more, lie unevenly, and that costs more
        ("partitions", [12, 60, 120, 1200, 6000]),
        ("cross_region_copies", [0, 1, 2]),
    ],
)
def test_more_never_costs_less(offer, name, values):
    fields = {"fan_out": 2, "retention": "24 h", "cold_reads": 0.1}
    costs = [plan(work(**(fields | {name: value})), offer).monthly_usd for value in values]
    assert None not in costs
    assert all(b >= a - 1e-9 for a, b in pairwise(costs)), costs
