"""`streamplan risk`: what a budget may become."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import InputError, NothingFeasible
from streamplan.commands.shared import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    ONLY,
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


@click.command("risk")
@shared(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, CLUSTERS, ONLY, PEOPLE, PEOPLE_FILE, SUPPORT)
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=4096, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option("--budget", type=float, default=None, help="USD a month; adds the odds of exceeding it.")
@click.option("--plan-month", type=int, default=None, help="Month whose likely demand the plan holds; the last one.")
@click.option("--machine", default=None, help="Machine type that is held (with one --platform).")
@click.option("--units", type=float, default=None, help="Brokers or shards that are held (with one --platform).")
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
        load(workload, region, posterior),
        only,
        months,
        draws,
        seed,
        budget,
        plan_month=plan_month,
        held=held,
        book=book(price_book),
        options=options(pairs),
        hours_per_month=hours_per_month,
        most_clusters=most_clusters,
        people=people(with_people, people_file, support),
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
