"""The price book: tiers by hand, every unusable row refused by name, a user's own rows on top."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import Price, PriceBook
from pricing.book import STALE_AFTER_DAYS, Schedule, meters, read_prices
from pricing.sustained_use import after_sustained_use
from streamfacts.errors import InputError, MissingFact
from streamfacts.tables import data_dir

HEADER = "meter,sku,region,unit,price,currency,tier_from,tier_to,as_of,source,confidence,note"
GOOD = "aws.s3.storage,standard,us-east-1,GiB-month,0.02,USD,,,2026-08-01,an invoice,high,"


def row(**changes: str) -> str:
    """A good row with some fields changed."""
    values = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | changes
    return ",".join(values.values())


def file(folder: Path, *rows: str, header: str = HEADER, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def price(value: float, start: float | None = None, end: float | None = None, sku: str = "", **more) -> Price:
    given = {"meter": "aws.s3.storage", "region": "us-east-1", "unit": "GiB-month", "as_of": "2026", "source": "a test"}
    return Price(**given | {"sku": sku, "price": value, "tier_from": start, "tier_to": end} | more)


# ---------------------------------------------------------------------------------------------------- tiers

#: 1.00 for the first 100, 0.50 up to 1000, 0.10 beyond.
THREE = (price(1.0, 0, 100, "three"), price(0.5, 100, 1000, "three"), price(0.1, 1000, None, "three"))
BY_HAND = [
    (0.0, 0.0),
    (0.5, 0.5),
    (99.0, 99.0),
    (100.0, 100.0),
    (100.5, 100.25),
    (101.0, 100.5),
    (999.0, 100 + 449.5),
    (1000.0, 550.0),
    (1001.0, 550.1),
    (1500.0, 600.0),
    (1e6, 550 + 99_900.0),
]


def schedule(*tiers: tuple[Price, ...]) -> Schedule:
    book = PriceBook({rows[0].key: rows for rows in tiers if rows})
    return book.schedule("aws.s3.storage", [rows[0].sku if rows else "unknown" for rows in tiers], "us-east-1")


@pytest.mark.parametrize(("quantity", "cost"), BY_HAND)
def test_tiers_of_one_quantity(quantity: float, cost: float) -> None:
    assert float(schedule(THREE).cost(np.asarray(quantity))) == pytest.approx(cost, rel=1e-12)


def test_tiers_of_arrays_of_any_shape() -> None:
    quantities, costs = (np.array(column) for column in zip(*BY_HAND[:10], strict=True))
    one = schedule(THREE)
    for shape in ((10,), (10, 1), (2, 5), (5, 1, 2)):
        np.testing.assert_allclose(one.cost(quantities.reshape(shape)), costs.reshape(shape), rtol=1e-12)


def test_skus_with_tiers_of_different_depth() -> None:
    flat = (price(2.0, sku="flat"),)
    two = (price(3.0, 0, 10, "two"), price(1.0, 10, None, "two"))
    several = schedule(flat, THREE, (), two)
    assert several.missing.tolist() == [False, False, True, False]
    each = several.cost(np.full(4, 1500.0))
    assert each.tolist() == pytest.approx([3000.0, 600.0, 0.0, 30 + 1490.0])
    quantities = np.array([[5.0, 100.0], [5.0, 100.5], [5.0, 100.0], [5.0, 10.5]])
    by_hand = [[10.0, 200.0], [5.0, 100.25], [0.0, 0.0], [15.0, 30.5]]
    np.testing.assert_allclose(several.cost(quantities), by_hand, rtol=1e-12)
    cube = np.stack([quantities, quantities], axis=-1)
    np.testing.assert_allclose(several.cost(cube), np.stack([by_hand, by_hand], axis=-1), rtol=1e-12)


@given(st.lists(st.floats(0.0, 1e7), min_size=2, max_size=8))
def test_costs_rise_with_quantity_and_join_at_the_borders(quantities: list[float]) -> None:
    one = schedule(THREE)
    costs = one.cost(np.array(sorted(quantities)))
    assert (np.diff(costs) >= -1e-9).all() and (costs >= 0).all()
    for border in (100.0, 1000.0):
        below, above = one.cost(np.array([border * (1 - 1e-12), border * (1 + 1e-12)]))
        assert above - below == pytest.approx(0.0, abs=1e-6)


def test_a_shipped_price_with_tiers(book: PriceBook) -> None:
    """S3 standard: 0.023 for the first 50 TiB, 0.022 for the next 450, 0.021 beyond."""
    cost = book.schedule("aws.s3.storage", "standard", "us-east-1").cost(np.array([51_200.0, 51_201.0, 600_000.0]))
    first, second = 51_200 * 0.023, 460_800 * 0.022
    assert cost.tolist() == pytest.approx([first, first + 0.022, first + second + 88_000 * 0.021], rel=1e-12)


# --------------------------------------------------------------------------------------------- files refused


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"price": "-0.01"}, "price"),
        ({"price": "nan"}, "price"),
        ({"price": "inf"}, "price"),
        ({"price": "free"}, "price"),
        ({"price": ""}, "price"),
        ({"source": ""}, "source"),
        ({"source": "  "}, "source"),
        ({"meter": ""}, "meter"),
        ({"region": ""}, "region"),
        ({"unit": ""}, "unit"),
        ({"as_of": ""}, "as_of"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-13"}, "as_of"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"as_of": "20/08/2026"}, "as_of"),
        ({"currency": "EUR"}, "currency"),
        ({"confidence": "sure"}, "confidence"),
        ({"tier_from": "some"}, "tier_from"),
        ({"tier_to": "many"}, "tier_to"),
    ],
)
def test_a_bad_field_is_named_with_its_file_and_row(tmp_path: Path, bad: dict[str, str], field: str) -> None:
    path = file(tmp_path, row(sku="standard-ia"), row(**bad))
    with pytest.raises(InputError) as caught:
        PriceBook.load(path)
    assert caught.value.field == f"mine.csv row 3: {field}"
    assert str(caught.value).startswith("mine.csv row 3: ")


def test_an_own_list_price_for_every_region_comes_before_the_shipped_one(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "meter,sku,region,unit,price,as_of,source\naws.kinesis.shard,,any,shard-hour,0.001,2026-11,my contract\n",
        encoding="utf-8",
    )
    book = PriceBook.load(path)
    assert book.price("aws.kinesis.shard", "", "us-east-1").price == 0.001
    assert PriceBook.load().price("aws.kinesis.shard", "", "us-east-1").price == 0.015


def test_the_row_is_the_one_that_an_editor_shows(tmp_path: Path) -> None:
    path = file(tmp_path, row(sku="standard-ia"), "", row(price="free"))
    with pytest.raises(InputError, match="row 4: price"):
        PriceBook.load(path)


def test_an_unknown_meter_gets_near_names(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        PriceBook.load(file(tmp_path, row(meter="aws.s3.storrage")))
    message = str(caught.value)
    assert all(part in message for part in ("mine.csv", "meter", "aws.s3.storrage", "did you mean", "aws.s3.storage"))


def test_an_unknown_region_gets_near_names(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        PriceBook.load(file(tmp_path, row(region="us-east-7")))
    message = str(caught.value)
    assert all(part in message for part in ("mine.csv", "region", "us-east-7", "us-east-1"))


def test_a_unit_that_is_not_the_meters(tmp_path: Path) -> None:
    """A GB-month of 10^9 bytes is not a GiB-month of 2^30."""
    with pytest.raises(InputError) as caught:
        PriceBook.load(file(tmp_path, row(unit="GB-month")))
    message = str(caught.value)
    assert all(part in message for part in ("mine.csv", "unit", "aws.s3.storage", "GB-month", "GiB-month"))


@pytest.mark.parametrize(
    ("tiers", "problem"),
    [
        ([("0", "100"), ("200", "")], "gap"),
        ([("10", "")], "gap"),  # nothing for the first ten
        ([("0", "100"), ("50", "")], "overlap"),
        ([("0", ""), ("100", "")], "overlap"),
        ([("", ""), ("", "")], "overlap"),  # the same row twice
        ([("0", "100")], "without end"),
        ([("0", "100"), ("100", "200")], "without end"),
        ([("0", "0"), ("0", "")], "above its start"),
        ([("0", "100"), ("100", "50")], "above its start"),
        ([("-5", "")], ""),
        ([("0", "-5"), ("-5", "")], ""),
        ([("nan", "")], ""),
        ([("0", "nan")], ""),
        ([("0", "nan"), ("nan", "")], ""),
    ],
)
def test_tiers_that_do_not_join(tmp_path: Path, tiers: list[tuple[str, str]], problem: str) -> None:
    rows = [row(tier_from=start, tier_to=end) for start, end in tiers]
    with pytest.raises(InputError) as caught:
        PriceBook.load(file(tmp_path, *rows))
    message = str(caught.value)
    assert all(part in message for part in ("mine.csv", "tiers", "aws.s3.storage standard us-east-1", problem))


def test_tiers_may_come_in_any_order(tmp_path: Path) -> None:
    path = file(tmp_path, row(tier_from="100", price="1"), row(tier_from="0", tier_to="100", price="2"))
    (tiers,) = read_prices(path).values()
    assert [tier.price for tier in tiers] == [2.0, 1.0]


@pytest.mark.parametrize("bad", [GOOD + ",one more", GOOD.rsplit(",", 2)[0], "aws.s3.storage"])
def test_a_wrong_number_of_fields(tmp_path: Path, bad: str) -> None:
    with pytest.raises(InputError) as caught:
        PriceBook.load(file(tmp_path, row(sku="standard-ia"), bad))
    assert "mine.csv row 3" in str(caught.value) and "12 fields" in str(caught.value)


@pytest.mark.parametrize("column", ["meter", "region", "unit", "price", "as_of", "source"])
def test_a_missing_column(tmp_path: Path, column: str) -> None:
    names = HEADER.split(",")
    place = names.index(column)
    header, fields = (",".join(x for i, x in enumerate(line.split(",")) if i != place) for line in (HEADER, GOOD))
    with pytest.raises(InputError) as caught:
        PriceBook.load(file(tmp_path, fields, header=header))
    assert "mine.csv: columns" in str(caught.value) and f"missing {column}" in str(caught.value)


def test_an_unknown_column(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        PriceBook.load(file(tmp_path, GOOD + ",x", header=HEADER + ",discount"))
    assert "mine.csv" in str(caught.value) and "discount" in str(caught.value)


def test_a_column_that_is_there_twice(tmp_path: Path) -> None:
    """Which of the two prices is meant?"""
    with pytest.raises(InputError):
        PriceBook.load(file(tmp_path, GOOD + ",0.05", header=HEADER + ",price"))


@pytest.mark.parametrize(
    "content",
    [HEADER.encode() + b"\n" + GOOD.encode() + b"\xff\xfe\n", b"\x00\x01", b"", b"\n", (HEADER + '\n"open').encode()],
)
def test_a_file_that_is_no_such_csv(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"mine\.csv"):
        PriceBook.load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "mine.csv", tmp_path):
        with pytest.raises(InputError) as caught:
            PriceBook.load(path)
        assert str(path) in str(caught.value)


# ------------------------------------------------------------------------------------------------- overrides


def test_own_rows_replace_all_tiers_of_their_key_and_nothing_else(tmp_path: Path, book: PriceBook) -> None:
    key = ("aws.s3.storage", "standard", "us-east-1")
    assert len(book.prices[key]) == 3
    mine = PriceBook.load(file(tmp_path, row(price="0.01")))
    assert [tier.price for tier in mine.prices[key]] == [0.01]
    assert mine.overridden == {key}
    assert {k: v for k, v in mine.prices.items() if k != key} == {k: v for k, v in book.prices.items() if k != key}
    assert len(PriceBook.load().prices[key]) == 3  # the shipped book is as it was
    assert float(mine.schedule(*key).cost(np.asarray(1e6))) == pytest.approx(1e4)


def test_own_rows_may_add_a_key(tmp_path: Path, book: PriceBook) -> None:
    key = ("aws.msk.tiered-retrieval", "", "us-east-1")
    assert key not in book.prices
    mine = PriceBook.load(
        file(tmp_path, row(meter="aws.msk.tiered-retrieval", sku="", unit="GiB", price="0.0015", as_of="2026"))
    )
    assert mine.price(*key).price == 0.0015
    assert mine.overridden == {key}


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    """Spreadsheets put one in front when they save as "CSV UTF-8"."""
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\n{row(price='0.01')}\n", encoding="utf-8-sig")
    assert PriceBook.load(path).price("aws.s3.storage", "standard", "us-east-1").price == 0.01


def test_the_last_of_several_files_wins(tmp_path: Path) -> None:
    first = file(tmp_path, row(price="0.01"), row(sku="standard-ia", price="0.005"), name="first.csv")
    last = file(tmp_path, row(price="0.03"), name="last.csv")
    mine = PriceBook.load(first, last)
    assert mine.price("aws.s3.storage", "standard", "us-east-1").price == 0.03
    assert mine.price("aws.s3.storage", "standard-ia", "us-east-1").price == 0.005


def test_a_file_needs_only_the_required_columns(tmp_path: Path) -> None:
    header = "meter,region,unit,price,as_of,source"
    path = file(tmp_path, "aws.kinesis.shard,us-east-1,shard-hour,0.01,2026-08,quote 17", header=header)
    mine = PriceBook.load(path).price("aws.kinesis.shard", "", "us-east-1")
    assert (mine.price, mine.currency, mine.confidence, mine.tier_from, mine.tier_to) == (
        0.01,
        "USD",
        "high",
        None,
        None,
    )


# ------------------------------------------------------------------------------------------ looking up, ages


def test_a_price_that_is_not_there_says_where_there_is_one(book: PriceBook) -> None:
    with pytest.raises(MissingFact) as caught:
        book.price("aws.msk.broker", "express.m7g.large", "sa-east-1")
    message = str(caught.value)
    assert "aws.msk.broker express.m7g.large in sa-east-1" in message and "us-east-1" in message
    with pytest.raises(MissingFact, match=r"aws\.msk\.broker kafka\.m9z\.large in us-east-1 \(known there: "):
        book.price("aws.msk.broker", "kafka.m9z.large", "us-east-1")


def test_ages_and_staleness_on_a_fixed_day() -> None:
    rows = {
        "full": "2026-08-20",
        "month": "2025-08",  # the first of it: as old as it may be
        "year": "2025",
        "border": "2025-08-21",
        "new": "2026-08-22",
    }
    prices = [price(1.0, sku=sku, as_of=as_of) for sku, as_of in rows.items()]
    book = PriceBook({p.key: (p,) for p in prices}, frozenset({prices[0].key}))
    frame = book.frame(dt.date(2026, 8, 21)).set_index("sku")
    assert frame["age_days"].to_dict() == {"full": 1, "month": 385, "year": 597, "border": 365, "new": -1}
    assert frame["stale"].to_dict() == {"full": False, "month": True, "year": True, "border": False, "new": False}
    assert frame["own"].to_dict() == {sku: sku == "full" for sku in rows}
    assert STALE_AFTER_DAYS == 365


def test_the_shipped_book_in_full(book: PriceBook) -> None:
    frame = book.frame(dt.date(2026, 12, 1))
    assert len(frame) == sum(len(tiers) for tiers in book.prices.values())
    assert (frame["price"] >= 0).all() and np.isfinite(frame["price"]).all()
    assert (frame["age_days"] >= 0).all() and (frame["source"].str.len() > 0).all()
    assert not frame["own"].any()
    assert set(frame["meter"]) <= set(meters())
    assert (frame["unit"] == frame["meter"].map({m.name: m.unit for m in meters().values()})).all()


def test_a_book_with_other_prices_looks_them_up_itself():
    """What one book has looked up is not handed to a copy with other prices, nor back."""
    book = PriceBook.load()
    key = ("aws.kinesis.shard", "", "us-east-1")
    without = replace(book, prices={k: rows for k, rows in book.prices.items() if k != key})
    for asked, missing in ((book, False), (without, True), (book, False)):
        assert asked.schedule(*key).missing.tolist() == [missing]


# ------------------------------------------------------------------------------------------------ the shipped prices


def test_shipped_prices_are_those_that_the_strict_reader_reads():
    """They are made when looked up, from cells that were checked all at once; row by row nothing is different."""
    strict = {}
    for path in sorted((data_dir() / "prices").glob("*.csv")):
        for key, tiers in read_prices(path).items():
            paid = [after_sustained_use(key, row.price, row.note) for row in tiers]
            strict[key] = tuple(
                row.model_copy(update={"price": price, "note": note})
                for row, (price, note) in zip(tiers, paid, strict=True)
            )
    shipped = PriceBook.load().prices
    assert len(shipped) == len(strict) and dict(shipped) == strict
    assert ("aws.msk.broker", "no-such-machine", "us-east-1") not in shipped


@pytest.mark.parametrize(
    ("column", "cell", "named"),
    [
        ("price", "-1", "price"),
        ("price", "", "price"),
        ("meter", "upstash.kafka.message", "did you mean upstash.kafka.messages"),
        ("unit", "messages", "100k-messages"),
        ("region", "us-east-9", "us-east-1"),
        ("currency", "EUR", "USD"),
        ("tier_to", "5", "last tier without end"),
        ("tier_from", "5", "leave a gap"),
    ],
)
def test_a_bad_row_of_a_data_folder_is_named(tmp_path, monkeypatch, column, cell, named):
    folder = tmp_path / "data"
    shutil.copytree(data_dir(), folder, ignore=shutil.ignore_patterns("workloads", "evidence*", "machines"))
    path = folder / "prices" / "upstash.csv"
    with path.open(newline="", encoding="utf-8") as handle:
        header, first, *others = csv.reader(handle)
    first[header.index(column)] = cell
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, first, *others])
    monkeypatch.setenv("STREAMPLAN_DATA", str(folder))
    with pytest.raises(InputError) as caught:
        PriceBook.load()
    assert "upstash.csv" in str(caught.value) and named in str(caught.value)
