"""Scenarios: a workload and named changes of it, each with terms of its own, from one file.

::

    base: orders.yaml             # a file beside this one, a shipped workload, or the fields themselves
    terms: {hours_per_month: 744} # of all scenarios
    scenarios:
      longer: {retention: 14 d}
      contract:
        peak_write: null          # leaves out what the base gives
        peak_ratio: 2
        terms: {discounts: {aws: 12%}, options: {follower_fetch: true}}

A field of a scenario stands in place of the base's, whole; `null` leaves it out. Its terms stand in place of those of
the file, option by option.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from capacity import Workload
from capacity.workload.contradictions import contradictions
from capacity.workload.quantity import number_of
from capacity.workload.workload import with_files
from pricing.dated import laid_over
from streamfacts.errors import InputError, naming, unknown_name
from streamfacts.reading import read_mapping
from streamplan.planning.shipped_workloads import open_workload
from streamplan.planning.terms import Terms, Told

#: The base by itself, as a scenario.
BASE = "base"
#: What a scenario file may hold, and what its terms may.
FILE = ("base", "terms", "scenarios")
TERMS = ("options", "hours_per_month", "within", "most_clusters", "region", "discounts", "price_books")
#: Characters of the name of a scenario at most.
LONGEST_NAME = 60


@dataclass(frozen=True)
class Scenario:
    """A workload under some terms, by its name; `prices` are the price books and discounts that it adds to them."""

    name: str
    workload: Workload
    terms: Terms
    prices: tuple[str, ...] = ()

    @property
    def contradictions(self) -> tuple[str, ...]:
        """A sentence on each contradiction between its inputs, with its name in front."""
        return tuple(f"{self.name}: {text}" for text in contradictions(self.workload))


@dataclass(frozen=True)
class Scenarios:
    """The scenarios of a file, by name, the base first.

    Examples
    --------
    >>> from streamplan.planning.shipped_workloads import open_workload
    >>> base = Scenario("base", open_workload("example-100mib"), Terms.of())
    >>> [one.name for one in Scenarios("example", (base,)).some(["base"])]
    ['base']
    """

    name: str
    all: tuple[Scenario, ...]

    def __iter__(self) -> Iterator[Scenario]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, name: str) -> Scenario:
        return self.some([name])[0]

    def some(self, names: Iterable[str] = ()) -> tuple[Scenario, ...]:
        """Return scenarios in the order of their names, each once; all of them for none.

        Raises
        ------
        InputError
            for a name that the file does not have, with near ones.
        """
        by_name = {one.name: one for one in self.all}
        asked = list(dict.fromkeys(names)) or list(by_name)
        for name in asked:
            if name not in by_name:
                raise unknown_name("scenario", name, by_name)
        return tuple(by_name[name] for name in asked)


def scenarios(
    path: str | Path, terms: Terms | None = None, *, region: str | None = None, **told: Unpack[Told]
) -> Scenarios:
    """Read the scenarios of a file.

    Parameters
    ----------
    path : YAML file
    terms : what every scenario is told before its own terms; its price books and discounts lie over these
    region : in place of the base's

    Raises
    ------
    InputError
        naming the scenario and the field: one that is unknown or not usable, or that contradicts another.
    """
    file = Path(path)
    data = read_mapping(file, "scenarios")
    with naming(file.name):
        for name in data:
            if name not in FILE:
                raise unknown_name("scenario file", name, FILE)
        given = data.get("scenarios")
        if not isinstance(given, Mapping) or not given:
            raise InputError("scenarios", given, "a mapping of name to what is other than in the base")
        shared = _terms_block(data.get("terms"), "terms")
        base = _base(data.get("base"), file, region)
        start = Terms.of(terms, **told)
        found = [] if BASE in given else [_scenario(BASE, {}, base, shared, start, file.parent)]
        for name, changes in given.items():
            shown = str(name)
            if not shown.strip() or len(shown) > LONGEST_NAME or not shown.isprintable():
                raise InputError("scenario", shown, f"a name of 1 to {LONGEST_NAME} characters on one line")
            with naming(f"scenario {shown}"):
                found.append(_scenario(shown, changes, base, shared, start, file.parent))
    return Scenarios(file.stem, tuple(found))


def _base(given: Any, file: Path, region: str | None) -> Workload:
    if isinstance(given, Mapping):
        with naming("base"):
            workload = Workload(**with_files({"name": file.stem, **given}, file.parent))
        return workload.replace(region=region) if region else workload
    if not isinstance(given, str) or not given.strip():
        raise InputError("base", given, "a workload file, a shipped workload, or the fields of one")
    beside = file.parent / given
    return open_workload(beside if beside.is_file() else given, region)


def _scenario(
    name: str, changes: Any, base: Workload, shared: Mapping[str, Any], terms: Terms, folder: Path
) -> Scenario:
    if changes is None:
        changes = {}
    if not isinstance(changes, Mapping):
        raise InputError(name, changes, "a mapping of fields of the workload, and terms; {} for the base as it is")
    fields = {str(k): v for k, v in changes.items() if k != "terms"}
    for field in fields:
        if field not in Workload.model_fields:
            raise unknown_name("field", field, (*Workload.model_fields, "terms"))
    own = _terms_block(changes.get("terms"), "terms")
    if "region" in own and "region" in fields:
        raise InputError("region", fields["region"], "one of region and terms.region, not both")
    told = {**shared, **own}
    told["options"] = {**shared.get("options", {}), **own.get("options", {})}
    region = own.get("region") or (shared.get("region") if "region" not in fields else None)
    if region:
        fields["region"] = region
    over = [*_price_books(told.get("price_books"), folder), *_discounts(told.get("discounts"))]
    shown = tuple(Path(source).name if source.endswith(".csv") else source for source in over)
    return Scenario(name, _changed(base, fields, folder), _under(terms, told, over), shown)


def _changed(base: Workload, fields: Mapping[str, Any], folder: Path) -> Workload:
    """Return the base with other fields; one that is null is as if it had not been given."""
    if not fields:
        return base
    dropped = {name for name, value in fields.items() if value is None}
    given = with_files({name: value for name, value in fields.items() if value is not None}, folder)
    try:
        return base.changed(given, dropped)
    except InputError as error:
        clash = _clashing(base, given, dropped)
        if not clash:
            raise
        also = f"; to leave out what the base gives, write {clash}: null beside it"
        raise InputError(error.field, error.value, error.allowed + also) from None


def _clashing(base: Workload, given: Mapping[str, Any], dropped: set[str]) -> str | None:
    """Return the field of the base that alone is in the way of what a scenario gives, None if none is."""
    for name in Workload.model_fields:
        if name in base.model_fields_set - dropped and name not in given:
            try:
                base.changed(given, {*dropped, name})
            except InputError:
                continue
            return name
    return None


def _terms_block(given: Any, field: str) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InputError(field, given, f"a mapping of {', '.join(TERMS)}")
    for name in given:
        if name not in TERMS:
            raise unknown_name(f"{field}", str(name), TERMS)
    if "options" in given and not isinstance(given["options"], Mapping):
        raise InputError(f"{field}.options", given["options"], "a mapping of option to value")
    return dict(given)


def _under(terms: Terms, told: Mapping[str, Any], over: Sequence[str]) -> Terms:
    """Return the terms with those of a scenario over them."""
    out = Terms.of(terms, options={**terms.options, **told["options"]})
    if "hours_per_month" in told:
        hours = number_of(told["hours_per_month"], "terms.hours_per_month", None, _HOURS)
        if not 0 < hours <= 744:
            raise InputError("terms.hours_per_month", told["hours_per_month"], _HOURS)
        out = Terms.of(out, hours_per_month=hours)
    if "within" in told:
        out = Terms.of(out, within=_within(told["within"]))
    if "most_clusters" in told:
        out = Terms.of(out, most_clusters=_whole(told["most_clusters"]))
    return Terms.of(out, book=laid_over(out.book, *over)) if over else out


_HOURS = "hours in a billing month, above 0 and up to 744"


def _within(value: Any) -> float:
    allowed = "a share of the least cost from 0 to 1, such as 5% or 0.05"
    share = number_of(value, "terms.within", None, allowed, percent=True)
    if not 0.0 <= share <= 1.0:
        raise InputError("terms.within", value, allowed)
    return share


def _whole(value: Any) -> int:
    allowed = "a whole number from 1 to 500"
    number = number_of(value, "terms.most_clusters", None, allowed)
    if number != int(number) or not 1 <= number <= 500:
        raise InputError("terms.most_clusters", value, allowed)
    return int(number)


def _price_books(given: Any, folder: Path) -> list[str]:
    allowed = "a CSV of prices beside this file, or a list of them"
    names = [given] if isinstance(given, str) else given if given is not None else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("terms.price_books", given, allowed)
    for name in names:
        if Path(name).suffix.lower() != ".csv":
            raise InputError("terms.price_books", name, f"{allowed}; discounts have a name of their own")
    return [str(folder / name) for name in names]


def _discounts(given: Any) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise InputError("terms.discounts", given, "a mapping of scope to share off, such as {aws: 12%}")
    return [f"{scope}={share}" for scope, share in given.items()]


__all__ = ["BASE", "Scenario", "Scenarios", "scenarios"]
