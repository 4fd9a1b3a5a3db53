"""`streamplan predict`: the most that a given cluster takes in."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON, POSTERIOR
from streamplan.cli.show import show, tables


@chapter(Chapter.OPERATE)
@click.command("predict")
@click.argument("cluster", type=click.Path())
@JSON
@click.option(
    "--load", "load_mb_s", type=float, default=None, help="MB/s of payload in; shows each resource's use at it."
)
@click.option(
    "--confidence", type=float, default=0.9, show_default=True, help="Share of the cases that the interval is to hold."
)
@POSTERIOR
@tables()
def command(cluster: str, as_json: bool, load_mb_s: float | None, confidence: float, posterior: str | None) -> None:
    """The most payload that the Kafka or Pulsar clusters of a YAML or CSV file take in, and what stops them.

    Fields are the columns of data/evidence/evidence.csv: system, nodes, instance_type or vcpu_per_node,
    net_gbps_per_node, disk_mb_s_per_node, partitions, replication, acks, message_bytes, batch_bytes, compression, tls,
    consumers_fanout; and of the clients producers, senders, waits, records_per_request, proxied, benchmark
    (openmessaging or other). Of Pulsar brokers, bookies and journal. Nothing is read from note, hardware and source.
    """
    from pathlib import Path

    from capacity import predict
    from capacity.measured.clusters_file import open_clusters
    from streamfacts.errors import naming
    from streamplan.analyses.predict.words import prediction_document, prediction_text

    rows = open_clusters(cluster)
    if load_mb_s is not None:
        rows.many = [{**row, "load_mb_s": load_mb_s} for row in rows.many]
    coefficients = None
    if posterior is not None:
        from capacity.measured.calibration.own_measurements import load

        coefficients = load(posterior)
    with naming(Path(cluster).name):
        result = predict(rows.many, coefficients, confidence)
    if as_json:
        from streamplan.views.json import dumps

        found = prediction_document(result)
        click.echo(dumps(found[0] if rows.one else found))
        return
    show(*(part for position in range(len(result)) for part in prediction_text(result, position)))
