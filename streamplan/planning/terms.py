"""Terms: what every analysis is told besides the workload, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from capacity import Offer
from pricing import PriceBook
from streamfacts.errors import InputError
from streamfacts.usage import HOURS_PER_MONTH
from streamplan.planning.options import no_taker, options_of
from streamplan.planning.population import Population

if TYPE_CHECKING:
    from streamplan.planning.people import People

#: Most clusters that a demand is spread over where one cluster breaks a limit.
MOST_CLUSTERS = 500
#: How far above the least cost of a sound plan one with fewer brokers is taken.
WITHIN = 0.05


class Told(TypedDict, total=False):
    """The fields of `Terms` as keywords, for a caller who has no `Terms` at hand; each may be left out."""

    book: PriceBook | None
    options: Mapping[str, Any] | None
    hours_per_month: float
    most_clusters: int
    people: People | None
    within: float
    population: Population


@dataclass(frozen=True, eq=False)
class Terms:
    """What every analysis is told besides the workload.

    Parameters
    ----------
    book : prices, with one's own and contract discounts over the shipped ones
    options : levers of the offers by name
    hours_per_month : hours in the billing month [h]
    most_clusters : most clusters that a demand is spread over where one breaks a limit [1]
    people : those who run it, with tools, licences and support as lines of the bill; None if they do not count
    within : how far above the least cost of a sound plan one that is easier to run is taken, 0 to 1 [1]
    population : which offers are compared, and what of their clients

    Examples
    --------
    >>> terms = Terms.of(hours_per_month=744)
    >>> terms.hours_per_month, len(terms.book.prices) > 100
    (744, True)
    >>> Terms.of(terms, most_clusters=1).hours_per_month
    744
    """

    book: PriceBook
    options: Mapping[str, Any] = field(default_factory=dict)
    hours_per_month: float = HOURS_PER_MONTH
    most_clusters: int = MOST_CLUSTERS
    people: People | None = None
    within: float = WITHIN
    population: Population = field(default_factory=Population)

    def __post_init__(self) -> None:
        if isinstance(self.within, bool) or not 0.0 <= self.within <= 1.0:
            raise InputError("within", self.within, "a share of the least cost, from 0 to 1, such as 0.05 or 5%")

    @classmethod
    def of(cls, given: Terms | PriceBook | None = None, **told: Unpack[Told]) -> Terms:
        """Return terms from terms or a price book alone, with what is told over them; shipped prices if neither is."""
        base = given if isinstance(given, Terms) else cls(given or told.get("book") or PriceBook.load())
        options = told.get("options")
        return cls(
            book=told.get("book") or base.book,
            options=base.options if options is None else options,
            hours_per_month=told.get("hours_per_month", base.hours_per_month),
            most_clusters=told.get("most_clusters", base.most_clusters),
            people=told.get("people", base.people),
            within=told.get("within", base.within),
            population=told.get("population", base.population),
        )

    def on(self, options: Mapping[str, Any]) -> Terms:
        """Return the same with other options."""
        return replace(self, options=options)

    def run_by(self, people: People | None) -> Terms:
        """Return the same with other people, such as those of some of the draws; with None without any."""
        return replace(self, people=people)

    def for_each(self, offers: Iterable[Offer]) -> dict[str, Terms]:
        """Return the terms of each of several offers by its name, with the options that it has and takes.

        Raises
        ------
        InputError
            for an option that none of them takes.
        """
        asked = list(offers)
        own = {offer.name: options_of(offer, self.options) for offer in asked}
        for name, value in self.options.items():
            if not any(name in taken for taken in own.values()):
                raise no_taker(asked, name, value)
        return {name: self.on(taken) for name, taken in own.items()}
