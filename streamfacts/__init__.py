"""What every room of the house shares: facts with their sources, units at the edge, the usage record, errors.

Knows neither brokers nor money. `capacity` and `pricing` both build on it and never on each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamfacts.on_demand import on_demand

if TYPE_CHECKING:
    from streamfacts.errors import InputError, MissingFact, NothingFeasible, StreamplanError
    from streamfacts.tables import Fact, data_dir, read_rows, read_table
    from streamfacts.usage import Usage, UsageLine

__distribution__ = "streamplan"

#: Each public name and the module that it is of, imported when the name is first asked for.
_PLACES = {
    "Fact": "streamfacts.tables",
    "InputError": "streamfacts.errors",
    "MissingFact": "streamfacts.errors",
    "NothingFeasible": "streamfacts.errors",
    "StreamplanError": "streamfacts.errors",
    "Usage": "streamfacts.usage",
    "UsageLine": "streamfacts.usage",
    "data_dir": "streamfacts.tables",
    "read_rows": "streamfacts.tables",
    "read_table": "streamfacts.tables",
}

__getattr__, __dir__ = on_demand(__name__, _PLACES)

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
