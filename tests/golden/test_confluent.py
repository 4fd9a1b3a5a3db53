"""What was published on Confluent Cloud: costs, the sizing rule of its migration tool, limits; and what it refuses."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from capacity import Demand, offers, size
from pricing import PriceBook, bill
from streamfacts.tables import limit
from streamfacts.units import GIB
from streamfacts.usage import Usage, UsageLine
from streamplan.planning.plan import plan
from tests.published import to_the_quota

GOLDEN = json.loads((Path(__file__).parent / "cases" / "confluent.json").read_text(encoding="utf-8"))
BASIC, STANDARD, ENTERPRISE = "confluent-basic", "confluent-standard", "confluent-enterprise"
FREIGHT, DEDICATED = "confluent-freight", "confluent-dedicated"
OFFERS = (BASIC, STANDARD, ENTERPRISE, FREIGHT, DEDICATED)
UNIT = {offer: "CKU" if offer == DEDICATED else "eCKU" for offer in OFFERS}
PIB_IN_GIB = 2**20


def sized(offer, load, *, units=None, options=None, hours=730):
    return size(to_the_quota(**load), offer, machine=UNIT[offer], units=units, options=options, hours_per_month=hours)


def quantity(sizing, meter, sku=None):
    found = [line for line in sizing.usage if line.meter == meter and sku in (None, line.sku)]
    assert found, meter
    return sum(float(line.quantity) for line in found)


def needs(sizing, name):
    return float(next(c for c in sizing.constraints if c.name == name).needed())


def test_the_five_offers_are_there():
    assert {name for name in offers() if name.startswith("confluent-")} == set(OFFERS)


# ------------------------------------------------------------------- Dedicated, as a competitor works it out at list


def test_buf_lines_at_list_prices_to_the_dollar():
    case = GOLDEN["buf"]
    lines = (
        UsageLine("confluent.cku", np.asarray(case["ckus"] * case["hours"], float), "CKU-hour", "dedicated"),
        UsageLine("confluent.data-in", np.asarray(case["data_pib"] / 4 * PIB_IN_GIB), "GiB", "dedicated"),
        UsageLine("confluent.data-out", np.asarray(case["data_pib"] * 3 / 4 * PIB_IN_GIB), "GiB", "dedicated"),
        UsageLine(
            "confluent.storage",
            np.asarray(case["stored_pib"] * case["copies"] * PIB_IN_GIB),
            "GiB-month",
            "dedicated",
        ),
    )
    result = bill(Usage(lines, case["hours"]), region=case["region"])
    assert result.missing == []
    cku, data_in, data_out, storage = (float(entry.cost) for entry in result.entries)
    room = case["tolerance_usd"]
    assert cku == pytest.approx(case["usd"]["confluent.cku"], abs=room, rel=0)
    assert data_in + data_out == pytest.approx(case["usd"]["data"], abs=room, rel=0)
    assert storage == pytest.approx(case["usd"]["confluent.storage"], abs=room, rel=0)


def test_buf_workload_through_the_model():
    case = GOLDEN["buf"]
    sizing = sized(DEDICATED, case["inputs"], hours=case["hours"])
    assert sizing.binding == "ingress (normal)"
    assert float(sizing.units) == case["ckus"]
    result = bill(sizing.usage, region=case["region"])
    cost = {entry.usage.meter: float(entry.cost) for entry in result.entries}
    near = {"rel": case["model_tolerance"]}
    assert cost["confluent.cku"] == pytest.approx(case["usd"]["confluent.cku"], **near)
    assert cost["confluent.data-in"] + cost["confluent.data-out"] == pytest.approx(case["usd"]["data"], **near)
    assert cost["confluent.storage"] == pytest.approx(case["usd"]["confluent.storage"], **near)


def test_buf_puts_more_ckus_into_a_cluster_than_there_are():
    case = GOLDEN["buf"]
    sizing = sized(DEDICATED, case["inputs"])
    assert not sizing.feasible
    wall = next(x for x in sizing.limits if x.name == "CKUs in a cluster")
    assert float(wall.limit) == case["largest_cluster"] and bool(wall.broken)
    assert "cluster-types" in wall.source
    three = plan(to_the_quota(**case["inputs"]), DEDICATED, clusters=math.ceil(case["ckus"] / case["largest_cluster"]))
    assert three.clusters == 3 and three.feasible


def test_buf_erratum_of_the_clients_across_zones():
    """Producers only, as consumers fetch from their zone, and one direction, as Confluent pays the other."""
    case = GOLDEN["buf"]
    sizing = sized(DEDICATED, case["inputs"], hours=case["hours"], options={"follower_fetch": True})
    usd = quantity(sizing, "aws.transfer.cross-zone") * case["erratum"]["usd_per_gib"]
    assert usd == pytest.approx(case["erratum"]["corrected_usd"], abs=0.01, rel=0)
    assert case["erratum"]["published_usd"] * 2 / 3 == case["erratum"]["corrected_usd"]


# ---------------------------------------------------------------------- Standard before eCKUs: a base and partitions


@pytest.mark.parametrize("row", GOLDEN["upstash"]["rows"], ids=lambda row: f"{row[0]}-GB-a-day")
def test_upstash_month(row):
    case = GOLDEN["upstash"]
    into, out, stored, partitions, usd = row
    hours = case["days"] * 24
    paid = max(0, partitions - case["free_partitions"])
    quantities = {
        ("confluent.cluster-base", "cluster-hour"): hours,
        ("confluent.partition", "partition-hour"): paid * hours,
        ("confluent.storage", "GiB-month"): stored,
        ("confluent.data-in", "GiB"): into * case["days"],
        ("confluent.data-out", "GiB"): out * case["days"],
    }
    lines = tuple(
        UsageLine(meter, np.asarray(value, float), unit, "standard-2023") for (meter, unit), value in quantities.items()
    )
    result = bill(Usage(lines, hours))
    assert result.missing == []
    assert result.total == pytest.approx(usd, abs=case["tolerance_usd"], rel=0)


def test_upstash_erratum_is_the_partitions():
    case = GOLDEN["upstash"]
    assert sum(case["published_erratum"]) == case["rows"][-1][-1]


# ------------------------------------------------------------------------------------------------- sizing rule of kcp


def kcp(into, out, partitions, headroom):
    """The rule, a comparison and not our model."""
    unit = [limit("confluent", ENTERPRISE, n).value for n in ("ingress_mib_s", "egress_mib_s", "partitions")]
    most = max(asked / one for asked, one in zip((into, out, partitions), unit, strict=True))
    return max(1, math.ceil(headroom * most - 1e-9))


@pytest.mark.parametrize("name", GOLDEN["kcp"]["rows"])
def test_kcp_rule_and_our_sizing_at_the_same_headroom(name):
    case = GOLDEN["kcp"]
    into, out, partitions, eckus = case["rows"][name]
    assert kcp(into, out, partitions, case["headroom"]) == eckus
    load = {
        "write": f"{into} MiB/s",
        "fan_out": out / into,
        "partitions": partitions,
        "measured_at": "broker",
        "message": "1 KiB",
        "batch": "16 KiB",  # the rule looks at no requests: batches are full
        "use_up_to": {"all": 1 / case["headroom"]},
    }
    assert float(sized(ENTERPRISE, load).units) == eckus
    strict = sized(ENTERPRISE, load, options={"availability": "99.99%"})
    assert float(strict.units) == max(eckus, 2), "the 99.99% SLA needs two"


# ---------------------------------------------------------------------------------------------------- published totals


def test_freight_year_lies_in_the_published_band():
    case = GOLDEN["freight"]
    result = plan(to_the_quota(**case["inputs"]), FREIGHT)
    assert result.feasible and result.clusters == 1
    assert result.monthly_usd * 12 == pytest.approx(case["usd_per_year"], rel=case["tolerance"])
    thrice = plan(to_the_quota(**case["inputs"]), FREIGHT, options={"storage_metered": "after-replication"})
    low, high = case["replicated_excess"]
    assert low < thrice.monthly_usd * 12 / case["usd_per_year"] - 1 < high


@pytest.mark.parametrize("offer", GOLDEN["starting"]["rows"])
def test_starting_costs_of_the_page_are_one_share_of_the_least_units(offer):
    case = GOLDEN["starting"]
    least, usd = case["rows"][offer]
    sku = offer.removeprefix("confluent-") + "-lowest"
    price = PriceBook.load().price("confluent.ecku", sku, "us-east-1").price
    assert price * least * 730 * case["share"] == pytest.approx(usd, rel=case["tolerance"])


@pytest.mark.parametrize("offer", OFFERS)
def test_largest_cluster_is_what_the_page_prints(offer):
    units, into, out, connections = GOLDEN["cluster_limits"]["rows"][offer]
    resource = "pni" if offer == ENTERPRISE else None
    assert limit("confluent", offer, "max_units", resource).value == units
    for name, published in (("ingress_mib_s", into), ("egress_mib_s", out), ("connections", connections)):
        assert limit("confluent", offer, name).value * units == published
    assert limit("confluent", offer, "max_connections").value == connections


# ----------------------------------------------------------------------------------------------- bound by partitions


@pytest.mark.parametrize("offer", OFFERS)
def test_wix_is_bound_by_partitions(offer):
    case = GOLDEN["wix"]
    sizing = sized(offer, case["inputs"])
    assert sizing.binding == "partitions (normal)"
    assert float(sizing.units) == case["units_of_one_cluster"][offer]
    assert bool(sizing.feasible) == (case["clusters_needed"][offer] == 1)


@pytest.mark.parametrize("offer", OFFERS)
def test_wix_on_the_fewest_clusters(offer):
    case = GOLDEN["wix"]
    clusters = case["clusters_needed"][offer]
    enough = size(to_the_quota(**case["inputs"]), offer, machine=UNIT[offer], clusters=clusters)
    assert bool(enough.feasible), enough.violations
    if clusters > 1:
        assert not size(to_the_quota(**case["inputs"]), offer, machine=UNIT[offer], clusters=clusters - 1).feasible


# ----------------------------------------------------------------------------------- worked by hand from the limits


def steady(**more):
    return {"write": "100 MiB/s", "measured_at": "broker", "message": "1 KiB", "batch": "1 MiB"} | more


def test_units_of_each_type_for_100_mib_s():
    """100 / 5 = 20, 100 / 25 = 4, 100 / 60 = 1.67."""
    for offer, units in ((BASIC, 20), (STANDARD, 4), (ENTERPRISE, 2), (FREIGHT, 2), (DEDICATED, 2)):
        assert float(sized(offer, steady(fan_out=1)).units) == units, offer


def test_readers_bind_above_a_fan_out_of_three():
    """500 MiB/s out over 180 of a unit: 2.78."""
    sizing = sized(ENTERPRISE, steady(fan_out=5))
    assert sizing.binding == "egress (normal)" and float(sizing.units) == 3


def test_least_units_follow_the_sla():
    tiny = steady(write="1 KiB/s")
    assert float(sized(BASIC, tiny).units) == 1
    for offer in (STANDARD, ENTERPRISE):
        assert float(sized(offer, tiny).units) == 1
        assert float(sized(offer, tiny, options={"availability": "99.99%"}).units) == 2
    assert float(sized(FREIGHT, tiny).units) == 2
    assert float(sized(DEDICATED, tiny).units) == 2
    one_zone = tiny | {"zones": 1, "replication_factor": 1}
    assert float(sized(DEDICATED, one_zone, options={"availability": "99.95%"}).units) == 1


def test_requests_connections_attempts_and_compaction_take_units():
    small = steady(write="1 MiB/s", batch="1 KiB", fan_out=1, partitions=3000)
    assert needs(sized(ENTERPRISE, small | {"connections": 40_000}), "connections") == pytest.approx(40 / 18)
    attempts = sized(ENTERPRISE, small, options={"connection_attempts": 1200})
    assert needs(attempts, "connection attempts") == pytest.approx(2.4)
    compacted = sized(ENTERPRISE, small, options={"compacted_share": 0.5})
    assert needs(compacted, "compacted partitions") == pytest.approx(1500 / 360)
    assert float(compacted.units) == 5 and compacted.binding == "compacted partitions (normal)"
    load = Demand.of(to_the_quota(**small))
    requests = float(load.wire_bytes_s / load.batch_wire_bytes) + 1.0
    assert needs(sized(ENTERPRISE, small), "requests") == pytest.approx(requests / 7500)


def test_first_ecku_of_basic_is_free():
    sizing = sized(BASIC, steady(write="12 MiB/s"))
    assert quantity(sizing, "confluent.ecku", "basic-first") == 730
    assert quantity(sizing, "confluent.ecku", "basic") == 2 * 730
    cost = sum(float(e.cost) for e in bill(sizing.usage).entries if e.usage.meter == "confluent.ecku")
    assert cost == pytest.approx(2 * 730 * 0.14)


def test_eckus_are_billed_for_the_average_load_and_sized_for_the_peak():
    """100 MiB/s with a peak of three times: 300 / 60 = 5 sized; 100 / 60, so 2, in use on average."""
    load = steady(peak_ratio=3, fan_out=1)
    sizing = sized(ENTERPRISE, load)
    assert float(sizing.units) == 5 and quantity(sizing, "confluent.ecku") == 2 * 730
    assert quantity(sized(ENTERPRISE, load, options={"ecku_billed": "peak"}), "confluent.ecku") == 5 * 730
    assert quantity(sized(DEDICATED, load), "confluent.cku") == 5 * 730, "CKUs are provisioned"


def test_gigabytes_are_binary_and_storage_is_metered_after_replication():
    """1 MiB/s for 730 h is 2566.41 GiB; kept for a day 84.375 GiB."""
    load = steady(write="1 MiB/s", fan_out=2, retention="24 h")
    sizing = sized(STANDARD, load)
    assert quantity(sizing, "confluent.data-in") == pytest.approx(730 * 3600 / 1024)
    assert quantity(sizing, "confluent.data-out") == pytest.approx(2 * 730 * 3600 / 1024)
    assert quantity(sizing, "confluent.storage") == pytest.approx(3 * 86400 / 1024)
    once = sized(STANDARD, load, options={"storage_metered": "once"})
    assert quantity(once, "confluent.storage") == pytest.approx(86400 / 1024)
    assert quantity(sized(FREIGHT, load), "confluent.storage") == pytest.approx(86400 / 1024)


def test_compressed_bytes_are_metered():
    plain = {"write": "50 MB/s", "message": "1 KiB", "compression_ratio": 1}
    packed = plain | {"compression_ratio": 4}
    less = quantity(sized(STANDARD, packed), "confluent.data-in") / quantity(
        sized(STANDARD, plain), "confluent.data-in"
    )
    assert 0.24 < less < 0.27


def test_what_the_own_aws_account_is_charged():
    """1 GiB/s in and 3 out: two thirds of the writes cross zones, one direction is the user's."""
    load = steady(write="1 GiB/s", fan_out=3)
    seconds = 730 * 3600
    near = sized(ENTERPRISE, load, options={"follower_fetch": True})
    assert quantity(near, "aws.transfer.cross-zone") == pytest.approx(seconds * 2 / 3)
    leaders = sized(ENTERPRISE, load)
    assert quantity(leaders, "aws.transfer.cross-zone") == pytest.approx(seconds * 2 / 3 * 4)
    assert quantity(sized(FREIGHT, load), "aws.transfer.cross-zone") == 0
    afar = sized(FREIGHT, load, options={"zone_aligned": False})
    assert quantity(afar, "aws.transfer.cross-zone") == pytest.approx(seconds * 2 / 3 * 4)
    private = sized(DEDICATED, load, options={"networking": "privatelink"})
    assert quantity(private, "aws.privatelink.data") == pytest.approx(seconds * 4)
    assert quantity(private, "aws.privatelink.endpoint") == 3 * 730
    public = sized(DEDICATED, load, options={"networking": "public"})
    assert {line.meter for line in public.usage if float(line.quantity)} == {
        "confluent.cku", "confluent.data-in", "confluent.data-out", "confluent.storage",
    }  # fmt: skip


