"""What a comparison's document says that it rests on: bills that add up, and versions that tell states apart."""

from __future__ import annotations

import pytest

from capacity import Workload
from pricing import PriceBook, discounted, open_book
from pricing.edition import edition_of
from streamfacts.digests import tables_digest
from streamplan import __version__
from streamplan.analyses.compare.words import study_document
from streamplan.planning.study import study

SMALL = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h", peak_ratio=1)
ONLY = ["msk-standard", "msk-serverless", "kinesis-provisioned"]


@pytest.fixture(scope="module")
def document():
    return study_document(study(SMALL, only=ONLY, hours_per_month=744, within=0.1))


def test_the_lines_of_each_bill_add_up_to_its_cost(document):
    assert {row["platform"] for row in document["platforms"]} == set(ONLY)
    for row in document["platforms"]:
        assert sum(line["usd"] for line in row["lines"]) == pytest.approx(row["monthly_usd"], rel=1e-12)
        for line in row["lines"]:
            assert line["usd"] == pytest.approx(line["quantity"] * line["unit_price"], rel=1e-12)


def test_a_line_has_the_prices_of_the_book(document):
    """A price in tiers is on the line with the start of each; any other is the price of one."""
    book = PriceBook.load()
    lines = [line for row in document["platforms"] for line in row["lines"]]
    for line in lines:
        rows = book.find(line["meter"], line["sku"], line["region"])
        expected = [[row.tier_from or 0.0, row.price] for row in rows] if len(rows) > 1 else None
        assert line.get("tiers") == expected
        if expected is None:
            assert line["unit_price"] == pytest.approx(rows[0].price, rel=1e-12)


def test_terms_units_and_versions_are_said(document):
    assert document["terms"] == {
        "options": {}, "hours_per_month": 744, "most_clusters": 500, "within": 0.1, "people": False,
    }  # fmt: skip
    assert document["model"] == {"version": __version__, "digest": tables_digest()}
    assert document["workload"]["units"]["write"] == "bytes/s"
    assert document["workload"]["fields"]["write"] == 10 * 2**20


def test_another_price_is_another_edition(tmp_path):
    shipped = edition_of(PriceBook.load())
    path = tmp_path / "mine.csv"
    row = "aws.msk.broker,kafka.m7g.large,us-east-1,broker-hour,0.2,2026-11-02,quote\n"
    path.write_text("meter,sku,region,unit,price,as_of,source\n" + row, encoding="utf-8")
    own, less = edition_of(open_book(path)), edition_of(discounted(PriceBook.load(), {"aws": 0.1}))
    assert len({shipped.digest, own.digest, less.digest}) == 3
    assert own.as_of_newest == "2026-11-02"
    assert edition_of(open_book(path)) == own
