"""The workloads that are planned and their uncertain worlds, for ours and for the peer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betainc, betaincinv
from scipy.stats import qmc

from capacity import Demand, Workload
from streamfacts.units import DAY, MIB

Array = NDArray[np.float64]
SEED = 20260801
#: What the peer plans by default: draws, then all inputs at each percentile, then all at their mean.
PEER_DRAWS, PEER_PERCENTILES = 128, (5, 50, 95)
WORLDS = PEER_DRAWS + len(PEER_PERCENTILES) + 1
COPIES, RETENTION_S = 3, DAY


@dataclass(frozen=True)
class Interval:
    """An uncertain input: mean, and the two values that hold `confidence` between them.

    It is read as the peer reads it: a Beta distribution from half the low to twice the high value, with that mean, and
    the shape whose quantiles come closest.
    """

    low: float
    mid: float
    high: float
    confidence: float = 0.98

    @cached_property
    def shape(self) -> tuple[float, float]:
        """Both parameters of the Beta distribution."""
        low, mid, high = ((x - self.low / 2) / self._width for x in (self.low, self.mid, self.high))
        tail = (1 - self.confidence) / 2

        def miss(a: float) -> float:
            b = a / mid - a
            return float((betainc(a, b, low) - tail) ** 2 + (betainc(a, b, high) - (1 - tail)) ** 2)

        a = float(minimize_scalar(miss, bounds=(0.1, 40.0), method="bounded").x)
        return a, a / mid - a

    @property
    def _width(self) -> float:
        return 2 * self.high - self.low / 2

    def quantile(self, share: Array) -> Array:
        """Return the values below which these shares of the worlds lie."""
        return np.asarray(self.low / 2 + self._width * betaincinv(*self.shape, share))


@dataclass(frozen=True)
class Case:
    """One workload to plan: a write rate around `write_mib_s`, three consumers, 24 h kept, three copies."""

    name: str
    write_mib_s: float

    @cached_property
    def write(self) -> Interval:
        """Write rate [bytes/s]."""
        rate = self.write_mib_s * MIB
        return Interval(0.8 * rate, rate, 1.5 * rate)

    @cached_property
    def consumers(self) -> Interval:
        """Times that every byte is read [1]."""
        return Interval(2.0, 3.0, 4.0)

    @cached_property
    def stored(self) -> Interval:
        """Bytes kept, all copies [bytes]: half to twice what rate, retention and copies give, the peer's default."""
        kept = self.write.mid * RETENTION_S * COPIES
        return Interval(0.5 * kept, kept, 2.0 * kept)

    @cached_property
    def likely(self) -> Demand:
        """The demand at the middle of every interval."""
        return Demand.of(
            Workload(
                write=f"{self.write_mib_s:g} MiB/s",
                message="1 KiB",
                measured_at="broker",
                fan_out=self.consumers.mid,
                retention=f"{RETENTION_S:g} s",
                replication_factor=COPIES,
            )
        )

    def demand(self, shares: Array) -> Demand:
        """Return the worlds at these shares, shape (worlds, 3), of write rate, consumers and stored bytes."""
        inputs = (self.write, self.consumers, self.stored)
        write, consumers, stored = (interval.quantile(shares[:, i]) for i, interval in enumerate(inputs))
        base = self.likely
        lift = write / base.wire_bytes_s
        return base.replace(
            wire_bytes_s=write,
            payload_bytes_s=base.payload_bytes_s * lift,
            records_s=base.records_s * lift,
            fan_out=consumers,
            retention_s=stored / (write * COPIES),
        )

    def blocks(self, draws: int, block: int) -> Iterator[Demand]:
        """Yield seeded Sobol draws, `block` at a time (both powers of two)."""
        engine = self._engine()
        for _ in range(0, draws, block):
            yield self.demand(engine.random(min(block, draws)))

    def worlds(self) -> Demand:
        """Return as many draws as the peer plans worlds: the head of the next power of two of Sobol points."""
        return self.demand(self._engine().random_base2(math.ceil(math.log2(WORLDS)))[:WORLDS])

    @staticmethod
    def _engine() -> qmc.Sobol:
        return qmc.Sobol(3, scramble=True, seed=SEED)


CASES = (Case("100 MiB/s", 100.0), Case("1 GiB/s", 1024.0))
