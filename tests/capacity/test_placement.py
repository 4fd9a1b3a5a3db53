"""Placed, not poured: whole replicas on whole disks of whole brokers, and partitions chosen to lie evenly on them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity import Workload, size
from capacity.demand.demand import Demand
from capacity.laws.partitions import fewest_partitions, hottest_of_keys, zipf_share
from capacity.sizing.partitions import FEW, busiest, chosen_partitions, partitions_by_size
from capacity.sizing.placement import Pieces
from capacity.systems.states import states
from streamfacts.errors import InputError
from streamfacts.tables import assumption, read_rows
from streamplan import plan
from streamplan.analyses.size.explain import explain_lines

GIB = 2.0**30
#: Offers whose brokers hold replicas on their own disks.
DISKS = ("kafka-ec2-ebs", "kafka-ec2-nvme", "kafka-azure-ssd", "kafka-gce-disk", "msk-standard", "instaclustr-kafka")
#: Offers that are sized by broker, so that each leads a partition.
BROKERS = (*DISKS, "msk-express", "redpanda-byoc", "kafka-ec2-ebs-tiered")


def work(**fields):
    """Evenly written, so that no peak is assumed, and measured as it lies on disks."""
    usual = {"measured_at": "broker", "message": "1 KiB", "fan_out": 2, "retention": "1 d", "peak_ratio": 1}
    return Workload(**(usual | fields))


def wall(sizing, name, state="normal"):
    return next(c for c in sizing.constraints if (c.name, c.state) == (name, state))


# ------------------------------------------------------------------------------------------------------- the law


@settings(deadline=None, max_examples=150)
@given(
    leaders=st.integers(1, 60),
    copies=st.sampled_from([1.0, 2.0, 3.0, 4.0 / 3.0, 4.0]),
    lead=st.sampled_from([0.0, 1.0, 0.3, 0.8]),
    hottest=st.sampled_from([0.0, 0.0, 0.05, 0.5]),
    bins=st.sampled_from([1.0, 2.0, 4.0]),
    capacity=st.floats(0.004, 2.0),
)
def test_units_are_the_fewest_whose_fullest_fits(leaders, copies, lead, hottest, bins, capacity):
    """Against a search over every number of brokers."""
    pieces = Pieces(np.float64(leaders), copies, lead, hottest, bins if lead == 0 else 1.0)
    fits = [n for n in range(1, 400) if pieces.share_of_fullest(float(n)) <= capacity * (1 + 1e-7)]
    units = float(pieces.units(1.0, capacity))
    if not fits:
        assert units > 399 or math.isinf(units)
    else:
        assert max(math.ceil(units - 1e-9), 1) == fits[0]


def test_the_fullest_by_hand():
    """10 partitions x 3 copies on 4 brokers: one leads 3 and holds 8 of 30; on 4 disks of each, one holds 2 of 30."""
    ten = np.float64(10)
    assert Pieces(ten).share_of_fullest(4.0) == pytest.approx(3 / 10)
    assert Pieces(ten, 3.0, 0.0).share_of_fullest(4.0) == pytest.approx(8 / 30)
    assert Pieces(ten, 3.0, 0.0, bins=4.0).share_of_fullest(4.0) == pytest.approx(2 / 30 * 4), "of a disk's share"
    # half of the work is the leaders', and the busiest partition has 28%, the nine others 8% each
    hot = Pieces(ten, 3.0, 0.5, 0.28)
    assert hot.share_of_fullest(4.0) == pytest.approx(0.5 * (0.28 + 2 * 0.08) + 0.5 * (0.28 + 7 * 0.08) / 3)
    assert Pieces(np.inf).share_of_fullest(4.0) == 0.25, "endlessly many lie evenly"


def test_a_piece_larger_than_a_unit_fits_on_none():
    assert Pieces(np.float64(5)).units(100.0, 19.0) == np.inf
    assert Pieces(np.float64(5)).units(100.0, 20.0) == 5
    assert Pieces(np.float64(5)).units(100.0, 41.0) == 2.5, "three brokers: 2, 2 and 1"


# -------------------------------------------------------------------------------------------------- golden plans


def test_a_gigabyte_a_second_for_a_week_on_local_disks():
    """1 GB/s x 7 d are 604.8 TB once. Replicas of 50 GiB are 11,266 partitions at least.

    is4gen.large has one disk of 1,875 GB, of which 85% may be full: 1,814.4 TB / 1,593.75 GB are 1,138.4 brokers, so
    1,140 in three zones. 24 leaders a broker are 27,360 partitions; each replica has 604.8 TB / 27,360 = 22.1 GB, and
    72 of them are 1,591.6 GB of the 1,593.75.
    """
    s = size(work(write="1 GB/s", retention="7 d"), "kafka-ec2-nvme", machine="is4gen.large")
    space = wall(s, "disk space")
    assert float(space.demand) == 3 * 604.8e12 and float(space.capacity) == 1875e9
    assert float(space.needed()) == pytest.approx(1138.4, abs=0.05)
    assert math.ceil(604.8e12 / (50 * GIB)) == 11_266
    assert (float(s.units), float(s.partitions), float(s.replicas_on_fullest)) == (1140, 27_360, 72)
    assert float(s.replica_bytes) == pytest.approx(604.8e12 / 27_360)
    assert float(s.replicas_on_fullest * s.replica_bytes) == pytest.approx(1591.6e9, abs=0.1e9)
    assert s.feasible


def test_the_same_with_101_partitions_is_no_plan():
    """303 replicas of 5.99 TB on disks of 1.875 TB: no number of brokers will do, and the wall is named."""
    s = size(work(write="1 GB/s", retention="7 d", partitions=101), "kafka-ec2-nvme", machine="is4gen.large")
    assert not s.feasible and np.isinf(s.units)
    said = s.violations
    assert any(text.startswith("replica on one disk: 5.99 TB is above the most, 1.59 TB") for text in said)
    wanted = "disk space (normal): the busiest partition has 5.99 TB, and one broker may have 1.59 TB"
    assert any(text.startswith(wanted) for text in said)
    assert s.binding.startswith(("disk space", "disk write", "network in"))


def test_msk_standard_holds_no_more_than_a_broker_may():
    """91 partitions x 3 copies of 4 MB/s x 40 d / 91 each: at most 16,384 GiB x 85% a broker.

    13.824 TB / 91 are 151.9 GB a replica; 16,384 GiB x 0.85 = 14.953 TB hold 98 of them; 273 / 98 = 2.79 brokers, so
    three with 91 replicas each: 13.824 TB / 0.85 are 15,147 GiB. Poured, brokers of 100.4 replicas would be asked.
    """
    s = size(work(write="4 MB/s", retention="40 d", partitions=91), "msk-standard", machine="kafka.m7g.4xlarge")
    held = 4e6 * 40 * 86400
    m = math.floor(16384 * GIB * 0.85 / (held / 91))
    assert m == 98 and float(wall(s, "disk space").needed()) == pytest.approx(273 / 98)
    assert float(s.units) == 3 and float(s.replicas_on_fullest) == 91
    assert float(s.disk_bytes) == math.ceil(held / 0.85 / GIB) * GIB <= 16384 * GIB


def test_the_fullest_brokers_volume_is_bought_for_all():
    """100 partitions x 3 copies on 9 brokers: one has 34. 10 MB/s x 1 d / 100 = 8.64 GB each, 293.8 GB / 0.85."""
    s = size(work(write="10 MB/s", partitions=100), "kafka-ec2-ebs", machine="m7g.2xlarge", units=9)
    assert float(s.replicas_on_fullest) == 34
    assert float(s.disk_bytes) / GIB == math.ceil(34 * 8.64e9 / 0.85 / GIB)


def test_a_broker_down_moves_whole_leaders():
    """12 leaders on 6 brokers are 2 each; with one down 12 on 5 are 3 on some: half as much again, not a fifth."""
    s = size(work(write="60 MB/s", partitions=12), "kafka-ec2-ebs", machine="m7g.2xlarge", units=6)
    normal, down = wall(s, "network out"), wall(s, "network out", "broker down")
    assert float(down.utilisation(s.units) / normal.utilisation(s.units)) == pytest.approx(1.5)


def test_replicas_lie_whole_on_one_of_several_disks():
    """i3en.3xlarge has one disk, i3en.6xlarge two of 7,500 GB: three replicas of 4 TB take two of its disks on one."""
    held = 4e12
    fields = {"write": f"{held * 4 / 86400} B/s", "partitions": 4, "retention": "1 d"}
    s = size(work(**fields), "kafka-ec2-nvme", machine="i3en.6xlarge", units=4)
    assert float(s.replicas_on_fullest) == 3
    space = wall(s, "disk space")
    # two replicas on one of two disks: 8 TB of 7.5 TB, though the machine's 15 TB would hold its three
    assert float(space.utilisation(s.units)) == pytest.approx(8 / 7.5)
    assert not s.feasible


# ------------------------------------------------------------------------------------------------ chosen partitions


def test_two_megabytes_a_second_get_more_than_one():
    for offer in BROKERS:
        s = plan(work(write="2 MB/s"), offer).sizing
        assert float(s.partitions) >= max(float(s.units), 6), offer
    for offer in ("msk-serverless", "confluent-standard"):
        assert float(plan(work(write="2 MB/s"), offer).sizing.partitions) == 6, "what one makes by default"


def test_the_fewest_partitions_by_hand():
    assert fewest_partitions(2e6) == 6 == float(assumption("default_partitions"))
    assert fewest_partitions(205e6) == 21, "10 MB/s each"
    assert fewest_partitions(2e6, consumers=40) == 40
    assert fewest_partitions(2e6, topics=100) == 100


def test_consumers_ask_for_partitions_and_their_cost_counts():
    few, many = (plan(work(write="2 MB/s", consumers=n), "msk-serverless") for n in (6, 120))
    assert (float(few.sizing.partitions), float(many.sizing.partitions)) == (6, 120)
    hours = [float(p.sizing.usage["aws.msk.serverless-partition"].quantity) for p in (few, many)]
    assert hours[1] - hours[0] == pytest.approx(114 * 730)
    assert many.monthly_usd > few.monthly_usd
    for n in (6, 100):
        basic = plan(work(write="1 MB/s", consumers=n), "confluent-basic").sizing
        assert float(wall(basic, "partitions").needed()) == pytest.approx(n / 30), "30 partitions an eCKU"


def test_given_partitions_bind():
    given_five = plan(work(write="20 MB/s", partitions=5), "kafka-ec2-ebs").sizing
    assert float(given_five.partitions) == 5
    lone = size(work(write="20 MB/s", partitions=1), "msk-express", machine="express.m7g.4xlarge")
    assert [text for text in lone.violations if text.startswith("ingress of the busiest partition: 20 MB/s")]
    assert size(work(write="14 MB/s", partitions=1, fan_out=1), "msk-express", machine="express.m7g.4xlarge").feasible


@pytest.mark.parametrize("offer", BROKERS)
@pytest.mark.parametrize("survive", ["zone", "broker", "none"])
@pytest.mark.parametrize("write", ["1 MB/s", "37 MB/s", "400 MB/s"])
def test_chosen_partitions_lie_evenly_and_the_fullest_holds(offer, survive, write):
    s = plan(work(write=write, survive=survive, fan_out=3), offer).sizing
    units, partitions, copies = float(s.units), float(s.partitions), float(s.demand.replication_factor)
    assert partitions % units == 0 and partitions >= units, "every broker leads the same number"
    if survive == "zone":
        assert partitions % (units * 2 / 3) == 0, "and with one of three zones lost"
    assert float(s.replicas_on_fullest) == partitions * max(copies, 3 if offer == "redpanda-byoc" else 1) / units
    for c in s.constraints:
        assert float(c.utilisation(s.units)) <= float(np.max(c.ceiling)) * (1 + 1e-9), (c.name, c.state)


@settings(deadline=None, max_examples=100)
@given(
    brokers=st.integers(1, 60).map(lambda n: 3 * n),
    asked=st.integers(1, 5000),
    disks=st.sampled_from([1, 2, 3, 4, 8]),
    survive=st.sampled_from(["none", "broker", "zone"]),
)
def test_chosen_partitions_divide_well(brokers, asked, disks, survive):
    demand = Demand.of(work(write="1 MB/s", survive=survive))
    chosen = float(chosen_partitions(demand, np.float64(asked), np.float64(brokers), float(disks)))
    each = chosen / brokers
    assert chosen >= asked and each == int(each) >= 1
    assert 3 * each % disks == 0, "the same number of replicas on every disk"
    if survive == "zone":
        assert each % 2 == 0
    if survive != "none":
        spread = each + math.ceil(each / (brokers - 1))
        even = each * brokers / (brokers - 1)
        assert spread <= even * (1 + 1 / 24), "what a lost broker led is spread finely"
        if brokers <= FEW and asked <= 24 * brokers:
            assert spread == even


def test_the_choice_and_its_reason_are_said():
    part = {
        p.name: p
        for p in size(work(write="1 GB/s", retention="7 d"), "msk-standard", machine="kafka.m7g.8xlarge").parts
    }
    assert part["partitions"].formula.startswith("chosen: at least 11,266 for replicas of at most 50 GiB")
    traffic = {
        p.name: p
        for p in size(work(write="1 GB/s", retention="1 h"), "msk-standard", machine="kafka.m7g.8xlarge").parts
    }
    assert traffic["partitions"].formula.startswith("chosen: at least 100 for traffic (peak write / 10 MB/s)")
    told = {
        p.name: p for p in size(work(write="1 GB/s", partitions=90), "msk-standard", machine="kafka.m7g.8xlarge").parts
    }
    assert told["partitions"].formula == "as given"


# ------------------------------------------------------------------------------------------------------ properties


LOADS = st.fixed_dictionaries(
    {
        "write": st.floats(1e5, 3e8),
        "fan_out": st.sampled_from([0.0, 1.0, 3.0, 8.0]),
        "retention": st.sampled_from(["1 h", "1 d", "7 d"]),
        "survive": st.sampled_from(["none", "broker", "zone"]),
    },
    optional={
        "partitions": st.sampled_from([12, 50, 101, 1000]),
        "hottest_partition": st.sampled_from(["1%", "5%"]),
        "replication_factor": st.sampled_from([1, 2, 3]),
        "consumers": st.sampled_from([10, 300]),
    },
)


@pytest.mark.parametrize("offer", (*BROKERS, "google-managed-kafka"))
@settings(deadline=None, max_examples=12)
@given(load=LOADS, more=st.floats(1.0001, 4.0))
def test_more_load_never_needs_less_and_nothing_is_overfull(offer, load, more):
    small, large = (size(work(**load | {"write": f"{load['write'] * k} B/s"}), offer) for k in (1.0, more))
    assert (large.units >= small.units - 1e-9).all()
    assert not (large.feasible & ~small.feasible).any(), "newly feasible"
    ok = small.feasible
    leaders = np.broadcast_to(small.partitions, small.units.shape)
    if offer != "google-managed-kafka":
        assert (leaders[ok] >= np.minimum(small.units, leaders)[ok]).all()
        least = max(3, float(small.demand.replication_factor))
        assert ((leaders >= small.units) | (small.units <= least))[ok].all(), "no broker idles"
    for c in small.constraints:
        used = np.broadcast_to(c.utilisation(small.units), small.units.shape)
        assert (used[ok] <= np.broadcast_to(c.ceiling, small.units.shape)[ok] * (1 + 1e-9)).all(), (c.name, c.state)
    if offer in DISKS:
        disk = np.broadcast_to(small.disk_bytes, small.units.shape)
        assert (np.broadcast_to(small.replica_bytes, disk.shape)[ok] <= disk[ok]).all()


@pytest.mark.parametrize("offer", BROKERS)
@pytest.mark.parametrize("more", [{}, {"partitions": 200}, {"partitions": 200, "hottest_partition": "3%"}])
def test_arrays_are_their_elements(offer, more):
    demands = [Demand.of(work(write=f"{mb} MB/s", **more)) for mb in (1, 17, 90, 250)]
    whole = size(Demand.joined([d.replace(wire_bytes_s=d.wire_bytes_s.reshape(1)) for d in demands]), offer)
    for i, d in enumerate(demands):
        one = size(d, offer)
        np.testing.assert_array_equal(whole.units[:, i], one.units)
        for name in ("partitions", "replicas_on_fullest", "replica_bytes", "rebuild_s"):
            np.testing.assert_allclose(
                np.broadcast_to(getattr(whole, name), whole.units.shape)[:, i],
                np.broadcast_to(getattr(one, name), one.units.shape),
                rtol=1e-12,
            )


def test_a_sizing_picks_what_one_broker_has():
    s = size(work(write="50 MB/s"), "kafka-ec2-ebs")
    i = list(s.configuration).index("m7g.2xlarge")
    one = s.pick(i)
    assert (float(one.vcpu), float(one.memory_gib)) == (8, 32)
    assert one.partitions == s.partitions[i] and one.rebuild_s == s.rebuild_s[i]
    stream = size(work(write="5 MB/s"), "kinesis-provisioned").pick(0)
    assert all(math.isnan(float(getattr(stream, name))) for name in ("vcpu", "memory_gib", "disk_bytes", "rebuild_s"))


# ------------------------------------------------------------------------------------------------------------ skew


def test_zipf_share_is_one_over_the_harmonic_number():
    for exponent in (0.0, 0.5, 1.0, 1.7):
        for n in (1, 5, 33, 4000):
            exact = 1 / (np.arange(1.0, n + 1) ** -exponent).sum()
            assert float(zipf_share(exponent, float(n))) == pytest.approx(exact, rel=1e-6), (exponent, n)


def test_the_hottest_partition_loads_one_broker():
    """100 MB/s, 30 partitions, 6 brokers: 20% on one and 80% / 29 on the others: the fullest leads it and 4 more."""
    s = size(
        work(write="100 MB/s", partitions=30, hottest_partition="20%", fan_out=1),
        "kafka-ec2-ebs",
        machine="m7g.4xlarge",
        units=6,
    )
    out = wall(s, "network out")
    assert float(out.fullest(s.units)) == pytest.approx(300e6 * (0.2 + 4 * 0.8 / 29))
    assert float(s.replica_bytes) == pytest.approx(0.2 * 100e6 * 86400)
    even = size(work(write="100 MB/s", partitions=30, fan_out=1), "kafka-ec2-ebs", machine="m7g.4xlarge", units=6)
    assert float(wall(even, "network out").fullest(even.units)) == pytest.approx(300e6 / 6)


def test_a_hot_key_has_one_shard_however_many_there_are():
    """8 MB/s: 10% are 0.8 MB/s, in a shard's 1 MiB/s; the other 7.2 MB/s are 6.87 shards' and one more has the key."""
    load = {"write": "8 MB/s", "message": "20 KiB", "measured_at": "producer", "fan_out": 1}
    s = size(work(**load, hottest_partition="10%", use_up_to=1.0), "kinesis-provisioned").pick(0)
    write = wall(s, "write bytes")
    assert float(write.needed()) == pytest.approx(7.2e6 / 2**20 + 1) and s.feasible
    hot = size(work(**load, hottest_partition="20%", use_up_to=1.0), "kinesis-provisioned").pick(0)
    assert any(
        text.startswith("write bytes of the busiest shard: 1.6 MB/s is above the most") for text in hot.violations
    )
    hubs = size(work(**load, hottest_partition="20%"), "event-hubs-standard").pick(0)
    assert any(text.startswith("ingress of the busiest partition: 1.6 MB/s") for text in hubs.violations)


def test_several_clusters_do_not_cool_a_partition():
    demand = Demand.of(work(write="100 MB/s", partitions=100, hottest_partition="20%"))
    for k in (1, 4, 10):
        one = demand.split(k)
        assert float(busiest(one, one.partitions, one.wire_bytes_s)) == pytest.approx(20e6)


def test_skew_is_one_or_the_other_and_a_share():
    assert work(write="1 MB/s", hottest_partition="5%").hottest_partition.likely == 0.05
    with pytest.raises(InputError, match=r"skew.*hottest_partition or skew, not both"):
        work(write="1 MB/s", hottest_partition=0.1, skew=1)
    with pytest.raises(InputError, match=r"hottest_partition: '150%' is not usable; allowed: a value from 0 to 1"):
        work(write="1 MB/s", hottest_partition="150%")
    with pytest.raises(InputError, match=r"consumers: 1.5 is not usable"):
        work(write="1 MB/s", consumers=1.5)
    assert float(hottest_of_keys(0.0267, 12.0)) == pytest.approx(0.0267 + 0.9733 / 12)


# --------------------------------------------------------------------------------------------------------- rebuild


def test_a_volume_is_fast_enough_to_be_rebuilt_in_time():
    """10 MB/s x 30 d x 3 / 3 brokers = 25.92 TB each; in 24 h that is 300 MB/s, and 10 MB/s more come in: 310 / 0.8."""
    s = size(work(write="10 MB/s", retention="30 d", fan_out=1), "kafka-ec2-ebs", machine="m7g.8xlarge", units=3)
    bought = {p.name: float(p.value) for p in s.parts}["volume throughput"]
    assert bought == math.ceil(310e6 / 0.8 / 2**20)
    assert float(s.rebuild_s) == pytest.approx(25.92e12 / (bought * 2**20 * 0.8 - 10e6))
    assert 0.99 * 86400 < float(s.rebuild_s) <= 86400
    week = size(
        work(write="10 MB/s", retention="30 d", fan_out=1, rebuild_within="7 d"),
        "kafka-ec2-ebs",
        machine="m7g.8xlarge",
        units=3,
    )
    assert float(week.rebuild_s) > 86400 and {p.name: float(p.value) for p in week.parts}["volume throughput"] < bought


def test_rebuild_bounds_the_data_of_a_broker():
    """A disk that cannot be faster takes more brokers: each holds at most what it copies in a day."""
    load = work(write="10 MB/s", retention="30 d", fan_out=1, rebuild_within="6 h")
    s = size(load, "kafka-ec2-ebs", machine="m7g.large")
    copy = wall(s, "disk write", "rebuild")
    assert float(copy.demand) == pytest.approx(3 * 10e6 * (1 + 30 * 4))
    assert float(s.units) >= float(copy.needed()) and float(s.rebuild_s) <= 6 * 3600
    single = size(work(write="10 MB/s", retention="30 d", replication_factor=1), "kafka-ec2-ebs", machine="m7g.large")
    assert float(wall(single, "disk write", "rebuild").demand) == 0, "one copy has nothing to be rebuilt from"


# ---------------------------------------------------------------------------------------------- partitions by size


def test_partitions_of_a_broker_grow_with_its_size():
    assert partitions_by_size([2.0, 2.0, 4.0, 16.0], [4.0, 8.0, 8.0, 64.0]).tolist() == [300, 1000, 1000, 4000]
    vcpu, memory = np.meshgrid([1.0, 2, 4, 8, 16, 32, 96], [1.0, 4, 8, 16, 64, 256], indexing="ij")
    grid = partitions_by_size(vcpu, memory)
    assert (np.diff(grid, axis=0) >= 0).all() and (np.diff(grid, axis=1) >= 0).all() and grid.max() == 4000
    for row in read_rows("model/partitions_by_size"):
        assert partitions_by_size(row["vcpu"], row["memory_gib"]) >= row["replicas"]


def test_4000_replicas_are_no_plan_on_8_gib():
    """4,000 partitions x 3 / 3 brokers = 4,000 each: c7g.xlarge with 8 GiB may have 1,000, so that 12 are needed."""
    s = size(work(write="1 MB/s", partitions=4000), "kafka-ec2-ebs", machine="c7g.xlarge")
    assert float(wall(s, "partitions").capacity) == 1000 and float(s.units) == 12
    assert float(size(work(write="1 MB/s", partitions=4000), "kafka-ec2-ebs", machine="m7g.4xlarge").units) == 3


def test_every_state_left_of_a_lost_zone_is_counted():
    lost = {s.name: float(s.share) for s in states(Demand.of(work(write="1 MB/s")))}
    assert lost == {"normal": 1, "broker down": 1, "zone down": pytest.approx(2 / 3), "catch-up": pytest.approx(2 / 3)}


def test_the_placement_is_said_with_its_numbers():
    s = plan(work(write="60 MB/s", partitions=12), "kafka-ec2-ebs", machine="m7g.2xlarge", units=6).sizing
    # 60 MB/s x 1 d / 12 = 432 GB; 36 replicas on 6 brokers
    assert s.placement.startswith(
        "12 partitions, 6 replicas on the fullest broker, the largest of 432 GB, on a disk of"
    )
    text = list(
        explain_lines(plan(work(write="60 MB/s", partitions=12), "kafka-ec2-ebs", machine="m7g.2xlarge", units=6))
    )
    assert f"  placement: {s.placement}" in text
    out = wall(s, "network out", "broker down")
    assert float(out.fullest(s.units)) == pytest.approx(60e6 * 4 * 3 / 12), "3 of 12 leaders"
    assert any("network out (broker down)" in line and "; whole, 60 MB/s on the fullest" in line for line in text)
    assert size(work(write="5 MB/s"), "kinesis-provisioned").pick(0).placement == ""
    pulsar = plan(work(write="60 MB/s"), "pulsar-ec2-ebs").sizing
    assert any(note.startswith("bookies are not counted in whole replicas: entries") for note in pulsar.assumptions)
