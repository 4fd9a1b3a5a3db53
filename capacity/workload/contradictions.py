"""Inputs of a workload that contradict each other and can be sized all the same: said, not mended in silence.

What cannot be sized at all is an `InputError` of the workload itself. Here stands what has a reading, which may not be
the one that its author had in mind: a range that ends beyond what the field can be, fewer partitions than topics.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from capacity.workload.quantity import Range
from capacity.workload.workload import Workload
from streamfacts.units import human

#: Of a range between its 10th and its 90th percentile this lies below its low end, by its own meaning [1].
TAIL = 0.1


def contradictions(workload: Workload) -> tuple[str, ...]:
    """Return a sentence on each contradiction, with what is taken instead.

    Examples
    --------
    >>> contradictions(Workload(write="1 MB/s", topics=40, partitions=10))
    ('partitions 10 are fewer than topics 40, each of which has one at least: 40 are taken',)
    """
    return (*_beyond_their_ends(workload), *_between_fields(workload))


def _beyond_their_ends(w: Workload) -> Iterator[str]:
    for name in w.quantities():
        value = getattr(w, name)
        if not isinstance(value, Range) or value.distribution is None or value.distribution.family == "normal":
            continue  # a normal distribution is cut off at the ends, as its form says
        least, most = value.distribution.bounds
        draws = replace(value.distribution, bounds=(-math.inf, math.inf)).quantile((np.arange(400) + 0.5) / 400)
        for share, end, side in (
            (float(np.mean(draws < least)), least, "below"),
            (float(np.mean(draws > most)), most, "above"),
        ):
            if share > TAIL + 0.005:
                edge = human(end, w.unit_of(name)) if w.unit_of(name) else f"{end:g}"
                bound = f"{side} {edge}, the {'least' if side == 'below' else 'most'} that it can be"
                yield f"{name}: {share:.0%} of its range lies {bound}, and is taken as that"


def _between_fields(w: Workload) -> Iterator[str]:
    if w.partitions is not None and w.topics is not None and w.partitions.likely < w.topics.likely:
        given, topics = f"{w.partitions.likely:,.0f}", f"{w.topics.likely:,.0f}"
        yield f"partitions {given} are fewer than topics {topics}, each of which has one at least: {topics} are taken"
    if w.batch is not None and w.message is not None and w.batch.likely < w.message.likely:
        batch, message = (human(x.likely, "bytes") for x in (w.batch, w.message))
        yield f"batch {batch} is smaller than message {message}, of which it holds one at least: one is taken"
    if w.partitions is not None and w.hottest_partition is not None:
        hottest, even = w.hottest_partition.likely, 1.0 / max(w.partitions.likely, w.topics.likely if w.topics else 1.0)
        if hottest < even:
            shares = f"hottest_partition {hottest:.3g} is less than an even share of the partitions, {even:.3g}"
            yield f"{shares}, which one of them carries at least: that is taken"
    if w.consumers is not None and w.fan_out.likely == 0:
        yield f"consumers {w.consumers.likely:,.0f} with fan_out 0: nothing is read; both are taken as they are"
    if w.hot_retention is not None and w.hot_retention.likely > w.retention.likely:
        hot, kept = (human(x.likely, "seconds") for x in (w.hot_retention, w.retention))
        yield f"hot_retention {hot} is longer than retention {kept}, and is taken as that"
    groups = w.consumer_groups
    if groups is not None and w.fan_out.likely > groups:
        if groups:
            why = f"consumer_groups {groups}: some read all of it more than once"
        else:
            why = "consumer_groups 0: nobody is there to read"
        yield f"fan_out {w.fan_out.likely:g} with {why}; both are taken as they are"
    if w.cold_reads.likely > 0 and w.hot_retention is not None and w.hot_retention.likely >= w.retention.likely:
        yield f"cold_reads {w.cold_reads.likely:g}, and nothing is older than hot_retention; both are taken as they are"
    given_loss = {"survive", "replication_factor"} <= w.model_fields_set
    if given_loss and w.replication_factor == 1 and w.must_survive != "none":
        yield f"replication_factor 1 with survive {w.must_survive}: what is on a lost one is gone; its load is carried"


__all__ = ["contradictions"]
