"""Logs of kafka-producer-perf-test: sweeps, producers at once, throttled runs, logs that were cut off."""

from __future__ import annotations

import json

import pytest

from capacity.measured.calibration.own_measurements import calibrate, read_measurements
from capacity.measured.calibration.perf_log import read_perf_log
from streamfacts.errors import InputError

CLUSTER = {"system": "Apache Kafka", "nodes": 3, "instance_type": "i3en.2xlarge", "disk_mb_s_per_node": 655}
CLUSTER |= {"partitions": 48, "replication": 3, "acks": "all", "message_bytes": 1000}
TAIL = ", {:.2f} ms avg latency, 268.00 ms max latency"
PERCENTILES = ", 2 ms 50th, 3 ms 95th, 98 ms 99th, 190 ms 99.9th."


def line(records: int, rate: float, size: int, latency: float = 300.0, summary: bool = True) -> str:
    text = f"{records} records sent, {rate:.1f} records/sec ({rate * size / 1048576:.2f} MB/sec)" + TAIL.format(latency)
    return text + (PERCENTILES if summary else ".")


def log(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def test_the_greatest_run_of_a_sweep_is_the_limit():
    """20,040.1 records/s of 38.22 MiB/s: 38.22 x 1.048576 = 40.08 MB/s; the other two say no more than it."""
    text = log(
        "# --record-size 2000 --throughput 50000",
        line(500_000, 20_040.1, 2000, 790),
        "# --record-size 2000 --throughput 20000",
        line(500_000, 19_160.3, 2000, 678),
        "# --record-size 2000 --throughput 10000",
        line(500_000, 9_998.7, 2000, 3.5),
    )
    first, second, third = read_perf_log(text)
    assert first.role == "limit" and first.used and first.measured_mb_s == pytest.approx(40.08, abs=0.01)
    assert "greatest of 3 runs" in first.why and "40% of the 50,000" in first.why
    assert second.role == "at least" and not second.used and "less than the greatest" in second.why
    assert third.role == "at least" and not third.used and "10,000 records/s that were asked for" in third.why
    assert [r.producers for r in (first, second, third)] == [1, 1, 1]


def test_the_order_of_a_sweep_does_not_matter():
    lines = [(5_000, 4_999.0, 2.0), (20_000, 14_000.0, 500.0), (50_000, 16_000.0, 800.0)]
    pairs = [(f"bin/kafka-producer-perf-test.sh --throughput {a}", line(300_000, r, 1000, ms)) for a, r, ms in lines]
    for order in (pairs, pairs[::-1], [pairs[1], pairs[2], pairs[0]]):
        (limit,) = [r for r in read_perf_log(log(*(x for pair in order for x in pair))) if r.role == "limit"]
        assert limit.measured_mb_s == pytest.approx(16.0, abs=0.01)


def test_producers_at_once_are_added_and_counted():
    """Their windows stand before the first summary and hold more records than it counts; 20 + 21 + 19 = 60 MB/s."""
    windows = [line(100_000, rate, 1000, summary=False) for rate in (20_000, 21_000, 19_000) for _ in range(3)]
    summaries = [line(300_000, rate, 1000) for rate in (20_000, 21_000, 19_000)]
    (found,) = read_perf_log(log(*windows, *summaries))
    assert found.producers == 3 and found.role == "limit" and found.measured_mb_s == pytest.approx(60.0, rel=0.001)
    assert found.evidence["producers"] == 3 and "3 producers at once" in found.why


def test_summaries_alone_that_lasted_alike_were_at_once_and_the_user_may_say_otherwise():
    alone = log(line(300_000, 20_100, 1000), line(300_000, 20_700, 1000))
    assert [r.producers for r in read_perf_log(alone)] == [2]
    assert [r.producers for r in read_perf_log(alone, together=False)] == [1, 1]
    apart = log(line(300_000, 20_100, 1000), line(300_000, 40_000, 1000))
    assert [r.producers for r in read_perf_log(apart)] == [1, 1]


@pytest.mark.parametrize(
    ("rate", "latency", "role"),
    [(5_000.4, 3.0, "at least"), (5_000.4, 600.0, "limit"), (48_460.0, 3.0, "limit")],
)
def test_a_steady_round_rate_at_a_low_latency_was_asked_for(rate, latency, role):
    windows = [line(25_000, rate, 1000, latency, summary=False) for _ in range(5)]
    (found,) = read_perf_log(log(*windows, line(125_000, rate, 1000, latency)))
    assert found.role == role and ("flat windows" in found.why) == (role == "at least")


def test_a_log_that_was_cut_off_gives_its_windows_mean():
    """Two windows of 5 s: (100,000 + 120,000) records in 10 s are 22,000 records/s of 1000 bytes."""
    text = log(line(100_000, 20_000, 1000, summary=False), line(120_000, 24_000, 1000, summary=False))
    (found,) = read_perf_log(text)
    assert found.measured_mb_s == pytest.approx(22.0, rel=0.001)


def test_all_runs_held_leave_no_limit_but_the_most_that_was_held():
    text = log("--throughput 1000", line(9_000, 1_000, 1000, 2), "--throughput 2000", line(9_000, 1_999, 1000, 2))
    low, high = read_perf_log(text)
    assert (low.role, low.used) == ("at least", False) and (high.role, high.used) == ("at least", True)


def test_a_rate_of_zero_is_refused():
    with pytest.raises(InputError, match=r"0 records/sec.*above 0"):
        read_perf_log("0 records sent, 0.0 records/sec (0.00 MB/sec), 1.0 ms avg latency, 2 ms max latency, 1 ms 50th")


def test_an_older_result_takes_the_size_of_the_cluster_file(tmp_path):
    """50,001.225 messages/s of 1,024 bytes are 51.2 MB/s; without either size the field is asked for."""
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"publishRate": [50_010.2, 50_001.4, 49_990.0, 50_003.3], "producersPerTopic": 2}))
    (read,) = read_measurements(file, cluster={**CLUSTER, "message_bytes": 1024}).read
    assert read.measured_mb_s == pytest.approx(51.2, abs=0.01) and read.producers == 2 and read.role == "at least"
    with pytest.raises(InputError, match=r"messageSize.*message_bytes"):
        read_measurements(file, cluster={})


def test_a_limit_far_outside_the_model_is_said_to_be(tmp_path):
    file = tmp_path / "perf.txt"
    file.write_text(log("--throughput -1", line(900_000, 700.0, 1000, 900)))
    (sentence,) = calibrate(file, CLUSTER).odd()
    assert sentence.startswith("0.7 MB/s is below the ")
    assert calibrate(file, CLUSTER, at_limit=False).odd() == []
