"""Tasks in children forked from this process: each starts from the same clean, warm state and leaves nothing behind.

A child has every module that the parent has imported and every table that it has read, and whatever it changes is gone
with it. POSIX only, and only from a process of one thread; see `can_fork`.
"""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a child left: the value that its task returned, or the error that it raised."""

    number: int
    place: int
    value: Any = None
    error: BaseException | None = None


class ChildDied(RuntimeError):
    """A child ended without an answer, such as one that was killed or ran out of memory."""


def can_fork() -> bool:
    """Whether tasks may run in forked children: other threads, or macOS's libraries, would be lost halfway in them."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_forked(tasks: Iterable[Callable[[int], Any]], at_once: int) -> Iterator[Outcome]:
    """Run each task in a child of its own and yield the outcomes as they come.

    Parameters
    ----------
    tasks : called with the number of the place that they run in, 0 to `at_once` - 1, which nobody else is in meanwhile;
        each is asked for when there is a place for it, so that what comes of asking is in this child and later ones
    at_once : most children at a time

    Children still running when the caller stops, by an error or an interruption, are ended.
    """
    waiting = enumerate(tasks)
    places = list(reversed(range(at_once)))
    running: dict[int, tuple[int, int, int, bytearray]] = {}
    with selectors.DefaultSelector() as selector:
        try:
            ended: list[tuple[int, int, bytearray, int]] = []
            while True:
                for number, task in islice(waiting, len(places)):
                    place = places.pop()
                    pid, pipe = _start(task, place)
                    running[pipe] = (number, pid, place, bytearray())
                    selector.register(pipe, selectors.EVENT_READ)
                while ended:  # after the next have started, which then run while the caller is busy
                    yield _outcome(*ended.pop())
                if not running:
                    return
                for key, _ in selector.select():
                    pipe = key.fd
                    number, pid, place, data = running[pipe]
                    part = os.read(pipe, 1 << 20)
                    if part:
                        data += part
                        continue
                    selector.unregister(pipe)
                    os.close(pipe)
                    del running[pipe]
                    _, status = os.waitpid(pid, 0)
                    places.append(place)
                    ended.append((number, place, data, status))
        finally:
            for pipe, (_, pid, _, _) in running.items():
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                os.close(pipe)


def _start(task: Callable[[int], Any], place: int) -> tuple[int, int]:
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has the same interruption and ends its children
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(reading)
        with os.fdopen(writing, "wb") as out:
            out.write(_answer(task, place))
        status = 0
    finally:
        os._exit(status)  # neither the parent's cleaning up nor its buffers are the child's
    raise AssertionError("unreachable")


def _answer(task: Callable[[int], Any], place: int) -> bytes:
    try:
        return pickle.dumps((task(place), None))
    except BaseException as error:
        try:
            answer = pickle.dumps((None, error))
            pickle.loads(answer)  # some errors only fail on the way back
            return answer
        except Exception:
            return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _outcome(number: int, place: int, data: bytearray, status: int) -> Outcome:
    if status or not data:
        how = (
            f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {os.waitstatus_to_exitcode(status)}"
        )
        return Outcome(number, place, error=ChildDied(f"the process ended early, with {how}"))
    value, error = pickle.loads(data)
    return Outcome(number, place, value, error)
