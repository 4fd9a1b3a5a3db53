"""What topics hold: by size, for ever, compacted, as measured; hand-worked, properties, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity import Demand, Workload, size
from capacity.demand.draws import draw_demand
from capacity.laws.retention import cleaner_passes, size_bound_bytes, uncleaned_bytes, written_bytes
from streamfacts.errors import InputError

MONTH = 730 * 3600
CAPPED = {"write": "10 MB/s", "message": "1 KiB", "partitions": 300, "retention": "7 d"}


def held(demand):
    """Bytes of one copy."""
    return demand.wire_bytes_s * demand.held_s


def disk_space(workload, platform="kafka-ec2-ebs", machine="m7g.large"):
    sizing = size(workload, platform, machine=machine)
    return next(float(np.max(c.demand)) for c in sizing.constraints if c.name == "disk space")


def test_size_of_a_partition_is_reached_first():
    """300 x 2 GiB x 3 copies = 1.93 TB; a week of 10 MB/s would be 18 TB. With 30 GiB a week is reached first."""
    assert disk_space(Workload(**CAPPED, retention_bytes="2 GiB")) == pytest.approx(300 * 2 * 2**30 * 3)
    week = disk_space(Workload(**CAPPED))
    assert week == pytest.approx(10e6 * 7 * 86400 * 3, rel=0.07)  # and 61 bytes of header for 1.2 records of 1 KiB
    assert disk_space(Workload(**CAPPED, retention_bytes="30 GiB")) == week
    said = " ".join(size(Workload(**CAPPED, retention_bytes="2 GiB"), "kafka-ec2-ebs", machine="m7g.large").assumed)
    assert "retention_bytes is reached first: 644 GB a copy, where 7 d would keep 6.4" in said


def test_the_remote_tier_is_bounded_by_size_too():
    """On disk a day of 10 MB/s, 0.9 TB, would be more than the 644 GB that there are."""
    d = Demand.of(Workload(**CAPPED, retention_bytes="2 GiB"))
    assert float(d.wire_bytes_s * d.hot_held_s) == pytest.approx(300 * 2 * 2**30)
    short = Demand.of(Workload(**CAPPED, retention_bytes="2 GiB", hot_retention="1 h"))
    assert float(short.wire_bytes_s * short.hot_held_s) == pytest.approx(float(short.wire_bytes_s) * 3600)


def test_offers_without_sizes_of_partitions_keep_by_time_and_say_so():
    w = Workload(**CAPPED, retention_bytes="2 GiB")
    for platform in ("kinesis-provisioned", "pubsub", "event-hubs-standard"):
        sizing = size(w, platform)
        assert float(sizing.demand.held_s) == pytest.approx(7 * 86400), platform
        assert any(x.startswith("retention_bytes is given and not used: ") for x in sizing.assumed), platform
        plain = size(w.replace(retention_bytes=None), platform)
        assert not any("not used" in x for x in plain.assumed), platform


def test_measured_bytes_take_the_place_of_the_models():
    """147 GB on all brokers, 49 a copy; a week of 184 kB/s in records of 271 B and a header each would be 411."""
    case = {
        "write": "184131 B/s", "peak_write": "10706676 B/s", "fan_out": 0.5, "retention": "7 d", "partitions": 475,
        "message": "271 B",
    }  # fmt: skip
    w = Workload(**case, held="147 GB")
    assert disk_space(w) == pytest.approx(147e9)
    assert float(held(Demand.of(w))) == pytest.approx(49e9)
    model = disk_space(w.replace(held=None))
    assert model == pytest.approx(184131 / 271 * (271 + 9 + 61) * 7 * 86400 * 3, rel=0.01)
    said = " ".join(size(w, "kafka-ec2-ebs", machine="m7g.large").assumed)
    assert "147 GB on all brokers together, as measured; the model would think 4" in said


def test_measured_bytes_grow_with_the_load():
    w = Workload(write="1 MB/s", message="1 KiB", held="600 GB", growth={"yearly": 1.0})
    months = Demand.months(w, 25)
    assert float(held(months)[0]) == pytest.approx(200e9)
    assert float(held(months)[12]) == pytest.approx(400e9, rel=0.01)
    assert held(draw_demand(w.replace(held={"low": "300 GB", "high": "1 TB"}), 8, 3)).shape == (8, 3)


def test_forever_grows_month_by_month():
    """1 MB/s are 2.63 TB a month of 730 h: 31.5 TB after twelve; five months after 30 GB on three copies 13.2."""
    w = Workload(write="1 MB/s", message="1 KiB", measured_at="broker", retention="forever")
    assert float(held(Demand.of(w))) == pytest.approx(12 * 1e6 * MONTH)
    path = held(Demand.months(w.replace(held="30 GB"), 5))
    assert path.tolist() == pytest.approx([10e9 + m * 1e6 * MONTH for m in range(1, 6)])
    doubled = held(Demand.months(w.replace(growth={"events": [{"from": 2, "times": 3}]}), 3))
    assert doubled.tolist() == pytest.approx([1e6 * MONTH, 4e6 * MONTH, 5e6 * MONTH])
    draws = held(draw_demand(w.replace(write={"low": "1 MB/s", "high": "3 MB/s"}), 8, 4))
    assert draws.shape == (8, 4)
    assert (np.diff(draws, axis=1) > 0).all()
    said = " ".join(size(w, "kafka-ec2-ebs", machine="m7g.large").assumed)
    assert "kept forever: 31.5 TB a copy after 12 months, 2.63 TB more with every month" in said


def test_forever_needs_tiering_or_is_a_wall():
    w = Workload(write="1 MB/s", message="1 KiB", retention="forever")
    for platform in ("kinesis-provisioned", "pubsub", "event-hubs-premium"):
        sizing = size(w, platform)
        assert not np.any(sizing.feasible), platform
        assert any(limit.name == "retention" and np.any(limit.broken) for limit in sizing.limits), platform
    tiered = size(w, "kafka-ec2-ebs-tiered", machine="m7g.large")
    assert np.all(tiered.feasible)
    local = next(c for c in tiered.constraints if c.name == "disk space")
    assert float(local.demand) == pytest.approx(1e6 * 86400 * 3, rel=0.1)  # a day on disk
    assert disk_space(w) == pytest.approx(12 * 1e6 * MONTH * 3, rel=0.1)


def test_compacted_topics_hold_live_records_and_what_the_cleaner_has_not_reached():
    """50 M keys of 1 KiB and 14 bytes are 52 GB; half of the log dirty as much again; a segment of 1 GiB a partition.

    At 10 MB/s over 20 partitions a segment of 1 GiB is full within 36 minutes, so all 20 are.
    """
    w = Workload(write="10 MB/s", message="1 KiB", partitions=20, compacted={"keys": "50 million"})
    d = Demand.of(w)
    live = 50e6 * float(d.wire_bytes_s / d.records_s)
    assert live == pytest.approx(52e9, rel=0.02)
    assert float(held(d)) == pytest.approx(2 * live + 20 * 2**30)
    assert disk_space(w) == pytest.approx(3 * (2 * live + 20 * 2**30))
    # a cleaning for each 52 GB written: reads 52 live and twice 52 dirty, writes 52
    assert (float(d.cleaner_reads), float(d.cleaner_writes)) == pytest.approx((3.0, 1.0))


def test_the_cleaner_takes_cpu_and_disk():
    plain = Workload(write="10 MB/s", message="1 KiB", partitions=20)
    w = plain.replace(compacted={"keys": "50 million"})

    def of(workload, name):
        sizing = size(workload, "kafka-ec2-ebs", machine="m7g.large")
        return next((float(c.demand) for c in sizing.constraints if (c.name, c.state) == (name, "normal")), 0.0)

    rate = float(Demand.of(w).wire_bytes_s)
    assert of(w, "CPU") > of(plain, "CPU")
    assert of(w, "disk write") == pytest.approx(of(plain, "disk write") + rate * 1.0 * 3)
    assert of(w, "disk read and write") == pytest.approx(of(plain, "disk write") + rate * 4.0 * 3)
    assert of(plain, "disk read and write") == 0.0


def test_a_share_of_the_topics_is_compacted():
    """A tenth of 10 MB/s is compacted, nine tenths are kept a day."""
    load = {"write": "10 MB/s", "message": "1 KiB", "partitions": 100}
    d = Demand.of(Workload(**load, compacted={"keys": "1 million", "share": 0.1}))
    live = 1e6 * float(d.wire_bytes_s / d.records_s)
    assert float(held(d)) == pytest.approx(2 * live + 10 * 2**30 + 0.9 * float(d.wire_bytes_s) * 86400)
    with_delete = Demand.of(Workload(**load, retention="1 h", compacted={"keys": "1 billion"}))
    assert float(held(with_delete)) == pytest.approx(float(with_delete.wire_bytes_s) * 3600)  # compact,delete


def test_offers_that_cannot_compact_do_not_fit():
    w = Workload(write="1 MB/s", message="1 KiB", partitions=6, compacted={"keys": "1 million"})
    for platform in ("kinesis-provisioned", "pubsub", "kafka-ec2-ebs-tiered", "msk-standard-tiered"):
        sizing = size(w, platform)
        assert not np.any(sizing.feasible), platform
        assert any(limit.name == "compacted" for limit in sizing.limits), platform
    assert np.any(size(w, "kafka-ec2-ebs").feasible)
    # Event Hubs Standard keeps 1 GB of a compacted partition, MSK Serverless 120 compacted partitions
    names = {limit.name for limit in size(w, "event-hubs-standard").limits if np.any(limit.broken)}
    assert "size of a compacted partition" in names
    many = size(w.replace(partitions=121), "msk-serverless").limits
    assert any(limit.name == "compacted partitions in a cluster" and np.any(limit.broken) for limit in many)
    assert any("compacted is given and not used" in x for x in size(w, "pulsar-ec2-ebs", machine=None).assumed)


@settings(max_examples=40, deadline=None)
@given(
    keys=st.integers(1, 10**10),
    more=st.floats(1, 100),
    rate=st.floats(1e3, 1e9),
    gib=st.floats(0.001, 1e4),
    days=st.floats(0.01, 1000),
)
def test_laws_of_what_is_held(keys, more, rate, gib, days):
    w = Workload(write=f"{rate} B/s", message="1 KiB", retention=f"{days} d", partitions=12)
    plain = float(held(Demand.of(w)))
    capped = float(held(Demand.of(w.replace(retention_bytes=f"{gib} GiB"))))
    assert capped <= plain * (1 + 1e-12)
    assert capped <= float(held(Demand.of(w.replace(retention_bytes=f"{gib * more} GiB")))) * (1 + 1e-12)
    compacted = w.replace(compacted={"keys": keys})
    assert float(held(Demand.of(compacted))) <= plain * (1 + 1e-12)  # compact,delete
    few, many = (
        Demand.of(Workload(write=f"{rate} B/s", message="1 KiB", partitions=12, compacted={"keys": k}))
        for k in (keys, keys * more)
    )
    assert float(held(few)) <= float(held(many)) * (1 + 1e-12)
    assert float(few.cleaner_writes) <= float(many.cleaner_writes) * (1 + 1e-12)


def test_laws_are_the_same_over_arrays():
    live, dirty = np.array([1.0, 10.0]), np.array([[0.5], [0.2]])
    assert uncleaned_bytes(live, dirty).tolist() == [[1.0, 10.0], [0.25, 2.5]]
    assert [x.tolist() for x in cleaner_passes(live, 5.0)] == [[2.2, 4.0], [0.2, 2.0]]
    assert size_bound_bytes(np.array([10.0, 100.0]), 3, 20.0).tolist() == [10.0, 60.0]
    assert written_bytes(np.ones((2, 3)), 2.0, np.array([[1.0], [2.0]])).tolist() == [[3, 5, 7], [4, 6, 8]]
    w = Workload(
        **{**CAPPED, "write": {"low": "1 MB/s", "high": "20 MB/s"}},
        retention_bytes={"low": "1 GiB", "high": "30 GiB"},
        compacted={"keys": {"low": "1 million", "high": "9 million"}, "share": {"low": 0.1, "high": 0.5}},
    )
    low, likely, high = held(Demand.corners(w)).tolist()
    assert low < likely < high
    assert high == pytest.approx(float(held(Demand.of(w, "high"))))
    assert len(set(held(draw_demand(w, 16)).tolist())) == 16


@pytest.mark.parametrize(
    ("fields", "field", "allowed"),
    [
        ({"retention": "for evr"}, "retention", "or forever"),
        ({"retention": {"low": "1 d", "high": "forever"}}, "retention.high", "a duration"),
        ({"retention": "forever", "retention_bytes": "1 GiB"}, "retention_bytes", "forever deletes nothing"),
        ({"retention": "forever", "compacted": {"keys": 5}}, "retention", "compaction deletes"),
        ({"retention_bytes": 5}, "retention_bytes", "the unit is missing"),
        ({"retention_byte": "5 GB"}, "workload field", "retention_bytes"),
        ({"held": "-5 GB"}, "held", "from 1"),
        ({"compacted": True}, "compacted", "{keys: 50 million}"),
        ({"compacted": {"key": 5}}, "compacted", "keys"),
        ({"compacted": {"share": 0.5}}, "compacted", "keys beside it"),
        ({"compacted": {"keys": 5, "share": 2}}, "compacted.share", "from 0.0001 to 1"),
        ({"compacted": {"keys": "many"}}, "compacted.keys", "a value from 1"),
    ],
)
def test_bad_input(fields, field, allowed):
    with pytest.raises(InputError) as caught:
        Workload(write="1 MB/s", message="1 KiB", **fields)
    assert caught.value.field == field
    assert allowed in str(caught.value)


def test_figures_of_a_block_carry_their_origin_and_correlation(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(
        "write: {low: 1 MB/s, high: 4 MB/s}\nmessage: 1 KiB\nretention: {value: forever, assumed: system of record}\n"
        'correlation: {"write,held": 0.9}\n'
        "held: {low: 10 GB, high: 90 GB}\n"
    )
    w = Workload.load(path)
    assert w.kept_forever
    assert w.origin["retention"] == "assumed: system of record"
