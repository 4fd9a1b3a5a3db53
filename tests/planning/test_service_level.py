"""The same service level of every offer: headroom, catch-up, peaks, floors, connections, splits, worked by hand."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload, find_offer, offers, size
from capacity.demand.copies import copies_left
from capacity.systems.quotas import lagging_reads
from streamfacts.errors import InputError
from streamfacts.tables import assumption
from streamfacts.units import MIB
from streamplan.analyses.size.explain import explain_text
from streamplan.cli import main
from streamplan.planning.asides import follower_fetch_usd
from streamplan.planning.plan import plan
from streamplan.planning.study import study

#: 30 MB/s of records of 10 kB, read twice: at peak 45 and 90 MB/s; a group that was down adds 30 x 1 h / 2 h = 15.
LOAD = {"write": "30 MB/s", "message": "10 kB", "fan_out": 2, "retention": "24 h", "measured_at": "broker"}


def load(**fields) -> Workload:
    return Workload(**(LOAD | fields))


@pytest.fixture
def run(capsys):
    """Runs the command line and returns standard output."""

    def call(*arguments: str) -> str:
        try:
            main(list(arguments))
        except SystemExit as stop:
            assert not stop.code
        return capsys.readouterr().out

    return call


def needed(sizing, name: str, state: str = "normal") -> float:
    return float(next(c for c in sizing.constraints if (c.name, c.state) == (name, state)).needed())


# --------------------------------------------------------------------------------------- headroom and catch-up by hand


@pytest.mark.parametrize(
    ("offer", "machine", "fields", "name", "normal", "behind"),
    [
        # 2 MiB/s of reads a shard: 90 / (2 x 0.8), and 105 / (2 x 0.8)
        ("kinesis-provisioned", "shared reads", {}, "shared reads", 90e6 / 1.6 / MIB, 105e6 / 1.6 / MIB),
        # each consumer has 2 MiB/s a shard of its own: 45 / 1.6, and 45 + 15
        ("kinesis-provisioned", "enhanced fan-out", {}, "one fan-out consumer", 45e6 / 1.6 / MIB, 60e6 / 1.6 / MIB),
        # 2 MB/s of egress a throughput unit
        ("event-hubs-standard", "namespace", {}, "egress bytes", 90 / 1.6, 105 / 1.6),
        # 180 MiB/s of egress a CKU
        ("confluent-dedicated", "CKU", {}, "egress", 90e6 / (180 * MIB * 0.8), 105e6 / (180 * MIB * 0.8)),
        # 400 MB/s of egress a cluster
        ("msk-serverless", "cluster", {}, "egress", 90 / 320, 105 / 320),
        # 300 MB/s of egress a cluster
        ("redpanda-serverless", "serverless", {"zones": 1, "replication_factor": 1}, "egress", 90 / 240, 105 / 240),
        # 15 MiB/s of egress an ETU
        ("streamnative-serverless", "cluster", {}, "egress", 90e6 / (15 * MIB * 0.8), 105e6 / (15 * MIB * 0.8)),
        # 3 MB/s of egress a step
        ("aiven-kafka-standard", "stream-load-custom", {}, "egress", 90 / 2.4, 105 / 2.4),
        # a vCPU takes 20 MB/s of writes; 3 copies written, and (2 consumers + 2 followers) / 4 read; backlog 15 / 4
        ("google-managed-kafka", "cluster", {}, "peak throughput", 180 / 16, 183.75 / 16),
    ],
)
def test_headroom_and_catch_up_by_hand(offer, machine, fields, name, normal, behind):
    sizing = size(load(**fields), offer, machine=machine)
    assert needed(sizing, name) == pytest.approx(normal, rel=1e-9)
    assert needed(sizing, name, "catch-up") == pytest.approx(behind, rel=1e-9)
    assert any("at most 80% of a quota is used" in text and "https://" in text for text in sizing.assumptions)


def test_express_keeps_its_own_share():
    """31.2 MB/s of egress an express.m7g.large, of which AWS's script plans with three quarters."""
    sizing = size(load(), "msk-express", machine="express.m7g.large")
    assert needed(sizing, "egress", "catch-up") == pytest.approx(105 / (31.2 * 0.75))
    assert any("at most 75% of a quota" in text for text in sizing.assumptions)


