"""Costs of draws: what is left out, spread over clusters, cut in blocks or run side by side is the same to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity import Demand, Workload, find_offer, offers
from capacity.demand.draws import draw_demand
from capacity.sizing.constraint import Constraint, heaviest, units_needed
from pricing import PriceBook
from streamplan.planning import least_costs as module
from streamplan.planning.bounds import Bounds
from streamplan.planning.least_costs import alike_in, at, chunks, draw_costs
from streamplan.planning.people import People
from streamplan.planning.plan import cost_all
from streamplan.planning.shipped_workloads import open_workload
from streamplan.runtime.cores import on_cores, shared_empty

UNCERTAIN = {
    "write": {"low": "20 MB/s", "likely": "100 MB/s", "high": "400 MB/s"},
    "message": {"low": "200 B", "likely": "1 KiB", "high": "16 KiB"},
    "fan_out": {"low": 1, "likely": 3, "high": 8},
    "retention": {"low": "6 h", "likely": "3 d", "high": "14 d"},
    "peak_ratio": {"low": 1.1, "likely": 1.5, "high": 3},
}
GROWTH = np.array([1.0, 1.3, 1.3, 4.0])


@pytest.fixture
def searching(monkeypatch):
    """Search, in several blocks, even where sizing everything is as fast."""
    for name, value in {"SMALL": 0, "BLOCK": 12, "ALIKE": 5, "cores": lambda: 1}.items():
        monkeypatch.setattr(module, name, value)


def drawn(workload: Workload, draws: int, platform: str, seed: int = 0) -> Demand:
    """Draws whose months differ, in the offer's region."""
    demand = draw_demand(workload, draws, len(GROWTH), seed=seed)
    rates = ("payload_bytes_s", "wire_bytes_s", "records_s")
    region = workload.region_at(find_offer(platform).provider) or workload.region
    return demand.replace(region=region, **{k: demand.arrays()[k] * GROWTH for k in rates})


def plainly(demand: Demand, platform: str, book, most_clusters: int = 500, **choices) -> np.ndarray:
    """The least of all configurations, on one cluster or on as few as will do, one demand after the other."""
    out = np.empty(demand.shape)
    for i, j in np.ndindex(*demand.shape):
        one = at(demand, np.array([i]), np.array([j]))
        costed = cost_all(one, platform, book, **choices)
        counts = range(2, int(np.max(costed.most_clusters(most_clusters))) + 1)
        several = iter(counts)
        while not costed.sizing.feasible.any() and (count := next(several, 0)):
            costed = cost_all(one, platform, book, clusters=count, **choices)
        usd = costed.least.min()
        out[i, j] = np.nan if costed.sizing.feasible.any() and np.isinf(usd) else usd
    return out


@pytest.mark.parametrize("platform", offers())
def test_the_search_finds_what_pricing_everything_finds(platform, book, searching):
    demand = drawn(Workload(**UNCERTAIN), 6, platform)
    assert np.array_equal(draw_costs(demand, platform, book).usd, plainly(demand, platform, book), equal_nan=True)


#: Not Netflix on Event Hubs Standard, whose hundreds of namespaces are as many sizings.
PUBLISHED = [
    *(("netflix-keystone-2016", offer) for offer in ("kafka-ec2-nvme", "msk-standard", "kinesis-provisioned")),
    *(("cern-monit-2019", offer) for offer in ("kafka-ec2-nvme", "msk-standard", "kinesis-provisioned")),
    *((name, "event-hubs-standard") for name in ("lyft-events-2018", "cern-monit-2019")),
]


@pytest.mark.parametrize(("name", "platform"), PUBLISHED)
def test_so_it_does_on_published_workloads(name, platform, book, searching):
    demand = drawn(open_workload(name), 3, platform)
    assert np.array_equal(draw_costs(demand, platform, book).usd, plainly(demand, platform, book), equal_nan=True)


