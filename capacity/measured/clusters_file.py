"""Clusters from a file: rows of a CSV table, or one cluster as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamfacts.errors import InputError
from streamfacts.reading import read_csv, read_document


@dataclass
class Clusters:
    """Rows of a file of clusters; `one` if it held a single mapping."""

    many: list[Mapping[str, Any]]
    one: bool


def open_clusters(path: str | Path) -> Clusters:
    """Return the clusters of a YAML file (a mapping, or a list of them) or of a CSV file with a header.

    Raises
    ------
    InputError
        if the file is not there or holds something else.
    """
    file = Path(path)
    if file.suffix.lower() == ".csv":
        table = read_csv(file, "cluster", ragged=True)
        rows: list[Mapping[str, Any]] = [
            {name: value for name, value in line.cells.items() if name and value} for line in table.sound
        ]
        if not rows:
            raise InputError("cluster", file.name, "a header and one row or more")
        return Clusters(rows, False)
    found = read_document(file, "cluster")
    if isinstance(found, Mapping):
        inner = found.get("clusters", found)
        if isinstance(inner, Mapping):
            return Clusters([inner], True)
        found = inner
    if not isinstance(found, list) or not found or not all(isinstance(row, Mapping) for row in found):
        raise InputError("cluster", file.name, "a mapping such as system: Kafka, nodes: 3; or a list of mappings")
    return Clusters(found, False)
