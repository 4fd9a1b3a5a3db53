"""What vendors published on clusters of others: bytes by the laws, at our prices or at those that the source states."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from capacity import Constraint, offers, size
from capacity.laws.paths import network_paths
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import round_up, units_needed
from pricing import PriceBook, bill, load_usage
from pricing.book import meters
from streamfacts.units import DAY, GIB, HOUR, MIB
from streamfacts.usage import Usage, UsageLine
from streamplan.planning.shipped_workloads import shipped_workloads
from tests.published import at_one_rate, compared

GOLDEN = json.loads((Path(__file__).parent / "cases" / "vendors.json").read_text(encoding="utf-8"))
PIB_IN_GIB = 2**20
#: AWS bills a GiB that crosses zones on both sides, Google on one.
AWS_SIDES = 2


def own_book(path, case, region, prices):
    """The shipped prices with those of the source on top: rows of meter, SKU, unit, price."""
    rows = [f"{m},{sku},{region},{unit},{usd!r},{case['as_of']},{case['source']}" for m, sku, unit, usd in prices]
    path.write_text("\n".join(["meter,sku,region,unit,price,as_of,source", *rows]) + "\n", encoding="utf-8")
    return PriceBook.load(path)


def priced(tmp_path, case, lines, prices=()):
    """Costs by label, through a usage file, a price book and a bill."""
    usage = tmp_path / "usage.yaml"
    document = {"region": case["region"], "hours_per_month": case["hours"], "source": case["source"]}
    usage.write_text(json.dumps(document | {"usage": [line for _, line in lines]}), encoding="utf-8")  # JSON is YAML
    book = own_book(tmp_path / "own.csv", case, case["region"], [*case.get("own_prices", []), *prices])
    given = load_usage(usage)
    result = bill(given.usage, book, given.region)
    assert result.missing == []
    cost = {}
    for (label, _), entry in zip(lines, result.entries, strict=True):
        cost[label] = cost.get(label, 0.0) + float(entry.cost)
    assert sum(cost.values()) == pytest.approx(result.total, rel=1e-12)
    return cost


def wire_gib_s(case):
    return case["inputs"]["write_gib_s"] / case["inputs"].get("compression_ratio", 1)


def held_gib(case, days, copies=1):
    return float(stored_bytes(wire_gib_s(case), days * DAY, copies))


def fleet(case, meter, hours=None):
    """The brokers, and the price of one that the line of the source comes to, as it gives no other."""
    line = {"meter": meter, "sku": case["machine"], "count": case["brokers"]}
    rate = case["usd"]["compute"] / (case["brokers"] * case["hours"])
    return ("compute", line), (meter, case["machine"], "instance-hour", rate)


def request_lines(case, hours, sku):
    thousands = hours * HOUR / 1000
    return [
        ("requests", {"meter": meter, "sku": sku, "quantity": rate * thousands})
        for meter, rate in case["requests_s"].items()
    ]


def agree(found, expected, room):
    assert found.keys() == expected.keys()
    for label, usd in expected.items():
        assert found[label] == pytest.approx(usd, abs=room, rel=0), label


# ------------------------------------------------------------------------------------------- Kafka on AWS, by Buf


def kafka_aws_disk(gib_in_a_tib):
    case = GOLDEN["kafka_aws"]
    disk = case["disk"]
    needed = held_gib(case, case["inputs"]["retention_days"], case["inputs"]["replication_factor"]) / disk["fill"]
    return math.ceil(needed / (disk["volume_tib"] * gib_in_a_tib))


def test_kafka_on_aws_needs_57_volumes_of_st1():
    case = GOLDEN["kafka_aws"]
    assert kafka_aws_disk(case["disk"]["gib_in_a_tib_of_the_page"]) == case["brokers"]
    assert kafka_aws_disk(1024) == case["brokers_with_1024_gib_in_a_tib"]


def kafka_aws_crossing():
    given = GOLDEN["kafka_aws"]["inputs"]
    paths = network_paths(
        wire_gib_s(GOLDEN["kafka_aws"]),
        given["fan_out"],
        given["replication_factor"],
        given["zones"],
        follower_fetch=True,
    )
    return float(paths.clients_cross_zone + paths.replicate_cross_zone)


def kafka_aws_cost(tmp_path, crossing):
    case = GOLDEN["kafka_aws"]
    disk = case["disk"]
    month = case["hours"] * HOUR
    lines = [
        ("compute", {"meter": "aws.ec2.instance", "sku": case["machine"], "count": case["brokers"]}),
        (
            "disk",
            {
                "meter": "aws.ebs.storage",
                "sku": disk["sku"],
                "quantity": f"{case['brokers'] * disk['volume_tib']} TiB",
            },
        ),
        ("network", {"meter": "aws.transfer.cross-zone", "quantity": crossing * month * AWS_SIDES}),
    ]
    hourly = case["machine_usd_a_month"] / case["hours"]
    return priced(tmp_path, case, lines, [("aws.ec2.instance", case["machine"], "instance-hour", hourly)])


def test_kafka_on_aws_line_by_line(tmp_path):
    case = GOLDEN["kafka_aws"]
    crossing = round(kafka_aws_crossing(), 2)
    assert crossing == case["rate_as_rounded_gib_s"]
    cost = kafka_aws_cost(tmp_path, crossing)
    agree(cost, case["usd"], case["tolerance_usd"])
    assert sum(case["usd"].values()) == case["total_usd"]
    assert sum(cost.values()) == pytest.approx(case["total_usd"], abs=2 * case["tolerance_usd"], rel=0)
    assert case["total_usd"] / case["bufstream_usd"] == pytest.approx(case["times_bufstream"], abs=0.005)


def test_kafka_on_aws_without_rounding(tmp_path):
    case = GOLDEN["kafka_aws"]
    cost = kafka_aws_cost(tmp_path, kafka_aws_crossing())
    assert cost["network"] == pytest.approx(case["usd"]["network"], rel=case["unrounded_tolerance"])
    assert cost["network"] < case["usd"]["network"]


def test_kafka_on_aws_the_offer_moves_the_same_bytes():
    case = GOLDEN["kafka_aws"]
    given = case["inputs"]
    load = at_one_rate(
        write=f"{wire_gib_s(case)} GiB/s",
        measured_at="broker",
        fan_out=given["fan_out"],
        retention=f"{given['retention_days']} d",
        region=case["region"],
    )
    near = {"follower_fetch": True}
    sizing = size(load, "kafka-ec2-ebs", machine="m7g.4xlarge", options=near, hours_per_month=case["hours"])
    moved = kafka_aws_crossing() * case["hours"] * HOUR * AWS_SIDES
    assert float(sizing.usage["aws.transfer.cross-zone"].quantity) == pytest.approx(moved, rel=1e-12)
    on_disk = next(c for c in sizing.constraints if c.name == "disk space")
    held = held_gib(case, given["retention_days"], given["replication_factor"])
    assert float(on_disk.demand) / GIB == pytest.approx(held, rel=1e-12)


# ---------------------------------------------------------------------------------------- Kafka on AWS, by AutoMQ


def test_kafka_of_automq_line_by_line(tmp_path):
    case = GOLDEN["kafka_automq"]
    given = case["inputs"]
    paths = network_paths(given["write_gib_s"], given["fan_out"], given["replication_factor"], given["zones"])
    crossing = float(paths.clients_cross_zone + paths.replicate_cross_zone)
    meter, sku, _, _ = case["own_prices"][0]
    held = held_gib(case, given["retention_days"], given["replication_factor"])
    lines = [
        ("disk", {"meter": meter, "sku": sku, "quantity": held}),
        ("network", {"meter": "aws.transfer.cross-zone", "quantity": crossing * case["hours"] * HOUR * AWS_SIDES}),
    ]
    cost = priced(tmp_path, case, lines) | {"compute": case["usd"]["compute"]}
    agree(cost, case["usd"], case["tolerance_usd"])
    assert sum(cost.values()) == pytest.approx(case["total_usd"], abs=case["tolerance_usd"], rel=0)


# ------------------------------------------------------------------------------------------ 100 GiB/s in one region


def test_bufstream_on_google_line_by_line(tmp_path):
    case = GOLDEN["bufstream_gcp"]
    held = held_gib(case, case["inputs"]["retention_days"])
    assert held / PIB_IN_GIB == pytest.approx(case["stored_pib"], abs=0.005)
    compute, rate = fleet(case, "gcp.gce.instance")
    written = case["inputs"]["write_gib_s"] * case["hours"] * HOUR
    lines = [
        compute,
        ("storage", {"meter": "gcp.gcs.storage", "sku": "standard", "quantity": held}),
        *request_lines(case, case["request_hours"], "standard"),
        ("licence", {"meter": "bufstream.data-written", "quantity": written}),
    ]
    cost = priced(tmp_path, case, lines, [rate])
    agree(cost, case["usd"], case["tolerance_usd"])
    total = sum(cost.values()) + sum(case["given_usd"].values())
    assert total == pytest.approx(case["total_usd"], abs=case["tolerance_usd"], rel=0)
    infrastructure = total - cost["licence"]
    assert infrastructure == pytest.approx(case["infrastructure_usd"], abs=case["tolerance_usd"], rel=0)
    # what the page says adds up, and what it pays for machines is below the list
    assert sum(case["usd"].values()) + sum(case["given_usd"].values()) == case["total_usd"]
    assert rate[-1] < PriceBook.load().price("gcp.gce.instance", case["machine"], case["region"]).price


def kafka_gcp_paths():
    case = GOLDEN["kafka_gcp"]
    given = case["inputs"]
    return network_paths(
        wire_gib_s(case),
        given["fan_out"],
        given["replication_factor"],
        given["zones"],
        follower_fetch=True,
        tiered=True,
    )


def test_kafka_on_google_line_by_line(tmp_path):
    case = GOLDEN["kafka_gcp"]
    given, paths = case["inputs"], kafka_gcp_paths()
    found = {
        "produce": float(paths.produce_cross_zone),
        "replicate": float(paths.replicate_cross_zone),
        "consume": float(paths.consume_cross_zone),
    }
    agree(found, case["gib_s"], case["gib_s_tolerance"])
    tiered = held_gib(case, given["retention_days"] - given["hot_days"])
    assert tiered / PIB_IN_GIB == pytest.approx(case["tiered_pib"], abs=0.005)
    compute, rate = fleet(case, "gcp.gce.instance")
    lines = [
        compute,
        ("storage", {"meter": "gcp.gcs.storage", "sku": "standard", "quantity": tiered}),
        ("network", {"meter": "gcp.transfer.cross-zone", "quantity": sum(found.values()) * case["hours"] * HOUR}),
    ]
    cost = priced(tmp_path, case, lines, [rate])
    agree(cost, case["usd"], case["tolerance_usd"])
    assert sum(cost.values()) == pytest.approx(case["total_usd"], abs=case["tolerance_usd"], rel=0)
    assert sum(case["usd"].values()) == case["total_usd"]


def test_kafka_on_google_has_as_many_brokers_as_disks_for_a_day():
    """The source does not say how it came to 172; a day in three copies is 6,328 TiB."""
    case = GOLDEN["kafka_gcp"]
    on_disk = held_gib(case, case["inputs"]["hot_days"], case["inputs"]["replication_factor"])
    assert math.ceil(on_disk / (case["disk_tib_of_a_broker"] * 1024)) == case["brokers"]


def test_kafka_on_google_the_offer_moves_and_holds_the_same_bytes():
    """Closed segments go to Cloud Storage at once with us, so the day on disk is there too."""
    case = GOLDEN["kafka_gcp"]
    given, paths = case["inputs"], kafka_gcp_paths()
    load = at_one_rate(
        write=f"{wire_gib_s(case)} GiB/s",
        measured_at="broker",
        fan_out=given["fan_out"],
        retention=f"{given['retention_days']} d",
        hot_retention=f"{given['hot_days']} d",
        region=case["region"],
    )
    near = {"follower_fetch": True}
    sizing = size(load, "kafka-gce-disk-tiered", machine="n2d-standard-32", options=near, hours_per_month=case["hours"])
    moved = float(paths.produce_cross_zone + paths.replicate_cross_zone) * case["hours"] * HOUR
    assert float(sizing.usage["gcp.transfer.cross-zone"].quantity) == pytest.approx(moved, rel=1e-12)
    on_disk = next(c for c in sizing.constraints if c.name == "disk space")
    hot = held_gib(case, given["hot_days"], given["replication_factor"])
    assert float(on_disk.demand) / GIB == pytest.approx(hot, rel=1e-12)
    stored = float(sizing.usage["gcp.gcs.storage"].quantity)
    assert stored == pytest.approx(held_gib(case, given["retention_days"]), rel=1e-12)


# ---------------------------------------------------------------------------------------- 100 GiB/s in two or three


def test_bufstream_over_regions_line_by_line(tmp_path):
    case = GOLDEN["bufstream_regions"]
    given, month = case["inputs"], case["hours"] * HOUR
    held = held_gib(case, given["retention_days"])
    paths = network_paths(wire_gib_s(case), given["fan_out"], 1, 1, cross_region_copies=given["other_regions"])
    replicated = float(paths.cross_region) * month
    assert held / PIB_IN_GIB == pytest.approx(case["stored_pib"], abs=case["pib_tolerance"])
    assert replicated / PIB_IN_GIB == pytest.approx(case["replicated_pib"], abs=case["pib_tolerance"])
    compute, rate = fleet(case, "gcp.gce.instance")
    lines = [
        compute,
        ("storage", {"meter": "gcp.gcs.storage", "sku": "dual-region", "quantity": held}),
        *request_lines(case, case["hours"], "dual-region"),
        ("replication", {"meter": "gcp.transfer.inter-region", "quantity": replicated}),
        ("licence", {"meter": "bufstream.data-written", "quantity": given["write_gib_s"] * month}),
    ]
    cost = priced(tmp_path, case, lines, [rate])
    agree(cost, case["usd"], case["tolerance_usd"])
    total = sum(cost.values()) + sum(case["given_usd"].values())
    assert total == pytest.approx(case["total_usd"], abs=case["tolerance_usd"], rel=0)
    infrastructure = total - cost["licence"]
    assert infrastructure == pytest.approx(case["infrastructure_usd"], abs=case["tolerance_usd"], rel=0)


def stretch_paths():
    """Regions in the place of zones first, then the zones of the leader's region and of the readers'."""
    case = GOLDEN["kafka_stretch"]
    given, write = case["inputs"], wire_gib_s(case)
    copies, regions, zones = given["replication_factor"], given["regions"], given["zones"]
    between = network_paths(write, given["fan_out"], copies, regions, follower_fetch=True)
    at_home = write - float(between.produce_cross_zone)
    assert float(between.consume_cross_zone) == 0.0
    within = network_paths(at_home, 0, 1, zones)
    readers = network_paths(write, given["fan_out"], 1, zones)
    return {
        "between regions": float(between.produce_cross_zone + between.replicate_cross_zone),
        "producers between zones": float(within.produce_cross_zone),
        "consumers between zones": float(readers.consume_cross_zone),
    }


def test_stretch_cluster_line_by_line(tmp_path):
    case = GOLDEN["kafka_stretch"]
    given, month, rates = case["inputs"], case["hours"] * HOUR, stretch_paths()
    agree(rates, case["gib_s"], case["gib_s_tolerance"])
    bucket = float(network_paths(wire_gib_s(case), 0, 1, 1, cross_region_copies=1).cross_region)
    held = held_gib(case, given["retention_days"])
    compute, rate = fleet(case, "gcp.gce.instance")
    region, zone = "gcp.transfer.inter-region", "gcp.transfer.cross-zone"
    lines = [
        compute,
        ("storage", {"meter": "gcp.gcs.storage", "sku": "dual-region", "quantity": held}),
        ("bucket", {"meter": region, "quantity": bucket * month}),
        ("producers", {"meter": region, "quantity": rates["between regions"] * month}),
        ("producers", {"meter": zone, "quantity": rates["producers between zones"] * month}),
        ("consumers", {"meter": zone, "quantity": rates["consumers between zones"] * month}),
    ]
    cost = priced(tmp_path, case, lines, [rate])
    agree(cost, case["usd"], case["tolerance_usd"])
    assert sum(cost.values()) == pytest.approx(case["total_usd"], abs=case["tolerance_usd"], rel=0)


# ------------------------------------------------------------------------------------------------- an elastic day


def node_network(demand_bytes_s):
    case = GOLDEN["elastic_day"]
    return Constraint(
        "network out",
        "normal",
        demand_bytes_s,
        case["network_gbit_s"] * GIB / 8,
        case["network_use_up_to"],
        "bytes/s",
        case["source"],
    )


def elastic_brokers():
    """Brokers of each hour: what comes in is uploaded once and read once; the controllers carry their share."""
    case = GOLDEN["elastic_day"]
    paths = network_paths(np.array(case["mb_s"]) * MIB, case["fan_out"], 1, 1, tiered=True)
    controllers = case["controllers"]
    nodes = units_needed([node_network(paths.tier_upload + paths.consume)], controllers + case["least_brokers"], 1)
    return nodes - controllers


def peak_nodes():
    case = GOLDEN["elastic_day"]
    paths = network_paths(max(case["mb_s"]) * MIB, case["fan_out"], case["replication_factor"], 3)
    return float(units_needed([node_network(paths.replicate + paths.consume)], case["replication_factor"], 1))


def day_held_gib():
    mean = np.mean(GOLDEN["elastic_day"]["mb_s"]) * MIB
    return float(stored_bytes(mean, DAY)) / GIB


def test_elastic_day_nodes_and_bytes():
    case = GOLDEN["elastic_day"]
    assert peak_nodes() == case["peak_nodes"]
    assert day_held_gib() == pytest.approx(case["held_gib"], rel=1e-12)
    disk = day_held_gib() * case["replication_factor"] / case["disk_use_up_to"]
    assert disk == pytest.approx(case["disk_gib"], rel=1e-12)
    brokers = elastic_brokers()
    assert brokers.shape == (24,)
    # by hand: 800 x 2 / 79.97 = 20.01 and 1200 x 2 / 79.97 = 30.01 nodes, less three controllers
    assert set(brokers) == {1.0, 18.0, 28.0}
    assert (brokers[12], brokers[18]) == (18.0, 28.0)


def test_elastic_day_the_offer_needs_the_same_nodes():
    """Gbit of 2^30 are more than ours of 10^9, so the same share of a link is a write of 1200 MiB/s x 10^9 / 2^30."""
    case = GOLDEN["elastic_day"]
    load = at_one_rate(
        write=f"{max(case['mb_s']) * MIB * 1e9 / GIB!r} B/s",
        measured_at="broker",
        fan_out=case["fan_out"],
        use_up_to={"network": case["network_use_up_to"]},
    )
    sizing = size(load, "kafka-ec2-ebs", machine=case["machine"])
    out = next(c for c in sizing.constraints if (c.name, c.state) == ("network out", "normal"))
    assert float(round_up(out.needed())) == case["peak_nodes"]


@pytest.mark.parametrize("place", GOLDEN["elastic_day"]["regions"])
def test_elastic_day_line_by_line(place, tmp_path):
    case = GOLDEN["elastic_day"]
    prices, printed = case["regions"][place]["prices"], case["regions"][place]["printed"]
    name, hours = case["machine"], case["hours"]
    spot = f"{name} spot"
    region = "us-east-1"  # see why_us_east_1
    book = own_book(
        tmp_path / "own.csv",
        case,
        region,
        [
            ("aws.ec2.instance", name, "instance-hour", prices["instance"]),
            ("aws.ec2.instance", spot, "instance-hour", prices["instance"] * case["price_of_spot"]),
            ("aws.ebs.storage", "gp3", "GiB-month", prices["disk"]),
            ("aws.s3.storage", "standard", "GiB-month", prices["object"]),
        ],
    )
    controllers, brokers = case["controllers"], elastic_brokers()
    node_disks = (controllers + float(brokers.mean())) * case["node_disk_gib"]
    kafka_disks = day_held_gib() * case["replication_factor"] / case["disk_use_up_to"]
    lines = [
        ("elastic instances", "aws.ec2.instance", name, controllers * hours, "instance-hour"),
        ("elastic instances", "aws.ec2.instance", spot, float(brokers.sum()), "instance-hour"),
        ("elastic instances", "aws.ebs.storage", "gp3", node_disks, "GiB-month"),
        ("elastic objects", "aws.s3.storage", "standard", day_held_gib(), "GiB-month"),
        ("kafka instances", "aws.ec2.instance", name, peak_nodes() * hours, "instance-hour"),
        ("kafka disks", "aws.ebs.storage", "gp3", kafka_disks, "GiB-month"),
    ]
    usage = Usage(tuple(UsageLine(m, np.asarray(q), unit, sku) for _, m, sku, q, unit in lines), hours)
    result = bill(usage.for_part_of_a_month(), book, region)
    assert result.missing == []
    cost = {}
    for (label, *_), entry in zip(lines, result.entries, strict=True):
        cost[label] = cost.get(label, 0.0) + float(entry.cost)
    cost["elastic"] = cost["elastic instances"] + cost["elastic objects"]
    cost["kafka"] = cost["kafka instances"] + cost["kafka disks"]
    cost["ratio"] = cost["kafka"] / cost["elastic"]
    agree(cost, printed, case["tolerance"] + 1e-6)


# ------------------------------------------------------------------------------------------------------ the rest


def test_upstash_without_messages_costs_nothing():
    case = GOLDEN["upstash_nothing"]
    lines = (
        UsageLine("upstash.kafka.messages", np.asarray(0.0), "100k-messages", "multi-replica"),
        UsageLine("upstash.kafka.storage", np.asarray(0.0), "gigabyte-month"),
    )
    assert bill(Usage(lines, 744)).total == case["usd"]


def test_pubsub_bytes_of_a_request():
    case = GOLDEN["pubsub_quota"]
    messages = case["messages"]
    load = at_one_rate(messages=f"{messages} records/s", message=case["message"], fan_out=0, region="us-central1")
    options = {"messages_per_request": messages, "overhead_bytes": case["topic_name_bytes"] / messages}
    sizing = size(load, "pubsub", machine="pull subscriptions", options=options)
    quota = next(x for x in sizing.limits if x.name == "publish throughput of the region")
    peak = float(quota.demand) / float(sizing.demand.peak_ratio)
    assert peak == pytest.approx(case["bytes"], rel=case["tolerance"])
    assert float(round_up(peak, case["step_bytes"])) / 1000 == case["kb"]


@pytest.mark.parametrize("sku", GOLDEN["disk_half_month"]["usd"])
@pytest.mark.parametrize("span", GOLDEN["disk_half_month"]["hours"])
def test_persistent_disk_for_a_month_and_half_of_it(sku, span, tmp_path):
    case = GOLDEN["disk_half_month"]
    line = UsageLine("gcp.disk.storage", np.asarray(float(case["gib"])), "GiB-month", sku)
    usage = Usage((line,), case["hours"][span]).for_part_of_a_month()
    book = own_book(tmp_path / "own.csv", case, case["region"], case["own_prices"])
    expected = pytest.approx(case["usd"][sku][span], abs=case["tolerance_usd"], rel=0)
    assert bill(usage, book, case["region"]).total == expected
    shipped = bill(usage, region=case["region"])
    if sku == "pd-ssd":
        assert shipped.total == expected
    else:
        assert shipped.total is None and "gcp.disk.storage pd-standard" in shipped.missing[0]


# ---------------------------------------------------------------------------------- every offer on every workload


@pytest.mark.parametrize("name", sorted(shipped_workloads()))
def test_compare_says_of_every_offer_what_it_costs_or_why_not(name):
    rows = compared(name).short_rows
    assert sorted(row["platform"] for row in rows) == sorted(offers())
    for row in rows:
        offer, reason = offers()[row["platform"]], row["reason"]
        if row["status"] in ("feasible", "closed"):
            assert row["monthly_usd"] > 0 and row["units"] >= 1, row["platform"]
            assert row["closed"] == offer.closed and bool(offer.closed) == (row["status"] == "closed")
        elif row["status"] == "price missing":
            assert row["monthly_usd"] is None and row["units"] >= 1, row["platform"]
            for sentence in reason.split("; "):
                words = sentence.removeprefix("no price for ").split()
                assert sentence.startswith("no price for ") and words[0] in meters(), f"{row['platform']}: {reason}"
        else:
            assert row["status"] == "infeasible" and row["monthly_usd"] is None
            assert reason.strip() and not reason.startswith("no price for"), row["platform"]
