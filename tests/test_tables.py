"""The reader of `data/`: declared columns, text that stays text, numbers that are numbers, provenance on every row."""

import math

import pytest

from streamfacts.errors import InputError, MissingFact
from streamfacts.tables import data_dir, kind_of_column, read_rows, read_table

HEADER = "offer,limit,resource,value,unit,as_of,source,confidence,note"
ROW = "an-offer,brokers,cluster,3,brokers,2026-08,https://example.org/limits,high,"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder of one table, `limits/made`, written by the test."""
    (tmp_path / "prices").mkdir()
    (tmp_path / "limits").mkdir()
    (tmp_path / "columns.csv").write_bytes((data_dir() / "columns.csv").read_bytes())
    monkeypatch.setenv("STREAMPLAN_DATA", str(tmp_path))
    table = tmp_path / "limits" / "made.csv"
    return lambda *lines: table.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_cells_have_the_declared_types(folder):
    folder(HEADER, ROW, ROW.replace("an-offer", "007").replace(",3,", ",,"))
    first, second = read_rows("limits/made")
    assert (first["value"], first["unit"], first["as_of"]) == (3.0, "brokers", "2026-08")
    assert isinstance(first["value"], float)
    assert second["offer"] == "007"  # text that looks like a number stays text
    assert math.isnan(second["value"])  # a number that is not told


def test_a_blank_column_of_text_is_text(folder):
    """A column `note` that is blank on every row was read as numbers, NaN in every message that shows it."""
    folder(HEADER, ROW, ROW.replace("an-offer", "other"))
    assert [row["note"] for row in read_rows("limits/made")] == ["", ""]
    assert read_table("limits/made")["note"].tolist() == ["", ""]


def test_a_frame_has_the_cells_of_the_rows(folder):
    folder(HEADER, ROW, ROW.replace("an-offer", "other").replace(",3,", ",4.5,"))
    assert read_table("limits/made").to_dict("records") == [dict(row) for row in read_rows("limits/made")]


def test_a_table_is_read_once(folder):
    folder(HEADER, ROW)
    assert read_rows("limits/made") is read_rows("limits/made")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (ROW.replace(",3,", ",three,"), ["row 3", "value", "three", "number"]),
        (ROW.replace(",3,", ",inf,"), ["row 3", "value", "inf", "finite"]),
        (ROW.replace(",3,", ",nan,"), ["row 3", "value", "nan", "finite"]),
        (ROW + ",more", ["row 3", "10 cells", "9"]),
        (ROW.removesuffix(",high,"), ["row 3", "7 cells", "9"]),
        (ROW.replace("https://example.org/limits", ""), ["row 3", "source", "a value"]),
        (ROW.replace("2026-08", " "), ["row 3", "as_of", "a value"]),
        (ROW.replace("2026-08", "August"), ["as_of", "August", "ISO date"]),
        (ROW.replace(",high,", ",sure,"), ["confidence", "sure", "high, medium, low"]),
        (ROW.replace(",high,", ",,"), ["confidence", "high, medium, low"]),
    ],
)
def test_what_is_wrong_in_a_table_is_named(folder, line, named):
    folder(HEADER, ROW, line)
    with pytest.raises(InputError) as caught:
        read_rows("limits/made")
    assert [word for word in named if word not in str(caught.value)] == []


def test_a_column_that_nobody_declared_is_an_error(folder):
    folder(HEADER + ",weight", ROW + ",2")
    with pytest.raises(InputError, match=r"weight.*columns\.csv"):
        read_rows("limits/made")


def test_a_table_without_source_is_none(folder):
    folder("offer,limit,resource,value,unit,as_of", "an-offer,brokers,cluster,3,brokers,2026")
    with pytest.raises(InputError, match="source"):
        read_rows("limits/made")


@pytest.mark.parametrize("content", ["", '"a"b\n', "offer,\x00\n"])
def test_a_file_that_is_no_table_is_an_input_error(folder, content):
    folder(content)
    with pytest.raises(InputError, match=r"made\.csv"):
        read_rows("limits/made")


def test_a_table_that_is_not_there_is_missing(folder):
    with pytest.raises(MissingFact, match=r"none\.csv"):
        read_rows("limits/none")


def test_a_column_is_declared_for_its_table_before_its_folder_before_all():
    assert kind_of_column("machines/of-somebody", "vcpu") == "number"  # by the folder: a new table needs no new line
    assert kind_of_column("limits/of-somebody", "note") == "text"  # as on every table
    assert kind_of_column("calibration/covariance", "a_new_coefficient") == "number"
    assert kind_of_column("calibration/covariance", "name") == "text"
