"""What must hold for every offer of the registry and any workload: drawn by hypothesis, the same on every run."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from capacity import Demand, Sizing, Workload, offers, size
from pricing import Bill, PriceBook, bill
from streamplan.planning.plan import Costed, cost_all, plan
from streamplan.planning.population import Population

OFFERS = list(offers())
every_offer = pytest.mark.parametrize("offer", OFFERS)

MIB, HOUR, DAY, YEAR = 2**20, 3600, 86_400, 365 * 86_400
#: The least retention of an offer, where it has one: MSK moves to its tier only what is kept for three days.
LEAST_RETENTION_S = {"msk-standard-tiered": 3 * DAY}


def logarithmic(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(np.log10(low), np.log10(high)).map(lambda e: float(f"{10**e:.6g}"))


def workloads(*, zones: Any = None, survive: Any = None, **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Fields of a workload over wide ranges, as plain numbers; `workload` writes the units."""

    @st.composite
    def build(draw: Any) -> dict[str, Any]:
        z = draw(zones if zones is not None else st.sampled_from([1, 2, 3]))
        fields = {
            "write": draw(logarithmic(1e3, 1e11)),
            "message": draw(logarithmic(1, 5e7)),
            "peak_ratio": draw(st.floats(1.0, 20.0)),
            "fan_out": draw(st.one_of(st.integers(0, 50), st.floats(0.0, 50.0)).map(float)),
            "retention": draw(logarithmic(60, 10 * YEAR)),
            "hot_retention": draw(logarithmic(60, 10 * DAY)),
            "zones": z,
            "replication_factor": draw(st.integers(1, z)),
            "partitions": draw(st.one_of(st.none(), st.integers(1, 20_000))),
            "compression_ratio": draw(st.floats(1.0, 10.0)),
            "cold_reads": draw(st.floats(0.0, 1.0)),
            "cross_region_copies": draw(st.sampled_from([0, 0, 1])),
            "survive": draw(survive if survive is not None else st.sampled_from(["none", "broker", "zone"])),
            "tls": draw(st.booleans()),
        }
        if z == 1 and fields["survive"] == "zone":
            fields["survive"] = "broker"
        return fields | fixed

    return build()


UNITS = {"write": "B/s", "message": "B", "max_message": "B", "batch": "B", "retention": "s", "hot_retention": "s"}


def workload(fields: dict[str, Any], **changes: Any) -> Workload:
    values = {k: v for k, v in (fields | changes).items() if v is not None}
    return Workload(**{k: f"{v!r} {UNITS[k]}" if k in UNITS else v for k, v in values.items()})


def demand(fields: dict[str, Any], **changes: Any) -> Demand:
    return Demand.of(workload(fields, **changes))


def stack(demands: list[Demand], shape: tuple[int, ...] | None = None) -> Demand:
    """Put scalar demands into one of arrays; what is no array must be the same in all."""
    first = demands[0]
    arrays = {
        name: np.array([float(getattr(d, name)) for d in demands]).reshape(shape or (len(demands),))
        for name in first.arrays()
    }
    return dataclasses.replace(first, **arrays)


def costed(d: Demand, offer: str, book: PriceBook, **options: Any) -> Costed:
    """Every configuration, with those options that the offer has."""
    known = {option.name for option in offers()[offer].options}
    own = {k: v for k, v in options.items() if k in known}
    return cost_all(d.replace(region=region(offer)), offer, book, options=own)


def region(offer: str) -> str:
    """The region of the offer's provider that stands for us-east-1."""
    return Workload(write="1 MB/s").region_at(offers()[offer].provider) or "us-east-1"


def priced(sizing: Sizing, offer: str, book: PriceBook) -> Bill:
    return bill(sizing.usage, book, region(offer))


# ----------------------------------------------------------------------------- more never needs less, or costs less


def chain(fields: dict[str, Any], name: str, values: list[Any]) -> Demand:
    """The same workload with one field rising, along one axis."""
    return stack([demand(fields, **{name: value}) for value in values])


