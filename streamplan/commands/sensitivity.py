"""`streamplan sensitivity`: which uncertain input matters how much."""

from __future__ import annotations

import click

from streamplan.commands.shared import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    OPTION,
    PEOPLE,
    PLATFORM,
    REGION,
    WORKLOAD,
    Asked,
    asks,
)


@click.command("sensitivity")
@asks(WORKLOAD, PLATFORM, JSON, BOOK, HOURS, OPTION, REGION, CLUSTERS, PEOPLE)
@click.option("--months", type=int, default=12, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=1024, show_default=True, help="Size of each sample.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
def command(asked: Asked, months: int, draws: int, seed: int) -> None:
    """Which uncertain input matters how much for the cost: Sobol indices and a tornado."""
    from streamplan.sensitivity import sensitivity

    found = sensitivity(
        asked.workload,
        asked.platform,
        months=months,
        draws=draws,
        seed=seed,
        book=asked.book,
        options=asked.options,
        hours_per_month=asked.hours_per_month,
        people=asked.people,
        most_clusters=asked.most_clusters,
    )
    if asked.as_json:
        from streamplan.document import dumps
        from streamplan.document_choices import sensitivity_document

        click.echo(dumps(sensitivity_document(found)))
    else:
        from streamplan.terminal import console
        from streamplan.terminal_choices import sensitivity_tables

        for table in sensitivity_tables(found):
            console().print(table)
