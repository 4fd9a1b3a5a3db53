"""Failures: offers that raise where they are sized or priced. One does not end a comparison of the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from streamfacts.errors import InputError, OfferFailed, StreamplanError, cut

if TYPE_CHECKING:
    from capacity import Offer

FAILED = "failed"
#: What is shown of a reason at most [characters].
LONGEST_REASON = 300
T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """An offer that could not be sized or priced, where, and what it raised."""

    offer: Offer
    region: str
    error: Exception

    @property
    def reason(self) -> str:
        """What it raised in a line: the message, after the kind of error where it was not raised on purpose."""
        said = " ".join(str(self.error).split())
        text = said if isinstance(self.error, StreamplanError) else f"{type(self.error).__name__}: {said}"
        return cut(text.removesuffix(": "), LONGEST_REASON)


def attempt(offer: Offer, region: str, given: Collection[str], make: Callable[[], T]) -> T | Failure:
    """Return what is made of an offer, or its failure.

    Parameters
    ----------
    given : names of the options that a user gave to this offer

    Raises
    ------
    InputError
        where the offer was given options: they may be what is wrong.
    """
    try:
        return make()
    except InputError as error:
        if given:
            raise
        return Failure(offer, region, error)
    except Exception as error:
        return Failure(offer, region, error)


def refuse_if_all(failures: Sequence[Failure], offers: int) -> None:
    """Raise what the first offer raised where all failed on purpose: what they were given is wrong, or lacks a fact."""
    if failures and len(failures) == offers and all(isinstance(f.error, StreamplanError) for f in failures):
        raise failures[0].error


def report_failures(failures: Sequence[Failure]) -> None:
    """Raise `OfferFailed`, naming each offer and why; nothing if there is none. For the end of a command."""
    if failures:
        few = "an offer" if len(failures) == 1 else f"{len(failures)} offers"
        lines = [f"{f.offer.name}: {f.reason}" for f in failures]
        raise OfferFailed("\n  ".join([f"{few} could not be sized; the others are shown", *lines]))
