"""`streamplan decide`: which platform to take, and why."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import InputError, NothingFeasible
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    HOURS,
    JSON,
    ONLY,
    OPTION,
    PEOPLE,
    POPULATION,
    REGION,
    WITHIN,
    WORKLOAD,
    Asked,
    asks,
    options,
)
from streamplan.cli.show import show, tables


@chapter(Chapter.DECIDE)
@click.command("decide")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, ONLY, POPULATION, PEOPLE, WITHIN)
@click.option("--requirements", default="", metavar="YAML", help="Answers to the form: must, wish, context, weights.")
@click.option("--weight", "weights", multiple=True, metavar="CRITERION=W", help="A weight over those of the file.")
@click.option("--months", type=int, default=12, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=256, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option("--out", type=click.Path(), default=None, help="Folder for the decision report (HTML, notebook, JSON).")
@tables()
def command(
    asked: Asked, requirements: str, weights: Sequence[str], months: int, draws: int, seed: int, out: str | None
) -> None:
    """Which platform meets the requirements, costs least for its risk, fits best, and how sure that is."""
    from pathlib import Path

    from streamplan.analyses.decide import decide, open_requirements
    from streamplan.analyses.decide.words import decision_document, decision_table, nothing_left, reasons

    written = None
    if out is not None:
        from streamplan.reports.decision import write_decision

        if weights:
            raise InputError(
                "--weight", ", ".join(weights), "weights in the requirements file, where a report is written"
            )
        written = write_decision(
            asked.workload_file,
            requirements,
            Path(out),
            only=asked.only,
            months=months,
            draws=draws,
            seed=seed,
            price_books=asked.price_book,
            options=asked.options,
            hours_per_month=asked.hours_per_month,
            region=asked.region,
            people=asked.with_people,
            people_files=asked.people_file,
            support=asked.support,
            progress=not asked.as_json,
        )
        result = written.decision
    else:
        result = decide(
            asked.workload,
            open_requirements(requirements).but(weights=_numbers(weights)),
            only=asked.only,
            months=months,
            draws=draws,
            seed=seed,
            terms=asked.terms,
        )
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(decision_document(result)))
    else:
        show(decision_table(result), *(f"{about}: {sentence}" for about, sentence in reasons(result)))
        if written is not None:
            click.echo(f"report    {written.html}\nnotebook  {written.notebook}\ndata      {written.data}")
    if result.study is not None:
        from streamplan.planning.failures import report_failures

        report_failures(result.study.failed)
    if not result.ranked:
        raise NothingFeasible(nothing_left(result))


def _numbers(pairs: Sequence[str]) -> dict[str, float]:
    out = {}
    for name, value in options(pairs, "--weight", "cost=3").items():
        try:
            out[name] = float(value)
        except ValueError:
            raise InputError(f"--weight {name}", value, "a number of 0 or more") from None
    return out
