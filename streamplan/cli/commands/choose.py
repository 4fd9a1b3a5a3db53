"""`streamplan choose`: which offer and machine to take when the load is not known."""

from __future__ import annotations

import click

from streamfacts.errors import NothingFeasible
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
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
@click.command("choose")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, ONLY, POPULATION, PEOPLE, WITHIN)
@click.option("--by", default="expected", show_default=True, help="expected, p90, cvar, regret or expected-regret.")
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=256, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option("--size-for", type=float, default=0.9, show_default=True, help="Odds that what is held carries a month.")
@click.option("--alpha", type=float, default=0.9, show_default=True, help="CVaR is the mean of the dearest 1 - alpha.")
@click.option("--machines", type=int, default=3, show_default=True, help="Machine types of each offer to compare.")
@tables()
def command(
    asked: Asked, by: str, months: int, draws: int, seed: int, size_for: float, alpha: float, machines: int
) -> None:
    """Rank offers and machine types under uncertainty, all sized for the same demand."""
    from streamplan.analyses.choose.choose import choose

    choice = choose(
        asked.workload,
        asked.only,
        by,
        months=months,
        draws=draws,
        seed=seed,
        size_for=size_for,
        alpha=alpha,
        machines=machines,
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.analyses.choose.words import choice_document
        from streamplan.views.json import dumps

        click.echo(dumps(choice_document(choice)))
    else:
        from streamplan.analyses.choose.words import choice_table

        show(choice_table(choice))
    from streamplan.planning.failures import report_failures

    report_failures(choice.failed)
    if not choice.something_fits:
        raise NothingFeasible("no machine of these offers carries every draw with a price for all it needs")
