"""Messages as files hold them: arrays, envelopes of tools, gzip and zstd, delimited Protobuf, Avro's codecs."""

from __future__ import annotations

import gzip
import json

import pytest

from capacity.messages import measure_messages, read_records
from capacity.messages.json_array import elements
from capacity.messages.library import library
from streamfacts.errors import InputError

ORDERS = [{"order": n, "item": "gold é" if n % 7 else "ash\ttree"} for n in range(40)]


def lines(values) -> bytes:
    return "".join(json.dumps(v, ensure_ascii=False) + "\n" for v in values).encode()


@pytest.fixture
def file(tmp_path):
    def make(name: str, content: bytes):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


def values(path, *args, **options) -> list[bytes]:
    return [r.value for r in read_records(path, *args, **options)]


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_json_array_is_its_elements_on_one_line_or_many(file, indent):
    path = file("orders.json", json.dumps(ORDERS, indent=indent, ensure_ascii=False).encode())
    found = values(path)
    assert [json.loads(v) for v in found] == ORDERS
    if indent is not None:  # written over lines: the record itself has none of its spaces
        assert found[1] == json.dumps(ORDERS[1], separators=(",", ":"), ensure_ascii=False).encode()
    assert [r.key for r in read_records(path, key="order")][:3] == [b"0", b"1", b"2"]


def test_an_array_with_an_element_a_line_and_lines_that_are_arrays_are_told_apart(file):
    each = file("a.jsonl", b"[\n" + b",\n".join(json.dumps(v).encode() for v in ORDERS) + b"\n]\n")
    assert len(values(each)) == 40
    rows = file("b.jsonl", b"[1,2]\n[3]\n")
    assert values(rows) == [b"[1,2]", b"[3]"]


def test_elements_may_lie_across_pieces(monkeypatch, file):
    """Numbers and letters of several bytes that a piece cuts in two are read whole."""
    monkeypatch.setattr("capacity.messages.json_array.PIECE", 5)
    path = file("a.json", json.dumps([12345678, "éßü" * 5, {"a": [1, 2]}, -1.5e3], ensure_ascii=False).encode())
    with path.open("rb") as stream:
        found = [json.loads(e) for e in elements(stream, 1000)]
    assert found == [12345678, "éßü" * 5, {"a": [1, 2]}, -1500.0]


KCAT = [
    {
        "topic": "t",
        "partition": 0,
        "offset": n,
        "tstype": "create",
        "ts": 17 * n,
        "broker": 1,
        "key": f"k{n}",
        "payload": p,
    }
    for n, p in enumerate(['{"order": 0}', None, '{"order": 2}'])
]
RPK = [
    {"topic": "t", "partition": 0, "offset": 0, "timestamp": 1, "key": "k0", "value": "abc"},
    {"topic": "t", "partition": 0, "offset": 1, "timestamp": 2, "value": "abcd"},
]
RPK[0]["headers"] = [{"key": "h", "value": "1"}]
CONSOLE = (
    b'CreateTime:1700000000000\tPartition:0\tOffset:7\tNO_HEADERS\tk0\t{"a": "x\ty"}\n'
    b"CreateTime:1700000000001\tPartition:0\tOffset:8\th:1,g:2\tk1\tnull\n"
)


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (lines(KCAT), [(b"k0", b'{"order": 0}', ()), (b"k1", b"", ()), (b"k2", b'{"order": 2}', ())]),
        (lines(RPK), [(b"k0", b"abc", (("h", b"1"),)), (None, b"abcd", ())]),
        (CONSOLE, [(b"k0", b'{"a": "x\ty"}', ()), (b"k1", b"", (("h", b"1"), ("g", b"2")))]),
        (b"CreateTime:17\tplain\n", [(None, b"plain", ())]),
        (lines([{**KCAT[0], "headers": ["h", "1"], "payload": {"a": 1}}]), [(b"k0", b'{"a":1}', (("h", b"1"),))]),
    ],
)
def test_envelopes_of_consumer_tools_are_taken_off(file, content, records):
    path = file("out.jsonl", content)
    assert [(r.key, r.value, r.headers) for r in read_records(path)] == records
    assert values(path, "lines", envelope="none")[0] == content.splitlines()[0]


