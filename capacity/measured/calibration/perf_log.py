"""The output of kafka-producer-perf-test: all runs of a log, and what each says of a limit.

A run prints a line every five seconds, a window, and at its end a line with percentiles, its summary. A log may hold
several runs: one after another, such as a sweep over rates, or several producers at once.

- **One after another or at once.** Producers at once print their windows before the first summary: these hold more
  records than that summary counts. Where windows do not tell, runs whose command lines ask for different rates, or
  that lasted differently long, came one after another; the same number of records at nearly the same time were at once.
- **Held or at the limit.** A run that reached the rate its command line asked for (`--throughput`) was throttled: the
  cluster held that rate, and its limit is no lower. Without a command line, a steady round rate at a low latency is
  one that was asked for. Everything else is the most that this run could write.
- Of runs one after another the greatest that missed its rate is the limit; it is one of the cluster only as far as the
  producer itself could write more, which the model of clients weighs.

Source of the lines' shape: Apache Kafka 3.9, tools/src/main/java/org/apache/kafka/tools/ProducerPerformance.java,
`printWindow` and `printTotal`. MB are 2^20 bytes there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from capacity.measured.calibration.rates import AT_LEAST, HELD, LIMIT, TOLD, ReadRate
from streamfacts.errors import InputError

_RATE = re.compile(
    r"(\d+) records sent, ([\d.,]+) records/sec \(([\d.,]+) MB/sec\)(?:, ([\d.,]+) ms avg latency)?[^\n]*?"
)
_PERCENTILE = re.compile(r"\bms (?:50|95|99)(?:th|\.9th)")
_ASKED = re.compile(r"--throughput[ =](-?\d+(?:\.\d+)?)")
MIB = 1_048_576

#: Share of the asked rate from which a run has held it: the last window is rarely full.
REACHED = 0.98
#: Largest scatter of windows, and latency, of a rate that was asked for rather than found [1], [ms].
STEADY, LOW_LATENCY_MS = 0.02, 20.0
#: How near to a number of two digits a rate is round [1].
ROUND = 0.002
#: How alike the durations of producers that wrote at once are [1].
ALIKE = 0.1
#: By how much the windows before a summary must exceed its records to be those of several producers [1].
MORE_THAN_ITS_OWN = 1.2


@dataclass(frozen=True)
class Run:
    """One summary of a log with the windows that stand before it.

    Attributes
    ----------
    records, records_s, mb_s : sent, per second, and payload a second of 10^6 bytes
    latency_ms : mean; None if not told
    windows : records/s of each window since the summary before
    window_records : records of these windows
    asked : records/s that the command line before it asks for; None if none does or it asks for no bound
    whole : whether it is a summary; False for windows of a log that was cut off
    """

    records: float
    records_s: float
    mb_s: float
    latency_ms: float | None
    windows: tuple[float, ...] = ()
    window_records: float = 0.0
    asked: float | None = None
    whole: bool = True

    @property
    def message_bytes(self) -> float:
        """Size of a record [byte]."""
        return round(self.mb_s * 1e6 / self.records_s, 1)

    @property
    def duration_s(self) -> float:
        """How long it took [s]."""
        return self.records / self.records_s


def is_perf_log(text: str) -> bool:
    """Return whether a text holds a line of kafka-producer-perf-test."""
    return _RATE.search(text) is not None


def read_perf_log(text: str, at_limit: bool | None = None, together: bool | None = None) -> list[ReadRate]:
    """Return what each run of a log says, those at once as one.

    Parameters
    ----------
    text : what the tool printed, with the command lines before each run if they were kept
    at_limit : True if the rates were the most that the cluster took, False if it held them; found if left out
    together : whether the runs wrote at once; found if left out

    Raises
    ------
    InputError
        for a run without a rate.
    """
    runs = runs_of(text)
    for run in runs:
        if not run.records_s > 0 or not run.mb_s > 0:
            raise InputError("measurements", f"{run.records_s:g} records/sec", "a rate above 0")
    if len(runs) > 1 and (at_once(runs) if together is None else together):
        return [_together(runs, at_limit)]
    return _in_turn(runs, at_limit)


def runs_of(text: str) -> list[Run]:
    """Return the runs of a log in order; windows alone, of a log that was cut off, are one run."""
    runs: list[Run] = []
    windows: list[Run] = []
    asked: float | None = None
    for line in text.splitlines():
        found = _RATE.search(line)
        if found is None:
            told = _ASKED.search(line)
            asked = float(told[1]) if told else asked
            continue
        one = _run(found, line)
        if not one.whole:
            windows.append(one)
            continue
        bound = asked if asked is not None and asked > 0 else None
        rates = tuple(w.records_s for w in windows)
        runs.append(replace(one, windows=rates, window_records=sum(w.records for w in windows), asked=bound))
        windows = []
    if runs or not windows:
        return runs
    seconds = sum(w.duration_s for w in windows if w.records_s > 0)
    records = sum(w.records for w in windows)
    size = np.mean([w.mb_s / w.records_s for w in windows if w.records_s > 0]) if seconds else 0.0
    rate = records / seconds if seconds else 0.0
    told_ms = [w.latency_ms for w in windows if w.latency_ms is not None]
    latency = float(np.mean(told_ms)) if told_ms else None
    bound = asked if asked is not None and asked > 0 else None
    rates = tuple(w.records_s for w in windows)
    return [Run(records, rate, float(rate * size), latency, rates, records, bound, whole=False)]


def _run(found: re.Match[str], line: str) -> Run:
    number = [float(part.replace(",", "")) if part else None for part in found.groups()]
    records, records_s, mib_s, latency = number
    whole = _PERCENTILE.search(line) is not None or "max latency" not in line
    return Run(records or 0.0, records_s or 0.0, (mib_s or 0.0) * MIB / 1e6, latency, whole=whole)


def at_once(runs: Sequence[Run]) -> bool:
    """Return whether the runs are producers that wrote together."""
    if len(runs) < 2:
        return False
    first = runs[0]
    if first.windows:
        return first.window_records > MORE_THAN_ITS_OWN * first.records
    if any(run.windows for run in runs) or len({run.asked for run in runs}) > 1:
        return False
    lasted = np.array([run.duration_s for run in runs])
    return bool(np.ptp(lasted) <= ALIKE * lasted.max() and len({run.records for run in runs}) == 1)


def held_why(run: Run) -> str:
    """Return why a run's rate is one that the cluster held, in words; empty if it is the most that it could write."""
    if run.asked is not None:
        if run.records_s >= REACHED * run.asked:
            return f"throttled: it reached the {run.asked:,.0f} records/s that were asked for"
        return ""
    if run.latency_ms is None or run.latency_ms > LOW_LATENCY_MS or not _is_round(run.records_s):
        return ""
    rates = np.array(run.windows)
    steady = len(rates) < 3 or float(rates[:-1].std() / rates[:-1].mean()) <= STEADY
    if not steady:
        return ""
    flat = "flat windows at " if len(rates) >= 3 else ""
    near = f"{run.records_s:,.0f} records/s"
    return f"throttled: {flat}a round rate, {near}, at a low latency ({run.latency_ms:g} ms)"


