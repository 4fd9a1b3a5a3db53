"""Other people's rules against the numbers that their authors published, and the rules' own limits."""

import importlib
import inspect
import json
import math
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import capacity.rules as package
from capacity import Demand
from capacity.rules import (
    akalculator,
    alibaba,
    automq,
    aws_right_sizing,
    confluent_ecku,
    find_rule,
    google_managed_kafka,
    instaclustr,
    msk_sizing,
    netflix,
    pulsar,
    redpanda,
    rules,
    syalioune,
    throughput,
)
from capacity.rules.rule import constants
from pricing import PriceBook, bill
from streamfacts.errors import InputError, MissingFact
from streamfacts.units import MIB, TIB
from tests.published import at_one_rate

SCRIPT = json.loads((Path(__file__).parent / "cases" / "msk_sizing_script.json").read_text(encoding="utf-8"))
CENT = SCRIPT["tolerance_usd"] + 1e-6
CASES = [pytest.param(case["inputs"], case["results"], id=case["name"]) for case in SCRIPT["cases"]]


def example(rate="100 MiB/s", **more):
    fields = {"measured_at": "broker", "message": "1 KiB", "fan_out": 3, "retention": "24 h", **more}
    return Demand.of(at_one_rate(write=rate, **fields))


def picked(rule, machine, demand):
    said = find_rule(rule).apply(demand)
    return said.pick(said.configuration.tolist().index(machine), 1)


# ----------------------------------------------------------------------------------- AWS's sizing script, to the cent


def script_demand(given):
    write, copies = given["avg_data_in_mbs"], given["replication_factor"]
    return Demand.of(
        at_one_rate(
            write=f"{write} MiB/s",
            peak_write=f"{given['peak_data_in_mbs']} MiB/s",
            measured_at="broker",
            fan_out=given["avg_data_out_mbs"] / write,
            retention=f"{given['retention_hours']} h",
            hot_retention=f"{given['primary_retention_hours']} h",
            replication_factor=copies,
        )
    ).replace(partitions=given["num_partitions"] / copies)


@pytest.mark.parametrize("given,results", CASES)
def test_sizing_script_units_and_cost_of_every_size(given, results):
    """Brokers exactly, and the six cost lines and the total to the cent, of all 22 machine sizes."""
    demand, book = script_demand(given), PriceBook.load()
    said = {}
    for run, key in ((msk_sizing.standard, "utilization_standard"), (msk_sizing.express, "utilization_express")):
        opinion = run(demand, use_up_to=given[key], follower_fetch=given["rack_affined_consumers"])
        priced = bill(opinion.usage, book, "us-east-1")
        assert priced.missing == []
        for i, machine in enumerate(opinion.configuration):
            cost = {e.usage.meter: float(np.asarray(e.cost)[i]) for e in priced.entries}
            said[str(machine)] = (float(opinion.units[i]), cost)
    lines = {
        "broker_usd": "aws.msk.broker",
        "storage_usd": "aws.msk.storage",
        "tiered_usd": "aws.msk.tiered-storage",
        "data_in_usd": "aws.msk.express-data-in",
        "cross_az_usd": "aws.transfer.cross-zone",
    }
    assert len(results) == len(said) == 22
    for row in results:
        published = dict(zip(SCRIPT["columns"], row, strict=True))
        units, cost = said[published["instance"]]
        assert units == published["brokers"], published["instance"]
        for name, meter in lines.items():
            assert cost.get(meter, 0.0) == pytest.approx(published[name], abs=CENT, rel=0), (row[0], name)
        assert sum(cost.values()) == pytest.approx(published["total_usd"], abs=CENT, rel=0), row[0]


def test_sizing_script_says_what_binds():
    demand = script_demand(SCRIPT["cases"][2]["inputs"])  # 30,000 partition replicas
    assert set(msk_sizing.standard(demand).binding.tolist()) == {"partitions"}
    assert "partitions" in msk_sizing.express(demand).binding.tolist()


