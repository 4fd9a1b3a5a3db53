"""What clients pay that stay where they are while the brokers are on another cloud.

Producers send out of their cloud, and what consumers read is sent out of the offer's: bytes of both go to the internet
by each cloud's list, at the first price tiers of a month and on. What is written is paid once where the producers are;
what is read is paid `fan_out` times, and for the other region's copies nothing is added. Nothing is charged within one
cloud, where the offer's own bill has the traffic between zones, or for clients that move along.

Source: each cloud's page on data transfer, see `data/clouds.csv` and the meters of transfer in `data/meters/`.
"""

from __future__ import annotations

import numpy as np

from capacity import Sizing, find_offer
from pricing import PriceBook, bill
from pricing.billing import BillLine
from streamfacts.tables import read_rows, regions
from streamfacts.units import GIB
from streamfacts.usage import Usage, UsageLine

STAY, MOVE = "stay", "move"
#: What clients do that are not where the offer is.
CLIENTS = (STAY, MOVE)
#: What the lines pay for, so that they are told from an offer's own.
TO_BROKERS, TO_CONSUMERS = "clients that stay, to the brokers", "brokers, to clients that stay"


def client_lines(sizing: Sizing, book: PriceBook, region: str) -> tuple[BillLine, ...]:
    """Return the lines of clients that stay in another cloud; none where they are in the offer's.

    Parameters
    ----------
    sizing : of any shape, whose demand says where the clients are
    book : prices
    region : where the offer is
    """
    home = sizing.demand.clients_region
    here, there = regions().get(home), find_offer(sizing.offer).provider
    meters = {row["cloud"]: row["internet_meter"] for row in read_rows("clouds")}
    if here is None or here == there or not {here, there} <= meters.keys():
        return ()
    demand, seconds = sizing.demand, sizing.usage.hours_per_month * 3600.0
    written = np.asarray(demand.wire_bytes_s * demand.clusters * seconds / GIB)
    out: list[BillLine] = []
    for cloud, where, gib, role, how in (
        (here, home, written, TO_BROKERS, "bytes written, out of the clients' cloud"),
        (there, region, written * demand.fan_out, TO_CONSUMERS, "bytes written x fan-out, out of the offer's cloud"),
    ):
        quantity = np.broadcast_to(gib, np.broadcast_shapes(sizing.units.shape, gib.shape))
        line = UsageLine(meters[cloud], quantity, "GiB", "", how, role=role)
        out += bill(Usage((line,), sizing.usage.hours_per_month), book, where).entries
    return tuple(out)
