"""How far a long work is: the loops that take long tell it, and whoever wants to know listens.

Nothing is told by default, and never by a forked child, whose parent tells for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
#: Called with what is done, how many are done, and of how many; 0 of 0 where that is not known. None ends it.
Listener = Callable[[str | None, int, int], None]

_listener: Listener | None = None
_process = 0


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a listener how far works are, within the block and in this process."""
    global _listener, _process
    before = _listener, _process
    _listener, _process = listener, os.getpid()
    try:
        yield
    finally:
        _listener, _process = before


def counted(items: Sequence[T], what: str) -> Iterator[T]:
    """Yield the items, and tell how many of them are done; `what` is empty for a loop that is not worth it.

    Examples
    --------
    >>> with listening(lambda what, done, total: print(what, done, total)):
    ...     for offer in counted(["a", "b"], "offers"):
    ...         pass
    offers 0 2
    offers 1 2
    None 2 2
    """
    if _listener is None or not what or os.getpid() != _process:
        yield from items
        return
    listener, done = _listener, 0
    try:
        for done, item in enumerate(items):
            listener(what, done, len(items))
            yield item
        done = len(items)
    finally:
        listener(None, done, len(items))


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Tell that a work is under way of which nobody knows how far it is."""
    listener = _listener if os.getpid() == _process else None
    if listener is not None:
        listener(what, 0, 0)
    try:
        yield
    finally:
        if listener is not None:
            listener(None, 0, 0)
