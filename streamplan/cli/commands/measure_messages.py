"""`streamplan measure-messages`: a user's own messages through real record batches and codecs."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import InputError
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("measure-messages")
@click.argument("file", type=click.Path())
@JSON
@click.option(
    "--format",
    "format",
    default=None,
    help="jsonl, avro, lines, length-delimited or protobuf-delimited; told from the file.",
)
@click.option("--key", default=None, help="Field of each JSON object or Avro record that becomes the record's key.")
@click.option(
    "--envelope",
    default=None,
    help="What a consumer tool put around each record: kcat, rpk, console, key-tab-value or none; told from the file.",
)
@click.option("--header", "pairs", multiple=True, metavar="NAME=VALUE", help="A header on every record (repeatable).")
@click.option("--codec", "codecs", multiple=True, help="none, gzip, snappy, lz4 or zstd (repeatable); all if left out.")
@click.option(
    "--batch", "batches", multiple=True, help="Largest batch before compression, such as '64 KiB' (repeatable)."
)
@click.option("--sample", default="16 MiB", show_default=True, help="Bytes of records to run through the codecs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed takes the same records.")
@click.option("--workload", "out", type=click.Path(), default=None, help="Write a new workload file from the result.")
@click.option("--messages", "rate", default=None, help="Average rate for that file, such as '12000 records/s'.")
@tables(format_option="--table-format")
def command(
    file: str,
    as_json: bool,
    format: str | None,
    key: str | None,
    envelope: str | None,
    pairs: Sequence[str],
    codecs: Sequence[str],
    batches: Sequence[str],
    sample: str,
    seed: int,
    out: str | None,
    rate: str | None,
) -> None:
    """Bytes of your own messages on the wire and on disk, by codec and batch size, ready to use as a workload."""
    from pathlib import Path

    from capacity.messages import CODECS, measure_messages
    from capacity.messages.measure import BATCHES
    from streamfacts.files import write_whole
    from streamfacts.units import parse
    from streamplan.analyses.messages.words import messages_document, messages_table, workload_text

    if rate is not None and out is None:
        raise InputError("--messages", rate, "together with --workload, the file that it goes into")
    if out is not None and Path(out).exists():
        raise InputError("--workload", out, "a file that is not there yet, as it is written from the result")
    result = measure_messages(
        file,
        format,
        key=key,
        envelope=envelope,
        headers=_headers(pairs),
        codecs=codecs or tuple(CODECS),
        batches=[parse(b, "size", "--batch") for b in batches] or BATCHES,
        sample_bytes=parse(sample, "size", "--sample"),
        seed=seed,
    )
    if out is not None:
        write_whole(out, workload_text(result, rate))
    if as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(messages_document(result)))
        return
    show(messages_table(result))
    click.echo(f"{result.name}: {result.taken}")
    if out is not None:
        best = result.best
        click.echo(f"workload  {out} ({best.codec}, batches of up to {best.batch_bytes:,.0f} bytes)")


def _headers(pairs: Sequence[str]) -> dict[str, bytes]:
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise InputError("--header", pair, "name=value, such as trace-id=4bf92f35")
        out[name.strip()] = value.encode()
    return out
