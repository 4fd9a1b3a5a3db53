"""`streamplan explain`: how each number came about."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import ONE_PLAN, Asked, asks, fits


@chapter(Chapter.SIZE)
@click.command("explain")
@asks(*ONE_PLAN)
def command(asked: Asked) -> None:
    """How each number of an offer came about: formula, inputs, source."""
    result = asked.plan
    if asked.as_json:
        from streamplan.analyses.size.words import plan_document
        from streamplan.views.json import dumps
        from streamplan.views.workload_document import workload_document

        click.echo(dumps({**plan_document(result), "workload": workload_document(asked.workload)}))
    else:
        from streamplan.analyses.size.explain import explain_text
        from streamplan.views.terminal import fold, width_if_told

        wide = width_if_told()
        for line in explain_text(result).splitlines():
            indent = line[: len(line) - len(line.lstrip())]
            folded = [line] if wide is None or len(line) <= wide else fold(line, wide, indent, f"{indent}    ")
            click.echo("\n".join(folded))
    fits(result)
