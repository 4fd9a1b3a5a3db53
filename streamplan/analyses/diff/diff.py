"""What moved between two results: the recommended offer, its bill by line, and every offer's cost by cause.

**By line.** Where the prices differ, the part of a line's change that its price makes is the old quantity at the new
price less what it cost; the rest is its quantity, at the new price. Both together are the change of the line. The new
price of what is bought no longer is in no document: without the price book at hand all of such a line is quantity.

**By cause.** `PRICE` is the sum of the first parts, `CHOICE` what an offer saves by buying something else at the new
prices, `INPUT` what the workload and the terms move, shared out among them by `attribution.shapley` where the workloads
are there to be sized anew. From two documents alone inputs that changed together are one cause, and if the model
changed too, inputs and model are. `MODEL` is what neither inputs nor prices explain, `OFFER` what another
recommendation costs over the old one, both in the new result. The causes of an offer sum to its difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Unpack

import numpy as np

from capacity import Workload
from pricing import PriceBook
from streamfacts.errors import unknown_name
from streamplan.analyses.diff.inputs import Attribution, attribute
from streamplan.analyses.diff.result import Line, Offer, Result
from streamplan.planning.failures import FAILED
from streamplan.planning.study import study
from streamplan.planning.terms import Terms, Told

INPUT, PRICE, CHOICE, MODEL, BOTH, OFFER = "input", "price", "choice", "model", "inputs and model", "offer"
#: What is less than this is the last bits of a sum [USD/month].
NOTHING_USD = 0.005


@dataclass(frozen=True, slots=True)
class Change:
    """An input that is not what it was; None where it is not given. `unit` is that of both values."""

    name: str
    old: Any
    new: Any
    unit: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of a difference [USD/month]; `inputs` are the inputs that it is about."""

    kind: str
    usd: float
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of a bill, before and after: None where it is not on the bill.

    Attributes
    ----------
    usd : change of its cost, which is `price_usd` and `quantity_usd` together [USD/month]
    """

    old: Line | None
    new: Line | None
    usd: float
    price_usd: float

    @property
    def quantity_usd(self) -> float:
        """What its quantity moves, at the new price [USD/month]."""
        return self.usd - self.price_usd

    @property
    def either(self) -> Line:
        """The line as it is now, or as it was."""
        line = self.new or self.old
        assert line is not None  # a change has a line on one side at least
        return line


@dataclass(frozen=True, slots=True)
class OfferChange:
    """An offer, before and after; None where a result does not have it. `causes` sum to the difference."""

    platform: str
    title: str
    old: Offer | None
    new: Offer | None
    causes: tuple[Cause, ...]

    @property
    def usd(self) -> float | None:
        """Change of its cost [USD/month], None where it has none on one side."""
        old, new = (offer.usd if offer else None for offer in (self.old, self.new))
        return None if old is None or new is None else new - old


@dataclass(frozen=True)
class Difference:
    """Two results and what moved between them.

    Attributes
    ----------
    platform : the offer whose bill is told apart by line: the one asked for, else the recommended one
    asked : whether it was asked for
    attribution : what each changed input moved, where there were workloads to size anew
    book : the prices of the new result, where they are at hand: what is bought no longer is priced by them, too
    sized : whether both were sized for this, and none is a document
    """

    old: Result
    new: Result
    platform: str | None
    asked: bool = False
    attribution: Attribution | None = None
    book: PriceBook | None = None
    sized: bool = False

    @property
    def before(self) -> Offer | None:
        """What was looked at before: the offer asked for, else the one that was recommended."""
        return self.old.offers.get(self.platform or "") if self.asked else self.old.chosen

    @property
    def after(self) -> Offer | None:
        """What is looked at now: the offer asked for, else the one that is recommended."""
        return self.new.offers.get(self.platform or "") if self.asked else self.new.chosen

    @property
    def moved(self) -> bool:
        """Whether another offer is recommended than before."""
        return self.old.choice != self.new.choice

    @property
    def usd(self) -> float | None:
        """Change of what is looked at [USD/month], None where there is no cost on one side."""
        old, new = (offer.usd if offer else None for offer in (self.before, self.after))
        return None if old is None or new is None else new - old

    @property
    def growth(self) -> float | None:
        """The same as a share of the old cost [1], None also where that is nothing."""
        usd, before = self.usd, self.before
        return None if usd is None or before is None or not before.usd else usd / before.usd

    @property
    def failed(self) -> tuple[Offer, ...]:
        """The offers of the new result that could not be sized."""
        return tuple(offer for offer in self.new.offers.values() if offer.status == FAILED)

    @property
    def other_prices(self) -> bool:
        """Whether the two rest on other prices."""
        return self.old.prices["digest"] != self.new.prices["digest"]

    @property
    def other_model(self) -> bool:
        """Whether the two were made by other versions of the program or of its tables."""
        return dict(self.old.model) != dict(self.new.model)

    @cached_property
    def inputs(self) -> tuple[Change, ...]:
        """The inputs of the workload and of the terms that are not what they were."""
        old, new = self.old, self.new
        units = {**old.units, **new.units}
        names = dict.fromkeys((*new.inputs, *old.inputs))
        return tuple(
            Change(name, old.inputs.get(name), new.inputs.get(name), units.get(name, ""))
            for name in names
            if old.inputs.get(name) != new.inputs.get(name)
        )

    @cached_property
    def offers(self) -> tuple[OfferChange, ...]:
        """Every offer of either, in the order of the new result."""
        names = dict.fromkeys((*self.new.offers, *self.old.offers))
        return tuple(self._offer(name) for name in names)

    def offer(self, platform: str) -> OfferChange:
        """Return one offer before and after."""
        return next(change for change in self.offers if change.platform == platform)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """What the change of what is looked at is made of; it sums to it. Empty where there is none.

        Where another offer is recommended: what the old one costs now over what it did, by cause, and what the new one
        costs over that.
        """
        before, after, usd = self.before, self.after, self.usd
        if before is None or after is None or usd is None:
            return ()
        stayed = self.offer(before.platform)
        if before.platform == after.platform:
            return stayed.causes
        if stayed.usd is None:
            return (Cause(OFFER, usd),)
        return (*stayed.causes, Cause(OFFER, usd - stayed.usd))

    @cached_property
    def lines(self) -> tuple[LineChange, ...]:
        """The lines of the bill that is looked at, before and after, the largest change first.

        Where another offer is recommended, the lines of the one that are gone, and those of the other that are there.
        """
        return self.lines_of(self.before, self.after)

    def lines_of(self, old: Offer | None, new: Offer | None) -> tuple[LineChange, ...]:
        """Return the lines of two bills, the largest change first."""
        before, after = (offer.lines if offer and offer.usd is not None else {} for offer in (old, new))
        pairs = [(before.get(key), after.get(key)) for key in dict.fromkeys((*before, *after))]
        found = [self._line(one, other) for one, other in _paired(pairs)]
        return tuple(sorted(found, key=lambda change: -abs(change.usd)))

    def _line(self, old: Line | None, new: Line | None) -> LineChange:
        was, now = (line.usd or 0.0 if line else 0.0 for line in (old, new))
        repriced = self._repriced(old, new) if self.other_prices and old is not None and old.booked else None
        price = 0.0 if repriced is None else repriced - was
        return LineChange(old, new, now - was, 0.0 if abs(price) < 1e-9 * max(was, 1.0) else price)

    def _repriced(self, old: Line, new: Line | None) -> float | None:
        """What a line would cost at the new prices, None where they are not known [USD/month]."""
        if new is not None and old.key == new.key and old.regions == new.regions:
            return new.cost_of(old.quantity)
        if self.book is None or len(old.regions) != 1:
            return None
        schedule = self.book.schedule(old.meter, old.sku, next(iter(old.regions)))
        return None if schedule.missing.any() else float(schedule.cost(np.asarray(old.quantity)))

    def _offer(self, name: str) -> OfferChange:
        old, new = self.old.offers.get(name), self.new.offers.get(name)
        either = new or old
        assert either is not None  # the name is of one of them
        return OfferChange(name, either.title, old, new, self._causes(name, old, new))

    def _causes(self, name: str, old: Offer | None, new: Offer | None) -> tuple[Cause, ...]:
        if old is None or new is None or old.usd is None or new.usd is None:
            return ()
        total = new.usd - old.usd
        price = sum(change.price_usd for change in self.lines_of(old, new))
        causes = [Cause(PRICE, price)] if self.other_prices else []
        return tuple(causes + self._beside_prices(name, total - price, old.usd + price, new.usd))

    def _beside_prices(self, name: str, rest: float, repriced: float, now: float) -> list[Cause]:
        """Return the causes of what the prices of unchanged quantities do not explain."""
        found = self.attribution
        if found is not None and name in found.moved:
            start, shares = found.start[name], found.moved[name]
            if np.isfinite(shares).all() and abs(found.end[name] - now) < NOTHING_USD:
                inputs = [Cause(INPUT, float(usd), group) for usd, group in zip(shares, found.groups, strict=True)]
                over = rest - sum(cause.usd for cause in inputs)
                known = self.other_prices or abs(start - repriced) < NOTHING_USD
                if known:
                    return ([Cause(CHOICE, over)] if abs(over) >= NOTHING_USD else []) + inputs
        names = tuple(change.name for change in self.inputs)
        if names:
            return [Cause(BOTH if self.other_model else INPUT, rest, names)]
        if abs(rest) < NOTHING_USD and not self.other_model:
            return []
        return [Cause(CHOICE if self.other_prices and not self.other_model else MODEL, rest)]


def _paired(pairs: Sequence[tuple[Line | None, Line | None]]) -> list[tuple[Line | None, Line | None]]:
    """Return the pairs, where the one line of a meter that is gone goes with the one that came in its place."""
    gone: dict[str, list[Line]] = {}
    come: dict[str, list[Line]] = {}
    for old, new in pairs:
        if old is not None and new is None:
            gone.setdefault(old.meter, []).append(old)
        if new is not None and old is None:
            come.setdefault(new.meter, []).append(new)
    swapped = {meter: come[meter][0] for meter, lines in gone.items() if len(lines) == len(come.get(meter, ())) == 1}
    out = []
    for old, new in pairs:
        if old is None and new is not None and swapped.get(new.meter) is new:
            continue
        out.append((old, swapped.get(old.meter)) if old is not None and new is None else (old, new))
    return out


def between(old: Result, new: Result, platform: str | None = None) -> Difference:
    """Return what moved between two results.

    Raises
    ------
    InputError
        for an offer that neither has.
    """
    known = {**new.offers, **old.offers}
    if platform is not None and platform not in known:
        raise unknown_name("--platform", platform, known)
    return Difference(old, new, platform or new.choice, platform is not None)


def diff(
    old: Workload,
    new: Workload,
    platform: str | None = None,
    *,
    terms: Terms | None = None,
    books: tuple[PriceBook, PriceBook] | None = None,
    labels: tuple[str, str] = ("old", "new"),
    by_input: bool = True,
    **told: Unpack[Told],
) -> Difference:
    """Return what moved between two workloads, or two states of the prices, with what each changed input moved.

    Prices move first, on the old workload, then the inputs at the new prices.

    Parameters
    ----------
    platform : offer to look at; the recommended one if left out
    books : prices of the old and of the new; those of the terms if left out
    labels : what the two are called
    by_input : whether to find what each input moved; without, inputs that changed together are one cause

    Raises
    ------
    InputError
        for an unknown offer, or what a study refuses.

    Examples
    --------
    >>> w = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h")
    >>> found = diff(w, w.replace(retention="48 h"), "msk-serverless")
    >>> [(cause.kind, cause.inputs) for cause in found.causes]
    [('input', ('retention',))]
    """
    terms = Terms.of(terms, **told)
    told_of = [Terms.of(terms, book=book) for book in books] if books else [terms, terms]
    only = None if platform is None else [platform]
    before, after = (
        Result.of_study(study(workload, only=only, terms=own), label)
        for workload, own, label in zip((old, new), told_of, labels, strict=True)
    )
    found = replace(between(before, after, platform), book=told_of[1].book, sized=True)
    if not found.inputs or not by_input:
        return found
    offers = [name for name, offer in after.offers.items() if offer.usd is not None]
    shares = attribute(old, new, told_of[1], [name for name in offers if name in before.offers])
    return replace(found, attribution=shares)


__all__ = ["Cause", "Change", "Difference", "LineChange", "OfferChange", "between", "diff"]
