"""`streamplan schedule`: what to hold in each month, and when to add to it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import NothingFeasible
from streamplan.commands.shared import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    OPTION,
    PEOPLE,
    PEOPLE_FILE,
    POSTERIOR,
    REGION,
    SUPPORT,
    WORKLOAD,
    book,
    load,
    options,
    people,
    shared,
)


@click.command("schedule")
@shared(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, CLUSTERS, PEOPLE, PEOPLE_FILE, SUPPORT)
@click.option("--platform", "only", multiple=True, default=("all",), show_default=True, help="Offers, or all.")
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--step-months", type=int, default=6, show_default=True, help="Months that every step lasts at least.")
@click.option("--lead-days", type=float, default=14.0, show_default=True, help="Days from an order to its delivery.")
def command(
    workload: str,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    posterior: str | None,
    most_clusters: int,
    only: Sequence[str],
    with_people: bool,
    people_file: Sequence[str],
    support: str,
    months: int,
    step_months: int,
    lead_days: float,
) -> None:
    """What to hold of an offer in each month, when to order more, and what it costs."""
    from streamplan.schedule import schedules

    found = schedules(
        load(workload, region, posterior),
        () if "all" in only else only,
        months,
        step_months=step_months,
        lead_days=lead_days,
        book=book(price_book),
        options=options(pairs),
        hours_per_month=hours_per_month,
        people=people(with_people, people_file, support),
        most_clusters=most_clusters,
    )
    if as_json:
        from streamplan.document import dumps
        from streamplan.present_schedule import schedule_document

        click.echo(dumps(schedule_document(found)))
    else:
        from streamplan.present_schedule import schedules_table, steps_table
        from streamplan.terminal import console

        if len(found) > 1:
            console().print(schedules_table(found))
        for s in [s for s in found if s.feasible][:1]:
            console().print(steps_table(s))
    if not any(s.feasible for s in found):
        raise NothingFeasible("; ".join(f"{s.offer.name}: {s.reason}" for s in found[:5]))
