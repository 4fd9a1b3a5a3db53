"""Rows of a user's own prices that cannot be meant, and those that are odd."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from pricing import Commitments, PriceBook, bill, load_usage
from streamfacts.errors import InputError
from streamplan.cli import main
from streamplan.planning.people import People

HEADER = "meter,sku,region,unit,price,currency,tier_from,tier_to,as_of,source,confidence,note\n"


def book_of(folder: Path, *rows: str) -> Path:
    path = folder / "mine.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def shard(price="0.02", sku="", region="us-east-1", as_of="2026-01", meter="aws.kinesis.shard", unit="shard-hour"):
    return f"{meter},{sku},{region},{unit},{price},USD,0,,{as_of},a quote,high,"


ERRORS = {
    "region of another cloud": (shard(region="us-east1"), ["region: 'us-east1'", "a region of aws", "us-east-1"]),
    "region of a third cloud": (shard(region="eastus"), ["region: 'eastus'", "a region of aws", "of azure"]),
    "date to come": (shard(as_of="2099-01-01"), ["as_of: '2099-01-01'", "a day that has been"]),
    "month to come": (shard(as_of="2099-01"), ["as_of: '2099-01'", "a day that has been"]),
    "year to come": (shard(as_of="2099"), ["as_of: '2099'", "a day that has been"]),
}


@pytest.mark.parametrize("row, words", ERRORS.values(), ids=ERRORS)
def test_a_row_that_cannot_be_meant_is_an_error_that_names_it(row, words, tmp_path) -> None:
    with pytest.raises(InputError) as caught:
        PriceBook.load(book_of(tmp_path, shard(region="us-east-2"), row))
    for word in ["mine.csv row 3", *words]:
        assert word in str(caught.value)


def test_a_price_of_today_is_of_today_everywhere(tmp_path) -> None:
    today = dt.date.today()
    for day in (today, today + dt.timedelta(days=1)):  # east of here it is tomorrow
        assert PriceBook.load(book_of(tmp_path, shard(as_of=day.isoformat()))).doubts == ()
    with pytest.raises(InputError, match="a day that has been"):
        PriceBook.load(book_of(tmp_path, shard(as_of=(today + dt.timedelta(days=2)).isoformat())))


def test_a_vendor_of_several_clouds_has_prices_in_regions_of_each(tmp_path) -> None:
    rows = [
        f"confluent.cku,dedicated,{region},CKU-hour,3,USD,0,,2026-01,a quote,high,"
        for region in ("us-east-1", "eastus", "any")
    ]
    assert PriceBook.load(book_of(tmp_path, *rows)).doubts == ()


DOUBTS = {
    "SKU where there is none": (shard(sku="whatever"), "no offer reads SKU 'whatever' of aws.kinesis.shard"),
    "no SKU where there are some": (
        shard(meter="aws.msk.broker", unit="broker-hour"),
        "no offer reads aws.msk.broker without a SKU, such as",
    ),
    "SKU that nobody sells": (
        shard(meter="aws.msk.broker", unit="broker-hour", sku="kafka.m7g.larg"),
        "no shipped price of aws.msk.broker has SKU 'kafka.m7g.larg': it may be read by no offer; known: kafka.m7g.lar",
    ),
    "a hundred times another region's": (
        shard("3"),
        "3 USD/shard-hour in us-east-1 is ",
    ),
    "a hundredth of another region's": (shard("0.0001"), "times less than the "),
}


@pytest.mark.parametrize("row, sentence", DOUBTS.values(), ids=DOUBTS)
def test_a_row_that_is_odd_is_a_doubt_that_names_it(row, sentence, tmp_path) -> None:
    book = PriceBook.load(book_of(tmp_path, shard(), row.replace("us-east-1", "us-east-2")))
    (doubt,) = book.doubts
    assert doubt.startswith("mine.csv row 3: ") and sentence.replace("us-east-1", "us-east-2") in doubt


def test_how_many_times_is_worked_by_hand(tmp_path) -> None:
    """Shards cost 0.015 USD an hour in Virginia and most other regions: 3 is 200 times that."""
    dearest = min(
        tiers[0].price
        for (meter, _, region), tiers in PriceBook.load().prices.items()
        if meter == "aws.kinesis.shard" and region != "us-east-1"
    )
    (doubt,) = PriceBook.load(book_of(tmp_path, shard("3"))).doubts
    assert f"3 USD/shard-hour in us-east-1 is {3 / dearest:,.0f} times the {dearest:g} of " in doubt
    assert PriceBook.load(book_of(tmp_path, shard("0.6"))).doubts == ()  # dear, and possible


def test_two_rows_of_ones_own_are_held_against_each_other(tmp_path) -> None:
    meter, unit = "confluent.cku", "CKU-hour"
    rows = [
        shard("0.03", "quoted", meter=meter, unit=unit),
        shard("3.1", "quoted", meter=meter, unit=unit, region="us-east-2"),
    ]
    assert any("is 103 times" in doubt for doubt in PriceBook.load(book_of(tmp_path, *rows)).doubts)


def test_doubts_stand_beside_the_result(tmp_path, capsys) -> None:
    path = str(book_of(tmp_path, shard(sku="whatever")))
    main(["compare", "example-100mib", "--json", "--price-book", path])
    out, err = capsys.readouterr()
    warnings = json.loads(out)["warnings"]
    assert warnings[0].startswith("mine.csv row 2: no offer reads SKU 'whatever'")
    assert warnings[1] == "1 of 1 prices of your own were read by no offer: aws.kinesis.shard whatever us-east-1"
    assert err.splitlines() == [f"streamplan: note: {sentence}" for sentence in warnings]


def test_a_price_that_is_read_is_no_doubt(tmp_path, capsys) -> None:
    main(["compare", "example-100mib", "--json", "--price-book", str(book_of(tmp_path, shard()))])
    out, err = capsys.readouterr()
    assert json.loads(out)["warnings"] == [] and err == ""


def test_what_a_bill_looks_up_is_read(tmp_path) -> None:
    book = PriceBook.load(book_of(tmp_path, shard(), shard(region="us-east-2")))
    (tmp_path / "u.yaml").write_text("usage: [{meter: aws.kinesis.shard, quantity: 2}]\n")
    assert bill(load_usage(tmp_path / "u.yaml").usage, book, "us-east-1").total == 0.04
    assert book.unread == (("aws.kinesis.shard", "", "us-east-2"),)


def test_no_shipped_price_is_of_a_day_to_come() -> None:
    book = PriceBook.load()
    ages = [row.age_days(dt.date.today()) for tiers in book.prices.values() for row in tiers]
    assert min(ages) >= 0 and book.doubts == ()


def test_committed_rates_and_staff_are_not_of_a_day_to_come_either(tmp_path) -> None:
    rates = tmp_path / "rates.csv"
    rates.write_text(
        "meter,sku,region,unit,rate,term_years,payment,kind,as_of,source\n"
        "aws.ec2.instance,m7g.large,us-east-1,instance-hour,0.05,1,monthly,reserved,2099-01,a quote\n"
    )
    with pytest.raises(InputError, match=r"rates.csv: as_of of aws.ec2.instance m7g.large: '2099-01'"):
        Commitments.load(rates)
    staff = tmp_path / "staff.csv"
    staff.write_text(
        "item,applies_to,low,likely,high,unit,source,as_of\nstaff_base,Amazon MSK,0.2,0.3,0.4,FTE,a head count,2099\n"
    )
    with pytest.raises(InputError, match=r"staff.csv row 2: as_of: '2099'"):
        People.load(staff)
