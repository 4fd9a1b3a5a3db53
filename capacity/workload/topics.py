"""How topics keep records and how producers commit them: for ever, compacted, in transactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from capacity.workload.block import Block
from capacity.workload.quantity import Range, quantity
from streamfacts.errors import InputError
from streamfacts.tables import assumption
from streamfacts.units import DAY

#: Retention of what is never deleted [s]: the longest that can be written, far beyond any horizon.
FOREVER_S = 100 * 365 * DAY
_FOREVER = ("forever", "for ever", "unlimited", "infinite")
_KEPT = quantity("retention", "duration", 60.0, FOREVER_S).func
_COMMITTED = quantity("transactions", "duration", 0.001, 3600.0).func


def kept(value: Any) -> Range:
    """Return a retention: a duration, or forever as `FOREVER_S`."""
    if isinstance(value, str) and value.strip().lower() in _FOREVER:
        return Range(FOREVER_S, FOREVER_S, FOREVER_S)
    try:
        return _KEPT(value)  # type: ignore[call-arg, no-any-return]
    except InputError as error:
        raise InputError(error.field, error.value, f"{error.allowed}; or forever") from None


def committed(value: Any) -> Range | None:
    """Return how often producers commit a transaction [s]; None where they use none.

    `true` stands for the interval of Kafka Streams with exactly-once processing.
    """
    if value is None or value is False:
        return None
    if value is True:
        usual = float(assumption("transaction_interval_s"))
        return Range(usual, usual, usual)
    try:
        return _COMMITTED(value)  # type: ignore[call-arg, no-any-return]
    except InputError as error:
        allowed = f"true, false, or the time between two commits: {error.allowed}"
        raise InputError(error.field, error.value, allowed) from None


class Compacted(Block):
    """Topics that keep the latest record of each key: `keys` in all of them, and their `share` of bytes and partitions.

    Raises
    ------
    InputError
        for an unknown name or a figure outside its range.

    Examples
    --------
    >>> Compacted(keys="50 million").keys.likely, str(Compacted(keys="50 million"))
    (50000000.0, '50,000,000 keys')
    """

    keys: Annotated[Range, quantity("compacted.keys", None, 1, 1e13)]
    share: Annotated[Range, quantity("compacted.share", None, 0.0001, 1.0)] = Range(1.0, 1.0, 1.0)

    def __str__(self) -> str:
        def words(value: Range) -> str:
            return f"{value.likely:,.6g}" if value.known else f"{value.low:,.6g} to {value.high:,.6g}"

        keys = f"{self.keys.likely:,.0f}" if self.keys.known else words(self.keys)
        part = f" in {words(self.share)} of the bytes" if "share" in self.model_fields_set else ""
        return f"{keys} keys{part}"


def compacted(value: Any) -> Compacted | None:
    """Return the block that a workload file states, None where topics are not compacted."""
    if value is None or isinstance(value, Compacted):
        return value
    if not isinstance(value, Mapping):
        raise InputError("compacted", value, "a mapping such as {keys: 50 million}")
    return Compacted(**{str(name): figure for name, figure in value.items()})


COMPACTED = BeforeValidator(compacted)
