"""Levers: what each measure saves on a workload, alone and stacked, and what it gives up.

A lever is a change of the workload, of an option of the offer, of the machine, of the offer itself or of its prices.
Alone it is measured against what is there now. In the stack the lever that saves the most comes first, then the one
that saves the most of what is left, and so on: what a lever saves there is what the bill falls by when it comes on top
of those before it, so the parts add up to the whole and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from capacity import Demand, Range, Workload, find_offer, offers
from capacity.sizing.machines import ARM, known_machines
from capacity.sizing.offer import Copies, Offer
from pricing import Commitments, PriceBook
from streamfacts.errors import InputError, NothingFeasible, unknown_name
from streamfacts.tables import assumption, read_rows
from streamfacts.units import KIB, human
from streamplan.planning.plan import Plan, cost_all, plan
from streamplan.planning.terms import Terms, Told

if TYPE_CHECKING:
    import pandas as pd

#: A lever that saves less than this is none [USD/month].
LEAST_SAVING = 0.005


@dataclass(frozen=True)
class State:
    """What a workload runs on: all that a lever may change.

    Parameters
    ----------
    reserved : whether everything that can be committed to is, for `targets["commitment_years"]`
    terms : `options` are the levers of the offer that are set
    """

    workload: Workload
    platform: str
    terms: Terms
    targets: Mapping[str, float]
    rates: Commitments
    machine: str | None = None
    reserved: bool = False

    @cached_property
    def prices(self) -> PriceBook:
        """The prices that count: committed rates where everything is reserved."""
        book = self.terms.book
        return self.rates.reserved(book, int(self.targets["commitment_years"])) if self.reserved else book

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of the offer that are set."""
        return self.terms.options

    @cached_property
    def plan(self) -> Plan:
        """The cheapest feasible plan, on the machine that is held if one is."""
        return plan(self.workload, self.platform, Terms.of(self.terms, book=self.prices), machine=self.machine)

    @property
    def usd(self) -> float | None:
        """Cost a month [USD], None where it does not fit or a price is missing."""
        return self.plan.monthly_usd

    def option(self, name: str) -> Any:
        """Return the value of an option of the offer, None where it has no such option."""
        known = {o.name: o.default for o in find_offer(self.platform).options}
        return self.options.get(name, known.get(name))

    def on(self, platform: str) -> State:
        """Return the same on another offer, with the options that both have and any machine of it."""
        known = {o.name for o in find_offer(platform).options}
        kept = {name: value for name, value in self.options.items() if name in known}
        return replace(self, platform=platform, machine=None, terms=self.terms.on(kept))


#: What a lever makes of a state: another state, or in words why it does not apply; first word "now" if it is in force.
Change = Callable[[State], "State | str"]


@dataclass(frozen=True)
class Lever:
    """A measure.

    Parameters
    ----------
    change : what it does
    gives_up : what it costs besides money
    group : levers of one group exclude each other
    undo : the state without it, where it is in force already
    """

    name: str
    title: str
    change: Change
    gives_up: str
    group: str = ""
    undo: Callable[[State], State | None] = lambda state: None


@dataclass(frozen=True)
class LeverStudy:
    """Levers on one workload and offer.

    Attributes
    ----------
    alone : one row a lever: what it saves by itself, or why it does not apply and what it is worth where it is in force
        already: what the bill would be more without it [USD/month]
    stack : the levers in the order in which they are taken: cost before, saving, cost after [USD/month]
    """

    workload: Workload
    start: State
    end: State
    alone: pd.DataFrame
    stack: pd.DataFrame

    @property
    def saving(self) -> float:
        """What the whole stack saves [USD/month]."""
        return float(self.start.usd or 0.0) - float(self.end.usd or 0.0)