def assert_more_is_more(all_of_it: Costed, *, same: float = 1e-9) -> None:
    """Along the last axis: units never fall, what broke stays broken, the least cost never falls."""
    feasible = all_of_it.sizing.feasible
    for units in (all_of_it.sizing.units, *all_of_it.sizing.pools.values()):
        assert (units[:, 1:] >= units[:, :-1]).all()
    assert (feasible[:, 1:] <= feasible[:, :-1]).all()
    least = all_of_it.cost.min(axis=0)
    assert (least[1:] >= least[:-1] * (1 - same)).all(), least


RISING: dict[str, list[Any]] = {
    "write": [1.0, 1.01, 1.5, 2.0, 5.0, 20.0, 1000.0],
    "peak_ratio": [1.0, 1.01, 1.5, 2.0, 3.0, 10.0],
    "fan_out": [0.0, 0.5, 1.0, 1.1, 2.0, 3.0, 7.0, 40.0],
    "retention": [1.0, 1.01, 2.0, 5.0, 30.0, 1000.0],
    "replication_factor": [1, 2, 3],
    "cold_reads": [0.0, 0.01, 0.5, 1.0],
    "cross_region_copies": [0, 1, 2],
}


@every_offer
@pytest.mark.parametrize("name", RISING)
@settings(max_examples=5)
@given(data=st.data())
def test_more_never_needs_or_costs_less(offer: str, name: str, data: st.DataObject, book: PriceBook) -> None:
    """Each field on its own, everything else the same.

    What may rightly fall, and is left out:
    - replication_factor with follower fetch: a copy in every zone saves the reads that crossed a zone border, which
      with many readers is worth more than the copy. So consumers read from the leaders here.
    - replication_factor beyond the zones: `Workload` refuses it.
    - retention where an offer has a least one ("at least" limits): longer may be what makes it feasible. Start there.
    - zones: brokers come in multiples of them, and the share lost with one of three is smaller than with one of two.
    - message at the same byte rate: larger ones are fewer; see the tests below.
    - partitions that are given: a leader lies whole on one broker, so that more of them even the load out.
    """
    three = name == "replication_factor"
    fields = data.draw(workloads(zones=st.just(3) if three else None))
    if name == "write":
        start = data.draw(logarithmic(1e3, 1e8))
        values = [start * x for x in RISING[name]]
    elif name == "retention":
        start = data.draw(logarithmic(LEAST_RETENTION_S.get(offer, 60), 30 * DAY))
        values = [max(start, LEAST_RETENTION_S.get(offer, 60)) * x for x in RISING[name]]
        if data.draw(st.booleans()):
            fields["hot_retention"] = None
    else:
        values = RISING[name]
    # small enough for most of the offers, so that there is a cost to compare
    fields |= {"write": min(fields["write"], 1e9), "message": min(fields["message"], 1e6)}
    d = chain(fields, name, values)
    assert_more_is_more(costed(d, offer, book, follower_fetch=not three))


@every_offer
def test_more_write_never_mends_a_limit_on_connections(offer: str, book: PriceBook) -> None:
    """A limit is what no number of units moves; if more units do move it, it is a constraint and sizes the cluster."""
    fields = {"message": 1024.0, "retention": 7.0 * DAY, "fan_out": 2, "connections": 100_000}
    assert_more_is_more(costed(chain(fields, "write", [1e5, 1e6, 1e7, 1e8, 1e9]), offer, book))


def test_a_broker_more_for_each_three_thousand_connections() -> None:
    """20,000 connections at 3,000 a broker are 7 brokers, 9 over three zones; the bytes alone need 3."""
    fields = {"write": 1e6, "message": 1024.0, "retention": 3.0 * DAY, "fan_out": 2}
    for offer, machine in (("msk-standard", "kafka.m7g.xlarge"), ("msk-express", "express.m7g.large")):
        assert float(size(workload(fields), offer, machine=machine).units) == 3
        s = size(workload(fields, connections=20_000), offer, machine=machine, options={"authentication": "iam"})
        assert s.feasible and float(s.units) == 9


