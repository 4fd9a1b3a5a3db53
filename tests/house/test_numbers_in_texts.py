"""Numbers in the prose of the site and of the README are those of the code and of the tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from capacity import offers
from capacity.resilience import DESIGNS
from capacity.rules import rules
from streamfacts.tables import assumption, read_rows
from streamplan.planning.shipped_workloads import shipped_workloads
from tools.reference.commands import commands, options

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").is_file())
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "eleven": 11, "twelve": 12}


def number(text: str) -> float:
    """A number in digits or in words."""
    lower = text.lower()
    return float(NUMBERS[lower]) if lower in NUMBERS else float(text.replace(",", ""))


def default(command: str, option: str) -> float:
    return float(next(o.default for o in options(commands()[command]) if option in o.opts))


def evidence(role: str | None = None) -> int:
    return sum(role in (None, row["role"]) for row in read_rows("evidence/evidence"))


CASES = [
    ("how-to/describe-a-workload.md", r"(\w+) such files are shipped", lambda: len(list(shipped_workloads()))),
    (
        "how-to/describe-a-workload.md",
        r"(\w+) published deployments",
        lambda: sum(not name.startswith("example") for name in shipped_workloads()),
    ),
    ("how-to/predict-a-cluster.md", r"(\d+) published measurements", evidence),
    ("how-to/predict-a-cluster.md", r"of which (\d+) are limits", lambda: evidence("limit")),
    ("how-to/predict-a-cluster.md", r"The (\d+) coefficients", lambda: len(read_rows("calibration/coefficients"))),
    ("explanation/accuracy.md", r"of (\d+), marked", lambda: len(read_rows("calibration/coefficients"))),
    ("how-to/resilience.md", r"prices (\w+) designs", lambda: len(DESIGNS)),
    ("how-to/schedule.md", r"takes at (\d+) MB/s", lambda: float(assumption("rebalance_bytes_s")) / 1e6),
    ("how-to/choose.md", r"with (\d+)% probability", lambda: 100 * default("choose", "--size-for")),
    ("how-to/second-opinions.md", r"runs (\w+) published rules", lambda: len(rules())),
    ("reference/platforms.md", r"the (\d+) offers", lambda: len(offers())),
]


@pytest.mark.parametrize(("page", "pattern", "counted"), CASES, ids=[f"{page}: {p}" for page, p, _ in CASES])
def test_a_number_in_the_texts(page, pattern, counted):
    text = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").split())
    found = re.findall(pattern, text)
    assert found, f"{page} no longer says {pattern}"
    assert [number(one) for one in found] == [counted()] * len(found)


def test_numbers_are_read_in_words_and_digits():
    assert (number("Twelve"), number("173"), number("4,096")) == (12.0, 173.0, 4096.0)
