"""A user's own messages through real record batches: the law to the byte, codecs, samples, files that are broken."""

import io
import json
import random

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload
from capacity.laws.records import record_overhead_bytes, varint_bytes, wire_bytes_per_record
from capacity.messages import CODECS, Record, batch_sizes, measure_messages, read_records
from capacity.messages.library import library
from capacity.messages.sampling import sample_runs
from streamfacts.errors import InputError
from streamplan.analyses.messages.words import workload_text
from streamplan.cli.commands.measure_messages import command

KIB = 1024


def events(count, seed=0):
    """Records as an application writes them: JSON with repeated names and values that vary."""
    draw = random.Random(seed)
    return [
        {
            "user": f"user-{draw.randrange(500)}",
            "event": draw.choice(["view", "click", "buy"]),
            "price": round(draw.random() * 100, 2),
            "session": f"{draw.getrandbits(128):032x}",
        }
        for _ in range(count)
    ]


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(e) + "\n" for e in events(3000)), encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------------- the law, to the byte


@given(size=st.integers(1, 5000), count=st.integers(1, 64))
def test_codec_none_is_the_law_to_the_byte(size, count):
    """Up to 64 records every offset delta is one byte, so that the law's average is exact."""
    built = batch_sizes([[Record(bytes(size))] * count], ["none"], 1 << 20)["none"]
    if built.batches == 1:
        assert built.wire_bytes == round(count * float(wire_bytes_per_record(size, count)))


@given(size=st.integers(1, 300), count=st.integers(1, 9000))
def test_codec_none_of_many_records_is_the_format_to_the_byte(size, count):
    """Offset deltas written out one by one, as the format says: 61 bytes and the varints of each record."""
    built = batch_sizes([[Record(bytes(size))] * count], ["none"], 1 << 30)["none"]
    offsets = varint_bytes(np.arange(count))
    body = size + 1 + 1 + offsets + 1 + varint_bytes(size) + 1
    assert built.wire_bytes == 61 + float(np.sum(body + varint_bytes(body)))
    law = count * float(wire_bytes_per_record(size, count))
    assert abs(built.wire_bytes - law) <= count  # the law takes the middle offset for all of them


@given(key=st.integers(0, 60), value=st.integers(64, 4000))
def test_keys_and_headers_are_counted(key, value):
    """A key of up to 63 bytes has one byte of length, as the law assumes; so has each short header."""
    plain = batch_sizes([[Record(bytes(value), bytes(key))]], ["none"], 1 << 20)["none"].wire_bytes
    assert abs(plain - float(wire_bytes_per_record(key + value, 1))) <= 2
    headed = batch_sizes([[Record(bytes(value))]], ["none"], 1 << 20, [("trace", b"12345678")])["none"].wire_bytes
    bare = batch_sizes([[Record(bytes(value))]], ["none"], 1 << 20)["none"].wire_bytes
    grown = float(record_overhead_bytes(value, 1)) - float(record_overhead_bytes(value, 1))
    assert headed - bare - grown in (15, 16)  # 13 bytes of name and value, two lengths, perhaps a longer record length


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_batches_can_be_read_again(codec):
    """What is measured is a batch that a Kafka client reads back, with its checksum."""
    builders, readers = (library(f"kafka.record.{name}") for name in ("default_records", "memory_records"))
    records = [Record(json.dumps(e).encode(), e["user"].encode()) for e in events(50)]
    builder = builders.DefaultRecordBatchBuilder(2, CODECS[codec][0], False, -1, -1, -1, 1 << 30)
    for i, r in enumerate(records):
        builder.append(i, 0, r.key, r.value, [])
    data = bytes(builder.build())
    assert batch_sizes([records], [codec], 1 << 20)[codec].wire_bytes == len(data)
    batch = readers.MemoryRecords(data).next_batch()
    assert batch.validate_crc()
    assert [(r.key, r.value) for r in batch] == [(r.key, r.value) for r in records]


