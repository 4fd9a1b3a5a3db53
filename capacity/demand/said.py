"""What a demand assumes of producers and topics, in sentences whose numbers are its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from capacity.demand.demand import Demand
from streamfacts.tables import assumption
from streamfacts.units import human, largest
from streamfacts.usage import HOURS_PER_MONTH

#: A batch that takes longer to fill than this is warned of [s].
SLOW_TO_FILL_S = 1.0


def demand_sentences(d: Demand, unused: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return what is assumed of one workload's producers and topics, and what an offer does not use.

    Parameters
    ----------
    d : demand of shape ()
    unused : fields of the workload that the offer knows not, with the reason
    """
    out = [*_batches(d), *_kept(d), *_exactly_once(d)]
    out += [f"{name} is given and not used: {why}" for name, why in (unused or {}).items() if name in d.given]
    return tuple(out)


def kept_words(d: Demand) -> str:
    """Return how long records are kept, for a person."""
    return "forever" if d.forever else human(largest(d.retention_s), "seconds")


def _count(value: float, noun: str) -> str:
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{number} {noun}{'' if value == 1 else 's'}"


def _batches(d: Demand) -> Iterator[str]:
    records, fill = largest(d.records_a_batch), largest(d.batch_fill_s)
    if d.batches_measured:
        if "batch" in d.given:
            yield f"{_count(records, 'record')} a batch, as given"
    else:
        where = _count(largest(d.partitions), "partition") if d.keyed else _count(largest(d.topics), "topic")
        how = "as given" if "producers" in d.given else "the fewest that carry the peak, assumed; more make it smaller"
        wait = "as given" if "linger" in d.given else "the default of Kafka 4"
        keys = "" if "keyed" in d.given else "; that keys choose the partition is assumed" if d.keyed else ""
        yield (
            f"{_count(records, 'record')} a batch: {human(largest(d.records_s), 'records/s')} over {where} from"
            f" {_count(largest(d.producers), 'producer')} ({how}) that waits {largest(d.linger_s) * 1e3:g} ms"
            f" ({wait}), at most {_count(largest(d.full_batch_records), 'record')}{keys}"
        )
    if fill > SLOW_TO_FILL_S:
        each = largest(d.records_s) / largest(d.batch_streams)
        yield (
            f"warning: a batch of {_count(records, 'record')} takes {human(fill, 'seconds')} to fill at"
            f" {each:,.3g} records/s from one producer to one partition: records wait that long"
        )


def _kept(d: Demand) -> Iterator[str]:
    rate = largest(d.wire_bytes_s)
    one, by_time = rate * largest(d.held_s), rate * largest(d.retention_s) * largest(d.retained_by_time)
    copies = largest(d.replication_factor)
    if d.forever:
        months = float(assumption("forever_months"))
        yield (
            f"kept forever: {human(one, 'bytes')} a copy after {months:g} months,"
            f" {human(rate * HOURS_PER_MONTH * 3600, 'bytes')} more with every month at this rate"
        )
    if "held" in d.given and not d.forever:
        yield (
            f"{human(one * copies, 'bytes')} on all brokers together, as measured; the model would think"
            f" {human(by_time * copies, 'bytes')} in {human(largest(d.retention_s), 'seconds')}"
        )
    elif "retention_bytes" in d.given and one < by_time:
        yield (
            f"retention_bytes is reached first: {human(one, 'bytes')} a copy, where"
            f" {human(largest(d.retention_s), 'seconds')} would keep {human(by_time, 'bytes')};"
            " a partition may hold one segment more"
        )
    if largest(d.compacted_share) > 0:
        yield (
            f"compacted: {human(one, 'bytes')} a copy with what the cleaner has not reached; for each byte written it"
            f" reads {largest(d.cleaner_reads):.3g} and writes {largest(d.cleaner_writes):.3g} on every copy"
        )


def _exactly_once(d: Demand) -> Iterator[str]:
    factor = largest(d.exactly_once_cpu)
    what = [name for name in ("transactions", "idempotence") if name in d.given]
    if factor > 1.0:
        fact = assumption("transaction_throughput_lost" if "transactions" in what else "idempotence_throughput_lost")
        yield f"{what[0]}: {factor - 1.0:.1%} more CPU of brokers, as published ({fact.source.split(';')[0]})"


def is_one(d: Demand) -> bool:
    """Whether a demand is of one workload at one time, so that sentences can be made of it."""
    return not d.shape and bool(np.all(d.wire_bytes_s > 0))