def test_one_price_of_all_is_enough(book, tmp_path, searching):
    """No node of Instaclustr has a public price; with one of one's own the others are left out, not the offer."""
    platform, quote = "instaclustr-kafka", tmp_path / "quote.csv"
    demand = drawn(Workload(**UNCERTAIN), 4, platform)
    assert np.isnan(draw_costs(demand, platform, book).usd).all()
    sku = str(find_offer(platform).configurations()[-1])
    columns = "meter,sku,region,unit,price,as_of,source"
    quote.write_text(f"{columns}\ninstaclustr.kafka.node,{sku},us-east-1,node-hour,1.5,2026-01-01,a quote\n")
    own = PriceBook.load(quote)
    found = draw_costs(demand, platform, own).usd
    assert np.isfinite(found).any()
    assert np.array_equal(found, plainly(demand, platform, own), equal_nan=True)


@settings(max_examples=8)
@given(st.integers(0, 2**31), st.sampled_from(["kafka-ec2-ebs", "pulsar-ec2-ebs", "kafka-gce-disk-tiered"]))
def test_whatever_is_drawn(book, seed, platform):
    demand = drawn(Workload(**UNCERTAIN), 128, platform, seed)
    every = cost_all(demand, platform, book, brief=True).least
    found = draw_costs(demand, platform, book).usd
    assert np.array_equal(found[np.isfinite(every)], every[np.isfinite(every)])


def test_people_who_run_it_are_part_of_the_search(book, searching):
    demand, people = drawn(Workload(**UNCERTAIN), 4, "kafka-ec2-ebs"), People.load(support="none")
    found = draw_costs(demand, "kafka-ec2-ebs", book, people=people).usd
    assert np.array_equal(found, plainly(demand, "kafka-ec2-ebs", book, people=people))
    assert (found > draw_costs(demand, "kafka-ec2-ebs", book).usd).all()


@pytest.mark.parametrize("platform", ["kafka-ec2-ebs", "pulsar-ec2-nvme", "msk-standard"])
def test_blocks_and_threads_change_nothing(platform, book, monkeypatch):
    demand = drawn(Workload(**UNCERTAIN), 32, platform)
    whole = draw_costs(demand, platform, book).usd
    monkeypatch.setattr(module, "SMALL", 0)
    assert np.array_equal(draw_costs(demand, platform, book).usd, whole)
    monkeypatch.setattr(module, "BLOCK", 12)
    monkeypatch.setattr(module, "ALIKE", 5)
    monkeypatch.setattr(module, "AT_ONCE", 500)
    assert np.array_equal(draw_costs(demand, platform, book).usd, whole)
    monkeypatch.setattr(module, "on_cores", lambda work, jobs, forked: [work(job) for job in jobs])
    assert np.array_equal(draw_costs(demand, platform, book).usd, whole)


def test_most_machines_are_left_out(book, monkeypatch):
    """The search would be right without leaving anything out; this holds that it does leave out."""
    kept = []
    plain = Bounds.may_be_cheaper

    def counting(self, known, best, rows, starts):
        out = plain(self, known, best, rows, starts)
        kept.append(sum(len(c.demands) for c in out) / best.size)
        return out

    monkeypatch.setattr(Bounds, "may_be_cheaper", counting)
    monkeypatch.setattr(module, "SMALL", 0)
    draw_costs(drawn(Workload(**UNCERTAIN), 64, "kafka-ec2-ebs"), "kafka-ec2-ebs", book)
    assert kept and np.mean(kept) < len(find_offer("kafka-ec2-ebs").configurations()) / 50


