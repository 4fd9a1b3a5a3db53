"""Bytes of a record on the wire and on disk, by codec and batch size, measured on the user's own messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from capacity.messages.batches import CODECS, BatchSize, batch_sizes
from capacity.messages.envelopes import TOOLS, envelope_of
from capacity.messages.reading import Record, first_line, format_of, read_records
from capacity.messages.sampling import Sample, sample_runs
from streamfacts.errors import InputError, unknown_name
from streamfacts.tables import assumption
from streamfacts.units import KIB, MIB

if TYPE_CHECKING:
    import pandas as pd

#: Batch sizes that are tried, from the producer's default to what bulk producers set [byte].
BATCHES = (16 * KIB, 64 * KIB, 256 * KIB, MIB)
#: Bytes of records that are run through the codecs; more of the file is counted and not compressed [byte].
SAMPLE_BYTES = 16 * MIB


@dataclass(frozen=True)
class Measurement:
    """One codec at one batch size.

    Parameters
    ----------
    codec : a key of `CODECS`
    batch_bytes : largest batch before compression, the producer's batch.size [byte]
    batch : what was built
    """

    codec: str
    batch_bytes: float
    batch: BatchSize

    @property
    def records_per_batch(self) -> float:
        """Records in an average batch [1]."""
        return self.batch.records / self.batch.batches

    @property
    def mean_batch_bytes(self) -> float:
        """An average batch before compression [byte]."""
        return self.batch.plain_bytes / self.batch.batches

    @property
    def wire_bytes(self) -> float:
        """Bytes of a record on the wire: its share of a batch; requests around batches are not counted [byte]."""
        return self.batch.wire_bytes / self.batch.records

    @property
    def disk_bytes(self) -> float:
        """Bytes of a record in one copy of the log: the batch as sent, and the log's two indexes [byte]."""
        interval, entry = (float(assumption(f"log_index_{k}_bytes")) for k in ("interval", "entry"))
        batch = self.batch.wire_bytes / self.batch.batches
        return self.wire_bytes * (1 + entry / max(batch, interval))

    @property
    def compression_ratio(self) -> float:
        """Bytes of the records before over after compression, without the headers of batches [1]."""
        header = float(assumption("record_batch_header_bytes")) * self.batch.batches
        return (self.batch.plain_bytes - header) / (self.batch.wire_bytes - header)