def test_shared_quota_of_a_project():
    """Pub/Sub: 30 MB/s, read twice, against 0.8 of the region's 4 GB/s, however many topics there are."""
    w = Workload(write="30 MB/s", message="10 kB", fan_out=2, region="us-central1")
    for topics in (1, 4):
        sizing = size(w, "pubsub", machine="pull subscriptions", options={"topics": topics})
        wall = next(x for x in sizing.limits if x.name == "subscriber throughput of the region (catch-up)")
        billed = 30e6 * (1 + 20 / 10_000)
        assert float(np.max(wall.demand)) == pytest.approx(billed * 3.5)
        assert float(np.max(wall.limit)) == pytest.approx(0.8 * 4e9)
        assert "raise" in wall.advice


def test_the_backlog_is_outage_over_catch_up_of_the_group_that_was_down():
    d = Demand.of(load(outage="3 h", catch_up="4 h"))
    assert float(lagging_reads(d)) == pytest.approx(0.75)
    assert float(lagging_reads(Demand.of(load(fan_out=0.5)))) == pytest.approx(0.25)  # half a reading at most
    assert float(lagging_reads(Demand.of(load(outage="0 s")))) == 0.0


def test_elastic_services_bill_what_the_load_uses():
    """60 MiB/s on eCKUs of 60: one is billed, two (60 x 1.5 / (60 x 0.8) = 1.9) must be had at peak."""
    w = load(write="60 MiB/s", batch="1 MiB", fan_out=1)
    sizing = size(w, "confluent-enterprise", machine="eCKU", hours_per_month=100)
    assert float(sizing.units) == 2
    assert float(sizing.usage["confluent.ecku"].quantity) == 100


QUOTAS = [name for name in offers() if any("of a quota is used" in text for text in size(load(), name).assumptions)]


def test_every_service_of_quotas_is_there():
    assert {
        "kinesis-provisioned", "kinesis-on-demand-standard", "kinesis-on-demand-advantage", "event-hubs-standard",
        "event-hubs-premium", "event-hubs-dedicated", "confluent-basic", "confluent-standard", "confluent-enterprise",
        "confluent-freight", "confluent-dedicated", "msk-serverless", "msk-express", "pubsub", "upstash-kafka",
        "streamnative-serverless", "streamnative-byoc", "astra-streaming", "redpanda-serverless", "redpanda-dedicated",
        "aiven-kafka-standard", "google-managed-kafka",
    } == set(QUOTAS)  # fmt: skip


@pytest.mark.parametrize("offer", offers())
def test_every_offer_catches_up(offer):
    states = {c.state for c in size(load(), offer).constraints}
    assert {"normal", "catch-up"} <= states


@pytest.mark.parametrize("offer", offers())
def test_one_input_moves_every_offer(offer):
    """A lower share of what there is never needs fewer units, and of a quota needs more of what would be bought."""
    shares = (1.0, 0.8, 0.5, 0.25)
    found = [size(load(use_up_to=share), offer) for share in shares]
    units = [np.where(s.feasible, s.units, np.inf) for s in found]
    assert all((a <= b + 1e-9).all() for a, b in pairwise(units))
    needs = [max(float(np.max(c.needed())) for c in s.constraints) for s in found]
    assert needs == sorted(needs) and needs[-1] > needs[0]


@given(write=st.floats(0.1, 300.0), more=st.floats(1.0, 3.0), peak=st.floats(1.0, 3.0), offer=st.sampled_from(QUOTAS))
def test_more_load_never_needs_less(write, more, peak, offer):
    few, many = (size(load(write=f"{w!r} MB/s", peak_ratio=peak), offer).units for w in (write, write * more))
    assert (few <= many + 1e-9).all()


@pytest.mark.parametrize("offer", QUOTAS)
def test_scalar_is_array(offer):
    loads = [load(write=f"{w} MB/s", outage=f"{h} h") for w, h in ((2, 1), (30, 3), (90, 0))]
    whole = size(Demand.joined([Demand.of(w) for w in loads]), offer)
    for column, w in enumerate(loads):
        one = size(Demand.of(w), offer)
        np.testing.assert_array_equal(whole.units[:, column], one.units)
        for a, b in zip(whole.constraints, one.constraints, strict=True):
            assert (a.name, a.state) == (b.name, b.state)


@pytest.mark.parametrize("bad", [0, -0.5, 1.2, "lots", {"quota": 2}, {"connections": 0}])
def test_a_share_that_is_none_is_refused(bad):
    with pytest.raises(InputError) as refused:
        load(use_up_to=bad)
    assert str(refused.value).startswith("use_up_to") and "above 0 and up to 1" in str(refused.value)


