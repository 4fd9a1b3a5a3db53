"""Inputs that nothing on an offer reads, and that what is not named moves something."""

from __future__ import annotations

import json

import numpy as np
import pytest

from capacity import Workload, offers, size
from streamplan import plan, study
from streamplan.cli import main
from streamplan.planning.unused_inputs import Moved, unused_inputs

ALL = {
    "write": "10 MB/s",
    "message": "1 KiB",
    "max_message": "100 KiB",
    "peak_ratio": 2,
    "fan_out": 2,
    "consumer_groups": 4,
    "retention": "7 d",
    "partitions": 30,
    "topics": 3,
    "connections": 500,
    "hot_retention": "6 h",
    "cold_reads": 0.1,
    "tls": True,
    "survive": "zone",
    "use_up_to": {"cpu": 0.5},
}
UNUSED = {
    "pubsub": {"partitions", "topics", "connections", "tls", "hot_retention", "cold_reads", "survive"},
    "kinesis-on-demand-standard": {"partitions", "topics", "connections", "tls", "use_up_to.cpu"},
    "msk-serverless": {"hot_retention", "cold_reads", "survive", "use_up_to.cpu"},
    "kafka-ec2-ebs": {"hot_retention", "cold_reads"},
}
READ = {
    "pubsub": {"write", "message", "max_message", "fan_out", "retention"},
    "kinesis-on-demand-standard": {"write", "message", "fan_out", "retention"},
    "msk-serverless": {"write", "fan_out", "retention", "partitions", "connections"},
    "kafka-ec2-ebs": {"write", "message", "peak_ratio", "fan_out", "retention", "partitions", "tls", "survive"},
    "kafka-ec2-ebs-tiered": {"hot_retention", "cold_reads"},
}


@pytest.mark.parametrize("offer", UNUSED)
def test_what_nothing_reads_is_named(offer: str) -> None:
    found = set(unused_inputs(plan(Workload(**ALL), offer)))
    assert found >= UNUSED[offer]
    assert not found & READ[offer]


def test_a_tier_reads_what_a_log_on_its_own_disks_does_not() -> None:
    assert not set(unused_inputs(plan(Workload(**ALL), "kafka-ec2-ebs-tiered"))) & READ["kafka-ec2-ebs-tiered"]


@pytest.mark.parametrize("offer", ["pubsub", "msk-express", "kinesis-provisioned", "confluent-dedicated"])
def test_another_value_of_what_is_not_read_changes_no_number(offer: str) -> None:
    """The definition, held for every input that is named: size and bill with five times the value."""
    w = Workload(**ALL)
    before = plan(w, offer)
    for name in unused_inputs(before):
        value = getattr(w, name.partition(".")[0])
        other = {
            "tls": False,
            "survive": "none",
            "use_up_to": {},
            "hot_retention": "30 h",
            "max_message": "500 KiB",
        }.get(name.partition(".")[0])
        if other is None:
            other = getattr(value, "likely", value) * 5
        if name == "cold_reads":
            other = 0.5
        sized = size(w.replace(**{name.partition(".")[0]: other}), offer, machine=before.configuration)
        assert float(sized.units) == float(before.sizing.units), name
        for a, b in zip(sized.usage, before.sizing.usage, strict=True):
            np.testing.assert_allclose(a.quantity, b.quantity, rtol=1e-12, err_msg=name)


def test_only_what_is_given_is_named() -> None:
    w = Workload(write="10 MB/s", message="1 KiB")
    assert unused_inputs(plan(w, "pubsub")) == ()
    assert unused_inputs(plan(w.replace(partitions=5), "pubsub")) == ("partitions",)
    assert unused_inputs(plan(Workload(write="1 MB/s", partitions=None), "pubsub")) == ()


def test_an_input_under_a_least_charge_counts_as_read() -> None:
    """On-demand advantage bills 25 MiB/s at least, so that at 10 MB/s another message size moves no cost."""
    w = Workload(write="10 MB/s", message="1 KiB", retention="1 d")
    assert "message" not in unused_inputs(plan(w, "kinesis-on-demand-advantage"))


def test_every_offer_reads_the_rate_and_the_retention() -> None:
    w = Workload(write={"low": "5 MB/s", "likely": "10 MB/s", "high": "30 MB/s"}, message="1 KiB", retention="2 d")
    moved = Moved.of(w)
    for offer in offers():
        assert not {"write", "retention"} & set(unused_inputs(plan(w, offer), moved)), offer


def test_said_in_the_documents_and_in_words(tmp_path, capsys) -> None:
    from streamplan.analyses.compare.words import workload_inputs

    (tmp_path / "w.yaml").write_text("write: 10 MB/s\nmessage: 1 KiB\nconnections: 500\npartitions: 30\n")
    path = str(tmp_path / "w.yaml")
    main(["compare", path, "--json", "--platform", "pubsub", "--platform", "msk-serverless"])
    rows = {row["platform"]: row for row in json.loads(capsys.readouterr().out)["platforms"]}
    assert rows["pubsub"]["unused_inputs"] == ["partitions", "connections"]
    assert rows["msk-serverless"]["unused_inputs"] == []
    main(["size", path, "--platform", "pubsub", "--json"])
    assert json.loads(capsys.readouterr().out)["unused_inputs"] == ["partitions", "connections"]
    main(["size", path, "--platform", "pubsub"])
    assert "nothing on Pub/Sub reads partitions, connections" in capsys.readouterr().out
    page = workload_inputs(study(Workload.load(path), only=["pubsub"]))
    assert "reads partitions, connections" in page
