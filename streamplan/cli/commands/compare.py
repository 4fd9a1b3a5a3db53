"""`streamplan compare`: every offer on one workload."""

from __future__ import annotations

import click

from streamplan.cli.options import (
    BARE,
    BOOK,
    BUDGET,
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
@asks(WORKLOAD, JSON, BARE, BUDGET, BOOK, HOURS, OPTION, REGION, USE_UP_TO, POSTERIOR, CLUSTERS, ONLY, PEOPLE, WITHIN)
@tables()
def command(asked: Asked) -> None:
    """Every offer on the same workload, cheapest feasible first.

    An offer that could not be sized is a row with its reason; the exit status is then 4, as it is if the first offer
    costs more than --budget.
    """
    from streamplan.planning.gate import budget_of, check_budget
    from streamplan.planning.study import study

    budget = budget_of(asked.budget)
    result = study(
        asked.workload,
        only=asked.only,
        terms=asked.terms,
    )
    best = result.cheapest
    if asked.bare:
        click.echo("-" if best is None else f"{best.monthly_usd:.2f}")
    elif asked.as_json:
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
    if best is not None:
        check_budget(best.offer.title, best.monthly_usd, budget)
    something_fits(result)
