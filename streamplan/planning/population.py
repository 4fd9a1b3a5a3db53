"""Which offers a workload is compared on: those of the cloud that it lives in, and what else was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from capacity import Offer, Workload, find_offer, offers_for
from capacity.sizing.offer import OWN_HARDWARE, Protocol
from streamfacts.errors import InputError, unknown_name
from streamfacts.tables import read_rows, regions
from streamplan.planning.clients import CLIENTS, STAY

ALL = "all"
_WHO: dict[str, bool | None] = {"": None, "managed": True, "self-managed": False}


@dataclass(frozen=True)
class Population:
    """Which offers count, and what of their clients.

    Attributes
    ----------
    clouds : clouds whose offers rank together; that of the workload's region if empty, every one if `ALL` is among them
    protocol : what clients must be able to speak; any if empty
    managed : True for services that somebody else runs, False for what one's own team runs, None for both
    clients : "stay" where they are, so that egress is charged on another cloud, or "move" along
    bill_only : whether the bill alone ranks, without the work to run it

    Raises
    ------
    InputError
        for a cloud, a protocol or a word on clients that is unknown.

    Examples
    --------
    >>> home, elsewhere = Population().offers(Workload(write="1 MB/s", region="eastus"))
    >>> {offer.provider for offer in home}, "msk-standard" in {offer.name for offer in elsewhere}
    ({'azure'}, True)
    """

    clouds: tuple[str, ...] = ()
    protocol: str = ""
    managed: bool | None = None
    clients: str = STAY
    bill_only: bool = False

    def __post_init__(self) -> None:
        known = [*cloud_names(), ALL]
        for cloud in self.clouds:
            if cloud not in known:
                raise unknown_name("--cloud", cloud, known)
        if self.protocol and self._protocol is None:
            raise unknown_name("--protocol", self.protocol, [p.value for p in Protocol])
        if self.clients not in CLIENTS:
            raise unknown_name("--clients", self.clients, CLIENTS)

    @classmethod
    def named(
        cls, clouds: Iterable[str] = (), protocol: str = "", who: str = "", clients: str = STAY, bill_only: bool = False
    ) -> Population:
        """Return the same with who runs it as a word: "managed", "self-managed", or empty for both."""
        if who not in _WHO:
            raise unknown_name("who", who, [name for name in _WHO if name])
        return cls(tuple(clouds), protocol, _WHO[who], clients, bill_only)

    @property
    def who(self) -> str:
        """Who runs it, as a word; empty for both."""
        return next(name for name, managed in _WHO.items() if managed is self.managed)

    @property
    def _protocol(self) -> Protocol | None:
        return next((p for p in Protocol if p.value.lower() == self.protocol.lower()), None)

    def clouds_of(self, workload: Workload) -> tuple[str, ...]:
        """Return the clouds whose offers rank together for a workload."""
        if ALL in self.clouds:
            return tuple(cloud_names())
        return self.clouds or (regions()[workload.region],)

    def offers(self, workload: Workload, only: Iterable[str] = ()) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
        """Return the offers that rank, and those of other clouds, which follow apart where no cloud was asked for.

        Offers that are named in `only` rank, wherever they are.

        Raises
        ------
        InputError
            for an unknown offer, or where nothing is left.
        """
        named = list(only)
        if named:
            return tuple(find_offer(name) for name in named), ()
        clouds = {*self.clouds_of(workload), OWN_HARDWARE}
        suited = [offer for offer in offers_for(workload).values() if self._suits(offer)]
        home = tuple(offer for offer in suited if offer.provider in clouds)
        if not home:
            asked = ", ".join(sorted(clouds - {OWN_HARDWARE}))
            raise InputError("offers", f"none on {asked}", f"a choice that leaves an offer; asked: {self.said}")
        elsewhere = () if self.clouds else tuple(offer for offer in suited if offer.provider not in clouds)
        return home, elsewhere

    def ranked(self, workload: Workload, only: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the names of the offers that rank; see `offers`."""
        return tuple(offer.name for offer in self.offers(workload, only)[0])

    def _suits(self, offer: Offer) -> bool:
        speaks = self._protocol is None or self._protocol in offer.protocols
        return speaks and (self.managed is None or self.managed is not offer.self_managed)

    @property
    def said(self) -> str:
        """What was asked for, in words."""
        clouds = f"on {', '.join(self.clouds)}" if self.clouds else ""
        return (
            ", ".join(part for part in (self.who, self.protocol and f"{self.protocol} protocol", clouds) if part)
            or "all"
        )


def cloud_names() -> dict[str, str]:
    """Return the clouds, by name, as they are called."""
    return {row["cloud"]: row["name"] for row in read_rows("clouds")}
