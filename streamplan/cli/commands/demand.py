"""`streamplan demand`: the load month by month."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON, REGION, WORKLOAD, Asked, asks
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("demand")
@asks(WORKLOAD, JSON, REGION)
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=1024, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@tables()
def command(asked: Asked, months: int, draws: int, seed: int) -> None:
    """The load month by month along the workload's growth: likely inputs, and P10, P50 and P90 of the draws."""
    from streamplan.analyses.demand.demand import demand_path
    from streamplan.analyses.demand.words import demand_document

    path = demand_path(asked.workload, months, draws, seed)
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(demand_document(path)))
    else:
        from streamplan.analyses.demand.words import path_table

        flat = "The workload has no growth block: every month is as written."
        show(path_table(path), flat if path.workload.growth is None else "")
