"""The shipped workloads: published deployments as files in `data/workloads/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from capacity import Workload
from streamfacts.errors import InputError, unknown_name
from streamfacts.reading import read_mapping
from streamfacts.tables import data_dir


def shipped_workloads() -> dict[str, Path]:
    """Return the shipped workload files by name.

    Examples
    --------
    >>> "example-100mib" in shipped_workloads()
    True
    """
    return {path.stem: path for path in sorted((data_dir() / "workloads").glob("*.yaml"))}


def is_scenarios(path: str | Path) -> bool:
    """Return whether a file holds scenarios and no workload; False for one that cannot be read."""
    try:
        found = read_mapping(path, "workload") if Path(path).is_file() else {}
    except (InputError, OSError):  # OSError: a name that is longer than the system takes
        return False
    return "scenarios" in found or "base" in found


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
    try:
        workload = Workload.load(path)
    except InputError:
        if not is_scenarios(path):
            raise
        wanted = "a workload; that one holds scenarios, which compare takes"
        raise InputError("workload", str(path_or_name), wanted) from None
    if growth:
        stated = {"source", "assumed"} & set(growth)
        workload = workload.replace(growth=growth if stated else {**growth, "assumed": "given as a parameter"})
    return workload.replace(region=region) if region else workload