def test_the_last_batch_of_a_cut_run_does_not_count():
    records = [Record(bytes(400))] * 5  # two and two and one
    assert batch_sizes([records], ["none"], 1000)["none"].batches == 3
    cut = batch_sizes([records], ["none"], 1000, cut=True)["none"]
    assert (cut.batches, cut.records) == (2, 4)
    assert batch_sizes([records[:1]], ["none"], 1000, cut=True)["none"].batches == 1


def test_batches_are_closed_as_a_producer_closes_them():
    """A batch holds what fits in batch.size; a larger record goes in a batch of its own and is counted."""
    records = [Record(bytes(400))] * 5 + [Record(bytes(5000))] + [Record(bytes(400))] * 5
    built = batch_sizes([records], ["none"], 1000)["none"]
    assert (built.records, built.alone) == (11, 1)
    assert built.batches == 3 + 1 + 3  # two and two and one, the large one, and again
    whole = batch_sizes([records], ["none"], 1 << 20)["none"]
    assert whole.batches == 1 and whole.wire_bytes < built.wire_bytes


# ------------------------------------------------------------------------------------------------------ measurements


def test_codecs_and_batch_sizes_of_json(jsonl):
    found = measure_messages(jsonl, key="user")
    ratio = {(m.codec, m.batch_bytes): m.compression_ratio for m in found.measurements}
    for size in {m.batch_bytes for m in found.measurements}:
        assert ratio["none", size] == 1.0
        assert ratio["zstd", size] > ratio["lz4", size] > 1.3 and ratio["gzip", size] > ratio["snappy", size] > 1.3
    assert ratio["zstd", 1 << 20] > ratio["zstd", 16 * KIB]  # more to look back on
    for m in found.measurements:
        index = 20 / max(4096, m.wire_bytes * m.records_per_batch)
        assert m.disk_bytes == pytest.approx(m.wire_bytes * (1 + index))
        assert m.mean_batch_bytes <= m.batch_bytes
    keys = sum(len(e["user"]) for e in events(3000)) / 3000
    values = sum(len(line) for line in jsonl.read_text(encoding="utf-8").splitlines()) / 3000
    assert found.message_bytes == pytest.approx(keys + values)
    assert found.sample.whole and found.sample.records == 3000
    assert found.best.codec in ("gzip", "zstd") and found.best.batch_bytes == 16 * KIB


def test_incompressible_records_have_no_ratio(tmp_path):
    path = tmp_path / "noise.bin"
    noise = random.Random(1).randbytes(200_000)
    with path.open("wb") as out:
        for i in range(0, len(noise), 1000):
            out.write((1000).to_bytes(4, "big") + noise[i : i + 1000])
    found = measure_messages(path, "length-delimited")
    assert {round(m.compression_ratio, 2) for m in found.measurements} == {1.0}
    assert found.workload()["compression_ratio"]["value"] >= 1.0


def test_the_workload_gives_the_measured_bytes_again(jsonl):
    """The fields, put through the model, give the bytes that were measured, within half a percent."""
    found = measure_messages(jsonl, key="user", headers={"trace": b"12345678"})
    for m in found.measurements:
        fields = yaml.safe_load(yaml.safe_dump(found.workload(m)))
        demand = Demand.of(Workload(messages="1000 records/s", **fields))
        assert float(demand.wire_bytes_s) / 1000 == pytest.approx(m.wire_bytes, rel=0.005), m.codec
        assert float(demand.batch_wire_bytes) == pytest.approx(m.batch.wire_bytes / m.batch.batches, rel=0.01)


def test_workload_file_is_complete_with_a_rate(jsonl, tmp_path):
    found = measure_messages(jsonl, codecs=["zstd"], batches=[16 * KIB])
    path = tmp_path / "mine.yaml"
    path.write_text(workload_text(found, "12000 records/s"), encoding="utf-8")
    loaded = Workload.load(path)
    assert loaded.messages.likely == 12000 and "events.jsonl: zstd" in loaded.origin["compression_ratio"]
    assert "Add write" in workload_text(found)
    with pytest.raises(InputError, match="messages"):
        workload_text(found, "12 MB/s")


