"""Servers of one's own: what one machine has and what it costs a month."""

from __future__ import annotations

import re
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, model_validator

from capacity.workload.block import Block
from capacity.workload.quantity import checked, quantity, whole_number
from streamfacts.errors import InputError
from streamfacts.tables import parse_as_of
from streamfacts.units import human, split

MONTHS_A_YEAR = 12


def _figure(field: str, kind: str | None, low: float, high: float) -> BeforeValidator:
    """A validator of one known figure, in its canonical unit."""
    read = quantity(field, kind, low, high).func

    def known(value: Any) -> float:
        found = read(value)  # type: ignore[call-arg]
        if not found.known:
            raise InputError(field, value, "one figure: a machine has what it has")
        return float(found.likely)

    return BeforeValidator(known)


_PRICE = re.compile(r"^(?:USD|\$|US\$)?\s*(.*?)\s*(?:USD|\$|US\$)?\s*(?:/|per |a )\s*(month|year)$", re.IGNORECASE)


def _usd_a_month(value: Any) -> float:
    allowed = "an amount in USD a month or a year, such as '900 USD/month'"
    match = _PRICE.match(value.strip()) if isinstance(value, str) and re.search(r"USD|\$", value, re.I) else None
    try:
        amount, rest = split(match[1]) if match else (-1.0, "")
    except ValueError:
        amount, rest = -1.0, ""
    if match is None or rest or not 0 <= amount <= 1e9 or not np.isfinite(amount):
        raise InputError("servers.price", value, allowed)
    return amount / (MONTHS_A_YEAR if match[2].lower() == "year" else 1)


def _dated(value: Any) -> str:
    parse_as_of(value)
    return str(value)


class Disks(Block):
    """Disks of one server: `count` of one `size`, what each writes a second, and whether they are striped into one."""

    count: Annotated[int, whole_number("servers.disks.count", 1, 1000)] = 1
    size: Annotated[float, _figure("servers.disks.size", "size", 1e9, 1e15)]
    throughput: Annotated[float, _figure("servers.disks.throughput", "rate", 1e6, 1e12)] | None = None

    @classmethod
    def called(cls) -> str:
        return "servers.disks"

    @property
    def bytes(self) -> float:
        """Size of all disks of one server [byte]."""
        return self.count * self.size

    @property
    def bytes_s(self) -> float | None:
        """What all disks of one server write together [byte/s], None where it was not said."""
        return None if self.throughput is None else self.count * self.throughput

    def __str__(self) -> str:
        rate = "" if self.throughput is None else f" at {human(self.throughput, 'bytes/s')}"
        return f"{self.count} x {human(self.size, 'bytes')}{rate}"


class Servers(Block):
    """One machine of those at hand: `vcpu`, `memory`, `network`, `disks`, its `price` a month and how many there are.

    Raises
    ------
    InputError
        for an unknown name, a figure without its unit or outside its range.

    Examples
    --------
    >>> own = Servers(vcpu=16, memory="64 GB", network="10 Gbit/s", disks={"size": "56 TB"}, price="900 USD/month")
    >>> own.memory, own.network, own.price
    (64000000000.0, 1250000000.0, 900.0)
    """

    name: Annotated[
        str, checked("servers.name", lambda v: isinstance(v, str) and 0 < len(v) <= 60, "a name of 1 to 60 letters")
    ] = "own server"
    vcpu: Annotated[int, whole_number("servers.vcpu", 1, 4096)]
    memory: Annotated[float, _figure("servers.memory", "size", 1e9, 1e14)]
    network: Annotated[float, _figure("servers.network", "rate", 1e6, 1e12)]
    disks: Disks
    price: Annotated[float, BeforeValidator(_usd_a_month)] | None = None
    count: Annotated[int, whole_number("servers.count", 1, 1_000_000)] | None = None
    as_of: Annotated[str, BeforeValidator(_dated)] = "2026"

    @model_validator(mode="after")
    def _whole_machine(self) -> Servers:
        if self.disks.bytes > 1e16:
            raise InputError("servers.disks", human(self.disks.bytes, "bytes"), "at most 10 PB a server")
        return self

    def __str__(self) -> str:
        price = "" if self.price is None else f", {self.price:,.2f} USD a month"
        there = "" if self.count is None else f", {self.count:,} there"
        return (
            f"{self.name}: {self.vcpu} vCPU, {human(self.memory, 'bytes')}, {human(self.network, 'bytes/s')},"
            f" {self.disks}{price}{there}"
        )


__all__ = ["Disks", "Servers"]
