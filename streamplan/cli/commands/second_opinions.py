"""`streamplan second-opinions`: our plans and published rules side by side."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import InputError
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, JSON, REGION, WORKLOAD, Asked, asks, options
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("second-opinions")
@asks(WORKLOAD, JSON, BOOK, REGION)
@click.option("--rule", "only", multiple=True, help="Only these rules (may be repeated).")
@click.option("--platform", "platforms", multiple=True, help="Offers of ours beside them (may be repeated).")
@click.option(
    "--option",
    "pairs",
    multiple=True,
    metavar="RULE.NAME=VALUE",
    help="What the rule's own tool lets its user set, such as confluent-ecku.headroom=0.1 (may be repeated).",
)
@tables()
def command(asked: Asked, only: Sequence[str], platforms: Sequence[str], pairs: Sequence[str]) -> None:
    """What published sizing rules say of the workload, beside our plans, and why they differ."""
    from streamplan.analyses.opinions.opinions import OURS, second_opinions

    result = second_opinions(asked.workload, only, platforms or OURS, asked.book, _by_rule(pairs))
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(result.document()))
        return
    from streamplan.analyses.opinions.words import opinions_table, why_lines
    from streamplan.views.terminal import width

    show(opinions_table(result), result.summary, why_lines(result, width()))


def _by_rule(pairs: Sequence[str]) -> dict[str, dict[str, str]]:
    """Options by rule and name; `InputError` for one that does not name its rule."""
    out: dict[str, dict[str, str]] = {}
    for name, value in options(pairs, example="confluent-ecku.headroom=0.1").items():
        rule, dot, option = name.partition(".")
        if not dot:
            raise InputError("--option", f"{name}={value}", "rule.name=value, such as confluent-ecku.headroom=0.1")
        out.setdefault(rule, {})[option] = value
    return out
