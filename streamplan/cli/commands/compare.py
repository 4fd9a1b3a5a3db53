"""`streamplan compare`: every offer on one workload."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import InputError
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BARE,
    BILL_ONLY,
    BOOK,
    BUDGET,
    CLUSTERS,
    HOURS,
    JSON,
    ONLY,
    OPTION,
    PEOPLE,
    POPULATION,
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


@chapter(Chapter.START)
@click.command("compare")
@asks(
    *(WORKLOAD, JSON, BARE, BUDGET, BOOK, HOURS, OPTION, REGION, USE_UP_TO, POSTERIOR, CLUSTERS, ONLY),
    *(POPULATION, BILL_ONLY, PEOPLE, WITHIN),
)
@click.option("--scenario", "scenarios", multiple=True, help="Only these of a scenario file (may be repeated).")
@tables()
def command(asked: Asked, scenarios: Sequence[str]) -> None:
    """What to take, why and how sure that is, beside every offer of the workload's cloud; scenarios side by side.

    Offers rank by their bill and the work to run them; --cloud, --protocol and --managed say which.

    An offer that could not be sized is a row with its reason; the exit status is then 4, as it is if the first offer
    costs more than --budget.
    """
    from streamplan.planning.gate import budget_of, check_budget
    from streamplan.planning.shipped_workloads import is_scenarios
    from streamplan.planning.study import study

    budget = budget_of(asked.budget)
    if scenarios or is_scenarios(asked.workload_file):
        return _side_by_side(asked, scenarios, budget)
    result = study(
        asked.workload,
        only=asked.only,
        terms=asked.terms,
    )
    best = result.recommended
    if asked.bare:
        click.echo("-" if best is None else f"{best.monthly_usd:.2f}")
    elif asked.as_json:
        from streamplan.analyses.compare.words import compare_document
        from streamplan.views.json import dumps

        click.echo(dumps(compare_document(result)))
    else:
        from streamplan.analyses.compare.words import answer_lines, shared_terms, study_table
        from streamplan.analyses.size.words import unused_sentence

        unused = unused_sentence(best) if best else ""
        show(answer_lines(result), study_table(result, fold=not asked.only), shared_terms(result), unused)
    if asked.price_book and not asked.only:
        from streamplan.analyses.compare.words import unread_prices

        warn(unread_prices(result.book))
    if best is not None:
        check_budget(best.offer.title, best.monthly_usd, budget)
    something_fits(result)


def _side_by_side(asked: Asked, names: Sequence[str], budget: float | None) -> None:
    from streamplan.analyses.compare.side_by_side import side_by_side
    from streamplan.planning.gate import check_budget
    from streamplan.planning.scenarios import scenarios
    from streamplan.planning.shipped_workloads import is_scenarios

    if not is_scenarios(asked.workload_file):
        raise InputError("--scenario", ", ".join(names), f"none here: {asked.workload_file} has no scenarios")
    for option, value in (("--posterior", asked.posterior), ("--use-up-to", asked.use_up_to)):
        if value is not None:
            raise InputError(option, value, "none with scenarios; the base or a scenario has it as a field")
    some = scenarios(asked.workload_file, asked.terms, region=asked.region).some(names)
    for one in some:
        warn(one.contradictions)
    found = side_by_side(some, asked.only or None)
    if asked.bare:
        for plan in found.taken:
            click.echo("-" if plan is None else f"{plan.monthly_usd:.2f}")
    elif asked.as_json:
        from streamplan.analyses.compare.side_by_side import side_by_side_document
        from streamplan.views.json import dumps

        click.echo(dumps(side_by_side_document(found)))
    else:
        from streamplan.analyses.compare.side_by_side import tables as side_by_side_tables

        show(*side_by_side_tables(found))
    for one, plan in zip(some, found.taken, strict=True):
        if plan is not None:
            check_budget(f"{one.name}: {plan.offer.title}", plan.monthly_usd, budget)
    for result in found.studies:
        something_fits(result)
