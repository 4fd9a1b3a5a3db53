"""What is given to be held against another: a workload, or the result of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from capacity import Workload
from streamfacts.errors import InputError
from streamfacts.reading import parse_json, read_text
from streamplan.analyses.diff.result import Result
from streamplan.planning.shipped_workloads import open_workload

WANTED = "a workload (YAML, or the name of a shipped one), or a result that `streamplan compare --json` wrote"


def open_given(path: str, region: str | None = None) -> Workload | Result:
    """Return the workload or the result that a file holds.

    Raises
    ------
    InputError
        for a file that is neither, or that cannot be read.
    """
    file = Path(path)
    if not file.is_file():
        return open_workload(path, region)
    text = read_text(file, "result or workload", WANTED)
    json = file.suffix.lower() == ".json"
    if json or text.lstrip().startswith("{"):
        try:
            found = parse_json(text, "result", path)
        except InputError:
            if json:
                raise
            found = None  # a workload may be written in braces, too
        if isinstance(found, Mapping) and "platforms" in found:
            return Result.of(found, file.name)
        if json:
            raise InputError("result", path, WANTED)
    if file.suffix.lower() not in (".yaml", ".yml") and not text.lstrip().startswith("{"):
        raise InputError("result or workload", path, WANTED)
    return open_workload(path, region)


__all__ = ["open_given"]
