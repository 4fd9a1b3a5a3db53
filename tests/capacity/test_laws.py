"""The laws against numbers worked by hand from the cited formats and rules, and one law for any shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload, size
from capacity.laws.coefficients import fitted
from capacity.laws.cpu import effective_cores
from capacity.laws.paths import Paths, network_paths
from capacity.laws.records import record_overhead_bytes, records_per_batch, varint_bytes, wire_bytes_per_record
from capacity.laws.storage import objects_per_second, stored_bytes
from capacity.systems.broker_cpu import cpu_cores
from capacity.systems.broker_loads import Machines
from capacity.systems.brokers import rebuild_seconds
from capacity.systems.states import states
from streamfacts.tables import assumption


def demand(**fields) -> Demand:
    peak = {} if "peak_write" in fields or "growth" in fields else {"peak_ratio": 1}
    return Demand.of(Workload(**{"write": "10 MB/s", "message": "1 KiB", "retention": "7 d", **peak, **fields}))


# -------------------------------------------------------------------------------------------------- records


def zigzag_bytes(value: int) -> int:
    """Count the seven-bit groups of a zig-zag integer, as protobuf writes them, bit by bit."""
    encoded, count = value << 1, 1
    while encoded >= 128:
        encoded >>= 7
        count += 1
    return count


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0, 1), (1, 1), (63, 1), (64, 2), (100, 2), (8191, 2), (8192, 3), (2**20 - 1, 3), (2**20, 4),
        (2**27 - 1, 4), (2**27, 5), (2**31 - 1, 5),
    ],
)  # fmt: skip
def test_varint_borders(value: int, count: int) -> None:
    assert zigzag_bytes(value) == count
    assert float(varint_bytes(value)) == count


@given(st.integers(0, 2**31 - 1))
def test_varint_counts_groups_of_seven_bits(value: int) -> None:
    assert float(varint_bytes(value)) == zigzag_bytes(value)


@pytest.mark.parametrize(
    ("message", "batch", "headers", "overhead"),
    [
        # length, attributes, timestamp delta, offset delta, key length, value length, header count
        (50, 1, 0, 1 + 1 + 1 + 1 + 1 + 1 + 1),
        (57, 1, 0, 7),  # body of 63 bytes: its length still takes one
        (58, 1, 0, 8),  # body of 64 bytes: two
        (63, 1, 0, 8),
        (64, 1, 0, 9),  # the value's length takes two as well
        (100, 1, 0, 2 + 1 + 1 + 1 + 1 + 2 + 1),
        (8192, 1, 0, 3 + 1 + 1 + 1 + 1 + 3 + 1),
        (50, 1, 1, 7 + 2),  # one header: a length for its key and one for its value
        (50, 1, 3, 7 + 6),
        (50, 127, 0, 7),  # offsets 0 to 126, on average 63
        (50, 1001, 0, 8),  # on average 500: two bytes
    ],
)
def test_record_overhead(message: int, batch: int, headers: int, overhead: int) -> None:
    assert float(record_overhead_bytes(message, batch, headers)) == overhead


def test_the_batch_header_is_the_sum_of_its_fields() -> None:
    # baseOffset 8, batchLength 4, partitionLeaderEpoch 4, magic 1, crc 4, attributes 2, lastOffsetDelta 4,
    # baseTimestamp 8, maxTimestamp 8, producerId 8, producerEpoch 2, baseSequence 4, number of records 4
    fields = 8 + 4 + 4 + 1 + 4 + 2 + 4 + 8 + 8 + 8 + 2 + 4 + 4
    assert fields == 61
    assert float(assumption("record_batch_header_bytes")) == fields


def test_wire_bytes() -> None:
    assert float(wire_bytes_per_record(50, 1)) == 61 + 57
    assert float(wire_bytes_per_record(100, 1)) == 61 + 109
    assert float(wire_bytes_per_record(100, 10)) == pytest.approx(6.1 + 109)
    # the header is not compressed, the records are
    assert float(wire_bytes_per_record(100, 10, 2.0)) == pytest.approx(6.1 + 54.5)
    assert float(wire_bytes_per_record(100, 10, 4.0)) == pytest.approx(6.1 + 27.25)


def test_records_per_batch() -> None:
    assert float(records_per_batch(100, 61 + 10 * 109)) == pytest.approx(10.0)
    assert float(records_per_batch(50, 61 + 57)) == 1.0
    assert float(records_per_batch(5000, 1000)) == 1.0  # a record larger than the batch goes alone


@given(st.floats(1.0, 5e7), st.floats(1.0, 1e7), st.floats(1.0, 50.0))
def test_a_record_on_the_wire_is_never_smaller_than_its_compressed_self(message, batch, ratio) -> None:
    count = records_per_batch(message, batch)
    wire = float(wire_bytes_per_record(message, count, ratio))
    assert count >= 1.0
    assert message / ratio < wire <= message / ratio + 61 + 15


# ---------------------------------------------------------------------------------------------------- paths


@pytest.mark.parametrize(
    ("copies", "zones", "follower_fetch", "produce", "replicate", "replicate_across", "consume"),
    [
        # of 300 bytes/s written and read twice; what crosses a zone border
        (3, 3, False, 200, 600, 600, 400),  # two thirds to a leader elsewhere; both copies elsewhere
        (3, 3, True, 200, 600, 600, 0),  # every zone holds a copy
        (2, 3, False, 200, 300, 300, 400),
        (2, 3, True, 200, 300, 300, 200),  # one zone of three has none: a third of 600
        (1, 3, False, 200, 0, 0, 400),
        (1, 3, True, 200, 0, 0, 400),  # the one copy is elsewhere for two thirds
        (3, 1, False, 0, 600, 0, 0),  # one zone, no border
        (3, 1, True, 0, 600, 0, 0),
        (2, 2, False, 150, 300, 300, 300),
        (2, 2, True, 150, 300, 300, 0),
        (1, 2, True, 150, 0, 0, 300),
    ],
)
def test_network_paths(copies, zones, follower_fetch, produce, replicate, replicate_across, consume) -> None:
    p = network_paths(300.0, 2, copies, zones, follower_fetch=follower_fetch)
    assert float(p.produce) == 300
    assert float(p.consume) == 600
    assert float(p.replicate) == replicate
    assert float(p.produce_cross_zone) == pytest.approx(produce, abs=1e-9)
    assert float(p.replicate_cross_zone) == pytest.approx(replicate_across, abs=1e-9)
    assert float(p.consume_cross_zone) == pytest.approx(consume, abs=1e-9)
    assert float(p.clients_cross_zone) == pytest.approx(produce + consume, abs=1e-9)
    assert float(p.tier_upload) == float(p.tier_download) == float(p.cross_region) == 0


def test_paths_of_a_tier_and_of_other_regions() -> None:
    p = network_paths(300.0, 2, 3, 3, tiered=True, cold_reads=0.25, cross_region_copies=2)
    assert (float(p.tier_upload), float(p.tier_download), float(p.cross_region)) == (300, 150, 600)
    assert float(network_paths(300.0, 2, 3, 3, cold_reads=0.25).tier_download) == 0


@given(
    st.floats(1.0, 1e11), st.floats(0.0, 50.0), st.sampled_from([(r, z) for z in (1, 2, 3) for r in range(1, z + 1)])
)
def test_no_path_crosses_more_than_it_carries(write, fan_out, placement) -> None:
    copies, zones = placement
    for follower_fetch in (False, True):
        p = network_paths(write, fan_out, copies, zones, follower_fetch=follower_fetch)
        for part, whole in (
            (p.produce_cross_zone, p.produce),
            (p.replicate_cross_zone, p.replicate),
            (p.consume_cross_zone, p.consume),
        ):
            assert 0 <= part <= whole * (1 + 1e-12)
    near, far = (network_paths(write, fan_out, copies, zones, follower_fetch=f) for f in (True, False))
    assert near.consume_cross_zone <= far.consume_cross_zone * (1 + 1e-12)


# -------------------------------------------------------------------------------------------------- storage


def test_stored_bytes() -> None:
    assert float(stored_bytes(1e6, 3600)) == 3.6e9
    assert float(stored_bytes(1e6, 86_400, 3)) == 259.2e9
    assert float(stored_bytes(1e6, 0)) == 0


def test_objects_per_second() -> None:
    assert float(objects_per_second(100e6, 25e6)) == 4
    assert float(objects_per_second(100e6, 25e6, 3)) == 12
    assert float(objects_per_second(0.0, 25e6)) == 0


# ------------------------------------------------------------------------------------------- any shape in, same out

LAWS = {
    "varint": lambda x: varint_bytes(x),
    "record overhead": lambda x: record_overhead_bytes(x),
    "records per batch": lambda x: records_per_batch(x, 16_384.0),
    "wire bytes": lambda x: wire_bytes_per_record(x, 4.0, 2.0),
    "stored bytes": lambda x: stored_bytes(x, 3600.0, 3),
    "objects": lambda x: objects_per_second(x, 64.0),
    "paths": lambda x: network_paths(x, 2, 3, 3).consume_cross_zone,
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_scalar_list_and_arrays_alike(law) -> None:
    values = [1, 63, 64, 500, 8191, 70_000]
    scalars = [float(law(v)) for v in values]
    assert scalars == [float(law(float(v))) for v in values] == [float(law(np.asarray(v))) for v in values]
    assert scalars == law(values).tolist() == law(tuple(values)).tolist() == law(np.array(values)).tolist()
    table = law(np.array(values).reshape(2, 3))
    assert table.shape == (2, 3) and table.ravel().tolist() == scalars
    assert law(np.empty(0)).shape == (0,)


def test_paths_broadcast() -> None:
    p = network_paths(np.array([[100.0], [200.0]]), np.array([1.0, 2.0, 3.0]), 3, 3)
    assert isinstance(p, Paths)
    assert p.consume.tolist() == [[100, 200, 300], [200, 400, 600]]


# ---------------------------------------------------------------------------------------- demand of a workload


def test_demand_of_a_workload_by_hand() -> None:
    # 1000 records/s of 100 bytes, 10 a batch of 61 + 10 x 109 bytes, halved by compression
    d = demand(
        write="100 kB/s", message="100 B", batch="1151 B", compression_ratio=2, peak_ratio=3, fan_out=2, partitions=12
    )
    assert float(d.payload_bytes_s) == 100_000
    assert float(d.records_s) == pytest.approx(1000)
    assert float(d.wire_bytes_s) == pytest.approx(1000 * (6.1 + 54.5))
    assert float(d.batch_wire_bytes) == pytest.approx(61 + 545)
    assert float(d.peak_payload_bytes_s) == pytest.approx(300_000)
    assert float(d.peak_records_s) == pytest.approx(3000)
    assert float(d.partitions) == 12
    assert float(d.consumer_groups) == 2


def test_what_was_measured_at_the_broker_is_on_the_wire_already() -> None:
    d = demand(write="100 kB/s", message="100 B", compression_ratio=4, measured_at="broker")
    assert float(d.wire_bytes_s) == 100_000
    assert float(d.payload_bytes_s) == 400_000
    assert float(d.records_s) == 1000
    assert float(d.message_bytes) == 400


def test_three_ways_to_say_the_same() -> None:
    first = demand(write="100 kB/s", message="100 B")
    second = demand(write=None, messages="1000 records/s", message="100 B")
    third = demand(write="100 kB/s", messages="1000 records/s", message=None)
    for name, value in first.arrays().items():
        assert second.arrays()[name] == pytest.approx(float(value), rel=1e-12), name
        assert third.arrays()[name] == pytest.approx(float(value), rel=1e-12), name


def test_peak_write_and_peak_ratio_say_the_same() -> None:
    assert demand(peak_write="35 MB/s").peak_ratio == pytest.approx(3.5)
    assert demand(peak_ratio=3.5).peak_payload_bytes_s == pytest.approx(35e6)


# --------------------------------------------------------------------------------------------------- states


@pytest.mark.parametrize(
    ("survive", "zones", "names"),
    [
        ("none", 3, ["normal", "catch-up"]),
        ("broker", 3, ["normal", "broker down", "catch-up"]),
        ("zone", 3, ["normal", "broker down", "zone down", "catch-up"]),
        ("zone", 2, ["normal", "broker down", "zone down", "catch-up"]),
        ("broker", 1, ["normal", "broker down", "catch-up"]),
    ],
)
def test_states_that_must_be_survived(survive: str, zones: int, names: list[str]) -> None:
    d = demand(survive=survive, zones=zones, replication_factor=min(3, zones))
    assert [state.name for state in states(d)] == names


def test_one_zone_cannot_lose_a_zone() -> None:
    assert demand(zones=1).survive == "broker"


def test_states_by_hand() -> None:
    # 30 MB/s on the wire for an hour, to be caught up within two: 15 MB/s on top
    d = demand(fan_out=2, outage="1 h", catch_up="2 h").replace(wire_bytes_s=30e6)
    normal, broker, zone, back = states(d)
    assert (float(normal.share), normal.lost, float(normal.copies_alive)) == (1, 0, 3)
    assert (float(broker.share), broker.lost, float(broker.copies_alive)) == (1, 1, 3)
    assert (float(zone.share), zone.lost, float(zone.copies_alive)) == (pytest.approx(2 / 3), 0, pytest.approx(2))
    assert float(back.copies_alive) == pytest.approx(2)
    assert float(back.backlog_follow) == pytest.approx(15e6)  # the one copy that was down
    assert float(back.backlog_consume) == pytest.approx(15e6)  # one consumer group lags
    assert float(states(demand(fan_out=0))[-1].backlog_consume) == 0


# ------------------------------------------------------------------------------------------------ CPU, rebuild


def test_cpu_by_hand() -> None:
    c = fitted().point
    d = demand(fan_out=3, tls=False).replace(wire_bytes_s=20e6, batch_wire_bytes=10_000.0, records_s=5000.0)
    # 20 MB/s in, 40 MB/s fetched by followers, 60 + 40 MB/s sent, 2000 batches and 5000 records a second
    by_bytes = 20 * c["cpu_produce_ms_per_mb"] + 40 * c["cpu_follow_ms_per_mb"] + 100 * c["cpu_send_ms_per_mb"]
    by_items = 2000 * c["cpu_request_us"] + 5000 * c["cpu_record_us"]
    by_hand = by_bytes / 1e3 + by_items / 1e6
    assert float(cpu_cores(d, states(d)[0])) == pytest.approx(by_hand, rel=1e-12)
    assert float(cpu_cores(d.replace(cpu_factor=1.7), states(d)[0])) == pytest.approx(1.7 * by_hand, rel=1e-12)
    encrypted = (by_bytes * c["cpu_tls_factor"]) / 1e3 + by_items / 1e6
    with_tls = demand(fan_out=3).replace(wire_bytes_s=20e6, batch_wire_bytes=10_000.0, records_s=5000.0)
    assert float(cpu_cores(with_tls, states(with_tls)[0])) == pytest.approx(encrypted, rel=1e-12)


def test_virtual_cpus_help_less_than_their_number() -> None:
    worth = effective_cores(np.array([2.0, 8.0, 32.0]), fitted().point["cpu_scaling"])
    assert worth[1] == pytest.approx(8.0)
    assert worth[2] / worth[1] == pytest.approx(4 ** fitted().point["cpu_scaling"])
    assert worth[1] / worth[0] == pytest.approx(4 ** fitted().point["cpu_scaling"])
    assert worth[0] < 8.0 / 2 and worth[2] < 32.0


@given(st.floats(1e3, 1e11), st.floats(1.0, 1000.0), st.sampled_from(["none", "broker", "zone"]))
def test_cpu_is_linear_in_bytes(write: float, times: float, survive: str) -> None:
    one = demand(fan_out=2, survive=survive).replace(wire_bytes_s=write, records_s=write / 1000)
    more = one.replace(wire_bytes_s=write * times, records_s=write * times / 1000)
    for before, after in zip(states(one), states(more), strict=True):
        assert float(cpu_cores(more, after)) == pytest.approx(times * float(cpu_cores(one, before)), rel=1e-9)


def test_tls_and_small_batches_cost_cores() -> None:
    plain, tls = demand(tls=False), demand(tls=True)
    assert cpu_cores(tls, states(tls)[0]) > cpu_cores(plain, states(plain)[0])
    small = demand(batch="1 KiB")
    assert cpu_cores(small, states(small)[0]) > cpu_cores(tls, states(tls)[0])


DISK_BOUND = Machines(*(np.float64(x) for x in (1, 1, 100e6, 50e6, 1, 1)), 1.0, np.float64(1), "", "", "")


@pytest.mark.parametrize("tiered", [False, True])
def test_rebuild_time_is_positive_and_falls_with_more_brokers(tiered: bool) -> None:
    d = demand(write="10 MB/s", use_up_to=1.0).replace(wire_bytes_s=10e6, retention_s=864_000.0, hot_retention_s=1e4)
    kept = 1e4 if tiered else 864_000.0
    for brokers in (3.0, 6.0, 60.0):
        # a broker holds and takes its part of 30 MB/s; the disk, 50 MB/s, is slower than the network
        by_hand = (30e6 * kept / brokers) / (50e6 - 30e6 / brokers)
        assert float(rebuild_seconds(d, DISK_BOUND, np.float64(brokers), tiered=tiered)) == pytest.approx(by_hand)


def test_an_overloaded_cluster_never_rebuilds() -> None:
    d = demand(use_up_to=1.0).replace(wire_bytes_s=60e6)  # 60 MB/s live on disks of 50
    assert float(rebuild_seconds(d, DISK_BOUND, np.float64(3.0))) == np.inf
    both = rebuild_seconds(d.replace(retention_s=1e6), DISK_BOUND, np.array([3.0, 36.0]))
    assert both.tolist() == [np.inf, pytest.approx(60e6 * 3 * 1e6 / 36 / 45e6)]


@pytest.mark.parametrize("offer", ["kafka-ec2-ebs", "kafka-ec2-nvme-tiered", "msk-standard"])
@given(st.floats(3.0, 11.0))
def test_rebuild_time_of_a_sizing_is_positive(offer: str, exponent: float) -> None:
    s = size(demand(write=f"{10**exponent!r} B/s"), offer)
    (part,) = [p for p in s.parts if p.name == "time to rebuild a broker"]
    assert (part.value > 0).all() and not np.isnan(part.value).any()
