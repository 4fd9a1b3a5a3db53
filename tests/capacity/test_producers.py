"""Batches as producers fill them: hand-worked, properties, what is printed, what is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload, size
from capacity.demand.draws import draw_demand
from capacity.laws.batches import batch_streams, fewest_producers, fill_seconds, lingered_records
from capacity.laws.exactly_once import cpu_for_loss, throughput_lost
from streamfacts.errors import InputError

TINY = {"messages": "20000 records/s", "message": "100 B", "partitions": 2000}


def batches_a_second(demand):
    return float(demand.wire_bytes_s / demand.batch_wire_bytes)


def test_tiny_records_over_many_partitions_travel_alone():
    """20,000/s over 2,000 partitions are 10 a second each: 1 + 10 x 5 ms = 1.05 a batch, 19,048 batches a second."""
    d = Demand.of(Workload(**TINY))
    assert float(d.producers) == 1.0
    assert float(d.records_a_batch) == pytest.approx(1.05)
    assert batches_a_second(d) == pytest.approx(20_000 / 1.05)
    # 61 bytes of header for 1.05 records, and 100 + 10 of a record: 1 of attributes, 1 to 2 each of timestamp, offset,
    # lengths of key, value and record, and of headers; framing is taken as in a full batch
    assert float(d.wire_bytes_s) == pytest.approx(20_000 * (61 / 1.05 + 110))


@pytest.mark.parametrize(
    ("more", "records"),
    [
        ({"linger": "100 ms"}, 1 + 10 * 0.1),
        ({"linger": "0 s"}, 1.0),
        ({"producers": 10}, 1 + 1 * 0.005),
        ({"producers": 10, "linger": "2 s"}, 1 + 1 * 2),
        ({"keyed": False, "producers": 10}, 1 + 2000 * 0.005),
        ({"keyed": False, "producers": 10, "topics": 4}, 1 + 500 * 0.005),
        ({"linger": "60 s"}, (16_384 - 61) / 109),  # full: 109 bytes a record with 150 of them
        ({"linger": "60 s", "batch": "1 KiB"}, (1024 - 61) / 108),
        ({"batch": "16 KiB"}, (16_384 - 61) / 109),  # as measured
    ],
)
def test_records_of_a_batch(more, records):
    assert float(Demand.of(Workload(**TINY, **more)).records_a_batch) == pytest.approx(records, rel=0.01)


def test_fewest_producers_carry_the_peak():
    """1 M records/s at 1 us are one busy client, 1 GB/s at 500 MB/s two more."""
    assert float(fewest_producers(1e6, 1e9, 1.0, 500.0)) == 3.0
    few, many = (Demand.of(Workload(write=w, message="1 KiB")) for w in ("1 MB/s", "5 GB/s"))
    assert float(few.producers) == 1.0
    assert float(many.producers) > 5.0


def test_a_slow_batch_is_warned_of():
    """16 KiB are some 148 records, at 10 a second of which the first waits for none 14.7 s."""
    said = " ".join(size(Workload(**TINY, batch="16 KiB"), "kafka-ec2-ebs", machine="m7g.large").assumed)
    seconds = float(re.search(r"warning: a batch of \S+ records takes ([\d.]+) s to fill", said)[1])
    records = Demand.of(Workload(**TINY, batch="16 KiB")).records_a_batch
    assert float(records) == pytest.approx(148, abs=2)
    assert seconds == pytest.approx(float(fill_seconds(records, 20_000, 2_000)), rel=0.01)
    quick = " ".join(size(Workload(**TINY), "kafka-ec2-ebs", machine="m7g.large").assumed)
    assert "warning" not in quick
    assert "1.05 records a batch" in quick
    assert "2,000 partitions from 1 producer (the fewest that carry the peak, assumed" in quick


@pytest.mark.parametrize(
    ("platform", "machine", "constraint"),
    [
        ("kafka-ec2-ebs", "m7g.large", "CPU"),
        ("confluent-standard", None, "requests"),
        ("pulsar-ec2-ebs", "m7g.large + r7g.large", "CPU"),
    ],
)
def test_brokers_units_and_pulsar_pay_for_small_batches(platform, machine, constraint):
    def load(**more):
        sizing = size(Workload(**TINY, **more), platform, machine=machine)
        return max(float(np.max(c.demand / c.capacity)) for c in sizing.constraints if constraint in c.name)

    assert load() > load(linger="50 ms") > load(linger="1 s")
    assert load(producers=20) > load()


def test_kinesis_aggregates_what_reaches_a_shard_in_time():
    """2,000 shards, 10 records a second each: in 100 ms of the library 2 records, in 1 s 11, never more than 50 KiB."""
    few = Workload(**TINY, producers=1)

    def units(w, kib):
        sizing = size(w, "kinesis-provisioned", machine="shared reads", options={"aggregate_kib": kib})
        return next(float(x.quantity) for x in sizing.usage.lines if x.meter == "aws.kinesis.put-payload-units")

    month = 730 * 3600 / 1e6
    assert units(few, 0) == pytest.approx(20_000 * month)
    assert units(few, 50) == pytest.approx(20_000 / 2 * month)
    assert units(few.replace(linger="1 s"), 50) == pytest.approx(20_000 / 11 * month)
    assert units(few.replace(producers=None), 50) == pytest.approx(20_000 / 512 * 2 * month)  # 50 KiB: 2 units of 25


def test_pubsub_batches_by_topic():
    """A topic has no partitions: 20,000/s x 5 ms are 100 more than the first, 10 kB a request; alone they bill 1 kB."""

    def billed(w):
        sizing = size(w, "pubsub", options={"overhead_bytes": 0})
        return (
            float(np.max(sizing.usage.lines[0].quantity)) * 2.0**40 / (730 * 3600) / 2
        )  # once published, once delivered

    assert billed(Workload(**TINY)) == pytest.approx(2e6, rel=1e-6)
    assert billed(Workload(**TINY, linger="0 s")) == pytest.approx(20_000 * 1000, rel=1e-6)
    assert billed(Workload(**TINY, producers=1000)) == pytest.approx(20_000 / 1.1 * 1000, rel=1e-6)


@given(
    rate=st.floats(0.1, 1e7),
    partitions=st.integers(1, 10_000),
    producers=st.integers(1, 1000),
    linger=st.floats(0, 10),
    longer=st.floats(1, 100),
    full=st.floats(1, 10_000),
)
def test_law_of_batches(rate, partitions, producers, linger, longer, full):
    streams = batch_streams(partitions, 1, producers)
    records = float(lingered_records(rate, streams, linger, full))
    assert 1.0 <= records <= full
    assert float(lingered_records(rate, streams, linger * longer, full)) >= records
    assert float(lingered_records(rate, batch_streams(partitions, 1, producers + 1), linger, full)) <= records
    assert float(lingered_records(rate, batch_streams(partitions, 1, producers, False), linger, full)) >= records
    more = rate * longer
    assert more / float(lingered_records(more, streams, linger, full)) >= rate / records * (
        1 - 1e-12
    )  # batches a second
    assert float(fill_seconds(records, rate, streams)) <= linger * (1 + 1e-6) + 1e-9


def test_law_is_the_same_over_arrays():
    rate, streams, linger = np.array([1.0, 1e3, 1e6]), np.array([[1.0], [100.0]]), 0.005
    whole = lingered_records(rate, streams, linger, 100.0)
    assert whole.shape == (2, 3)
    one = [[float(lingered_records(r, s, linger, 100.0)) for r in rate] for s in streams[:, 0]]
    assert whole.tolist() == one
    w = Workload(write={"low": "1 MB/s", "high": "9 MB/s"}, message="1 KiB", linger={"low": "1 ms", "high": "50 ms"})
    draws = draw_demand(w, 8)
    assert draws.records_a_batch.shape == (8,)
    assert len(set(draws.linger_s.tolist())) == 8
    low, likely, high = Demand.corners(w).linger_s.tolist()
    assert low > likely > high  # a longer wait is less load


@pytest.mark.parametrize("linger", ["1 ms", "5 ms", "50 ms", "1 s"])
def test_longer_linger_never_needs_more_cpu(linger):
    def cpu(wait):
        sizing = size(Workload(**TINY, linger=wait, producers=7), "kafka-ec2-ebs", machine="m7g.large")
        return max(float(c.demand) for c in sizing.constraints if c.name == "CPU")

    assert cpu("2 s") <= cpu(linger) <= cpu("0 s")


def test_batches_of_growing_load_grow():
    w = Workload(write="1 MB/s", message="1 KiB", partitions=100, growth={"yearly": 1.0, "fields": {"producers": 0.0}})
    months = Demand.months(w, 13)
    assert float(months.records_a_batch[-1] - 1) == pytest.approx(2 * float(months.records_a_batch[0] - 1), rel=0.01)


def test_published_costs_of_transactions():
    """3% of the throughput at a commit every 100 ms; 40% at most; idempotence 2%."""
    assert throughput_lost([0.1, 0.05, 0.001], 0.03, 0.1, 0.4).tolist() == pytest.approx([0.03, 0.06, 0.4])
    assert float(cpu_for_loss(0.03)) == pytest.approx(1.0309, rel=1e-4)
    base = {"write": "10 MB/s", "message": "1 KiB"}

    def factor(**more):
        return float(Demand.of(Workload(**base, **more)).cpu_factor)

    assert factor() == 1.0
    assert factor(transactions=True) == factor(transactions="100 ms") == pytest.approx(1 / 0.97)
    assert factor(transactions="50 ms") == pytest.approx(1 / 0.94)
    assert factor(idempotence=True) == pytest.approx(1 / 0.98)
    assert factor(transactions=False, idempotence=False) == 1.0
    assert factor(transactions="10 s", idempotence=True) == pytest.approx(1 / 0.98)


def test_offers_without_transactions_do_not_fit():
    w = Workload(write="1 MB/s", message="1 KiB", transactions=True)
    for platform in ("kinesis-provisioned", "pubsub", "confluent-freight"):
        assert not np.any(size(w, platform).feasible), platform
        assert np.any(size(w.replace(transactions=False), platform).feasible), platform


@pytest.mark.parametrize(
    ("given_", "field", "allowed"),
    [
        ({"linger": 5}, "linger", "a duration"),
        ({"linger": "-1 ms"}, "linger", "from 0 to 3600"),
        ({"producers": 0}, "producers", "from 1"),
        ({"producers": 2.5}, "producers", "a whole number"),
        ({"keyed": "perhaps"}, "keyed", "true or false"),
        ({"transactions": "often"}, "transactions", "true, false, or the time between two commits"),
        ({"transactions": True, "idempotence": False}, "idempotence", "transactions need idempotent producers"),
        ({"producer": 3}, "workload field", "producers"),
        ({"lingers": "1 ms"}, "workload field", "linger"),
    ],
)
def test_bad_input(given_, field, allowed):
    with pytest.raises(InputError) as caught:
        Workload(write="1 MB/s", message="1 KiB", **given_)
    assert caught.value.field == field
    assert allowed in str(caught.value)
