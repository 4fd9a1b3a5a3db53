"""Network volumes: what of size, throughput and operations is bought, by the law that the vendor sells them under.

=================== =====================================================================================
law                 what is bought
=================== =====================================================================================
`bought-apart`      size, throughput and operations, each for itself
`operations-bound`  the same; throughput needs operations, and operations need size
`grows-with-size`   size only: throughput and operations come with it
=================== =====================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.sizing.machines import machine_table
from streamfacts.arrays import Array
from streamfacts.errors import MissingFact, unknown_name
from streamfacts.units import MIB
from streamfacts.usage import UsageLine

#: Some vendors count disk throughput in MBps of 10^6 bytes; a volume's own fields are in MiB/s.
MB = 1e6


@dataclass(frozen=True)
class Volume:
    """A network volume whose size, throughput and operations are bought apart.

    The baselines come with it; what is bought above them is metered. Throughput in MiB/s, size in GiB.
    """

    sku: str
    size_meter: str
    throughput_meter: str
    operations_meter: str
    max_gib: float
    baseline_mib_s: float
    max_mib_s: float
    baseline_iops: float
    max_iops: float
    source: str

    @classmethod
    def rates_of(cls, row: Mapping[str, Any]) -> dict[str, float]:
        """Return the fields that the law of this class takes out of the volume's own row."""
        return {"baseline_mib_s": float(row["baseline_mib_s"]), "max_mib_s": float(row["max_mib_s"])}

    def bought(self, need_bytes_s: Array, io_bytes: float) -> tuple[Array, Array]:
        """Return throughput [MiB/s] and operations [1/s] to provision for the largest load of one volume [byte/s]."""
        throughput = np.clip(np.ceil(need_bytes_s / MIB), self.baseline_mib_s, self.max_mib_s)
        return throughput, np.maximum(self.baseline_iops, np.ceil(need_bytes_s / io_bytes))

    def grown(self, size_gib: Array, throughput_mib_s: Array, iops: Array) -> Array:
        """Return the size to buy [GiB] for the data, a throughput [MiB/s] and operations [1/s]."""
        return size_gib

    def lines(
        self,
        units: Array,
        size_gib: Array,
        throughput_mib_s: Array,
        iops: Array,
        extra_gib: float,
        least_gib: Array | None = None,
        of: str = "units",
    ) -> list[UsageLine]:
        """Return the usage of one volume a unit, and `extra_gib` beside them, for a month.

        `least_gib` is what all the volumes together hold at least, however many units there are; `of` says whose
        volumes they are.
        """
        others = f" + {extra_gib:g} GiB of the other nodes" if extra_gib else ""
        return [
            self.size_line(units * size_gib, extra_gib, least_gib, f"{of} x volume{others}"),
            UsageLine(
                self.throughput_meter,
                units * (throughput_mib_s - self.baseline_mib_s),
                "MiB/s-month",
                self.sku,
                f"{of} x (throughput - {self.baseline_mib_s:g} MiB/s included)",
            ),
            self.operations_line(units, iops, of),
        ]

    def size_line(self, gib: Array, extra_gib: float, least_gib: Array | None, formula: str) -> UsageLine:
        """Return the usage of the volumes' size, with what other nodes have beside it."""
        least = None if least_gib is None else least_gib + extra_gib
        return UsageLine(self.size_meter, gib + extra_gib, "GiB-month", self.sku, formula, least=least)

    def operations_line(self, units: Array, iops: Array, of: str, how: str = "") -> UsageLine:
        """Return the usage of operations above those included."""
        formula = f"{of} x (IOPS - {self.baseline_iops:g} included){how}"
        return UsageLine(self.operations_meter, units * (iops - self.baseline_iops), "IOPS-month", self.sku, formula)


