"""Which offers have all of their prices in which region, and which meters lack one where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capacity import Demand, Workload, offers
from pricing import PriceBook
from pricing.book import PriceGap
from streamfacts.errors import unknown_name
from streamfacts.tables import ANY_REGION, regions
from streamplan.planning.plan import plan
from streamplan.views.tables import Cell, Column, Table, count

#: How a price that is missing is given.
HOW_TO_GET = "A price of your own fills a gap: a row with that meter, SKU and region in a CSV given with --price-book."


@dataclass(frozen=True)
class Covered:
    """One offer in one region: the prices that its plan lacks, none where it is whole."""

    region: str
    cloud: str
    offer: str
    gaps: tuple[PriceGap, ...]

    @property
    def whole(self) -> bool:
        """Whether every line of its bill has a price."""
        return not self.gaps


def coverage(
    workload: Workload, book: PriceBook, clouds: Sequence[str] = (), only: Sequence[str] = ()
) -> tuple[Covered, ...]:
    """Plan every offer in every region of its cloud and return which prices each lacks.

    Parameters
    ----------
    workload : what is planned for; what an offer bills depends on it
    book : the prices
    clouds : only these clouds; all if empty
    only : only these regions; all if empty

    Raises
    ------
    InputError
        for a cloud or a region that is not known.
    """
    known = {name: cloud for name, cloud in regions().items() if name != ANY_REGION}
    for cloud in clouds:
        if cloud not in known.values():
            raise unknown_name("cloud", cloud, sorted(set(known.values())))
    for region in only:
        if region not in known:
            raise unknown_name("region", region, known)
    demand = Demand.of(workload)
    out = []
    for region, cloud in known.items():
        if (clouds and cloud not in clouds) or (only and region not in only):
            continue
        here = demand.replace(region=region)
        for name, offer in offers().items():
            if offer.provider == cloud:
                out.append(Covered(region, cloud, name, plan(here, name, book=book).bill.gaps))
    return tuple(out)


def coverage_table(covered: Sequence[Covered]) -> Table:
    """Return a row a region: how many offers of its cloud are whole, and the meters that the others lack."""
    table = Table(
        "Offers with all of their prices, by region",
        (
            Column("region", "region", folds=False),
            Column("cloud", "cloud", priority=2, folds=False),
            count("whole", "whole", priority=0),
            count("offers", "of", priority=0),
            Column("missing", "prices missing for", priority=1, least=24),
        ),
    )
    for region in dict.fromkeys(one.region for one in covered):
        rows = [one for one in covered if one.region == region]
        meters = tuple(dict.fromkeys(f"{gap.meter} {gap.sku}".strip() for one in rows for gap in one.gaps))
        shown = ", ".join(meters[:4]) + (f" and {len(meters) - 4} more" if len(meters) > 4 else "")
        table.add(
            {
                "region": region,
                "cloud": rows[0].cloud,
                "whole": sum(one.whole for one in rows),
                "offers": len(rows),
                "missing": Cell(", ".join(meters), shown),
            }
        )
    return table


def offers_table(covered: Sequence[Covered]) -> Table:
    """Return a row an offer and region, with the meters that it lacks a price for."""
    table = Table(
        "Offers and the prices that they lack",
        (
            Column("offer", "offer", folds=False),
            Column("region", "region", priority=1, folds=False),
            Column("whole", "prices", priority=0, folds=False),
            Column("missing", "missing for", priority=0, least=24),
        ),
    )
    for one in covered:
        table.add(
            {
                "offer": one.offer,
                "region": one.region,
                "whole": "all" if one.whole else "some missing",
                "missing": ", ".join(f"{gap.meter} {gap.sku}".strip() for gap in one.gaps),
            }
        )
    return table
