"""The result of an OpenMessaging Benchmark run: the rate that was published, and what it says of a limit.

A benchmark asks for a rate. Publishing that failed, or that fell behind its own schedule, says that the rate was more
than the cluster took. A backlog that grows says that consumers fell behind, which is no limit of a broker: what was
published was taken. Results before 2021 have no `messageSize`; the cluster file's `message_bytes` says it then.

Source of the fields: OpenMessaging Benchmark, benchmark-framework/src/main/java/io/openmessaging/benchmark/
TestResult.java (`publishRate`, `publishErrorRate`, `aggregatedPublishDelayLatencyAvg` [us], `backlog`,
`producersPerTopic`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from capacity.measured.calibration.rates import AT_LEAST, HELD, LIMIT, TOLD, ReadRate
from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamfacts.reading import parse_json

#: Share of messages that failed, from which a rate was too much [1].
MOST_ERRORS = 0.001
#: How far publishing may lag its own schedule in the mean before the rate was too much [us].
MOST_DELAY_US = 1e6
#: A backlog grows if its end is above so many seconds of publishing and over twice its start.
BACKLOG_S, BACKLOG_GROWTH = 10.0, 2.0


def read_benchmark(
    text: str, shown: str, at_limit: bool | None = None, cluster: Mapping[str, Any] | None = None
) -> list[ReadRate]:
    """Return the rate of a benchmark's result.

    Parameters
    ----------
    text : the result, JSON
    shown : what messages call the file
    at_limit : True if the rate was the most that the cluster took, False if it held it; found if left out
    cluster : the cluster file, whose `message_bytes` counts where the result has no `messageSize`

    Raises
    ------
    InputError
        for a text that is no result, and a size that neither says.
    """
    found = parse_json(text, "measurements", shown)
    if not isinstance(found, dict) or not isinstance(found.get("publishRate"), list) or not found["publishRate"]:
        raise InputError("measurements", shown, "a benchmark's result with a list publishRate [messages/s]")
    rate = _series(found, "publishRate")
    size = _message_bytes(found, cluster or {})
    columns: dict[str, Any] = {"message_bytes": size, **_shape(found)}
    consumed = _series(found, "consumeRate")
    lagging = _lags(found, rate)
    if len(consumed) and rate.mean() > 0:
        columns["consumers_fanout"] = float(consumed.mean() / rate.mean())
    role, why = _role(found, rate, lagging) if at_limit is None else ((LIMIT, TOLD) if at_limit else (AT_LEAST, HELD))
    producers = _count(found.get("producersPerTopic")) * (_count(found.get("topics")) or 1) or None
    return [ReadRate(float(rate.mean()) * size / 1e6, role, why, producers, columns=columns)]


def _message_bytes(found: Mapping[str, Any], cluster: Mapping[str, Any]) -> float:
    size = found.get("messageSize")
    if size is None and cluster.get("message_bytes") is not None:
        size = cluster["message_bytes"]
    try:
        number = np.nan if size is None or isinstance(size, bool) else float(size)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 < number <= 1e9:
        raise InputError(
            "messageSize", size, "the size of a message in bytes, above 0, in the result or the cluster's message_bytes"
        )
    return number


def _count(value: Any) -> int:
    """A count that the result tells; 0 if it does not."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _shape(found: Mapping[str, Any]) -> dict[str, Any]:
    partitions = _count(found.get("partitions"))
    return {"partitions": partitions * (_count(found.get("topics")) or 1)} if partitions else {}


def _lags(found: Mapping[str, Any], rate: Array) -> bool:
    backlog = _series(found, "backlog", 0.0)
    return bool(
        len(backlog) > 2 and backlog[-1] > BACKLOG_S * rate.mean() and backlog[-1] > BACKLOG_GROWTH * backlog[0]
    )


def _role(found: Mapping[str, Any], rate: Array, lagging: bool) -> tuple[str, str]:
    failed = float(_series(found, "publishErrorRate", 0.0).mean())
    delay = found.get("aggregatedPublishDelayLatencyAvg")
    behind = float(delay) if isinstance(delay, (int, float)) and not isinstance(delay, bool) else 0.0
    if failed > MOST_ERRORS * rate.mean():
        return LIMIT, f"{failed:,.0f} messages/s failed beside {rate.mean():,.0f} that were published"
    if behind > MOST_DELAY_US:
        return LIMIT, f"publishing ran {behind / 1e6:.2g} s behind the rate that was asked for"
    if lagging:
        return AT_LEAST, "the brokers took it; consumers fell behind, which is no limit of theirs"
    return AT_LEAST, HELD


def _series(found: Mapping[str, Any], name: str, *default: float) -> Array:
    """Return a list of numbers out of a benchmark's result; raises `InputError` if it is none."""
    given = found.get(name) or list(default)
    plain = isinstance(given, list) and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in given)
    values = np.asarray(given, float) if plain else np.array([np.nan])
    if not (np.isfinite(values) & (np.abs(values) <= 1e12)).all():
        raise InputError(name, given, "a list of finite numbers")
    return values
