"""Tables in a terminal: no number is cut, the first column stays, columns go by priority, and a line says which."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamfacts.errors import InputError
from streamplan.views.table_files import as_csv, as_markdown
from streamplan.views.tables import Cell, Column, Table, share, shown, usd, usd_range
from streamplan.views.terminal import WIDTH_OF_A_PIPE, cells_of, fold, table_lines, width


def offers():
    table = Table(
        "orders: cost a month",
        (
            Column("offer", "offer", least=14),
            usd("usd", "USD/month", 0),
            usd_range("range", "P10-P90", ("P10", "P90"), 1),
            share("wall", "used at peak", 3),
            Column("next", "next wall", priority=6),
        ),
        most=2,
    )
    table.add({"offer": "MSK Express", "usd": 41_300.25, "range": (36_900.0, 48_200.0), "wall": 0.71, "next": "in"})
    table.add({"offer": "Kafka on EC2, EBS gp3, tiered to S3", "usd": 53_700.0, "wall": 0.76, "next": "CPU"})
    table.add({"offer": "MSK Standard", "usd": 38_200.0, "range": (34_100.0, 47_000.0), "next": "disk space"})
    table.add({"offer": "Serverless", "usd": "does not fit"}, mark="dim", folded="that do not fit")
    return table


def test_what_is_left_out_is_said():
    """Indent 2, offer 14 at least, USD/month 9 and P10-P90 16 with two gaps of 2 are 45, one more than there is."""
    assert table_lines(offers(), 44) == [
        "orders: cost a month",
        "",
        "  offer                            USD/month",
        "  ──────────────────────────────────────────",
        "  MSK Express                         41,300",
        "  Kafka on EC2, EBS gp3, tiered       53,700",
        "   to S3",
        "  1 more, 1 that do not fit: --all",
        "  columns left out at this width: P10-P90,",
        "  used at peak, next wall",
    ]


def test_with_room_everything_stands_on_one_line():
    lines = table_lines(offers(), 120)
    assert lines[2].split() == ["offer", "USD/month", "P10-P90", "used", "at", "peak", "next", "wall"]
    assert "41,300  36,900 to 48,200           71%  in" in lines[4]
    assert not any("left out" in line for line in lines)


def test_all_and_top_and_the_line_on_the_others():
    assert shown(offers()).left_out == "1 more, 1 that do not fit: --all"
    assert len(shown(offers(), everything=True).rows) == 4 and not shown(offers(), everything=True).left_out
    assert shown(offers(), top=1).left_out == "2 more, 1 that do not fit: --all"
    nothing_fits = Table("t", offers().columns, rows=[row for row in offers().rows if row.folded])
    assert len(shown(nothing_fits).rows) == 1  # a table of nothing else shows what there is


def test_order_by_a_column_either_way_with_what_is_missing_last():
    def names(wanted):
        return [row.cells["offer"][:9] for row in offers().sorted_by(wanted).rows]

    assert names("USD/month") == ["MSK Stand", "MSK Expre", "Kafka on ", "Serverles"]
    assert names("-usd/MONTH") == ["Kafka on ", "MSK Expre", "MSK Stand", "Serverles"]
    assert names("P10-P90") == ["MSK Stand", "MSK Expre", "Kafka on ", "Serverles"]
    assert names("-used at peak")[:2] == ["Kafka on ", "MSK Expre"]
    with pytest.raises(InputError, match="did you mean 'USD/month'"):
        offers().sorted_by("USD/mont")


def test_csv_has_every_row_and_digit_and_the_ends_of_ranges_apart():
    rows = list(csv.reader(io.StringIO(as_csv(offers()))))
    assert rows[0] == ["offer", "USD/month", "P10 [USD]", "P90 [USD]", "used at peak [share]", "next wall"]
    assert rows[1] == ["MSK Express", "41300.25", "36900", "48200", "0.71", "in"]
    assert rows[2][2:4] == ["", ""] and rows[4][:2] == ["Serverless", "does not fit"] and len(rows) == 5
    dangerous = Table("t", (Column("a", "a"),))
    dangerous.add({"a": "=1+1"})
    assert as_csv(dangerous) == "a\n'=1+1\n"


def test_markdown_is_the_table_of_the_terminal():
    lines = as_markdown(offers()).splitlines()
    assert lines[0] == "**orders: cost a month**"
    assert lines[3] == "| --- | ---: | ---: | ---: | --- |"
    assert lines[4] == "| MSK Express | 41,300 | 36,900 to 48,200 | 71% | in |"
    assert lines[-1] == "1 more, 1 that do not fit: --all"


def test_a_table_without_rows_says_so():
    assert table_lines(Table("flips", offers().columns, empty="the same offer is cheapest all along"), 80)[2:] == [
        "  the same offer is cheapest all along"
    ]


@pytest.mark.parametrize(("said", "wide"), [("100", 100), ("0", WIDTH_OF_A_PIPE), ("wide", WIDTH_OF_A_PIPE), ("7", 40)])
def test_columns_says_how_wide(monkeypatch, said, wide):
    monkeypatch.setenv("COLUMNS", said)
    assert width() == wide


def test_controls_of_a_name_are_written_out():
    table = Table("t", (Column("a", "a"),))
    table.add({"a": "x\x1b[2J"})
    assert table_lines(table, 80)[-1] == "  x\\x1b[2J"


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=60)


@given(words, st.integers(8, 60))
def test_folded_lines_are_no_longer_than_asked_and_lose_nothing(text, wide):
    lines = fold(text, wide)
    assert "".join("".join(lines).split()) == "".join(text.split())
    long_number = max((len(word) for word in text.split() if any(c.isdigit() for c in word)), default=0)
    assert all(cells_of(line) <= max(wide, long_number) for line in lines)


@given(st.lists(st.tuples(words, st.floats(0, 1e12), words), min_size=1, max_size=4), st.integers(60, 160))
def test_any_table_keeps_its_numbers_whole_and_its_width(rows, wide):
    table = Table("t", (Column("a", "a"), usd("b", "USD", 0), Column("c", "c", priority=2), usd("d", "more", 1)))
    for text, number, note in rows:
        table.add({"a": text, "b": number, "c": note, "d": Cell(number, f"{number:,.2f}")})
    lines = table_lines(table, wide)
    assert all(cells_of(line) <= wide for line in lines)
    for _, number, _ in rows:
        assert any(table.columns[1].text(number) in line for line in lines)
