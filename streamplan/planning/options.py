"""Which options each of several offers takes, and what is said of one that none takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from capacity import Offer
from streamfacts.errors import InputError, unknown_name


def options_of(offer: Offer, given: Mapping[str, Any]) -> dict[str, Any]:
    out = {}
    for option in offer.options:
        if option.name in given:
            try:
                out[option.name] = option.check(given[option.name])
            except InputError:
                continue
    return out


def no_taker(offers: Iterable[Offer], name: str, value: Any) -> InputError:
    options = [option for offer in offers for option in offer.options]
    same = [option for option in options if option.name == name]
    if not same:
        return unknown_name("option", name, {option.name for option in options})
    allowed = {str(choice) for option in same for choice in option.allowed}
    if allowed:
        return unknown_name(f"option {name}", str(value), allowed)
    try:
        same[0].check(value)
    except InputError as error:
        return error
    return InputError(f"option {name}", value, "a value that the offer takes")