def test_express_keeps_three_copies_whatever_is_asked(book: PriceBook) -> None:
    """It stores three, so a consumer has one in its own zone; fewer asked copies must not cost more."""
    fields = {"write": 1e8, "message": 1024.0, "retention": 1.0 * DAY, "fan_out": 3}
    d = chain(fields, "replication_factor", [1, 2, 3])
    least = costed(d, "msk-express", book).cost.min(axis=0)
    assert np.isfinite(least).all()
    np.testing.assert_allclose(least, least[2], rtol=1e-12)


@settings(max_examples=20)
@given(fields=workloads(zones=st.just(3)), sizes=st.lists(logarithmic(1, 25_600), min_size=2, max_size=6))
def test_larger_messages_cost_no_more_on_provisioned_shards(fields, sizes, book: PriceBook) -> None:
    """Up to 25 KiB a record is one PUT payload unit, so fewer records cost less, and need no more shards.

    Beyond, one byte over a multiple of 25 KiB buys another unit: 25 KiB + 1 B costs nearly twice 25 KiB.
    """
    d = chain(fields | {"partitions": 1}, "message", sorted(sizes, reverse=True))
    assert_more_is_more(costed(d, "kinesis-provisioned", book))


def test_a_byte_more_than_a_payload_unit_is_two(book: PriceBook) -> None:
    fields = {"write": 25_600e3, "retention": 1.0 * DAY, "fan_out": 0}
    d = chain(fields, "message", [25_600.0, 25_601.0, 51_200.0])
    units = size(d, "kinesis-provisioned").usage["aws.kinesis.put-payload-units"].quantity[0]
    per_second = units * 1e6 / (730 * HOUR)
    np.testing.assert_allclose(per_second, [1000, 2000 * 25_600 / 25_601, 1000], rtol=1e-9)


@pytest.mark.parametrize("offer", ["kinesis-on-demand-standard", "kinesis-on-demand-advantage"])
@settings(max_examples=20)
@given(fields=workloads(), sizes=st.lists(st.integers(1, 5000), min_size=2, max_size=6))
def test_whole_kibibytes_cost_the_same_on_demand(offer, fields, sizes, book: PriceBook) -> None:
    """Records are rounded up to 1 KiB, so only the rounding makes message size matter."""
    least = costed(chain(fields, "message", [1024.0 * k for k in sizes]), offer, book).cost.min(axis=0)
    assume(np.isfinite(least).all())
    np.testing.assert_allclose(least, least[0], rtol=1e-9)


@pytest.mark.parametrize("offer", [name for name in OFFERS if name.startswith(("kafka", "msk"))])
@settings(max_examples=8)
@given(fields=workloads(survive=st.just("broker")), start=logarithmic(1, 1e4))
def test_messages_twice_as_large_cost_no_more_on_brokers(offer, fields, start, book: PriceBook) -> None:
    """Overhead of a record grows by at most a byte or two when the record doubles, so its share falls.

    Not for any larger message: a body of 64 bytes needs a second byte for its length, which one of 63 does not. And
    not beyond the message size that MSK Serverless takes, 8 MiB, which stays far away here.
    """
    doubled = [start * 2**k for k in range(9)]
    d = chain(fields | {"write": min(fields["write"], 1e9)}, "message", doubled[::-1])
    assert_more_is_more(costed(d, offer, book))


# ---------------------------------------------------------------------------------------------- arrays and scalars


def close(actual: Any, expected: Any, what: str) -> None:
    np.testing.assert_allclose(np.asarray(actual, float), np.asarray(expected, float), rtol=1e-12, err_msg=what)


