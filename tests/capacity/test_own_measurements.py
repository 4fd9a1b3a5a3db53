"""Own measurements: what each kind of file says, what is learnt from it, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from capacity import Workload
from capacity.demand.draws import draw_demand
from capacity.laws.coefficients import fitted
from capacity.laws.cpu import effective_cores
from capacity.measured.calibration.cpu_factor import own_factor
from capacity.measured.calibration.evidence import of_frame
from capacity.measured.calibration.fit import DEPARTURE_SD, NOISE_SD
from capacity.measured.calibration.own_measurements import BED, calibrate, cpu_factor_of, load, read_measurements
from capacity.measured.ceilings import busy_cores_per_mb
from capacity.measured.cluster import Cluster
from capacity.measured.prediction import predict
from streamfacts.errors import InputError
from streamplan.cli import cli

CLUSTER = {
    "system": "Apache Kafka",
    "nodes": 6,
    "vcpu_per_node": 8,
    "net_gbps_per_node": 5,
    "disk_mb_s_per_node": 250,
    "partitions": 600,
    "message_bytes": 500,
    "consumers_fanout": 2,
    "tls": "TLS1.3",
}
PERF = """100000 records sent, 19996.0 records/sec (19.53 MB/sec), 2.7 ms avg latency, 180.0 ms max latency.
500000 records sent, 60975.609756 records/sec (59.55 MB/sec), 412.30 ms avg latency, 900.00 ms max latency, 400 ms 50th.
"""


def busy_pct(load_mb_s, factor=1.0):
    """CPU that the shipped coefficients say, times a factor [%]."""
    cluster = Cluster.of(CLUSTER)
    c = fitted().point
    cores = busy_cores_per_mb(cluster, c)[0] * load_mb_s * factor
    return 100 * cores / (CLUSTER["nodes"] * float(effective_cores(CLUSTER["vcpu_per_node"], c["cpu_scaling"])))


def table(tmp_path, rows, header="load_mb_s,cpu_pct"):
    file = tmp_path / "own.csv"
    file.write_text("\n".join([header, *(",".join(str(x) for x in row) for row in rows)]) + "\n")
    return file


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.2])
def test_one_row_of_cpu_is_the_update_of_two_log_normals(tmp_path, factor):
    file = table(tmp_path, [(50, busy_pct(50, factor))])
    median, sigma = calibrate(file, CLUSTER).cpu_factor()
    # prior variance of the log of the cores: the coefficients' at this mix, and the departure of a new test bed
    held, step = fitted(), 1e-4
    cluster = Cluster.of(CLUSTER)

    def log_cores(mean):
        return float(np.log(busy_cores_per_mb(cluster, dict(zip(held.names, np.exp(mean), strict=True)))[0]))

    steps = np.eye(len(held.names)) * step
    slope = np.array([(log_cores(held.mean + e) - log_cores(held.mean - e)) / (2 * step) for e in steps])
    prior = float(slope @ held.covariance @ slope) + DEPARTURE_SD**2
    assert np.log(median) == pytest.approx(np.log(factor) * prior / (prior + NOISE_SD**2), abs=0.02)
    assert sigma == pytest.approx((1 / (1 / prior + 1 / NOISE_SD**2)) ** 0.5, rel=0.05)


@given(
    st.floats(1, 500), st.floats(1.0, 20.0), st.floats(0.2, 3.0), st.integers(1, 600), st.sampled_from(["all", "1"]),
    st.sampled_from([None, 1, 50]), st.sampled_from(["none", "TLS1.3"]), st.booleans(),
)  # fmt: skip
def test_a_higher_limit_never_raises_the_factor(low, times, factor, partitions, acks, producers, tls, cpu_too):
    cluster = {**CLUSTER, "partitions": partitions, "acks": acks, "producers": producers, "tls": tls}

    def median(limit_mb_s):
        rows = [{**cluster, "role": "limit", "measured_mb_s_in_total": limit_mb_s, "cpu_pct": np.nan}]
        if cpu_too:
            rows += [{**cluster, "role": "cpu", "measured_mb_s_in_total": 20.0, "cpu_pct": busy_pct(20, factor)}]
        frame = pd.DataFrame([{**row, "id": str(i), "group": "own", "test_bed": BED} for i, row in enumerate(rows)])
        return own_factor(of_frame(frame), fitted())[0]

    assert median(low * times) <= median(low) * (1 + 1e-9)


def test_a_limit_that_cpu_does_not_set_says_nothing_of_cpu():
    """A single partition of one producer stops at a hundredth of what the CPU carries."""
    row = {**CLUSTER, "partitions": 1, "producers": 1, "acks": "all", "role": "limit", "cpu_pct": np.nan}
    rows = pd.DataFrame([{**row, "id": "own", "group": "own", "test_bed": BED, "measured_mb_s_in_total": 4.0}])
    assert own_factor(of_frame(rows), fitted())[0] == pytest.approx(1.0, abs=0.02)


def test_the_posterior_finds_what_made_the_table(tmp_path):
    random = np.random.default_rng(1)
    rows = [(mb, busy_pct(mb, 1.6) * np.exp(random.normal(0, 0.05))) for mb in (20, 40, 60, 80, 100)]
    median, sigma = calibrate(table(tmp_path, rows), CLUSTER).cpu_factor()
    assert abs(np.log(median / 1.6)) < 1.645 * sigma < 0.35


def test_measurements_never_widen_what_is_known(tmp_path):
    found = calibrate(table(tmp_path, [(50, busy_pct(50, 1.4))]), CLUSTER).coefficients
    shipped = fitted()
    assert all(found.sd[name] <= shipped.sd[name] * 1.001 for name in shipped.names)
    row = {**CLUSTER, "test_bed": BED}
    own, new = predict(row, found), predict(row)
    assert own.high_mb_s[0] / own.low_mb_s[0] < new.high_mb_s[0] / new.low_mb_s[0]
    assert own.limit_mb_s[0] < new.limit_mb_s[0]  # it was busier than the model said


def test_a_saved_posterior_predicts_and_plans_the_same(tmp_path):
    found = calibrate(table(tmp_path, [(50, busy_pct(50, 1.4))]), CLUSTER)
    file = tmp_path / "posterior.json"
    found.save(file)
    row = {**CLUSTER, "test_bed": BED}
    assert predict(row, load(file)).limit_mb_s[0] == pytest.approx(predict(row, found.coefficients).limit_mb_s[0])
    workload = Workload(write="50 MB/s", message="500 B", fan_out=2, cpu_factor=cpu_factor_of(file))
    median, sigma = found.cpu_factor()
    drawn = draw_demand(workload, 4096).cpu_factor
    assert np.median(drawn) == pytest.approx(median, rel=0.01) and np.std(np.log(drawn)) == pytest.approx(
        sigma, rel=0.03
    )


def test_other_names_and_units_of_columns_say_the_same(tmp_path):
    plain = read_measurements(table(tmp_path, [(50, 40), (80, 60)])).rows
    other = read_measurements(table(tmp_path, [(50e6, "40%", "x"), (80e6, "60%", "y")], "Bytes/s,CPU,host"))
    assert [r["measured_mb_s_in_total"] for r in other.rows] == pytest.approx(
        [r["measured_mb_s_in_total"] for r in plain]
    )
    assert other.ignored == ("host",)
    read = read_measurements(table(tmp_path, [(50, 150, 40)], "load_mb_s,out_mb_s,cpu_pct")).rows
    assert read[0]["consumers_fanout"] == pytest.approx(3)


def test_a_perf_test_is_one_producer_at_its_limit(tmp_path):
    file = tmp_path / "perf.txt"
    file.write_text(PERF)
    found = read_measurements(file)
    kind, rows = found.kind, found.rows
    assert "perf-test" in kind and len(rows) == 1
    row = rows[0]
    assert row["measured_mb_s_in_total"] == pytest.approx(59.55 * 1.048576)
    assert row["message_bytes"] == pytest.approx(1024, rel=0.001)
    assert (row["role"], row["producers"]) == ("limit", 1)
    assert read_measurements(file, at_limit=False).rows[0]["role"] == "at least"
    found = calibrate(file, {**CLUSTER, "acks": "1"})
    before, after = fitted().point, found.coefficients.point
    assert after["producer_record_us"] != pytest.approx(before["producer_record_us"], rel=1e-6)


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({}, "at least"),
        ({"publishErrorRate": [5000.0] * 4}, "limit"),
        ({"backlog": [1000.0, 1e6, 5e6, 9e6]}, "at least"),  # consumers fell behind; the brokers took what was written
        ({"aggregatedPublishDelayLatencyAvg": 2e6}, "limit"),
    ],
)
def test_a_benchmark_is_a_limit_if_it_fell_behind(tmp_path, more, role):
    file = tmp_path / "result.json"
    result = {"publishRate": [2e5] * 4, "consumeRate": [4e5] * 4, "messageSize": 1024, "topics": 2, "partitions": 50}
    file.write_text(json.dumps({**result, **more}))
    (row,) = read_measurements(file).rows
    assert row["role"] == role and row["partitions"] == 100
    assert row["measured_mb_s_in_total"] == pytest.approx(204.8) and row["consumers_fanout"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("load_mb_s,cpu_pct\n", "measurements.*header and one row"),
        ("rate,cpu_pct\n5,5\n", "measurements.*load_mb_s"),
        ("load_mb_s\n5\n", "CPU"),
        ("load_mb_s,cpu_pct\nfast,5\n", "load in line 2.*fast"),
        ("load_mb_s,cpu_pct\n5,130\n", "CPU in line 2.*130.*100"),
        ("load_mb_s,cpu_pct\n-5,13\n", "load in line 2.*-5"),
        ("load_mb_s,cpu_pct\n0,1\n", "no load above 0"),
        ('{"publishRate": []}', "publishRate"),
        ('{"publishRate": [5.0]}', "messageSize"),
        ("{", "JSON"),
    ],
)
def test_files_that_say_nothing_are_refused_by_name(tmp_path, content, message):
    file = tmp_path / "own.csv"
    file.write_text(content)
    with pytest.raises(InputError, match=message):
        read_measurements(file)


def test_cpu_of_pulsar_and_foreign_posteriors_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"system.*Kafka"):
        calibrate(table(tmp_path, [(50, 30)]), {**CLUSTER, "system": "Apache Pulsar"})
    with pytest.raises(InputError, match="measurements"):
        read_measurements(tmp_path / "absent.csv")
    odd = tmp_path / "odd.json"
    odd.write_text('{"names": []}')
    with pytest.raises(InputError, match="posterior"):
        load(odd)


def test_the_commands(tmp_path):
    run = CliRunner()
    cluster, posterior = tmp_path / "cluster.yaml", tmp_path / "posterior.json"
    cluster.write_text(yaml.safe_dump(CLUSTER))
    file = table(tmp_path, [(50, busy_pct(50, 2.0))])
    arguments = ["calibrate", str(file), "--cluster", str(cluster), "--out", str(posterior)]
    text = run.invoke(cli, arguments, catch_exceptions=False).stdout
    assert "cpu_factor: {distribution: lognormal" in text
    document = json.loads(run.invoke(cli, [*arguments, "--json"], catch_exceptions=False).stdout)
    assert document["cpu_factor"]["median"] == pytest.approx(2.0, rel=0.2)
    predicted = ["predict", str(cluster), "--json"]
    plain, own = (
        json.loads(run.invoke(cli, [*predicted, *more], catch_exceptions=False).stdout)
        for more in ([], ["--posterior", str(posterior)])
    )
    assert plain["limit_mb_s"] != own["limit_mb_s"]
    workload = tmp_path / "w.yaml"
    workload.write_text("write: 300 MB/s\nmessage: 200 B\nfan_out: 3\nretention: 6 h\n")
    size = ["size", str(workload), "--platform", "kafka-ec2-ebs", "--machine", "m7g.2xlarge", "--json"]
    plain, own = (
        json.loads(run.invoke(cli, [*size, *more], catch_exceptions=False).stdout)["units"]
        for more in ([], ["--posterior", str(posterior)])
    )
    assert own > plain
