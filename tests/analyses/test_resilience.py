"""Resilience: each law by hand, what each design carries and meters, outcomes in closed form, aims, bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload, find_offer, offers, size
from capacity.clouds.cloud import find_cloud
from capacity.resilience import DESIGNS, FAILURES, find_design, mechanisms_of, no_mechanism, outcomes, quantity, sites
from capacity.resilience.outcomes import Setting
from capacity.resilience.quantities import quantities, with_own
from capacity.resilience.recovery import catch_up_s, rebalance_s, replication_lag_s, restore_s
from capacity.resilience.replication import backup_usage, link_usage, replicators
from streamfacts.errors import InputError
from streamfacts.units import GIB
from streamplan.analyses.resilience.resilience import INFEASIBLE, MEETS, MISSES, UNPRICED, resilience
from streamplan.analyses.resilience.words import resilience_answer, resilience_failures, span
from streamplan.charts import cost_by_design, recovery_by_design
from streamplan.cli import main
from streamplan.planning.plan import plan

W = Workload(write="20 MB/s", message="1 KiB", fan_out=2, retention="1 d", peak_ratio=1.5, partitions=60)
KAFKA = "kafka-ec2-ebs"
MIRROR = mechanisms_of(find_offer(KAFKA))[0]
FIXED = {name: "0 s" for name, row in quantities().items() if row.unit == "s"}


@pytest.fixture(scope="module")
def kafka():
    return resilience(W, KAFKA, "1 min", "1 h", draws=1024)


# --------------------------------------------------------------------------------------------------------- laws


def test_laws_by_hand():
    assert replication_lag_s(2.0, 0.75) == pytest.approx(8.0)
    assert catch_up_s(600.0, 0.6) == pytest.approx(900.0)  # 600 s of load at 60% need 600 x 0.6 / 0.4 s
    # a day kept, peak 1.5 x the average at 60% use: room for 2.5 x the average, of which 1.5 x restores
    assert restore_s(86400.0, 1.5, 0.6) == pytest.approx(86400.0 / 1.5)
    assert rebalance_s(3600.0, 9) == pytest.approx(3240.0)


def test_laws_end_at_full_use():
    for law in (replication_lag_s, catch_up_s):
        assert np.isinf(law(1.0, [1.0, 1.2])).all()
    assert np.isinf(restore_s(1.0, 1.0, 1.0))
    assert catch_up_s([0.0, 10.0], 0.0).tolist() == [0.0, 0.0]


@given(outage=st.floats(0, 1e6), use=st.floats(0, 0.98), more=st.floats(0, 0.019))
def test_the_fuller_the_later(outage, use, more):
    assert catch_up_s(outage, use + more) >= catch_up_s(outage, use) >= 0
    assert replication_lag_s(outage, use + more) >= replication_lag_s(outage, use) >= outage


def test_catch_up_by_simulation():
    """Step by step: a queue that fills at the load for a while and is then worked off at the full capacity."""
    load, capacity, step, queue, at = 60.0, 100.0, 0.01, 60.0 * 300.0, 0.0
    while queue > 0:
        queue += (load - capacity) * step
        at += step
    assert at == pytest.approx(float(catch_up_s(300.0, load / capacity)), rel=1e-3)


def test_replicator_workers_by_hand():
    """2 vCPU x 10 MB/s x 60% = 12 MB/s a worker: 50 MB/s need 5, used 50 / 100."""
    of = replicators(50e6, find_cloud("aws"), "m7g.large")
    assert (of.workers, of.utilisation) == (5, pytest.approx(0.5))
    assert float(of.usage.lines[0].quantity) == 5 * 730
    assert replicators(1e3, find_cloud("aws")).workers == 2  # one may be lost


@given(rate=st.floats(1e3, 1e10))
def test_workers_carry_their_link(rate):
    of = replicators(rate, find_cloud("aws"))
    assert all(float(c.utilisation(np.asarray(of.workers))) <= c.ceiling + 1e-9 for c in of.constraints)
    assert of.workers == 2 or replicators(rate * 1.01, find_cloud("aws")).workers >= of.workers


def test_backup_and_links_by_hand():
    d = Demand.of(W)
    month = float(d.wire_bytes_s) * 730 * 3600
    usage = {line.meter: float(line.quantity) for line in backup_usage(d, find_cloud("aws"), 7 * 86400.0)}
    assert usage["aws.s3.storage"] == pytest.approx(float(d.wire_bytes_s) * 7 * 86400 / GIB)
    assert usage["aws.s3.put"] == pytest.approx(month / 26214400 / 1000)
    replicator = mechanisms_of(find_offer("msk-express"))[1]
    links = {line.meter: float(line.quantity) for line in link_usage(d, replicator, 2)}
    assert links == {"aws.msk.replicator": 1460, "aws.msk.replicator-data": pytest.approx(month / GIB)}


# ------------------------------------------------------------------------------------------------ what stands where


def test_what_each_region_carries():
    d = Demand.of(W)
    (alone,) = sites(d, DESIGNS["stretched-zones"], MIRROR)
    assert alone.sized_for is d and alone.link_bytes_s == 0
    first, second = sites(d, DESIGNS["active-passive"], MIRROR)
    assert float(first.normal.fan_out) == 3 and float(first.normal.cross_region_copies) == 1
    assert float(second.sized_for.fan_out) == 2 and float(second.normal.fan_out) == 0
    one, other = sites(d, DESIGNS["active-active"], MIRROR)
    for site in (one, other):
        assert float(site.sized_for.fan_out) == 2
        assert float(site.normal.fan_out) == pytest.approx(1.5)  # half of the readers, and half a copy
        assert float(site.normal.wire_bytes_s) == float(d.wire_bytes_s)  # both store everything
    assert one.link_bytes_s + other.link_bytes_s == pytest.approx(float(d.peak_wire_bytes_s))


@pytest.mark.parametrize("design", ["active-passive", "active-active"])
def test_every_byte_crosses_once(kafka, design):
    lines = kafka.lines
    mine = lines[(lines["design"] == design) & (lines["meter"] == "aws.transfer.inter-region")]
    month = float(Demand.of(W).wire_bytes_s) * 730 * 3600 / GIB
    assert mine["quantity"].sum() == pytest.approx(month)


@pytest.mark.parametrize("name", sorted(offers()))
def test_a_copy_is_a_load_on_the_first_region(name):
    """Whatever copies the records, the offer's egress grows, or the vendor carries the copy on a meter of its own."""
    offer = find_offer(name)
    for by in mechanisms_of(offer):
        if by.own_meter or offer.closed:
            continue
        d = Demand.of(W).replace(region=W.region_at(offer.provider))
        copied = sites(d, DESIGNS["active-passive"], by)[0].sized_for
        before, after = size(d, name), size(copied, name)
        grew = [
            np.any(np.asarray(b.demand) > np.asarray(a.demand))
            for a, b in zip(before.constraints, after.constraints, strict=True)
        ]
        moved = [
            np.nansum(np.where(np.isfinite(b.quantity), b.quantity, 0))
            > np.nansum(np.where(np.isfinite(a.quantity), a.quantity, 0))
            for a, b in zip(before.usage, after.usage, strict=True)
        ]
        assert any(grew) or any(moved), f"{name} by {by.name}"