@dataclass(frozen=True)
class OperationsBound(Volume):
    """A volume whose throughput is bought in whole MBps of 10^6 bytes and needs a number of IOPS for each.

    Parameters
    ----------
    mb_s_per_iops : most throughput of one provisioned operation a second [MBps]
    iops_per_gib : most operations a second of one GiB above the included ones [1/s]
    """

    mb_s_per_iops: float
    iops_per_gib: float

    @classmethod
    def rates_of(cls, row: Mapping[str, Any]) -> dict[str, float]:
        """Return the fields that the law of this class takes out of the volume's own row."""
        return {
            "baseline_mib_s": float(row["baseline_mb_s"]) * MB / MIB,
            "max_mib_s": float(row["max_mb_s"]) * MB / MIB,
            "mb_s_per_iops": float(row["mb_s_per_iops"]),
            "iops_per_gib": float(row["iops_per_gib"]),
        }

    def bought(self, need_bytes_s: Array, io_bytes: float) -> tuple[Array, Array]:
        """Return throughput [MiB/s] and operations [1/s] to provision for the largest load of one volume [byte/s]."""
        mb_s = np.clip(np.ceil(need_bytes_s / MB - 1e-9), self.baseline_mib_s * MIB / MB, self.max_mib_s * MIB / MB)
        iops = np.maximum(np.ceil(need_bytes_s / io_bytes), np.ceil(mb_s / self.mb_s_per_iops - 1e-9))
        return mb_s * MB / MIB, np.maximum(self.baseline_iops, iops)

    def lines(
        self,
        units: Array,
        size_gib: Array,
        throughput_mib_s: Array,
        iops: Array,
        extra_gib: float,
        least_gib: Array | None = None,
        of: str = "units",
    ) -> list[UsageLine]:
        """Return the usage of one volume a unit, and `extra_gib` beside them, for a month."""
        included = self.baseline_mib_s * MIB / MB
        others = f", + {extra_gib:g} GiB of the other nodes" if extra_gib else ""
        # more operations than the included ones need a volume of iops / 500 GiB
        least = np.where(iops > self.baseline_iops, np.ceil(iops / self.iops_per_gib), 0.0)
        above = np.maximum(throughput_mib_s * MIB / MB - included, 0.0)
        return [
            self.size_line(
                units * np.maximum(size_gib, least),
                extra_gib,
                least_gib,
                f"{of} x volume, at least IOPS / {self.iops_per_gib:g}{others}",
            ),
            UsageLine(
                self.throughput_meter,
                units * np.where(above < 1e-6, 0.0, above),
                "MBps-month",
                self.sku,
                f"{of} x (throughput - {included:g} MBps included), MBps of 10^6 bytes",
            ),
            self.operations_line(units, iops, of, f"; a MBps needs {1 / self.mb_s_per_iops:g} IOPS"),
        ]


@dataclass(frozen=True)
class GrowingVolume(Volume):
    """A volume whose throughput and operations grow with its size, so that only size is bought.

    Each machine has the baselines; every GiB adds to them, up to the limit of the machine.
    """

    mib_s_per_gib: float
    iops_per_gib: float

    @classmethod
    def rates_of(cls, row: Mapping[str, Any]) -> dict[str, float]:
        """Return the fields that the law of this class takes out of the volume's own row."""
        grow = {name: float(row[name]) for name in ("mib_s_per_gib", "iops_per_gib")}
        return super().rates_of(row) | grow

    def grown(self, size_gib: Array, throughput_mib_s: Array, iops: Array) -> Array:
        """Return the size [GiB] that holds the data and offers throughput [MiB/s] and operations [1/s]."""
        for_throughput = (throughput_mib_s - self.baseline_mib_s) / self.mib_s_per_gib
        for_operations = (iops - self.baseline_iops) / self.iops_per_gib
        return np.maximum(size_gib, np.ceil(np.maximum(for_throughput, for_operations)))

    def lines(
        self,
        units: Array,
        size_gib: Array,
        throughput_mib_s: Array,
        iops: Array,
        extra_gib: float,
        least_gib: Array | None = None,
        of: str = "units",
    ) -> list[UsageLine]:
        """Return the usage of one volume a unit, and `extra_gib` beside them, for a month."""
        others = f" + {extra_gib:g} GiB of the other nodes" if extra_gib else ""
        return [
            self.size_line(
                units * self.grown(size_gib, throughput_mib_s, iops),
                extra_gib,
                least_gib,
                f"{of} x largest of (volume, (throughput - {self.baseline_mib_s:g} MiB/s) / "
                f"{self.mib_s_per_gib:g} MiB/s a GiB, (IOPS - {self.baseline_iops:g}) / {self.iops_per_gib:g} a GiB)"
                f"{others}",
            )
        ]


#: The laws by the name that they have in `data/clouds.csv`.
LAWS: Mapping[str, type[Volume]] = {
    "bought-apart": Volume,
    "operations-bound": OperationsBound,
    "grows-with-size": GrowingVolume,
}


def read_volume(cloud: Mapping[str, Any]) -> Volume:
    """Return the volume that a row of `data/clouds.csv` names, with what its own row in `data/machines/` says.

    Raises
    ------
    InputError, MissingFact
        for a law that is none of `LAWS`; for a volume that its table does not have.
    """
    law = LAWS.get(cloud["volume_law"])
    if law is None:
        raise unknown_name(f"clouds.csv: volume_law of {cloud['cloud']}", cloud["volume_law"], LAWS)
    table = machine_table(cloud["volumes"])
    if cloud["volume"] not in table.names:
        raise MissingFact(f"no volume {cloud['volume']!r} in data/machines/{cloud['volumes']}.csv")
    row = {name: column[table.names == cloud["volume"]][0] for name, column in table.columns.items()}
    return law(
        sku=cloud["volume"],
        size_meter=cloud["size_meter"],
        throughput_meter=cloud["throughput_meter"],
        operations_meter=cloud["operations_meter"],
        max_gib=float(row["max_size_gib"]),
        baseline_iops=float(row["baseline_iops"]),
        max_iops=float(row["max_iops"]),
        source=f"{row['source']} [{row['as_of']}]",
        **law.rates_of(row),
    )
