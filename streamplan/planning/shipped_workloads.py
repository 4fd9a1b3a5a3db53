"""The shipped workloads: published deployments as files in `data/workloads/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from capacity import Workload
from streamfacts.errors import unknown_name
from streamfacts.tables import data_dir


def shipped_workloads() -> dict[str, Path]:
    """Return the shipped workload files by name.

    Examples
    --------
    >>> "example-100mib" in shipped_workloads()
    True
    """
    return {path.stem: path for path in sorted((data_dir() / "workloads").glob("*.yaml"))}


def open_workload(
    path_or_name: str | Path, region: str | None = None, growth: Mapping[str, Any] | None = None
) -> Workload:
    """Return a workload from a file or, if there is no such file, the shipped one of that name.

    `growth` is a growth block in place of the file's, if it has any entries.

    Raises
    ------
    InputError
        if there is neither, with the nearest shipped names.
    """
    path, shipped = Path(path_or_name), shipped_workloads()
    try:
        exists = path.exists()
    except OSError:  # such as a name that is too long for a file
        exists = False
    if not exists and str(path_or_name) in shipped:
        path = shipped[str(path_or_name)]
    elif not exists and path.suffix.lower() not in (".yaml", ".yml"):
        raise unknown_name("workload (no such file, and no shipped one)", str(path_or_name), shipped)
    workload = Workload.load(path)
    if growth:
        stated = {"source", "assumed"} & set(growth)
        workload = workload.replace(growth=growth if stated else {**growth, "assumed": "given as a parameter"})
    return workload.replace(region=region) if region else workload
