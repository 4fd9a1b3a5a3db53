"""Sizing rules and examples that AWS published for Amazon MSK."""

import json
from pathlib import Path

import pytest

from capacity import size
from pricing import bill
from streamfacts.units import MIB
from streamplan.planning.plan import plan
from tests.published import at_one_rate, to_the_quota

GOLDEN = json.loads((Path(__file__).parent / "cases" / "msk.json").read_text(encoding="utf-8"))


def constraint(sizing, name, state="normal"):
    return next(c for c in sizing.constraints if (c.name, c.state) == (name, state))


# ------------------------------------------------------------------------------------------------------ Express


@pytest.mark.parametrize("survive", GOLDEN["b1"]["survive"])
def test_b1_express_for_45_in_and_90_out(survive):
    case = GOLDEN["b1"]
    load = to_the_quota(**case["inputs"], measured_at="broker", survive=survive)
    sizing = size(load, "msk-express", machine=case["machine"])
    assert float(sizing.units) == case["brokers"]
    assert bool(sizing.feasible)


@pytest.mark.parametrize("way,write,fan_out", [("ingress", "47 MB/s", 1), ("egress", "45 MB/s", 2.1)])
def test_b1_a_little_more_needs_the_next_three(way, write, fan_out):
    """15.6 in and 31.2 out a broker: three of them end at 46.8 and 93.6 MB/s."""
    case = GOLDEN["b1"]
    fields = case["inputs"] | {"write": write, "fan_out": fan_out}
    load = to_the_quota(**fields, measured_at="broker", survive="none")
    sizing = size(load, "msk-express", machine=case["machine"])
    assert (float(sizing.units), sizing.binding) == (2 * case["brokers"], f"{way} (normal)")


# ----------------------------------------------------------------------------------------------------- Standard


@pytest.mark.parametrize("brokers", [3, 9, 30])
def test_b3_default_volume_is_full_at_83_mib_s(brokers):
    case = GOLDEN["b3"]

    def disk(mib_s_a_broker):
        load = at_one_rate(
            write=f"{mib_s_a_broker * brokers} MiB/s",
            measured_at="broker",
            replication_factor=case["replication_factor"],
            survive="none",
            use_up_to={"disk throughput": 1.0},
        )
        return constraint(size(load, "msk-standard", machine=case["machine"]), "disk write")

    full = disk(case["full_at_mib_s"])
    assert float(full.capacity) == case["volume_mib_s"] * MIB
    assert float(full.demand) / brokers == pytest.approx(case["written_mib_s"] * MIB, rel=1e-12)
    assert float(full.needed()) <= brokers
    assert float(full.utilisation(brokers)) == pytest.approx(case["written_mib_s"] / case["volume_mib_s"], rel=1e-12)
    assert float(disk(case["full_at_mib_s"] + 1).needed()) > brokers


# --------------------------------------------------------------------------------------------------- Equation 1


def equation_1(**more):
    case = GOLDEN["b5"]
    return {"measured_at": "broker", "replication_factor": case["replication_factor"], "survive": "none"} | more


@pytest.mark.parametrize("machine", GOLDEN["b5"]["ebs_network_mb_s"])
def test_b5_ebs_network_term(machine):
    """EBS network x brokers / r of write need just these brokers."""
    case = GOLDEN["b5"]
    brokers, each = case["brokers"], case["ebs_network_mb_s"][machine]
    write = each * brokers / case["replication_factor"]
    load = at_one_rate(**equation_1(write=f"{write} MB/s", use_up_to={"disk throughput": 1.0}))
    disk = constraint(size(load, "kafka-ec2-ebs", machine=machine), "disk write")
    assert float(disk.capacity) == each * 1e6
    assert float(disk.needed()) == pytest.approx(brokers, rel=case["tolerance"])


def test_b5_nine_m5_2xlarge_at_80_percent():
    case = GOLDEN["b5"]
    write = case["nine_m5_2xlarge_at_80_percent_mb_s"]
    load = at_one_rate(**equation_1(write=f"{write} MB/s", fan_out=case["consumer_groups"]))
    sizing = size(load, "kafka-ec2-ebs", machine="m5.2xlarge")
    disk = constraint(sizing, "disk write")
    assert float(disk.ceiling) == case["share_used"], "our default share of disk throughput is the 80% of the example"
    assert float(disk.needed()) == pytest.approx(case["brokers"], rel=case["tolerance"])


@pytest.mark.parametrize("platform,machine", [("kafka-ec2-ebs", "m5.2xlarge"), ("msk-standard", "kafka.m5.2xlarge")])
@pytest.mark.parametrize("groups,copies", [(1, 3), (2, 3), (4, 3), (1, 2), (6, 2)])
def test_b5_form_of_the_network_term(platform, machine, groups, copies):
    """EC2 network x brokers / (groups + r - 1) of write need just these brokers, whatever the machine's network is."""
    brokers = GOLDEN["b5"]["brokers"]
    probe = size(at_one_rate(write="1 MB/s"), platform, machine=machine)
    each = float(constraint(probe, "network out").capacity)
    write = each * brokers / (groups + copies - 1)
    load = at_one_rate(
        **equation_1(
            write=f"{write} B/s", fan_out=groups, replication_factor=copies, use_up_to={"network": 1.0}, retention="1 h"
        )
    )
    network = constraint(size(load, platform, machine=machine), "network out")
    assert float(network.needed()) == pytest.approx(brokers, rel=GOLDEN["b5"]["tolerance"])


# --------------------------------------------------------------------------------------------------- Serverless


def test_d1_serverless_cluster_hours_of_a_long_month():
    case = GOLDEN["d1"]
    load = at_one_rate(write="1 MB/s", message="1 KiB", region=case["region"])
    result = plan(load, "msk-serverless", hours_per_month=case["hours"])
    cost = {entry.usage.meter: float(entry.cost) for entry in result.bill.entries}
    assert cost["aws.msk.serverless-cluster"] == pytest.approx(case["usd"], abs=case["tolerance_usd"], rel=0)


@pytest.mark.parametrize("row", GOLDEN["serverless"]["rows"][1:], ids=lambda row: f"{row[0]}-in")
def test_serverless_model_bills_the_published_month(row):
    """Its GB are those billed: GiB of the same number a day, and retention such that the stored GB come out."""
    case = GOLDEN["serverless"]
    read_in, read_out, stored, partitions, published = row
    load = at_one_rate(
        write=f"{read_in} GiB/day",
        measured_at="broker",
        fan_out=read_out / read_in,
        retention=f"{stored / read_in} d",
        partitions=partitions,
        region=case["region"],
    )
    sizing = size(load, "msk-serverless", machine="cluster", hours_per_month=case["hours"])
    assert bill(sizing.usage).total == pytest.approx(published, abs=case["tolerance_usd"] + 1e-6, rel=0)