def targets(given: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Return how far each lever is pulled, from `data/analyses/levers.csv` with the user's own values over it.

    Raises
    ------
    InputError
        for an unknown name or a value out of its range.

    Examples
    --------
    >>> targets({"retention_share": 0.25})["retention_share"]
    0.25
    """
    out = {row["name"]: row["value"] for row in read_rows("analyses/levers")}
    for name, value in (given or {}).items():
        if name not in out:
            raise unknown_name("target", str(name), out)
        low, high, what = _RANGES[name]
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise InputError(f"target {name}", value, what) from None
        if isinstance(value, bool) or not low <= number <= high or (name in _WHOLE and number != int(number)):
            raise InputError(f"target {name}", value, what)
        if name == "commitment_years" and number not in (1, 3):
            raise InputError(f"target {name}", value, what)
        out[name] = number
    return out


_RANGES = {
    "batch_bytes": (1.0, 1e9, "bytes from 1 to 1e9"),
    "linger_s": (0.0, 60.0, "seconds from 0 to 60"),
    "aggregate_kib": (1.0, 1024.0, "KiB from 1 to 1024"),
    "retention_share": (0.001, 1.0, "a share above 0 and up to 1"),
    "unused_share": (0.0, 0.99, "a share from 0 to 0.99"),
    "replication_factor": (1.0, 7.0, "a whole number from 1 to 7"),
    "commitment_years": (1.0, 3.0, "1 or 3"),
}
_WHOLE = ("replication_factor", "commitment_years")


def _known(value: float) -> Range:
    return Range(value, value, value)


def _scaled(value: Range | None, factor: float) -> Range | None:
    """The likely value times a factor: levers are measured there."""
    return None if value is None else _known(value.likely * factor)


def _with(state: State, **fields: Any) -> State:
    return replace(state, workload=state.workload.replace(**{k: v for k, v in fields.items() if v is not None}))


def _to_ratio(state: State, ratio: float) -> State:
    """The workload compressed so. Sizes that were measured at the broker are of compressed records and change along."""
    w = state.workload
    fields: dict[str, Any] = {"compression_ratio": _known(ratio)}
    if w.measured_at == "broker":
        factor = w.compression_ratio.likely / ratio
        fields |= {name: _scaled(getattr(w, name), factor) for name in ("write", "peak_write", "message")}
        if w.message is None and w.write is not None and w.messages is None:
            fields["message"] = _known(float(assumption("default_message_bytes")) * factor)
    return _with(state, **fields)


def _compress(ratio: float) -> Change:
    def change(state: State) -> State | str:
        now = state.workload.compression_ratio.likely
        if now >= ratio:
            return f"now {now:g} to one, which is no less than the {ratio:g} of this codec"
        return _to_ratio(state, ratio)

    return change


def _uncompressed(state: State) -> State | None:
    return _to_ratio(state, 1.0) if state.workload.compression_ratio.likely > 1.0 else None


def _batch(state: State) -> State | str:
    if state.option("aggregate_kib") is not None:
        kib = state.targets["aggregate_kib"]
        if float(state.option("aggregate_kib")) >= kib:
            return f"now aggregates of {float(state.option('aggregate_kib')):g} KiB"
        message = state.workload.message
        if message is not None and message.likely >= kib * KIB:
            return f"records are {human(message.likely, 'bytes')} already"
        return replace(state, terms=state.terms.on({**state.options, "aggregate_kib": kib}))
    size = state.targets["batch_bytes"]
    batch = state.workload.batch
    now = batch.likely if batch is not None else float(assumption("producer_batch_bytes"))
    if now >= size:
        return f"now batches of {human(now, 'bytes')}"
    w = state.workload
    if batch is not None and w.linger is None and w.producers is None:  # as measured, and so is the larger one
        return _with(state, batch=_known(size))
    wait = max(state.targets["linger_s"], w.linger.likely if w.linger is not None else 0.0)
    return _with(state, batch=_known(size), linger=_known(wait))


def _retain_less(state: State) -> State | str:
    share = state.targets["retention_share"]
    if share >= 1.0:
        return "the target keeps everything"
    w = state.workload
    return _with(state, retention=_scaled(w.retention, share))


def _drop_unused(state: State) -> State | str:
    """Topics that nobody reads go: bytes written and partitions fall, bytes read stay what they are."""
    share = state.targets["unused_share"]
    if not share:
        return "the target says that every topic is used"
    w, used = state.workload, 1.0 - share
    fields: dict[str, Any] = {name: _scaled(getattr(w, name), used) for name in ("write", "peak_write", "messages")}
    if w.write is not None and w.messages is not None:
        fields["message"] = None
    for name in ("partitions", "topics"):
        value: Range | None = getattr(w, name)
        if value is not None:
            whole = max(1.0, float(np.ceil(value.likely * used)))
            fields[name] = _known(whole)
    return _with(state, **fields, fan_out=_scaled(w.fan_out, 1.0 / used))


def _fewer_copies(state: State) -> State | str:
    copies = int(state.targets["replication_factor"])
    now = state.workload.replication_factor
    return f"now {now} copies" if now <= copies else _with(state, replication_factor=copies)


def _fetch_nearby(state: State) -> State | str:
    now = state.option("follower_fetch")
    if now is None:
        return "the offer has no such choice"
    if str(now).lower() in ("true", "on"):
        return "now in force"
    return replace(state, terms=state.terms.on({**state.options, "follower_fetch": True}))


def _fetch_leaders(state: State) -> State | None:
    in_force = str(state.option("follower_fetch")).lower() in ("true", "on")
    return replace(state, terms=state.terms.on({**state.options, "follower_fetch": False})) if in_force else None


def _tier(state: State) -> State | str:
    tiered = find_offer(state.platform).tiered_as
    if not tiered:
        return "now in force" if _untiered(state.platform) else "the offer has no remote tier of its own"
    w = state.workload
    hot = w.hot_retention.likely if w.hot_retention is not None else float(assumption("hot_retention_s"))
    if w.retention.likely <= hot:
        return f"everything is kept no longer than the {human(hot, 'seconds')} that stay on brokers"
    moved = state.on(tiered)
    return replace(moved, machine=_known_machine(moved.platform, state.machine))


def _untier(state: State) -> State | None:
    plain = _untiered(state.platform)
    if plain is None:
        return None
    moved = state.on(plain)
    return replace(moved, machine=_known_machine(moved.platform, state.machine))


def _untiered(platform: str) -> str | None:
    """The offer that is the same without a remote tier."""
    return next((offer.name for offer in offers().values() if offer.tiered_as == platform), None)


def _known_machine(platform: str, machine: str | None) -> str | None:
    return machine if machine in find_offer(platform).configurations() else None


def _diskless(state: State) -> State | str:
    now = find_offer(state.platform)
    if now.copies_on is Copies.OBJECT_STORE:
        return "now in force"
    wanted = (Copies.OBJECT_STORE, now.provider, "")
    open_ones = [o.name for o in offers().values() if (o.copies_on, o.provider, o.closed) == wanted]
    moved = [m for m in (state.on(name) for name in open_ones) if m.usd is not None]
    if not moved:
        return f"no diskless offer on {now.provider} is sized and priced for this"
    return min(moved, key=lambda m: m.usd or 0.0)


def _any_machine(state: State) -> State | str:
    if state.machine is None:
        return f"now the cheapest of all, {state.plan.configuration}"
    free = replace(state, machine=None)
    chosen = free.plan.configuration
    return f"now the cheapest of all, {chosen}" if chosen == state.machine else free


def _on_arm(offer: Offer, configuration: str) -> bool:
    machines = (known_machines().get(name) for name in offer.machines(configuration))
    return any(machine is not None and machine.architecture == ARM for machine in machines)


def _not_arm(state: State) -> State | None:
    """The cheapest machine that is not an Arm one where one is in use; None where one cluster of it will not do."""
    offer = find_offer(state.platform)
    if state.machine is not None or not _on_arm(offer, state.plan.configuration):
        return None
    demand = Demand.of(state.workload).replace(region=state.plan.bill.region)
    costed = cost_all(demand, state.platform, Terms.of(state.terms, book=state.prices))
    others = np.array([not _on_arm(offer, str(name)) for name in costed.sizing.configuration])
    cost = np.where(others, costed.sound_cost, np.inf)
    if not np.isfinite(cost).any():
        return None
    return replace(state, machine=str(costed.sizing.configuration[int(cost.argmin())]))


def _reserve(state: State) -> State | str:
    if state.reserved:
        return "now in force"
    years = int(state.targets["commitment_years"])
    region = state.plan.bill.region
    for entry in state.plan.bill.entries:
        known = state.rates.find(entry.usage.meter, str(entry.usage.sku), region, years)
        if known is not None and entry.usage.quantity > 0:
            return replace(state, reserved=True)
    return f"no committed rate of {years} years is known for what this offer bills in {region}"


def levers() -> tuple[Lever, ...]:
    """Return every lever.

    Examples
    --------
    >>> [lever.name for lever in levers()][:2]
    ['gzip', 'lz4']
    """
    return (
        *(
            Lever(
                row["codec"],
                f"Compress with {row['codec']}",
                _compress(row["ratio"]),
                f"CPU of producers and consumers; {row['ratio']:g} to one is that of one data set, measure your own",
                "compression",
                _uncompressed,
            )
            for row in read_rows("model/compression")
        ),
        Lever(
            "batching", "Larger batches", _batch, "latency: a producer waits until a batch is full, or its linger ends"
        ),
        Lever("retention", "Keep less", _retain_less, "history: what is older cannot be read again"),
        Lever(
            "tiered-storage",
            "Tier old data to object storage",
            _tier,
            "latency and requests of reads from the remote tier; compacted topics are not tiered",
            "storage",
            _untier,
        ),
        Lever(
            "diskless",
            "Diskless Kafka on object storage",
            _diskless,
            "latency of hundreds of milliseconds, a migration, another vendor",
            "storage",
        ),
        Lever(
            "follower-fetch",
            "Fetch from the nearest replica",
            _fetch_nearby,
            "nothing lasting; consumers must name their zone, and may lag the leader a little",
            undo=_fetch_leaders,
        ),
        Lever(
            "machine",
            "Newer machines (Arm)",
            _any_machine,
            "a rolling replacement of all machines; what runs on them must be built for Arm",
            undo=_not_arm,
        ),
        Lever(
            "replication",
            "Fewer copies",
            _fewer_copies,
            "durability: with two copies one loss leaves one, and writes stop or lose their safety",
        ),
        Lever("unused-topics", "Remove topics that nobody reads", _drop_unused, "the data of these topics"),
        Lever(
            "reserved",
            "Commit to machines for years",
            _reserve,
            "freedom: the commitment is paid whether used or not; `streamplan commit` sizes it under uncertainty",
        ),
    )


def study_levers(
    workload: Workload,
    platform: str,
    *,
    machine: str | None = None,
    own_targets: Mapping[str, Any] | None = None,
    without: Iterable[str] = (),
    rates: Commitments | None = None,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> LeverStudy:
    """Return what each lever saves on a workload at its likely demand, alone and stacked.

    Parameters
    ----------
    machine : the machine type that is held; the cheapest if left out
    own_targets : how far levers are pulled, over `data/analyses/levers.csv`
    without : levers to leave out
    people : those who run it, whose cost follows the machines and clusters that a lever leaves; none if left out

    Raises
    ------
    InputError
        for an unknown platform, machine, option, target or lever.
    NothingFeasible
        if the offer does not carry the workload as it is, or a price is missing.

    Examples
    --------
    >>> w = Workload(write="100 MB/s", message="1 KiB", fan_out=3, retention="7 d")
    >>> found = study_levers(w, "msk-standard")
    >>> bool(abs(found.stack["saving_usd"].sum() - found.saving) < 1e-6)
    True
    """
    import pandas as pd

    known = {lever.name: lever for lever in levers()}
    for name in without:
        if name not in known:
            raise unknown_name("lever", name, known)
    terms = Terms.of(terms, **told)
    checked = find_offer(platform).checked_options(terms.options) if terms.options else {}
    start = State(workload, platform, terms.on(checked), targets(own_targets), rates or Commitments.load(), machine)
    if start.usd is None:
        raise NothingFeasible(f"{platform} has no cost to save on: {start.plan.reason}")
    used = [lever for lever in known.values() if lever.name not in set(without)]
    alone = pd.DataFrame([_alone(lever, start) for lever in used])
    alone = alone.sort_values(["saving_usd", "worth_usd"], ascending=False, na_position="last", kind="stable")
    steps, end = _stack(used, start)
    columns = ["lever", "title", "before_usd", "saving_usd", "after_usd", "what", "gives_up"]
    return LeverStudy(workload, start, end, alone.reset_index(drop=True), pd.DataFrame(steps, columns=columns))


def _alone(lever: Lever, start: State) -> dict[str, Any]:
    row: dict[str, Any] = {
        "lever": lever.name,
        "title": lever.title,
        "saving_usd": np.nan,
        "share": np.nan,
        "worth_usd": np.nan,
        "what": "",
        "why_not": "",
        "gives_up": lever.gives_up,
    }
    changed = lever.change(start)
    if isinstance(changed, str):
        row["why_not"] = changed
        before = lever.undo(start)
        if before is not None and before.usd is not None:
            row["worth_usd"] = before.usd - float(start.usd or 0.0)
    elif changed.usd is None:
        row["why_not"] = f"does not fit or has no price: {changed.plan.reason}"
    else:
        row |= {"saving_usd": float(start.usd or 0.0) - changed.usd, "what": _what(changed, start)}
        row["share"] = row["saving_usd"] / float(start.usd or 1.0)
    return row


def _stack(used: Iterable[Lever], start: State) -> tuple[list[dict[str, Any]], State]:
    """The greedy order: at each step the lever that saves the most of what is left."""
    left, now = list(used), start
    steps: list[dict[str, Any]] = []
    while True:
        best: tuple[float, Lever, State] | None = None
        for lever in left:
            changed = lever.change(now)
            if isinstance(changed, str) or changed.usd is None:
                continue
            saving = float(now.usd or 0.0) - changed.usd
            if saving > LEAST_SAVING and (best is None or saving > best[0]):
                best = saving, lever, changed
        if best is None:
            return steps, now
        saving, lever, changed = best
        steps.append(
            {
                "lever": lever.name,
                "title": lever.title,
                "before_usd": now.usd,
                "saving_usd": saving,
                "after_usd": changed.usd,
                "what": _what(changed, now),
                "gives_up": lever.gives_up,
            }
        )
        now = changed
        left = [x for x in left if x is not lever and not (lever.group and x.group == lever.group)]


def _what(changed: State, before: State) -> str:
    """What is bought then, with the offer where it is another one."""
    moved = changed.platform != before.platform
    return (f"{changed.plan.offer.title}: " if moved else "") + changed.plan.what