def test_another_region_is_one_more_reader():
    load = steady(fan_out=1)
    alone, copied = (sized(ENTERPRISE, load | {"cross_region_copies": n}) for n in (0, 1))
    assert quantity(copied, "confluent.data-out") == 2 * quantity(alone, "confluent.data-out")
    assert quantity(copied, "aws.transfer.inter-region") == pytest.approx(quantity(copied, "confluent.data-in"))
    assert needs(copied, "egress") == pytest.approx(2 * needs(alone, "egress"))


def test_one_support_plan_for_all_clusters():
    load = to_the_quota(**steady())
    sizing = size(load, STANDARD, machine="eCKU", clusters=4, options={"support": "business"})
    assert quantity(sizing, "confluent.support", "business") == pytest.approx(1)


@pytest.mark.parametrize("offer", [STANDARD, ENTERPRISE, FREIGHT])
def test_both_ends_of_the_published_range(offer):
    load = to_the_quota(**steady())
    high, low = (plan(load, offer, options={"rate": rate}).monthly_usd for rate in ("highest", "lowest"))
    assert low < high


@pytest.mark.parametrize("offer", OFFERS)
def test_arrays_equal_single_workloads(offer):
    loads = [to_the_quota(**steady(write=f"{w} MiB/s", peak_ratio=1.4)) for w in (0.5, 3, 40)]
    demands = [Demand.of(w) for w in loads]
    together = {k: np.array([float(getattr(d, k)) for d in demands]) for k in demands[0].arrays()}
    many = size(demands[0].replace(**together), offer, machine=UNIT[offer])
    for i, demand in enumerate(demands):
        one = size(demand, offer, machine=UNIT[offer])
        assert float(many.units[i]) == float(one.units)
        for a, b in zip(many.usage, one.usage, strict=True):
            assert float(np.broadcast_to(a.quantity, (3,))[i]) == pytest.approx(float(b.quantity), rel=1e-12)


