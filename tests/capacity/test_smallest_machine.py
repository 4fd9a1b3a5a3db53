"""The wish for machines of some size: fewer and larger brokers, at a cost that is never less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Workload, offers, size
from capacity.sizing.smallest_machine import LEAST_VCPU
from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan import study
from streamplan.analyses.compare.answer import answer_of
from streamplan.planning.plan import plan

OFFERS = [name for name, offer in offers().items() if LEAST_VCPU in offer.options]
WORKLOAD = {"write": "300 MB/s", "message": "1 KiB", "fan_out": 2, "retention": "6 h"}


def vcpu_of(name: str) -> dict[str, float]:
    """The fewest vCPU of a machine of each configuration, from what the wish says of it."""
    sizing = size(Workload(**WORKLOAD), name, options={LEAST_VCPU.name: 1})
    (wish,) = [limit for limit in sizing.limits if limit.source == f"option {LEAST_VCPU.name}"]
    return dict(zip(sizing.configuration.tolist(), np.broadcast_to(wish.demand, sizing.units.shape), strict=True))


def test_every_offer_with_a_choice_of_brokers_has_it() -> None:
    families = {offers()[name].family for name in OFFERS}
    assert {"Apache Kafka, self-managed", "Apache Pulsar, self-managed", "Amazon MSK"} <= families


@pytest.mark.parametrize("name", OFFERS)
@given(least=st.sampled_from([2, 4, 8, 16]))
def test_no_smaller_machine_is_chosen_and_none_is_cheaper(name: str, least: int) -> None:
    book, w = PriceBook.load(), Workload(**WORKLOAD)
    free, wished = plan(w, name, book), plan(w, name, book, options={LEAST_VCPU.name: least})
    if wished.monthly_usd is None:
        assert max(vcpu_of(name).values()) < least or free.monthly_usd is None
        return
    assert vcpu_of(name)[wished.configuration] >= least
    assert free.monthly_usd is not None and wished.monthly_usd >= free.monthly_usd - 1e-6


def test_without_the_wish_nothing_is_said_of_it() -> None:
    sizing = size(Workload(**WORKLOAD), "kafka-ec2-ebs")
    assert not [limit for limit in sizing.limits if limit.name == "vCPU of a machine"]


def test_a_machine_that_is_too_small_says_so() -> None:
    sizing = size(Workload(**WORKLOAD), "kafka-ec2-ebs", machine="m7g.large", options={LEAST_VCPU.name: 8})
    assert sizing.violations == ["vCPU of a machine: 2 vCPU is below the least, 8 vCPU (option least_vcpu)"]


def test_the_wish_is_a_number() -> None:
    with pytest.raises(InputError, match=r"option least_vcpu: 'many'.*a number from 0 to 1024"):
        size(Workload(**WORKLOAD), "msk-standard", options={LEAST_VCPU.name: "many"})


def test_the_answer_names_the_cheapest_and_what_it_would_save() -> None:
    made = study(Workload(**WORKLOAD), only=["kafka-ec2-ebs"])
    best = made.cheapest
    assert best is not None and best.cheaper is not None and best.monthly_usd is not None
    facts = dict(answer_of(made).facts)
    saved = best.monthly_usd - best.cheaper.usd
    assert f"the cheapest, {best.cheaper.what} at {best.cheaper.usd:,.0f}, would save {saved:,.0f}" in facts["Take"]
    assert f"({saved / best.monthly_usd:.0%}) and is {best.cheaper.brokers:.0f} machines to run" in facts["Take"]
    assert best.odds is not None
    said = f"Too small in {best.odds.too_small:.0%}"
    assert (said in facts["Fits"]) == (best.odds.too_small > 0)
    asked = study(Workload(**WORKLOAD), only=["kafka-ec2-ebs"], within=0.0)
    assert asked.cheapest is not None and asked.cheapest.monthly_usd <= best.monthly_usd
