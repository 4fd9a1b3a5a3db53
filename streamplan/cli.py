"""The command line. `--json` prints one document on standard output; errors go to standard error.

Exit status: 0 done, 2 bad input, 3 nothing feasible.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from streamfacts.errors import InputError, NothingFeasible, StreamplanError
from streamfacts.usage import HOURS_PER_MONTH
from streamplan import __version__


def _options(pairs: Sequence[str]) -> dict[str, str]:
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise InputError("--option", pair, "name=value, such as follower_fetch=false")
        out[name.strip()] = value.strip()
    return out


_WORKLOAD = click.argument("workload", type=click.Path())
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
_BOOK = click.option(
    "--price-book", multiple=True, type=click.Path(), help="CSV of your own prices, over the shipped ones."
)
_HOURS = click.option(
    "--hours-per-month", type=float, default=HOURS_PER_MONTH, show_default=True, help="Hours in the billing month."
)
_OPTION = click.option(
    "--option", "pairs", multiple=True, metavar="NAME=VALUE", help="A lever of the offer, such as follower_fetch=false."
)
_CLUSTERS = click.option(
    "--most-clusters",
    type=click.IntRange(1, 500),
    default=500,
    show_default=True,
    help="Clusters to spread over where one breaks a limit.",
)
_ONLY = click.option("--platform", "only", multiple=True, help="Only these offers (may be repeated).")
_REGION = click.option("--region", default=None, help="Region to size and price in, instead of the workload's.")


def _shared(*decorators: Callable[..., Any]) -> Callable[..., Any]:
    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return wrap


def _load(path: str, region: str | None) -> Any:
    from streamplan.workloads import open_workload

    return open_workload(path, region)


def _book(paths: Sequence[str]) -> Any:
    from pricing import PriceBook

    return PriceBook.load(*paths)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="%(version)s")
def cli() -> None:
    """Size and price an event-streaming workload on every platform a team would consider."""


@cli.command()
@_shared(_WORKLOAD, _JSON, _BOOK, _HOURS, _OPTION, _REGION, _CLUSTERS, _ONLY)
def compare(
    workload: str,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    most_clusters: int,
    only: Sequence[str],
) -> None:
    """Every offer on the same workload, cheapest feasible first."""
    from streamplan.study import study

    result = study(
        _load(workload, region),
        only=only,
        book=_book(price_book),
        options=_options(pairs),
        hours_per_month=hours_per_month,
        most_clusters=most_clusters,
    )
    if as_json:
        from streamplan.document import dumps, study_document

        click.echo(dumps(study_document(result)))
    else:
        from streamplan.terminal import console, shared_terms, study_table

        console().print(study_table(result))
        console().print(shared_terms(result))
    _something_fits(result)


def _something_fits(study: Any) -> None:
    if not any(plan.feasible for plan in study.plans):
        raise NothingFeasible("no offer can carry this workload; the table says why")


def _fits(plan: Any) -> None:
    if not plan.feasible:
        why = "; ".join(plan.sizing.violations)
        raise NothingFeasible(f"{plan.offer.name} cannot carry this workload: {why}")


def _plan(
    workload: str,
    platform: str,
    machine: str | None,
    units: float | None,
    price_book: Sequence[str],
    hours: float,
    pairs: Sequence[str],
    region: str | None,
) -> Any:
    from streamplan.plan import plan

    return plan(
        _load(workload, region),
        platform,
        _book(price_book),
        machine=machine,
        units=units,
        options=_options(pairs),
        hours_per_month=hours,
    )


_PLATFORM = click.option("--platform", required=True, help="The offer; 'streamplan platforms' lists them.")
_MACHINE = click.option(
    "--machine", default=None, help="Machine type or configuration; the cheapest feasible one if left out."
)
_UNITS = click.option(
    "--units", type=float, default=None, help="Brokers or shards that are there; shows their utilisation."
)


@cli.command()
@_shared(_WORKLOAD, _PLATFORM, _MACHINE, _UNITS, _JSON, _BOOK, _HOURS, _OPTION, _REGION)
def size(
    workload: str,
    platform: str,
    machine: str | None,
    units: float | None,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
) -> None:
    """How much of what one offer needs, what binds, and what it costs."""
    result = _plan(workload, platform, machine, units, price_book, hours_per_month, pairs, region)
    if as_json:
        from streamplan.document import dumps, plan_document

        click.echo(dumps(plan_document(result)))
    else:
        from streamplan.terminal import bill_table, console, plan_table

        out = console()
        out.print(plan_table(result))
        out.print(bill_table(result.bill))
        total = result.bill.total
        out.print(
            f"total {total:,.2f} USD a month" if total is not None else "no total: " + "; ".join(result.bill.missing)
        )
    _fits(result)


@cli.command()
@_shared(_WORKLOAD, _PLATFORM, _MACHINE, _UNITS, _JSON, _BOOK, _HOURS, _OPTION, _REGION)
def explain(
    workload: str,
    platform: str,
    machine: str | None,
    units: float | None,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
) -> None:
    """How each number of an offer came about: formula, inputs, source."""
    result = _plan(workload, platform, machine, units, price_book, hours_per_month, pairs, region)
    if as_json:
        from streamplan.document import dumps, plan_document, workload_document

        click.echo(dumps({**plan_document(result), "workload": workload_document(result.workload)}))
    else:
        from streamplan.explain import explain_text

        click.echo(explain_text(result))
    _fits(result)


@cli.command()
@click.argument("usage", type=click.Path())
@_shared(_JSON, _BOOK)
@click.option("--region", default=None, help="Region of the lines that name none.")
def bill(usage: str, as_json: bool, price_book: Sequence[str], region: str | None) -> None:
    """Price explicit quantities from a YAML or CSV file: a published example, an invoice, a quote."""
    from pricing import bill as price
    from pricing import load_usage

    given = load_usage(usage, region)
    result = price(given.usage, _book(price_book), given.region, regions_of=given.regions_of)
    if as_json:
        from streamplan.document import bill_document, dumps

        document = bill_document(result, given.published)
        click.echo(dumps({**document, "source": given.source, "published_total": given.published_total}))
        return
    from streamplan.terminal import bill_table, console

    out = console()
    out.print(bill_table(result, given.published))
    if result.total is None:
        out.print(f"priced part {float(result.subtotal):,.2f} USD; no total: " + "; ".join(result.missing))
        return
    out.print(f"total {result.total:,.2f} USD")
    if given.published_total is not None:
        out.print(
            f"published {given.published_total:,.2f} USD, difference {result.total - given.published_total:+,.2f}"
        )


@cli.command()
@_shared(_WORKLOAD, _BOOK, _HOURS, _OPTION, _REGION, _CLUSTERS, _ONLY)
@click.option("--out", type=click.Path(), default="reports", show_default=True, help="Folder for the report.")
@click.option(
    "--on", default="", metavar="DATE", help="Day on which the ages of prices are reckoned; today if left out."
)
def report(
    workload: str,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    most_clusters: int,
    only: Sequence[str],
    out: str,
    on: str,
) -> None:
    """Run the comparison notebook and leave one self-contained HTML file beside it."""
    from streamplan.report import write_report
    from streamplan.terminal import console, study_table

    result = write_report(
        workload,
        Path(out),
        price_books=price_book,
        hours_per_month=hours_per_month,
        region=region,
        only=only,
        options=_options(pairs),
        most_clusters=most_clusters,
        on=on,
    )
    console().print(study_table(result.study))
    click.echo(f"report    {result.html}")
    click.echo(f"notebook  {result.notebook}")
    click.echo(f"data      {result.data}")
    _something_fits(result.study)


@cli.command()
@_shared(_WORKLOAD, _JSON, _BOOK, _HOURS, _OPTION, _REGION, _CLUSTERS, _ONLY)
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=4096, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option("--budget", type=float, default=None, help="USD a month; adds the odds of exceeding it.")
@click.option("--plan-month", type=int, default=None, help="Month whose likely demand the plan holds; the last one.")
@click.option("--machine", default=None, help="Machine type that is held (with one --platform).")
@click.option("--units", type=float, default=None, help="Brokers or shards that are held (with one --platform).")
def risk(
    workload: str,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    most_clusters: int,
    only: Sequence[str],
    months: int,
    draws: int,
    seed: int,
    budget: float | None,
    plan_month: int | None,
    machine: str | None,
    units: float | None,
) -> None:
    """What a budget may become under uncertain inputs: percentiles, odds of exceeding it, plans outgrown."""
    from streamplan.risk import risk as study

    held = {k: v for k, v in (("machine", machine), ("units", units)) if v is not None}
    if held and len(only) != 1:
        raise InputError("--platform", ", ".join(only), f"the one offer that --{next(iter(held))} is of")
    result = study(
        _load(workload, region),
        only,
        months,
        draws,
        seed,
        budget,
        plan_month=plan_month,
        held=held,
        book=_book(price_book),
        options=_options(pairs),
        hours_per_month=hours_per_month,
        most_clusters=most_clusters,
    )
    if as_json:
        from streamplan.document import dumps, risk_document

        click.echo(dumps(risk_document(result)))
    else:
        from streamplan.terminal import console, risk_table, risk_terms

        console().print(risk_table(result))
        console().print(risk_terms(result))
    if not result.something_fits:
        raise NothingFeasible("no offer can carry this workload in any draw")


@cli.command("platforms")
@_shared(_JSON)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the whole catalogue as Markdown.")
def platforms_command(as_json: bool, as_markdown: bool) -> None:
    """The offers, their options, and the age and confidence of their prices."""
    from capacity import platforms
    from streamplan import catalogue

    if as_json:
        from streamplan.document import catalogue_document, dumps

        click.echo(dumps([catalogue_document(catalogue.entry(name)) for name in platforms()]))
    elif as_markdown:
        click.echo(catalogue.markdown(), nl=False)
    else:
        for name, offer in platforms().items():
            click.echo(catalogue.one_line(name))
            for option in offer.options:
                click.echo(f"{'':32}--option {option.name}={option.default}: {option.doc}")


@cli.command("workloads")
def workloads_command() -> None:
    """The shipped workloads: published deployments, each field cited or marked as assumed."""
    from capacity import Workload
    from streamplan.workloads import shipped_workloads

    for name, path in shipped_workloads().items():
        click.echo(f"{name:34} {Workload.load(path).title}")


@cli.group()
def prices() -> None:
    """The price book."""


@prices.command("list")
@_shared(_JSON, _BOOK)
@click.option("--meter", default="", help="Only meters whose id contains this.")
@click.option("--region", default=None, help="Only this region.")
def prices_list(as_json: bool, price_book: Sequence[str], meter: str, region: str | None) -> None:
    """Every price with unit, region, date, confidence and source."""
    from streamfacts.errors import unknown_name
    from streamfacts.tables import regions

    if region and region not in regions():
        raise unknown_name("region", region, regions())
    frame = _book(price_book).frame()
    frame = frame[frame["meter"].str.contains(meter, regex=False)]
    if region:
        frame = frame[frame["region"] == region]
    if as_json:
        from streamplan.document import dumps, records

        click.echo(dumps(records(frame)))
        return
    for row in frame.to_dict("records"):
        tier = (
            "" if row["tier_to"] != row["tier_to"] and not row["tier_from"] else f" from {row['tier_from'] or 0:,.0f}"
        )
        flag = " STALE" if row["stale"] else ""
        name = f"{row['meter']} {row['sku']}".strip()
        price = f"{row['price']:<10g} USD/{row['unit']}{tier}"
        click.echo(f"{name:52} {row['region']:15} {price}  [{row['as_of']}, {row['confidence']}{flag}]")


@prices.command("check")
@_shared(_JSON, _BOOK)
@click.option("--max-age-days", type=int, default=365, show_default=True, help="Flag prices older than this.")
def prices_check(as_json: bool, price_book: Sequence[str], max_age_days: int) -> None:
    """Validate every table of prices and count the old and the doubtful rows."""
    frame = _book(price_book).frame()
    old = frame[frame["age_days"] > max_age_days]
    summary = {
        "rows": len(frame),
        "meters": int(frame["meter"].nunique()),
        "regions": sorted(frame["region"].unique()),
        "older_than_days": max_age_days,
        "old_rows": len(old),
        "confidence": frame["confidence"].value_counts().to_dict(),
        "oldest": str(frame["as_of"].min()),
    }
    if as_json:
        from streamplan.document import dumps

        click.echo(dumps(summary))
        return
    click.echo(
        f"{summary['rows']} rows on {summary['meters']} meters in {len(summary['regions'])} regions are well formed"
    )
    click.echo(f"{summary['old_rows']} are older than {max_age_days} days; the oldest is of {summary['oldest']}")
    click.echo("confidence: " + ", ".join(f"{k} {v}" for k, v in summary["confidence"].items()))
    for meter, rows in old.groupby("meter"):
        click.echo(f"  old: {meter} ({len(rows)} rows, since {rows['as_of'].min()})")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    try:
        cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except StreamplanError as error:
        click.echo(f"streamplan: {error}", err=True)
        sys.exit(error.exit_status)
    except click.exceptions.Abort:
        click.echo("streamplan: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except SystemExit as stop:
        # click leaves with 1 when the reader of a pipe has gone, which is no failure of ours
        sys.exit(0 if stop.code == 1 else stop.code)


if __name__ == "__main__":
    main()
