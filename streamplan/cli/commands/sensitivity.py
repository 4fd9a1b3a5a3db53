"""`streamplan sensitivity`: which uncertain input matters how much."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, CLUSTERS, HOURS, JSON, OPTION, PEOPLE, PLATFORM, REGION, WORKLOAD, Asked, asks
from streamplan.cli.show import show, tables


@chapter(Chapter.DECIDE)
@click.command("sensitivity")
@asks(WORKLOAD, PLATFORM, JSON, BOOK, HOURS, OPTION, REGION, CLUSTERS, PEOPLE)
@click.option("--months", type=int, default=12, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=1024, show_default=True, help="Size of each sample.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@tables("shares", "swings")
def command(asked: Asked, months: int, draws: int, seed: int) -> None:
    """Which uncertain input matters how much for the cost: Sobol indices and a tornado."""
    from streamplan.analyses.sensitivity.sensitivity import sensitivity

    found = sensitivity(
        asked.workload,
        asked.platform,
        months=months,
        draws=draws,
        seed=seed,
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.analyses.sensitivity.words import sensitivity_document
        from streamplan.views.json import dumps

        click.echo(dumps(sensitivity_document(found)))
    else:
        from streamplan.analyses.sensitivity.words import sensitivity_tables

        show(*sensitivity_tables(found))
