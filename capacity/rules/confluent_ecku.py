"""Confluent's eCKU rule, as its migration tool kcp computes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.rules.opinion import Opinion, Outside, Traffic
from capacity.rules.rule import Rule, round_up, value
from capacity.sizing.offer import Option

NAME = "confluent-ecku"


def ratios(in_bytes_s: ArrayLike, out_bytes_s: ArrayLike, partitions: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """Return eCKU that ingress, egress and partitions each ask for, without headroom [eCKU].

    Parameters
    ----------
    in_bytes_s, out_bytes_s : 95th percentile of what clients write and read [byte/s]
    partitions : before replication [1]
    """
    return {
        "ingress": np.asarray(in_bytes_s, float) / value(NAME, "ingress"),
        "egress": np.asarray(out_bytes_s, float) / value(NAME, "egress"),
        "partitions": np.asarray(partitions, float) / value(NAME, "partitions"),
    }


def eckus(
    in_bytes_s: ArrayLike, out_bytes_s: ArrayLike, partitions: ArrayLike, headroom: float | None = None
) -> NDArray[np.float64]:
    """Return the whole eCKU of a cluster: the largest ratio with its headroom, at least one [eCKU].

    Parameters
    ----------
    in_bytes_s, out_bytes_s : 95th percentile of what clients write and read [byte/s]
    partitions : before replication [1]
    headroom : share added to the largest ratio [1]; the tool's own 0.3 if left out

    Examples
    --------
    >>> float(eckus(100 * 2**20, 180 * 2**20, 800))
    3.0
    """
    parts = ratios(in_bytes_s, out_bytes_s, partitions)
    largest = np.maximum(np.maximum(parts["ingress"], parts["egress"]), parts["partitions"])
    added = value(NAME, "headroom") if headroom is None else headroom
    return np.maximum(round_up(largest * (1 + added)), value(NAME, "least"))


def opinion(demand: Demand, *, headroom: float | None = None) -> Opinion:
    """Return eCKU, with the average as the percentile: the tool adds its headroom to a rate below the peak.

    Parameters
    ----------
    demand : average, fan-out and partitions, of any shape
    headroom : share added to the largest ratio [1]; the tool's own 0.3 if left out
    """
    w, out = demand.wire_bytes_s, demand.wire_bytes_s * demand.fan_out
    parts = ratios(w, out, demand.partitions)
    added = value(NAME, "headroom") if headroom is None else headroom
    driver = np.maximum(parts["ingress"], parts["egress"])
    units = eckus(w, out, demand.partitions, added)
    most = value(NAME, "most_private_link")
    spiky = value(NAME, "spiky")
    return Opinion(
        unit="eCKU",
        units=units,
        needs={name: need * (1 + added) for name, need in parts.items()},
        traffic=Traffic(
            w,
            w / driver,
            np.asarray(1 / (1 + added)),
            "what producers write, or a third of what consumers read if that is more",
            at_peak=False,
        ),
        outside=(
            Outside(np.asarray(units > most), f"above {most:g} eCKU PrivateLink does not reach (32 by interface)"),
            Outside(
                np.asarray(demand.peak_ratio > spiky),
                f"a peak above {spiky:g} times the 95th percentile is what the tool calls spiky; it sizes for the"
                " percentile all the same",
            ),
        ),
    )


RULES = (
    Rule(
        NAME,
        "Confluent eCKU rule (kcp)",
        "Confluent",
        "Confluent Cloud Enterprise",
        "https://github.com/confluentinc/kcp",
        opinion,
        valid="up to 10 eCKU over PrivateLink, 32 over a private network interface",
        notes=(
            "MBps is 1,048,576 bytes, as in the tool's code",
            "the average stands for the 95th percentile that the tool reads from metrics",
        ),
        against="confluent-enterprise",
        options=(
            Option("headroom", value(NAME, "headroom"), "share added to the largest ratio [1]", low=0.0, high=10.0),
        ),
    ),
)