def test_what_was_taken_off_is_said_and_not_measured(file):
    """Three records of kcat: keys of 2 bytes, values of 12, 0 and 12: 30 bytes, not the 350 of the tool's lines."""
    found = measure_messages(file("out.jsonl", lines(KCAT)), codecs=["none"])
    assert found.sample.total_bytes == 30 and found.envelope == "kcat" and "kcat -J" in found.taken


@pytest.mark.parametrize("wrapping", ["gz", "zst"])
@pytest.mark.parametrize("inner", ["jsonl", "json", "avro"])
def test_files_in_gzip_and_zstd_are_read_alike(file, wrapping, inner, tmp_path):
    if inner == "avro":
        fastavro = library("fastavro")
        path = tmp_path / "plain.avro"
        fields = [{"name": "order", "type": "int"}, {"name": "item", "type": "string"}]
        with path.open("wb") as out:
            fastavro.writer(out, {"type": "record", "name": "Order", "fields": fields}, ORDERS)
        content = path.read_bytes()
    else:
        content = lines(ORDERS) if inner == "jsonl" else json.dumps(ORDERS).encode()
    squeeze = gzip.compress if wrapping == "gz" else library("zstandard").ZstdCompressor().compress
    plain, wrapped = file(f"a.{inner}", content), file(f"b.{inner}.{wrapping}", squeeze(content))
    assert values(wrapped) == values(plain) and len(values(plain)) == 40


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "bzip2", "xz", "zstandard", "lz4"])
def test_avro_is_read_in_all_of_its_codecs(tmp_path, codec):
    path = tmp_path / "a.avro"
    with path.open("wb") as out:
        library("fastavro").writer(out, {"type": "string"}, ["one", "two"], codec=codec)
    assert [v[6:] for v in values(path)] == [b"one", b"two"]


def test_protobuf_writes_its_lengths_as_varints(file):
    path = file("a.bin", b"\x03one\x00\xac\x02" + b"x" * 300)
    assert [len(v) for v in values(path, "protobuf-delimited")] == [3, 0, 300]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.json", b'[{"a": 1}, {"a": \n', {}, "element 2.*array that ends"),
        ("a.json", b'[{"a": 1} {"a": 2}\n]', {}, "element 2.*a comma before it"),
        ("a.json", b'[\n1]\n{"b": 2}', {}, "file.*nothing behind it"),
        ("a.jsonl", b'k0\t{"a": 1}\n', {}, r"line 1.*--envelope key-tab-value"),
        ("a.jsonl", lines(KCAT[:1]) + b'{"order": 1}\n', {}, "line 2.*envelope of kcat"),
        ("a.jsonl", b"CreateTime:17\tk\tv\nplain\n", {}, "line 2.*kafka-console-consumer"),
        ("a.jsonl", b'{"a": 1}\n', {"envelope": "kcut"}, "envelope.*kcat"),
        ("a.bin", b"\x05abc", {"format": "protobuf-delimited"}, "record 1: '3 of 5 bytes'"),
        ("a.bin", b"\xff\xff\xff\xff\xff\xff", {"format": "protobuf-delimited"}, "record 1.*varint"),
        ("a.avro", b"Obj\x01", {"envelope": "kcat"}, "envelope.*none with avro"),
        ("a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 500, mtime=0)[:-20], {}, "file.*whole file of gzip"),
        ("a.jsonl.zst", b"\x28\xb5\x2f\xfd broken", {}, "file.*whole file of"),
    ],
)
def test_broken_files_are_named(file, name, content, options, message):
    with pytest.raises(InputError, match=message):
        measure_messages(file(name, content), **options)
