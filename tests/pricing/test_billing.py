"""The bill: usage times prices, by hand; what has no price is said and never zero."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import Bill, Price, PriceBook, bill
from streamfacts.errors import InputError
from streamfacts.usage import Usage, UsageLine


def price(meter: str, value: float, sku: str = "", region: str = "us-east-1", **more) -> Price:
    units = {"aws.msk.broker": "broker-hour", "aws.msk.storage": "GiB-month", "aws.transfer.internet": "GiB"}
    given = {"meter": meter, "sku": sku, "region": region, "unit": units[meter], "price": value}
    return Price(**given | {"as_of": "2026-08", "source": "a test"} | more)


def make(*prices: Price) -> PriceBook:
    out: dict = {}
    for p in prices:
        out[p.key] = (*out.get(p.key, ()), p)
    return PriceBook(out)


BOOK = make(
    price("aws.msk.broker", 0.5, "small"),
    price("aws.msk.broker", 2.0, "large", confidence="low", note="a guess"),
    price("aws.msk.broker", 0.75, "small", "eu-west-1"),
    price("aws.msk.storage", 0.1, "standard", as_of="2025-01"),
    price("aws.transfer.internet", 0.0, tier_from=0, tier_to=100),
    price("aws.transfer.internet", 0.25, tier_from=100),
)


def brokers(quantity, sku="small") -> UsageLine:
    return UsageLine("aws.msk.broker", np.asarray(quantity, float), "broker-hour", sku, "brokers x hours")


def storage(quantity) -> UsageLine:
    return UsageLine("aws.msk.storage", np.asarray(quantity, float), "GiB-month", "standard")


def internet(quantity) -> UsageLine:
    return UsageLine("aws.transfer.internet", np.asarray(quantity, float), "GiB")


def charge(*lines: UsageLine, **where) -> Bill:
    return bill(Usage(lines), BOOK, **where)


def test_a_bill_by_hand() -> None:
    b = charge(brokers(2190), storage(1000), internet(300))
    assert [float(entry.cost) for entry in b.entries] == pytest.approx([1095.0, 100.0, 50.0])
    assert b.total == pytest.approx(1245.0)
    assert isinstance(b.total, float)
    assert float(b.subtotal) == pytest.approx(1245.0)
    assert b.missing == [] and not b.incomplete
    assert {k: float(v) for k, v in b.by_category.items()} == pytest.approx(
        {"compute": 1095.0, "storage": 100.0, "network": 50.0}
    )


def test_the_lines_of_a_bill() -> None:
    table = charge(brokers(2190), storage(1000), internet(300), brokers(0, "large")).table(dt.date(2026, 8, 11))
    assert table["meter"].tolist() == ["aws.msk.broker", "aws.msk.storage", "aws.transfer.internet"]  # no empty line
    assert table["unit_price"].tolist() == pytest.approx([0.5, 0.1, 50 / 300])
    assert (table["quantity"] * table["unit_price"]).tolist() == pytest.approx(table["cost"].tolist())
    assert table["age_days"].tolist() == [10, 587, 10]
    assert table["stale"].tolist() == [False, True, False]
    assert table["tiers"].tolist() == ["", "", "0 from 0 to 100, 0.25 from 100"]
    assert table["source"].tolist() == ["a test"] * 3
    assert table["formula"][0] == "brokers x hours"
    assert table["region"].tolist() == ["us-east-1"] * 3


def test_confidence_and_note_come_with_the_price() -> None:
    (line,) = charge(brokers(1, "large")).table(dt.date(2026, 9, 1)).to_dict("records")
    assert (line["confidence"], line["note"]) == ("low", "a guess")


def test_a_missing_price_is_named_with_meter_sku_region_and_where_it_is_known() -> None:
    b = bill(Usage((brokers(2190, "small"), storage(1000))), BOOK, "eu-west-1")
    assert b.total is None
    assert float(b.subtotal) == pytest.approx(2190 * 0.75)
    assert b.missing == ["no price for aws.msk.storage standard in eu-west-1 (known in us-east-1)"]
    unpriced = b.table(dt.date(2026, 9, 1)).set_index("meter").loc["aws.msk.storage"]
    assert unpriced["unit_price"] is None or np.isnan(unpriced["unit_price"])
    assert unpriced["cost"] is None or np.isnan(unpriced["cost"])


def test_no_quantity_needs_no_price() -> None:
    b = bill(Usage((brokers(2190), storage(0))), BOOK, "eu-west-1")
    assert b.total == pytest.approx(2190 * 0.75)
    assert b.missing == []


def test_an_empty_bill() -> None:
    b = charge()
    assert b.total == 0.0 and b.missing == [] and b.by_category == {}
    assert len(b.lines) == 0 and "cost" in b.lines


def test_lines_may_be_in_other_regions() -> None:
    b = bill(Usage((brokers(100), brokers(100))), BOOK, "us-east-1", regions_of={1: "eu-west-1"})
    assert [float(entry.cost) for entry in b.entries] == [50.0, 75.0]
    assert [entry.region for entry in b.entries] == ["us-east-1", "eu-west-1"]


def test_configurations_and_demands_as_arrays() -> None:
    skus = np.array(["small", "large", "unknown"])
    hours = np.array([[730.0, 1460.0], [730.0, 0.0], [730.0, 0.0]])
    b = charge(brokers(hours, skus), storage(np.full((3, 2), 10.0)))
    np.testing.assert_allclose(b.subtotal, [[366.0, 731.0], [1461.0, 1.0], [1.0, 1.0]])
    assert b.incomplete.tolist() == [[False, False], [False, False], [True, False]]
    assert b.total.mask.tolist() == b.incomplete.tolist()
    assert b.missing == ["no price for aws.msk.broker unknown in us-east-1 (known there: large, small)"]
    with pytest.raises(InputError, match="pick"):
        _ = b.lines

    for index, sku in enumerate(skus):
        one = b.pick(index)
        alone = charge(brokers(hours[index], str(sku)), storage(np.full(2, 10.0)))
        np.testing.assert_array_equal(one.subtotal, alone.subtotal)
        np.testing.assert_array_equal(one.incomplete, alone.incomplete)
        assert one.missing == alone.missing
        assert one.entries[0].usage.sku == sku


def test_only_what_is_needed_is_missing() -> None:
    """A configuration without quantity needs no price, in arrays as well."""
    b = charge(brokers([730.0, 0.0], np.array(["unknown", "not needed"])))
    assert b.incomplete.tolist() == [True, False]
    assert len(b.missing) == 1 and "aws.msk.broker unknown" in b.missing[0]


def test_the_same_price_is_missing_once() -> None:
    """Two lines on one meter and SKU, such as brokers and controllers, lack one price."""
    assert len(charge(brokers(730, "unknown"), brokers(2190, "unknown")).missing) == 1


def test_what_cannot_be_billed() -> None:
    with pytest.raises(InputError, match="region"):
        charge(brokers(1), region="us-east-9")
    with pytest.raises(InputError, match="meter"):
        charge(UsageLine("aws.msk.brokers", np.float64(1), "broker-hour"))
    with pytest.raises(InputError, match=r"unit of aws\.msk\.storage.*GB-month.*GiB-month"):
        charge(UsageLine("aws.msk.storage", np.float64(1), "GB-month", "standard"))


@pytest.mark.parametrize("quantity", [np.nan, -5.0, [1.0, np.nan], [1.0, -5.0]])
def test_a_quantity_that_is_none_is_refused(quantity) -> None:
    """Never a NaN on a bill, and less than nothing is not free of charge."""
    with pytest.raises(InputError, match=r"aws\.msk\.storage"):
        charge(storage(quantity))


@given(st.lists(st.tuples(st.floats(0, 1e8), st.floats(0, 1e6), st.floats(0, 1e7)), min_size=1, max_size=6))
def test_the_total_is_the_sum_of_lines_and_of_categories(rows: list[tuple[float, float, float]]) -> None:
    hours, stored, sent = (np.array(column) for column in zip(*rows, strict=True))
    together = charge(brokers(hours), storage(stored), internet(sent))
    np.testing.assert_allclose(together.subtotal, sum(e.cost for e in together.entries), rtol=1e-12)
    np.testing.assert_allclose(together.subtotal, sum(together.by_category.values()), rtol=1e-12)
    by_hand = hours * 0.5 + stored * 0.1 + np.maximum(sent - 100, 0) * 0.25
    np.testing.assert_allclose(together.subtotal, by_hand, rtol=1e-12, atol=1e-9)
    for index, (h, s, t) in enumerate(rows):
        alone = charge(brokers(h), storage(s), internet(t))
        assert float(together.subtotal[index]) == pytest.approx(alone.total, rel=1e-12)
        assert alone.lines["cost"].sum() == pytest.approx(alone.total, rel=1e-12)
