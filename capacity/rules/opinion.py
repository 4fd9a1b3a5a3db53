"""What a rule says of a demand, in terms that can be held against another rule's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.sizing.constraint import picked
from streamfacts.arrays import Array
from streamfacts.usage import Usage


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a rule turns bytes a second into units: load / (capacity x use_up_to), before any rounding.

    Parameters
    ----------
    load_bytes_s : what the rule holds against the capacity [byte/s], at the average or the peak that it takes
    capacity_bytes_s : what one unit carries of that load at full use [byte/s]
    use_up_to : share of the capacity that may be used [1]
    counts : what the load counts, in words
    at_peak : whether the rule takes the peak; else the average
    """

    load_bytes_s: Array
    capacity_bytes_s: Array
    use_up_to: Array
    counts: str
    at_peak: bool

    @property
    def needed(self) -> Array:
        """Units that the traffic asks for, not rounded [units]."""
        return np.asarray(self.load_bytes_s / (self.capacity_bytes_s * self.use_up_to))


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """How a rule turns bytes kept into disks to provision: kept once x copies / use_up_to [byte]."""

    kept_bytes: Array
    copies: Array
    use_up_to: Array

    @property
    def provisioned_bytes(self) -> Array:
        """Bytes of disk of the whole cluster, before rounding to machines [byte]."""
        return np.asarray(self.kept_bytes * self.copies / self.use_up_to)


@dataclass(frozen=True, slots=True)
class Outside:
    """A published limit of the rule and where the demand lies beyond it."""

    where: NDArray[np.bool_]
    reason: str


@dataclass(frozen=True)
class Opinion:
    """What one rule says; None is what it does not state.

    Arrays have the shape of the demand, with the configurations on a leading axis where the rule is about machines.

    Parameters
    ----------
    unit : what `units` counts: broker, vCPU, eCKU
    units, vcpu : of the whole cluster [units], [vCPU]
    memory_gib : of the whole cluster [GiB]
    disk_bytes : to provision in the whole cluster [byte]
    pools : units of further kinds, such as bookies, by kind [units]
    needs : units that each need asks for by itself, not rounded, by name [units]
    traffic, disk : the terms behind units and disk
    quantities : what else the rule states, name to value and unit
    outside : limits of the rule with where they are exceeded
    usage : quantities on meters, where the rule's author goes on to a bill
    """

    unit: str
    units: Array | None = None
    vcpu: Array | None = None
    memory_gib: Array | None = None
    disk_bytes: Array | None = None
    configuration: str | NDArray[Any] = ""
    pools: Mapping[str, Array] = field(default_factory=dict)
    needs: Mapping[str, Array] = field(default_factory=dict)
    traffic: Traffic | None = None
    disk: DiskSpace | None = None
    quantities: Mapping[str, tuple[Array, str]] = field(default_factory=dict)
    outside: tuple[Outside, ...] = ()
    usage: Usage | None = None

    @property
    def binding(self) -> NDArray[Any] | str:
        """Name of the need that asks for the most units; '' where the rule states but one."""
        if not self.needs:
            return ""
        names = np.array(list(self.needs))
        most = np.argmax(np.stack(np.broadcast_arrays(*self.needs.values())), axis=0)
        chosen = names[most]
        return str(chosen) if np.ndim(chosen) == 0 else np.asarray(chosen)

    @property
    def warnings(self) -> list[str]:
        """The limits of the rule that the demand exceeds anywhere."""
        return [o.reason for o in self.outside if np.any(o.where)]

    def pick(self, index: int, ndim: int) -> Opinion:
        """Return one configuration of an opinion whose arrays over configurations have `ndim` axes."""

        def one(value: Any) -> Any:
            return None if value is None else np.asarray(picked(value, (index,), ndim))

        traffic, disk = self.traffic, self.disk
        if traffic is not None:
            parts = {k: one(getattr(traffic, k)) for k in ("load_bytes_s", "capacity_bytes_s", "use_up_to")}
            traffic = replace(traffic, **parts)
        if disk is not None:
            disk = DiskSpace(one(disk.kept_bytes), one(disk.copies), one(disk.use_up_to))
        several = not isinstance(self.configuration, str)
        return replace(
            self,
            **{k: one(getattr(self, k)) for k in ("units", "vcpu", "memory_gib", "disk_bytes")},
            configuration=str(self.configuration[index]) if several else self.configuration,
            pools={k: one(v) for k, v in self.pools.items()},
            needs={k: one(v) for k, v in self.needs.items()},
            traffic=traffic,
            disk=disk,
            quantities={k: (one(v), u) for k, (v, u) in self.quantities.items()},
            outside=tuple(Outside(np.asarray(one(o.where), bool), o.reason) for o in self.outside),
            usage=None if self.usage is None else self.usage.pick(index),
        )
