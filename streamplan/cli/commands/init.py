"""`streamplan init`: a first workload file."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from streamfacts.errors import InputError
from streamplan.cli.chapters import Chapter, chapter


@chapter(Chapter.START)
@click.command("init")
@click.argument("file", type=click.Path(), default="workload.yaml", required=False)
@click.option("--region", default=None, help="Region of producers and consumers, such as us-east-1.")
@click.option("--write", default=None, metavar="RATE", help="Average throughput, such as '10 MB/s'.")
@click.option("--peak-write", "peak", default=None, metavar="RATE", help="Throughput at peak, if it is known.")
@click.option("--message", default=None, metavar="SIZE", help="Average record, such as '1 KiB'.")
@click.option("--fan-out", default=None, metavar="TIMES", help="Bytes read for each byte written.")
@click.option("--retention", default=None, metavar="TIME", help="How long records are kept, such as '3 d'.")
@click.option("--name", default=None, help="What reports are called by; the file's name if left out.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(
    file: str,
    region: str | None,
    write: str | None,
    peak: str | None,
    message: str | None,
    fan_out: str | None,
    retention: str | None,
    name: str | None,
    force: bool,
) -> None:
    """Write a first workload file, with a comment on each field; asks for what is not given.

    FILE is workload.yaml if left out. Where nobody can be asked, what is not given has the value that is offered.
    """
    from pathlib import Path

    from streamfacts.files import write_whole
    from streamplan.planning.first_workload import QUESTIONS, check, first_workload

    path = Path(file)
    if path.suffix not in (".yaml", ".yml"):
        raise InputError("FILE", file, "a name that ends in .yaml")
    if path.exists() and not force:
        raise InputError("FILE", file, "a file that is not there yet; --force writes over it")
    flags = {"region": region, "write": write, "message": message, "fan_out": fan_out, "retention": retention}
    given = {field: check(field, value) for field, value in flags.items() if value is not None}
    if asks():
        for question in QUESTIONS:
            if question.field not in given:
                given[question.field] = click.prompt(
                    question.asks, default=question.default, value_proc=_checked(question.field, check), err=True
                )
    write_whole(str(path), first_workload(name or path.stem, given, peak))
    click.echo(f"workload  {path}")
    if taken := [f"{q.field.replace('_', '-')} {q.default}" for q in QUESTIONS if q.field not in given]:
        click.echo(f"not said  {', '.join(taken)}: to begin with; write your own into the file")
    click.echo(f"next      streamplan compare {path}")


def asks() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin.isatty()


def _checked(field: str, check: Callable[[str, str], str]) -> Callable[[str], str]:
    """The check of an answer, which asks again where it cannot be used."""

    def checked(answer: str) -> str:
        try:
            return check(field, answer)
        except InputError as error:
            raise click.UsageError(str(error)) from None

    return checked
