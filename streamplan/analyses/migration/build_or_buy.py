"""Build or buy: how much less work a dearer service must be to cost the same."""

from __future__ import annotations

from dataclasses import dataclass

from capacity import Workload
from pricing import PriceBook
from streamfacts.errors import MissingFact, NothingFeasible
from streamplan.planning.people import People
from streamplan.planning.plan import Plan, plan


@dataclass(frozen=True)
class BuildOrBuy:
    """Two offers side by side at the likely demand.

    Attributes
    ----------
    build, buy : the plans, with the lines of people on their bills
    """

    build: Plan
    buy: Plan
    people: People

    @property
    def bill_gap_usd(self) -> float:
        """What the bill of the one to buy is above that of the one to build, without people [USD a month]."""
        return self.without_people(self.buy) - self.without_people(self.build)

    @staticmethod
    def without_people(p: Plan) -> float:
        """What a plan costs a month without those who run it; tools and support stay [USD]."""
        return sum(float(e.cost) for e in p.bill.entries if e.category != "people")

    @property
    def break_even_fte(self) -> float:
        """Head count that buying must save to cost the same [FTE]; negative where it is cheaper even without.

        The gap of the bills / what one person costs a month with training.
        """
        month = float(self.people.person_month(self.build.offer))
        training = self.people.item("training", self.build.offer)
        return self.bill_gap_usd / (month + (training.value.likely / 12.0 if training is not None else 0.0))

    @property
    def prior_fte(self) -> tuple[float, float]:
        """Head count of the prior, to build and to buy [FTE]."""
        return float(self.people.fte(self.build.sizing)), float(self.people.fte(self.buy.sizing))

    @property
    def saved_fte(self) -> float:
        """Head count that buying saves by the prior [FTE]."""
        build, buy = self.prior_fte
        return build - buy

    @property
    def sentence(self) -> str:
        """The comparison in a sentence built from the numbers."""
        build, buy = self.build.offer.title, self.buy.offer.title
        need, saved = self.break_even_fte, self.saved_fte
        if need <= 0:
            return f"{buy} costs {-self.bill_gap_usd:,.0f} USD a month less than {build} before any people are counted."
        verdict = "more than enough" if saved > need else "not enough" if saved < need else "just enough"
        return (
            f"{buy} costs {self.bill_gap_usd:,.0f} USD a month more than {build} before people. It must save"
            f" {need:.2f} full-time people to cost the same; the prior says that it saves {saved:.2f}, {verdict}."
        )


def build_or_buy(
    workload: Workload, build: str, buy: str, people: People | None = None, book: PriceBook | None = None
) -> BuildOrBuy:
    """Plan two offers with their people and say how many people the dearer bill must save.

    Parameters
    ----------
    build, buy : names of offers

    Raises
    ------
    NothingFeasible
        if one of them cannot carry the workload; MissingFact if a price lacks.

    Examples
    --------
    >>> w = Workload(write="50 MB/s", message="1 KiB", fan_out=3, retention="3 d")
    >>> b = build_or_buy(w, "kafka-ec2-ebs", "confluent-standard")
    >>> b.saved_fte > b.break_even_fte > 0
    True
    """
    people, book = people or People.load(), book or PriceBook.load()
    plans = []
    for name in (build, buy):
        p = plan(workload, name, book, people=people)
        if not p.feasible:
            raise NothingFeasible(f"{name} cannot carry this workload: {p.reason}")
        if p.bill.missing:
            raise MissingFact(f"{name}: {'; '.join(p.bill.missing)}; give it in a price book of your own")
        plans.append(p)
    return BuildOrBuy(plans[0], plans[1], people)