def test_sizing_script_flags_what_it_does_not_take():
    warned = picked("msk-sizing-standard", "kafka.m5.large", example("1 GiB/s")).warnings
    assert warned == ["more than the 60 brokers of the default quota"]
    warned = find_rule("msk-sizing-express").apply(example(replication_factor=2, zones=2, survive="broker")).warnings
    assert any("replication factor of 3" in w for w in warned) and any("three zones" in w for w in warned)


# ------------------------------------------------------------------------------------ published figures of the others


def test_aws_right_sizing_of_a_published_cluster():
    """Nine kafka.m5.2xlarge, three copies, four groups: storage 690, network 768, so 690 MB/s."""
    args = (230e6, 287.5e6, 512e6)
    assert float(aws_right_sizing.sustained_bytes_s(9, *args, 4, 3)) == pytest.approx(690e6)
    assert float(aws_right_sizing.sustained_bytes_s(9, 1e9, 1e9, 512e6, 4, 3)) == pytest.approx(768e6)


@pytest.mark.parametrize("machine,brokers", [("kafka.m5.large", 9), ("kafka.m5.2xlarge", 3), ("kafka.m5.4xlarge", 3)])
def test_aws_right_sizing_of_100_mib(machine, brokers):
    assert float(picked("aws-right-sizing", machine, example()).units) == brokers


def test_the_equation_carries_what_it_was_asked_for():
    """The units that the rule gives, put back into the equation, give at least the demand at 80%."""
    demand = example()
    for machine in ("kafka.m5.large", "kafka.m7g.4xlarge"):
        said = picked("aws-right-sizing", machine, demand)
        t = msk_sizing.machine_table("aws_msk")
        row = t.names == machine
        disk, network = (float(t[f"{k}_baseline_mib_s"][row][0]) * MIB for k in ("ebs", "network"))
        limit = aws_right_sizing.sustained_bytes_s(said.units, disk, disk, network, 3, 3)
        assert 0.8 * float(limit) >= float(demand.wire_bytes_s)


def test_netflix_cores_and_nodes():
    """100 MiB/s read three times: 50 cores as coded, 22 with consumers counted once; 57 i3en.large; 435 at 1 GiB/s."""
    assert float(netflix.staffed_cores(netflix.busy_cores(100 * MIB, 3))) == 50
    assert float(netflix.staffed_cores(netflix.busy_cores(100 * MIB, 3, reads_as_coded=False))) == 22
    assert float(netflix.staffed_cores(netflix.busy_cores(1024 * MIB, 3))) == 435
    assert float(netflix.staffed_cores(netflix.busy_cores(1024 * MIB, 3, reads_as_coded=False))) == 176
    nodes = picked("netflix", "i3en.large", example())
    assert (float(nodes.units), float(nodes.vcpu), nodes.binding) == (57, 114, "disk space")
    assert float(nodes.disk_bytes) / TIB == pytest.approx(64.8, abs=0.01)


@pytest.mark.parametrize("tier,quantile", [(0, 2.375), (1, 1.761), (2, 1.16), (3, 1.0), (4, 1.0)])
def test_netflix_staffing_by_hand(tier, quantile):
    assert float(netflix.staffed_cores(39.0, tier)) == math.ceil(39 + quantile * math.sqrt(39))


def test_google_guide():
    """100 MBps produced, read three times, three replicas: 425 MBps write-equivalent, 43 vCPU at 50%."""
    load = google_managed_kafka.write_equivalent_bytes_s(100e6, 300e6, 3)
    assert float(load) == 425e6
    assert float(google_managed_kafka.vcpus(load, 0.5)) == 43
    assert float(google_managed_kafka.vcpus(1e6, 0.5)) == 3
    said = find_rule("google-managed-kafka").apply(example("100 MB/s"))
    assert (float(said.vcpu), float(said.memory_gib)) == (43, 172)
    peaky = find_rule("google-managed-kafka").apply(example("100 MB/s", peak_ratio=4))
    assert float(peaky.vcpu) == math.ceil(425 / 20 * 4)


def test_google_guide_flags_small_batches():
    assert find_rule("google-managed-kafka").apply(example(batch="4 KiB")).warnings
    assert find_rule("google-managed-kafka").apply(example(batch="64 KiB")).warnings == []


