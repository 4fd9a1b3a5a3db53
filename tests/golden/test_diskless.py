"""What Buf, WarpStream, AutoMQ and others published on logs that live in an object store."""

import json
from pathlib import Path

import numpy as np
import pytest

from capacity import Demand, size
from capacity.laws.object_store import objects_cached, objects_compacted, objects_written
from capacity.laws.paths import network_paths
from pricing import PriceBook, bill
from pricing.book import find_meter
from streamfacts.tables import limit
from streamfacts.units import GIB, MIB
from streamfacts.usage import Usage, UsageLine
from streamplan.planning.plan import cost_all, plan
from tests.published import at_one_rate

GOLDEN = json.loads((Path(__file__).parent / "cases" / "diskless.json").read_text(encoding="utf-8"))
OFFERS = ("warpstream-byoc", "automq-byoc", "bufstream")
REQUESTS = ("aws.s3.put", "aws.s3.get")


def price(meter, sku, quantity):
    """Cost of a quantity on a meter in us-east-1, tier by tier [USD]."""
    line = UsageLine(meter, np.asarray(float(quantity)), find_meter(meter).unit, sku)
    return float(bill(Usage((line,)), region="us-east-1").total)


def by_meter(sizing):
    cost = {}
    for entry in bill(sizing.usage, region="us-east-1").entries:
        assert not entry.missing.any(), entry.usage.meter
        cost[entry.usage.meter] = cost.get(entry.usage.meter, 0.0) + float(entry.cost)
    return cost


def a_second(sizing, meter, hours):
    return float(sizing.usage[meter].quantity) * 1000 / (hours * 3600)


# -------------------------------------------------------------------------------------------------- Bufstream


def bufstream():
    case = GOLDEN["bufstream"]
    return size(
        at_one_rate(**case["workload"]),
        "bufstream",
        machine=case["machine"],
        units=case["brokers"],
        options={"etcd_machine": case["etcd_machine"]},
        hours_per_month=case["hours"],
    )


def bufstream_from_stated_quantities():
    case = GOLDEN["bufstream"]
    thousands = case["hours"] * 3600 / 1000
    return {
        "storage": price("aws.s3.storage", "standard", case["stored_gib"]),
        "requests": sum(price(meter, "standard", case["requests_s"][meter] * thousands) for meter in REQUESTS),
        "network": price("aws.transfer.cross-zone", "", case["cross_zone_gib_moved"] * 2),
        "licence": price("bufstream.data-written", "", case["hours"] * 3600),
    }


@pytest.mark.parametrize("line", ["storage", "requests", "network", "licence"])
def test_bufstream_stated_quantities_at_list_prices(line):
    case = GOLDEN["bufstream"]
    usd = bufstream_from_stated_quantities()[line]
    assert usd == pytest.approx(case["published_usd"][line], abs=case["tolerance_usd"][line], rel=0)


def test_bufstream_published_lines_add_up_and_ours_come_near():
    case = GOLDEN["bufstream"]
    assert sum(case["published_usd"].values()) == case["published_total"]
    total = case["published_usd"]["compute"] + sum(bufstream_from_stated_quantities().values())
    assert total == pytest.approx(case["published_total"], abs=sum(case["tolerance_usd"].values()), rel=0)


@pytest.mark.parametrize("meter", REQUESTS)
def test_bufstream_model_makes_the_published_requests(meter):
    case = GOLDEN["bufstream"]
    rate = a_second(bufstream(), meter, case["hours"])
    assert rate == pytest.approx(case["requests_s"][meter], rel=1e-6)


@pytest.mark.parametrize("line", ["storage", "requests", "network", "licence"])
def test_bufstream_model_line_by_line(line):
    case, cost = GOLDEN["bufstream"], by_meter(bufstream())
    ours = {
        "storage": cost["aws.s3.storage"],
        "requests": cost["aws.s3.put"] + cost["aws.s3.get"],
        "network": cost["aws.transfer.cross-zone"],
        "licence": cost["bufstream.data-written"],
    }
    assert ours[line] == pytest.approx(case["published_usd"][line], rel=case["model_tolerance"][line])


