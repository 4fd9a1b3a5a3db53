"""`streamplan compare`: every offer on one workload."""

from __future__ import annotations

import click

from streamplan.cli.options import (
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
    from streamplan.planning.study import study

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
        from streamplan.analyses.compare.words import study_document
        from streamplan.views.json import dumps

        click.echo(dumps(study_document(result)))
    else:
        from streamplan.analyses.compare.words import shared_terms, study_table
        from streamplan.views.terminal import console

        console().print(study_table(result))
        console().print(shared_terms(result))
    something_fits(result)