def test_parts_add_up(kafka):
    for r in kafka.results:
        assert r.monthly_usd == pytest.approx(sum(float(b.subtotal) for b in r.bills.values()))
        assert set(r.bills) >= {"first region"}
        assert ("second region" in r.bills) == r.design.second_cluster
        assert ("backup" in r.bills) == r.design.backup
    lines = kafka.lines.groupby("design")["cost"].sum()
    for row in kafka.table.to_dict("records"):
        assert row["monthly_usd"] == pytest.approx(lines[row["design"]])


def test_one_region_alone_is_the_plan(kafka, book):
    assert kafka.base_usd == pytest.approx(plan(W, KAFKA, book).monthly_usd)


def test_second_region_holds_the_whole_load(kafka):
    first, second = kafka.result_of("active-passive").plans
    alone = kafka.result_of("stretched-zones").plans[0]
    assert (alone.bill.region, second.bill.region) == ("us-east-1", "us-west-2")
    assert second.sizing.demand.fan_out == alone.sizing.demand.fan_out
    assert second.bill.region != first.bill.region


# ------------------------------------------------------------------------------------------------------- outcomes


def setting(**changes):
    values = {
        "replication_factor": 3.0,
        "zones": 3.0,
        "survives_zone": True,
        "peak_ratio": 1.5,
        "utilisation": 0.6,
        "link_utilisation": 0.5,
        "backup_interval_s": 300.0,
        "restored_s": 86400.0,
    }
    return Setting(**{**values, **changes})


