"""Runway and inverse: closed forms of when a wall is passed, the most that is carried, and what they refuse."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity import Demand, Workload, size
from capacity.demand.draws import Draws, draw, uncertain_inputs
from capacity.demand.multiples import scaled_demand
from streamfacts.errors import InputError
from streamplan.analyses.runway.inverse import largest, most_carried, most_of_budget, most_of_cluster
from streamplan.analyses.runway.runway import first_month, runway
from streamplan.charts import month_of_wall, use_by_month
from streamplan.cli import main
from streamplan.planning.plan import plan
from streamplan.planning.standing_cluster import held
from tests.published import FILLED

FIELDS = {"message": "1 KiB", "measured_at": "broker", "partitions": 20, "fan_out": 1, "retention": "1 d"}
FIELDS |= {"peak_ratio": 1, **FILLED}
#: CKUs of Confluent Dedicated: 60 MiB/s in and 180 MiB/s out each; the load fills them and has nothing to catch up.
CKU_IN = 60 * 2**20
OFFER = "confluent-dedicated"


def workload(write, growth=None, **fields):
    return Workload(
        write=f"{write!r} B/s" if isinstance(write, float) else write, growth=growth, **{**FIELDS, **fields}
    )


# ------------------------------------------------------------------------------------------------------- the runway


@given(st.floats(0.2, 0.99), st.floats(0.05, 1.5))
def test_constant_growth_in_closed_form(used, yearly):
    """The wall is passed in the first month after 1 + ln(1 / u) / ln(1 + g), g the growth of a month."""
    exact = 1 + math.log(1 / used) / math.log((1 + yearly) ** (1 / 12))
    path = used * (1 + yearly) ** (np.arange(600) / 12)
    if abs(exact - round(exact)) > 1e-6:
        assert first_month(path) == (math.ceil(exact) if exact < 600 else np.inf)


def test_the_month_of_a_cluster_in_closed_form():
    w = workload(0.5 * 4 * CKU_IN, {"yearly": 0.4})
    r = runway(w, OFFER, None, 4, draws=2)
    exact = 1 + math.log(2) / math.log(1.4 ** (1 / 12))
    first = r.first
    assert first.label == "ingress (normal)" and first.used[0] == pytest.approx(0.5) and first.wall == 1
    assert first.likely == math.ceil(exact) and first.months.tolist() == [math.ceil(exact)] * 3
    assert set(r.binds) == {math.ceil(exact)}


def test_no_growth_is_never():
    r = runway(workload("100 MiB/s"), OFFER, None, 4, draws=2)
    assert np.isinf(r.binds).all() and r.table["p50_month"].isna().all()


def test_too_small_already_is_month_one():
    assert runway(workload("250 MiB/s"), OFFER, None, 4, months=2, draws=2).first.months.tolist() == [1, 1, 1]


def test_percentiles_of_the_month_are_those_of_the_growth():
    """Known load, drawn growth: the P10 of the month is that of the P90 of the growth."""
    w = workload(0.5 * 4 * CKU_IN, {"yearly": {"low": 0.2, "likely": 0.4, "high": 0.8}})
    first = runway(w, OFFER, None, 4, draws=4096).first
    expected = [math.ceil(1 + 12 * math.log(2) / math.log(1 + g)) for g in (0.8, 0.4, 0.2)]
    assert first.months == pytest.approx(expected, abs=1)


def test_units_that_are_there_count_with_their_headroom_and_states():
    """A plan of just enough units holds now; a broker less in each zone does not, by what binds the plan."""
    w = workload("200 MB/s", fan_out=3)
    p = plan(w, "msk-standard", machine="kafka.m7g.xlarge")
    units = int(p.sizing.units)
    enough = runway(w, "msk-standard", "kafka.m7g.xlarge", units, months=1, draws=1, disk="16 TiB")
    assert np.isinf(enough.first.likely)
    less = runway(w, "msk-standard", "kafka.m7g.xlarge", units - 3, months=1, draws=1, disk="16 TiB")
    fullest = max(less.walls, key=lambda wall: float(wall.used[0] / wall.wall))
    assert fullest.likely == 1 and fullest.label == p.sizing.binding


@given(units=st.integers(3, 40))
def test_more_units_never_bind_sooner(units):
    w = workload("150 MB/s", {"yearly": 0.5}, partitions=60)  # a leader for each broker
    a, b = (runway(w, "msk-express", "express.m7g.large", n, draws=1) for n in (units, units + 3))
    assert a.first.likely <= b.first.likely


def test_brokers_that_lead_nothing_change_nothing():
    """20 partitions have 20 leaders, one a broker: the 21st to 23rd idle, and the wall stays where it is."""
    w = workload("150 MB/s", {"yearly": 0.5})
    full, idle = (runway(w, "msk-express", "express.m7g.large", n, draws=1).first for n in (20, 23))
    assert (idle.label, idle.likely, idle.used[0]) == (full.label, full.likely, full.used[0])
    assert full.likely > 1


def test_disks_that_are_there():
    w = workload("50 MB/s", {"yearly": 0.5}, retention="7 d")
    use = 50e6 * 7 * 86400 * 3 / (6 * 20e12)
    r = runway(w, "kafka-ec2-ebs", "m7g.4xlarge", 6, draws=1, disk="20 TB")
    wall = next(x for x in r.walls if x.label == "disk space (normal)")
    assert wall.used[0] == pytest.approx(use)
    assert wall.likely == math.ceil(1 + 12 * math.log(wall.wall / use) / math.log(1.5))


def test_bookies_stay_as_they_are():
    w = workload("50 MB/s", {"yearly": 1.0})
    few, many = (
        runway(w, "pulsar-ec2-ebs", "m7g.4xlarge + m6i.large", 6, draws=1, pools={"bookie": n}) for n in (9, 30)
    )
    by_label = {x.label: x for x in many.walls}
    for wall in few.walls:
        if wall.label == "bookie network in (normal)":
            assert wall.used[0] / by_label[wall.label].used[0] == pytest.approx(30 / 9)
            assert wall.used[12] == pytest.approx(2 * wall.used[0])


def test_limits_of_the_service_are_walls():
    w = workload("1 MB/s", {"fields": {"partitions": 1.0}}, partitions=90_000)
    r = runway(w, OFFER, None, 152, draws=1)
    assert r.first.label == "partitions in a cluster (limit)" and r.first.likely == math.ceil(
        1 + 12 * math.log(100_000 / 90_000) / math.log(2)
    )


def test_table_has_the_first_wall_on_top():
    w = workload("100 MiB/s", {"yearly": {"low": 0.3, "high": 0.9}})
    r = runway(w, OFFER, None, 4, draws=64)
    assert r.table["wall"][0] == r.first.label and r.table["source"].str.len().min() > 0
    assert r.table["first"][0] == pytest.approx(np.isfinite(r.binds).mean())


# ------------------------------------------------------------------------------------------------------- the inverse


@given(st.lists(st.floats(1e-5, 1e5), min_size=1, max_size=20))
def test_bisection_finds_the_limit(limits):
    limits = np.array(limits)
    assert largest(lambda factor: factor <= limits, len(limits)) == pytest.approx(limits, rel=1e-8)


def test_most_throughput_by_hand():
    w = workload("100 MiB/s")
    cluster = runway(w, OFFER, None, 4, months=1, draws=1).held
    most = most_of_cluster(w, cluster, "write", draws=8)
    assert most.likely == pytest.approx(4 * CKU_IN) and most.now == pytest.approx(100 * 2**20)
    assert most.percentiles == pytest.approx([4 * CKU_IN] * 3)
    fan_out = most_of_cluster(w, cluster, "fan_out", draws=8)
    assert fan_out.likely == pytest.approx(4 * 3 * CKU_IN / (100 * 2**20))


def test_most_retention_by_hand():
    w = workload("50 MB/s", retention="1 d")
    r = runway(w, "kafka-ec2-ebs", "m7g.8xlarge", 6, months=1, draws=1, disk="10 TB")
    disk = next(x for x in r.walls if x.label == "disk space (normal)")
    most = most_of_cluster(w, r.held, "retention", draws=1)
    assert most.likely == pytest.approx(disk.wall * 6 * 10e12 / (50e6 * 3))


def test_no_wall_is_infinite_and_nothing_is_zero():
    w = workload("1 MB/s")
    cluster = runway(w, OFFER, None, 4, months=1, draws=1).held
    assert np.isinf(most_of_cluster(w, cluster, "retention", draws=1).likely)
    full = workload("1 MB/s", partitions=90_000)
    assert most_of_cluster(full, cluster, "write", draws=1).likely == 0


def test_a_later_month_carries_the_same_bytes_which_are_fewer_times_today():
    w = workload("100 MiB/s", {"yearly": 1.0})
    cluster = runway(w, OFFER, None, 4, months=1, draws=1).held
    most = most_of_cluster(w, cluster, "write", month=13, draws=1)
    assert most.likely == pytest.approx(4 * CKU_IN) and most.now == pytest.approx(200 * 2**20)


@settings(max_examples=8)
@given(st.floats(1e6, 2e8), st.sampled_from(["write", "retention", "fan_out"]))
def test_what_is_carried_is_carried_and_a_little_more_is_not(write, field):
    w = workload(float(write), retention="3 d", fan_out=2)
    cluster = held(Demand.of(w), "msk-standard", "kafka.m7g.2xlarge", 9, disk="8 TB")
    most = most_of_cluster(w, cluster, field, draws=1)
    if not 0 < most.likely < np.inf:
        return
    factor = most.likely / most.now

    def carries(f):
        return bool(cluster.carries(scaled_demand(w, Draws({}, 1, 0), 1, 1, field, np.array([f])))[0, 0])

    assert carries(factor * (1 - 1e-6)) and not carries(factor * (1 + 1e-6))


def test_every_draw_by_itself():
    """The percentiles are those of the draws' own bisections: known throughput, drawn fan-out."""
    w = workload("100 MiB/s", fan_out={"low": 1, "likely": 4, "high": 9})
    cluster = runway(w, OFFER, None, 4, months=1, draws=1).held
    fan_out = draw(uncertain_inputs(w, 1), 64).values["fan_out"]
    expected = np.minimum(4 * CKU_IN, 4 * 3 * CKU_IN / fan_out)
    most = most_of_cluster(w, cluster, "write", draws=64)
    for share, got in zip((0.1, 0.5, 0.9), most.percentiles, strict=True):
        assert got == pytest.approx(np.quantile(expected, share, method="inverted_cdf"))


