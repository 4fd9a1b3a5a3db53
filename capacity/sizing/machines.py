"""Machine tables as columns of NumPy arrays: read once, taken by name without a table look-up a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamfacts.tables import NUMBER, kind_of_column, read_columns, read_rows


@dataclass(frozen=True)
class MachineTable:
    """Columns of equal length, `names` among them."""

    names: NDArray[Any]
    columns: Mapping[str, NDArray[Any]]

    def __getitem__(self, column: str) -> NDArray[Any]:
        return self.columns[column]

    def __len__(self) -> int:
        return len(self.names)

    def where(self, keep: NDArray[np.bool_]) -> MachineTable:
        """Return the rows where `keep` is true."""
        return MachineTable(self.names[keep], {name: column[keep] for name, column in self.columns.items()})

    def of(self, names: NDArray[Any]) -> MachineTable:
        """Return the rows of these names, in the table's order."""
        return self if len(names) == len(self.names) else self.where(np.isin(self.names, names, assume_unique=True))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Source of each row, with its date."""
        return tuple(f"{source} [{as_of}]" for source, as_of in zip(self["source"], self["as_of"], strict=True))

    @property
    def source(self) -> str:
        """Source of the first row, with its date; a sizing that has `sources` too puts that of the one picked."""
        return f"{self['source'][0]} [{self['as_of'][0]}]"


@cache
def machine_table(table: str) -> MachineTable:
    """Return `data/machines/<table>.csv`; empty cells of number columns are NaN, of text columns ''."""
    name = f"machines/{table}"
    columns = {
        column: np.array(cells, float if kind_of_column(name, column) == NUMBER else str)
        for column, cells in read_columns(name).items()
    }
    return MachineTable(next(iter(columns.values())), columns)


ARM = "arm64"


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine type of a cloud."""

    name: str
    vcpu: float
    memory_gib: float
    architecture: str


@cache
def known_machines() -> dict[str, Machine]:
    """Return every machine type of the tables by name.

    Examples
    --------
    >>> known_machines()["m7g.large"].architecture
    'arm64'
    """
    out: dict[str, Machine] = {}
    for name in (row[column] for row in read_rows("clouds") for column in ("machines", "more_machines")):
        if not name:
            continue
        table = machine_table(name)
        rows = zip(table.names, table["vcpu"], table["memory_gib"], table["architecture"], strict=True)
        for machine, vcpu, memory, architecture in rows:
            out.setdefault(str(machine), Machine(str(machine), float(vcpu), float(memory), str(architecture)))
    return out
