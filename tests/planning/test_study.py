"""A study of all offers: ranges of cost, closed offers, options, regions, what each offer lacks."""

import pytest

from capacity import Workload, offers, size
from pricing import PriceBook
from streamfacts import InputError
from streamplan import plan, study
from streamplan.planning.horizon import cost_over_months
from streamplan.planning.study import CLOSED, FEASIBLE


def workload(**fields) -> Workload:
    return Workload(**{"write": "20 MB/s", "message": "1 KiB", "fan_out": 2, "retention": "24 h", **fields})


@pytest.mark.parametrize("name", [o.name for o in offers().values() if any(x.price_ends for x in o.options)])
def test_a_range_of_published_prices_is_shown_as_a_range(name):
    w, book = workload(), PriceBook.load()
    ends = {x.name: x.price_ends for x in offers()[name].options if x.price_ends}
    low = plan(w, name, book, options={k: v[0] for k, v in ends.items()}).monthly_usd
    high = plan(w, name, book, options={k: v[1] for k, v in ends.items()}).monthly_usd
    row = study(w, only=[name]).table.iloc[0]
    assert (row["low_usd"], row["high_usd"]) == (pytest.approx(low), pytest.approx(high))
    assert low < high
    assert low <= row["monthly_usd"] <= high
    chosen = study(w, only=[name], options={k: v[0] for k, v in ends.items()}).table.iloc[0]
    assert chosen["low_usd"] == chosen["high_usd"] == chosen["monthly_usd"] == pytest.approx(low)


def test_an_offer_closed_to_new_customers_is_never_the_answer():
    s = study(workload(write="200 kB/s"))
    closed = {o.name for o in offers().values() if o.closed}
    assert closed and s.cheapest is not None and s.cheapest.offer.name not in closed
    statuses = s.table[s.table["home"]]["status"].tolist()
    assert CLOSED in statuses and statuses.index(CLOSED) > max(i for i, x in enumerate(statuses) if x == FEASIBLE)


def test_a_machine_of_one_cloud_is_an_option_for_that_cloud_only():
    s = study(workload(), only=["kafka-ec2-ebs", "kafka-azure-ssd"], options={"controller_machine": "m7g.xlarge"})
    assert s.plan_of("kafka-ec2-ebs").sizing.options["controller_machine"] == "m7g.xlarge"
    assert s.plan_of("kafka-azure-ssd").sizing.options["controller_machine"].startswith("Standard_")
    with pytest.raises(InputError, match=r"m7g\.xlarg.*m7g\.xlarge"):
        study(workload(), only=["kafka-ec2-ebs", "kafka-azure-ssd"], options={"controller_machine": "m7g.xlarg"})


def test_each_provider_is_priced_in_its_counterpart_of_the_region():
    names = ["kafka-ec2-ebs", "kafka-azure-ssd", "kafka-gce-disk"]
    table = study(workload(region="us-east-1"), only=names).table.set_index("platform")["region"]
    assert table[names].tolist() == ["us-east-1", "eastus", "us-central1"]
    own = study(workload(region="eu-west-1", regions={"azure": "northeurope"}), only=names).table
    assert own.set_index("platform")["region"][names].tolist() == ["eu-west-1", "northeurope", "europe-west1"]
    assert (
        size(workload(region="westeurope"), "kinesis-provisioned", machine="shared reads").demand.region == "eu-west-1"
    )


def test_shared_consumers_share_five_reads_a_second_of_each_shard():
    def readers(groups: int, **options):
        w = workload(fan_out=groups, consumer_groups=groups)
        return size(w, "kinesis-provisioned", machine="shared reads", options=options)

    assert bool(readers(5).feasible)
    assert "6 calls/s is above the most, 5 calls/s" in readers(6).violations[0]
    assert bool(readers(6, polls_per_s=0.5).feasible)


def test_what_an_offer_lacks_stands_beside_its_price():
    table = study(workload(), only=["kinesis-provisioned", "msk-standard"]).table.set_index("platform")["lacks"]
    assert "log compaction" in table["kinesis-provisioned"]
    assert table["msk-standard"] == ""


@pytest.mark.parametrize("name", ["kinesis-provisioned", "kinesis-on-demand-advantage", "msk-standard", "pubsub"])
def test_the_cost_of_a_month_is_that_of_a_plan_for_it(name):
    """Month 60 of a load that grows by 25% a year: what the same offer costs where all rates have grown so much."""
    s = study(workload(write="100 MB/s", growth={"yearly": "25%"}, partitions=None), only=[name])
    costs = cost_over_months(s, s.plan_of(name))
    assert costs[0] == pytest.approx(s.plan_of(name).monthly_usd, rel=1e-3)
    late = study(workload(write=f"{100 * 1.25 ** (59 / 12):.6f} MB/s", partitions=None), only=[name])
    assert costs[59] == pytest.approx(late.plan_of(name).monthly_usd, rel=0.02)
    assert costs[59] > 2 * costs[0]