@pytest.mark.parametrize("platform", ["kafka-ec2-ebs", "pulsar-ec2-ebs", "pulsar-ec2-nvme", "warpstream-byoc"])
@pytest.mark.parametrize("starts", [[0], [0, 7, 8, 40]])
def test_a_bound_never_exceeds_the_cost(platform, starts, book):
    """Whatever is cheaper than the known ones under a demand is among those that may be, at no more than its cost."""
    demand = drawn(Workload(**UNCERTAIN), 16, platform)
    every = cost_all(demand, platform, book).sound_cost.reshape(-1, demand.shape[0] * demand.shape[1])
    bounds = Bounds.of(cost_all(at(demand, np.array([0]), np.array([0])), platform, book))
    for rows in (np.array([0, 1]), np.array([5, 17])):
        known = cost_all(demand, platform, book, among=find_offer(platform).configurations()[rows])
        best = np.where(np.isfinite(known.cost.min(axis=0)), known.cost.min(axis=0), 1e12)
        cheaper = every < best.ravel()
        cheaper[rows] = False
        for c in bounds.may_be_cheaper(known, best, rows, np.array(starts)):
            assert (c.usd <= every[c.configuration, c.demands]).all()
            cheaper[c.configuration, c.demands] = False
        assert not cheaper.any()


def test_demands_are_taken_at_flat_indices():
    demand = drawn(Workload(**UNCERTAIN), 5, "kafka-ec2-ebs")
    cells = np.array([19, 0, 7, 7])
    taken = module._Block(demand, None).take(cells).demand
    assert taken.shape == (4, 1)
    for name, value in demand.arrays().items():
        wide = np.broadcast_to(value, demand.shape).ravel()[cells]
        assert np.array_equal(np.broadcast_to(taken.arrays()[name], (4, 1))[:, 0], wide), name


def test_constraints_on_one_capacity_need_what_the_heaviest_needs():
    capacity, share = np.array([[7.0], [11.0]]), np.array(2 / 3)
    loads = (np.array([10.0, 90.0]), np.array([30.0, 20.0]))
    apart = [Constraint("x", "normal", load, capacity, 0.6, "1", "s", share=share) for load in loads]
    apart.append(Constraint("x", "broker down", loads[0], capacity, 0.6, "1", "s", lost=1.0))
    one = np.maximum(np.maximum(apart[0].needed(), apart[1].needed()), apart[2].needed())
    assert len(heaviest(apart, "capacity", "ceiling", "share", "lost")) == 2
    assert np.array_equal(units_needed(apart, 1, 1), np.ceil(one - 1e-9))


def test_groups_hold_every_draw_once_and_those_alike_together():
    values = np.array([0.0, 9.0, 1.0, 10.0, 2.0, 11.0, 0.5, 9.5])
    groups = alike_in([values, np.zeros(8)], 8, 4)
    assert sorted(np.concatenate(groups).tolist()) == list(range(8))
    assert sorted(sorted(g.tolist()) for g in groups) == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert [len(part) for part in chunks(np.arange(7), 3)] == [3, 3, 1]


@pytest.mark.parametrize("forked", [False, True])
@pytest.mark.parametrize("bad", [0, 1, 2, 3])
def test_an_error_on_any_core_reaches_the_caller(bad, forked):
    def fail(job: int) -> None:
        if job == bad:
            raise ValueError("of this job")

    with pytest.raises(ValueError, match="of this job"):
        on_cores(fail, range(4), forked=forked)


@pytest.mark.parametrize("forked", [False, True])
def test_all_jobs_are_done_into_memory_that_is_shared(forked):
    out = shared_empty((7, 3))

    def fill(row: int) -> None:
        out[row] = row + 0.5

    on_cores(fill, range(7), forked=forked)
    assert out.tolist() == [[row + 0.5] * 3 for row in range(7)]


def test_processes_give_what_threads_give(monkeypatch):
    demand = draw_demand(Workload(write={"low": "20 MB/s", "high": "300 MB/s"}, message="1 KiB"), 64, 3)
    book = PriceBook.load()
    threads = draw_costs(demand, "kafka-ec2-ebs", book).usd
    monkeypatch.setattr(module, "FORKED", 0)
    monkeypatch.setattr(module, "SMALL", 0)
    assert np.array_equal(draw_costs(demand, "kafka-ec2-ebs", book).usd, threads)