def assert_same(array: Sizing, index: Any, scalar: Sizing, array_bill: Bill, scalar_bill: Bill) -> None:
    """Element `index` of every array (all configurations) against the sizing of that element alone."""
    where = (slice(None), *index)
    shape = np.shape(array.units)

    def at(value: Any) -> Any:
        return np.broadcast_to(value, shape)[where]

    def of(value: Any) -> Any:
        return np.broadcast_to(value, np.shape(scalar.units))

    close(array.units[where], scalar.units, "units")
    assert array.feasible[where].tolist() == scalar.feasible.tolist()
    assert [c.name for c in array.constraints] == [c.name for c in scalar.constraints]
    for a, s in zip(array.constraints, scalar.constraints, strict=True):
        close(at(a.needed()), of(s.needed()), f"needed: {a.name} {a.state}")
        close(
            at(a.utilisation(array.units_of(a))),
            of(s.utilisation(scalar.units_of(s))),
            f"utilisation: {a.name} {a.state}",
        )
        close(at(a.ceiling), of(s.ceiling), f"ceiling: {a.name}")
    assert [x.name for x in array.limits] == [x.name for x in scalar.limits]
    for a, s in zip(array.limits, scalar.limits, strict=True):
        assert at(a.broken).tolist() == of(s.broken).tolist(), a.name
        close(at(a.limit), of(s.limit), f"limit: {a.name}")
    assert [line.meter for line in array.usage] == [line.meter for line in scalar.usage]
    for a, s in zip(array.usage, scalar.usage, strict=True):
        close(a.quantity[where], s.quantity, f"usage: {a.meter}")
        assert np.array_equal(a.sku, s.sku) and a.unit == s.unit
    for a, s in zip(array.parts, scalar.parts, strict=True):
        close(at(a.value), of(s.value), f"part: {a.name}")
    assert np.asarray(array.binding)[where].tolist() == np.asarray(scalar.binding).tolist()
    assert np.asarray(array.next_binding)[where].tolist() == np.asarray(scalar.next_binding).tolist()
    close(at(array_bill.subtotal), of(scalar_bill.subtotal), "subtotal")
    assert at(array_bill.incomplete).tolist() == of(scalar_bill.incomplete).tolist()
    for category, cost in scalar_bill.by_category.items():
        close(at(array_bill.by_category[category]), of(cost), category)


#: Whether partitions are given is one thing for all demands of an array, as what is to be survived is.
alike = st.tuples(st.sampled_from(["none", "broker", "zone"]), st.booleans()).flatmap(
    lambda one: st.lists(
        workloads(
            zones=st.sampled_from([2, 3]),
            survive=st.just(one[0]),
            tls=True,
            connections=5000,
        ).map(lambda fields: fields | {"partitions": (fields["partitions"] or 64) if one[1] else None}),
        min_size=4,
        max_size=4,
    )
)


@every_offer
@settings(max_examples=2)
@given(several=alike)
def test_arrays_are_their_elements(offer: str, several: list[dict[str, Any]], book: PriceBook) -> None:
    """Shapes (n,), (n, m) and (): each element exactly as it is alone, configurations on the leading axis."""
    demands = [demand(fields) for fields in several]
    alone = [size(d, offer) for d in demands]
    bills = [priced(s, offer, book) for s in alone]
    count = len(offers()[offer].configurations())
    assert alone[0].units.shape == (count,)
    for shape in ((4,), (2, 2)):
        together = size(stack(demands, shape), offer)
        assert together.units.shape == together.feasible.shape == (count, *shape)
        together_bill = priced(together, offer, book)
        for position, index in enumerate(np.ndindex(*shape)):
            assert_same(together, index, alone[position], together_bill, bills[position])


