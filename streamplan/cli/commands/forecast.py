"""`streamplan forecast`: what a measured history says of the months to come."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("forecast")
@click.argument("history", type=click.Path())
@JSON
@click.option(
    "--workload", default=None, type=click.Path(), help="Also the demand of this workload along the forecast."
)
@click.option("--months", type=int, default=60, show_default=True, help="Months to come, 1 to 60.")
@click.option("--fill", is_flag=True, help="Interpolate missing rows, up to 10% of a month.")
@click.option("--draws", type=int, default=1024, show_default=True, help="Joint draws for the workload's demand.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@tables("months", "back-test", "demand")
def command(history: str, as_json: bool, workload: str | None, months: int, fill: bool, draws: int, seed: int) -> None:
    """Forecast from a CSV of timestamp and bytes/s: months to come with P10 to P90, and how well it would have done."""
    from capacity.workload.forecast import forecast_file
    from capacity.workload.growth import MOST_MONTHS
    from streamfacts.checks import whole
    from streamplan.analyses.demand.demand import demand_path, with_history

    whole("months", months, 1, MOST_MONTHS)
    found = forecast_file(history, fill=fill)
    path = None if workload is None else demand_path(with_history(workload, history, fill), months, draws, seed)
    if as_json:
        from streamplan.analyses.demand.words import forecast_document
        from streamplan.views.json import dumps

        click.echo(dumps(forecast_document(found, months, path)))
    else:
        from streamplan.analyses.demand.words import back_test_table, forecast_table, forecast_terms, path_table

        terms = forecast_terms(found, fill).splitlines()
        ends = terms.index("")  # below stands the block for a workload file, as it is
        tables_shown = [forecast_table(found, months), back_test_table(found)]
        show(*tables_shown, *terms[:ends], terms[ends:], *([path_table(path)] if path is not None else []))
