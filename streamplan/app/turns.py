"""One study after the other, in the order in which they were asked for; who has gone is left out."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

Made = TypeVar("Made")
#: Requests that may wait. At a tenth of a second each the last one waits for half a minute.
MOST_WAITING = 300
LONGEST_RETRY = 60


class Full(Exception):
    """As many wait as may; `seconds` is when a place is likely to be free."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"{MOST_WAITING} requests are waiting; ask again in {seconds} s")
        self.seconds = seconds


class Gone(Exception):
    """The client that asked has gone before its turn."""


class Turn:
    """The place of one request in the queue."""

    def __init__(self) -> None:
        self.gone = False
        self._waiting: asyncio.Task[Literal[True]] | None = None

    def leave(self) -> None:
        """Give the place up; what is running already runs to its end."""
        self.gone = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def come(self, lock: asyncio.Lock) -> None:
        """Wait for the lock; raise `Gone` without it if the place was given up meanwhile."""
        self._waiting = waiting = asyncio.create_task(lock.acquire())
        try:
            await waiting
        except asyncio.CancelledError:
            if not self.gone:
                raise
            raise Gone from None
        if self.gone:
            lock.release()
            raise Gone


class Queue:
    """A thread that works, and those who wait for it, first come first served.

    Parameters
    ----------
    most : requests that may wait beside the one that is worked on
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.most = most
        self.waiting = 0
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "study")  # a study uses every core there is to gain
        self._took = 0.1  # the usual time of one [s]

    async def work(self, turn: Turn, make: Callable[[], Made]) -> Made:
        """Return what `make` makes when it is this one's turn.

        Raises
        ------
        Full
            if `most` are waiting already.
        Gone
            if the client has gone before its turn.
        """
        if self.waiting > self.most:
            raise Full(max(1, min(LONGEST_RETRY, math.ceil(self._took * self.most / 2))))
        self.waiting += 1
        try:
            await turn.come(self._lock)
            try:
                started = time.perf_counter()
                made = await asyncio.get_running_loop().run_in_executor(self._thread, make)
                self._took += (time.perf_counter() - started - self._took) / 8
                return made
            finally:
                self._lock.release()
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Let the thread end with what it is at."""
        self._thread.shutdown(wait=False, cancel_futures=True)
