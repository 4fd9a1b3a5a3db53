"""The fuzzer: `python -m tests.fuzz --seconds 60`, or `make fuzz SECONDS=60`.

Each round gives every reader files that are nearly right and every offer workloads that nobody wrote, with a new seed.
What fails is made as small as it goes, printed, and kept in `.hypothesis/`, from where the next run tries it first.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from capacity import offers
from pricing import PriceBook
from tests.fuzz.given import workloads
from tests.fuzz.readers import READERS, check_reader
from tests.fuzz.workloads import DRAWS, MONTHS, check_workload

#: No file is read, and no workload is sized in every way, in more than this [s].
LONGEST_S = {"reader": 5.0, "workload": 30.0}
#: Examples of a check in one round: few, so that every check has its turn.
READS, SIZES = 40, 12


@dataclass
class Count:
    """What a check has seen: examples, those that were good, the longest, and what failed."""

    name: str
    bound: float
    examples: int = 0
    good: int = 0
    longest: float = 0.0
    failures: int = 0

    def timed(self, check: Callable[[], bool]) -> None:
        start = time.monotonic()
        try:
            self.good += check()
        finally:
            taken = time.monotonic() - start
            self.examples += 1
            self.longest = max(self.longest, taken)
        assert taken < self.bound, f"{taken:.1f} s, more than {self.bound:g}"


@dataclass(frozen=True)
class Check:
    """A check with the examples of one round; `make` wraps it anew, as settings and a seed are for one run."""

    count: Count
    examples: int
    make: Callable[[], Any]


def checks_in(folder: Path) -> list[Check]:
    """Return what one round goes through: each reader, and workloads four times as they are the more."""
    book = PriceBook.load()
    out = [
        Check(count := Count(name, LONGEST_S["reader"]), READS, partial(_reads, name, count, folder))
        for name in READERS
    ]
    sizes = Count("workloads", LONGEST_S["workload"])
    return out + [Check(sizes, SIZES, partial(_sizes, sizes, book))] * 4


def _reads(name: str, count: Count, folder: Path) -> Any:
    def read(text: str) -> None:
        count.timed(lambda: check_reader(READERS[name], text, folder))

    read.__name__ = f"read_{name.replace(' ', '_')}"  # what is kept of failures is kept by this name
    return given(text=READERS[name].files)(read)


def _sizes(count: Count, book: PriceBook) -> Any:
    @given(
        fields=workloads(),
        offer=st.sampled_from(sorted(offers())),
        month=st.integers(0, MONTHS - 1),
        draw=st.integers(0, DRAWS - 1),
    )
    def sized(fields: dict[str, Any], offer: str, month: int, draw: int) -> None:
        count.timed(lambda: check_workload(fields, offer, month, draw, book))

    return sized


def main() -> int:
    """Run until the time is up; print the counts; return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="First seed; drawn if left out.")
    asked = parser.parse_args()
    first = random.randrange(2**32) if asked.seed is None else asked.seed
    print(f"seed {first}")
    warnings.simplefilter("error", RuntimeWarning)
    end, number = time.monotonic() + asked.seconds, first
    failures: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        checks = checks_in(Path(folder))
        for name, reader in READERS.items():  # what is imported when first used is not counted
            assert check_reader(reader, reader.text, Path(folder)), name
        while time.monotonic() < end:
            for check in checks:
                count = check.count
                if time.monotonic() >= end:
                    break
                number += 1
                chosen = settings(
                    max_examples=check.examples,
                    deadline=None,
                    database=DirectoryBasedExampleDatabase(".hypothesis/fuzz"),
                    suppress_health_check=list(HealthCheck),
                    print_blob=True,
                )
                try:
                    seed(number)(chosen(check.make()))()
                except Exception as error:
                    said = f"{type(error).__name__}: {error}"
                    count.failures += 1
                    if said[:80] not in failures:
                        failures.add(said[:80])
                        print(f"\n{count.name}, seed {number}: {said}", *getattr(error, "__notes__", ()), sep="\n  ")
    print(f"\n{'check':16}{'examples':>10}{'good':>8}{'longest s':>11}{'failures':>10}")
    for count in {id(check.count): check.count for check in checks}.values():
        print(f"{count.name:16}{count.examples:>10}{count.good:>8}{count.longest:>11.2f}{count.failures:>10}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