def _is_round(rate: float) -> bool:
    step = 10.0 ** (np.floor(np.log10(rate)) - 1.0)
    return bool(abs(rate - np.rint(rate / step) * step) <= ROUND * rate)


def _together(runs: Sequence[Run], at_limit: bool | None) -> ReadRate:
    total = float(sum(run.mb_s for run in runs))
    records = sum(run.records_s for run in runs)
    held = [held_why(run) for run in runs]
    role, why = _role(at_limit, held[0] if all(held) else "")
    return ReadRate(
        total,
        role,
        f"{len(runs)} producers at once, added; {why}",
        producers=len(runs),
        columns={"message_bytes": round(total * 1e6 / records, 1), "consumers_fanout": 0},
    )


def _role(at_limit: bool | None, held: str) -> tuple[str, str]:
    if at_limit is not None:
        return (LIMIT, TOLD) if at_limit else (AT_LEAST, HELD)
    return (AT_LEAST, held) if held else (LIMIT, "the most that the run could write")


def _in_turn(runs: Sequence[Run], at_limit: bool | None) -> list[ReadRate]:
    rows = []
    for run in runs:
        held = held_why(run)
        role, why = _role(at_limit, held)
        if role == LIMIT and at_limit is None and run.asked is not None:
            why = f"{run.records_s / run.asked:.0%} of the {run.asked:,.0f} records/s asked for: it could write no more"
        columns = {"message_bytes": run.message_bytes, "consumers_fanout": 0}
        rows.append(ReadRate(run.mb_s, role, why, producers=1, columns=columns))
    most = max(row.measured_mb_s for row in rows)
    limits = [row for row in rows if row.role == LIMIT]
    top = max(limits, key=lambda row: row.measured_mb_s) if limits else None
    if top is not None and len(rows) > 1 and top.measured_mb_s < most:
        # what was held above it shows that the run, not the cluster, was at its limit
        top = None
    out = []
    for row in rows:
        if row is top:
            why = f"the greatest of {len(rows)} runs; {row.why}" if len(rows) > 1 else row.why
            out.append(replace(row, why=why))
        elif row.role == LIMIT:
            out.append(replace(row, role=AT_LEAST, why=f"less than the greatest of the runs; {row.why}", used=False))
        else:
            # a rate held below the limit, or below another that was held, says nothing more
            out.append(replace(row, used=top is None and row.measured_mb_s == most))
    return out
