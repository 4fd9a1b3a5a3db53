"""Files out, written whole or not at all; those that come in are `streamfacts.reading`'s."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from streamfacts.errors import NotWritten

#: How the files end that are being written; what a process that was killed has left of them is swept by the next.
UNFINISHED = ".unfinished"
#: How folders begin that hold what a run needs while it runs.
SCRATCH = "streamplan-scratch-"


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write a file so that it is there whole or not at all: to a temporary file beside it, then renamed.

    A link is followed, and what is no file, such as a pipe or ``/dev/stdout``, is written to.

    Raises
    ------
    NotWritten
        with the path and the reason; no file, no folder and no part of either is left.
    """
    return write_all({path: content})[0]


def write_all(contents: Mapping[str | Path, str | bytes] | Mapping[Path, str | bytes]) -> list[Path]:
    """Write files that belong together: all are written aside before the first is moved to its place.

    Raises
    ------
    NotWritten
        as of `write_whole`; of all files none is there if one cannot be written.
    """
    made: list[Path] = []
    aside: list[tuple[str, int, Path]] = []
    at: Path = Path()
    try:
        for path, content in contents.items():
            at = Path(path)
            place = Path(os.path.realpath(at))
            data = content.encode("utf-8") if isinstance(content, str) else content
            if at.exists() and not at.is_file() and not at.is_dir():
                _write_through(at, data)
                continue
            _make_folder(place.parent, made)
            if place.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            _sweep(place)
            name, handle = _beside(place)
            aside.append((name, handle, place))
            _fill(handle, data)
            with suppress(FileNotFoundError):
                os.chmod(name, place.stat().st_mode & 0o777)
        while aside:
            name, handle, place = aside[0]
            at = place
            os.replace(name, place)
            os.close(handle)
            aside.pop(0)
    except BaseException as error:
        for name, handle, _ in aside:
            Path(name).unlink(missing_ok=True)
            os.close(handle)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, (OSError, ValueError)):  # a path may hold what no path can, such as a NUL
            raise NotWritten(at, error) from None
        raise
    return [Path(path) for path in contents]


#: Open folders that this process holds.
_held: set[int] = set()


def _let_go() -> None:
    """A forked child that outlives this process must not hold its folders."""
    while _held:
        os.close(_held.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for the time of a run; those of runs that were killed are swept away first.

    Raises
    ------
    NotWritten
        if there is no place for one.
    """
    try:
        root = Path(tempfile.gettempdir())
        for old in root.glob(f"{SCRATCH}*"):
            _sweep_folder(old)
        folder, held = _held_folder()
    except OSError as error:
        raise NotWritten(os.environ.get("TMPDIR") or "the folder for temporary files", error) from None
    if held is not None:
        _held.add(held)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None and held in _held:
            _held.discard(held)
            os.close(held)


def _fill(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)


def _write_through(place: Path, data: bytes) -> None:
    with place.open("wb", buffering=0) as out:
        left = memoryview(data)
        while left:
            left = left[out.write(left) or 0 :]


def _make_folder(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note the new ones, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        try:
            one.mkdir()
        except FileExistsError:  # another process was faster
            continue
        made.append(one)


def _beside(place: Path) -> tuple[str, int]:
    """Open a new file beside a place, locked while this process has it open, with the mode that new files get."""
    while True:
        name = f"{place.parent / _stem(place)}{secrets.token_hex(6)}{UNFINISHED}"
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
        if not _locked(handle, wait=True) or os.fstat(handle).st_nlink:
            return name, handle
        os.close(handle)  # somebody took it for one that was left, before it was locked


def _stem(place: Path) -> str:
    return f".{place.name[:40]}."


def _locked(handle: int, *, wait: bool = False) -> bool:
    """Whether a lock on an open file or folder is to be had; it goes when the file is closed or the process dies."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (ImportError, OSError):  # a system or a place without such locks: nothing is swept there
        return False
    return True


def _sweep(place: Path) -> None:
    """Remove what a process that was killed has left of this file: nobody holds it."""
    with suppress(OSError):
        for left in place.parent.glob(f"{escape(_stem(place))}*{UNFINISHED}"):
            handle = os.open(left, os.O_RDONLY)
            try:
                if _locked(handle):
                    os.unlink(left)
            finally:
                os.close(handle)


def _held_folder() -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=SCRATCH))
        if not hasattr(os, "O_DIRECTORY"):  # where folders cannot be opened
            return folder, None
        held = os.open(folder, os.O_RDONLY)
        if _locked(held, wait=True) and folder.is_dir():
            return folder, held
        os.close(held)
        if folder.is_dir():  # a place without locks
            return folder, None


def _sweep_folder(folder: Path) -> None:
    """Remove a folder of ours that nobody holds."""
    with suppress(OSError):
        if folder.is_symlink() or (hasattr(os, "getuid") and folder.lstat().st_uid != os.getuid()):
            return
        held = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0))
        try:
            if _locked(held):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(held)
