"""Histories: what is read, what is taken together by month, and what is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capacity.workload.history import LEAST_MONTHS, read_history
from streamfacts.errors import InputError

_SPEC = importlib.util.spec_from_file_location("histories", Path(__file__).with_name("histories.py"))
histories = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(histories)


@pytest.fixture
def write(tmp_path):
    def call(frame, name="history.csv"):
        path = tmp_path / name
        path.write_text(frame if isinstance(frame, str) else frame.to_csv(index=False), encoding="utf-8")
        return path

    return call


def test_the_example_is_what_its_maker_makes():
    assert histories.EXAMPLE.read_text(encoding="utf-8") == histories.example()
    assert histories.EXAMPLE.read_text(encoding="utf-8").startswith("# SYNTHETIC")


def test_monthly_means_of_daily_rows(write):
    frame = histories.rows(months=14, noise=0.2, week=0.1)
    h = read_history(write(frame))
    expected = frame["bytes_s"].groupby(frame["timestamp"].str[:7]).mean()
    assert h.monthly == pytest.approx(expected.to_numpy()) and h.months == tuple(expected.index)
    assert (h.first, h.interval_s, h.rows, h.filled) == ("2023-05", 86400, len(frame), 0)


def test_begun_months_at_both_ends_are_left_out(write):
    frame = histories.rows(months=15).iloc[10:-3]
    assert read_history(write(frame)).months[0] == "2023-06"
    assert len(read_history(write(frame)).monthly) == 13


def test_days_and_weeks_of_an_hourly_history(write):
    h = read_history(write(histories.rows(months=13, every="h", yearly=0.0, day=0.4, week=0.08)))
    assert h.profile.day == pytest.approx(1.4, rel=1e-3) and h.profile.week == pytest.approx(1.08, rel=0.02)
    assert h.profile.peak_ratio == pytest.approx(1.4 * 1.08, rel=0.02)
    assert h.profile.burst == pytest.approx(1.0, abs=0.01)
    daily = read_history(write(histories.rows(months=13, week=0.08)))
    assert daily.profile.day is None and daily.profile.burst is None


def test_one_row_a_month(write):
    frame = histories.rows(months=20, every="MS")
    h = read_history(write(frame))
    assert h.monthly == pytest.approx(frame["bytes_s"].to_numpy()) and h.interval_s == 0 and h.profile is None


@pytest.mark.parametrize("unit, scale", [("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_epochs_of_any_unit(write, unit, scale):
    frame = histories.rows(months=13)
    seconds = pd.to_datetime(frame["timestamp"]).dt.as_unit("ns").astype("int64") / 1e9
    epochs = frame.assign(timestamp=(seconds * scale).astype("int64").astype(str))
    assert read_history(write(epochs)).monthly == pytest.approx(read_history(write(frame)).monthly)


@pytest.mark.parametrize(
    "time, rate", [("Time", "BytesInPerSec"), ("ds", "y"), ("@timestamp", "bytes/s"), ("date", "value")]
)
def test_names_of_columns(write, time, rate):
    frame = histories.rows(months=13).rename(columns={"timestamp": time, "bytes_s": rate})
    frame.insert(0, "topic", "orders")
    assert len(read_history(write(frame)).monthly) == 13


def test_a_unit_in_the_header(write):
    frame = histories.rows(months=13)
    megabytes = frame.assign(**{"written [MB/s]": frame["bytes_s"] / 1e6}).drop(columns="bytes_s")
    assert read_history(write(megabytes)).monthly == pytest.approx(read_history(write(frame)).monthly)


def test_few_missing_rows_are_filled_if_asked_and_counted(write):
    frame = histories.rows(months=14, yearly=0.0).drop(index=[40, 41, 100])
    path = write(frame)
    with pytest.raises(InputError, match=r"history: '3 of \d+ rows missing, 2 gaps, longest 2 at .*--fill"):
        read_history(path)
    h = read_history(path, fill=True)
    assert h.filled == 3 and h.monthly == pytest.approx(40e6)


ROWS = histories.rows(months=14)


def swapped(frame):
    return frame.iloc[[0, 2, 1, *range(3, len(frame))]]


BAD = {
    "empty file": ("", ["history", "header and rows", "empty"]),
    "no rows": ("timestamp,bytes_s\n", ["history", "has none"]),
    "one row": (ROWS.iloc[:1], ["1 row", f"at least {LEAST_MONTHS} whole months"]),
    "too short": (ROWS.iloc[:200], ["whole months", f"at least {LEAST_MONTHS}"]),
    "unsorted": (swapped(ROWS), ["row 3", "before the row above", "in order of time"]),
    "twice": (ROWS.iloc[[0, 0, *range(1, len(ROWS))]], ["row 2", "is there twice"]),
    "a time before all clocks": (
        ROWS.assign(timestamp=ROWS["timestamp"].where(ROWS.index != 0, "0100-01-01")),
        ["row 1", "0100-01-01", "up to the year 2199"],
    ),
    "a rate beyond any": (ROWS.assign(bytes_s=ROWS["bytes_s"].where(ROWS.index != 5, 1e300)), ["row 6", "1e+300"]),
    "negative": (ROWS.assign(bytes_s=ROWS["bytes_s"].where(ROWS.index != 5, -1.0)), ["row 6", "-1", "from 0 to 1e+15"]),
    "no number": (ROWS.assign(bytes_s=ROWS["bytes_s"].astype(str).where(ROWS.index != 7, "n/a")), ["row 8", "number"]),
    "no time": (
        ROWS.assign(timestamp=ROWS["timestamp"].where(ROWS.index != 3, "noon")),
        ["row 4", "'noon'", "ISO 8601"],
    ),
    "no column of times": (ROWS.rename(columns={"timestamp": "when"}), ["columns", "when", "timestamp"]),
    "no column of rates": (ROWS.rename(columns={"bytes_s": "load"}), ["columns", "load", "bytes_s"]),
    "unit that is no rate": (ROWS.rename(columns={"bytes_s": "bytes [kg]"}), ["bytes [kg]", "[MB/s]"]),
    "a row a week": (ROWS.iloc[::7], ["a row every 7 days", "every day or more often"]),
    "a month of monthly rows missing": (
        histories.rows(months=20, every="MS").drop(index=5),
        ["2023-11", "one row a month"],
    ),
    "nothing written": (ROWS.assign(bytes_s=0), ["nothing written in month 1"]),
    "irregular": (
        histories.rows(months=13, every="h").assign(
            timestamp=lambda f: f["timestamp"].where(f.index != 9, f["timestamp"].str.replace(":00:00Z", ":30:00Z"))
        ),
        ["row 10", "3600 s apart"],
    ),
}


@pytest.mark.parametrize("frame, words", BAD.values(), ids=BAD)
def test_unusable_history(frame, words, write):
    with pytest.raises(InputError) as error:
        read_history(write(frame), fill=True)
    assert all(word in str(error.value) for word in words), error.value


def test_a_large_hole_is_refused_even_if_filling_is_asked_for(write):
    with pytest.raises(InputError, match=r"of 2023-\d\d missing.*at most 10% of a month"):
        read_history(write(ROWS.drop(index=range(40, 50))), fill=True)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"history: .*none.csv.*no such file"):
        read_history(tmp_path / "none.csv")


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "h.csv"
    path.write_bytes(np.arange(256, dtype=np.uint8).tobytes())
    with pytest.raises(InputError, match="history"):
        read_history(path)
