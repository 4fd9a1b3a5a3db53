"""Where a batch leaves its reports: a folder, or any place that papermill writes to, such as s3://bucket/reports."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from streamfacts.errors import InputError, NotWritten

#: What the batch keeps for itself, out of the way of readers.
KEPT = ".streamplan"


class Store(Protocol):
    """A place for files by relative names with slashes."""

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file whole or not at all."""

    def read(self, name: str) -> str | None:
        """Return the text of a file, None if there is none."""

    def intact(self, name: str, digest: str) -> bool:
        """Whether a file is there as it was written."""

    def remove(self, name: str) -> None:
        """Remove a file if it is there and can be removed."""


def digest_of(content: str | bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


class Folder:
    """A folder; each file is written aside and moved to its place, so that none is ever there by half."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aside = root / KEPT / "unfinished"

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file aside, then move it to its place."""
        target, aside = self.root / name, self._aside / name.replace("/", "~")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as out:
                out.write(content.encode() if isinstance(content, str) else content)
                out.flush()
                os.fsync(out.fileno())
            os.replace(aside, target)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise NotWritten(target, error) from None

    def read(self, name: str) -> str | None:
        """Return the text of a file, None if there is none."""
        try:
            return (self.root / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def intact(self, name: str, digest: str) -> bool:
        """Whether a file is there as it was written."""
        try:
            return digest_of((self.root / name).read_bytes()) == digest
        except OSError:
            return False

    def remove(self, name: str) -> None:
        """Remove a file if it is there and can be removed."""
        with suppress(OSError):
            (self.root / name).unlink(missing_ok=True)

    @contextmanager
    def opened(self) -> Iterator[Folder]:
        """Keep other batches out and sweep away what one that was killed has left unfinished."""
        try:
            (self.root / KEPT).mkdir(parents=True, exist_ok=True)
            lock = (self.root / KEPT / "lock").open("w")
        except OSError as error:
            raise NotWritten(self.root, error) from None
        with lock as handle, _locked(handle, self.root):
            shutil.rmtree(self._aside, ignore_errors=True)
            try:
                self._aside.mkdir(exist_ok=True)
            except OSError as error:
                raise NotWritten(self.root, error) from None
            try:
                yield self
            finally:
                shutil.rmtree(self._aside, ignore_errors=True)


#: Folders that batches of this process write to.
_held: set[Path] = set()


@contextmanager
def _locked(handle: Any, root: Path) -> Iterator[None]:
    """Hold a folder for this process alone; a child does not inherit that, so one that outlives us bars nobody."""
    refused = InputError("--out", str(root), "a folder that no other batch is writing to")
    place = root.resolve()
    if place in _held:
        raise refused
    try:
        import fcntl

        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # no such locks on this system
        pass
    except OSError:
        raise refused from None
    _held.add(place)
    try:
        yield
    finally:
        _held.discard(place)


class Backend:
    """A place that a papermill handler writes to, by address.

    What papermill's handlers cannot do is left out: nothing is removed, and a file counts as intact if the record of
    its row is there. Handlers that take text only refuse PDF and XLSX with an error that says so.
    """

    def __init__(self, address: str) -> None:
        from papermill.iorw import papermill_io

        self.address = address.rstrip("/")
        self._handler = papermill_io.get_handler(self.address + "/")

    def write(self, name: str, content: str | bytes) -> None:
        """Hand a file to papermill's handler."""
        try:
            self._handler.write(content, f"{self.address}/{name}")
        except OSError as error:
            raise NotWritten(f"{self.address}/{name}", error) from None
        except (TypeError, AttributeError):
            if isinstance(content, str):
                raise
            kind = name.rpartition(".")[2]
            allowed = f"formats that are text; papermill's handler of {self.address} takes no {kind}"
            raise InputError("--format", kind, allowed) from None

    def read(self, name: str) -> str | None:
        """Return the text of a file, None if the handler finds none."""
        try:
            found = self._handler.read(f"{self.address}/{name}")
        except Exception:  # each backend has its own error for what is not there
            return None
        return found.decode("utf-8") if isinstance(found, (bytes, bytearray)) else str(found)

    def intact(self, name: str, digest: str) -> bool:
        """Trust the record."""
        return True

    def remove(self, name: str) -> None:
        """Papermill removes nothing."""

    @contextmanager
    def opened(self) -> Iterator[Backend]:
        """Nothing to prepare."""
        yield self


def store_at(out: str | Path) -> Folder | Backend:
    """Return the store at a path or an address.

    Raises
    ------
    InputError
        for a path at which there is something that is no folder.
    """
    if isinstance(out, str) and "://" in out:
        return Backend(out)
    root = Path(out)
    there = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise InputError("--out", str(out), "a folder, new or existing, or an address such as s3://bucket/reports")
    return Folder(root)