@dataclass(frozen=True)
class Messages:
    """What was measured of a file of messages."""

    name: str
    format: str
    key: str | None
    envelope: str
    headers: Mapping[str, bytes]
    sample: Sample
    seed: int
    measurements: tuple[Measurement, ...]

    @property
    def header_bytes(self) -> int:
        """Names and values of the headers of one record [byte]."""
        return sum(len(k.encode()) + len(v) for k, v in self.headers.items())

    @property
    def message_bytes(self) -> float:
        """Key, value and headers of an average record of the sample [byte]."""
        taken = sum(record.size for run in self.sample.runs for record in run)
        return taken / self.sample.taken + self.header_bytes

    @property
    def taken(self) -> str:
        """What was measured, in a sentence."""
        s = self.sample
        text = (
            f"{s.records:,} records, {s.total_bytes:,} bytes of keys and values, the largest {s.largest_bytes:,} bytes"
        )
        if self.envelope != "none":
            text = f"{text}, taken out of what {TOOLS[self.envelope]} put around them"
        if s.whole:
            return f"{text}; all of them measured"
        return f"{text}; {s.taken:,} measured, in {len(s.runs)} runs of neighbours drawn with seed {self.seed}"

    @property
    def best(self) -> Measurement:
        """The fewest bytes on the wire at the smallest batch size that was measured."""
        least = min(m.batch_bytes for m in self.measurements)
        return min((m for m in self.measurements if m.batch_bytes == least), key=lambda m: m.wire_bytes)

    def of(self, codec: str, batch_bytes: float) -> Measurement:
        """Return the measurement of a codec at a batch size; raises `InputError` if it was not measured."""
        for m in self.measurements:
            if (m.codec, m.batch_bytes) == (codec, batch_bytes):
                return m
        known = sorted({f"{m.codec} at {m.batch_bytes:g} bytes" for m in self.measurements})
        raise unknown_name("measurement", f"{codec} at {batch_bytes:g} bytes", known)

    def table(self) -> pd.DataFrame:
        """Return one row a codec and batch size."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "codec": m.codec,
                    "batch_bytes": m.batch_bytes,
                    "records_per_batch": m.records_per_batch,
                    "mean_batch_bytes": m.mean_batch_bytes,
                    "message_bytes": self.message_bytes,
                    "wire_bytes_per_record": m.wire_bytes,
                    "disk_bytes_per_record": m.disk_bytes,
                    "compression_ratio": m.compression_ratio,
                    "records_alone": m.batch.alone,
                }
                for m in self.measurements
            ]
        )

    def workload(self, chosen: Measurement | None = None) -> dict[str, object]:
        """Return the fields of a workload that the messages give, with where they come from.

        With `write` or `messages` beside them, and what is not in a message, they are a workload.
        """
        m = chosen or self.best
        origin = f"measured on {self.name}: {m.codec}, batches of up to {m.batch_bytes:,.0f} bytes"
        return {
            "message": {"value": f"{self.message_bytes:.1f} B", "source": origin},
            "max_message": {"value": f"{self.sample.largest_bytes + self.header_bytes} B", "source": origin},
            "compression_ratio": {"value": round(max(m.compression_ratio, 1.0), 4), "source": origin},
            "batch": {"value": f"{m.mean_batch_bytes:.1f} B", "source": origin},
            "headers": len(self.headers),
        }


def measure_messages(
    path: str | Path,
    format: str | None = None,
    *,
    key: str | None = None,
    envelope: str | None = None,
    headers: Mapping[str, bytes] | None = None,
    codecs: Sequence[str] = tuple(CODECS),
    batches: Sequence[float] = BATCHES,
    sample_bytes: float = SAMPLE_BYTES,
    seed: int = 0,
) -> Messages:
    """Return what the records of a file take on the wire and on disk, by codec and batch size.

    The file is read once, as a stream. Up to `sample_bytes` of records are run through real record batches: all of
    them, or runs of neighbouring records drawn with the seed.

    Parameters
    ----------
    path : file of messages
    format : a key of `FORMATS`; told from the file if left out
    key : field whose value becomes the key of a record
    envelope : a key of `ENVELOPES`, what a consumer tool put around each line; told from the first line if left out
    headers : headers on every record, name to value
    codecs : keys of `CODECS`
    batches : largest batch before compression [byte]
    sample_bytes : bytes of records to run through the codecs [byte]
    seed : the same seed takes the same records

    Raises
    ------
    InputError
        for a file that is empty, broken or unreadable, a record larger than a broker accepts, an unknown codec.

    References
    ----------
    Kafka documentation, section 5.3 "Message Format", https://kafka.apache.org/documentation/#messageformat
    """
    for codec in codecs:
        if codec not in CODECS:
            raise unknown_name("codec", codec, CODECS)
    most = float(assumption("max_message_bytes"))
    for size in batches:
        if not 1 <= size <= most:
            raise InputError("batch", f"{size:g} bytes", f"1 to {most:,.0f} bytes, the largest batch a broker accepts")
    if not 1 <= sample_bytes <= 2**31:
        raise InputError("sample", f"{sample_bytes:g} bytes", "1 byte to 2 GiB")
    format = format or format_of(path)
    around = envelope or (envelope_of(first_line(path)) if format in ("jsonl", "lines") else "none")
    named = tuple((headers or {}).items())
    own = sum(len(k.encode()) + len(v) for k, v in named)

    def accepted() -> Iterator[Record]:
        for number, record in enumerate(read_records(path, format, key, around), 1):
            if record.size + own > most:
                raise InputError(
                    f"record {number}",
                    f"{record.size + own:,} bytes",
                    f"at most {most:,.0f} bytes, what a broker accepts",
                )
            yield record

    run_bytes = int(2 * max(*batches, MIB / 4))  # so that every run holds a whole batch
    sample = sample_runs(accepted(), run_bytes, int(sample_bytes), seed)
    if not sample.records:
        raise InputError("file", str(path), "a file with at least one record; this one has none")
    runs = [list(chain.from_iterable(sample.runs))] if sample.whole else sample.runs
    found = []
    for size in batches:
        sizes = batch_sizes(runs, codecs, int(size), named, cut=not sample.whole)
        found += [Measurement(codec, float(size), sizes[codec]) for codec in codecs]
    return Messages(Path(path).name, format, key, around, dict(named), sample, seed, tuple(found))
