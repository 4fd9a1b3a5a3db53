"""`streamplan sensitivity`: which uncertain input matters how much."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.commands.shared import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    OPTION,
    PEOPLE,
    PEOPLE_FILE,
    PLATFORM,
    REGION,
    SUPPORT,
    WORKLOAD,
    book,
    load,
    options,
    people,
    shared,
)


@click.command("sensitivity")
@shared(WORKLOAD, PLATFORM, JSON, BOOK, HOURS, OPTION, REGION, CLUSTERS, PEOPLE, PEOPLE_FILE, SUPPORT)
@click.option("--months", type=int, default=12, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=1024, show_default=True, help="Size of each sample.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
def command(
    workload: str,
    platform: str,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    most_clusters: int,
    with_people: bool,
    people_file: Sequence[str],
    support: str,
    months: int,
    draws: int,
    seed: int,
) -> None:
    """Which uncertain input matters how much for the cost: Sobol indices and a tornado."""
    from streamplan.sensitivity import sensitivity

    found = sensitivity(
        load(workload, region),
        platform,
        months=months,
        draws=draws,
        seed=seed,
        book=book(price_book),
        options=options(pairs),
        hours_per_month=hours_per_month,
        people=people(with_people, people_file, support),
        most_clusters=most_clusters,
    )
    if as_json:
        from streamplan.document import dumps
        from streamplan.document_choices import sensitivity_document

        click.echo(dumps(sensitivity_document(found)))
    else:
        from streamplan.terminal import console
        from streamplan.terminal_choices import sensitivity_tables

        for table in sensitivity_tables(found):
            console().print(table)