# ------------------------------------------------------------------------------------------------------------ samples


def test_large_files_are_sampled_with_a_seed_and_say_so(tmp_path):
    path = tmp_path / "large.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for i in range(20_000):
            out.write(json.dumps({"n": i, "text": "x" * 100}) + "\n")
    kwargs = {"codecs": ["lz4"], "batches": [16 * KIB], "sample_bytes": 600_000}
    first, again, *others = (measure_messages(path, seed=s, **kwargs) for s in (1, 1, 2, 3, 4))
    assert not first.sample.whole and first.sample.records == 20_000 and 0 < first.sample.taken < 10_000
    assert "seed 1" in first.taken and "runs of neighbours" in first.taken
    assert first.sample == again.sample
    assert any(first.sample.runs != other.sample.runs for other in others)
    everything = measure_messages(path, codecs=["lz4"], batches=[16 * KIB])
    assert everything.sample.whole and "all of them" in everything.taken
    assert first.measurements[0].wire_bytes == pytest.approx(everything.measurements[0].wire_bytes, rel=0.05)


def test_every_run_is_as_likely():
    """Over many seeds each tenth of a file is drawn about as often."""
    records = [Record(i.to_bytes(10, "big")) for i in range(1000)]
    counts = np.zeros(10)
    for seed in range(300):
        for run in sample_runs(records, 100, 300, seed).runs:
            counts[int.from_bytes(run[0].value, "big") // 100] += 1
    assert counts.sum() == 900 and counts.min() > 60 and counts.max() < 125


# ------------------------------------------------------------------------------------------------------ files, formats


def avro(tmp_path, codec="deflate"):
    import fastavro

    schema = {
        "type": "record",
        "name": "Event",
        "fields": [
            {"name": "user", "type": "string"},
            {"name": "event", "type": {"type": "enum", "name": "Kind", "symbols": ["view", "click", "buy"]}},
            {"name": "price", "type": "double"},
            {"name": "session", "type": "string"},
        ],
    }
    path = tmp_path / "events.avro"
    with path.open("wb") as out:
        fastavro.writer(out, schema, events(200), codec=codec)
    return path, schema


def test_avro_containers_give_each_datum_in_binary(tmp_path):
    """Five bytes of a schema id, and what Avro's binary form needs: no names, a length before each string."""
    import fastavro

    path, schema = avro(tmp_path)
    records = list(read_records(path, key="user"))
    assert [r.key for r in records] == [e["user"].encode() for e in events(200)]
    for record, event in zip(records, events(200), strict=True):
        assert len(record.value) == 5 + (1 + len(event["user"])) + 1 + 8 + (1 + 32)
        assert fastavro.schemaless_reader(io.BytesIO(record.value[5:]), schema, None) == event
    small = measure_messages(path).message_bytes
    as_json = sum(len(json.dumps(e)) for e in events(200)) / 200
    assert small < 0.6 * as_json


def test_lines_and_length_delimited(tmp_path):
    path = tmp_path / "log.txt"
    path.write_bytes(b"one\r\ntwo\n\nthree")
    assert [r.value for r in read_records(path, "lines")] == [b"one", b"two", b"three"]
    path.write_bytes(b"\x00\x00\x00\x03one\x00\x00\x00\x00\x00\x00\x00\x02tw")
    assert [r.value for r in read_records(path, "length-delimited")] == [b"one", b"", b"tw"]


@pytest.mark.parametrize(
    "name,content,options,message",
    [
        ("empty.jsonl", b"", {}, r"file.*empty\.jsonl.*at least one record"),
        ("blank.jsonl", b"\n\n", {}, "at least one record"),
        ("a.jsonl", b'{"a": 1}\n{"a": \n', {}, r"line 2.*one JSON value on each line"),
        ("a.jsonl", b"\xff\xfe\n", {}, "line 1.*one JSON value"),
        ("a.jsonl", b'{"a": 1}\n[1]\n', {"key": "a"}, "key.*line 2 has no fields"),
        ("a.jsonl", b'{"a": 1}\n', {"key": "b"}, r"key: 'b'.*line 1 has a"),
        ("a.txt", b"x\n", {}, r"format.*a\.txt.*jsonl, avro, lines, length-delimited"),
        ("a.txt", b"x\n", {"format": "line"}, "format.*lines"),
        ("a.txt", b"x\n", {"format": "lines", "key": "k"}, "key: 'k'.*only jsonl and avro"),
        ("a.bin", b"\x00\x00\x00\x05abc", {"format": "length-delimited"}, r"record 1: '3 of 5 bytes'.*file ends"),
        ("a.bin", b"\x00\x00", {"format": "length-delimited"}, "record 1.*four bytes of length"),
        ("a.bin", b"Obj\x01 no avro at all", {}, "file: 'broken in its header'.*Avro"),
        ("a.avro", b"no avro at all", {}, "file: 'broken in its header'.*Avro"),
    ],
)
def test_files_that_cannot_be_measured(tmp_path, name, content, options, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        measure_messages(path, **options)


def test_an_avro_file_that_ends_early(tmp_path):
    path, _ = avro(tmp_path, "null")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(InputError, match=r"broken.*Avro object container"):
        measure_messages(path)


def test_a_record_that_no_broker_accepts(tmp_path):
    path = tmp_path / "big.txt"
    path.write_bytes(b"small\n" + b"x" * 1_048_589 + b"\n")
    with pytest.raises(InputError, match=r"record 2: '1,048,589 bytes'.*1,048,588"):
        measure_messages(path, "lines")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.jsonl.*readable file"):
        measure_messages(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize(
    "options,message",
    [
        ({"codecs": ["zstandard"]}, "codec.*zstd"),
        ({"batches": [0]}, "batch.*1 to"),
        ({"batches": [2**21]}, "batch.*largest batch a broker accepts"),
        ({"sample_bytes": 0}, "sample"),
    ],
)
def test_choices_that_are_refused(jsonl, options, message):
    with pytest.raises(InputError, match=message):
        measure_messages(jsonl, **options)


# ------------------------------------------------------------------------------------------------------------ command


def test_command_prints_one_document(jsonl, tmp_path):
    out = tmp_path / "w.yaml"
    arguments = [str(jsonl), "--json", "--key", "user", "--codec", "zstd", "--codec", "none", "--batch", "64 KiB"]
    done = CliRunner().invoke(command, [*arguments, "--workload", str(out), "--messages", "500 records/s"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    assert document["records"] == 3000 and document["whole"] is True
    assert [(m["codec"], m["batch_bytes"]) for m in document["measurements"]] == [("zstd", 65536), ("none", 65536)]
    direct = measure_messages(jsonl, key="user", codecs=["zstd", "none"], batches=[65536])
    assert document["measurements"][0]["wire_bytes_per_record"] == direct.measurements[0].wire_bytes
    assert Workload.load(out).compression_ratio.likely == pytest.approx(
        direct.measurements[0].compression_ratio, abs=1e-3
    )


def test_command_prints_a_table(jsonl):
    done = CliRunner().invoke(command, [str(jsonl), "--header", "trace=1"])
    assert done.exit_code == 0 and "zstd" in done.output and "3,000 records" in done.output


def test_command_leaves_a_file_that_is_there(jsonl, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("write: 5 MB/s\n")
    done = CliRunner().invoke(command, [str(jsonl), "--workload", str(mine)])
    assert done.exit_code != 0 and "--workload" in str(done.exception) and "mine.yaml" in str(done.exception)
    assert mine.read_text() == "write: 5 MB/s\n"


@pytest.mark.parametrize(
    "more,message",
    [
        (["--header", "trace"], "--header"),
        (["--messages", "5 records/s"], "--workload"),
        (["--batch", "64"], "--batch"),
    ],
)
def test_command_refuses(jsonl, more, message):
    done = CliRunner().invoke(command, [str(jsonl), *more])
    assert isinstance(done.exception, InputError) and message in str(done.exception)
