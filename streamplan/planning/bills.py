"""Bills of a sizing, with the lines of those who run it if they count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from capacity import Sizing
from pricing import Bill, PriceBook, bill
from streamplan.planning.clients import STAY, client_lines
from streamplan.planning.own_servers import METER, with_own_servers

if TYPE_CHECKING:
    from streamplan.planning.people import People


def priced(sizing: Sizing, book: PriceBook, region: str, people: People | None = None, clients: str = STAY) -> Bill:
    """Return the bill of a sizing, with what clients pay that stay in another cloud, and people if asked for."""
    own = sizing.demand.servers if sizing.usage.lines[0].meter == METER else None
    costs = bill(sizing.usage, with_own_servers(book, own), region)
    if clients == STAY and (beside := client_lines(sizing, book, region)):
        costs = replace(costs, entries=costs.entries + beside)
    return costs if people is None else replace(costs, entries=costs.entries + people.lines(sizing, costs))
