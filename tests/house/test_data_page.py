"""`data/README.md` says every table as it is: written anew from the files it is the same, and its readers read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streamfacts.tables import data_dir
from tools.reference.data_page import TABLES, page, told_of

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_that_of_the_tables():
    shown = (data_dir() / "README.md").read_text(encoding="utf-8")
    assert shown == page(), "run: python -m tools.reference.data_page"


@pytest.mark.parametrize("told", TABLES, ids=lambda told: told.place)
def test_the_readers_of_a_table_read_it(told):
    """Each module that is named for a table has its name, or its folder's, in its source."""
    place = told.place.rstrip("/")
    for reader in told.readers:
        path = ROOT / reader
        assert path.exists(), reader
        if path.is_file():
            assert re.search(rf"[\"'/]{place.rpartition('/')[2]}[\"'/]", path.read_text(encoding="utf-8")), reader


def test_a_table_that_is_said_nowhere_is_an_error():
    with pytest.raises(LookupError, match="new_folder/new"):
        told_of("new_folder/new")


def test_every_column_of_a_table_is_on_the_page():
    text = (data_dir() / "README.md").read_text(encoding="utf-8")
    for path in data_dir().rglob("*.csv"):
        header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
        if path.name not in ("columns.csv", "covariance.csv"):
            assert [column for column in header if f"`{column}`" not in text] == [], path