def test_akalculator():
    assert float(akalculator.vcpus(100 * MIB, 300 * MIB)) == 20
    said = find_rule("akalculator").apply(example())
    assert (float(said.vcpu), round(float(said.disk_bytes) / TIB, 1)) == (20, 49.4)


def test_automq_of_its_published_workload():
    """500 MB/s read once: 15 Kafka brokers of 8,437.5 GB each, 13 for AutoMQ, 147.3 PUT and 63.6 GET a second."""
    demand = example("500 MiB/s", fan_out=1)
    kafka = find_rule("automq-for-kafka").apply(demand)
    assert float(kafka.units) == 15
    assert float(kafka.disk_bytes) / 2**30 / 15 == pytest.approx(8437.5)
    own = find_rule("automq").apply(demand)
    assert float(own.units) == 13 and own.warnings == []
    assert float(own.quantities["object store, one copy"][0]) / 2**30 == pytest.approx(42187.5)
    month = {k: float(own.quantities[f"{k} requests"][0]) * 30 * 86400 for k in ("PUT", "GET")}
    assert month == {"PUT": pytest.approx(381_801_600), "GET": pytest.approx(164_851_200)}
    assert float(automq.kafka_out_factor(1, 3)) == 3 and float(automq.automq_out_factor(1)) == 2.5


def test_instaclustr_of_its_published_workload():
    """1,000 MB/s tiered, read once from each place: 5,000 MB/s to and from EBS."""
    assert float(instaclustr.loads(1000, 3, 1000, 1000, 1000, True)["disks"]) == 5000


@pytest.mark.parametrize(
    "produced,cores_of_doc", [(75e6, 6), (500e6, 72), (1000e6, 120)], ids=["low", "medium", "high throughput"]
)
def test_redpanda_use_cases_hold_the_rule(produced, cores_of_doc):
    """The documented clusters have at least what 100 MB/s a core asks for."""
    assert 6 <= float(redpanda.cores(produced * 3)) <= cores_of_doc
    assert float(redpanda.memory_bytes(6, 30_000)) == 60e9


@pytest.mark.parametrize(
    "mb_in,mb_out,partitions,units",
    [(15, 25, 300, 1), (12, 18, 250, 1), (10, 20, 200, 1), (100, 180, 800, 3)],
    ids=["heavy-acls", "mtls", "small-orders", "steady-events"],
)
def test_ecku_of_the_published_sample_plan(mb_in, mb_out, partitions, units):
    assert float(confluent_ecku.eckus(mb_in * MIB, mb_out * MIB, partitions)) == units


def test_alibaba():
    assert float(alibaba.brokers(100e6, 3, 3)) == 4  # 100 x (3 + 6 - 1) x 2 / 400
    assert float(alibaba.brokers(1e6, 1, 3)) == 4
    assert float(alibaba.brokers(300e6, 2, 3)) == math.ceil(300 * 7 * 2 / 400)
    assert find_rule("alibaba").apply(example(partitions=5000)).warnings


def test_cloudera_and_red_hat():
    assert {k: float(v) for k, v in throughput.loads(100, 3, 3, 2).items()} == {
        "network in": 300,
        "network out": 500,
        "disks": 500,
    }
    assert float(throughput.cached_seconds(32e9, 50e6, 1)) == pytest.approx(640)  # "roughly the last 10 minutes"
    said = find_rule("red-hat").apply(example())
    assert (float(said.units), float(said.vcpu)) == (4, 40)
    assert float(said.disk_bytes) / TIB == pytest.approx(27.2, abs=0.05)
    assert float(find_rule("red-hat").apply(example("1 GiB/s")).vcpu) == 220


def test_datastax_worksheet():
    """100,000 messages of 1 KB a second for three hours: about 3 TB, three bookies of 4 TB, three brokers."""
    nodes = pulsar.datastax_nodes(1000, 100_000, 3 * 3600, 3, 3)
    assert {k: float(v) for k, v in nodes.items()} == {"bookie": 3, "broker": 3}
    assert float(pulsar.datastax_nodes(1000, 300_000, 3 * 3600, 3, 3)["bookie"]) == 3 * math.ceil(
        math.ceil(9.72 / 3.4) / 3
    )


