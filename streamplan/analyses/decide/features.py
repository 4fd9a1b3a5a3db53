"""What each offer can do (`data/fit/features.csv`), and which hard requirements it fails, with the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from capacity import Offer, find_offer
from streamfacts.tables import read_rows
from streamplan.analyses.decide.requirements import Requirements


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing known of an offer, or of its kind where the offer has no row of its own."""

    value: str
    source: str
    confidence: str
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """A hard requirement held against an offer: met, not met, or not established (`met` is None)."""

    requirement: str
    met: bool | None
    sentence: str
    source: str = ""


@cache
def _features() -> dict[tuple[str, str], Feature]:
    return {
        (r["subject"], r["feature"]): Feature(*(r[k] for k in ("value", "source", "confidence", "note")))
        for r in read_rows("fit/features")
    }


def kind_of(offer: str) -> str:
    """Return the kind of an offer, such as kafka-managed: other rows than its own that speak of it."""
    return find_offer(offer).kind


def feature(offer: str, name: str) -> Feature | None:
    """Return what is known of an offer, its own row before that of its kind; None if nothing is."""
    table = _features()
    return table.get((offer, name)) or table.get((kind_of(offer), name))


def _yes(word: str) -> Callable[[Any, str], bool]:
    return lambda wanted, has: (has == "yes") == bool(wanted) if word == "managed" else not wanted or has == "yes"


#: Requirement to the feature that answers it, the test, and how a failure reads.
_TESTS: dict[str, tuple[str, Callable[[Any, str], bool], str]] = {
    "latency": ("latency_ms", lambda want, has: float(has) <= want, "about {has} ms end to end, {want:g} ms asked"),
    "transactions": ("transactions", _yes(""), "no transactions"),
    "compaction": ("compaction", _yes(""), "no log compaction"),
    "queues": ("queues", _yes(""), "no acknowledgement of single messages"),
    "availability": ("availability", lambda want, has: float(has) >= want, "promises {has}%, {want:g}% asked"),
    "geo_replication": (
        "geo_replication",
        lambda want, has: not want or has in ("native", "built-in"),
        "geo-replication is not a feature of it ({has})",
    ),
    "own_account": ("own_account", _yes(""), "data lies in the vendor's account"),
    "open_source": ("open_source", _yes(""), "what it runs is not open source"),
    "managed": ("managed", _yes("managed"), "managed: {has}, asked: {want}"),
    "clouds": ("clouds", lambda want, has: set(want) <= set(has.split()), "only on {has}, asked: {want}"),
    "tenants": ("tenants", lambda want, has: not want or has == "native", "tenants are kept apart by {has}"),
}
_WORDS = {True: "yes", False: "no"}


def checks(offer: Offer, requirements: Requirements) -> list[Check]:
    """Return each hard requirement held against an offer, but for those that need its cost.

    An offer that is closed to new customers fails too, whatever is required.
    """
    out = []
    if offer.closed:
        out.append(Check("open to new customers", False, offer.closed))
    for name, wanted in requirements.must.items():
        if name == "protocol":
            spoken = offer.protocols
            out.append(Check(name, wanted in spoken, f"speaks {', '.join(spoken)}, {wanted} asked"))
        elif name == "only_clouds":
            out.append(
                Check(name, offer.provider in wanted, f"runs on {offer.provider} here, asked: {', '.join(wanted)}")
            )
        elif name in _TESTS:
            known_as, test, words = _TESTS[name]
            found = feature(offer.name, known_as)
            if found is None:
                out.append(Check(name, None, f"{name.replace('_', ' ')}: not established"))
                continue
            want: Any = ", ".join(wanted) if isinstance(wanted, tuple) else _WORDS.get(wanted, wanted)
            text = words.format(has=found.value, want=wanted if isinstance(wanted, float) else want)
            out.append(Check(name, test(wanted, found.value), text, found.source))
    return out
