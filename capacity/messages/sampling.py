"""A sample of runs of neighbouring records: what lies together compresses together."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from capacity.messages.reading import Record


@dataclass(frozen=True)
class Sample:
    """Runs of neighbouring records, and what was counted of all of them.

    Parameters
    ----------
    runs : the runs taken, in the order of the file
    records : records of the whole file [1]
    total_bytes, largest_bytes : keys and values of all of them, and of the largest one [byte]
    whole : whether the runs are all that there is
    """

    runs: tuple[tuple[Record, ...], ...]
    records: int
    total_bytes: int
    largest_bytes: int
    whole: bool

    @property
    def taken(self) -> int:
        """Records in the sample [1]."""
        return sum(map(len, self.runs))


def sample_runs(records: Iterable[Record], run_bytes: int, sample_bytes: int, seed: int = 0) -> Sample:
    """Return runs of about `run_bytes`, each run of the file equally likely; one pass, bounded memory.

    Parameters
    ----------
    records : in their order
    run_bytes : length of a run [byte]
    sample_bytes : of all runs together, at least of two [byte]
    seed : the same seed takes the same runs

    Examples
    --------
    >>> sample = sample_runs((Record(bytes(10)) for _ in range(1000)), 100, 500)
    >>> sample.records, sample.taken, sample.whole
    (1000, 50, False)
    """
    most = max(2, sample_bytes // run_bytes)
    draw = random.Random(seed)
    kept: list[tuple[int, tuple[Record, ...]]] = []
    run: list[Record] = []
    count = total = largest = length = runs = 0

    def close() -> None:
        nonlocal runs
        if len(kept) < most:
            kept.append((runs, tuple(run)))
        elif (place := draw.randrange(runs + 1)) < most:
            kept[place] = (runs, tuple(run))
        runs += 1

    for record in records:
        count, total, largest = count + 1, total + record.size, max(largest, record.size)
        run.append(record)
        length += record.size
        if length >= run_bytes:
            close()
            run, length = [], 0
    if run and runs < most:  # a short last run only where everything is taken
        close()
        run = []
    whole = runs <= most and not run
    return Sample(tuple(r for _, r in sorted(kept, key=lambda pair: pair[0])), count, total, largest, whole)
