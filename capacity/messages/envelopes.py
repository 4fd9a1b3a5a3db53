"""What consumer tools put around a record: taken off, so that the record is measured and not the tool's words.

`kcat -J` and `rpk topic consume` print one JSON object a record, with topic, partition, offset, key, headers and the
value in a field. `kafka-console-consumer` prints what it is asked to, a tab between each: time, partition, offset,
headers, key, value. The first record of a file tells which tool wrote it; a later one in another shape is an error.

Sources: kcat, json.c, `fmt_msg_output_json`; Redpanda, `rpk topic consume --help`, "-f json"; Apache Kafka,
tools/consumer/DefaultMessageFormatter.java.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streamfacts.errors import InputError, unknown_name

#: Envelopes by name, and what each looks like.
ENVELOPES = {
    "none": "every line is the record itself",
    "kcat": "one JSON object a record with topic, partition, offset, key and payload, as kcat -J prints it",
    "rpk": "one JSON object a record with topic, partition, offset, key and value, as rpk topic consume prints it",
    "console": "tabs between time, partition, offset, headers, key and value, as kafka-console-consumer prints them",
    "key-tab-value": "a key, a tab and a value, as kafka-console-consumer prints them with print.key=true",
}

#: What prints each envelope, in words.
TOOLS = {
    "kcat": "kcat -J",
    "rpk": "rpk topic consume",
    "console": "kafka-console-consumer",
    "key-tab-value": "kafka-console-consumer",
}


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """Value, key and headers of one record [bytes]; None where a tool printed none."""

    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


_TOPIC = {"topic", "partition", "offset"}
_CONSOLE = re.compile(rb"(?:CreateTime|LogAppendTime|NoTimestampType):-?\d*$|Partition:\d+$|Offset:\d+$")
_NO_HEADERS, _NULL = b"NO_HEADERS", b"null"
_HEADERS = re.compile(rb"(?:[A-Za-z0-9_.-]+:[^,\t]*)(?:,[A-Za-z0-9_.-]+:[^,\t]*)*$")


def envelope_of(line: bytes) -> str:
    """Return the envelope that a file's first line stands in.

    Examples
    --------
    >>> envelope_of(b'{"topic": "t", "partition": 0, "offset": 4, "key": "k", "payload": "x"}')
    'kcat'
    >>> envelope_of(b'CreateTime:1700000000000\\tk0\\t{"order": 1}'), envelope_of(b'{"order": 1}')
    ('console', 'none')
    """
    if _CONSOLE.match(line.split(b"\t", 1)[0]) and b"\t" in line:
        return "console"
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "none"
    if isinstance(found, dict) and found.keys() >= _TOPIC:
        if "payload" in found and "key" in found:
            return "kcat"
        if "value" in found and "timestamp" in found:
            return "rpk"
    return "none"


def opener(envelope: str) -> Callable[[bytes, str], Unwrapped]:
    """Return what takes an envelope off: a function of a line and of where it stands, for messages.

    Raises
    ------
    InputError
        for an unknown envelope; the function itself, for a line that does not stand in it.
    """
    if envelope not in ENVELOPES:
        raise unknown_name("envelope", envelope, ENVELOPES)
    return {
        "none": lambda line, where: Unwrapped(line),
        "kcat": lambda line, where: _object(line, where, "payload", "kcat"),
        "rpk": lambda line, where: _object(line, where, "value", "rpk"),
        "console": _console,
        "key-tab-value": _key_tab_value,
    }[envelope]


def _object(line: bytes, where: str, value: str, tool: str) -> Unwrapped:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not found.keys() >= {*_TOPIC, value}:
        shown = line[:60].decode("utf-8", "replace")
        raise InputError(where, shown, f"a record in the envelope of {tool}, as the first one, with a {value}")
    key = found.get("key")
    return Unwrapped(_bytes(found[value]), None if key is None else _bytes(key), _header_pairs(found.get("headers")))


def _bytes(value: Any) -> bytes:
    """What stood in the record: text as it is, nothing for a tombstone, JSON that the tool decoded as compact JSON."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _header_pairs(given: Any) -> tuple[tuple[str, bytes], ...]:
    """Headers of kcat, which alternates names and values, or of rpk, a list of objects with key and value."""
    if not isinstance(given, list):
        return ()
    if all(isinstance(one, Mapping) for one in given):
        return tuple((str(one.get("key", "")), _bytes(one.get("value"))) for one in given)
    return tuple((str(name), _bytes(value)) for name, value in zip(given[::2], given[1::2], strict=False))


def _console(line: bytes, where: str) -> Unwrapped:
    fields = line.split(b"\t")
    tags = 0
    while tags < len(fields) - 1 and _CONSOLE.match(fields[tags]):
        tags += 1
    if not tags:
        shown = line[:60].decode("utf-8", "replace")
        raise InputError(where, shown, "a record in the envelope of kafka-console-consumer, as the first one")
    rest = fields[tags:]
    headers: tuple[tuple[str, bytes], ...] = ()
    if len(rest) > 1 and (rest[0] == _NO_HEADERS or (len(rest) > 2 and _HEADERS.match(rest[0]))):
        if rest[0] != _NO_HEADERS:
            pairs = (part.partition(b":") for part in rest[0].split(b","))
            headers = tuple((name.decode("utf-8", "replace"), value) for name, _, value in pairs)
        rest = rest[1:]
    key = rest[0] if len(rest) > 1 else None
    value = b"\t".join(rest[1:]) if len(rest) > 1 else rest[0]
    return Unwrapped(b"" if value == _NULL else value, None if key == _NULL else key, headers)


def _key_tab_value(line: bytes, where: str) -> Unwrapped:
    key, tab, value = line.partition(b"\t")
    if not tab:
        raise InputError(where, line[:60].decode("utf-8", "replace"), "a key, a tab and a value")
    return Unwrapped(b"" if value == _NULL else value, None if key == _NULL else key)