def test_most_of_a_budget_costs_the_budget(book):
    w = workload("10 MB/s", fan_out=2)
    most = most_of_budget(w, "msk-serverless", 9000.0, "write", draws=1, book=book)
    cost = plan(workload(float(most.likely), fan_out=2), "msk-serverless", book).monthly_usd
    assert cost == pytest.approx(9000.0, rel=1e-6)


def test_a_larger_budget_carries_no_less(book):
    w = workload("10 MB/s")
    amounts = [most_of_budget(w, "msk-express", b, "write", draws=1, book=book).likely for b in (3e3, 6e3, 12e3)]
    assert amounts == sorted(amounts) and amounts[0] < amounts[-1]


def test_scaled_demand_is_the_demand_of_that_workload():
    w = workload("100 MB/s", {"yearly": 0.5}, partitions=None, retention="90 d", fan_out=2.5)
    for field, changed in (
        ("write", {"write": "300 MB/s"}),
        ("retention", {"retention": "270 d"}),
        ("fan_out", {"fan_out": 7.5}),
    ):
        got = scaled_demand(w, Draws({}, 1, 0), 12, 9, field, np.array([3.0]))
        expected = Demand.months(w.replace(**changed), 12)
        for name, value in expected.arrays().items():
            there = np.broadcast_to(got.arrays()[name], (1, 1))[0, 0]
            assert there == pytest.approx(np.broadcast_to(value, (12,))[8], rel=1e-9), (field, name)


