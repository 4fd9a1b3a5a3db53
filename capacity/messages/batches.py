"""Real Kafka record batches (format v2) of real records, by codec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from capacity.messages.library import library
from capacity.messages.reading import Record

#: Codec to its number in a batch's attributes, the library that must be there, and the function of kafka-python.
CODECS = {
    "none": (0x00, "", ""),
    "gzip": (0x01, "", "gzip_encode"),
    "snappy": (0x02, "snappy", "snappy_encode"),
    "lz4": (0x03, "lz4.frame", "lz4_encode"),
    "zstd": (0x04, "zstandard", "zstd_encode"),
}
Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class BatchSize:
    """Bytes of batches of the same records.

    Parameters
    ----------
    records, batches : in all [1]
    plain_bytes : batches before compression, headers of batches among them [byte]
    wire_bytes : as sent and stored [byte]
    alone : records larger than the batch size, which go in a batch of their own [1]
    """

    records: int
    batches: int
    plain_bytes: int
    wire_bytes: int
    alone: int


def batch_sizes(
    runs: Iterable[Sequence[Record]],
    codecs: Sequence[str],
    batch_bytes: int,
    headers: Headers = (),
    *,
    cut: bool = False,
) -> dict[str, BatchSize]:
    """Return the bytes of the record batches that a producer would make of each run, by codec.

    Parameters
    ----------
    runs : neighbouring records; a batch never spans two runs
    codecs : keys of `CODECS`
    batch_bytes : largest batch before compression, the producer's `batch.size` [byte]
    headers : name and value of each header, the same on every record
    cut : whether the runs are cut out of a longer stream, so that the last batch of each is not a whole one and is left
        out where there is another

    Examples
    --------
    >>> sizes = batch_sizes([[Record(b"x" * 100)] * 10], ["none"], 16384)["none"]
    >>> sizes.wire_bytes, sizes.batches
    (1151, 1)
    """
    encoders = {codec: _encoder(codec) for codec in codecs}
    header = _builder(batch_bytes).size()
    wire = dict.fromkeys(codecs, 0)
    records = batches = plain = alone = 0
    for run in runs:
        built = list(_batches(run, batch_bytes, headers))
        for count, data in built[:-1] if cut and len(built) > 1 else built:
            records, batches, plain = records + count, batches + 1, plain + len(data)
            alone += len(data) > batch_bytes
            for codec, encode in encoders.items():
                # what does not become smaller stays as it is
                wire[codec] += header + min(len(encode(data[header:])), len(data) - header)
    return {codec: BatchSize(records, batches, plain, size, alone) for codec, size in wire.items()}


def _builder(batch_bytes: int) -> Any:
    return library("kafka.record.default_records").DefaultRecordBatchBuilder(
        magic=2,
        compression_type=CODECS["none"][0],
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=batch_bytes,
    )


def _encoder(codec: str) -> Callable[[bytes], bytes]:
    _, needs, function = CODECS[codec]
    if needs:
        library(needs)
    if not function:
        return bytes
    encode: Callable[[bytes], bytes] = getattr(library("kafka.codec"), function)
    return encode


def _batches(run: Sequence[Record], batch_bytes: int, headers: Headers) -> Iterable[tuple[int, bytes]]:
    """Build the batches of a run as the producer does: the record that does not fit starts the next one."""
    builder, count = _builder(batch_bytes), 0
    for record in run:
        if builder.append(count, 0, record.key, record.value, [*headers, *record.headers]) is None:
            yield count, bytes(builder.build())
            builder, count = _builder(batch_bytes), 0
            builder.append(0, 0, record.key, record.value, [*headers, *record.headers])
        count += 1
    if count:
        yield count, bytes(builder.build())
