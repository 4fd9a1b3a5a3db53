"""Records out of a file, one at a time: JSON lines and arrays, Avro containers, lines, length-delimited.

A file may be wrapped in gzip or zstd, and each record in the envelope of a consumer tool (`envelopes`).
"""

from __future__ import annotations

import contextlib
import io
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from capacity.messages.compressed import suffix_within, unwrapped
from capacity.messages.envelopes import Unwrapped, envelope_of, opener
from capacity.messages.json_array import elements
from capacity.messages.library import library
from streamfacts.errors import InputError, cut, unknown_name
from streamfacts.reading import open_regular
from streamfacts.tables import assumption

#: Formats, and what each takes for one record.
FORMATS = {
    "jsonl": "each line one JSON value, as it is written, empty lines skipped; or the elements of one JSON array",
    "avro": "each datum of an Avro object container, in Avro's binary form",
    "lines": "each line one record, whatever it holds",
    "length-delimited": "four bytes of length, big-endian, and then the record",
    "protobuf-delimited": "a varint of length and then the record, as Protobuf's writeDelimitedTo writes it",
}
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".avro": "avro"}
AVRO_MAGIC = b"Obj\x01"
#: No single record is read beyond this, so that a file of another format does not fill the memory [byte].
LONGEST = 1 << 28


@dataclass(frozen=True, slots=True)
class Record:
    """Key, value and headers of one record [bytes]."""

    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of key, value, and names and values of headers [byte]."""
        own = sum(len(name.encode()) + len(value) for name, value in self.headers)
        return len(self.value) + len(self.key or b"") + own


def format_of(path: str | Path) -> str:
    """Return the format of a file by its first bytes or its suffix.

    Raises
    ------
    InputError
        if the file cannot be read, or neither tells.
    """
    path = Path(path)
    with open_regular(path, "file", "a readable file") as file, _sound(), unwrapped(file) as content:
        if content.read(len(AVRO_MAGIC)) == AVRO_MAGIC:
            return "avro"
    suffix = suffix_within(path)
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    raise InputError("format", path.name, f"one of {', '.join(FORMATS)}: the file's name does not tell which")


@contextlib.contextmanager
def _sound() -> Iterator[None]:
    """Raise `InputError` where a wrapping is broken."""
    try:
        yield
    except (EOFError, OSError, zlib.error) as error:
        raise InputError("file", str(error) or type(error).__name__, "a whole file of gzip or zstd") from None
    except Exception as error:
        if type(error).__name__ != "ZstdError":
            raise
        raise InputError("file", str(error), "a whole file of zstd") from None


def first_line(path: str | Path) -> bytes:
    """Return the first line of a file that is not empty, without its end; nothing if there is none."""
    with open_regular(path, "file", "a readable file") as file, _sound(), unwrapped(file) as content:
        return next((line for _, line in _raw_lines(content) if line.strip()), b"")


def read_records(
    path: str | Path, format: str | None = None, key: str | None = None, envelope: str | None = None
) -> Iterator[Record]:
    """Yield the records of a file without holding more than one of them.

    Parameters
    ----------
    path : the file
    format : a key of `FORMATS`; told from the file if left out
    key : field of each JSON object or Avro record whose value becomes the record's key; the value keeps it too
    envelope : a key of `envelopes.ENVELOPES`, what a consumer tool put around each line; told from the first line if
        left out

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
    by_line = format in ("jsonl", "lines")
    if envelope not in (None, "none") and not by_line:
        raise InputError("envelope", envelope, f"none with {format}: consumer tools print lines")
    readers: dict[str, Callable[[BinaryIO, str | None], Iterator[Record]]] = {
        "avro": _avro,
        "length-delimited": _length_delimited,
        "protobuf-delimited": _protobuf_delimited,
    }
    with open_regular(path, "file", "a readable file") as file, _sound(), unwrapped(file) as content:
        if by_line:
            first = first_line(path)
            if format == "jsonl" and _is_array(path, first):
                yield from _array(content, key)
            else:
                unwrap = opener(envelope_of(first) if envelope is None else envelope)
                yield from _records_of_lines(content, key, unwrap, format == "jsonl")
        else:
            yield from readers[format](content, key)


def _is_array(path: str | Path, first: bytes) -> bool:
    """Whether a file is one JSON array: the first line begins one, and does not hold all of one of several values."""
    if not first.lstrip(b"\xef\xbb\xbf \t").startswith(b"["):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    with open_regular(path, "file", "a readable file") as file, unwrapped(file) as content:
        lines = (line for _, line in _raw_lines(content) if line.strip())
        return next(lines, None) is not None and next(lines, None) is None


def _array(file: BinaryIO, key: str | None) -> Iterator[Record]:
    for number, element in enumerate(elements(file, LONGEST), 1):
        yield Record(element, None if key is None else _key_of(json.loads(element), key, f"element {number}"))


def _raw_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and not line.endswith(b"\n"):
            raise InputError(f"line {number}", f"{LONGEST} bytes and no end", "lines that end")
        yield number, line.rstrip(b"\r\n")


def _records_of_lines(
    file: BinaryIO, key: str | None, unwrap: Callable[[bytes, str], Unwrapped], as_json: bool
) -> Iterator[Record]:
    for number, line in _raw_lines(file):
        if not line.strip() if as_json else not line:
            continue
        found = unwrap(line, f"line {number}")
        value: Any = None
        if as_json and found.value is line:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                raise InputError(f"line {number}", _shown(line), f"one JSON value on each line{_hint(line)}") from None
        elif key is not None:
            try:
                value = json.loads(found.value)
            except (ValueError, RecursionError):
                raise InputError("key", key, f"none where the value is no JSON, as in line {number}") from None
        yield Record(found.value, found.key if key is None else _key_of(value, key, f"line {number}"), found.headers)


def _shown(line: bytes) -> str:
    return line[:60].decode("utf-8", "replace")


def _hint(line: bytes) -> str:
    return "; for a key, a tab and a value, --envelope key-tab-value" if b"\t" in line.strip() else ""


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


def _protobuf_delimited(file: BinaryIO, key: str | None) -> Iterator[Record]:
    number = 0
    while first := file.read(1):
        number += 1
        length, shift, byte = first[0] & 0x7F, 7, first
        while byte[0] & 0x80:
            byte = file.read(1)
            if not byte or shift > 28:
                raise InputError(f"record {number}", "no end", "a varint of its length before it")
            length |= (byte[0] & 0x7F) << shift
            shift += 7
        if length > LONGEST:
            raise InputError(f"record {number}", f"length {length}", f"records of at most {LONGEST} bytes")
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
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise InputError("file", f"broken {where}", f"an Avro object container ({cut(said, 200)})") from None


def _key_of(value: Any, key: str, where: str) -> bytes:
    if not isinstance(value, dict) or key not in value:
        known = ", ".join(map(str, value))[:80] if isinstance(value, dict) else "no fields"
        raise InputError("key", key, f"a field of every record; {where} has {known}")
    found = value[key]
    if isinstance(found, bytes):
        return found
    return found.encode() if isinstance(found, str) else json.dumps(found, separators=(",", ":"), default=str).encode()
