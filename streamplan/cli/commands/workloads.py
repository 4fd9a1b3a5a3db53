"""`streamplan workloads`: the shipped workloads."""

from __future__ import annotations

import click


@click.command("workloads")
def command() -> None:
    """The shipped workloads: published deployments, each field cited or marked as assumed."""
    from capacity import Workload
    from streamplan.planning.shipped_workloads import shipped_workloads

    for name, path in shipped_workloads().items():
        click.echo(f"{name:34} {Workload.load(path).title}")