def test_bufstream_at_fifty_per_cent_of_the_cores():
    """1 GiB/s each way keeps 16 cores busy; at half use that is 32 vCPU, at the two thirds of the test 24."""
    load = GOLDEN["bufstream"]["workload"] | {"outage": "1 s"}
    for share, machines in ((0.5, 8), (2 / 3 + 1e-6, 6)):
        sizing = size(
            at_one_rate(**load, zones=1, replication_factor=1, use_up_to={"cpu": share}),
            "bufstream",
            machine="m6in.xlarge",
        )
        assert float(sizing.units) == machines
        assert sizing.binding == "CPU (normal)"


def test_bufstream_requests_of_the_larger_test():
    case = GOLDEN["bufstream_spanner"]
    base, each = (
        limit("bufstream", "bufstream", name).value for name in ("gets_per_broker_s", "gets_per_broker_and_reader_s")
    )
    reads = case["brokers"] * (base + each * case["fan_out"])
    assert reads == pytest.approx(case["reads_s"], rel=case["tolerance"])
    largest = limit("bufstream", "bufstream", "object_mib").value * MIB
    interval = limit("bufstream", "bufstream", "object_interval_s").value
    writes = float(objects_written(case["wire_mib_s"] * MIB, largest, interval, case["brokers"]))
    assert writes == pytest.approx(case["writes_s"], rel=case["tolerance"])


def test_bufstream_says_where_etcd_ends():
    sizing = size(
        at_one_rate(write="11 GiB/s", message="1 KiB", fan_out=1, retention="1 h"), "bufstream", machine="m6in.8xlarge"
    )
    assert not bool(sizing.feasible)
    assert "etcd" in sizing.violations[0] and "https://buf.build/blog/bufstream-on-spanner" in sizing.violations[0]


# ------------------------------------------------------------------------------------------------- WarpStream


@pytest.mark.parametrize("kind", GOLDEN["warpstream_month"]["usd"])
def test_warpstream_month_of_a_cluster(kind):
    case = GOLDEN["warpstream_month"]
    load = at_one_rate(write="1 MiB/s", message="1 KiB", fan_out=1, retention="1 d")
    sizing = size(
        load, "warpstream-byoc", machine="m6in.large", options={"cluster_type": kind}, hours_per_month=case["hours"]
    )
    usd = by_meter(sizing)["warpstream.cluster"]
    assert usd == pytest.approx(case["usd"][kind], abs=case["tolerance_usd"], rel=0)
    assert usd == pytest.approx(case["headline_usd"][kind], rel=case["headline_tolerance"])


def test_warpstream_fees_through_all_tiers():
    case = GOLDEN["warpstream_licence"]
    load = at_one_rate(
        write=case["write"],
        message="1 KiB",
        fan_out=3,
        retention=case["retention"],
        compression_ratio=4,
        partitions=10000,
    )
    cost = by_meter(size(load, "warpstream-byoc", machine="m6in.8xlarge", hours_per_month=case["hours"]))
    usd = cost["warpstream.data-written"] + cost["warpstream.data-stored"]
    assert usd == pytest.approx(case["usd"], rel=case["tolerance"])


def test_warpstream_requests_stay_below_the_published_bound():
    case = GOLDEN["warpstream_requests"]
    load = at_one_rate(
        write=case["write"], message="1 KiB", fan_out=case["fan_out"], retention="1 d", region="us-east-1"
    )
    cost = by_meter(size(load, "warpstream-byoc", machine="m6in.4xlarge", hours_per_month=720))
    per_day = (cost["aws.s3.put"] + cost["aws.s3.get"]) / 30
    assert case["usd_per_day_above"] < per_day < case["usd_per_day_below"]