# ----------------------------------------------------------------------------------------------- command and figures


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(
        "write: {low: 80 MiB/s, likely: 100 MiB/s, high: 140 MiB/s}\nmessage: 1 KiB\nmeasured_at: broker\n"
        "partitions: 20\ngrowth: {yearly: {low: 20%, likely: 50%, high: 90%}}\n",
        encoding="utf-8",
    )
    return str(path)


CALL = ["--platform", OFFER, "--units", "4", "--draws", "32"]


def test_command_prints_one_document(file, capsys):
    cluster = ["--platform", "msk-express", "--machine", "express.m7g.xlarge", "--units", "12", "--draws", "16"]
    main(["runway", file, *cluster, "--budget", "20000", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["first"] == "ingress (normal)" and document["cluster"]["units"] == 12
    low, middle, _ = document["binds_month"]
    assert low < middle and {row["by"] for row in document["most"]} == {"this cluster", "20,000 USD a month"}
    never = next(row for row in document["most"] if row["field"] == "retention")
    assert never["likely"] is None


def test_command_prints_tables(file, capsys):
    main(["runway", file, *CALL])
    out = capsys.readouterr().out
    for words in ("ingress (normal)", "4 x CKU", "throughput", "P10", "no wall"):
        assert words in out, words


BAD = {
    "units": (["--platform", OFFER, "--units", "0"], "units"),
    "no machine": (["--platform", "msk-standard", "--units", "6"], "the one that is there"),
    "unknown machine": (
        ["--platform", "msk-standard", "--machine", "kafka.m7g.huge", "--units", "6"],
        "kafka.m7g.huge",
    ),
    "unknown platform": (["--platform", "msk-standrad", "--units", "6"], "msk-standard"),
    "unknown pool": ([*CALL, "--pool", "bookie=3"], "bookie"),
    "half a pool": ([*CALL, "--pool", "bookie"], "name=units"),
    "disk without a unit": ([*CALL, "--disk", "12"], "disk"),
    "no disks": ([*CALL, "--disk", "12 TB"], "has no disks"),
    "horizon": ([*CALL, "--months", "0"], "from 1 to 60"),
    "month": ([*CALL, "--month", "61"], "from 1 to 60"),
    "budget": ([*CALL, "--budget", "0"], "budget"),
}


@pytest.mark.parametrize("arguments, words", BAD.values(), ids=BAD)
def test_unusable_input(file, arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["runway", file, *arguments])
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and words in err and not out


def test_unknown_field():
    w = workload("1 MB/s")
    cluster = runway(w, OFFER, None, 4, months=1, draws=1).held
    with pytest.raises(InputError, match=r"field: 'retentoin'.*retention"):
        most_of_cluster(w, cluster, "retentoin")


def test_a_workload_that_nobody_reads():
    w = workload("1 MB/s", fan_out=0)
    r = runway(w, OFFER, None, 4, months=1, draws=1)
    with pytest.raises(InputError, match="fan_out: 0"):
        most_of_cluster(w, r.held, "fan_out")
    assert {most.field for _, most in most_carried(r)} == {"write", "retention"}


def test_figures():
    w = workload("100 MiB/s", {"yearly": {"low": 0.2, "likely": 0.5, "high": 1.0}})
    r = runway(w, OFFER, None, 4, draws=64)
    text = json.dumps(use_by_month(r).to_dict())
    assert "ingress (normal)" in text and "the wall" in text and "4 x CKU" in text
    spec = month_of_wall(r).to_dict()
    shares = [row["share"] for rows in spec["datasets"].values() for row in rows if "share" in row]
    assert shares == sorted(shares) and shares[-1] > 0.9


def test_a_cluster_that_is_there_is_sized_as_it_is():
    w = workload("100 MB/s")
    cluster = held(Demand.of(w), "msk-express", "express.m7g.large", 9)
    sizing = size(w, "msk-express", machine="express.m7g.large", units=9)
    walls = {x.label: float(x.used) for x in cluster.walls(Demand.of(w))}
    for c in sizing.constraints:
        assert walls[f"{c.name} ({c.state})"] == pytest.approx(float(c.utilisation(sizing.units)))
