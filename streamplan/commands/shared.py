"""Arguments, options and steps that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from streamfacts.errors import InputError, NothingFeasible
from streamfacts.usage import HOURS_PER_MONTH


def options(pairs: Sequence[str]) -> dict[str, str]:
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise InputError("--option", pair, "name=value, such as follower_fetch=false")
        out[name.strip()] = value.strip()
    return out


WORKLOAD = click.argument("workload", type=click.Path())
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
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
    "--hours-per-month", type=float, default=HOURS_PER_MONTH, show_default=True, help="Hours in the billing month."
)
OPTION = click.option(
    "--option", "pairs", multiple=True, metavar="NAME=VALUE", help="A lever of the offer, such as follower_fetch=false."
)
CLUSTERS = click.option(
    "--most-clusters",
    type=click.IntRange(1, 500),
    default=500,
    show_default=True,
    help="Clusters to spread over where one breaks a limit.",
)
ONLY = click.option("--platform", "only", multiple=True, help="Only these offers (may be repeated).")
REGION = click.option("--region", default=None, help="Region to size and price in, instead of the workload's.")

PEOPLE = click.option(
    "--people", "with_people", is_flag=True, help="Also staff, training, tools and support, as lines of their own."
)
PEOPLE_FILE = click.option(
    "--people-file", multiple=True, type=click.Path(), help="CSV of your own staff rows over the shipped prior."
)
SUPPORT = click.option(
    "--support", default="business", show_default=True, help="Level of the support plan with --people; none for none."
)

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


def shared(*decorators: Callable[..., Any]) -> Callable[..., Any]:
    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return wrap


def load(path: str, region: str | None, posterior: str | None = None) -> Any:
    """Open a workload, with the CPU that own measurements found its brokers to need."""
    from streamplan.workloads import open_workload

    workload = open_workload(path, region)
    if posterior is None:
        return workload
    from capacity.calibration.own import cpu_factor_of

    return workload.replace(cpu_factor=cpu_factor_of(posterior))


def book(paths: Sequence[str]) -> Any:
    from pricing import PriceBook

    return PriceBook.load(*paths)


def people(with_people: bool, files: Sequence[str], support: str) -> Any:
    """Return the prior of staff and support if it is asked for, by the flag or by a file, else None."""
    from streamplan.people import asked

    return asked(with_people, files, support)


def something_fits(study: Any) -> None:
    if not any(plan.feasible for plan in study.plans):
        raise NothingFeasible("no offer can carry this workload; the table says why")


def fits(plan: Any) -> None:
    if not plan.feasible:
        why = "; ".join(plan.sizing.violations)
        raise NothingFeasible(f"{plan.offer.name} cannot carry this workload: {why}")


def plan_of(
    workload: str,
    platform: str,
    machine: str | None,
    units: float | None,
    price_book: Sequence[str],
    hours: float,
    pairs: Sequence[str],
    region: str | None,
    posterior: str | None,
    staff: Any = None,
) -> Any:
    from streamplan.plan import plan

    return plan(
        load(workload, region, posterior),
        platform,
        book(price_book),
        machine=machine,
        units=units,
        options=options(pairs),
        hours_per_month=hours,
        people=staff,
    )