def test_pulsar_deployment_guide():
    """A broker of the guide takes 100 MB/s and gives 200; a bookie takes 75."""
    nodes = pulsar.apache_nodes([100e6, 100e6], [200e6, 400e6], 3)
    assert nodes["broker"].tolist() == [1, 2] and nodes["bookie"].tolist() == [4, 4]
    said = find_rule("pulsar-bare-metal").apply(example("1 MB/s"))
    assert float(said.units) == float(said.pools["bookie"]) == 3 and float(said.vcpu) == 36


def test_alioune_calculator_by_hand():
    """1 GB/s, three groups and copies on 10 Gb/s, 4 x 500 MB/s, 20 TB: 9.6, 3 and 20 brokers; disks 1.35 times."""
    found = syalioune.needs(1e9, 3, 3, 200e12)
    assert {k: float(v) for k, v in found.items()} == {"network": 9.6, "disk writes": 3.0, "disk space": 20.0}
    said = find_rule("syalioune").apply(example())
    assert float(said.disk_bytes) / TIB == pytest.approx(33.4, abs=0.05)
    assert said.binding == "disk space" and float(said.units) == math.ceil(33.371 * TIB / 10e12)


def test_cruise_control_shares_add_up():
    """CPU put down to leaders and followers is the broker's again where it follows as much as it leads."""
    from capacity.rules import cruise_control

    leader = cruise_control.leader_cpu(0.6, 40, 120, 80, 10, 30)
    assert float(leader) == pytest.approx(0.6 * (7 + 4.5) / (28 + 18 + 12))
    assert float(cruise_control.follower_cpu(leader, 10, 30)) == pytest.approx(float(leader) * 1.5 / 11.5)
    # all leaders and all followers of a broker that follows as much as it leads
    whole = cruise_control.leader_cpu(1.0, 40, 120, 40, 40, 120)
    assert float(whole + cruise_control.follower_cpu(whole, 40, 120)) == pytest.approx(1.0)


def test_the_published_spread_of_the_same_100_mib():
    """6 to 114 vCPU, 19 times, for 100 MiB/s read three times and kept a day."""
    least = []
    for rule in rules().values():
        said = rule.apply(example())
        if said.vcpu is not None:
            least.append(float(np.min(said.vcpu)))
    assert (min(least), max(least)) == (6.0, 114.0)


# --------------------------------------------------------------------------------------------------- rules in general


def test_every_rule_has_its_constants_with_a_source_and_is_described():
    for name, rule in rules().items():
        assert constants(name) or name == "netflix-cpu"
        assert rule.source.startswith("https://") and rule.valid and rule.about and rule.author
        assert all(fact.source for fact in constants(name))


@pytest.mark.parametrize("name", sorted(rules()))
def test_arrays_give_what_single_demands_give(name):
    """One law for any shape: three corners at once are the same as one after the other."""
    w = at_one_rate(write={"low": "20 MB/s", "likely": "90 MB/s", "high": "700 MB/s"}, message="1 KiB", fan_out=2)
    together = find_rule(name).apply(Demand.corners(w))
    for i, corner in enumerate(("low", "likely", "high")):
        alone = find_rule(name).apply(Demand.of(w, corner))
        for field in ("units", "vcpu", "memory_gib", "disk_bytes"):
            many, one = getattr(together, field), getattr(alone, field)
            assert (many is None) == (one is None)
            if one is not None:
                np.testing.assert_allclose(np.broadcast_to(many, (*np.shape(one), 3))[..., i], one)


@given(factor=st.floats(1.0, 50.0))
def test_more_load_never_needs_less(factor):
    for rule in rules().values():
        little, much = rule.apply(example("10 MB/s")), rule.apply(example(f"{10 * factor:.6f} MB/s"))
        for field in ("units", "vcpu", "disk_bytes"):
            a, b = getattr(little, field), getattr(much, field)
            if a is not None:
                assert np.all(np.asarray(b) >= np.asarray(a) - 1e-6), (rule.name, field)


