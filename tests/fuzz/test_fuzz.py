"""A short run of the fuzzer, the same on every run; `make fuzz` goes on for as long as it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity import offers
from pricing import PriceBook
from tests.fuzz.given import workloads
from tests.fuzz.readers import READERS, check_reader
from tests.fuzz.workloads import DRAWS, MONTHS, check_workload


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_read(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    assert check_reader(reader, reader.text, tmp_path)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=15)
@given(data=st.data())
def test_a_spoilt_file_is_read_or_refused(name: str, data: st.DataObject, tmp_path: Path) -> None:
    check_reader(READERS[name], data.draw(READERS[name].files), tmp_path)


@settings(max_examples=25)
@given(
    fields=workloads(),
    offer=st.sampled_from(sorted(offers())),
    month=st.integers(0, MONTHS - 1),
    draw=st.integers(0, DRAWS - 1),
)
def test_any_workload_on_any_offer(fields, offer: str, month: int, draw: int, book: PriceBook) -> None:
    check_workload(fields, offer, month, draw, book)
