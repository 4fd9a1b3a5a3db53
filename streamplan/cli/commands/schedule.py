"""`streamplan schedule`: what to hold in each month, and when to add to it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import NothingFeasible
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    OPTION,
    PEOPLE,
    POPULATION,
    POSTERIOR,
    REGION,
    WITHIN,
    WORKLOAD,
    Asked,
    asks,
)
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("schedule")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, CLUSTERS, POPULATION, PEOPLE, WITHIN)
@click.option("--platform", "only", multiple=True, default=("all",), show_default=True, help="Offers, or all.")
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--step-months", type=int, default=6, show_default=True, help="Months that every step lasts at least.")
@click.option("--lead-days", type=float, default=14.0, show_default=True, help="Days from an order to its delivery.")
@tables("offers", "steps")
def command(asked: Asked, only: Sequence[str], months: int, step_months: int, lead_days: float) -> None:
    """What to hold of an offer in each month, when to order more, and what it costs."""
    from streamplan.analyses.schedule.schedule import schedules

    found = schedules(
        asked.workload,
        () if "all" in only else only,
        months,
        step_months=step_months,
        lead_days=lead_days,
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.analyses.schedule.words import schedule_document
        from streamplan.views.json import dumps

        click.echo(dumps(schedule_document(found)))
    else:
        from streamplan.analyses.schedule.words import schedules_table, steps_table

        first = [steps_table(s) for s in found if s.feasible][:1]
        show(*([schedules_table(found)] if len(found) > 1 else []), *first)
    if not any(s.feasible for s in found):
        raise NothingFeasible("; ".join(f"{s.offer.name}: {s.reason}" for s in found[:5]))
