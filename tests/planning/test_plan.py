"""The plan is the cheapest feasible configuration: held against a plain loop over all of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity import Demand, Workload, offers, size
from pricing import PriceBook, bill
from streamfacts.errors import InputError
from streamplan.planning.plan import cost_all, least_cost, plan
from streamplan.planning.soundness import sound
from tests.published import filled

OFFERS = list(offers())
every_offer = pytest.mark.parametrize("offer", OFFERS)


def workload(**fields) -> Workload:
    return Workload(**{"write": "20 MiB/s", "message": "1 KiB", "fan_out": 2, "retention": "7 d", **fields})


WORKLOADS = {
    "small": workload(write="100 kB/s"),
    "usual": workload(),
    "busy": workload(write="1 GB/s", peak_ratio=2, fan_out=5, retention="3 d"),
    "long": workload(write="5 MB/s", retention="2 y", hot_retention="6 h", cold_reads=0.1),
    "many partitions": workload(partitions=9000),
    "small messages": workload(message="40 B"),
    "huge messages": workload(message="20 MB"),
    "one zone": workload(zones=1, replication_factor=1, retention="1 h"),
    "two zones": workload(zones=2, replication_factor=2, survive="broker"),
    "too much": workload(write="90 GB/s", retention="10 y"),
}


def region(offer: str) -> str:
    """The region of an offer's provider that stands for the workload's."""
    return workload().region_at(offers()[offer].provider) or "us-east-1"


#: Every offer with every workload, but hundreds of machine types only with one, as the loop below is slow, and those
#: not again where closed segments go elsewhere.
CASES = [
    (offer, name)
    for offer in OFFERS
    for name in (WORKLOADS if len(offers()[offer].configurations()) < 50 else ("usual",))
    if len(offers()[offer].configurations()) < 50 or not offer.endswith(("-tiered", "-offload"))
]


@pytest.mark.parametrize(("offer", "name"), CASES)
def test_the_plan_is_what_a_loop_finds(offer: str, name: str, book: PriceBook) -> None:
    w = WORKLOADS[name]
    demand = Demand.of(w).replace(region=region(offer))
    cost, units, brokers, large = {}, {}, {}, set()
    for machine in map(str, offers()[offer].configurations()):
        s = size(demand, offer, machine=machine)
        total = bill(s.usage, book, region(offer)).total
        units[machine] = float(s.units)
        if bool(s.feasible) and total is not None:
            cost[machine], brokers[machine] = total, float(s.units + sum(s.pools.values()))
            if sound(s):
                large.add(machine)
    p = plan(w, offer, book, clusters=1)
    if cost:
        some = {m: cost[m] for m in large} or cost
        near = {m: (brokers[m], round(c, 4)) for m, c in some.items() if c <= 1.05 * min(some.values()) + 1e-9}
        assert (brokers[p.configuration], round(cost[p.configuration], 4)) == min(near.values())
        assert p.monthly_usd == pytest.approx(cost[p.configuration], rel=1e-12)
        assert p.feasible and p.reason == "" and p.obstacles == []
        ties = [units[m] for m, found in near.items() if found == min(near.values())]
        assert units[p.configuration] == min(ties)
        assert plan(w, offer, book).clusters == 1  # several only where one does not do
    else:
        assert p.monthly_usd is None
        assert p.reason and p.obstacles
        assert not p.feasible or p.bill.missing
    assert float(p.sizing.units) == units[p.configuration]
    assert p.workload is w and p.offer.name == p.sizing.offer == offer


@pytest.mark.parametrize("offer", ["msk-standard", "msk-express", "kinesis-provisioned"])
@settings(max_examples=8)
@given(exponent=st.floats(3.0, 10.5), fan_out=st.integers(0, 20), retention=st.integers(60, 10**7))
def test_the_plan_is_the_argmin_for_any_workload(offer, exponent, fan_out, retention, book: PriceBook) -> None:
    w = workload(write=f"{10**exponent!r} B/s", fan_out=fan_out, retention=f"{retention} s")
    found = large = math.inf
    for machine in map(str, offers()[offer].configurations()):
        one = plan(w, offer, book, machine=machine, clusters=1)
        usd = math.inf if one.monthly_usd is None else one.monthly_usd
        found, large = min(found, usd), min(large, usd if sound(one.sizing) else math.inf)
    found = large if math.isfinite(large) else found
    best = plan(w, offer, book, clusters=1, within=0.0)
    assert (math.inf if best.monthly_usd is None else best.monthly_usd) == pytest.approx(found, rel=1e-12)


# ------------------------------------------------------------------------------------------------ several clusters

SPLIT = {
    "msk-serverless": workload(write="1 GB/s", fan_out=3, retention="1 d", partitions=900),
    "msk-express": workload(write="40 GB/s", fan_out=2, retention="1 d"),
    "msk-standard": workload(write="5 GB/s", fan_out=2, retention="10 d"),
    "kinesis-on-demand-standard": workload(write="25 GB/s", fan_out=1, retention="1 d"),
}


@pytest.mark.parametrize("offer", SPLIT)
def test_the_number_of_clusters_is_what_a_loop_finds(offer: str, book: PriceBook) -> None:
    w = SPLIT[offer]
    assert not plan(w, offer, book, clusters=1).feasible
    p = plan(w, offer, book)
    assert p.feasible and p.clusters > 1
    by_count = {n: plan(w, offer, book, clusters=n).monthly_usd for n in range(2, 2 * p.clusters + 1)}
    cost = {n: total for n, total in by_count.items() if total is not None}
    assert p.monthly_usd == pytest.approx(cost[p.clusters], rel=1e-12)
    assert p.clusters == min(cost)  # as few as will do
    assert p.monthly_usd == pytest.approx(float(least_cost(Demand.of(w), offer, book)), rel=1e-12)


@every_offer
def test_two_clusters_are_two_of_half_the_load(offer: str, book: PriceBook) -> None:
    machine = str(offers()[offer].configurations()[0])
    both = size(workload(write="40 MiB/s", partitions=200), offer, machine=machine, clusters=2)
    half = size(workload(write="20 MiB/s", partitions=100), offer, machine=machine)
    assert float(both.units) == float(half.units)
    minimum = "on-demand-advantage" in offer  # its least 25 MiB/s are of the account, not of a stream
    for two, one in zip(both.usage, half.usage, strict=True):
        if not (minimum and two.meter.startswith("aws.kinesis.data")):
            assert float(two.quantity) == pytest.approx(2 * float(one.quantity), rel=1e-12), two.meter


@pytest.mark.parametrize("offer", SPLIT)
def test_months_are_split_as_each_alone(offer: str, book: PriceBook) -> None:
    """The least cost of a month does not depend on the months beside it."""
    demands = [Demand.of(SPLIT[offer].replace(write=f"{rate} MB/s")) for rate in (10, 2500, 4000, 7000, 30_000, 90_000)]
    arrays = {name: np.array([float(getattr(d, name)) for d in demands]) for name in demands[0].arrays()}
    together = least_cost(demands[0].replace(**arrays), offer, book)
    alone = [float(least_cost(d, offer, book)) for d in demands]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@pytest.mark.parametrize("clusters", [0, -1, 0.5, math.nan, math.inf])
def test_clusters_that_are_none(clusters: float, book: PriceBook) -> None:
    with pytest.raises(InputError, match="clusters"):
        plan(workload(), "msk-standard", book, clusters=clusters)


@every_offer
def test_a_named_machine_is_taken(offer: str, book: PriceBook) -> None:
    machine = str(offers()[offer].configurations()[-1])
    p = plan(workload(), offer, book, machine=machine, clusters=1)
    assert p.configuration == machine
    alone = bill(size(workload(), offer, machine=machine).usage, book, region(offer))
    np.testing.assert_allclose(p.bill.subtotal, alone.subtotal, rtol=1e-12)


@every_offer
def test_cost_is_infinite_exactly_where_there_is_none(offer: str, book: PriceBook) -> None:
    costed = cost_all(Demand.of(WORKLOADS["busy"]).replace(region=region(offer)), offer, book)
    usable = costed.sizing.feasible & ~costed.bill.incomplete
    assert np.isfinite(costed.cost).tolist() == usable.tolist()
    assert (costed.cost[usable] == np.broadcast_to(costed.bill.subtotal, usable.shape)[usable]).all()


def test_over_several_demands_the_least_average_counts(book: PriceBook) -> None:
    """The machine is chosen once for all months; one that fails in any of them is out."""
    demands = [Demand.of(workload(write=f"{rate} MB/s")) for rate in (1, 60, 400)]
    arrays = {name: np.array([float(getattr(d, name)) for d in demands]) for name in demands[0].arrays()}
    costed = cost_all(demands[0].replace(**arrays), "msk-standard", book)
    index = costed.taken()
    table = np.where(np.isfinite(costed.cost).all(axis=1, keepdims=True), costed.cost, np.inf)
    assert index == int(np.argmin(table.mean(axis=1)))
    assert costed.sizing.feasible[index].all()


# ---------------------------------------------------------------------------------------- units that are there


@pytest.mark.parametrize("offer", ["kafka-ec2-ebs", "kafka-ec2-nvme", "msk-standard", "msk-express"])
def test_too_few_brokers_are_shown_as_overload(offer: str, book: PriceBook) -> None:
    w = workload(write="1 GB/s", retention="1 h", partitions=100)
    machine = str(offers()[offer].configurations()[0])
    needed = float(size(w, offer, machine=machine).units)
    assert needed > 6
    p = plan(w, offer, book, machine=machine, units=3)
    assert float(p.sizing.units) == 3
    assert not p.feasible and p.monthly_usd is None
    named = [c.name for c in p.sizing.constraints if c.utilisation(p.sizing.units) > c.ceiling]
    assert named
    for name in named:
        assert any(
            sentence.startswith(f"{name} (") and "with 3 brokers" in sentence for sentence in p.sizing.violations
        )
    assert all(str(p.sizing.violations).count("http") for _ in named)


def test_too_few_shards_are_shown_as_overload(book: PriceBook) -> None:
    p = plan(
        workload(), "kinesis-provisioned", book, machine="enhanced fan-out", units=10
    )  # 20,480 records/s x 1.5 / (0.8 x 1,000) need 39
    assert not p.feasible
    assert any(v.startswith("write bytes (normal) with 10 shards") for v in p.sizing.violations)
    enough = plan(workload(), "kinesis-provisioned", book, machine="enhanced fan-out", units=39)
    assert enough.feasible and float(enough.sizing.units) == 39
    assert enough.sizing.usage["aws.kinesis.shard"].quantity == 39 * 730


@every_offer
def test_the_units_that_were_sized_suffice(offer: str, book: PriceBook) -> None:
    w = filled(workload(peak_ratio=1))  # elastic units that are given are billed: those that the load uses
    best = plan(w, offer, book, clusters=1)
    units = float(best.sizing.units)
    given = plan(w, offer, book, machine=best.configuration, units=units, clusters=1)
    assert given.feasible == best.feasible
    np.testing.assert_allclose(given.bill.subtotal, best.bill.subtotal, rtol=1e-12)
    if best.feasible:
        assert given.sizing.violations == []


@pytest.mark.parametrize(
    ("offer", "units"), [("msk-standard-tiered", 6), ("msk-express", 6), ("kinesis-provisioned", 209)]
)
def test_units_without_a_machine_choose_the_cheapest_that_carries_the_load(offer, units, book: PriceBook) -> None:
    w = workload(write="100 MB/s")
    machines = map(str, offers()[offer].configurations())
    totals = [plan(w, offer, book, machine=machine, units=units, clusters=1).monthly_usd for machine in machines]
    found = [total for total in totals if total is not None]
    assert found
    assert plan(w, offer, book, units=units).monthly_usd == pytest.approx(min(found), rel=1e-12)


@every_offer
@pytest.mark.parametrize("units", [3, 4.0])
def test_far_too_few_units_give_sentences_and_no_warning(offer: str, units: float, book: PriceBook) -> None:
    p = plan(workload(write="50 GB/s", retention="30 d"), offer, book, units=units)
    assert not p.feasible
    assert p.sizing.violations and "nan" not in " ".join(p.sizing.violations)


@every_offer
@pytest.mark.parametrize("units", [0, -3, 0.5, math.nan, math.inf])
def test_units_that_are_none(offer: str, units: float, book: PriceBook) -> None:
    with pytest.raises(InputError, match="units"):
        plan(workload(), offer, book, units=units)


# ---------------------------------------------------------------------------------------------------- choices


@every_offer
@pytest.mark.parametrize("hours", [0, -1, 745, math.nan, math.inf])
def test_months_of_impossible_length(offer: str, hours: float, book: PriceBook) -> None:
    with pytest.raises(InputError, match="hours_per_month"):
        plan(workload(), offer, book, hours_per_month=hours)


def test_unknown_names_get_near_ones(book: PriceBook) -> None:
    with pytest.raises(InputError, match="msk-standard"):
        plan(workload(), "msk-standart", book)
    with pytest.raises(InputError, match=r"kafka\.m7g\.large"):
        plan(workload(), "msk-standard", book, machine="kafka.m7g.lage")
    with pytest.raises(InputError, match="follower_fetch"):
        plan(workload(), "msk-standard", book, options={"folower_fetch": True})


@every_offer
def test_an_option_that_the_offer_does_not_have(offer: str, book: PriceBook) -> None:
    with pytest.raises(InputError, match="no_such_option"):
        plan(workload(), offer, book, options={"no_such_option": 1})


@pytest.mark.parametrize(
    ("offer", "name", "value"),
    [
        ("msk-standard", "follower_fetch", "perhaps"),
        ("msk-standard", "follower_fetch", 2),
        ("msk-standard", "follower_fetch", None),
        ("kafka-ec2-ebs", "controllers", 4),
        ("kafka-ec2-ebs", "controllers", "many"),
        ("kafka-ec2-ebs", "controllers", 3.7),  # not silently three
        ("kafka-ec2-ebs", "controller_machine", 7),
        ("kafka-ec2-ebs", "controller_machine", "m7g.lagre"),
        ("kinesis-provisioned", "aggregate_kib", -1),
        ("kinesis-provisioned", "aggregate_kib", math.nan),
        ("kinesis-provisioned", "aggregate_kib", math.inf),
        ("kinesis-provisioned", "aggregate_kib", 1025),
        ("kinesis-provisioned", "fan_out_consumers", -1),
        ("kinesis-provisioned", "fan_out_consumers", 2.7),
        ("kinesis-provisioned", "fan_out_consumers", math.nan),
        ("kinesis-provisioned", "fan_out_consumers", math.inf),
        ("kinesis-provisioned", "fan_out_consumers", None),
        ("kinesis-on-demand-standard", "streams", 0),
        ("kinesis-on-demand-standard", "streams", 1.5),
        ("kinesis-on-demand-standard", "streams", [2]),
    ],
)
def test_an_option_with_an_impossible_value(offer: str, name: str, value: object, book: PriceBook) -> None:
    with pytest.raises(InputError, match=f"option {name}"):
        plan(workload(), offer, book, options={name: value})


@pytest.mark.parametrize(
    ("offer", "name", "value", "means"),
    [
        ("msk-standard", "follower_fetch", "off", False),
        ("msk-standard", "follower_fetch", "True", True),
        ("msk-standard", "follower_fetch", False, False),
        ("kafka-ec2-ebs", "controllers", "5", 5),
        ("kinesis-provisioned", "aggregate_kib", "25", 25.0),
        ("kinesis-provisioned", "fan_out_consumers", 3.0, 3),
        ("kinesis-on-demand-standard", "streams", "4", 4),
    ],
)
def test_an_option_as_a_person_writes_it(offer, name, value, means, book: PriceBook) -> None:
    taken = plan(workload(), offer, book, options={name: value}).sizing.options[name]
    assert taken == means and type(taken) is type(means)


def test_options_do_what_they_say(book: PriceBook) -> None:
    near, far = (plan(workload(), "msk-express", book, options={"follower_fetch": f}) for f in (True, False))
    crossing = [p.sizing.usage["aws.transfer.cross-zone"].quantity for p in (near, far)]
    # producers cross two times of three, 20 MiB/s; consumers of twice that as well, unless they read nearby
    assert float(crossing[1]) == pytest.approx(3 * float(crossing[0]), rel=1e-9)
    plain, packed = (
        plan(workload(message="100 B", fan_out=0), "kinesis-provisioned", book, options={"aggregate_kib": kib})
        for kib in (0, 25)
    )
    assert float(plain.sizing.units) == 394  # 209,715 records/s x 1.5 at peak, at 0.8 x 1,000 a shard
    assert float(packed.sizing.units) == 38  # 20 MiB/s x 1.5 at peak, at 0.8 x 1 MiB/s a shard
    one, four = (
        plan(workload(), "kinesis-on-demand-standard", book, options={"streams": n}).sizing.usage["aws.kinesis.stream"]
        for n in (1, 4)
    )
    assert (float(one.quantity), float(four.quantity)) == (730, 2920)


def test_another_region_needs_its_prices(book: PriceBook) -> None:
    w = workload(region="sa-west-1")
    p = plan(w, "msk-express", book)
    assert p.feasible and p.monthly_usd is None and p.bill.total is None
    assert "sa-west-1" in p.reason and "us-east-1" in p.reason


@pytest.mark.parametrize("offer", [name for name, o in offers().items() if len(o.configurations()) > 1])
def test_what_is_picked_cites_its_own_machine(offer: str) -> None:
    """As the machine alone does, not as the first of the table."""
    w = workload(write="50 MB/s")
    everything, names = size(w, offer), offers()[offer].configurations()
    for index in range(0, len(names), max(1, len(names) // 8)):
        one, alone = everything.pick(index), size(w, offer, machine=str(names[index]))
        for of in ("constraints", "limits", "parts"):
            assert [x.source for x in getattr(one, of)] == [x.source for x in getattr(alone, of)]
