"""`streamplan guardrails`: the alerts to run a plan by."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    HOURS,
    JSON,
    MACHINE,
    OPTION,
    PLATFORM,
    POSTERIOR,
    REGION,
    UNITS,
    WORKLOAD,
    Asked,
    asks,
    fits,
    options,
)


@chapter(Chapter.OPERATE)
@click.command("guardrails")
@asks(WORKLOAD, PLATFORM, MACHINE, UNITS, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR)
@click.option("--out", type=click.Path(), default=None, help="Prometheus rule file to write; printed if left out.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="A label that picks the cluster's series.")
@click.option(
    "--mount", default="", help="Mount points of data volumes, a regular expression; the usual ones if left out."
)
def command(asked: Asked, out: str | None, labels: Sequence[str], mount: str) -> None:
    """Alert thresholds of a plan as a Prometheus rule file, with the plan's own numbers in it."""
    from streamplan.analyses.guardrails.guardrails import guardrails, rule_file

    plan = asked.plan
    fits(plan)
    picked = options(labels, "--label", "cluster=orders")
    text = rule_file(plan, labels=picked, mount=mount)
    if out is not None:
        from streamfacts.files import write_whole

        write_whole(out, text)
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(guardrails(plan, labels=picked, mount=mount)))
    elif out is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"rules     {out}")
