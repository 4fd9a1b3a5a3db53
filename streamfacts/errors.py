"""The errors that users meet. Each message names the field, the value and what is allowed."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

#: What a message shows at most of the name of an input, of its value, and of what is allowed [characters].
LONGEST_FIELD, LONGEST_VALUE, LONGEST_ALLOWED = 120, 120, 2400
#: Errors that are shown at once.
MOST_ERRORS = 12


def cut(text: str, most: int) -> str:
    """Return a text, its end left out where it is longer than `most` characters.

    Examples
    --------
    >>> cut("retention", 9), cut("retention", 8)
    ('retention', 'reten...')
    """
    return text if len(text) <= most else text[: most - 3] + "..."


def legible(text: str, keep: str = "") -> str:
    r"""Return a text in which what a terminal would obey or not show is written out, but for what to `keep`.

    Examples
    --------
    >>> print(legible("a" + chr(27) + "[2Jb"), legible("zero" + chr(0x200b) + "width"))
    a\x1b[2Jb zero\u200bwidth
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def has_controls(text: str) -> bool:
    """Return whether a text holds control characters, ends of lines and tabs aside.

    Examples
    --------
    >>> has_controls("two\\nlines"), has_controls("a" + chr(27) + "[2J")
    (False, True)
    """
    return not text.isprintable() and any(unicodedata.category(c) == "Cc" and c not in "\n\r\t" for c in text)


class StreamplanError(Exception):
    """Base of every error raised on purpose; `exit_status` is what the command line returns."""

    exit_status = 1


class InputError(StreamplanError, ValueError):
    """An input that cannot be used.

    Parameters
    ----------
    field : name of the input
    value : what was given
    allowed : what would be accepted, in words
    """

    exit_status = 2

    def __init__(self, field: str, value: Any, allowed: str) -> None:
        self.field, self.value, self.allowed = field, value, allowed
        try:
            shown = repr(value) if isinstance(value, str) else f"{value}"
        except RecursionError:
            shown = f"a {type(value).__name__} nested without end"
        where, said = cut(legible(field), LONGEST_FIELD), cut(legible(allowed, "\n"), LONGEST_ALLOWED)
        super().__init__(f"{where}: {cut(legible(shown), LONGEST_VALUE)} is not usable; allowed: {said}")

    def within(self, where: str) -> InputError:
        """Return the same error with where its field stands: a file, or a row of one."""
        return InputError(f"{where}: {self.field}", self.value, self.allowed)


class InputErrors(InputError):
    """Several unusable inputs at once, one line each."""

    def __init__(self, errors: Iterable[InputError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(first.field, first.value, first.allowed)
        more = len(self.errors) - MOST_ERRORS
        lines = [str(error) for error in self.errors[:MOST_ERRORS]] + [f"... and {more} more"] * (more > 0)
        self.args = ("\n".join(lines),)

    def within(self, where: str) -> InputError:
        """Return the same errors with where their fields stand."""
        return InputErrors(error.within(where) for error in self.errors)


@contextlib.contextmanager
def naming(where: str) -> Iterator[None]:
    """Within it every `InputError` says where its field stands: in a file, or a row of one."""
    try:
        yield
    except InputError as error:
        raise error.within(where) from None


class MissingFact(StreamplanError, LookupError):
    """A price, limit or machine that `data/` does not hold. Never replaced by a guess."""

    exit_status = 2


class NotWritten(StreamplanError):
    """A file or folder that cannot be written, with the reason: a full disk, a folder that cannot be made."""

    exit_status = 2

    def __init__(self, path: object, error: Exception | str) -> None:
        said = error.strerror if isinstance(error, OSError) else str(error)
        self.path, self.reason = str(path), said or str(error) or "the system does not say why"
        super().__init__(f"{cut(legible(self.path), LONGEST_FIELD)} cannot be written: {self.reason}")

    def __reduce__(self) -> tuple[type[NotWritten], tuple[str, str]]:
        return NotWritten, (self.path, self.reason)


class OfferFailed(StreamplanError):
    """An offer raised where it was sized or priced; what the others gave is shown all the same."""

    exit_status = 4


class GateClosed(StreamplanError):
    """A bill is above the budget, or grew by more than was allowed; it is shown all the same."""

    exit_status = 4


class NothingFeasible(StreamplanError):
    """Every offer or machine type asked about breaks a limit."""

    exit_status = 3


_UNREADABLE = {
    FileNotFoundError: "there is no such file",
    IsADirectoryError: "that is a folder",
    PermissionError: "that one may not be read",
    UnicodeDecodeError: "that one is not UTF-8 text",
}


def unreadable(field: str, path: object, wanted: str, error: Exception) -> InputError:
    """An `InputError` for a file that cannot be read as what is wanted, with the reason in words.

    Examples
    --------
    >>> print(unreadable("history", "none.csv", "a readable CSV file", FileNotFoundError()))
    history: 'none.csv' is not usable; allowed: a readable CSV file; there is no such file
    """
    said = error.strerror if isinstance(error, OSError) else str(error)
    why = next((words for kind, words in _UNREADABLE.items() if isinstance(error, kind)), said)
    return InputError(field, str(path), f"{wanted}; {why or 'that one is no such thing'}")


def unknown_name(field: str, value: str, known: Iterable[str]) -> InputError:
    """An `InputError` for a name that is not known, with the nearest names that are."""
    names = sorted(known)
    if not names:
        return InputError(field, value, "none: there is nothing to choose here")
    import difflib

    near = difflib.get_close_matches(str(value), names, n=4, cutoff=0.4)
    if near:
        allowed = f"did you mean {', '.join(near)}? ({len(names)} known)"
    else:
        allowed = ", ".join(names[:12]) + (f" ... ({len(names)} known)" if len(names) > 12 else "")
    return InputError(field, value, allowed)
