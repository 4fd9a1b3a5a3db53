"""What it costs. Quantities on meters to a bill; knows no brokers.

>>> from pricing import PriceBook
>>> book = PriceBook.load()
>>> book.price("aws.msk.broker", "kafka.m5.large", "us-east-1").price
0.21
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamfacts import own_packages
from streamfacts.on_demand import on_demand

if TYPE_CHECKING:
    from pricing.billing import Bill, bill
    from pricing.book import Price, PriceBook
    from pricing.commitment import Commitments
    from pricing.discount import discounted, open_book, read_discounts
    from pricing.usage_file import load_usage

__distribution__ = "streamplan"
own_packages.check(__name__, __path__, ("book", "billing", "usage_file"))

#: Each public name and the module that it is of, imported when the name is first asked for.
_PLACES = {
    "Bill": "pricing.billing",
    "Commitments": "pricing.commitment",
    "Price": "pricing.book",
    "PriceBook": "pricing.book",
    "bill": "pricing.billing",
    "discounted": "pricing.discount",
    "load_usage": "pricing.usage_file",
    "open_book": "pricing.discount",
    "read_discounts": "pricing.discount",
}

__getattr__, __dir__ = on_demand(__name__, _PLACES)

__all__ = [
    "Bill",
    "Commitments",
    "Price",
    "PriceBook",
    "bill",
    "discounted",
    "load_usage",
    "open_book",
    "read_discounts",
]
