"""`python -m tools.coverage_floor FILE`: say how many lines the tests ran, and fail below the floor.

FILE is what SlipCover writes as JSON. Lines that only other processes run (notebooks, the app's server, a fresh kernel)
do not count as run, so that the true share is higher.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

#: Least share of the lines that the tests run [%], two points below what they ran when it was set.
FLOOR = 94.0
#: Files that are named where too few lines were run.
SHOWN = 10


def report(found: dict[str, Any], floor: float = FLOOR) -> tuple[str, bool]:
    """Return what is said of a measurement, and whether enough lines were run.

    Examples
    --------
    >>> files = {"a.py": {"missing_lines": [3]}, "b.py": {"missing_lines": []}}
    >>> report({"summary": {"percent_covered": 90.0}, "files": files}, floor=80)
    ('90.0% of the lines were run by the tests; the floor is 80%', True)
    >>> print(report({"summary": {"percent_covered": 90.0}, "files": files}, floor=95)[0])
    90.0% of the lines were run by the tests; the floor is 95%
    most lines that were not run:
         1 a.py
    """
    share = float(found["summary"]["percent_covered"])
    text = f"{share:.1f}% of the lines were run by the tests; the floor is {floor:g}%"
    if share >= floor:
        return text, True
    missing = {name: len(file["missing_lines"]) for name, file in found["files"].items() if file["missing_lines"]}
    most = sorted(missing.items(), key=lambda row: -row[1])[:SHOWN]
    return "\n".join([text, "most lines that were not run:", *(f"{n:6,} {name}" for name, n in most)]), False


if __name__ == "__main__":
    said, enough = report(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(said)
    sys.exit(not enough)
