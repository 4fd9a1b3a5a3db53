"""`streamplan risk`: what a budget may become."""

from __future__ import annotations

import click

from streamfacts.errors import InputError, NothingFeasible
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    ONLY,
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


@chapter(Chapter.DECIDE)
@click.command("risk")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, CLUSTERS, ONLY, POPULATION, PEOPLE, WITHIN)
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=4096, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option("--budget", type=float, default=None, help="USD a month; adds the odds of exceeding it.")
@click.option("--plan-month", type=int, default=None, help="Month whose likely demand the plan holds; the last one.")
@click.option("--machine", default=None, help="Machine type that is held (with one --platform).")
@click.option("--units", type=float, default=None, help="Brokers or shards that are held (with one --platform).")
@tables()
def command(
    asked: Asked,
    months: int,
    draws: int,
    seed: int,
    budget: float | None,
    plan_month: int | None,
    machine: str | None,
    units: float | None,
) -> None:
    """What a budget may become under uncertain inputs: percentiles, odds of exceeding it, plans outgrown."""
    from streamplan.analyses.risk.risk import risk as study

    held = {k: v for k, v in (("machine", machine), ("units", units)) if v is not None}
    if held and len(asked.only) != 1:
        raise InputError("--platform", ", ".join(asked.only), f"the one offer that --{next(iter(held))} is of")
    result = study(
        asked.workload,
        asked.only,
        months,
        draws,
        seed,
        budget,
        plan_month=plan_month,
        held=held,
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.analyses.risk.words import risk_document
        from streamplan.views.json import dumps

        click.echo(dumps(risk_document(result)))
    else:
        from streamplan.analyses.risk.words import risk_table, risk_terms

        show(risk_table(result), risk_terms(result))
    from streamplan.planning.failures import report_failures

    report_failures(result.failed)
    if not result.something_fits:
        raise NothingFeasible("no offer can carry this workload in any draw")