def public_functions():
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in ("opinion", "rule"):
            loaded = importlib.import_module(f"capacity.rules.{module.name}")
            for name, function in vars(loaded).items():
                own = inspect.isfunction(function) and function.__module__ == loaded.__name__
                if own and not name.startswith("_"):
                    yield pytest.param(function, id=f"{module.name}.{name}")


@pytest.mark.parametrize("function", list(public_functions()))
def test_every_function_states_the_units_of_its_arrays(function):
    doc = inspect.getdoc(function) or ""
    arrays = [n for n in inspect.signature(function).parameters if n not in ("demand", "tier")]
    if "demand" in inspect.signature(function).parameters and not arrays:
        assert doc
        return
    for name in arrays:
        line = next((x for x in doc.splitlines() if re.match(rf"[\w, ]*\b{name}\b[\w, ]* : ", x)), "")
        text = "\n".join(doc[doc.find(line) :].split("\n")[:2])
        stated = re.search(r"\[[^\]]+\]", text) or "any shape" in line or "whether" in line
        assert line and stated, f"{function.__name__}: {name} has no unit"


def test_rules_know_no_money():
    for path in Path(package.__path__[0]).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "USD" not in text and "import pricing" not in text and "from pricing" not in text, path.name


def test_unknown_rule_and_constant_are_named():
    with pytest.raises(InputError, match=r"netfix.*netflix"):
        find_rule("netfix")
    from capacity.rules import constant

    with pytest.raises(MissingFact, match="no constant 'clock' of rule 'netflix'"):
        constant("netflix", "clock")


# AWS's script at d6ad2e44 itself, run with --avg-data-in-mbs 100 --peak-data-in-mbs 150 --avg-data-out-mbs 6000
# --peak-data-out-mbs 9000 --num-partitions 3000 --retention-hours 72 --primary-retention-hours 24
# --pst-per-broker-mbs 500: brokers, provisioned throughput USD, total USD
@pytest.mark.parametrize(
    ("size", "brokers", "provisioned", "total"),
    [
        ("kafka.m5.2xlarge", 93, 0.0, 65_900.10),  # too small to have any
        ("kafka.m5.4xlarge", 48, 1_920.0, 69_659.70),  # 48 x 500 MiB/s x 0.08
        ("kafka.m5.8xlarge", 24, 960.0, 68_699.70),
    ],
)
def test_provisioned_throughput_as_the_script_bills_it(size, brokers, provisioned, total):
    load = example(fan_out=60, peak_ratio=1.5, partitions=1000, retention="72 h", hot_retention="24 h")
    said = find_rule("msk-sizing-standard").say(load, {"provisioned_mib_s": "500"})
    at = int(np.flatnonzero(np.asarray(said.configuration) == size)[0])
    assert float(np.asarray(said.units)[at]) == brokers
    picked = said.pick(at, 1)
    priced = bill(picked.usage)
    cost = {e.usage.meter: float(e.cost) for e in priced.entries}
    assert cost["aws.msk.storage-throughput"] == pytest.approx(provisioned)
    assert sum(cost.values()) == pytest.approx(total, abs=0.01)


def test_options_of_a_rule_are_those_of_its_tool():
    ecku = find_rule("confluent-ecku")
    assert float(ecku.say(example()).units) == 3 and float(ecku.say(example(), {"headroom": 2}).units) > 3
    # 300 MiB/s out of 180 an eCKU without headroom: 1.67, rounded up
    assert float(ecku.say(example(), {"headroom": 0}).units) == 2
    with pytest.raises(InputError, match=r"headrom.*headroom"):
        ecku.say(example(), {"headrom": 0})
    with pytest.raises(InputError, match=r"headroom.*-1.*0 to 10"):
        ecku.say(example(), {"headroom": -1})
    script = find_rule("msk-sizing-standard")
    with pytest.raises(InputError, match=r"provisioned_mib_s.*100.*250 to 1000"):
        script.say(example(), {"provisioned_mib_s": 100})
    many = example(partitions=20_000)
    fewer = script.say(many, {"most_partitions": True})
    assert (np.asarray(fewer.units) <= np.asarray(script.say(many).units)).all()
    assert float(np.min(fewer.units)) < float(np.min(np.asarray(script.say(many).units)))
