"""Work on all cores: in forked processes where the system has them, else on threads.

Threads share one interpreter and one map of memory: on arrays of this size two of them take half as long again in
processor time, so that a second core gains next to nothing. A forked child starts with all that the parent has read
and writes its results into memory that both see.
"""

from __future__ import annotations

import mmap
import os
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from streamfacts.arrays import Array
from streamplan.runtime.progress import counted

#: Bytes of an error that a child can hand to its parent.
_LONGEST_ERROR = 65_536


#: Whether this process does its share of a work, so that it takes no second core for a part of it.
_alone = False


def cores() -> int:
    """Return how many cores this process may use; one where it does its share of a work already."""
    if _alone:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared_empty(shape: tuple[int, ...]) -> Array:
    """Return an array that forked children fill for their parent; zero until they do."""
    count = int(np.prod(shape, dtype=int))
    return np.frombuffer(mmap.mmap(-1, max(count, 1) * 8), float, count).reshape(shape)


def on_cores(work: Callable[[Any], None], jobs: Iterable[Any], *, forked: bool, what: str = "") -> None:
    """Do the jobs on as many cores as there are.

    Parameters
    ----------
    work : does one job; what it leaves behind must be in memory that is shared if it is `forked`
    jobs : in any order
    forked : whether the jobs are worth processes of their own
    what : what the jobs are, to tell how far they are; empty to tell nothing

    Raises
    ------
    Exception
        the first error of a job, as it was raised.
    """
    todo = list(jobs)
    workers = min(cores(), len(todo))
    if workers < 2:
        for job in counted(todo, what):
            work(job)
    elif forked and hasattr(os, "fork"):
        _in_children(work, [todo[i::workers] for i in range(workers)], what)
    else:
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(work, todo):
                pass


def _in_children(work: Callable[[Any], None], shares: list[list[Any]], what: str) -> None:
    """Do all shares but the first in children, the first here; wait for every child, then raise what one raised."""
    global _alone
    _alone = True
    children = [_start(work, share) for share in shares[1:]]
    mine: BaseException | None = None
    try:
        for job in counted(shares[0], what):
            work(job)
    except BaseException as error:
        mine = error
    finally:
        _alone = False
    errors = [_end(*child) for child in children]
    for failed in (mine, *errors):
        if failed is not None:
            raise failed


def _start(work: Callable[[Any], None], share: list[Any]) -> tuple[int, int]:
    """Fork a child for the jobs; return its process and the end of the pipe on which it tells its error."""
    read, write = os.pipe()
    process = os.fork()
    if process:
        os.close(write)
        return process, read
    status = 1
    try:
        os.close(read)
        for job in share:
            work(job)
        status = 0
    except BaseException as error:
        try:
            told = pickle.dumps(error)
        except Exception:
            told = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
        os.write(write, told[:_LONGEST_ERROR])
    finally:
        os._exit(status)


def _end(process: int, read: int) -> BaseException | None:
    """Wait for a child; return its error, or one that says how it ended."""
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(process, 0)
    if told:
        error = pickle.loads(told)
        return error if isinstance(error, BaseException) else RuntimeError(str(error))
    if status:
        return RuntimeError(f"a child of the search ended with status {os.waitstatus_to_exitcode(status)}")
    return None