@every_offer
@settings(max_examples=2)
@given(
    fields=workloads(zones=st.just(3), survive=st.just("zone")),
    write=st.lists(logarithmic(1e3, 1e10), min_size=2, max_size=2),
    fan_out=st.lists(st.floats(0.0, 20.0), min_size=3, max_size=3),
)
def test_fields_of_different_shapes_broadcast(offer, fields, write, fan_out, book: PriceBook) -> None:
    """Rates down, fan-out across, everything else one number: a table of (2, 3)."""
    base = demand(fields)
    factor = np.array(write) / fields["write"]
    rates = ("payload_bytes_s", "wire_bytes_s", "records_s")

    def with_rates(scale: Any, readers: Any) -> Demand:
        return base.replace(fan_out=readers, **{name: getattr(base, name) * scale for name in rates})

    together = size(with_rates(factor[:, None], np.array(fan_out)), offer)
    assert together.units.shape[1:] == (2, 3)
    together_bill = priced(together, offer, book)
    for i, j in np.ndindex(2, 3):
        alone = size(with_rates(factor[i], fan_out[j]), offer)
        assert_same(together, (i, j), alone, together_bill, priced(alone, offer, book))


def assert_is_row(one: Sizing, row: int, everything: Sizing) -> None:
    """A sizing of one machine is the row of the sizing of all."""
    shape = np.shape(everything.units)

    def at(value: Any) -> Any:
        return np.broadcast_to(value, shape)[row]

    def of(value: Any) -> Any:
        assert np.broadcast_shapes(np.shape(value), shape[1:]) == shape[1:]
        return np.broadcast_to(value, shape[1:])

    assert np.shape(one.units) == shape[1:]
    close(one.units, everything.units[row], "units")
    for a, b in zip(one.constraints, everything.constraints, strict=True):
        assert (a.name, a.state) == (b.name, b.state)
        close(of(a.needed()), at(b.needed()), f"needed: {a.name} {a.state}")
        close(
            of(a.utilisation(one.units_of(a))),
            at(b.utilisation(everything.units_of(b))),
            f"utilisation: {a.name} {a.state}",
        )
    for a, b in zip(one.limits, everything.limits, strict=True):
        assert of(a.broken).tolist() == at(b.broken).tolist(), a.name
    assert np.asarray(one.feasible).tolist() == everything.feasible[row].tolist()
    for a, b in zip(one.usage, everything.usage, strict=True):
        assert a.meter == b.meter
        close(a.quantity, b.quantity[row], f"usage: {a.meter}")
        assert a.sku == (b.sku if isinstance(b.sku, str) else b.sku[row])
    for a, b in zip(one.parts, everything.parts, strict=True):
        close(of(a.value), at(b.value), f"part: {a.name}")
    assert np.asarray(one.binding).tolist() == np.asarray(everything.binding)[row].tolist()


@every_offer
@pytest.mark.parametrize("shape", [(), (4,), (2, 2)], ids=str)
@settings(max_examples=3)
@given(several=alike, data=st.data())
def test_one_machine_is_a_row_of_all(offer: str, shape: tuple[int, ...], several, data, book: PriceBook) -> None:
    d = stack([demand(fields) for fields in several], shape) if shape else demand(several[0])
    everything = size(d, offer)
    names = everything.configuration.tolist()
    name = data.draw(st.sampled_from(names))
    row = names.index(name)
    one = size(d, offer, machine=name)
    assert one.configuration == name
    assert_is_row(one, row, everything)
    picked = everything.pick(row)
    assert picked.configuration == name
    assert_is_row(picked, row, everything)
    whole = priced(everything, offer, book)
    close(priced(one, offer, book).subtotal, whole.subtotal[row], "bill of the machine")
    close(whole.pick(row).subtotal, whole.subtotal[row], "bill picked")


@pytest.mark.parametrize("survive", ["none", "broker", "zone"])
@every_offer
def test_zones_may_be_an_array(offer: str, survive: str) -> None:
    """One zone beside three: it cannot lose a zone, alone or in company."""
    fields = {"write": 1e7, "message": 1024.0, "retention": 3.0 * DAY, "fan_out": 2, "replication_factor": 1}
    one, three = (demand(fields, zones=zones, survive=None if zones == 1 else survive) for zones in (1, 3))
    if survive == "zone":
        assert one.survive == "broker"
    else:
        one = dataclasses.replace(one, survive=survive)
    together = size(dataclasses.replace(stack([one, three]), survive=survive), offer)
    close(together.units[:, 0], size(one, offer).units, "one zone")
    close(together.units[:, 1], size(three, offer).units, "three zones")


