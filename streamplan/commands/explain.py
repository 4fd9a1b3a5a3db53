"""`streamplan explain`: how each number came about."""

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


@click.command("explain")
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
    """How each number of an offer came about: formula, inputs, source."""
    staff = people(with_people, people_file, support)
    result = plan_of(workload, platform, machine, units, price_book, hours_per_month, pairs, region, posterior, staff)
    if as_json:
        from streamplan.document import dumps, plan_document, workload_document

        click.echo(dumps({**plan_document(result), "workload": workload_document(result.workload)}))
    else:
        from streamplan.explain import explain_text

        click.echo(explain_text(result))
    fits(result)
