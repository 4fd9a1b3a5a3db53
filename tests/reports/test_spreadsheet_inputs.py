"""The spreadsheet's inputs: LibreOffice agrees with the program after half and double of each, or the sheet says no."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from capacity import Workload
from streamplan import plan, study
from streamplan.analyses.compare.workbook import study_workbook
from streamplan.analyses.compare.workbook_laws import FACTORS, NEAR, Changes, live
from streamplan.planning.population import Population
from tests.browsers import office

#: A few of each family.
PLATFORMS = [
    "kafka-ec2-ebs", "kafka-ec2-ebs-tiered", "msk-express", "msk-standard", "kinesis-provisioned",
    "event-hubs-standard", "event-hubs-premium", "pubsub", "confluent-enterprise", "pulsar-ec2-ebs", "warpstream-byoc",
]  # fmt: skip
WRITTEN = {
    "write": 80e6, "peak_ratio": 1.5, "message": 1024.0, "retention": 3 * 86400.0, "fan_out": 3.0,
    "replication_factor": 3,
}  # fmt: skip
UNITS = {"write": "B/s", "message": "B", "retention": "s"}
#: Half and double of each input; copies are whole, a peak is no less than the average.
NEAREST = {("replication_factor", 0.5): 2 / 3, ("peak_ratio", 0.5): 1 / 1.5}
VARIANTS = [
    (position, field, float(NEAREST.get((field, times), times)))
    for position, field in enumerate(WRITTEN)
    for times in (0.5, 2.0)
    if (field, times) != ("replication_factor", 2.0)  # more copies than zones
]  # fmt: skip


def workload(field="", times=1.0):
    values = {name: value * (times if name == field else 1) for name, value in WRITTEN.items()}
    said = {name: f"{value!r} {UNITS[name]}" if name in UNITS else value for name, value in values.items()}
    said["replication_factor"] = round(values["replication_factor"])
    return Workload(name="inputs", zones=3, **said)


@pytest.fixture(scope="module")
def made():
    return study(workload(), only=PLATFORMS, population=Population(clients="move"))


def table(rows, first):
    top = next(i for i, row in enumerate(rows) if row[0] == first)
    return [dict(zip(rows[top], row, strict=False)) for row in rows[top + 1 :] if row[0]]


@pytest.mark.slow
@pytest.mark.browser
def test_half_and_double_of_each_input_agree_with_the_program(made, tmp_path):
    book = study_workbook(made, dt.date(2026, 11, 23))
    written = {place: value for place, (_, value) in office.cells(book, "Inputs").items() if place[0] == "B"}
    names = list(FACTORS.values())
    books = {
        f"v{i}": office.changed(book, "Inputs", f"B{5 + position}", float(written[f"B{5 + position}"]) * times)
        for i, (position, _, times) in enumerate(VARIANTS)
    }
    found = office.all_recalculated(books, tmp_path)
    agreed: list[tuple[str, str, float, float]] = []
    refused: list[tuple[str, str, float, float]] = []
    for i, (position, field, times) in enumerate(VARIANTS):
        sheets, changed = found[f"v{i}"], workload(field, times)
        costs = {row["name"]: row["USD a month"] for row in table(sheets["Comparison"], "platform")}
        for one in made.plans:
            terms = made.terms.on(dict(one.sizing.options))
            of_program = plan(changed, one.offer.name, terms, machine=one.machine, clusters=one.clusters)
            told = [row for row in table(sheets["Bill"], "platform") if row["platform"] == one.offer.title]
            not_ = [row for row in told if names[position] in row["follows the inputs"].partition("; not: ")[2]]
            if not of_program.feasible:
                units = [row for row in table(sheets["Units"], "platform") if row["platform"] == one.offer.title]
                assert f"{names[position]} x {times:.2g}" in units[0]["constraint"], (one.offer.name, field, times)
            else:
                off = abs(float(costs[one.offer.name]) / of_program.monthly_usd - 1.0)
                assert off <= NEAR or not_, (one.offer.name, field, times, off)
                (agreed if off <= NEAR else refused).append((one.offer.name, field, times, round(off, 3)))
    # the rest says of itself that it does not follow: bands of a tariff, volumes bought in steps
    assert len(agreed) >= 90, refused
    assert {name for name, *_ in agreed} == set(PLATFORMS)


def test_laws_are_the_paths_of_the_network(made):
    """Bytes between zones of Kafka on EC2, by hand: 2/3 of produced, rf - 1 replicated, 2/3 of three readers' bytes.

    Two copies for three: (2/3 + 1 + 3 x 2/3) / (2/3 + 2 + 3 x 2/3) = 11/14 of what is written.
    """
    changes = Changes.of(made.workload)
    one = made.plan_of("kafka-ec2-ebs")
    position = next(i for i, e in enumerate(one.bill.entries) if e.usage.meter == "aws.transfer.cross-zone")
    law = live(one, changes, made.terms).lines[position]
    at = {name: 1.0 for name in FACTORS}
    assert eval(law.formula(), {}, at | {"x_rf": 2 / 3}) == pytest.approx(11 / 14, rel=1e-6)
    assert eval(law.formula(), {}, at) == pytest.approx(1.0, rel=1e-12)


def test_what_no_law_gives_stays_as_written_and_says_so(made):
    changes = Changes.of(made.workload)
    n = len(changes.factors)
    jumps = np.where(changes.factors[:, 0] > 1.2, 7.0, 1.0)
    (law,) = changes.laws(jumps[None], np.ones(n, bool))
    assert law.formula() == "1.0"
    assert law.off["x_write"] == pytest.approx(6 / 7) and law.off["x_fan_out"] == 0.0
