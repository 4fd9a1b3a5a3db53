"""`streamplan size`: one offer on one workload."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.commands.shared import (
    BOOK,
    HOURS,
    JSON,
    MACHINE,
    OPTION,
    PEOPLE,
    PEOPLE_FILE,
    PLATFORM,
    POSTERIOR,
    REGION,
    SUPPORT,
    UNITS,
    WORKLOAD,
    fits,
    people,
    plan_of,
    shared,
)


@click.command("size")
@shared(WORKLOAD, PLATFORM, MACHINE, UNITS, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, PEOPLE, PEOPLE_FILE, SUPPORT)
def command(
    workload: str,
    platform: str,
    machine: str | None,
    units: float | None,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    posterior: str | None,
    with_people: bool,
    people_file: Sequence[str],
    support: str,
) -> None:
    """How much of what one offer needs, what binds, and what it costs."""
    staff = people(with_people, people_file, support)
    result = plan_of(workload, platform, machine, units, price_book, hours_per_month, pairs, region, posterior, staff)
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
    fits(result)