def test_a_resource_that_is_none_is_refused_with_those_that_are():
    with pytest.raises(InputError, match="quota"):
        load(use_up_to={"quotas": 0.5})


def test_the_share_on_the_command_line(tmp_path, run):
    """45 MB/s at peak in shards of 1 MiB/s: 45e6 / (0.5 x 2^20) is 86, of 0.8 54."""
    file = tmp_path / "w.yaml"
    file.write_text("write: 30 MB/s\nmessage: 10 kB\nfan_out: 0.5\nmeasured_at: broker\n", encoding="utf-8")
    ask = ["size", str(file), "--platform", "kinesis-provisioned", "--machine", "shared reads", "--json"]
    assert [json.loads(run(*ask, *more))["units"] for more in ([], ["--use-up-to", "0.5"])] == [54, 86]
    with pytest.raises(AssertionError):  # exit status 2
        run(*ask, "--use-up-to", "1.5")


# ------------------------------------------------------------------------------------------------------------ defaults


def test_a_peak_that_is_not_given_is_assumed_and_said():
    w = load()
    assert float(Demand.of(w).peak_ratio) == 1.5 == float(w.assumed_values["peak_ratio"])
    told = load(peak_ratio=1), load(peak_write="60 MB/s"), load(growth={"seasons": {"day": 2.0}})
    assert [float(Demand.of(x).peak_ratio) for x in told] == [1.0, 2.0, 2.0]
    assert not any(x.assumed_values for x in told)
    text = explain_text(plan(w, "kinesis-provisioned"))
    assert "peak_ratio = 1.5   <- assumed, as none is given" in text and assumption("unknown_peak_ratio").source in text


def test_the_assumed_peak_is_printed(tmp_path, run):
    file = tmp_path / "w.yaml"
    file.write_text("write: 30 MB/s\nmessage: 1 KiB\n", encoding="utf-8")
    out = run("compare", str(file), "--platform", "kinesis-provisioned")
    assert "Peak assumed, as none is given: 1.5 times the average" in " ".join(out.split())
    found = run("compare", str(file), "--platform", "kinesis-provisioned", "--json")
    assert json.loads(found)["workload"]["assumed_values"]["peak_ratio"]["value"] == 1.5


@pytest.mark.parametrize(
    "offer", [n for n, o in offers().items() if any(x.name == "follower_fetch" for x in o.options)]
)
def test_consumers_read_from_leaders_unless_asked(offer):
    assert find_offer(offer).checked_options({})["follower_fetch"] is False


def test_what_follower_fetch_would_save_is_said_beside_the_plan():
    """30 MB/s read twice, two thirds of it across zones: 40 MB/s x 730 h at 0.02 USD/GiB, both directions."""
    p = plan(load(), "msk-express")
    by_hand = 30e6 * 2 * 2 / 3 * 730 * 3600 / 2**30 * 0.02
    assert follower_fetch_usd(p) == pytest.approx(by_hand)
    near = plan(load(), "msk-express", options={"follower_fetch": True})
    assert p.monthly_usd - near.monthly_usd == pytest.approx(by_hand)
    assert f"would save {by_hand:,.0f} USD a month" in p.asides[0] and near.asides == ()
    assert plan(load(zones=1, replication_factor=1), "kafka-ec2-ebs").asides == ()  # one zone: nothing crosses


def test_99_9_per_cent_unless_asked():
    small = load(write="1 MB/s")
    units = {a: float(size(small, "confluent-standard", machine="eCKU", options=a and {"availability": a}).units)
             for a in ("", "99.9%", "99.99%")}  # fmt: skip
    assert units == {"": 1, "99.9%": 1, "99.99%": 2}
    assert any("zone lost is not promised" in text for text in plan(small, "confluent-standard").warnings)
    assert plan(load(survive="broker"), "confluent-standard").warnings == ()


