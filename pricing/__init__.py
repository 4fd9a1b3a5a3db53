"""What it costs. Quantities on meters to a bill; knows no brokers.

>>> from pricing import PriceBook
>>> book = PriceBook.load()
>>> book.price("aws.msk.broker", "kafka.m5.large", "us-east-1").price
0.21
"""

from streamfacts import own_packages

__distribution__ = "streamplan"
own_packages.check(__name__, __path__, ("book", "billing", "usage_file"))

from pricing.billing import Bill, bill
from pricing.book import Price, PriceBook
from pricing.commitment import Commitments
from pricing.discount import discounted, open_book, read_discounts
from pricing.usage_file import load_usage

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
