"""`streamplan compare`: every offer on one workload."""

from __future__ import annotations

from collections.abc import Sequence

import click

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
    something_fits,
)


@click.command("compare")
@shared(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, CLUSTERS, ONLY, PEOPLE, PEOPLE_FILE, SUPPORT)
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
) -> None:
    """Every offer on the same workload, cheapest feasible first."""
    from streamplan.study import study

    result = study(
        load(workload, region, posterior),
        only=only,
        book=book(price_book),
        options=options(pairs),
        hours_per_month=hours_per_month,
        most_clusters=most_clusters,
        people=people(with_people, people_file, support),
    )
    if as_json:
        from streamplan.document import dumps, study_document

        click.echo(dumps(study_document(result)))
    else:
        from streamplan.terminal import console, shared_terms, study_table

        console().print(study_table(result))
        console().print(shared_terms(result))
    something_fits(result)