# ------------------------------------------------------------------------------------------------------------ warnings


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, ""),
        (
            {"replication_factor": 2},
            "replication_factor 2: with a zone lost 1 copy is left; with min.insync.replicas 2",
        ),
        ({"replication_factor": 2, "min_insync_replicas": 2}, "min_insync_replicas 2: with a zone lost 1 of 2 copies"),
        ({"replication_factor": 2, "min_insync_replicas": 1}, "what is acknowledged then has no second copy"),
        ({"min_insync_replicas": 2}, ""),
        ({"min_insync_replicas": 3}, "min_insync_replicas 3: with a zone lost 2 of 3 copies are left"),
        ({"min_insync_replicas": 3, "survive": "broker"}, "with a broker lost 2 of 3 copies"),
        ({"min_insync_replicas": 3, "survive": "none"}, ""),
        ({"replication_factor": 1, "survive": "broker"}, "replication_factor 1: with a broker lost the partitions"),
    ],
)
def test_copies_that_do_not_survive_are_warned_of(fields, said):
    p = plan(load(**fields), "kafka-ec2-ebs")
    if not said:
        assert p.warnings == ()
    else:
        assert len(p.warnings) == 1 and said in p.warnings[0]
        assert p.warnings[0] in explain_text(p)


def test_copies_left_by_hand():
    """Two zones hold two copies each of four at most; three zones one each of three."""
    cases = [((4, 2, "zone"), 2), ((3, 3, "zone"), 2), ((2, 3, "zone"), 1), ((3, 1, "broker"), 2), ((3, 3, "none"), 3)]
    for (copies, zones, lost), left in cases:
        d = Demand.of(load()).replace(replication_factor=float(copies), zones=float(zones), survive=lost)
        assert float(copies_left(d)) == left


def test_services_that_keep_their_own_copies_are_not_warned_of():
    w = load(replication_factor=2)
    warned = {p.offer.name for p in study(w).plans if any("replication_factor" in text for text in p.warnings)}
    assert {"kafka-ec2-ebs", "msk-standard", "google-managed-kafka"} <= warned
    assert not {"msk-express", "msk-serverless", "kinesis-provisioned", "confluent-dedicated"} & warned


def test_more_in_sync_copies_than_there_are_is_refused():
    with pytest.raises(InputError, match=r"min_insync_replicas: 3 is not usable.*1 to 2"):
        load(replication_factor=2, min_insync_replicas=3)


def test_warnings_and_splits_are_shown(tmp_path, run):
    file = tmp_path / "w.yaml"
    fields = "write: 20 MB/s\nmessage: 1 KiB\nfan_out: 2\nconnections: 200000\nreplication_factor: 2\n"
    file.write_text(fields, encoding="utf-8")
    only = ["--platform", "msk-serverless", "--platform", "kafka-ec2-ebs"]
    rows = json.loads(run("compare", str(file), *only, "--json"))["platforms"]
    by_name = {r["platform"]: r for r in rows}
    assert (
        by_name["msk-serverless"]["split_by"] == "connections" and "67 clusters" in by_name["msk-serverless"]["split"]
    )
    assert "replication_factor 2" in by_name["kafka-ec2-ebs"]["warnings"][0]
    assert "follower_fetch would save" in by_name["kafka-ec2-ebs"]["asides"][0]
    text = " ".join(run("compare", str(file), *only).split())
    assert "67 clusters, split by connections" in text and "WARNING (kafka-ec2-ebs): replication_factor 2" in text
    for name, said in (("msk-serverless", "because of connections"), ("kafka-ec2-ebs", "WARNING: replication_factor")):
        assert said in " ".join(run("size", str(file), "--platform", name).split())


# -------------------------------------------------------------------------------------------------------------- splits


def test_the_wall_that_splits_is_named():
    """200,000 connections on clusters of 3,000: 67, which no byte of the load asks for."""
    p = plan(load(connections=200_000), "msk-serverless")
    assert p.clusters == math.ceil(200_000 / 3_000) == 67
    assert (p.split.limit, p.split.asked, p.split.most) == ("connections", 200_000, 3_000)
    assert str(p.split).startswith("67 clusters because of connections: 200,000 connections on one cluster")
    assert str(p.split) in explain_text(p)


def test_a_wall_on_units_says_what_asks_for_them():
    """300,000 connections at 4,000 a broker, on two zones of three: 113 brokers; MSK has 60 in a cluster."""
    p = plan(load(connections=300_000), "msk-standard")
    assert p.split.limit == "brokers in a KRaft cluster" and p.split.asks == "connections (zone down)"
    assert p.split.asked == 114 and p.clusters == 2


def test_no_split_where_one_does_or_the_number_is_given():
    assert plan(load(), "msk-serverless").split is None
    assert plan(load(connections=200_000), "msk-serverless", clusters=67).split is None


