"""What every room of the house shares: facts with their sources, units at the edge, the usage record, errors.

Knows neither brokers nor money. `capacity` and `pricing` both build on it and never on each other.
"""

from streamfacts.errors import InputError, MissingFact, NothingFeasible, StreamplanError
from streamfacts.tables import Fact, data_dir, read_rows, read_table
from streamfacts.usage import Usage, UsageLine

__distribution__ = "streamplan"

__all__ = [
    "Fact",
    "InputError",
    "MissingFact",
    "NothingFeasible",
    "StreamplanError",
    "Usage",
    "UsageLine",
    "data_dir",
    "read_rows",
    "read_table",
]