def test_warpstream_partitions_are_those_of_the_cluster_type():
    load = at_one_rate(write="10 MiB/s", message="1 KiB", fan_out=1, retention="1 d", partitions=20000)
    sizing = size(load, "warpstream-byoc", machine="m6in.large")
    assert "16,384" in sizing.violations[0] and "https://www.warpstream.com/pricing" in sizing.violations[0]
    assert bool(size(load, "warpstream-byoc", machine="m6in.large", options={"cluster_type": "pro"}).feasible)
    assert plan(load, "warpstream-byoc").clusters == 2


def test_warpstream_shorter_batches_and_smaller_agents_cost_more_requests():
    load = at_one_rate(write="10 MiB/s", message="1 KiB", fan_out=1, retention="1 d")
    usual = size(load, "warpstream-byoc", machine="m6in.xlarge")
    quick = size(load, "warpstream-byoc", machine="m6in.xlarge", options={"batch_interval_s": 0.05})
    clock = float(usual.units) * 4
    assert a_second(usual, "aws.s3.put", 730) == pytest.approx(clock + 2.5, rel=0.02)
    assert a_second(quick, "aws.s3.put", 730) == pytest.approx(clock * 5 + 2.5, rel=0.02)


def test_warpstream_lever_has_the_default_of_the_table():
    from capacity import find_offer

    option = next(o for o in find_offer("warpstream-byoc").options if o.name == "batch_interval_s")
    assert option.default == limit("warpstream", "warpstream-byoc", "batch_interval_s").value


# ----------------------------------------------------------------------------------------------------- AutoMQ


def automq(write, retention, **more):
    return at_one_rate(
        write=write, message="1 KiB", measured_at="broker", fan_out=1, retention=retention, region="us-east-1", **more
    )


def test_automq_requests_and_storage():
    case = GOLDEN["automq_requests"]
    sizing = size(automq("500 MiB/s", "24 h"), "automq-byoc", machine=case["machine"], hours_per_month=case["hours"])
    for meter, way in (("aws.s3.put", "put"), ("aws.s3.get", "get")):
        assert a_second(sizing, meter, case["hours"]) == pytest.approx(case[f"{way}_s"], rel=case["tolerance"])
        month = float(sizing.usage[meter].quantity) * 1000
        assert month == pytest.approx(case[f"{way}_month"], rel=case["tolerance"])
    stored = float(sizing.usage["aws.s3.storage"].quantity)
    assert stored == pytest.approx(case["stored_gib"], rel=case["tolerance"])


def test_automq_thirteen_brokers():
    case = GOLDEN["automq_requests"]
    load = automq(
        "500 MB/s", "24 h", zones=1, replication_factor=1, survive="none", outage="1 s", use_up_to={"network": 1.0}
    )
    sizing = size(load, "automq-byoc", machine=case["machine"])
    assert float(sizing.units) == case["brokers"]
    out = next(c for c in sizing.constraints if (c.name, c.state) == ("network out", "normal"))
    assert float(out.demand) == pytest.approx(500e6 * case["outbound_factor"], rel=1e-12)


@pytest.mark.parametrize("line", GOLDEN["automq_1gib"]["usd"])
def test_automq_cloud_bill_at_1_gib(line):
    case = GOLDEN["automq_1gib"]
    hours = case["month_hours"] if line == "compute" else case["days_hours"]
    sizing = size(
        automq("1 GiB/s", "3 d"), "automq-byoc", machine=case["machine"], units=case["brokers"], hours_per_month=hours
    )
    cost = by_meter(sizing)
    stored = float(sizing.usage["aws.s3.storage"].quantity)
    ours = {
        "compute": cost["aws.ec2.instance"],
        "storage": stored * case["flat_usd_gib"],
        "requests": cost["aws.s3.put"] + cost["aws.s3.get"],
        "network": cost["aws.transfer.cross-zone"],
    }
    assert stored == pytest.approx(case["stored_gib"], rel=1e-9)
    assert ours[line] == pytest.approx(case["usd"][line], rel=case["tolerance"][line])


def test_automq_lowest_rates_cost_less():
    load = automq("100 MiB/s", "3 d")
    high, low = (plan(load, "automq-byoc", options={"rate": rate}).monthly_usd for rate in ("highest", "lowest"))
    assert low < high


