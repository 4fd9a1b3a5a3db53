"""`streamplan workloads`: the shipped workloads."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.show import show, tables


@chapter(Chapter.START)
@click.command("workloads")
@tables()
def command() -> None:
    """The shipped workloads: published deployments, each field cited or marked as assumed."""
    from capacity import Workload
    from streamplan.planning.shipped_workloads import shipped_workloads
    from streamplan.views.tables import Column, Table

    table = Table(
        "Shipped workloads", (Column("name", "name", folds=False), Column("title", "what it is", least=24)), bare=True
    )
    for name, path in shipped_workloads().items():
        table.add({"name": name, "title": Workload.load(path).title})
    show(table)
