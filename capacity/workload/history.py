"""History: measured bytes a second over time, read from a file, checked, and taken together by month.

A file has a header and two columns that matter, a time and a rate. Times are ISO 8601 (UTC where no zone is stated) or
seconds, milliseconds, microseconds or nanoseconds since 1970; rates are bytes/s, or what the header says in brackets
(``written [MB/s]``). Lines that start with ``#`` are comments. Rows are in order of time, at one interval of a day or
less, or one a month.

Nothing is repaired in silence: an empty, short, unsorted, negative or unreadable history is refused. Missing rows are
refused as well, unless filling is asked for and they are few; they are then interpolated between their neighbours, and
their number is shown.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from streamfacts.arrays import Array
from streamfacts.errors import InputError, unreadable
from streamfacts.reading import read_text
from streamfacts.units import DAY, HOUR, factor

if TYPE_CHECKING:
    import pandas as pd


#: Names of the columns that are understood, in small letters and without what is not a letter.
TIMES = ("timestamp", "time", "datetime", "date", "ts", "ds", "month", "epoch")
RATES = (
    "bytess", "bytespersecond", "bytespersec", "bytesinpersec", "bytesin", "bytes", "value", "y", "rate", "throughput",
    "written", "write", "bytesrate", "bps",
)  # fmt: skip
#: Last year, and its end, of which a time may be: what is later is a slip, or counts something else [s].
LAST_YEAR, LATEST_S = 2199, 7_258_118_400.0
#: No workload writes more [bytes/s].
MOST_BYTES_S = 1e15
#: Fewest whole months of a history: less shows no trend that a year could rest on.
LEAST_MONTHS = 12
#: Share of the rows of a month that may be missing, once filling is asked for.
MOST_MISSING = 0.1
#: A month whose rows cover less than this at the start or the end of the history is left out as begun.
WHOLE_MONTH = 0.95


@dataclass(frozen=True)
class Profile:
    """What a history says of days and weeks, each the median over its months [1].

    Attributes
    ----------
    peak_ratio : largest row of a month over its mean
    day : busiest hour of the day over the mean; None where rows are further apart than an hour
    week : busiest day of the week over the mean; None where rows are further apart than a day
    """

    peak_ratio: float
    day: float | None
    week: float | None

    @property
    def burst(self) -> float | None:
        """What is left of the peak beside day and week [1]."""
        return None if self.day is None or self.week is None else max(self.peak_ratio / self.day / self.week, 1.0)


@dataclass(frozen=True)
class History:
    """A checked history.

    Attributes
    ----------
    file : where it was read
    first : calendar month of the first whole month, such as 2024-05
    monthly : mean of each whole month, shape (months,) [bytes/s]
    interval_s : time between rows [s]; 0 for one row a month
    rows, filled : rows read, and rows that were interpolated
    profile : days and weeks; None for one row a month
    """

    file: str
    first: str
    monthly: Array
    interval_s: float
    rows: int
    filled: int
    profile: Profile | None

    @property
    def months(self) -> tuple[str, ...]:
        """Calendar month of each value."""
        year, month = (int(part) for part in self.first.split("-"))
        index = year * 12 + month - 1 + np.arange(len(self.monthly))
        return tuple(f"{i // 12:04d}-{i % 12 + 1:02d}" for i in index.tolist())


def read_history(path: str | Path, *, fill: bool = False) -> History:
    """Read a history from a CSV file.

    Parameters
    ----------
    path : a CSV file with a column of times and one of rates
    fill : whether few missing rows are interpolated; without it they are refused

    Raises
    ------
    InputError
        naming the file, the row and what is allowed, for a history that is empty, too short, unsorted, negative,
        gappy, or no CSV file of times and rates.
    """
    times, rates = _columns(Path(path))
    interval = _interval(times)
    if interval == 0.0:
        return _of_months(path, times, rates)
    return _of_rows(path, times, rates, interval, fill)


def _columns(path: Path) -> tuple[pd.DatetimeIndex, Array]:
    import pandas as pd

    text = read_text(path, "history", "a readable CSV file")
    try:
        frame = pd.read_csv(io.StringIO(text), comment="#", skipinitialspace=True, dtype=str)
    except pd.errors.EmptyDataError:
        raise InputError("history", str(path), "a CSV file with a header and rows; this one is empty") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise unreadable("history", path, "a readable CSV file", error) from None
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what has no column for names of the rows
        raise InputError("history", str(path), f"rows of {len(frame.columns)} fields, as in the header")
    names = [str(name) for name in frame.columns]
    twice = [name for name in names if re.search(r"\.\d+$", name) and name.rpartition(".")[0] in names]
    if twice:
        raise InputError(f"history {path.name}, columns", twice[0].rpartition(".")[0], "each column once")
    time = _column(frame.columns, TIMES, path, "timestamp")
    rate = _column([c for c in frame.columns if c != time], RATES, path, "bytes_s")
    if frame.empty:
        raise InputError("history", str(path), "rows below the header; this file has none")
    return _times(frame[time], path), _rates(frame[rate], str(rate), path)


def _column(columns: Iterable[Any], known: tuple[str, ...], path: Path, example: str) -> str:
    plain = {re.sub(r"[^a-z]", "", re.sub(r"\[.*\]", "", str(c)).lower()): str(c) for c in columns}
    found = [plain[name] for name in known if name in plain]
    if not found:
        raise InputError(
            f"history {path.name}, columns",
            ", ".join(map(str, columns)),
            f"one called {example}, or {', '.join(known[:8])}",
        )
    return found[0]


def _numbers(column: pd.Series) -> Array:
    import pandas as pd

    return np.asarray(pd.to_numeric(column, errors="coerce"), float)


def _times(column: pd.Series, path: Path) -> pd.DatetimeIndex:
    import pandas as pd

    numbers = _numbers(column)
    if np.isfinite(numbers).all() and np.min(numbers) > 1e8:
        scale = 1.0 / 10.0 ** (3 * np.floor((np.log10(np.max(numbers)) - 8.0) / 3.0))  # s, ms, us or ns by their size
        seconds = np.minimum(numbers * scale, LATEST_S)
        late, times = seconds >= LATEST_S, pd.to_datetime(np.rint(seconds * 1e9).astype("int64"), utc=True)
    else:
        found = pd.DatetimeIndex(pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601"))
        year = np.asarray(found.year, float)
        times, late = found, ~((year >= 1970) & (year <= LAST_YEAR))  # also what is no time, whose year is NaN
    bad = np.flatnonzero(late)
    if len(bad):
        raise InputError(
            f"history {path.name}, row {bad[0] + 1}",
            column.iloc[bad[0]],
            f"an ISO 8601 time, or seconds since 1970, up to the year {LAST_YEAR}",
        )
    return pd.DatetimeIndex(times)


def _rates(column: pd.Series, name: str, path: Path) -> Array:
    unit = re.search(r"\[(.+)\]", name)
    try:
        scale = factor(unit[1], "byte/second") if unit else 1.0
    except ValueError:
        raise InputError(f"history {path.name}, column", name, "a byte rate in brackets, such as [MB/s]") from None
    rates = _numbers(column) * scale
    bad = np.flatnonzero(~np.isfinite(rates) | (rates < 0) | (rates > MOST_BYTES_S))
    if len(bad):
        raise InputError(
            f"history {path.name}, row {bad[0] + 1}",
            column.iloc[bad[0]],
            f"a rate in bytes/s, a number from 0 to {MOST_BYTES_S:g}",
        )
    return rates


def _interval(times: pd.DatetimeIndex) -> float:
    """Return the seconds between rows, 0 for one row a month; raises where times do not rise or are irregular."""
    seconds = times.as_unit("ns").asi8 / 1e9
    steps = np.diff(seconds)
    if (steps <= 0).any():
        at = int(np.flatnonzero(steps <= 0)[0]) + 2
        what = "is there twice" if steps[at - 2] == 0 else "is before the row above it"
        raise InputError(f"history, row {at}", str(times[at - 1]), f"rows in order of time; this one {what}")
    if not len(steps):
        raise InputError("history", "1 row", f"at least {LEAST_MONTHS} whole months")
    usual = float(np.median(steps))
    if 27.5 * DAY <= usual <= 31.5 * DAY:
        return 0.0
    if usual > DAY * 1.01:
        raise InputError(
            "history", f"a row every {usual / DAY:.3g} days", "a row every day or more often, or one a month"
        )
    return usual


def _of_months(path: Any, times: pd.DatetimeIndex, rates: Array) -> History:
    index = np.asarray(times.year * 12 + times.month - 1)
    missing = np.flatnonzero(np.diff(index) != 1)
    if len(missing):
        raise InputError(
            "history", str(times[missing[0] + 1].date()), "one row a month, with no month left out or twice"
        )
    return _whole(path, int(index[0]), rates, 0.0, len(rates), 0, None)


def _of_rows(path: Any, times: pd.DatetimeIndex, rates: Array, interval: float, fill: bool) -> History:
    import pandas as pd

    seconds = times.as_unit("ns").asi8 / 1e9
    place = np.rint((seconds - seconds[0]) / interval).astype(int)
    late = np.flatnonzero(np.abs(seconds - seconds[0] - place * interval) > 0.3 * interval)
    if len(late) or (np.diff(place) == 0).any():
        row = int(late[0]) if len(late) else int(np.flatnonzero(np.diff(place) == 0)[0]) + 1
        raise InputError(f"history, row {row + 1}", str(times[row]), f"rows {interval:g} s apart, as most of them are")
    total = int(place[-1]) + 1
    filled = total - len(place)
    if filled and not fill:
        gaps = np.diff(place) - 1
        longest, at = int(gaps.max()), int(gaps.argmax())
        raise InputError(
            "history",
            f"{filled} of {total} rows missing, {int((gaps > 0).sum())} gaps, longest {longest} at {times[at]:%F %T}",
            "no gaps, or fill (--fill, history: {file: ..., fill: true}), which interpolates up to 10% of a month",
        )
    every = np.interp(np.arange(total), place, rates)
    there = np.zeros(total, bool)
    there[place] = True
    start = pd.DatetimeIndex([times[0]]).as_unit("ns").asi8[0]
    clock = pd.DatetimeIndex(pd.to_datetime(start + (np.arange(total) * interval * 1e9).astype("int64"), utc=True))
    month = np.asarray(clock.year * 12 + clock.month - 1)
    index, inverse = np.unique(month, return_inverse=True)
    count = np.bincount(inverse)
    whole = count * interval >= WHOLE_MONTH * np.asarray([_days(int(i)) * DAY for i in index])
    if not whole.any():
        raise InputError("history", f"{total * interval / DAY:.3g} days", f"at least {LEAST_MONTHS} whole months")
    holes = 1.0 - np.bincount(inverse, weights=there) / count
    worst = int(np.where(whole, holes, 0.0).argmax())
    if holes[worst] > MOST_MISSING:
        name = f"{index[worst] // 12:04d}-{index[worst] % 12 + 1:02d}"
        raise InputError("history", f"{holes[worst]:.0%} of {name} missing", f"at most {MOST_MISSING:.0%} of a month")
    kept = np.flatnonzero(whole)
    means = (np.bincount(inverse, weights=every) / count)[kept]
    profile = _profile(clock, every, inverse, kept, interval)
    return _whole(path, int(index[kept[0]]), means, interval, len(place), filled, profile)


def _days(index: int) -> int:
    import calendar

    return calendar.monthrange(index // 12, index % 12 + 1)[1]


def _profile(
    clock: pd.DatetimeIndex, rates: Array, month: NDArray[np.intp], kept: NDArray[np.intp], interval: float
) -> Profile:
    peaks, days, weeks = [], [], []
    for one in kept:  # months, of which there are few
        here = month == one
        mean = rates[here].mean()
        if mean <= 0:
            continue
        peaks.append(rates[here].max() / mean)
        hours, weekdays = np.asarray(clock.hour)[here], np.asarray(clock.day_of_week)[here]
        days.append(max(rates[here][hours == h].mean() for h in np.unique(hours)) / mean)
        weeks.append(max(rates[here][weekdays == d].mean() for d in np.unique(weekdays)) / mean)
    day = float(np.median(days)) if interval <= HOUR * 1.01 else None
    return Profile(float(np.median(peaks or [1.0])), day, float(np.median(weeks or [1.0])))


def _whole(
    path: Any, first: int, monthly: Array, interval: float, rows: int, filled: int, profile: Profile | None
) -> History:
    if len(monthly) < LEAST_MONTHS:
        raise InputError("history", f"{len(monthly)} whole months", f"at least {LEAST_MONTHS} whole months")
    if (monthly <= 0).any():
        at = int(np.flatnonzero(monthly <= 0)[0])
        raise InputError("history", f"nothing written in month {at + 1}", "some bytes in every month")
    return History(str(path), f"{first // 12:04d}-{first % 12 + 1:02d}", monthly, interval, rows, filled, profile)


__all__ = ["History", "Profile", "read_history"]
