"""Measured messages for a person and for other tools: a table, a document, a workload file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from capacity import Workload
from capacity.messages import Messages
from streamfacts.core_yaml import to_yaml
from streamfacts.units import human
from streamplan.views.terminal import titled_table

if TYPE_CHECKING:
    from rich.table import Table


def messages_table(result: Messages) -> Table:
    """Return bytes of a record by codec and batch size."""
    title = f"{result.name}: {result.message_bytes:,.1f} bytes of key, value and headers on average"
    table = titled_table(title)
    table.add_column("batch up to", no_wrap=True)
    table.add_column("codec", no_wrap=True)
    for name in ("records a batch", "wire B/record", "disk B/record, one copy", "ratio", "alone in a batch"):
        table.add_column(name, justify="right", no_wrap=True)
    best = result.best
    for m in result.measurements:
        table.add_row(
            human(m.batch_bytes, "bytes"),
            m.codec,
            f"{m.records_per_batch:,.1f}",
            f"{m.wire_bytes:,.1f}",
            f"{m.disk_bytes:,.1f}",
            f"{m.compression_ratio:.2f}",
            f"{m.batch.alone:,}" if m.batch.alone else "",
            style="bold" if m is best else None,
        )
    return table


def messages_document(result: Messages) -> dict[str, Any]:
    """Return what `--json` prints."""
    from streamplan.views.json import records

    s = result.sample
    return {
        "file": result.name,
        "format": result.format,
        "key": result.key,
        "envelope": result.envelope,
        "headers": list(result.headers),
        "records": s.records,
        "bytes": s.total_bytes,
        "largest_bytes": s.largest_bytes,
        "measured_records": s.taken,
        "runs": len(s.runs),
        "whole": s.whole,
        "seed": result.seed,
        "message_bytes": result.message_bytes,
        "measurements": records(result.table()),
        "workload": result.workload(),
    }


def workload_text(result: Messages, rate: str | None = None) -> str:
    """Return a workload file; complete with a rate, else with the place where one goes.

    Parameters
    ----------
    rate : average records a second as a person writes it, such as "12000 records/s"

    Raises
    ------
    InputError
        if the rate is none.
    """
    fields: dict[str, Any] = dict(result.workload())
    if rate is not None:
        Workload(messages=rate, message="1 KiB")
        fields = {"messages": rate, **fields}
    head = f"# {result.name}: {result.taken}.\n"
    if rate is None:
        head += '# Add write ("250 MB/s", before compression) or messages ("12000 records/s").\n'
    return head + to_yaml(fields)
