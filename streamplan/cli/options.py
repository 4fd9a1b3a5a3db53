"""Arguments, options and steps that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

import click

from streamfacts.errors import InputError, NothingFeasible, cut, legible
from streamfacts.month import HOURS_PER_MONTH
from streamplan.cli.show import json_asked

if TYPE_CHECKING:
    from capacity import Workload
    from pricing import PriceBook
    from streamplan.planning.people import People
    from streamplan.planning.plan import Plan
    from streamplan.planning.terms import Terms


@dataclass(frozen=True)
class Asked:
    """What the shared options of a command were given; an option that a command does not take counts as left out.

    Fields are the values as typed. What is read or computed from them (`workload`, `book`, `options`, `people`, `plan`)
    is made when it is first used, and what is wrong with it is raised then.
    """

    workload_file: str = ""
    as_json: bool = False
    price_book: Sequence[str] = ()
    hours_per_month: float = HOURS_PER_MONTH
    pairs: Sequence[str] = ()
    region: str | None = None
    use_up_to: str | None = None
    posterior: str | None = None
    most_clusters: int = 500
    only: Sequence[str] = ()
    platform: str = ""
    machine: str | None = None
    units: float | None = None
    with_people: bool = False
    people_file: Sequence[str] = ()
    support: str = "business"
    within: float = 0.05
    budget: float | None = None
    bare: bool = False

    @cached_property
    def workload(self) -> Workload:
        """The workload in its region, with the CPU that own measurements found its brokers to need."""
        from capacity.workload.contradictions import contradictions

        workload = load(self.workload_file, self.region, self.posterior)
        if self.use_up_to is not None:
            workload = workload.replace(use_up_to=self.use_up_to)
        warn(contradictions(workload))
        return workload

    @cached_property
    def book(self) -> PriceBook:
        """The shipped prices under the user's own prices and discounts."""
        from pricing import open_book

        book = open_book(*self.price_book)
        warn(book.doubts)
        return book

    @cached_property
    def options(self) -> dict[str, str]:
        """The levers of the offer by name."""
        return options(self.pairs)

    @cached_property
    def people(self) -> People | None:
        """The prior of staff and support if it is asked for, by the flag or by a file, else None."""
        from streamplan.planning.people import asked

        return asked(self.with_people, self.people_file, self.support)

    @cached_property
    def terms(self) -> Terms:
        """What every analysis is told besides the workload."""
        from streamplan.planning.terms import Terms

        return Terms(self.book, self.options, self.hours_per_month, self.most_clusters, self.people, self.within)

    @cached_property
    def plan(self) -> Plan:
        """The plan of the one platform, with its machine and the units that are there."""
        from streamplan.planning.plan import plan

        return plan(self.workload, self.platform, self.terms, machine=self.machine, units=self.units)


def asks(*decorators: Callable[..., Any]) -> Callable[..., Any]:
    """Add shared options to a command, which gets them as one `Asked`, before the values of its own options."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        # click keeps the options of a command on its function; a bare one shows which of them are the shared
        bare: Any = _decorated(lambda: None, decorators)
        names = [option.name for option in bare.__click_params__ if option.expose_value]

        @wraps(function)
        def command(**given: Any) -> Any:
            return function(Asked(**{name: given.pop(name) for name in names}), **given)

        return _decorated(command, decorators)

    return wrap


def _decorated(function: Callable[..., Any], decorators: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def options(pairs: Sequence[str], field: str = "--option", example: str = "follower_fetch=true") -> dict[str, str]:
    """Return what an option that may be repeated gives, value by name; `InputError` for one that is no pair."""
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise InputError(field, pair, f"name=value, such as {example}")
        out[name.strip()] = value.strip()
    return out


WORKLOAD = click.argument("workload_file", metavar="WORKLOAD", type=click.Path())
JSON = click.option(
    "--json", "as_json", is_flag=True, callback=json_asked, help="Print one JSON document and nothing else."
)
_PRICES = click.option(
    "--price-book",
    multiple=True,
    type=click.Path(),
    is_eager=True,
    help="CSV of your own prices, over the shipped ones.",
)


def _add_discounts(ctx: click.Context, _: click.Parameter, given: tuple[str, ...]) -> None:
    # a price book takes both; read first, so that its files are there to be added to
    ctx.params["price_book"] = (*ctx.params.get("price_book", ()), *given)


_DISCOUNTS = click.option(
    "--discount",
    multiple=True,
    expose_value=False,
    callback=_add_discounts,
    metavar="SCOPE=SHARE",
    help="Contract discount, such as aws=12% or aws.msk=20%; or a YAML file of them.",
)


def BOOK(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the price book: one's own prices and contract discounts."""
    return _PRICES(_DISCOUNTS(function))