# ------------------------------------------------------------------------------------------------------ what is refused


def refusal(offer, load, options=None):
    sizing = sized(offer, load, options=options)
    assert not bool(sizing.feasible)
    assert all("https://" in source for _, source in sizing.broken)
    return "; ".join(sentence for sentence, _ in sizing.broken)


def test_messages_larger_than_the_type_takes():
    assert "message size: 9.44 MB is above the most, 8.39 MB" in refusal(STANDARD, steady(max_message="9 MiB"))
    assert bool(sized(ENTERPRISE, steady(max_message="9 MiB")).feasible)
    assert "message size" in refusal(DEDICATED, steady(max_message="21 MiB"))


def test_basic_holds_five_terabytes():
    assert "storage before replication" in refusal(BASIC, steady(write="10 MiB/s", retention="7 d"))
    assert bool(sized(STANDARD, steady(write="10 MiB/s", retention="7 d")).feasible)


def test_freight_has_no_compaction_and_no_transactions():
    assert "compacted partitions" in refusal(FREIGHT, steady(), {"compacted_share": 0.1})
    assert "idempotent producers or transactions" in refusal(FREIGHT, steady(), {"transactions": True})


def test_enterprise_over_privatelink_ends_at_ten():
    load = steady(write="601 MiB/s", fan_out=1)
    assert "eCKUs in a cluster: 11" in refusal(ENTERPRISE, load, {"networking": "privatelink"})
    assert bool(sized(ENTERPRISE, load).feasible)
    assert "eCKUs in a cluster: 33" in refusal(ENTERPRISE, steady(write="1921 MiB/s", fan_out=1))


