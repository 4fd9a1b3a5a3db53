"""Demand: a workload in canonical floats, arrays allowed, that every law and platform reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from capacity.demand.batching import batches_of, exactly_once_cpu, producers_of
from capacity.demand.held import held
from capacity.demand.model_error import MODEL_CPU, model_cpu
from capacity.laws.batches import batch_streams, fill_seconds
from capacity.laws.partitions import fewest_partitions, hottest_of_keys, zipf_share
from capacity.laws.paths import Paths, network_paths
from capacity.workload.growth import MOST_MONTHS
from capacity.workload.quantity import CORNERS, Range
from capacity.workload.servers import Servers
from capacity.workload.workload import Workload
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.tables import assumption
from streamfacts.units import DAY

#: Fields whose high value means less load, so that the low corner of a range takes their high end.
RELIEVING = frozenset({"compression_ratio", "batch", "linger", "transactions"})

#: Fields whose use by an offer is said where they are given.
SAID = frozenset(
    {"retention_bytes", "compacted", "held", "transactions", "idempotence", "linger", "producers", "keyed", "batch"}
)


@dataclass(frozen=True, slots=True)
class Demand:
    """Canonical arrays that broadcast against each other; 0-d for one workload.

    Byte rates are averages; `peak_ratio` lifts them to the peak. `wire_bytes_s` is what travels and is stored once:
    record batches after compression. `payload_bytes_s` is what applications produce.

    `cpu_factor` is the CPU that brokers need for this load over what the fitted coefficients say [1]: 1 at the median,
    drawn as `model_error.model_cpu` says, or as the workload's own measurements do. `exactly_once_cpu` is the part of
    it that idempotent or transactional producers add [1].

    `retained` and `hot_retained` are the bytes that the retention windows hold over what the present rate would leave
    in them [1]: 1 for a load that does not move (`growth.retained_share`). Laws of storage take `held_s`, limits of
    retention take `retention_s`. Where a size, a measurement or compaction bounds what is kept they hold it too;
    `retained_by_time` and `hot_retained_by_time` are what time alone keeps, for offers that know no other bound.

    `producers` and `linger_s` made the record batches, unless these were measured, out of as many open ones as
    `batch_streams` says and up to `full_batch_records` each [1]; `batch_fill_s` is how long one takes to fill [s].
    `cleaner_reads` and `cleaner_writes` are the bytes that log cleaners move on each copy for each byte
    written [1]. `given` names fields of the workload that offers may not take.

    `partitions` are those given, or the fewest that will do for traffic, consumers and topics where none are
    (`partitions_given`); offers with brokers choose how many more (`capacity.partitions`). `hottest` is the rate of the
    busiest partition over the write rate [1], 0 where all are alike; above 1 where one of several clusters has it.
    """

    payload_bytes_s: Array
    wire_bytes_s: Array
    records_s: Array
    message_bytes: Array
    max_message_bytes: Array
    batch_wire_bytes: Array
    peak_ratio: Array
    fan_out: Array
    retention_s: Array
    hot_retention_s: Array
    partitions: Array
    cold_reads: Array
    outage_s: Array
    catch_up_s: Array
    replication_factor: Array
    zones: Array
    consumer_groups: Array
    cross_region_copies: Array
    topics: Array = field(default_factory=lambda: np.asarray(1.0))
    clusters: Array = field(default_factory=lambda: np.asarray(1.0))
    cpu_factor: Array = field(default_factory=lambda: np.asarray(1.0))
    retained: Array = field(default_factory=lambda: np.asarray(1.0))
    hot_retained: Array = field(default_factory=lambda: np.asarray(1.0))
    consumers: Array = field(default_factory=lambda: np.asarray(0.0))
    hottest: Array = field(default_factory=lambda: np.asarray(0.0))
    rebuild_within_s: Array = field(default_factory=lambda: np.asarray(DAY))
    retained_by_time: Array = field(default_factory=lambda: np.asarray(1.0))
    hot_retained_by_time: Array = field(default_factory=lambda: np.asarray(1.0))
    cleaner_reads: Array = field(default_factory=lambda: np.asarray(0.0))
    cleaner_writes: Array = field(default_factory=lambda: np.asarray(0.0))
    producers: Array = field(default_factory=lambda: np.asarray(1.0))
    linger_s: Array = field(default_factory=lambda: np.asarray(0.0))
    batch_streams: Array = field(default_factory=lambda: np.asarray(1.0))
    full_batch_records: Array = field(default_factory=lambda: np.asarray(1.0))
    batch_fill_s: Array = field(default_factory=lambda: np.asarray(0.0))
    exactly_once_cpu: Array = field(default_factory=lambda: np.asarray(1.0))
    compacted_share: Array = field(default_factory=lambda: np.asarray(0.0))
    connections: Array | None = None
    region: str = "us-east-1"
    tls: bool = True
    survive: str = "zone"
    min_insync_replicas: int | None = None
    use_up_to: Mapping[str, Any] = field(default_factory=dict)
    partitions_given: bool = True
    keyed: bool = True
    batches_measured: bool = True
    given: frozenset[str] = frozenset()
    forever: bool = False
    servers: Servers | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the demand once every array is broadcast."""
        values = (getattr(self, name) for name in self.__slots__)
        shapes = {value.shape for value in values if isinstance(value, (np.ndarray, np.floating))} - {()}
        return np.broadcast_shapes(*shapes)

    @property
    def held_s(self) -> Array:
        """Seconds of the present rate that are kept: bytes held are the rate times this [s]."""
        return self.retention_s * self.retained

    @property
    def hot_held_s(self) -> Array:
        """The same on broker disks when the rest is tiered [s]."""
        return self.hot_retention_s * self.hot_retained

    @property
    def peak_wire_bytes_s(self) -> Array:
        return self.wire_bytes_s * self.peak_ratio

    @property
    def peak_payload_bytes_s(self) -> Array:
        return self.payload_bytes_s * self.peak_ratio

    @property
    def peak_records_s(self) -> Array:
        return self.records_s * self.peak_ratio

    @property
    def records_a_batch(self) -> Array:
        """Records of an average batch [1]."""
        return self.batch_wire_bytes * self.records_s / self.wire_bytes_s

    def kept_by_time(self) -> Demand:
        """Return the demand where only time bounds what is kept: no size a partition, no compaction."""
        return replace(
            self,
            retained=self.retained_by_time,
            hot_retained=self.hot_retained_by_time,
            cleaner_reads=np.asarray(0.0),
            cleaner_writes=np.asarray(0.0),
        )

    def arrays(self) -> dict[str, Array]:
        """Return the numeric fields by name."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {k: np.asarray(v) for k, v in values.items() if isinstance(v, (np.ndarray, np.floating))}

    def others(self) -> dict[str, Any]:
        """Return the fields that are not numeric by name; demands that have them in common can be `joined`."""
        numbers = self.arrays()
        return {name: getattr(self, name) for name in self.__slots__ if name not in numbers}

    def replace(self, **changes: Any) -> Demand:
        """Return a copy with some arrays changed; scalars become 0-d arrays."""
        changed: dict[str, Any] = {
            k: np.asarray(v, float) if isinstance(v, (int, float)) else v for k, v in changes.items()
        }
        return replace(self, **changed)

    def paths(
        self, *, copies: Any = None, zones: Any = None, follower_fetch: bool = False, tiered: bool = False
    ) -> Paths:
        """Return the average bytes a second on every network path [byte/s]; see `laws.paths.network_paths`.

        Parameters
        ----------
        copies, zones : those of the offer [1], where they are not the workload's to choose
        """
        return network_paths(
            self.wire_bytes_s,
            self.fan_out,
            self.replication_factor if copies is None else copies,
            self.zones if zones is None else zones,
            follower_fetch=follower_fetch,
            tiered=tiered,
            cold_reads=self.cold_reads,
            cross_region_copies=self.cross_region_copies,
        )

    @classmethod
    def joined(cls, demands: Sequence[Demand]) -> Demand:
        """Return several demands of one workload, each of shape () or (n,), one after another on one axis.

        What is one number in all of them stays one number.
        """
        first, sizes = demands[0], [max(1, *d.shape, 1) for d in demands]
        columns = {}
        for name, value in first.arrays().items():
            parts = [np.asarray(getattr(d, name)) for d in demands]
            if not all(part.ndim == 0 and part == value for part in parts):
                columns[name] = np.concatenate([np.broadcast_to(part, n) for part, n in zip(parts, sizes, strict=True)])
        return first.replace(**columns)

    def take(self, index: Any) -> Demand:
        """Return some of the demands of an axis, by index or mask; one of them, of shape (), by a number."""
        return self.replace(**{name: value[index] for name, value in self.arrays().items() if value.ndim})

    def scaled(self, factor: Any) -> Demand:
        """Return a 0-d demand at several times its throughput, of the shape of `factor` [1].

        Rates and the partitions that follow from them grow together; records a batch stay as they are, though more
        load would fill batches better.
        """
        wire = self.wire_bytes_s * factor
        partitions = self.partitions
        if not self.partitions_given:
            partitions = fewest_partitions(wire * self.peak_ratio, self.consumers, self.topics)
        return self.replace(
            payload_bytes_s=self.payload_bytes_s * factor,
            wire_bytes_s=wire,
            records_s=self.records_s * factor,
            partitions=np.broadcast_to(partitions, np.shape(factor)),
        )

    def split(self, clusters: Any) -> Demand:
        """Return the demand of one of several equal clusters, on a new leading axis if `clusters` is an array.

        Rates, partitions, consumers and connections are shared out; what each record or reader needs stays, and so does
        the busiest partition, which lies on one of them.

        Parameters
        ----------
        clusters : how many [1], a number, an array of shape (n,), or of (n, *shape) where each demand has its own
        """
        k = np.asarray(clusters, float)
        if k.shape[1:] != self.shape:
            k = k.reshape(k.shape + (1,) * len(self.shape))
        wire, topics, consumers = self.wire_bytes_s / k, np.ceil(self.topics / k), np.ceil(self.consumers / k)
        given = self.partitions_given
        return replace(
            self,
            payload_bytes_s=self.payload_bytes_s / k,
            wire_bytes_s=wire,
            records_s=self.records_s / k,
            partitions=(
                np.ceil(self.partitions / k) if given else fewest_partitions(wire * self.peak_ratio, consumers, topics)
            ),
            topics=topics,
            consumers=consumers,
            hottest=self.hottest * k if np.any(self.hottest) else self.hottest,
            connections=None if self.connections is None else np.ceil(self.connections / k),
            clusters=self.clusters * k,
        )

    @classmethod
    def of(cls, workload: Workload, corner: str = "likely") -> Demand:
        """Return the 0-d demand at one corner of the workload's ranges: low, likely or high load."""
        return build(workload, lambda name, r: np.float64(getattr(r, _end(workload, name, corner))))

    @classmethod
    def corners(cls, workload: Workload) -> Demand:
        """Return the demand with shape (3,): every range at its low, its likely and its high load together."""
        return build(workload, lambda name, r: np.array([getattr(r, _end(workload, name, c)) for c in CORNERS]))

    @classmethod
    def months(cls, workload: Workload, months: int, corner: str = "likely") -> Demand:
        """Return the demand of each month along the workload's growth, shape (months,), at one corner of its ranges.

        What does not vary by month has shape (). See `capacity.workload.growth`.
        """
        whole("months", months, 1, MOST_MONTHS)
        demand = build(workload, lambda name, r: np.float64(getattr(r, _end(workload, name, corner))), months)
        return demand.replace(wire_bytes_s=np.broadcast_to(demand.wire_bytes_s, (months,)))


