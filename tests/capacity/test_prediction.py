"""Prediction of a cluster's limit: measured clusters, properties, bad input, the command."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.laws.coefficients import fact, fitted
from capacity.measured.calibration.evidence import published
from capacity.measured.ceilings import ceilings
from capacity.measured.cluster import Cluster
from capacity.measured.cluster_fields import OUTCOMES
from capacity.measured.latency import facts, idle_ms, publish_ms
from capacity.measured.prediction import predict
from streamfacts.errors import InputError, InputErrors
from streamfacts.tables import data_dir
from streamplan.cli import cli

I3EN = {
    "system": "Apache Kafka",
    "nodes": 3,
    "instance_type": "i3en.2xlarge",
    "disk_kind": "2x2500 GB local NVMe",
    "disk_mb_s_per_node": 655,
    "partitions": 100,
    "replication": 3,
    "acks": "all",
    "message_bytes": 1024,
    "batch_bytes": 1_048_576,
    "consumers_fanout": 1,
}


def limit(**changes):
    return float(predict({**I3EN, **changes}).limit_mb_s[0])


# https://github.com/confluentinc/openmessaging-benchmark and the StreamNative report of November 2020
@pytest.mark.parametrize(
    ("group", "changes", "measured", "bottleneck"),
    [
        ("C", {}, 634, "disk write"),
        ("C", {"system": "Apache Pulsar", "acks": "E3/Qw3/Qa2, fsync"}, 315, "journal disk"),
        ("D", {"partitions": 1}, 189, "single partition"),
        ("D", {"acks": "all, fsync"}, 440, "fsync"),
    ],
)
def test_published_limits_of_one_kind_of_host(group, changes, measured, bottleneck):
    bed = str(published().cluster.test_bed[published().group == group][0])
    result = predict({**I3EN, **changes, "test_bed": bed})
    assert result.limit_mb_s[0] == pytest.approx(measured, rel=0.25)
    assert result.low_mb_s[0] < measured < result.high_mb_s[0]
    assert result.bottleneck[0] == bottleneck


def test_bottlenecks_are_called_what_the_field_calls_them():
    assert predict({**I3EN, "tls": "TLS1.3", "instance_type": "", "vcpu_per_node": 2}).bottleneck == ["TLS CPU"]
    assert predict({**I3EN, "producers": 1, "message_bytes": 50}).bottleneck == ["single producer"]
    assert predict({**I3EN, "senders": 4, "message_bytes": 100, "batch_bytes": 550}).bottleneck == [
        "sender concurrency"
    ]
    assert predict({**I3EN, "consumers_fanout": 10}).bottleneck == ["network"]
    assert predict({"system": "Event Hubs Dedicated", "nodes": 4}).bottleneck == ["service quota"]


def test_the_disk_ceiling_by_hand():
    # three nodes of 655 MB/s, three copies, batches of 1 MiB: rate x use / bytes on disk a byte of payload
    c = fitted().point
    found = ceilings(Cluster.of(I3EN), c)["disk write"][0]
    per_record = 1024 + 7 + 2 * 1.0  # lengths as varints; within a thousandth whichever way they fall
    assert found == pytest.approx(655 * c["disk_use"] / (per_record / 1024), rel=0.01)


def test_the_network_ceiling_by_hand():
    c = fitted().point
    found = ceilings(Cluster.of({**I3EN, "consumers_fanout": 3}), c)["network"][0]
    assert found == pytest.approx(3 * 8.4 * 125 * c["network_use"] / 5, rel=0.02)


def test_prose_never_changes_a_number():
    told = published().frame.drop(columns=list(OUTCOMES), errors="ignore")
    before = predict(told)
    for words in (
        "no proxies; synchronous sends were dropped",
        "7 brokers + 9 bookies; 4 producers; 3 senders x 5 threads; no journal; proxied; OMB, mean 5.5) per request",
        "",
    ):
        after = predict(told.assign(note=words, hardware=words, source=words))
        for field in fields(Cluster):
            one, other = getattr(before.cluster, field.name), getattr(after.cluster, field.name)
            if field.name == "filled":
                assert one == other
            else:
                np.testing.assert_array_equal(one, other, err_msg=field.name)
        for name in ("limit_mb_s", "low_mb_s", "high_mb_s", "bottleneck"):
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name), err_msg=name)


def test_what_a_note_would_tell_is_a_field():
    c = fitted().point
    # ten records of 1,024 bytes a request, unless the batch itself is told; senders alone send one at a time
    asked = {name: value for name, value in I3EN.items() if name != "batch_bytes"}
    assert Cluster.of({**asked, "records_per_request": 10}).batch_bytes == [10_240]
    assert Cluster.of({**asked, "records_per_request": 10, "batch_bytes": 5000}).batch_bytes == [5000]
    for waiting in ({"waits": True}, {"waits": "yes"}, {"senders": 25}):
        found = Cluster.of({**asked, **waiting})
        assert found.batch_bytes == [1024] and "batch_bytes: one record a request" in found.assumed[0][-1]
    assert Cluster.of({**asked, "benchmark": "OpenMessaging"}).batch_bytes == [1_048_576]
    assert Cluster.of({**asked, "benchmark": "other"}).batch_bytes == Cluster.of(asked).batch_bytes == [16_384]
    service = {"system": "Kafka", "nodes": 3, "vcpu_per_node": 4, "partitions": 6, "message_bytes": 128}
    direct, proxied = (ceilings(Cluster.of({**service, "proxied": word}), c)["CPU"][0] for word in ("no", "yes"))
    assert proxied == pytest.approx(direct * c["proxy_share"])
    pulsar = {**I3EN, "system": "Pulsar"}
    assert [bool(Cluster.of({**pulsar, "journal": word}).fsync[0]) for word in ("yes", "no", None)] == [
        True,
        False,
        True,
    ]
    apart = Cluster.of({**pulsar, "nodes": 5, "brokers": 2, "bookies": 3})
    assert (apart.nodes[0], apart.brokers[0]) == (3, 2)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1, 64), st.integers(1, 30), st.floats(0.5, 100), st.floats(50, 5000), st.integers(1, 5000),
    st.floats(50, 500_000), st.floats(0, 10), st.sampled_from(["all", "1", "all, fsync"]), st.booleans(),
)  # fmt: skip
def test_limits_are_finite_positive_and_monotone(vcpu, nodes, net, disk, partitions, message, fan_out, acks, tls):
    row = {
        "system": "Kafka", "nodes": nodes, "vcpu_per_node": vcpu, "net_gbps_per_node": net, "disk_mb_s_per_node": disk,
        "partitions": partitions, "message_bytes": message, "consumers_fanout": fan_out, "acks": acks,
        "tls": "TLS" if tls else "none",
    }  # fmt: skip
    more = [
        {"vcpu_per_node": vcpu * 2},
        {"net_gbps_per_node": net * 2},
        {"disk_mb_s_per_node": disk * 2},
        {"consumers_fanout": fan_out / 2},
        {"tls": "none"},
    ]
    rows = [row, *({**row, **change} for change in more)]
    result = predict(rows)
    assert np.isfinite(result.limit_mb_s).all() and (result.limit_mb_s > 0).all()
    assert (result.low_mb_s < result.limit_mb_s).all() and (result.limit_mb_s < result.high_mb_s).all()
    assert (result.limit_mb_s[1:] >= result.limit_mb_s[0] * (1 - 1e-12)).all()


def test_one_cluster_equals_the_same_among_many():
    rows = [I3EN, {**I3EN, "nodes": 6}, {**I3EN, "system": "Apache Pulsar"}]
    many = predict(rows)
    for i, row in enumerate(rows):
        one = predict(row)
        for name in ("limit_mb_s", "low_mb_s", "high_mb_s"):
            assert getattr(one, name)[0] == pytest.approx(getattr(many, name)[i], rel=1e-12)
        assert one.bottleneck[0] == many.bottleneck[i]


def test_a_frame_a_list_and_strings_are_the_same():
    strings = {name: str(value) for name, value in I3EN.items()}
    for given_ in (pd.DataFrame([I3EN]), [I3EN], strings):
        assert predict(given_).limit_mb_s[0] == pytest.approx(limit(), rel=1e-12)


def test_what_is_not_told_widens_the_interval_and_is_named():
    bare = {name: value for name, value in I3EN.items() if name not in ("instance_type", "disk_mb_s_per_node")}
    told = predict({**bare, "vcpu_per_node": 8, "tls": "TLS1.2"})
    untold = predict({**bare, "tls": "TLS1.2"})
    assert untold.limit_mb_s[0] == pytest.approx(told.limit_mb_s[0])
    assert untold.high_mb_s[0] / untold.low_mb_s[0] > 1.2 * told.high_mb_s[0] / told.low_mb_s[0]
    assert any("vcpu_per_node: not known" in text for text in untold.assumed[0])


def test_a_measured_test_bed_is_known_better():
    bed = str(published().cluster.test_bed[published().group == "E22"][0])
    row = {"system": "Kafka", "nodes": 3, "vcpu_per_node": 4, "partitions": 24, "replication": 1, "acks": "1",
           "message_bytes": 128, "tls": "TLS1.2"}  # fmt: skip
    new, known = predict(row), predict({**row, "test_bed": bed})
    assert known.high_mb_s[0] / known.low_mb_s[0] < new.high_mb_s[0] / new.low_mb_s[0]
    assert not known.notes()[-1].startswith("no measurement of this test bed")


def test_utilisation_is_the_load_over_each_ceiling():
    result = predict({**I3EN, "load_mb_s": 100})
    use = result.utilisation()
    for name, ceiling in result.ceilings.items():
        assert use[name][0] == pytest.approx(100 / ceiling[0] if np.isfinite(ceiling[0]) else 0)
    assert result.utilisation(200)["CPU"][0] == pytest.approx(2 * use["CPU"][0])
    with pytest.raises(InputError, match="load_mb_s"):
        predict(I3EN).utilisation()


def test_more_confidence_is_a_wider_interval():
    narrow, wide = predict(I3EN, confidence=0.5), predict(I3EN, confidence=0.95)
    assert wide.low_mb_s[0] < narrow.low_mb_s[0] < narrow.high_mb_s[0] < wide.high_mb_s[0]
    with pytest.raises(InputError, match=r"confidence.*0\.5 to 0\.99"):
        predict(I3EN, confidence=0.2)


def test_sharper_coefficients_never_widen_the_interval():
    held = fitted()
    sharp = predict(I3EN, replace(held, covariance=held.covariance / 100))
    assert sharp.high_mb_s[0] / sharp.low_mb_s[0] <= predict(I3EN).high_mb_s[0] / predict(I3EN).low_mb_s[0]


MSK = {
    "system": "Amazon MSK", "nodes": 3, "instance_type": "kafka.m5.xlarge", "net_gbps_per_node": 1.25,
    "vcpu_per_node": 4, "disk_kind": "EBS gp2", "partitions": 72, "message_bytes": 1024, "consumers_fanout": 2,
}  # fmt: skip


def told(**where):
    """Rows of the evidence whose publish latency was measured, at their own load."""
    frame = published().frame
    found = frame[(frame["latency"] == "publish") & np.logical_and.reduce([frame[k] == v for k, v in where.items()])]
    loads = found["measured_mb_s_in_total"]
    rows = found.drop(columns=[c for c in OUTCOMES if c in found])
    return predict(rows.assign(load_mb_s=loads)), found["p99_ms"].to_numpy(float)


@pytest.mark.parametrize(("group", "factor"), [("A", 1.35), ("C", 2.1), ("D", 1.6), ("R", 1.6)])
def test_latency_follows_the_measured_series(group, factor):
    """Acks of all on network volumes (A); local disks, one or all answers, flushes and many partitions, Pulsar (D)."""
    result, measured = told(group=group)
    assert np.isfinite(result.latency.p99_ms).all()
    off = np.abs(np.log(result.latency.p99_ms / measured))
    assert np.median(off) < np.log(factor)


def test_nine_in_ten_measured_latencies_lie_within():
    result, measured = told()
    known = np.isfinite(result.latency.p99_ms)
    inside = (result.latency.low_ms <= measured) & (measured <= result.latency.high_ms)
    assert known.sum() > 50 and 0.85 <= inside[known].mean() <= 0.99


def test_latency_has_no_cliff_at_the_limit():
    limit_mb_s = float(predict(MSK).limit_mb_s[0])
    loads = limit_mb_s * np.linspace(0.05, 2.0, 196)
    found = predict([{**MSK, "load_mb_s": load} for load in loads]).latency
    steps = np.diff(np.log(found.p99_ms))
    assert (steps >= 0).all() and steps.max() < np.log(1.5)  # for each one per cent of the limit more
    assert (np.diff(found.saturated) >= 0).all() and found.saturated[0] == 0 and found.saturated[-1] > 0.95
    assert (found.low_ms < found.p99_ms).all() and (found.p99_ms < found.high_ms).all()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["Kafka", "Pulsar"]), st.floats(2, 24), st.integers(1, 20_000), st.sampled_from(["all", "1"]),
    st.booleans(), st.floats(0.01, 2.0),
)  # fmt: skip
def test_latency_grows_with_partitions_answers_flushes_and_load(system, vcpu, partitions, acks, fsync, use):
    row = {
        "system": system, "nodes": 3, "vcpu_per_node": vcpu, "net_gbps_per_node": 5, "disk_mb_s_per_node": 500,
        "partitions": partitions, "acks": acks + (", fsync" if fsync else ", async flush"), "load_mb_s": 100.0 * use,
    }  # fmt: skip
    more = [
        {"partitions": partitions + 3000},
        {"acks": "all, fsync"},
        {"acks": "all" + (", fsync" if fsync else ", async flush")},
        {"load_mb_s": row["load_mb_s"] * 1.3},
    ]
    ms = idle_ms(Cluster.of([row, *({**row, **change} for change in more)]), facts())
    assert (ms[1:] >= ms[0] * (1 - 1e-12)).all()
    cluster = Cluster.of([row, {**row, **more[-1]}])
    quiet, busy = publish_ms(cluster, np.full(2, 120.0), facts())
    assert quiet <= busy * (1 + 1e-12)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tls": "TLS1.2"}, "without TLS"),
        ({"vcpu_per_node": 48}, "virtual CPUs"),
        ({"message_bytes": 20_000}, "bytes a message"),
        ({"load_mb_s": None}, "no load"),
        ({"system": "Event Hubs Dedicated"}, "this system"),
    ],
)
def test_latency_is_refused_where_nothing_was_measured(changes, why):
    found = predict({**MSK, "load_mb_s": 40, **changes}).latency
    assert np.isnan(found.p99_ms[0]) and why in found.why[0]


def test_idle_latency_by_hand():
    f = facts()
    kafka = {"system": "Kafka", "nodes": 3, "vcpu_per_node": 8, "partitions": 300}
    alone, everyone, flushed = idle_ms(
        Cluster.of([{**kafka, "acks": acks} for acks in ("1", "all", "all, fsync")]), f
    )  # three copies of 300 partitions on three brokers are 300 replicas on each
    assert alone == pytest.approx(f["floor_ms_core"] / 8 * f["leader_share"] + 0.3 * f["replica_us"])
    assert everyone == pytest.approx(f["floor_ms_core"] / 8 + 0.3 * f["replica_us"] * f["replica_all_factor"])
    assert flushed == pytest.approx(everyone + 2 * f["flush_ms"])


def test_tls_costs_follow_wire_bytes():
    """One TLS producer, 100 bytes a record: what a record costs it stays, what is encrypted halves with the bytes."""
    row = {
        "system": "Kafka",
        "nodes": 3,
        "partitions": 6,
        "producers": 1,
        "message_bytes": 100,
        "acks": "1",
        "tls": "TLS",
    }
    plain, half, codec = (
        Cluster.of({**row, **more})
        for more in ({}, {"compression": "lz4", "compression_ratio": 2}, {"compression": "snappy"})
    )
    c = fitted().point
    one, two, some = (float(ceilings(x, c)["producers"][0]) for x in (plain, half, codec))
    per_record = c["producer_record_us"] / 100
    # 61 bytes of header a batch are not compressed, hence the two per cent
    assert 1 / two - per_record == pytest.approx((1 / one - per_record) / 2, rel=0.02)
    assert two > 1.3 * one and some > one
    alone = {**row, "message_bytes": 20_000}  # one record a batch: a codec has nothing to compare it with
    first, second = predict([alone, {**alone, "compression": "snappy"}]).limit_mb_s
    assert first == pytest.approx(second)


def test_an_answer_bounds_what_a_connection_adds():
    """A broker works on one request of a connection at a time, so that a batch waits for the answer before."""
    c = fitted().point
    row = {**I3EN, "partitions": 3, "producers": 2, "message_bytes": 1000, "batch_bytes": 20_000}
    everyone, leader = (ceilings(Cluster.of({**row, "acks": acks}), c)["partitions"][0] for acks in ("all", "1"))
    records = (20_000 - 61) / 1009  # a batch header, and nine bytes of lengths and deltas a record
    for found, ms in ((everyone, c["answer_all_ms"]), (leader, c["answer_one_ms"])):
        wire = 1.009 + 61 / records / 1000
        seconds = ms / 1e3 / (records * 1e-3) / 2 + wire / c["partition_mb_s"]
        assert found == pytest.approx(3 / seconds, rel=0.01)
    assert leader > 2 * everyone
    # with batches of 1 MiB it is the followers' fetches that bound: replica.fetch.max.bytes each
    full = ceilings(Cluster.of({**row, "batch_bytes": 1_048_576, "producers": 50}), c)["partitions"][0]
    assert full == pytest.approx(3 * 1.048576 / (c["replica_fetch_ms"] / 1e3) / 1.009, rel=0.01)


def test_one_store_behind_several_brokers_bounds_them_together():
    c = fitted().point
    alone, shared = (
        ceilings(Cluster.of({**I3EN, **m}), c)["disk write"][0] for m in ({}, {"shared_storage_mb_s": 900})
    )
    assert shared == pytest.approx(alone * 900 / (3 * 655), rel=1e-6)
    more = ceilings(Cluster.of({**I3EN, "nodes": 9, "shared_storage_mb_s": 900}), c)["disk write"][0]
    assert more == pytest.approx(shared, rel=1e-6)


def test_cores_and_brokers_gain_less_than_in_proportion():
    c = fitted().point

    def cpu(**more):
        return ceilings(Cluster.of({**I3EN, "instance_type": "", "net_gbps_per_node": 8.4, **more}), c)["CPU"][0]

    for vcpu in (1, 2, 4, 8, 16):
        assert 1.5 < cpu(vcpu_per_node=2 * vcpu) / cpu(vcpu_per_node=vcpu) < 1.99
    assert 1.8 < cpu(vcpu_per_node=8, nodes=6) / cpu(vcpu_per_node=8, nodes=3) < 1.99


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"system": "RabbitMQ"}, "system.*RabbitMQ.*kafka"),
        ({"system": ""}, "system"),
        ({"nodes": None}, "nodes"),
        ({"nodes": 0}, "nodes.*1"),
        ({"nodes": "three"}, "nodes.*three"),
        ({"partitions": -5}, "partitions.*-5"),
        ({"message_byte": 5}, "message_byte.*message_bytes"),
        ({"consumers_fanout": -1}, "consumers_fanout"),
        ({"waits": "sometimes"}, "waits.*sometimes.*yes or no"),
        ({"proxied": 2}, "proxied.*2.*yes or no"),
        ({"journal": "NVMe"}, "journal.*NVMe.*yes or no"),
        ({"senders": 8, "waits": "no"}, "waits.*no.*senders"),
        ({"records_per_request": 0}, "records_per_request.*0"),
        ({"benchmark": "kafkabench"}, "benchmark.*kafkabench.*openmessaging or other"),
        ({"write_quorum": 3}, "write_quorum.*replication.*write quorum"),
        ({"instance_type": "m99.huge"}, "instance_type.*m99.huge.*vcpu_per_node"),
        ({"instance_type": "Standard_D4s_v6"}, "instance_type.*Standard_D4s_v6.*vcpu_per_node"),
    ],
)
def test_bad_clusters_are_refused_by_name(changes, message):
    with pytest.raises((InputError, InputErrors), match=message):
        predict({**I3EN, **changes})


def test_fewer_nodes_than_copies_are_told_to_be_part_of_a_cluster():
    assert not any(note.startswith("nodes: ") for note in predict({**I3EN, "nodes": 3, "replication": 3}).assumed[0])
    assert any("larger cluster" in note for note in predict({**I3EN, "nodes": 1, "replication": 3}).assumed[0])


def test_every_error_of_a_table_is_told_at_once():
    with pytest.raises(InputErrors) as error:
        predict([{**I3EN, "nodes": 0}, {**I3EN, "partitions": "many"}])
    assert "nodes" in str(error.value) and "partitions" in str(error.value)


def test_coefficients_are_facts_with_sources():
    known = fact("cpu_tls_factor")
    assert known.value == pytest.approx(fitted().point["cpu_tls_factor"])
    assert known.source.startswith("https://") and "90% between" in known.note


def test_the_command(tmp_path):
    file = tmp_path / "cluster.yaml"
    file.write_text(json.dumps({**I3EN, "load_mb_s": 200}))
    run = CliRunner().invoke(cli, ["predict", str(file), "--json"], catch_exceptions=False)
    document = json.loads(run.stdout)
    assert document["limit_mb_s"] == pytest.approx(limit())
    assert document["utilisation"]["disk write"] == pytest.approx(200 / document["ceilings_mb_s"]["disk write"])
    low, high = document["publish_p99_interval_ms"]
    assert 0 < low < document["publish_p99_ms"] < high and document["publish_p99_outside"] == ""
    assert document["publish_saturated_odds"] == pytest.approx(0, abs=0.01)
    text = CliRunner().invoke(cli, ["predict", str(file), "--load", "300"], catch_exceptions=False).stdout
    assert " binds" in text and "use at the load" in text and "disk write" in text


def test_the_command_takes_the_table_of_evidence(tmp_path):
    run = CliRunner().invoke(
        cli, ["predict", str(data_dir() / "evidence" / "evidence.csv"), "--json"], catch_exceptions=False
    )
    assert len(json.loads(run.stdout)) == len(published())


def test_a_cluster_file_that_is_none_is_refused(tmp_path):
    from capacity.measured.clusters_file import open_clusters

    with pytest.raises(InputError, match="cluster"):
        open_clusters(tmp_path / "absent.yaml")
    for text in ("5", "- 5", "clusters: 3"):
        (tmp_path / "odd.yaml").write_text(text)
        with pytest.raises(InputError, match="cluster"):
            open_clusters(tmp_path / "odd.yaml")
