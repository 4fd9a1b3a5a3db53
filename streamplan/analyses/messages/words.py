"""Measured messages for a person and for other tools: a table, a document, a workload file."""

from __future__ import annotations

from typing import Any

from capacity import Workload
from capacity.messages import Messages
from streamfacts.core_yaml import to_yaml
from streamfacts.units import human
from streamplan.views.tables import Cell, Column, Table, count


def messages_table(result: Messages) -> Table:
    """Return bytes of a record by codec and batch size."""
    title = f"{result.name}: {result.message_bytes:,.1f} bytes of key, value and headers on average"
    table = Table(
        title,
        (
            Column("batch", "batch up to", folds=False),
            Column("codec", "codec", priority=0, folds=False),
            count("records", "records a batch", 2, digits=1),
            count("wire", "wire B/record", 0, digits=1),
            count("disk", "disk B/record, one copy", 1, digits=1),
            count("ratio", "ratio", 1, digits=2),
            count("alone", "alone in a batch", 3),
        ),
    )
    for m in result.measurements:
        table.add(
            {
                "batch": Cell(m.batch_bytes, human(m.batch_bytes, "bytes")),
                "codec": m.codec,
                "records": m.records_per_batch,
                "wire": m.wire_bytes,
                "disk": m.disk_bytes,
                "ratio": m.compression_ratio,
                "alone": m.batch.alone or None,
            },
            mark="bold" if m is result.best else "",
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
