"""Placement: whole replicas on whole disks of whole brokers, and the broker that holds the most of them decides.

A partition has a leader and followers; none of them is divided. Of `leaders` partitions on `left` brokers one broker
leads ceil(leaders / left), and of all their replicas one holds ceil(replicas / left): balancing evens out no further.
The partition that is written the most lies on the fullest broker, as it lies on some broker that is as full as any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamfacts.arrays import Array

Value = NDArray[np.float64] | np.float64 | float

#: Slack in rounding, so that 3.0000000001 brokers stay three.
ROUNDING = 1e-9
#: More partitions than any unit is asked to hold, where what they add is nothing.
MANY = 1e15


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a demand consists of: partitions, each with one leader and its replicas, as in `constraint.Constraint`.

    Parameters
    ----------
    leaders : partitions [1]; infinite where the demand divides as finely as one likes
    copies : replicas of each that carry the demand, the leader among them [1]
    lead : share of the demand on the leader alone [1]; the rest lies on all replicas alike
    hottest : load of the busiest partition over the demand [1], 0 for all the same
    bins : equal parts of a unit on one of which a replica lies whole, such as disks [1]
    """

    leaders: Value
    copies: Value = 1.0
    lead: Value = 1.0
    hottest: Value = 0.0
    bins: Value = 1.0

    @property
    def _even(self) -> bool:
        """Whether all partitions are alike, and their number is given."""
        return isinstance(self.hottest, float) and self.hottest == 0.0 and not isinstance(self.leaders, float)

    def _shares(self) -> tuple[Any, Any]:
        """Share of an ordinary partition times the partitions, and what the hottest has above an ordinary one [1]."""
        if self._even:
            return 1.0, 0.0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            even = np.divide(1.0, self.leaders)
            hottest = np.maximum(self.hottest, even)
            # one partition is all there is; of endlessly many the others are nothing each
            ordinary = np.where(np.equal(self.leaders, 1), 1.0, np.maximum(1.0 - hottest, 0.0) / (1.0 - even))
        return ordinary, hottest - ordinary * even

    def share_of_fullest(self, left: Value) -> Array:
        """Return the share of the whole demand that the fullest of `left` units, or of their bins, carries [1]."""
        if isinstance(self.lead, float) and self.lead == 1.0 and self._even:
            return _per_unit(self.leaders, left)
        if isinstance(self.lead, float) and self.lead == 0.0 and self._even and isinstance(self.bins, float):
            return _per_unit(np.multiply(self.leaders, self.copies), np.multiply(left, self.bins)) * self.bins
        ordinary, extra = self._shares()
        led = _per_unit(self.leaders, left)
        bins = np.asarray(self.bins, float)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            held = _per_unit(np.multiply(self.leaders, self.copies), left * bins) * bins
            follow = ordinary * held + extra * bins / self.copies
            share = self.lead * (ordinary * led + extra) + np.subtract(1.0, self.lead) * follow
        # nothing is left to carry it: more than any unit can
        return np.asarray(np.where(np.greater(left, 0.0), share, np.inf))

    def units(self, demand: Value, capacity: Value) -> Array:
        """Return the fewest units on which the fullest carries no more than `capacity`, not rounded [units].

        Infinite where one partition, or one replica on one bin, is more than a unit has.

        The fullest of n units has l = ceil(leaders / n) leaders and ceil(copies x leaders / n) replicas. For a given l
        the replicas that fit follow, and more than the l that would fit undivided, and one, never fit: two values of l
        are enough to find the most.
        """
        demand, lead, copies = np.asarray(demand, float), np.asarray(self.lead, float), np.asarray(self.copies, float)
        each = np.subtract(1.0, lead) / copies
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            room = np.divide(capacity, demand)
            if self._even:
                led = room * self.leaders
                return np.asarray(np.where(demand > 0, self.leaders / self._most(led, lead, each, copies), 0.0))
            ordinary, extra = self._shares()
            room = room - extra * (lead + each * self.bins)
            # of one partition, undivided: per unit
            share = np.where(ordinary > 0, np.divide(room, ordinary), np.where(room >= -ROUNDING, MANY, -1.0))
            whole = np.isfinite(self.leaders)
            led = share * np.where(whole, self.leaders, 1.0)
            per_broker = np.where(whole, self._most(led, lead, each, copies), led)
            out = np.where(whole, self.leaders, 1.0) / np.maximum(per_broker, 0.0)
        nothing = np.equal(demand, 0) | np.isposinf(capacity)
        return np.asarray(np.where(nothing, 0.0, np.where(per_broker > 0, out, np.inf)))

    def _most(self, fluid: Array, lead: Array, each: Array, copies: Array) -> Array:
        """Most partitions a unit, of `fluid` that fit undivided: in steps of one leader or of one replica."""
        if not lead.any():
            in_bins = copies if isinstance(self.bins, float) and self.bins == 1.0 else copies / self.bins
            return _floor(fluid * in_bins) / in_bins
        first = _floor(fluid)
        if np.all(np.equal(lead, 1.0)):
            return first
        best = np.zeros(())
        for leaders in (first, first + 1.0):
            replicas = _floor(np.where(each > 0, (fluid - leaders * lead) / each, np.inf))
            best = np.maximum(best, np.minimum(leaders, replicas / copies))
        return np.asarray(best)


def _per_unit(pieces: Any, units: Any) -> Array:
    """Pieces on the fullest unit over all pieces: ceil(pieces / units) / pieces, or 1 / units of endlessly many."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        whole = np.asarray(np.divide(pieces, units))
        np.ceil(np.multiply(whole, 1.0 - ROUNDING, out=whole), out=whole)
        np.divide(whole, pieces, out=whole)
        finite = np.isfinite(pieces)
        return np.asarray(whole if finite.all() else np.where(finite, whole, np.divide(1.0, units)))


def _floor(value: Any) -> Array:
    return np.asarray(np.floor(value * (1.0 + ROUNDING)))
