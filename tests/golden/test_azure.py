"""What Microsoft and others published on Event Hubs, disks and transfer; sizes by hand; what does not fit."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from capacity import Demand, offers, size
from capacity.clouds.cloud import find_cloud
from capacity.sizing.machines import machine_table
from pricing import PriceBook, bill
from streamfacts.tables import limit, regions
from streamfacts.units import GIB, MIB
from streamfacts.usage import Usage, UsageLine
from streamplan.planning.plan import cost_all, plan
from tests.published import to_the_quota

GOLDEN = json.loads((Path(__file__).parent / "cases" / "azure.json").read_text(encoding="utf-8"))
STANDARD, PREMIUM, DEDICATED = "event-hubs-standard", "event-hubs-premium", "event-hubs-dedicated"
SSD = "kafka-azure-ssd"
OURS = [name for name, offer in offers().items() if offer.provider == "azure"]


def load(**fields):
    asked = {"write": "1 MB/s", "message": "1000 B", "fan_out": 1, "retention": "24 h", "region": "eastus"}
    return to_the_quota(**{**asked, **fields})


def one(platform, workload, **choices):
    """The only configuration of an Event Hubs offer, sized."""
    name = str(offers()[platform].configurations()[0])
    return size(workload, platform, machine=name, **choices)


def usd(book, meter, sku, quantity, unit, region="eastus"):
    line = UsageLine(meter, np.asarray(float(quantity)), unit, sku)
    return float(bill(Usage((line,)), book, region).total)


# ------------------------------------------------------------------------------------------- Event Hubs, billed


@pytest.mark.parametrize("name", GOLDEN["namespaces"]["cases"])
def test_namespaces_to_the_cent(name, book):
    golden, case = GOLDEN["namespaces"], GOLDEN["namespaces"]["cases"][name]
    hours, cent = golden["hours"], golden["tolerance_usd"]
    meter = "azure.event-hubs."
    parts = {
        "units_usd": usd(book, f"{meter}throughput-unit", case["sku"], case["units"] * hours, "TU-hour"),
        "events_usd": usd(book, f"{meter}ingress-events", case["sku"], case["million_events"], "million-events"),
        "capture_usd": usd(book, f"{meter}capture", "", case["capture_units"] * hours, "TU-hour"),
    }
    for key, cost in parts.items():
        assert cost == pytest.approx(case[key], abs=cent), key
    assert sum(parts.values()) == pytest.approx(case["total_usd"], abs=cent)


@pytest.mark.parametrize("meter", GOLDEN["namespaces"]["monthly"])
def test_units_of_premium_and_dedicated_for_a_month(meter, book):
    price = book.price(meter, "", "eastus").price
    assert price * 730 == pytest.approx(GOLDEN["namespaces"]["monthly"][meter], abs=0.005)


@pytest.mark.parametrize("message", GOLDEN["billable_events"]["events"])
def test_billable_events(message):
    s = one(STANDARD, load(write=None, messages="10 records/s", message=message))
    events = float(s.usage["azure.event-hubs.ingress-events"].quantity) * 1e6
    sent = 10 * 730 * 3600
    assert events == pytest.approx(
        sent * GOLDEN["billable_events"]["events"][message], rel=GOLDEN["billable_events"]["tolerance"]
    )


def test_unit_hours_follow_the_most_units_of_each_hour(book):
    case = GOLDEN["unit_hours"]
    hours = sum(
        float(one(STANDARD, load(write=f"{n} MB/s"), hours_per_month=1).usage.lines[0].quantity)
        for n in case["most_units_by_hour"]
    )
    assert hours == case["unit_hours"]
    assert usd(book, "azure.event-hubs.throughput-unit", "standard", hours, "TU-hour") == pytest.approx(case["usd"])


@pytest.mark.parametrize("endpoint", [False, True])
def test_a_small_namespace(endpoint, book):
    case = GOLDEN["small"]
    p = plan(to_the_quota(**case["inputs"]), STANDARD, book, options={"kafka_endpoint_meter": endpoint})
    assert float(p.sizing.units) == 1
    events = float(p.sizing.usage["azure.event-hubs.ingress-events"].quantity)
    assert events == pytest.approx(case["million_events"])
    expected = case["usd"] + (case["kafka_endpoint_usd"] if endpoint else 0.0)
    assert p.monthly_usd == pytest.approx(expected, abs=case["tolerance_usd"])
    assert round(p.monthly_usd - expected + case["usd"]) == case["printed_usd"]


def test_storage_beyond_the_allowance(book):
    case = GOLDEN["storage"]
    rate = 500e3
    held = {"retention": f"{case['held_gib'] * GIB / rate!r} s"}
    p = plan(load(write=f"{rate} B/s", **held), STANDARD, book)
    assert float(p.sizing.units) == 1
    cost = {entry.usage.meter: float(entry.cost) for entry in p.bill.entries}
    assert cost["azure.blob.storage"] == pytest.approx(case["usd"], abs=case["tolerance_usd"])


def test_a_day_at_full_ingress_is_covered_by_the_allowance():
    """The vendor says so; it holds for the decimal reading of MB and GiB of allowance that the model takes."""
    p = one(STANDARD, load(write="40 MB/s", retention="24 h", peak_ratio=1))
    assert float(p.units) == 40
    assert float(p.usage["azure.blob.storage"].quantity) == 0


# ------------------------------------------------------------------------------------------- Event Hubs, sized


@pytest.mark.parametrize("case", GOLDEN["benchmark"]["cases"], ids=lambda c: str(c["message_bytes"]))
def test_benchmark_of_dedicated(case):
    workload = load(
        write=f"{case['ingress_mb_s']} MB/s", message=f"{case['message_bytes']} B", fan_out=case["receivers"]
    )
    standard = one(STANDARD, workload)
    ingress = next(c for c in standard.constraints if c.name == "ingress bytes")
    assert float(ingress.needed()) == pytest.approx(case["throughput_units"])
    cu = GOLDEN["benchmark"]["capacity_units"]
    assert math.floor(case["throughput_units"] / cu) == case["by_unit"]
    rates = {
        "ingress_mb_s_per_unit": case["ingress_mb_s"] / cu,
        "egress_mb_s_per_unit": case["ingress_mb_s"] / cu * case["receivers"],
    }
    full = load(
        write=f"{case['ingress_mb_s']} MB/s",
        message=f"{case['message_bytes']} B",
        fan_out=case["receivers"],
        use_up_to={"quota": 1.0},
        partitions=200,
    )
    # AMQP, so that the bytes are those of the events
    assert float(one(DEDICATED, full, options={**rates, "protocol": "amqp"}).units) == cu


def test_dedicated_plans_with_the_smallest_records_and_seventy_percent():
    """210 MB/s of 10 KB read once: 210 / (100 x 0.7) = 3 units; with 100-byte records 210 / (100 x 0.7) by events."""
    workload = load(write="210 MB/s", message="10000 B")
    amqp = {"protocol": "amqp"}
    assert float(one(DEDICATED, workload, options=amqp).units) == 3
    small = load(write="21 MB/s", message="100 B")
    s = one(DEDICATED, small, options=amqp)
    assert float(s.units) == 3 and s.binding == "ingress events (normal)"


def test_limits_that_rise_with_the_units_of_premium():
    case = GOLDEN["by_unit"]
    for name, row in (("connections", case["connections"]), ("partitions", case["partitions"])):
        assert limit("azure", PREMIUM, name).value * row["units"] == row["limit"]
    assert float(one(PREMIUM, load(partitions=case["partitions"]["limit"])).units) == case["partitions"]["units"]
    assert float(one(PREMIUM, load(partitions=case["partitions"]["limit"] + 1)).units) == 4, "three are not sold"
    assert float(one(PREMIUM, load(connections=30_000)).units) == 4


@pytest.mark.parametrize(
    ("write", "fan_out", "message", "units", "binding"),
    [
        ("3 MB/s", 2, "10000 B", 3, "ingress bytes (normal)"),  # 3 / 1; out 6 / 2
        ("3 MB/s", 3, "10000 B", 5, "egress bytes (normal)"),  # out 9 / 2
        ("3 MB/s", 1, "500 B", 6, "ingress events (normal)"),  # 6,000 / 1,000
        ("3 MB/s", 5, "400 B", 10, "egress events (normal)"),  # 37,500 / 4,096 = 9.2; bytes 15 / 2, in 7,500 / 1,000
    ],
)
def test_throughput_units_by_hand(write, fan_out, message, units, binding):
    s = one(STANDARD, load(write=write, fan_out=fan_out, message=message))
    assert float(s.units) == units
    assert s.binding == binding


@pytest.mark.parametrize(("mb_s", "units"), [(5, 1), (6, 2), (12, 4), (21, 6), (31, 8), (45, 10), (60, 12), (61, 16)])
def test_processing_units_come_in_the_steps_sold(mb_s, units):
    """At 5 MB/s in and 10 MB/s out for one: 12 MB/s is 2.4, and three are not sold."""
    s = one(PREMIUM, load(write=f"{mb_s} MB/s", message="10000 B"), options={"protocol": "amqp"})
    assert s.feasible and float(s.units) == units


def test_premium_between_the_ends_of_the_published_range():
    workload = load(write="40 MB/s", message="10000 B", fan_out=2)
    low = float(one(PREMIUM, workload, options={"protocol": "amqp"}).units)
    high = {"protocol": "amqp", "ingress_mb_s_per_unit": 10, "egress_mb_s_per_unit": 20}
    assert (low, float(one(PREMIUM, workload, options=high).units)) == (8, 4)


def test_only_kafka_compresses_and_not_on_standard():
    workload = load(write="40 MB/s", message="1000 B", compression_ratio=4)
    assert float(one(STANDARD, workload).units) == 40
    amqp, kafka = (float(one(PREMIUM, workload, options={"protocol": p}).units) for p in ("amqp", "kafka"))
    assert kafka < amqp == 8


def test_more_than_forty_units_become_namespaces(book):
    p = plan(load(write="100 MB/s", message="10000 B"), STANDARD, book)
    assert p.feasible and p.clusters * float(p.sizing.units) >= 100 and float(p.sizing.units) <= 40


# ------------------------------------------------------------------------------------------------- what does not fit


@pytest.mark.parametrize(
    ("platform", "fields", "options", "said"),
    [
        (STANDARD, {"retention": "8 d"}, {}, "retention: 8 d is above the most, 7 d"),
        (PREMIUM, {"retention": "91 d"}, {}, "retention: 91 d is above the most, 90 d"),
        (DEDICATED, {"retention": "91 d"}, {}, "retention: 91 d is above the most, 90 d"),
        (STANDARD, {"message": "1100 KiB"}, {}, "event size"),
        (DEDICATED, {"message": "2 MiB"}, {}, "large messages"),
        (STANDARD, {"consumer_groups": 21}, {"protocol": "amqp"}, "consumer groups of an event hub: 21"),
        (STANDARD, {"write": "41 MB/s", "message": "10000 B"}, {}, "throughput units of a namespace: 41"),
        (STANDARD, {"partitions": 321}, {}, "partitions of a namespace (10 event hubs of 32): 321"),
        (STANDARD, {"connections": 5001}, {}, "connections to a namespace"),
        (PREMIUM, {"write": "81 MB/s", "message": "10000 B"}, {"protocol": "amqp"}, "processing units of a namespace"),
        (DEDICATED, {"write": "1.5 GB/s", "use_up_to": {"quota": 0.7}}, {}, "capacity units of a cluster"),
    ],
)
def test_what_does_not_fit_is_said_with_its_source(platform, fields, options, said):
    s = one(platform, load(**fields), options=options)
    assert not s.feasible
    assert any(said in sentence and source.startswith("https://") for sentence, source in s.broken), s.broken


def test_twenty_one_kafka_groups_fit():
    assert one(STANDARD, load(consumer_groups=21)).feasible


def test_a_region_without_prices_is_named(book):
    p = plan(load(region="southeastasia"), STANDARD, book)
    assert p.feasible and p.monthly_usd is None
    assert "azure.event-hubs.throughput-unit standard in southeastasia" in p.reason


# ----------------------------------------------------------------------------------------------------- disks, network


def volume_usd(book, gib, iops, mb_s):
    lines = find_cloud("azure").volume.lines(
        np.asarray(1.0), np.asarray(float(gib)), np.asarray(mb_s * 1e6 / MIB), np.asarray(float(iops)), 0.0
    )
    return lines, bill(Usage(tuple(lines)), book, "eastus")


def test_what_is_billed_of_a_premium_ssd_v2(book):
    case = GOLDEN["premium_ssd_v2"]["billable"]
    lines, cost = volume_usd(book, case["gib"], case["iops"], case["mb_s"])
    quantity = {line.meter: float(line.quantity) for line in lines}
    assert quantity["azure.disk.iops"] == case["billable_iops"]
    assert quantity["azure.disk.throughput"] == pytest.approx(case["billable_mb_s"])
    assert float(cost.total) == pytest.approx(case["usd_derived"], abs=0.01)


@pytest.mark.parametrize("case", GOLDEN["premium_ssd_v2"]["performance_usd"], ids=lambda c: f"{c['iops']}-{c['mb_s']}")
def test_performance_of_a_premium_ssd_v2_to_the_cent(case, book):
    _, cost = volume_usd(book, 1024, case["iops"], case["mb_s"])
    paid = {entry.usage.meter: float(entry.cost) for entry in cost.entries}
    performance = paid["azure.disk.iops"] + paid["azure.disk.throughput"]
    assert performance == pytest.approx(case["usd"], abs=GOLDEN["premium_ssd_v2"]["tolerance_usd"])


def test_size_and_throughput_that_operations_need(book):
    golden = GOLDEN["premium_ssd_v2"]
    for gib, iops in golden["iops_of_size"].items():
        lines, _ = volume_usd(book, 1, iops, 125)
        assert float(lines[0].quantity) == float(gib)
    for iops, mb_s in golden["mb_s_of_iops"].items():
        throughput, bought = find_cloud("azure").volume.bought(np.asarray(mb_s * 1e6), 262144.0)
        assert float(throughput) * MIB / 1e6 == pytest.approx(mb_s)
        assert float(bought) == float(iops)


@pytest.mark.parametrize("gb", GOLDEN["internet"]["usd"])
def test_transfer_to_the_internet(gb, book):
    cost = usd(book, "azure.transfer.internet", "", float(gb), "GiB")
    assert cost == pytest.approx(GOLDEN["internet"]["usd"][gb], abs=GOLDEN["internet"]["tolerance_usd"])


def test_peering_is_paid_in_both_directions(book):
    case = GOLDEN["peering"]
    assert usd(book, "azure.vnet.peering", "", 2000, "GiB") == pytest.approx(case["usd"], abs=case["tolerance_usd"])


# ----------------------------------------------------------------------------------------------- machines and Kafka


def vm_prices():
    return [row for key, rows in PriceBook.load().prices.items() if key[0] == "azure.vm.instance" for row in rows]


def test_no_price_of_a_machine_is_that_of_a_reservation():
    """Rows of reservations give the whole term under "1 Hour": 519 for a year of what costs 0.096 an hour."""
    case = GOLDEN["reservation"]
    for years, total in case["term_usd"].items():
        assert total / (8760 * int(years)) == pytest.approx(case["hourly_usd"][years], abs=case["tolerance_usd"])
    price = PriceBook.load().price("azure.vm.instance", case["machine"], case["region"]).price
    assert price == case["on_demand_usd"]
    assert price > max(case["hourly_usd"].values())
    table = machine_table("azure_vm")
    vcpu = dict(zip(table.names.tolist(), table["vcpu"].tolist(), strict=True))
    for row in vm_prices():
        assert 0.02 <= row.price / vcpu[row.sku] <= 0.15, f"{row.sku} {row.region}: {row.price} an hour"


def test_prices_of_a_family_rise_with_its_size():
    """A machine twice as large costs twice as much, but for the reduced memory of one size."""
    table = machine_table("azure_vm")
    price = {(row.sku, row.region): row.price for row in vm_prices()}
    vcpu = dict(zip(table.names.tolist(), table["vcpu"].tolist(), strict=True))
    family = dict(zip(table.names.tolist(), table["family"].tolist(), strict=True))
    base = {}
    for (sku, region), usd_hour in sorted(price.items(), key=lambda item: vcpu[item[0][0]]):
        first = base.setdefault((family[sku], region), usd_hour / vcpu[sku])
        assert usd_hour / vcpu[sku] == pytest.approx(first, rel=0.02), (sku, region)


def test_machines_and_prices_are_of_known_regions_and_names():
    known = set(machine_table("azure_vm").names.tolist())
    assert {row.sku for row in vm_prices()} == known
    assert {row.region for row in vm_prices()} <= {r for r, p in regions().items() if p == "azure"}


def test_kafka_on_azure_pays_nothing_between_zones(book):
    p = plan(load(write="100 MB/s", fan_out=3), SSD, book)
    assert p.feasible and p.monthly_usd is not None
    assert not [line for line in p.sizing.usage if "cross-zone" in line.meter]


def test_kafka_volume_by_hand(book):
    """Three brokers, 60 MB/s before overhead, copies 3: each writes 60 MB/s and more; at 80% that is under 125."""
    w = load(write="60 MB/s", message="100 kB", fan_out=1, retention="10 h", survive="none", outage="1 s")
    s = size(w, SSD, machine="Standard_D16s_v6", units=3)
    wire = float(s.demand.wire_bytes_s)
    volume = next(part for part in s.parts if part.name == "volume of a broker")
    assert float(volume.value) == math.ceil(wire * 36_000 / 0.85 / GIB)
    quantity = {line.meter: float(line.quantity) for line in s.usage if line.meter != "azure.vm.instance"}
    assert quantity["azure.disk.storage"] == 3 * float(volume.value) + 15
    assert quantity["azure.disk.throughput"] == 0 and quantity["azure.disk.iops"] == 0


def test_fast_volumes_buy_whole_mbps_and_four_operations_for_each():
    w = load(write="600 MB/s", message="100 kB", fan_out=1, retention="10 h", survive="none", outage="1 s")
    s = size(w, SSD, machine="Standard_D32s_v6", units=3)
    wire = float(s.demand.wire_bytes_s)
    lagging = wire * 1 / 7200  # one group reads what it missed in a second
    # a lost broker's replacement copies 10 h of the stream, three copies on three brokers, within a day
    rebuild = wire * (1 + 10 / 24)
    mb_s = math.ceil(max(wire + lagging / 3, rebuild) / 0.8 / 1e6)
    quantity = {line.meter: float(line.quantity) for line in s.usage if line.meter.startswith("azure.disk")}
    bought = quantity["azure.disk.throughput"] / 3 + 125
    assert bought == pytest.approx(mb_s, abs=1.001)
    assert quantity["azure.disk.iops"] / 3 + 3000 == pytest.approx(max(3000, 4 * bought))


def test_local_disks_only_with_a_documented_write_rate():
    names = set(offers()["kafka-azure-nvme"].configurations().tolist())
    assert names and all(name.endswith("_v4") and name.startswith("Standard_L") for name in names)
    table = find_cloud("azure").machines()
    rate = table["local_write_mb_s"][table.names == "Standard_L2s_v4"][0]
    assert rate == pytest.approx(55_000 * 4096 / 1e6)


RISING = {
    "write": ["1 MB/s", "1.1 MB/s", "5 MB/s", "5.1 MB/s", "20 MB/s"],
    "peak_ratio": [1, 1.01, 2, 5],
    "fan_out": [0, 1, 2.5, 6],
    "retention": ["1 h", "1 d", "3 d", "7 d"],
    "partitions": [5, 31, 201, 320],
    "cross_region_copies": [0, 1, 2],
}


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("field", RISING)
def test_more_never_costs_less_and_arrays_are_their_elements(name, field, book):
    demands = [Demand.of(load(**{"write": "4 MB/s", field: value})) for value in RISING[field]]
    arrays = {
        key: np.array([float(getattr(d, key)) for d in demands]) for key in demands[0].arrays() if key != "connections"
    }
    together = cost_all(demands[0].replace(**arrays), name, book)
    assert (np.diff(together.sizing.units) >= 0).all()
    least = together.cost.min(axis=0)
    assert np.isfinite(least).all() and (np.diff(least) >= -1e-9 * least[1:]).all()
    for i, d in enumerate(demands):
        alone = cost_all(d, name, book)
        np.testing.assert_allclose(alone.cost, together.cost[:, i], rtol=1e-12)


@pytest.mark.parametrize("name", OURS)
def test_the_offers_say_what_they_promise(name):
    offer = offers()[name]
    assert {"protocol", "copies", "zones", "availability", "disks"} <= set(offer.guarantees)
    assert offer.not_modelled and offer.sources


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("region", ["eastus", "westeurope", "northeurope", "francecentral"])
def test_complete_in_these_regions(name, region, book):
    p = plan(load(write="5 MB/s", region=region, retention="3 d"), name, book)
    assert p.feasible and p.monthly_usd is not None, p.reason