# -------------------------------------------------------------------------------- no NaN, nothing negative, said so


@every_offer
@settings(max_examples=10)
@given(fields=workloads())
def test_every_number_is_a_number(offer: str, fields: dict[str, Any], book: PriceBook) -> None:
    """Units, usage, costs and parts are neither NaN nor negative, from 1 kB/s to 100 GB/s and a byte to 50 MB."""
    all_of_it = costed(demand(fields), offer, book)
    s, b = all_of_it.sizing, all_of_it.bill
    for what, values in (
        ("units", s.units),
        *s.pools.items(),
        ("subtotal", b.subtotal),
        *((line.meter, line.quantity) for line in s.usage),
        *((entry.usage.meter, entry.cost) for entry in b.entries),
        *((part.name, part.value) for part in s.parts),
        *((f"needed: {c.name} {c.state}", c.needed()) for c in s.constraints),
        *((f"utilisation: {c.name} {c.state}", c.utilisation(s.units_of(c))) for c in s.constraints),
        *((f"limit: {limit.name}", limit.limit) for limit in s.limits),
    ):
        assert not np.isnan(values).any(), what
        assert (np.asarray(values) >= 0).all(), what
    assert (s.units >= 1).all() and (s.units == np.round(s.units))[np.isfinite(s.units)].all()
    assert np.isfinite(b.subtotal)[s.feasible].all()

    # The sizing satisfies its own constraints ...
    for c in s.constraints:
        over = c.utilisation(s.units_of(c)) > np.asarray(c.ceiling) * (1 + 1e-8)
        assert not (over & s.feasible).any(), f"{c.name} {c.state}"

    # ... says what binds ...
    named = {f"{c.name} ({c.state})" for c in s.constraints}
    assert set(np.asarray(s.binding).ravel()) <= named
    assert set(np.asarray(s.next_binding).ravel()) <= named | {""}

    # ... and why there is none.
    for feasible in (True, False):
        for row in np.flatnonzero(s.feasible == feasible)[:3]:
            one = s.pick(int(row))
            assert bool(one.violations) is not feasible
            assert all(sentence.strip() and source.strip() for sentence, source in one.broken)


@every_offer
def test_nothing_at_all_is_no_nan_either(offer: str, book: PriceBook) -> None:
    """A demand of zero bytes, in the midst of others, as the first month of a launch may have it."""
    fields = {"write": 1e7, "message": 1024.0, "retention": 7.0 * DAY, "fan_out": 2}
    d = demand(fields)
    rates = ("payload_bytes_s", "wire_bytes_s", "records_s")
    d = d.replace(**{name: getattr(d, name) * np.array([0.0, 1.0]) for name in rates})
    all_of_it = costed(d, offer, book)
    assert np.isfinite(all_of_it.sizing.units).all()
    assert np.isfinite(all_of_it.bill.subtotal).all()
    assert (all_of_it.bill.subtotal[:, 0] <= all_of_it.bill.subtotal[:, 1]).all()


# ------------------------------------------------------------------------------------------------ what units cancel


@every_offer
@settings(max_examples=2)
@given(mebibytes=st.integers(1, 150))
def test_the_spelling_of_a_rate_changes_nothing(offer: str, mebibytes: int, book: PriceBook) -> None:
    others = {"message": "1 KiB", "fan_out": 2, "retention": "7 d", "partitions": 30}
    spellings = [
        f"{mebibytes} MiB/s",
        f"{mebibytes * MIB} B/s",
        f"{mebibytes * MIB * 8} bit/s",
        f"{mebibytes * MIB * 8} bps",
        f"{mebibytes * MIB / 1e6!r} MB/s",
        f"{mebibytes * MIB * DAY / 1e12!r} TB/day",
        f"{mebibytes * 3600 / 1024!r} GiB per hour",
    ]
    plans = [plan(Workload(write=text, **others), offer, book) for text in spellings]
    for other in plans[1:]:
        assert other.configuration == plans[0].configuration
        assert float(other.sizing.units) == float(plans[0].sizing.units)
        close(other.bill.subtotal, plans[0].bill.subtotal, "subtotal")
    in_records = Workload(
        messages=f"{mebibytes * 1024} records/s", message="1024 B", fan_out=2, retention="168 h", partitions=30
    )
    close(plan(in_records, offer, book).bill.subtotal, plans[0].bill.subtotal, "in records")


