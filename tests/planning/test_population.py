"""Which offers rank: those of the workload's cloud, or that were asked for; clients that stay pay egress elsewhere."""

from __future__ import annotations

import pytest

from capacity import Workload, offers
from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan import plan
from streamplan.planning.clients import TO_BROKERS, TO_CONSUMERS
from streamplan.planning.population import Population
from streamplan.planning.study import study
from streamplan.planning.terms import Terms

GIB = 2**30


def names(found) -> set[str]:
    return {offer.name for offer in found}


def small(region: str = "us-east-1") -> Workload:
    return Workload(write="10 MB/s", message="1 KiB", fan_out=2, retention="1 d", region=region)


@pytest.mark.parametrize(("region", "cloud"), [("eu-west-1", "aws"), ("uksouth", "azure"), ("europe-west1", "gcp")])
def test_a_workload_lives_where_its_region_is(region, cloud):
    home, elsewhere = Population().offers(small(region))
    assert {offer.provider for offer in home} == {cloud}
    assert cloud not in {offer.provider for offer in elsewhere}
    assert names(home) | names(elsewhere) == set(offers())


def test_clouds_that_are_asked_for_rank_together_and_no_other_follows():
    home, elsewhere = Population(("aws", "azure")).offers(small("us-central1"))
    assert {offer.provider for offer in home} == {"aws", "azure"} and not elsewhere
    assert names(Population(("all",)).offers(small())[0]) == set(offers())


def test_protocol_and_who_runs_it_filter_both():
    home, elsewhere = Population(protocol="kafka", managed=True).offers(small())
    assert home and all("Kafka" in o.protocols and not o.self_managed for o in (*home, *elsewhere))
    mine, _ = Population(managed=False).offers(small())
    assert mine and all(o.self_managed for o in mine)
    assert not names(mine) & names(Population(managed=True).offers(small())[0])


def test_offers_that_are_named_rank_wherever_they_are():
    home, elsewhere = Population().offers(small(), ["pubsub", "msk-express"])
    assert [o.name for o in home] == ["pubsub", "msk-express"] and not elsewhere


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"clouds": ("asure",)}, r"--cloud.*asure.*azure"),
        ({"protocol": "kafak"}, r"--protocol.*kafak.*Kafka"),
        ({"clients": "go"}, r"--clients.*go.*move, stay"),
    ],
)
def test_unknown_words_are_named(given, message):
    with pytest.raises(InputError, match=message):
        Population(**given)


def test_a_choice_that_leaves_nothing_says_what_was_asked():
    with pytest.raises(InputError, match=r"none on gcp.*self-managed, jms protocol"):
        Population(("gcp",), "jms", managed=False).offers(small())


def test_clients_that_stay_pay_both_clouds_by_hand():
    """10 MB/s for 730 h: bytes on the wire in GiB, once out of AWS, twice (fan-out) out of Azure, each by its tiers.

    AWS, us-east-1: the first 10,240 GiB at 0.09, the next 40,960 at 0.085. Azure, eastus: 100 free, then 10,235 at
    0.087, then 40,960 at 0.083 (the book's own rows; see tests/golden for the pages).
    """
    p = plan(small(), "event-hubs-standard")
    gib = float(p.sizing.demand.wire_bytes_s * p.sizing.demand.clusters) * 730 * 3600 / GIB
    assert 24_000 < gib < 26_000
    cost = {e.usage.role: (float(e.usage.quantity), float(e.cost)) for e in p.bill.entries if e.usage.role}
    out_of_aws = 10_240 * 0.09 + (gib - 10_240) * 0.085
    out_of_azure = 10_235 * 0.087 + (2 * gib - 10_335) * 0.083
    assert cost[TO_BROKERS] == (pytest.approx(gib), pytest.approx(out_of_aws, abs=0.01))
    assert cost[TO_CONSUMERS] == (pytest.approx(2 * gib), pytest.approx(out_of_azure, abs=0.01))
    moved = plan(small(), "event-hubs-standard", Terms(PriceBook.load(), population=Population(clients="move")))
    assert p.monthly_usd == pytest.approx(moved.monthly_usd + out_of_aws + out_of_azure, abs=0.01)


def test_nothing_is_charged_within_one_cloud():
    assert not any(e.usage.role in (TO_BROKERS, TO_CONSUMERS) for e in plan(small(), "msk-standard").bill.entries)


def test_what_ranks_comes_first_by_bill_and_work():
    found = study(small())
    rows = [r for r in found.rows if r["status"] == "feasible"]
    home = [r for r in rows if r["home"]]
    assert rows[: len(home)] == home and len(home) < len(rows)
    ranks = [r["monthly_usd"] + r["work_usd"] for r in home]
    assert ranks == sorted(ranks) and found.recommended.offer.name == home[0]["platform"]
    bare = study(small(), population=Population(bill_only=True))
    costs = [r["monthly_usd"] for r in bare.rows if r["status"] == "feasible" and r["home"]]
    assert costs == sorted(costs) and all(r["work_usd"] is None for r in bare.rows)