# ------------------------------------------------------------------------------------------- laws and all of them


@pytest.mark.parametrize("mib_s,classic,diskless", GOLDEN["kip1150"]["cases"])
def test_requests_of_the_kip_1150_model(mib_s, classic, diskless):
    case = GOLDEN["kip1150"]
    written = objects_written(mib_s * MIB, case["object_mib"] * MIB, case["interval_s"])
    thousands = case["seconds"] / 1000
    usd = price("aws.s3.put", "standard", written * thousands)
    usd += price("aws.s3.get", "standard", written * case["read_share"] * thousands)
    assert usd == pytest.approx(diskless, abs=case["tolerance_usd"])
    paths = network_paths(mib_s * MIB, 0.0, 3, 3)
    crossing = (paths.produce_cross_zone + paths.replicate_cross_zone) * case["seconds"] / GIB
    assert price("aws.transfer.cross-zone", "", crossing * 2) == pytest.approx(classic, abs=case["tolerance_usd"])


def test_laws_by_hand():
    """8 MiB/s by two writers: the clock (8/s) beats the size (2/s); nothing is written where nothing comes in."""
    rate = np.array([0.0, 8.0, 80.0]) * MIB
    assert objects_written(rate, 4 * MIB, 0.25, 2).tolist() == [0.0, 8.0, 20.0]
    assert objects_cached([8.0, 8.0, 8.0], [0.0, 0.5, 4.0], 3).tolist() == [0.0, 12.0, 24.0]
    assert objects_compacted(rate, 4 * MIB, 2).tolist() == [0.0, 4.0, 40.0]


@pytest.mark.parametrize("offer", OFFERS)
def test_no_clients_across_zones_unless_asked(offer):
    load = at_one_rate(write="100 MiB/s", message="1 KiB", measured_at="broker", fan_out=2, retention="1 d")
    near, far = (
        size(load, offer, machine="m7g.4xlarge", options={"zone_aligned": aligned}).usage["aws.transfer.cross-zone"]
        for aligned in (True, False)
    )
    moved = 100 / 1024 * 730 * 3600
    assert float(near.quantity) < 0.02 * 2 * moved
    assert float(far.quantity - near.quantity) == pytest.approx(2 * moved * 3 * 2 / 3, rel=1e-9)


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize(
    "field,values",
    [
        ("payload_bytes_s wire_bytes_s records_s", [1.0, 1.3, 4.0, 30.0]),
        ("fan_out", [0.0, 0.3, 1.0, 5.0]),
        ("retention_s", [1.0, 2.0, 50.0]),
        ("partitions", [1.0, 100.0, 900.0]),
        ("cold_reads", [0.0, 0.1, 1.0]),
    ],
)
def test_more_never_costs_less(offer, field, values):
    one = Demand.of(at_one_rate(write="20 MiB/s", message="1 KiB", fan_out=1, retention="3 h", cold_reads=0.2))
    steps = np.array(values)
    names = field.split()
    if field == "cold_reads":
        d = one.replace(cold_reads=steps)
    elif field == "fan_out":
        d = one.replace(fan_out=steps)
    else:
        d = one.replace(**{name: getattr(one, name) * steps for name in names})
    costed = cost_all(d, offer, PriceBook.load())
    least = costed.cost.min(axis=0)
    assert np.isfinite(least).all()
    assert (np.diff(least) >= -1e-9 * least[:-1]).all()
    assert (np.diff(costed.sizing.units, axis=1) >= 0).all()
    for entry in costed.bill.entries:
        assert (entry.usage.quantity >= 0).all() and np.isfinite(entry.usage.quantity).all()


@pytest.mark.parametrize("offer", OFFERS)
def test_more_copies_than_s3_promises_are_refused(offer):
    load = at_one_rate(write="1 MiB/s", message="1 KiB", fan_out=1, retention="1 d", replication_factor=4, zones=4)
    sizing = size(load, offer, machine="m7g.large")
    assert not bool(sizing.feasible) and "docs.aws.amazon.com/AmazonS3" in sizing.violations[0]
