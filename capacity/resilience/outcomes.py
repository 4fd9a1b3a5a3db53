"""What each failure costs a design in data and in time, as draws of every delay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capacity.demand.draws import Draws, draw
from capacity.resilience.designs import FAILURES, Design
from capacity.resilience.mechanisms import Mechanism
from capacity.resilience.recovery import catch_up_s, replication_lag_s, restore_s
from capacity.workload.quantity import Range
from capacity.workload.uncertainty import Distribution
from streamfacts.arrays import Array

#: When between two uploads a failure strikes.
MOMENT = Range(0.0, 0.5, 1.0, Distribution("uniform", (0.0, 1.0), (0.0, 1.0)))


@dataclass(frozen=True, slots=True)
class Setting:
    """What the outcomes of a design depend on besides its delays.

    Attributes
    ----------
    replication_factor, zones : of a cluster [1]
    survives_zone : whether the cluster carries its peak without a zone
    peak_ratio : peak over average write rate [1]
    utilisation : of the cluster that takes over, by the peak in the normal state [1]
    link_utilisation : of the replicators by the peak [1]
    backup_interval_s : how often records are written to the object store [s]
    restored_s : span of records that must be back before the service counts as restored [s]
    """

    replication_factor: float
    zones: float
    survives_zone: bool
    peak_ratio: float
    utilisation: float
    link_utilisation: float
    backup_interval_s: float
    restored_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One failure of one design: whether it survives, and how much is lost and how long it takes.

    Attributes
    ----------
    survived : whether the service comes back with its data, by the means of the design
    rpo_s : age of the newest record that is kept, before the failure, shape (draws,) [s]; infinite if all is lost
    rto_s : time until everything that gathered is processed, shape (draws,) [s]; infinite if it does not come back
    how : what brings it back, or what is missing, in words
    """

    failure: str
    survived: bool
    rpo_s: Array
    rto_s: Array
    how: str


def drawn_delays(delays: Mapping[str, Range], draws: int, seed: int) -> Draws:
    """Return independent draws of every delay, and of the moment between two uploads at which a failure strikes."""
    named = {f"delay.{name}": value for name, value in delays.items()}
    return draw({**named, "delay.moment": MOMENT}, draws, seed, usual=False)


def outcomes(
    design: Design,
    mechanism: Mechanism | None,
    setting: Setting,
    delays: Mapping[str, Range],
    draws: int = 4096,
    seed: int = 0,
    joint: Draws | None = None,
) -> tuple[Outcome, ...]:
    """Return the outcome of every failure.

    RPO of a copy is the lag of its link, of a backup a random part of its interval and the upload. RTO is detection,
    decision and switch (or building and restoring), and the time to catch up with what gathered meanwhile. What gathers
    and what is restored come at the average rate, as an outage is long beside a peak.

    Parameters
    ----------
    delays : every delay by the name of its row in `data/analyses/resilience.csv`
    draws, seed : quasi-random draws of the delays, all independent; the same seed gives the same figures
    joint : the same draws, where several designs share them
    """
    joint = drawn_delays(delays, draws, seed) if joint is None else joint

    def take(name: str) -> Array:
        return np.broadcast_to(joint.take(f"delay.{name}", delays[name]), (draws,))

    def at_once() -> Array:
        return np.zeros(draws)

    def never() -> Array:
        return np.full(draws, np.inf)

    def back(*delay: Array) -> Array:
        down = np.asarray(sum(delay))
        return down + catch_up_s(down, setting.utilisation / setting.peak_ratio)

    age = joint.take("delay.moment", MOMENT) * setting.backup_interval_s + take("lag.backup-upload")
    restored = restore_s(setting.restored_s, setting.peak_ratio, setting.utilisation)
    copies = setting.replication_factor > 1
    within = ("disk", "broker", "zone") if setting.zones >= 3 and setting.survives_zone else ("disk", "broker")
    one = "replicas elect new leaders; writes confirmed by all in sync are kept"
    out = []
    for failure in FAILURES:
        if copies and failure in within:
            out.append(Outcome(failure, True, at_once(), back(take("detect.broker")), one))
        elif failure != "deletion" and design.second_cluster and mechanism is not None:
            lag = at_once()
            if not mechanism.synchronous:
                lag = replication_lag_s(take(mechanism.lag), setting.link_utilisation)
            if design.active:
                rto, how = back(take("detect.region"), take("switch.active")), "clients follow to the other region"
            else:
                rto = back(take("detect.region"), take("decide"), take("switch.passive"))
                how = "the region that stands by is promoted"
            out.append(Outcome(failure, True, lag, rto, f"{how}; {mechanism.title} lags behind"))
        elif design.backup and failure == "deletion":
            rto = back(take("detect.deletion"), take("decide")) + restored
            out.append(Outcome(failure, True, age, rto, "restored from the object store, which keeps all"))
        elif design.backup:
            rto = back(take("detect.region"), take("decide"), take("provision")) + restored
            out.append(Outcome(failure, True, age, rto, "a new cluster is built and restored from the object store"))
        else:
            out.append(Outcome(failure, False, never(), never(), _why(failure, design)))
    return tuple(out)


def _why(failure: str, design: Design) -> str:
    if failure == "deletion":
        return "every copy follows what is deleted or overwritten" if design.second_cluster else "no copy stays behind"
    if failure == "region":
        return "nothing is in another region"
    if failure == "zone":
        return "needs copies in 3 zones, sized to carry the peak without one"
    return "one copy only"
