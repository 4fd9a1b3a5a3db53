"""Published bytes across zones and bytes stored, against the laws and the offers that use them."""

import json
from pathlib import Path

import pytest

from capacity import size
from capacity.laws.paths import network_paths
from capacity.laws.storage import stored_bytes
from pricing import PriceBook, bill
from streamfacts.units import DAY, GIB, HOUR, MIB
from streamfacts.usage import Usage, UsageLine
from tests.published import at_one_rate

GOLDEN = json.loads((Path(__file__).parent / "cases" / "laws.json").read_text(encoding="utf-8"))
#: AWS bills a GiB that crosses zones on both sides.
SIDES = 2


def crossing(paths):
    return float(paths.produce_cross_zone + paths.replicate_cross_zone + paths.consume_cross_zone)


def transfer_usd(billed):
    return bill(Usage((UsageLine("aws.transfer.cross-zone", billed, "GiB"),))).total


# ------------------------------------------------------------------------------------------------ cross-zone law


def test_without_consumers_eight_thirds_cross():
    case = GOLDEN["no_consumers"]
    rate = crossing(network_paths(case["write_gib_s"], 0, 3, 3))
    assert rate == pytest.approx(8 / 3, rel=1e-12)
    cost = transfer_usd(rate * case["hours"] * HOUR * SIDES)
    assert cost == pytest.approx(case["usd"], abs=case["tolerance_usd"], rel=0)
    per_gib = case["per_gib"]
    assert transfer_usd(rate * SIDES) == pytest.approx(per_gib["usd"], abs=per_gib["tolerance_usd"], rel=0)


def test_without_consumers_the_offer_bills_the_same():
    case = GOLDEN["no_consumers"]
    load = at_one_rate(write=f"{case['write_gib_s']} GiB/s", measured_at="broker", fan_out=0)
    sizing = size(load, "kafka-ec2-ebs", machine="m7g.4xlarge", hours_per_month=case["hours"])
    cost = transfer_usd(sizing.usage["aws.transfer.cross-zone"].quantity)
    assert cost == pytest.approx(case["usd"], abs=case["tolerance_usd"], rel=0)


def test_three_groups_cross_466_mb_s():
    case = GOLDEN["three_groups"]
    paths = network_paths(100.0, case["fan_out"], 3, 3)
    found = {
        "produce": float(paths.produce_cross_zone),
        "replicate": float(paths.replicate_cross_zone),
        "consume": float(paths.consume_cross_zone),
        "all": crossing(paths),
    }
    assert found == pytest.approx(case["mb_s"], abs=case["tolerance_mb_s"], rel=0)
    month = case["hours"] * HOUR / 1000 * SIDES  # MB/s to GB of 10^9 bytes a month, as the source counts
    cost = {part: transfer_usd(rate * month) for part, rate in found.items()}
    cost["follower_fetch"] = transfer_usd(
        crossing(network_paths(100.0, case["fan_out"], 3, 3, follower_fetch=True)) * month
    )
    assert cost == pytest.approx(case["usd"], abs=case["tolerance_usd"], rel=0)


@pytest.mark.parametrize("follower_fetch,part", [(False, "all"), (True, "follower_fetch")])
def test_three_groups_on_nine_brokers(follower_fetch, part):
    case = GOLDEN["three_groups"]
    load = at_one_rate(
        write=case["write"], measured_at="broker", fan_out=case["fan_out"], retention=f"{case['retention_days']} d"
    )
    sizing = size(
        load,
        "kafka-ec2-ebs",
        machine=case["machine"],
        units=case["brokers"],
        options={"follower_fetch": follower_fetch},
        hours_per_month=case["hours"],
    )
    in_gb = float(sizing.usage["aws.transfer.cross-zone"].quantity) * GIB / 1e9
    assert transfer_usd(in_gb) == pytest.approx(case["usd"][part], abs=case["tolerance_usd"], rel=0)
    brokers = next(line for line in sizing.usage if line.sku == case["machine"])
    cost = bill(Usage((brokers,))).total
    assert cost == pytest.approx(case["brokers_usd"], abs=case["brokers_tolerance_usd"], rel=0)


