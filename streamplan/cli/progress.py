"""How far a long command is, on standard error where that is a terminal; nothing of it is left when it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streamplan.runtime.progress import listening

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: A count is shown if its end is not near after this time [s].
PATIENCE = 0.7


class Bar:
    """A bar that appears once a work takes long; without a thread, as a process with threads does not fork."""

    def __init__(self) -> None:
        self._began, self._what = 0.0, ""
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, what: str | None, done: int, total: int) -> None:
        """Show how many are done of how many; None takes the bar away."""
        if what is None:
            self._end()
            return
        if what != self._what:
            self._end()
            self._began, self._what = time.monotonic(), what
        if total and time.monotonic() - self._began < PATIENCE and self._progress is None:
            return
        if self._progress is None:
            self._progress, self._task = _started(what, total)
        if self._task is not None:
            self._progress.update(self._task, completed=done, refresh=True)

    def _end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
        self._progress, self._task, self._what = None, None, ""


def _started(what: str, total: int) -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    more = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    progress = Progress(
        TextColumn("{task.description}"),
        *(more if total else ()),
        console=Console(file=sys.stderr),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.start()
    task = progress.add_task(what if total else f"{what} ...", total=total or None)
    progress.refresh()
    return progress, task


@contextmanager
def shown_progress() -> Iterator[None]:
    """Show how far long works are, if somebody sees it."""
    if not sys.stderr.isatty():
        yield
        return
    bar = Bar()
    try:
        with listening(bar):
            yield
    finally:
        bar(None, 0, 0)
