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
    USE_UP_TO,
    WITHIN,
    WORKLOAD,
    Asked,
    asks,
    something_fits,
    warn,
)
from streamplan.cli.show import show, tables


@click.command("compare")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, USE_UP_TO, POSTERIOR, CLUSTERS, ONLY, PEOPLE, WITHIN)
@tables()
def command(asked: Asked) -> None:
    """Every offer on the same workload, cheapest feasible first.

    An offer that could not be sized is a row with its reason; the exit status is then 4.
    """
    from streamplan.planning.study import study

    result = study(
        asked.workload,
        only=asked.only,
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.analyses.compare.words import compare_document
        from streamplan.views.json import dumps

        click.echo(dumps(compare_document(result)))
    else:
        from streamplan.analyses.compare.words import shared_terms, study_table
        from streamplan.analyses.size.words import unused_sentence

        unused = unused_sentence(result.cheapest) if result.cheapest else ""
        show(study_table(result, fold=not asked.only), shared_terms(result), unused)
    if asked.price_book and not asked.only:
        from streamplan.analyses.compare.words import unread_prices

        warn(unread_prices(result.book))
    something_fits(result)