HOURS = click.option(
    "--hours-per-month",
    type=float,
    default=Asked.hours_per_month,
    show_default=True,
    help="Hours in the billing month.",
)
OPTION = click.option(
    "--option", "pairs", multiple=True, metavar="NAME=VALUE", help="A lever of the offer, such as follower_fetch=true."
)
CLUSTERS = click.option(
    "--most-clusters",
    type=click.IntRange(1, 500),
    default=Asked.most_clusters,
    show_default=True,
    help="Clusters to spread over where one breaks a limit.",
)


def _share(_: click.Context, __: click.Parameter, text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        raise InputError("--within", text, "a share of the least cost, such as 5% or 0.05") from None


WITHIN = click.option(
    "--within",
    default=f"{Asked.within:.0%}",
    show_default=True,
    callback=_share,
    help="Up to how far above the least cost a plan with fewer brokers is taken.",
)
BUDGET = click.option("--budget", type=float, default=None, help="USD a month; exit 4 if the bill is above it.")
BARE = click.option(
    "--bare", is_flag=True, callback=json_asked, help="Print the bill in USD a month and nothing else, for a pipeline."
)
ONLY = click.option("--platform", "only", multiple=True, help="Only these offers (may be repeated).")
REGION = click.option("--region", default=None, help="Region to size and price in, instead of the workload's.")
USE_UP_TO = click.option(
    "--use-up-to",
    default=None,
    metavar="SHARE",
    help="Share of every machine and quota that may be used, such as 0.7, instead of the workload's.",
)

_PEOPLE = click.option(
    "--people", "with_people", is_flag=True, help="Also staff, training, tools and support, as lines of their own."
)
_PEOPLE_FILE = click.option(
    "--people-file", multiple=True, type=click.Path(), help="CSV of your own staff rows over the shipped prior."
)
_SUPPORT = click.option(
    "--support",
    default=Asked.support,
    show_default=True,
    help="Level of the support plan with --people; none for none.",
)


def PEOPLE(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of staff and support."""
    return _decorated(function, (_PEOPLE, _PEOPLE_FILE, _SUPPORT))


PLATFORM = click.option("--platform", required=True, help="The offer; 'streamplan platforms' lists them.")
MACHINE = click.option(
    "--machine", default=None, help="Machine type or configuration; the cheapest feasible one if left out."
)
UNITS = click.option(
    "--units", type=float, default=None, help="Brokers or shards that are there; shows their utilisation."
)
POSTERIOR = click.option(
    "--posterior", type=click.Path(), default=None, help="What `streamplan calibrate` left of your own measurements."
)

#: What a command on the plan of one offer takes.
ONE_PLAN = (WORKLOAD, PLATFORM, MACHINE, UNITS, JSON, BOOK, HOURS, OPTION, REGION, USE_UP_TO, POSTERIOR, PEOPLE, WITHIN)


def load(path: str, region: str | None, posterior: str | None = None) -> Workload:
    """Open a workload, with the CPU that own measurements found its brokers to need."""
    from streamplan.planning.shipped_workloads import open_workload

    workload = open_workload(path, region)
    if posterior is None:
        return workload
    from capacity.measured.calibration.own_measurements import cpu_factor_of

    return workload.replace(cpu_factor=cpu_factor_of(posterior))


def warn(sentences: Iterable[str]) -> None:
    """Print sentences to standard error, where they stand beside a result."""
    for sentence in sentences:
        click.echo(f"streamplan: note: {legible(sentence)}", err=True)


#: Rows that a message shows of those that cannot be used.
MOST_ROWS_SHOWN = 10


def rows_fail(portfolio: str, rows: int, wanted: str, reasons: Sequence[str]) -> None:
    """Raise `InputError` for the rows of a portfolio that failed alone, after the result of the others was shown."""
    if not reasons:
        return
    more = len(reasons) - MOST_ROWS_SHOWN
    lines = [cut(reason, 220) for reason in reasons[:MOST_ROWS_SHOWN]] + [f"... and {more} more"] * (more > 0)
    raise InputError(f"{len(reasons)} of {rows} rows", portfolio, "\n  ".join([wanted, *lines]))


def something_fits(study: Any) -> None:
    """Raise `OfferFailed` if an offer failed, else `NothingFeasible` if none fits; for the end of a command."""
    from streamplan.planning.failures import report_failures

    report_failures(study.failed)
    if not any(plan.feasible for plan in study.plans):
        raise NothingFeasible("no offer can carry this workload; the table says why")


def fits(plan: Any) -> None:
    if not plan.feasible:
        why = "; ".join(plan.sizing.violations)
        raise NothingFeasible(f"{plan.offer.name} cannot carry this workload: {why}")
