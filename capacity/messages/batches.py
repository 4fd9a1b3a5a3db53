"""Real Kafka record batches (format v2) of real records, by codec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from capacity.messages.library import library
from capacity.messages.reading import Record

#: Codec to its number in a batch's attributes, and the library that must be there.
CODECS = {
    "none": (0x00, ""),
    "gzip": (0x01, ""),
    "snappy": (0x02, "snappy"),
    "lz4": (0x03, "lz4.frame"),
    "zstd": (0x04, "zstandard"),
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
    runs: Iterable[Sequence[Record]], codecs: Sequence[str], batch_bytes: int, headers: Headers = ()
) -> dict[str, BatchSize]:
    """Return the bytes of the record batches that a producer would make of each run, by codec.

    Parameters
    ----------
    runs : neighbouring records; a batch never spans two runs
    codecs : keys of `CODECS`
    batch_bytes : largest batch before compression, the producer's `batch.size` [byte]
    headers : name and value of each header, the same on every record

    Examples
    --------
    >>> sizes = batch_sizes([[Record(b"x" * 100)] * 10], ["none"], 16384)["none"]
    >>> sizes.wire_bytes, sizes.batches
    (1131, 1)
    """
    wire = dict.fromkeys(codecs, 0)
    records = batches = plain = alone = 0
    for run in runs:
        for batch, size in _batches(run, batch_bytes, headers):
            records, batches, plain = records + len(batch), batches + 1, plain + size
            alone += size > batch_bytes
            for codec in codecs:
                wire[codec] += _build(batch, codec, headers)
    return {codec: BatchSize(records, batches, plain, size, alone) for codec, size in wire.items()}


def _builder(codec: str, batch_bytes: int) -> Any:
    number, needs = CODECS[codec]
    if needs:
        library(needs)
    return library("kafka.record.default_records").DefaultRecordBatchBuilder(
        magic=2,
        compression_type=number,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=batch_bytes,
    )


def _batches(run: Sequence[Record], batch_bytes: int, headers: Headers) -> Iterable[tuple[list[Record], int]]:
    """Split a run as the producer does, each batch with its bytes: the record that does not fit starts the next one."""
    builder, batch = _builder("none", batch_bytes), list[Record]()
    for record in run:
        if builder.append(len(batch), 0, record.key, record.value, headers) is None:
            yield batch, builder.size()
            builder, batch = _builder("none", batch_bytes), []
            builder.append(0, 0, record.key, record.value, headers)
        batch.append(record)
    if batch:
        yield batch, builder.size()


def _build(batch: Sequence[Record], codec: str, headers: Headers) -> int:
    builder = _builder(codec, 1 << 40)
    for offset, record in enumerate(batch):
        builder.append(offset, 0, record.key, record.value, headers)
    return len(builder.build())
