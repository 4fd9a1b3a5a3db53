"""`streamplan platforms`: the catalogue."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON
from streamplan.cli.show import show, tables


@chapter(Chapter.START)
@click.command("platforms")
@JSON
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the whole catalogue as Markdown.")
@tables("offers", "options")
def command(as_json: bool, as_markdown: bool) -> None:
    """The offers, their options, and the age and confidence of their prices."""
    from capacity import offers
    from streamplan.analyses.catalogue import catalogue

    if as_json:
        from streamplan.analyses.catalogue.words import catalogue_document
        from streamplan.views.json import dumps

        click.echo(dumps([catalogue_document(catalogue.entry(name)) for name in offers()]))
    elif as_markdown:
        click.echo(catalogue.markdown(), nl=False)
    else:
        from streamplan.analyses.catalogue.words import catalogue_tables

        show(*catalogue_tables([catalogue.entry(name) for name in offers()]))