@given(connections=st.integers(3_001, 1_400_000))
def test_the_clusters_are_those_that_the_named_wall_asks_for(connections):
    p = plan(load(connections=connections), "msk-serverless")
    assert p.clusters == math.ceil(p.split.asked / p.split.most) and p.split.limit == "connections"


# -------------------------------------------------------------------------------------------------- floors, not walls


def test_fewer_zones_than_there_must_be_are_rounded_up():
    s = size(load(zones=1, replication_factor=1), "msk-standard", machine="kafka.m7g.large")
    assert bool(s.feasible) and float(s.units) % 2 == 0
    assert any("2 zones" in text for text in s.assumptions)


def test_a_retention_below_the_least_is_kept_for_the_least():
    short, least = (
        size(load(retention=r, hot_retention="1 d"), "msk-standard-tiered", machine="kafka.m7g.xlarge")
        for r in ("1 d", "3 d")
    )
    assert bool(short.feasible) and any("kept for 3 d" in text for text in short.assumptions)
    tiered = [float(s.usage["aws.msk.tiered-storage"].quantity) for s in (short, least)]
    assert tiered[0] == pytest.approx(tiered[1]) and tiered[0] == pytest.approx(30e6 * 2 * 86400 / 2**30)


def test_diskless_topics_take_the_least_stream_load():
    """2 MB/s, 3 at peak, 4 with headroom; a stream load with diskless topics has at least 10 MB/s."""
    w = load(write="2 MB/s", fan_out=1)
    custom = [
        size(w, "aiven-kafka-standard", machine="stream-load-custom", options={"diskless_share": share})
        for share in (0.0, 0.5)
    ]
    assert [float(s.units) for s in custom] == [4, 10] and all(bool(s.feasible) for s in custom)


def test_as_many_brokers_as_copies():
    """A broker for every 15 vCPU: five copies ask for the 61st."""
    w = Workload(write="1 MB/s", message="1 KiB", zones=1, replication_factor=5, region="us-central1")
    s = size(w, "google-managed-kafka", machine="cluster")
    assert bool(s.feasible) and float(s.units) == 4 * 15 + 1
    assert next(float(p.value) for p in s.parts if p.name == "brokers") == 5


@pytest.mark.parametrize("offer", offers())
def test_the_smallest_load_breaks_no_minimum(offer):
    """Nothing is too small for a vendor: it is rounded up to what is sold."""
    for fields in ({}, {"zones": 1, "replication_factor": 1}, {"zones": 2, "replication_factor": 2}):
        sizing = size(load(write="1 kB/s", message="1 kB", retention="1 h", **fields), offer)
        least = [x.broken for x in sizing.limits if x.at_least and "capacity unit" not in x.name]
        assert not any(np.broadcast_to(b, sizing.units.shape).all() for b in least)


# --------------------------------------------------------------------------------------------------------- connections


def test_connections_bind_on_brokers_of_ones_own():
    """4,000 connections a broker of 4 vCPU and more, 2,000 of 2: 60,000 are 15 brokers, 22.5 with a zone down."""
    w = load(write="1 MB/s", connections=60_000)
    s = size(w, "kafka-ec2-ebs", machine="m7g.xlarge")
    assert float(s.units) == 24 and s.binding == "connections (zone down)"  # a multiple of three zones
    assert needed(s, "connections") == 15 and needed(s, "connections", "broker down") == 16
    assert float(size(w, "kafka-ec2-ebs", machine="m7g.large").units) == 45
    assert "huaweicloud" in next(c.source for c in s.constraints if c.name == "connections")


def test_connections_of_ones_own_measurement():
    w = load(write="1 MB/s", connections=60_000)
    s = size(w, "kafka-ec2-ebs", machine="m7g.xlarge", options={"connections_per_broker": 20_000})
    assert needed(s, "connections", "zone down") == pytest.approx(4.5)


@pytest.mark.parametrize(
    "offer", ["kafka-azure-ssd", "kafka-gce-disk", "msk-standard", "msk-express", "instaclustr-kafka"]
)
def test_no_broker_takes_any_number_of_connections(offer):
    few, many = (np.min(size(load(connections=n), offer).units) for n in (100, 400_000))
    assert many >= 100 > few


def test_connections_that_are_not_given_are_not_checked():
    assert not any(c.name == "connections" for c in size(load(), "kafka-ec2-ebs").constraints)