def test_flat_limits_of_partitions_and_attempts():
    assert "partitions in a cluster" in refusal(DEDICATED, steady(partitions=100_001))
    assert "partitions in a cluster" in refusal(FREIGHT, steady(partitions=50_001))
    said = refusal(BASIC, steady(write="1 MiB/s"), {"connection_attempts": 81})
    assert "connection attempts on a cluster" in said


def test_a_single_zone_does_not_span_three():
    assert "zones: 3 zones is above the most, 1 zones" in refusal(DEDICATED, steady(), {"availability": "99.95%"})


def test_more_than_three_copies_are_not_offered():
    for offer in OFFERS:
        assert "copies" in refusal(offer, steady(write="1 MiB/s", zones=5, replication_factor=5))


def test_dedicated_names_the_missing_prices_and_takes_a_quote(tmp_path):
    load = to_the_quota(**steady(fan_out=1))
    without = plan(load, DEDICATED)
    assert without.feasible and without.monthly_usd is None
    assert len(without.bill.missing) == 4 and all("dedicated in us-east-1" in text for text in without.bill.missing)
    quote = tmp_path / "quote.csv"
    quote.write_text(
        "meter,sku,region,unit,price,as_of,source\n"
        "confluent.cku,dedicated,us-east-1,CKU-hour,2,2026-11,our quote\n"
        "confluent.data-in,dedicated,us-east-1,GiB,0.03,2026-11,our quote\n"
        "confluent.data-out,dedicated,us-east-1,GiB,0.03,2026-11,our quote\n"
        "confluent.storage,dedicated,us-east-1,GiB-month,0.08,2026-11,our quote\n"
    )
    priced = plan(load, DEDICATED, PriceBook.load(quote), options={"follower_fetch": True})
    gib = 100 * 2**20 * 730 * 3600 / GIB
    stored = 100 * 2**20 * 86400 / GIB * 3
    crossing = gib * 2 / 3 * 0.01
    assert priced.monthly_usd == pytest.approx(2 * 730 * 2 + 2 * gib * 0.03 + stored * 0.08 + crossing)