def test_outcomes_by_hand():
    """Every delay at one value: 60 s to detect, 600 to decide, 120 to switch; average use 0.6 / 1.5 = 0.4."""
    own = {**FIXED, "detect.region": "60 s", "decide": "600 s", "switch.passive": "120 s", "lag.mirrormaker-2": "2 s"}
    found = outcomes(DESIGNS["active-passive"], MIRROR, setting(), with_own(own), draws=8)
    region = next(o for o in found if o.failure == "region")
    assert region.rpo_s == pytest.approx(4.0)  # 2 s / (1 - 0.5)
    assert region.rto_s == pytest.approx(780 + 780 * 0.4 / 0.6)


def test_backup_by_hand():
    own = {**FIXED, "provision": "1 h", "lag.backup-upload": "10 s"}
    found = {o.failure: o for o in outcomes(DESIGNS["backup"], None, setting(), with_own(own), draws=4096)}
    rpo = found["region"].rpo_s
    assert rpo.min() >= 10 and rpo.max() <= 310
    assert rpo.mean() == pytest.approx(160, rel=1e-3)  # half of the interval and the upload
    assert np.quantile(rpo, 0.9) == pytest.approx(280, rel=2e-3)
    assert found["region"].rto_s == pytest.approx(3600 / 0.6 + 86400 * 0.6 / 0.9)


def test_percentiles_of_a_delay_are_those_of_its_range():
    own = {**FIXED, "switch.active": {"low": "10 s", "likely": "60 s", "high": "300 s"}}
    found = outcomes(DESIGNS["active-active"], MIRROR, setting(utilisation=0.0), with_own(own), draws=4096)
    rto = next(o for o in found if o.failure == "region").rto_s
    assert np.quantile(rto, [0.1, 0.5, 0.9]) == pytest.approx([10, 60, 300], rel=5e-3)


def test_what_survives_what():
    survives = {
        name: {o.failure for o in outcomes(d, MIRROR, setting(), with_own(None), draws=2) if o.survived}
        for name, d in DESIGNS.items()
    }
    within = {"disk", "broker", "zone"}
    assert survives["stretched-zones"] == within
    assert survives["active-passive"] == survives["active-active"] == within | {"region"}
    assert survives["backup"] == survives["active-passive-backup"] == set(FAILURES)


def test_one_copy_or_two_zones_survive_less():
    design = DESIGNS["stretched-zones"]

    def survived(**changes):
        return {o.failure for o in outcomes(design, None, setting(**changes), with_own(None), draws=2) if o.survived}

    assert survived(replication_factor=1.0) == set()
    assert survived(zones=2.0) == survived(survives_zone=False) == {"disk", "broker"}
    lost = outcomes(design, None, setting(replication_factor=1.0), with_own(None), draws=2)[0]
    assert np.isinf(lost.rpo_s).all() and np.isinf(lost.rto_s).all()


def test_a_synchronous_copy_loses_nothing():
    by = {m.name: m for m in mechanisms_of(find_offer("event-hubs-premium"))}
    for name, nothing in (("event-hubs-geo-replication", False), ("event-hubs-synchronous", True)):
        found = outcomes(DESIGNS["active-passive"], by[name], setting(link_utilisation=0.0), with_own(None), draws=16)
        assert (next(o for o in found if o.failure == "region").rpo_s == 0).all() == nothing


def test_same_seed_same_figures(kafka):
    again = resilience(W, KAFKA, "1 min", "1 h", draws=1024)
    assert again.failures.equals(kafka.failures) and again.table.equals(kafka.table)
    other = resilience(W, KAFKA, "1 min", "1 h", draws=1024, seed=1, designs=["active-active"])
    assert not other.failures.equals(kafka.failures)


def test_mechanisms_of_every_offer():
    for offer in offers().values():
        for by in mechanisms_of(offer):
            assert by.source.startswith("https://")
            assert by.synchronous or quantity(by.lag).unit == "s"
        if not mechanisms_of(offer):
            assert offer.title.split()[0] in no_mechanism(offer) or "Event Hubs" in no_mechanism(offer)


# ------------------------------------------------------------------------------------------------------------ aims


def test_designs_outside_the_aim_say_why(kafka):
    row = kafka.table.set_index("design")
    assert row.loc["stretched-zones", "status"] == MISSES and "not survived" in row.loc["stretched-zones", "reason"]
    assert "RPO" in row.loc["backup", "reason"] and "asked 1 min" in row.loc["backup", "reason"]
    assert kafka.cheapest.status == MEETS
    priced = row[row["status"] == MEETS]["monthly_usd"]
    assert kafka.cheapest.monthly_usd == priced.min()


