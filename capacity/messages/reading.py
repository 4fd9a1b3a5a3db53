"""Records out of a file, one at a time: JSON lines, Avro containers, lines, length-delimited."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from capacity.messages.library import library
from streamfacts.errors import InputError, unknown_name
from streamfacts.reading import open_regular
from streamfacts.tables import assumption

#: Formats, and what each takes for one record.
FORMATS = {
    "jsonl": "each line one JSON value, as it is written; empty lines are skipped",
    "avro": "each datum of an Avro object container, in Avro's binary form",
    "lines": "each line one record, whatever it holds",
    "length-delimited": "four bytes of length, big-endian, and then the record",
}
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".avro": "avro"}
AVRO_MAGIC = b"Obj\x01"
#: No single record is read beyond this, so that a file of another format does not fill the memory [byte].
LONGEST = 1 << 28


@dataclass(frozen=True, slots=True)
class Record:
    """Key and value of one record [bytes]."""

    value: bytes
    key: bytes | None = None

    @property
    def size(self) -> int:
        return len(self.value) + len(self.key or b"")


def format_of(path: str | Path) -> str:
    """Return the format of a file by its first bytes or its suffix.

    Raises
    ------
    InputError
        if the file cannot be read, or neither tells.
    """
    path = Path(path)
    with open_regular(path, "file", "a readable file") as file:
        if file.read(len(AVRO_MAGIC)) == AVRO_MAGIC:
            return "avro"
    if path.suffix in SUFFIXES:
        return SUFFIXES[path.suffix]
    raise InputError("format", path.name, f"one of {', '.join(FORMATS)}: the file's name does not tell which")


def read_records(path: str | Path, format: str | None = None, key: str | None = None) -> Iterator[Record]:
    """Yield the records of a file without holding more than one of them.

    Parameters
    ----------
    path : the file
    format : a key of `FORMATS`; told from the file if left out
    key : field of each JSON object or Avro record whose value becomes the record's key; the value keeps it too

    Raises
    ------
    InputError
        naming the line or record: an unreadable or broken file, a line that is no JSON, a field that is not there.
    """
    format = format or format_of(path)
    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS)
    if key is not None and format not in ("jsonl", "avro"):
        raise InputError("key", key, f"none with {format}: only jsonl and avro have fields")
    readers: dict[str, Callable[[BinaryIO, str | None], Iterator[Record]]] = {
        "jsonl": _json_lines,
        "avro": _avro,
        "lines": _lines,
        "length-delimited": _length_delimited,
    }
    with open_regular(path, "file", "a readable file") as file:
        yield from readers[format](file, key)


def _raw_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and not line.endswith(b"\n"):
            raise InputError(f"line {number}", f"{LONGEST} bytes and no end", "lines that end")
        yield number, line.rstrip(b"\r\n")


def _lines(file: BinaryIO, key: str | None) -> Iterator[Record]:
    for _, line in _raw_lines(file):
        if line:
            yield Record(line)


def _json_lines(file: BinaryIO, key: str | None) -> Iterator[Record]:
    for number, line in _raw_lines(file):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            shown = line[:60].decode("utf-8", "replace")
            raise InputError(f"line {number}", shown, "one JSON value on each line") from None
        yield Record(line, None if key is None else _key_of(value, key, f"line {number}"))


def _length_delimited(file: BinaryIO, key: str | None) -> Iterator[Record]:
    number = 0
    while prefix := file.read(4):
        number += 1
        length = int.from_bytes(prefix, "big")
        if len(prefix) < 4 or length > LONGEST:
            raise InputError(
                f"record {number}", f"length {prefix.hex()}", "four bytes of length, big-endian, before it"
            )
        value = file.read(length)
        if len(value) < length:
            raise InputError(
                f"record {number}", f"{len(value)} of {length} bytes", "the whole record: the file ends in it"
            )
        yield Record(value)


def _avro(file: BinaryIO, key: str | None) -> Iterator[Record]:
    fastavro = library("fastavro")
    prefix = bytes(int(float(assumption("schema_registry_prefix_bytes"))))
    number = 0
    try:
        reader = fastavro.reader(file)
        schema = fastavro.parse_schema(reader.writer_schema)
        for datum in reader:
            number += 1
            out = io.BytesIO()
            fastavro.schemaless_writer(out, schema, datum)
            yield Record(prefix + out.getvalue(), None if key is None else _key_of(datum, key, f"record {number}"))
    except InputError:
        raise
    except Exception as error:  # fastavro raises ValueError, EOFError, KeyError, zlib.error and others for broken files
        where = f"after record {number}" if number else "in its header"
        raise InputError("file", f"broken {where}", f"an Avro object container ({type(error).__name__})") from None


def _key_of(value: Any, key: str, where: str) -> bytes:
    if not isinstance(value, dict) or key not in value:
        known = ", ".join(map(str, value))[:80] if isinstance(value, dict) else "no fields"
        raise InputError("key", key, f"a field of every record; {where} has {known}")
    found = value[key]
    if isinstance(found, bytes):
        return found
    return found.encode() if isinstance(found, str) else json.dumps(found, separators=(",", ":"), default=str).encode()