def test_three_groups_disk():
    case = GOLDEN["three_groups"]
    held_gb = float(stored_bytes(100e6, case["retention_days"] * DAY, 3)) / 1e9
    price = PriceBook.load().price("aws.ebs.storage", "gp3", "us-east-1").price
    assert held_gb * price == pytest.approx(case["disk_usd"], abs=case["disk_tolerance_usd"], rel=0)


def test_three_groups_by_another_author():
    case = GOLDEN["three_groups_again"]
    paths = network_paths(case["write_mb_s"], case["fan_out"], 3, 3)
    found = {
        "produce": float(paths.produce_cross_zone),
        "replicate": float(paths.replicate_cross_zone),
        "consume": float(paths.consume_cross_zone),
        "all": crossing(paths),
    }
    assert found == pytest.approx(case["mb_s"], rel=case["tolerance"])
    assert transfer_usd(found["all"] / 1000 * SIDES) == pytest.approx(case["usd_per_s"], rel=case["tolerance"])


def test_follower_fetch_halves_the_bytes_at_a_fan_out_of_four():
    case = GOLDEN["follower_fetch_at_grab"]
    leaders = network_paths(1.0, case["fan_out"], 3, 3)
    closest = network_paths(1.0, case["fan_out"], 3, 3, follower_fetch=True)
    assert crossing(closest) / crossing(leaders) == pytest.approx(case["share_left"], rel=case["tolerance"])
    assert float(closest.consume_cross_zone) == 0
    elsewhere = float(leaders.produce_cross_zone / leaders.produce)
    assert elsewhere == pytest.approx(case["leader_elsewhere"], abs=case["leader_elsewhere_tolerance"], rel=0)


# -------------------------------------------------------------------------------------------------- stored bytes


def test_a_day_of_500_mib_s():
    case = GOLDEN["stored"]
    day = 24 * HOUR
    assert float(stored_bytes(500 * MIB, day)) / GIB == pytest.approx(case["raw_gib"], rel=case["tolerance"])
    copies = float(stored_bytes(500 * MIB, day, case["replication_factor"])) / GIB
    assert copies == pytest.approx(case["copies_gib"], rel=case["tolerance"])
    assert copies / case["brokers"] == pytest.approx(case["gib_a_broker"], rel=case["tolerance"])


@pytest.mark.parametrize("platform,machine", [("kafka-ec2-ebs", "r6i.large"), ("msk-standard", "kafka.m5.xlarge")])
def test_a_day_of_500_mib_s_on_fifteen_brokers(platform, machine):
    """The demand side of the published sizing: three times the write goes out, and three copies are held."""
    case = GOLDEN["stored"]
    load = at_one_rate(
        write=case["write"],
        measured_at="broker",
        fan_out=case["fan_out"],
        retention=case["retention"],
        replication_factor=case["replication_factor"],
    )
    sizing = size(load, platform, machine=machine)
    found = {(c.name, c.state): c for c in sizing.constraints}
    out = float(found["network out", "normal"].demand) / MIB
    assert out == pytest.approx(case["out_mib_s"], rel=case["tolerance"])
    assert out / case["brokers"] == pytest.approx(case["out_mib_s_a_broker"], rel=case["tolerance"])
    held = float(found["disk space", "normal"].demand) / GIB
    assert held == pytest.approx(case["copies_gib"], rel=case["tolerance"])


def test_a_day_of_500_mib_s_on_fifteen_msk_volumes():
    """8,438 GiB a volume, as in the published configuration."""
    case = GOLDEN["stored"]
    load = at_one_rate(
        write=case["write"],
        measured_at="broker",
        fan_out=case["fan_out"],
        retention=case["retention"],
        replication_factor=case["replication_factor"],
        use_up_to={"disk space": 1.0},
    )
    sizing = size(load, "msk-standard", machine="kafka.m5.xlarge", units=case["brokers"])
    volume = next(part for part in sizing.parts if part.name == "volume of a broker")
    assert float(volume.value) == case["gib_of_a_volume"]