@every_offer
@settings(max_examples=4)
@given(fields=workloads())
def test_what_the_length_of_the_month_changes(offer: str, fields: dict[str, Any]) -> None:
    """Hours, bytes and requests follow the hours; what is billed by the month is one in any calendar month.

    Half of 730 hours is half a month of everything.
    """
    d = demand(fields)
    half, february, usual, january = (size(d, offer, hours_per_month=hours) for hours in (365, 672, 730, 744))
    for other in (half, february, january):
        close(other.units, usual.units, "units")
    for lines in zip(half.usage, february.usage, usual.usage, january.usage, strict=True):
        h, f, u, j = (line.quantity for line in lines)
        monthly = lines[0].unit.endswith("-month")
        close(h * 2, u, lines[0].meter)
        close(f if monthly else f * 730 / 672, u, lines[0].meter)
        close(j if monthly else j * 730 / 744, u, lines[0].meter)


@pytest.mark.parametrize(
    ("offer", "metered"),
    [
        ("kinesis-on-demand-standard", lambda meter: meter != "aws.kinesis.stream"),
        ("msk-serverless", lambda meter: meter.startswith(("aws.msk.serverless-data", "aws.msk.serverless-storage"))),
        ("msk-express", lambda meter: meter == "aws.msk.express-data-in"),
    ],
)
@settings(max_examples=20)
@given(fields=workloads(), times=st.floats(1.0, 1e3))
def test_metered_costs_are_linear_in_write(offer, metered, fields, times, book: PriceBook) -> None:
    """Their prices have one tier, so twice the bytes cost twice as much where batches stay what they are."""
    fields = fields | {"batch": 16_384.0}
    first = costed(chain(fields, "write", [fields["write"], fields["write"] * times]), offer, book).bill
    lines = [entry for entry in first.entries if metered(entry.usage.meter)]
    assert lines
    for entry in lines:
        np.testing.assert_allclose(entry.cost[:, 1], entry.cost[:, 0] * times, rtol=1e-9, err_msg=entry.usage.meter)


@every_offer
@settings(max_examples=4)
@given(fields=workloads())
def test_the_bill_adds_up(offer: str, fields: dict[str, Any], book: PriceBook) -> None:
    """Usage times price is cost, tier by tier; the lines sum to the total and the categories to the subtotal."""
    p = plan(workload(fields), offer, book, population=Population(clients="move"))
    table = p.bill.lines
    assert set(table["meter"]) == {line.meter for line in p.sizing.usage if line.quantity > 0}
    for entry in p.bill.entries:
        left = quantity = float(entry.usage.quantity)
        cost = 0.0
        for tier in entry.rows:
            width = np.inf if tier.tier_to is None else tier.tier_to - (tier.tier_from or 0.0)
            cost += tier.price * min(left, width)
            left = max(left - width, 0.0)
        close(entry.cost, cost, entry.usage.meter)
        if len(entry.rows) == 1:
            close(entry.cost, quantity * entry.rows[0].price, entry.usage.meter)
    close(p.bill.subtotal, table["cost"].fillna(0.0).sum(), "lines")
    close(p.bill.subtotal, sum(p.bill.by_category.values()), "categories")
    if p.bill.missing:
        assert p.bill.total is None and table["cost"].isna().any()
    else:
        close(p.bill.total, p.bill.subtotal, "total")
        assert not table["cost"].isna().any()