def _end(w: Workload, name: str, corner: str) -> str:
    if name == MODEL_CPU:  # corners are those of the workload's own ranges
        return "likely"
    # smaller messages at the same byte rate mean more records: the low corner takes the largest
    if name in RELIEVING or (name == "message" and w.write is not None):
        return {"low": "high", "high": "low"}.get(corner, corner)
    return corner


def _hottest(w: Workload, get: Any, partitions: Array) -> Array:
    """Share of the write rate of the busiest partition [1]; 0 where nothing says that one is busier than others."""
    if w.hottest_partition is not None:
        given = np.asarray(get("hottest_partition"))
        return (
            given if w.partitions is None else np.maximum(given, 1.0 / partitions)
        )  # one carries an even share at least
    if w.skew is not None:
        return zipf_share(get("skew"), partitions)
    if w.says_keyed:
        return hottest_of_keys(float(assumption("hottest_key_share")), partitions)
    return np.asarray(0.0)


def _said(w: Workload) -> frozenset[str]:
    """The fields of `SAID` that a workload asks for; a flag that is off asks for nothing, but for `keyed`."""
    off = {name for name in SAID - {"keyed"} if getattr(w, name) in (None, False)}
    return SAID & w.model_fields_set - off


def build(w: Workload, take: Any, months: int | None = None) -> Demand:
    def get(name: str, default: float | None = None) -> Array:
        block, _, figure = name.partition(".")
        value = getattr(getattr(w, block), figure) if figure else getattr(w, name)
        if value is None:
            if default is None:
                raise ValueError(name)
            value = Range(default, default, default)
        elif isinstance(value, int):
            value = Range(value, value, value)
        out = np.asarray(take(name, value), float)
        return w.growth.of_field(name, out, take, months) if w.growth is not None else out

    overhead = float(assumption("record_batch_header_bytes"))
    ratio = get("compression_ratio")
    level = w.growth.path(take, months) if w.growth is not None and months is not None else np.asarray(1.0)
    if w.messages is not None:
        message = get("message") if w.message is not None else get("write") / get("messages")
        records_s = get("messages") * level
        measured = records_s * message
    else:
        measured = get("write") * level
        message = get("message", float(assumption("default_message_bytes")))
        records_s = measured / message
    if w.peak_write is not None:  # in a draw of both the peak is never below the average
        peak_ratio = np.maximum(get("peak_write") / get("write"), 1.0)
    else:
        seasonal = w.growth.peak_ratio(take) if w.growth is not None else 1.0
        peak_ratio = get("peak_ratio", float(assumption("unknown_peak_ratio")) if w.peak_missing else 1.0) * seasonal
    at_broker = w.measured_at == "broker"
    payload = measured * ratio if at_broker else measured
    message = payload / records_s if at_broker else message
    made = batches_of(w, get, message, ratio)
    planned = measured if at_broker else records_s * made.wire_bytes(made.full)
    topics, consumers = np.ceil(get("topics", 1.0)), get("consumers", 0.0)
    if w.partitions is not None:
        partitions = np.maximum(np.ceil(get("partitions")), topics)
    else:
        partitions = fewest_partitions(planned * peak_ratio, consumers, topics)
    producers = producers_of(w, get, records_s * peak_ratio, payload * peak_ratio)
    streams = batch_streams(partitions, topics, producers, w.keyed)
    per_batch = made.filled(records_s, streams)
    if at_broker:
        wire = measured
        batch_wire = made.most_bytes / ratio * per_batch / made.full + overhead
    else:
        wire = records_s * made.wire_bytes(per_batch)
        batch_wire = wire / records_s * per_batch
    retention = get("retention")
    copies = get("replication_factor")
    fan_out = get("fan_out")
    if w.cpu_factor is not None:
        cpu_factor = np.asarray(take("cpu_factor", w.cpu_factor), float)
    else:
        spread = model_cpu(wire, copies, fan_out, wire / batch_wire, records_s, w.tls)
        cpu_factor = np.asarray(take(MODEL_CPU, spread), float)
    exactly_once = exactly_once_cpu(w, get)
    hot = np.minimum(get("hot_retention", float(assumption("hot_retention_s"))), retention)
    kept = held(
        w,
        get,
        wire=wire,
        record=wire / records_s,
        level=level,
        retention=retention,
        hot=hot,
        partitions=partitions,
        copies=copies,
        months=months,
    )
    return Demand(
        payload_bytes_s=payload,
        wire_bytes_s=wire,
        records_s=records_s,
        message_bytes=message,
        max_message_bytes=np.maximum(get("max_message"), message) if w.max_message is not None else message,
        batch_wire_bytes=batch_wire,
        peak_ratio=np.asarray(peak_ratio, float),
        fan_out=fan_out,
        cpu_factor=cpu_factor * exactly_once,
        exactly_once_cpu=exactly_once,
        retention_s=retention,
        hot_retention_s=hot,
        retained=kept.retained,
        hot_retained=kept.hot_retained,
        retained_by_time=kept.by_time,
        hot_retained_by_time=kept.hot_by_time,
        cleaner_reads=kept.cleaner_reads,
        cleaner_writes=kept.cleaner_writes,
        compacted_share=get("compacted.share") if w.compacted is not None else np.asarray(0.0),
        producers=producers,
        linger_s=made.linger_s,
        batch_streams=streams,
        full_batch_records=made.full,
        batch_fill_s=fill_seconds(per_batch, records_s, streams),
        partitions=partitions,
        topics=topics,
        consumers=consumers,
        hottest=_hottest(w, get, partitions),
        rebuild_within_s=get("rebuild_within"),
        cold_reads=get("cold_reads"),
        outage_s=get("outage"),
        catch_up_s=get("catch_up"),
        replication_factor=copies,
        zones=get("zones"),
        consumer_groups=get("consumer_groups") if w.consumer_groups is not None else np.ceil(fan_out),
        cross_region_copies=get("cross_region_copies"),
        connections=np.ceil(get("connections")) if w.connections is not None else None,
        region=w.region,
        tls=w.tls,
        survive=w.must_survive,
        min_insync_replicas=w.min_insync_replicas,
        use_up_to=w.use_up_to,
        partitions_given=w.partitions is not None,
        keyed=w.keyed,
        batches_measured=made.measured,
        given=_said(w),
        forever=w.kept_forever,
        servers=w.servers,
    )