def test_a_looser_aim_admits_more(kafka):
    loose = resilience(W, KAFKA, "1 h", "30 d", draws=1024)
    strict = resilience(W, KAFKA, "0 s", "1 s", draws=1024)
    within = [{r.design.name for r in s.results if not r.misses} for s in (strict, kafka, loose)]
    assert within[0] == set() and within[0] < within[1] < within[2]
    assert within[2] == set(DESIGNS) - {"stretched-zones"}


def test_against_a_zone_one_cluster_will_do():
    study = resilience(W, KAFKA, "0 s", "5 min", against=["zone"], draws=256)
    assert study.cheapest.design.name == "stretched-zones"
    deletion = resilience(W, KAFKA, "10 min", "30 d", against=["region", "deletion"], draws=256)
    assert {r.design.name for r in deletion.results if not r.misses} == {n for n, d in DESIGNS.items() if d.backup}


def test_no_copy_between_regions_is_a_reason():
    row = resilience(W, "kinesis-provisioned", draws=64).table.set_index("design")
    assert "no copy to another region" in row.loc["active-active", "reason"]
    assert row.loc["active-active", "status"] == MISSES


def test_a_missing_price_is_named_and_never_zero():
    study = resilience(W, "msk-express", mechanism="msk-replicator", draws=64)
    r = study.result_of("active-active")
    assert r.status == UNPRICED and r.monthly_usd is None
    assert any("aws.msk.replicator" in sentence for sentence in r.missing)


def test_what_does_not_fit_is_infeasible():
    study = resilience(W.replace(message="20 MB", max_message="30 MB"), "msk-serverless", draws=64)
    assert {r.status for r in study.results} == {INFEASIBLE}
    assert all(r.reason for r in study.results)


def test_rebuild_is_there_where_it_is_the_users_business(kafka):
    took = kafka.rebuild.set_index("what")["seconds"]
    units = float(kafka.result_of("stretched-zones").plans[0].sizing.units)
    assert took.iloc[1] == pytest.approx(took.iloc[0] * units / (units + 1))
    assert resilience(W, "kinesis-provisioned", draws=16).rebuild["seconds"].isna().all()


# ------------------------------------------------------------------------------------------------- pages and doors


def test_pages_and_charts(kafka):
    page = resilience_answer(kafka)
    assert kafka.cheapest.design.title.capitalize() in page and "RTO 1 h" in page
    assert resilience_failures(kafka).count("<tr") == 1 + len(kafka.failures)
    for chart in (recovery_by_design(kafka), cost_by_design(kafka)):
        assert chart.to_dict()
    assert (span(None), span(0.0), span(5400.0)) == ("-", "0 s", "1.5 h")


def test_command_line(capsys, tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("write: 20 MB/s\nmessage: 1 KiB\n", encoding="utf-8")
    arguments = ["resilience", str(path), "--platform", KAFKA, "--draws", "64", "--rpo", "1 min"]
    main([*arguments, "--json", "--delay", "decide=1 min"])
    document = json.loads(capsys.readouterr().out)
    assert document["rpo_s"] == 60 and len(document["designs"]) == len(DESIGNS)
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--rto", "1 s"])
    assert stop.value.code == 3
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--rto", "soon"])
    assert stop.value.code == 2 and "rto" in capsys.readouterr().err


@pytest.mark.parametrize(
    "choices, names",
    [
        ({"rpo": "60"}, "rpo"),
        ({"rto": "-1 min"}, "rto"),
        ({"against": ["fire"]}, "against"),
        ({"against": []}, "against"),
        ({"second_region": "us-east-1"}, "second_region"),
        ({"second_region": "westeurope"}, "second_region"),
        ({"mechanism": "cluster-linking"}, "mechanism"),
        ({"designs": ["active"]}, "design"),
        ({"backup_interval": "0 s"}, "backup_interval"),
        ({"draws": 0}, "draws"),
        ({"delays": {"decide": "soon"}}, "decide"),
        ({"delays": {"decidde": "1 min"}}, "decidde"),
        ({"delays": {"decide": {"low": "2 min", "likely": "1 min", "high": "3 min"}}}, "low <= likely"),
        ({"delays": {"replicator_use_up_to": "1 s"}}, "delays"),
        ({"worker_machine": "m7g.tiny"}, "worker_machine"),
    ],
)
def test_bad_input(choices, names):
    with pytest.raises(InputError, match=names):
        resilience(W, KAFKA, **choices)


def test_a_region_without_a_neighbour_asks_for_one():
    with pytest.raises(InputError, match="second_region"):
        resilience(W.replace(region="sa-east-1"), KAFKA)
    with pytest.raises(InputError):
        find_design("stretched")
