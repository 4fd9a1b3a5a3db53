"""`streamplan compare`: every offer on one workload."""

from __future__ import annotations

import click

from streamplan.commands.shared import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    ONLY,
    OPTION,
    PEOPLE,
    POSTERIOR,
    REGION,
    WORKLOAD,
    Asked,
    asks,
    something_fits,
)


@click.command("compare")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, CLUSTERS, ONLY, PEOPLE)
def command(asked: Asked) -> None:
    """Every offer on the same workload, cheapest feasible first."""
    from streamplan.study import study

    result = study(
        asked.workload,
        only=asked.only,
        book=asked.book,
        options=asked.options,
        hours_per_month=asked.hours_per_month,
        most_clusters=asked.most_clusters,
        people=asked.people,
    )
    if asked.as_json:
        from streamplan.document import dumps, study_document

        click.echo(dumps(study_document(result)))
    else:
        from streamplan.terminal import console, shared_terms, study_table

        console().print(study_table(result))
        console().print(shared_terms(result))
    something_fits(result)
