"""Fields of a cluster: what each may hold, and one row of a file or a table read and checked.

Only the fields declared here say something about a cluster; `note`, `hardware` and `source` are for a reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamfacts.errors import InputError, InputErrors, unknown_name

#: Number fields: least and most allowed.
NUMBERS: dict[str, tuple[float, float]] = {
    "nodes": (1, 1e5),
    "vcpu_per_node": (0.1, 1024),
    "memory_gib_per_node": (0.1, 1e5),
    "net_gbps_per_node": (1e-3, 1e4),
    "disk_mb_s_per_node": (0.1, 1e6),
    "shared_storage_mb_s": (0.1, 1e7),
    "partitions": (1, 1e7),
    "replication": (1, 20),
    "message_bytes": (1, 1e9),
    "batch_bytes": (1, 1e9),
    "records_per_request": (1, 1e6),
    "compression_ratio": (0.5, 1000),
    "consumers_fanout": (0, 1e4),
    "producers": (1, 1e6),
    "senders": (1, 1e7),
    "brokers": (1, 1e5),
    "bookies": (1, 1e5),
    "load_mb_s": (0, 1e7),
    "year": (2000, 2200),
}
#: Fields that are true, false or not told.
FLAGS = ("waits", "journal", "proxied")
#: Fields with one of a few values.
OPENMESSAGING = "openmessaging"
CHOICES: dict[str, tuple[str, ...]] = {"benchmark": (OPENMESSAGING, "other")}
#: Fields of text that a value is read from.
TEXTS = ("system", "test_bed", "instance_type", "disk_kind", "acks", "compression", "tls")
#: Text for a reader; nothing is read from it.
PROSE = ("hardware", "note", "source")
#: Columns of a table of measurements that say what came out, not what went in.
OUTCOMES = {
    *("measured_mb_s_in_total", "measured_msg_s", "p99_ms", "latency", "cpu_pct", "bottleneck"),
    *("id", "group", "role", "why", "as_of", "confidence"),
}
FIELDS = frozenset({*NUMBERS, *FLAGS, *CHOICES, *TEXTS, *PROSE})
#: What BookKeeper calls the numbers of copies.
_QUORUMS = {"ensemble", "write_quorum", "ack_quorum", "ensemble_size", "e", "qw", "qa"}
_TRUE, _FALSE = ("yes", "true", "1", "1.0"), ("no", "false", "0", "0.0")


@dataclass(frozen=True)
class Told:
    """What one row says: numbers (NaN if not told), flags (None if not told), choices and text ("" if not told)."""

    number: dict[str, float]
    flag: dict[str, bool | None]
    choice: dict[str, str]
    text: dict[str, str]

    def has(self, name: str) -> bool:
        """Whether a number is told."""
        return bool(np.isfinite(self.number[name]))


def read_row(row: Mapping[str, Any]) -> Told:
    """Return what one row of a cluster file or of `data/evidence/evidence.csv` says.

    Raises
    ------
    InputError, InputErrors
        for a field that is unknown, not a number, out of its range or none of its values; all of a row at once.
    """
    _refuse_unknown(row)
    errors: list[InputError] = []

    def read(names: Iterable[str], reader: Callable[[str, Any], Any]) -> dict[str, Any]:
        out = {}
        for name in names:
            try:
                out[name] = reader(name, row.get(name))
            except InputError as error:
                errors.append(error)
        return out

    number, flag, choice = read(NUMBERS, _number), read(FLAGS, _flag), read(CHOICES, _choice)
    if flag.get("waits") is False and number.get("senders", 0.0) > 0:
        errors.append(InputError("waits", row["waits"], "yes or nothing where senders are told, as each of them waits"))
    if errors:
        raise errors[0] if len(errors) == 1 else InputErrors(errors)
    text = {name: "" if blank(row.get(name)) else str(row[name]).strip() for name in TEXTS}
    return Told(number, flag, choice, text)


def _refuse_unknown(row: Mapping[str, Any]) -> None:
    for name in row:
        if str(name) in FIELDS | OUTCOMES or blank(row[name]):
            continue
        if str(name).lower() in _QUORUMS:
            raise InputError("cluster field", str(name), "replication, which for Pulsar is the write quorum;"
                             " the ensemble and the ack quorum are not in the model")  # fmt: skip
        raise unknown_name("cluster field", str(name), FIELDS)


def blank(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or (isinstance(value, float) and np.isnan(value)) or str(value).strip() == ""


def _number(name: str, value: Any) -> float:
    low, high = NUMBERS[name]
    if blank(value):
        return float("nan")
    text = str(value).strip()
    ends = re.fullmatch(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)", text)
    if ends:
        number = float(np.sqrt(float(ends[1]) * float(ends[2])))
    else:
        try:
            number = float(text)
        except ValueError:
            raise InputError(name, value, f"a number from {low:g} to {high:g}") from None
    if not low <= number <= high:
        raise InputError(name, value, f"a number from {low:g} to {high:g}")
    return number


def _flag(name: str, value: Any) -> bool | None:
    if blank(value):
        return None
    word = str(value).strip().lower()
    if word not in _TRUE + _FALSE:
        raise InputError(name, value, "yes or no")
    return word in _TRUE


def _choice(name: str, value: Any) -> str:
    if blank(value):
        return ""
    word = str(value).strip().lower()
    if word not in CHOICES[name]:
        raise InputError(name, value, " or ".join(CHOICES[name]))
    return word
