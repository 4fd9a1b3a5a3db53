"""The spreadsheet of a report: LibreOffice recalculates it and agrees with our bill to the cent, changed or not."""

from __future__ import annotations

import datetime as dt

import pytest

from capacity import Workload
from pricing import PriceBook
from streamplan import study
from streamplan.analyses.compare.workbook import MISSING, study_workbook
from streamplan.planning.people import People
from streamplan.views.workbook import cell
from tests.browsers import office

pytestmark = pytest.mark.browser

ON = dt.date(2026, 11, 23)
ATTACK = '=HYPERLINK("http://a.example","click")'
#: Graduated tiers, two lines of one price, a missing price, several pools, a broken limit.
PLATFORMS = [
    "warpstream-byoc", "msk-express", "kinesis-provisioned", "pulsar-ec2-ebs", "confluent-dedicated", "msk-serverless",
    "confluent-standard",
]  # fmt: skip


@pytest.fixture(scope="module")
def made():
    w = Workload(
        name="sheet",
        title=ATTACK,
        write={"low": "60 MB/s", "likely": "80 MB/s", "high": "90 MB/s"},
        message="1 KiB",
        fan_out=3,
        retention={"value": "3 d", "assumed": "+cmd|' /C calc'!A0"},
    )
    return study(w, only=PLATFORMS, book=PriceBook.load())


@pytest.fixture(scope="module")
def workbook(made):
    return study_workbook(made, ON)


@pytest.fixture(scope="module")
def sheets(workbook, tmp_path_factory):
    return office.recalculated(workbook, tmp_path_factory.mktemp("office"))


def monthly(sheets):
    """Platform to the monthly cost on the sheet Comparison."""
    header = next(row for row in sheets["Comparison"] if row[0] == "platform")
    name, cost = header.index("name"), header.index("USD a month")
    body = sheets["Comparison"][sheets["Comparison"].index(header) + 1 :]
    return {row[name]: row[cost] for row in body if row[name]}


def answer(sheets):
    return {row[0]: row[1] for row in sheets["Answer"] if row[0]}


def row_of_price(workbook, meter):
    """The row of the first tier of a meter's price on the sheet Prices."""
    found = [c for c, (_, value) in office.cells(workbook, "Prices").items() if c[0] == "A" and value == meter]
    return int(min(found, key=lambda c: int(c[1:]))[1:])


def test_libreoffice_agrees_to_the_cent(sheets, made):
    costs = monthly(sheets)
    assert set(costs) == set(PLATFORMS)
    for plan in made.plans:
        if plan.monthly_usd is None:
            assert costs[plan.offer.name] == (MISSING if plan.feasible else "")
        else:
            assert float(costs[plan.offer.name]) == pytest.approx(plan.monthly_usd, abs=0.005)


def test_libreoffice_finds_the_same_answer(sheets, made):
    found, best = answer(sheets), made.cheapest
    assert found["platform of the least bill"] == best.offer.title
    assert float(found["USD a month"]) == pytest.approx(best.monthly_usd, abs=0.005)
    assert float(found["USD over the horizon, at this demand"]) == pytest.approx(best.monthly_usd * 60, abs=0.3)


def test_values_in_the_file_are_those_that_libreoffice_finds(workbook, sheets):
    """Whoever only reads the file, and never calculates, sees the same."""
    compared = 0
    for name, part in sheets.items():
        for place, (formula, value) in office.cells(workbook, name).items():
            if formula:
                column = sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed([c for c in place if c.isalpha()])))
                shown = part[int("".join(c for c in place if c.isdigit())) - 1][column - 1]
                if value and shown and shown != value:
                    assert float(shown) == pytest.approx(float(value), rel=1e-9, abs=1e-9), f"{name}!{place}"
                else:
                    assert shown == value, f"{name}!{place}: {formula}"
                compared += 1
    assert compared > 100


