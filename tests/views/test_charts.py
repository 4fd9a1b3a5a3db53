"""Figures: marks, titles with units, one colour an offer, and paths whose costs are those of the bill."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from capacity import Workload, offers
from streamfacts.errors import InputError
from streamfacts.usage import BETWEEN_ZONES, NO_PATH, PATHS
from streamplan import charts, study
from streamplan.analyses.prices.charts import ages_of_prices
from streamplan.analyses.prices.prices import price_table
from streamplan.analyses.risk.risk import risk
from streamplan.analyses.size.path_costs import path_costs, paths_of
from streamplan.app.explore import view
from streamplan.planning.plan import plan
from streamplan.views.theme import CATEGORY_COLOURS, CATEGORY_LABELS, SPARE_COLOURS, family_colours

W = Workload(write="100 MB/s", message="1 KiB", fan_out={"low": 1, "likely": 2, "high": 6}, retention="2 d")
FEW = ["kafka-ec2-ebs", "msk-standard", "kinesis-provisioned"]


@cache
def compared():
    return study(W)


def texts(chart):
    return json.dumps(chart.to_dict())


def rows(chart):
    """Every row of data that a chart holds."""
    return [row for data in chart.to_dict()["datasets"].values() for row in data]


# --------------------------------------------------------------------------------------------------------- colours


def test_every_offer_has_a_colour_of_its_own():
    colours = charts.platform_colours()
    assert set(colours) == set(offers()) and len(set(colours.values())) == len(colours)


def _lab(colour, sight):
    """CIE L*a*b* of a colour as seen with a kind of sight (Machado, Oliveira and Fernandes 2009, severity 1)."""
    matrices = {
        "normal": np.eye(3),
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    }
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(matrices[sight]) @ linear, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    x, y, z = (np.asarray(to_xyz) @ seen) / [0.95047, 1.0, 1.08883]
    f = [np.cbrt(v) if v > (6 / 29) ** 3 else v / (3 * (6 / 29) ** 2) + 4 / 29 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", ["normal", "deutan", "protan"])
def test_families_and_categories_are_told_apart(sight):
    """A difference of 2.3 is just noticeable; these lie well above it for any colour vision."""
    families = family_colours({(o.family, o.provider) for o in offers().values()})
    assert not set(families.values()) & set(SPARE_COLOURS)  # each family that ships has a colour of its own
    for colours in ({*families.values(), *SPARE_COLOURS}, set(CATEGORY_COLOURS.values())):
        for one, other in combinations(sorted(colours), 2):
            assert np.linalg.norm(_lab(one, sight) - _lab(other, sight)) > 7, (one, other)


def test_categories_have_colour_and_label():
    assert set(CATEGORY_COLOURS) == set(CATEGORY_LABELS)
    assert {"compute", "storage", "network", "data", "requests", "licence", "people"} <= set(CATEGORY_COLOURS)


# --------------------------------------------------------------------------------------------------------- figures


def test_cost_bars_add_up_to_the_table():
    chart = charts.cost_by_platform(compared())
    sums: dict[str, float] = {}
    for row in rows(chart):
        if "category" in row:
            sums[row["platform"]] = sums.get(row["platform"], 0.0) + row["cost"]
    table = compared().table
    fit = table[(table["status"] == "feasible") & table["home"]].set_index("title")["monthly_usd"]
    assert sums == pytest.approx(fit.astype(float).to_dict())
    assert "USD a month" in texts(chart) and "price from" in texts(chart)


def test_whiskers_are_the_percentiles_of_the_draws():
    drawn = risk(W, FEW, months=1, draws=64)
    chart = charts.cost_by_platform(study(W, only=FEW), drawn)
    whiskers = {row["platform"]: (row["low"], row["high"]) for row in rows(chart) if "high" in row}
    for offer in drawn.offers:
        low, high = whiskers[offer.plan.offer.title]
        assert (low, high) == pytest.approx((offer.by_month[0, 0], offer.by_month[-1, 0]))
        assert low <= high
    assert "P10 to P90 of 64 draws" in texts(chart)


def test_most_draws_the_cheapest_and_says_of_how_many():
    chart = charts.cost_by_platform(compared(), most=3)
    fit = compared().table[(compared().table["status"] == "feasible") & compared().table["home"]]
    assert {row["platform"] for row in rows(chart) if "category" in row} == set(fit["title"].head(3))
    assert f"the 3 cheapest of {len(fit)} that fit" in texts(chart)


def test_binding_constraint_is_marked_and_on_top():
    sized = compared().plan_of("kafka-ec2-ebs")
    data = rows(charts.utilisation_of_constraints(sized))
    bound = [row for row in data if row["binds"]]
    assert {f"{row['constraint']} ({row['state']})" for row in bound} == {sized.sizing.binding}
    assert bound[0]["of_ceiling"] == max(row["of_ceiling"] for row in data)
    assert all(row["source"] for row in data)


def test_months_have_the_colours_of_their_offers():
    seen = view(W, {"growth": 30}, only=FEW)
    text = texts(charts.cost_by_month(seen.months))
    assert all(charts.platform_colours()[name] in text for name in FEW)
    assert "USD a month" in text and '"month"' in text


def test_where_a_line_stops_it_says_so():
    seen = view(W, {"growth": 200, "fan_out": 2}, only=["confluent-basic"])
    assert seen.months["usd"].isna().any() and seen.months["usd"].notna().any()
    assert "no longer fits" in texts(charts.cost_by_month(seen.months))


def test_months_of_nothing_are_a_note():
    seen = view(W, {"write": 10_000_000}, only=["event-hubs-standard"])
    assert "no offer is feasible" in texts(charts.cost_by_month(seen.months))


def test_ages_of_prices_are_shares(book):
    import datetime as dt

    prices = price_table(book, dt.date(2026, 11, 23), meter="kinesis")
    data = [row for row in rows(ages_of_prices(prices)) if "age" in row]
    assert sum(row["prices"] for row in data) == len(prices)
    assert sum(row["share"] for row in data) == pytest.approx(1.0)


# ----------------------------------------------------------------------------------------------------- network paths


def test_paths_of_a_cluster_by_hand():
    """100 MB/s to 3 copies in 3 zones, read twice in the reader's zone: two thirds of what is produced crosses, and
    both copies do. Both directions are billed at 0.01 USD a GiB."""
    plain = Workload(write="100 MB/s", message="1 KiB", fan_out=2, batch="1 MB", retention="2 d")
    costs = path_costs(plan(plain, "kafka-ec2-ebs", options={"follower_fetch": True}))
    wire = costs["produce"].bytes_s
    month = wire * 730 * 3600 / 2**30 * 0.01 * 2
    assert costs["replicate"].bytes_s == pytest.approx(2 * wire) and costs["consume"].bytes_s == pytest.approx(2 * wire)
    assert costs["produce"].cross_zone_bytes_s == pytest.approx(2 / 3 * wire)
    assert costs["produce"].usd == pytest.approx(2 / 3 * month) and costs["replicate"].usd == pytest.approx(2 * month)
    assert costs["consume"].usd == 0 and costs["consume"].meters == ()


@pytest.mark.parametrize("name", sorted(offers()))
def test_costs_of_paths_are_lines_of_the_bill(name):
    """Nothing is lost or counted twice: the paths carry exactly the lines of bytes and requests."""
    sized = compared().plan_of(name)
    costs = path_costs(sized)
    priced = [e for e in sized.bill.entries if e.usage.quantity > 0 and not e.missing]
    moved = sum(float(e.cost) for e in priced if paths_of(e) == (BETWEEN_ZONES,) or set(paths_of(e)) <= set(PATHS))
    missing = any(e.missing for e in sized.bill.entries if set(paths_of(e)) <= set(PATHS) and e.usage.quantity > 0)
    if not missing:
        assert sum(flow.usd for flow in costs.flows) + costs.between_zones_usd == pytest.approx(moved)
    assert charts.network_paths_of(sized).to_dict()["layer"]


@pytest.mark.parametrize("name", sorted(offers()))
def test_every_meter_of_bytes_and_requests_has_a_path(name):
    for entry in compared().plan_of(name).bill.entries:
        if entry.category in ("network", "data", "requests") and entry.usage.unit.split("-")[-1] != "hour":
            assert paths_of(entry) != (NO_PATH,), entry.usage.meter


def test_a_line_whose_path_nobody_knows_is_an_error():
    entry = compared().plan_of("kafka-ec2-ebs").bill.entries[0]
    with pytest.raises(InputError, match="unheard-of"):
        paths_of(replace(entry, usage=replace(entry.usage, meter="unheard-of")))


def test_a_private_link_is_paid_for_all_that_clients_move():
    """Written once and read twice through the same endpoints: a third of the line is writing, the rest reading."""
    linked = plan(W.replace(fan_out=2), "confluent-enterprise", options={"networking": "privatelink"})
    line = next(e for e in linked.bill.entries if e.usage.meter == "aws.privatelink.data")
    costs = path_costs(replace(linked, bill=replace(linked.bill, entries=(line,))))
    wrote, read = costs["produce"].usd, costs["consume"].usd
    assert line.cost > 0 and wrote + read == pytest.approx(float(line.cost)) and read == pytest.approx(2 * wrote)


def test_a_family_without_a_colour_of_its_own_gets_a_spare_one():
    found = family_colours([("Zeta", "aws"), ("Alpha", "aws"), ("Amazon MSK", "aws")])
    assert [found["Alpha", "aws"], found["Zeta", "aws"]] == list(SPARE_COLOURS[:2])
    assert found["Amazon MSK", "aws"] == family_colours([("Amazon MSK", "aws")])["Amazon MSK", "aws"]


def test_a_missing_price_is_no_zero():
    lacking = [p for p in compared().plans if any(e.missing and set(paths_of(e)) <= set(PATHS) for e in p.bill.entries)]
    assert lacking
    for sized in lacking:
        assert any(np.isnan(flow.usd) for flow in path_costs(sized).flows)
        assert "price missing" in texts(charts.network_paths_of(sized))


def test_bookies_hold_every_copy():
    costs = path_costs(compared().plan_of("pulsar-ec2-ebs"))
    assert costs["replicate"].bytes_s == pytest.approx(3 * costs["produce"].bytes_s)
    assert "bookies" in texts(charts.network_paths_of(costs.plan))