def test_a_changed_price_moves_every_total_that_uses_it(workbook, made, tmp_path):
    row = row_of_price(workbook, "aws.transfer.cross-zone")
    price = float(office.cells(workbook, "Prices")[f"G{row}"][1])
    after = monthly(office.recalculated(office.changed(workbook, "Prices", f"G{row}", price + 0.5), tmp_path))
    moved = 0
    for plan in made.plans:
        lines = plan.bill.lines
        quantity = lines[lines["meter"] == "aws.transfer.cross-zone"]["quantity"].sum()
        if plan.monthly_usd is not None:
            expected = plan.monthly_usd + 0.5 * quantity
            assert float(after[plan.offer.name]) == pytest.approx(expected, abs=0.005), plan.offer.name
            moved += quantity > 0
    assert moved >= 2


def test_a_quote_for_a_missing_price_gives_a_total_and_may_win(workbook, made, tmp_path):
    plan = made.plan_of("confluent-dedicated")
    assert plan.feasible and plan.bill.missing
    book = workbook
    wanted = {(line.usage.meter, str(line.usage.sku)) for line in plan.bill.entries if line.missing}
    cells = office.cells(workbook, "Prices")
    for place, (_, value) in cells.items():
        if place[0] == "A" and (value, cells.get(f"B{place[1:]}", ("", ""))[1]) in wanted:
            book = office.changed(book, "Prices", f"G{place[1:]}", 1e-6)
    after = office.recalculated(book, tmp_path)
    quantity = sum(float(line.usage.quantity) for line in plan.bill.entries if line.missing)
    cost = float(plan.bill.subtotal) + 1e-6 * quantity
    assert float(monthly(after)["confluent-dedicated"]) == pytest.approx(cost, abs=0.005)
    cheaper = cost < made.cheapest.monthly_usd
    assert answer(after)["platform of the least bill"] == (plan if cheaper else made.cheapest).offer.title


def test_staff_has_its_own_lines_and_the_totals_still_agree(tmp_path):
    w = Workload(write="20 MB/s", message="1 KiB", fan_out=2)
    with_people = study(w, only=["kafka-ec2-ebs", "msk-standard"], people=People.load(support="business"))
    sheets = office.recalculated(study_workbook(with_people, ON), tmp_path)
    for plan in with_people.plans:
        assert float(monthly(sheets)[plan.offer.name]) == pytest.approx(plan.monthly_usd, abs=0.005)
    assert "people" in {row[1] for row in sheets["Bill"]}


def test_every_price_has_its_source_and_date(workbook, made):
    cells = office.cells(workbook, "Prices")
    rows = {c[1:] for c, (_, value) in cells.items() if c[0] == "A" and "." in value and int(c[1:]) > 4}
    priced = {row for row in rows if cells[f"G{row}"][1]}
    assert rows - priced and len(priced) >= 10
    for row in priced:
        assert cells[f"H{row}"][1][:2] == "20" and cells[f"M{row}"][1], row
    used = {u.meter for p in made.plans if p.feasible for u in p.sizing.usage if u.quantity > 0}
    assert used <= {cells[f"A{row}"][1] for row in rows}


def test_no_text_becomes_a_formula(workbook):
    for name in office.sheets(workbook):
        for place, (formula, value) in office.cells(workbook, name).items():
            assert "HYPERLINK" not in formula and "cmd" not in formula, f"{name}!{place}"
            if value == ATTACK:
                assert formula == ""
    assert ATTACK in {value for _, value in office.cells(workbook, "Answer").values()}


def test_same_study_same_file(workbook, made):
    assert study_workbook(made, ON) == workbook


def test_a_study_in_which_nothing_fits(tmp_path):
    nothing = study(Workload(write="100 TB/s", peak_ratio=1000, message="1 KiB"), only=["msk-serverless"])
    sheets = office.recalculated(study_workbook(nothing, ON), tmp_path)
    assert answer(sheets)["platform of the least bill"] == "none"


@pytest.mark.parametrize("column, letters", [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (701, "ZZ"), (702, "AAA")])
def test_addresses_of_cells(column, letters):
    assert cell(0, column) == f"${letters}$1"
