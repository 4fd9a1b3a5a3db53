"""Scenarios: what a file changes of its base, what stands beside each other, what is refused and how it is named."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from capacity import Workload
from streamfacts.errors import InputError
from streamplan import PriceBook, scenarios
from streamplan.analyses.compare.side_by_side import columns_document, pinned_document, side_by_side, tables
from streamplan.planning.scenarios import BASE
from streamplan.planning.shipped_workloads import is_scenarios
from streamplan.planning.study import study
from streamplan.planning.terms import Terms
from streamplan.views.terminal import table_lines

ORDERS = {"name": "orders", "write": "10 MB/s", "peak_write": "15 MB/s", "message": "1 KiB", "retention": "24 h"}
ONLY = ["msk-standard", "kinesis-provisioned"]


@pytest.fixture
def write(tmp_path):
    """Writes a scenario file beside the workload orders.yaml and returns its path."""
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(ORDERS), encoding="utf-8")

    def make(given, **more):
        path = tmp_path / "plans.yaml"
        document = {"base": "orders.yaml", "scenarios": given, **more}
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return path

    return make


def test_a_scenario_is_the_base_with_other_fields(write):
    base = Workload(**ORDERS)
    found = scenarios(write({"longer": {"retention": "3 d"}, "as it is": None}))
    assert [one.name for one in found] == [BASE, "longer", "as it is"]
    assert found[BASE].workload == found["as it is"].workload == base
    assert found["longer"].workload == base.replace(retention="3 d")
    assert [one.name for one in found.some(["longer", BASE, "longer"])] == ["longer", BASE]


def test_null_leaves_out_what_the_base_gives(write):
    found = scenarios(write({"ratio": {"peak_write": None, "peak_ratio": 2}}))
    assert found["ratio"].workload == Workload(**{k: v for k, v in ORDERS.items() if k != "peak_write"}, peak_ratio=2)
    with pytest.raises(InputError, match=r"scenario ratio: peak_ratio.*write peak_write: null beside it"):
        scenarios(write({"ratio": {"peak_ratio": 2}}))


def test_terms_are_those_of_the_file_and_of_the_scenario(write, tmp_path):
    row = "aws.msk.broker,kafka.m7g.large,us-east-1,broker-hour,0.5,2026-11-02,quote\n"
    (tmp_path / "own.csv").write_text("meter,sku,region,unit,price,as_of,source\n" + row, encoding="utf-8")
    given = {
        "contract": {"terms": {"discounts": {"aws": "50%"}, "price_books": "own.csv", "within": "10%"}},
        "near": {"terms": {"options": {"follower_fetch": True}, "region": "eu-west-1"}},
    }
    found = scenarios(write(given, terms={"hours_per_month": 744, "options": {"least_vcpu": 8}}), most_clusters=1)
    contract, near = found["contract"].terms, found["near"].terms
    key, other = ("aws.msk.broker", "kafka.m7g.large", "us-east-1"), ("aws.msk.storage", "standard", "us-east-1")
    assert contract.book.price(*key).price == 0.5
    assert contract.book.price(*other).price == pytest.approx(PriceBook.load().price(*other).price / 2)
    assert (contract.within, contract.hours_per_month, contract.most_clusters) == (0.1, 744, 1)
    assert dict(contract.options) == {"least_vcpu": 8}
    assert dict(near.options) == {"least_vcpu": 8, "follower_fetch": True}
    assert found["near"].workload.region == "eu-west-1" and found["contract"].workload.region == "us-east-1"
    assert found["contract"].prices == ("own.csv", "aws=50%")


def test_a_base_may_be_written_in_the_file_or_be_a_shipped_workload(write):
    inline = write({"more": {"write": "20 MB/s"}}, base={"write": "10 MB/s", "message": "1 KiB"})
    assert scenarios(inline)["more"].workload == Workload(name="plans", write="20 MB/s", message="1 KiB")
    shipped = scenarios(write({"more": {"fan_out": 4}}, base="example-100mib"))
    assert shipped["more"].workload.name == "example-100mib" and shipped["more"].workload.fan_out.likely == 4
    assert shipped["more"].workload.origin["write"] == shipped[BASE].workload.origin["write"]
    assert "fan_out" not in shipped["more"].workload.origin


def test_contradictions_are_said_with_the_name_of_the_scenario(write):
    found = scenarios(write({"few": {"topics": 40, "partitions": 10}}))
    assert found[BASE].contradictions == ()
    (said,) = found["few"].contradictions
    assert said.startswith("few: partitions 10 are fewer than topics 40")


@pytest.mark.parametrize(
    ("given", "more", "said"),
    [
        ({"a": {"retension": "3 d"}}, {}, r"scenario a: field: 'retension'.*did you mean retention"),
        ({"a": {"retention": "3"}}, {}, r"scenario a: retention: '3'.*the unit is missing"),
        ({"a": {"terms": {"discount": {"aws": "9%"}}}}, {}, r"scenario a: terms: 'discount'.*discounts"),
        ({"a": {"terms": {"discounts": {"aws": "120%"}}}}, {}, r"scenario a: discount aws: '120%'"),
        ({"a": {"terms": {"discounts": {"amazon": "9%"}}}}, {}, r"scenario a: discount: 'amazon'"),
        ({"a": {"terms": {"within": "5 USD"}}}, {}, r"terms.within: '5 USD'"),
        ({"a": {"terms": {"hours_per_month": 800}}}, {}, r"terms.hours_per_month: 800"),
        ({"a": {"terms": {"price_books": "none.csv"}}}, {}, r"no such file"),
        ({"a": {"terms": {"price_books": "rates.yaml"}}}, {}, r"terms.price_books: 'rates.yaml'"),
        ({"a": {"terms": {"options": "fast"}}}, {}, r"terms.options: 'fast'"),
        ({"a": {"region": "eu-west-1", "terms": {"region": "us-west-2"}}}, {}, r"one of region and terms.region"),
        ({"a": {"region": "eu-west-9"}}, {}, r"scenario a: region: 'eu-west-9'.*eu-west-1"),
        ({"a": "longer"}, {}, r"a mapping of fields"),
        ({"a\nb": {}}, {}, r"a name of 1 to 60 characters"),
        ({}, {}, r"scenarios: .* a mapping of name"),
        ({"a": {}}, {"base": None}, r"base: None"),
        ({"a": {}}, {"base": "nowhere.yaml"}, r"no such file"),
        ({"a": {}}, {"base": {"write": "1 MB/s", "mesage": "1 KiB"}}, r"base: workload field: 'mesage'.*message"),
        ({"a": {}}, {"scenario": {}}, r"scenario file: 'scenario'.*scenarios"),
    ],
)
def test_what_a_file_cannot_mean_is_refused_where_it_stands(write, given, more, said):
    with pytest.raises(InputError, match=re.compile(said, re.S)):
        scenarios(write(given, **more))


def test_costs_side_by_side_are_those_of_each_alone(write):
    found = scenarios(write({"longer": {"retention": "3 d"}, "paid": {"terms": {"discounts": {"aws": "20%"}}}}))
    both = side_by_side(found, ONLY)
    for place, one in enumerate(found):
        alone = study(one.workload, only=ONLY, terms=one.terms)
        for row in alone.rows:
            assert both.costs[row["platform"]][place] == row["monthly_usd"]
    base, _, paid = both.costs["kinesis-provisioned"]
    assert paid == pytest.approx(0.8 * base, rel=1e-9)
    document = columns_document(both)
    assert set(both.inputs) == {"retention", "prices"}
    assert [column["scenario"] for column in document["columns"]] == [BASE, "longer", "paid"]
    for offer in document["offers"]:
        first = offer["monthly_usd"][0]
        assert offer["difference_usd"] == [pytest.approx(usd - first) for usd in offer["monthly_usd"]]
    assert document["columns"][2]["inputs"] == {"retention": 86400, "prices": "aws=20%"}
    facts, offers = tables(both)
    assert [column.title for column in facts.columns] == ["scenario", BASE, "longer", "paid"]
    assert {"": "retention", BASE: "1 d", "longer": "3 d", "paid": "1 d"} in [row.cells for row in facts.rows]
    for row, costs in zip(offers.rows, both.costs.values(), strict=True):
        assert [row.cells[one.name].value for one in both.scenarios] == list(costs)
    wide, narrow = (table_lines(facts, width) for width in (120, 44))
    assert "left out" not in wide[-1] and "left out at this width: paid" in " ".join(narrow[-2:])


def test_up_to_four_studies_are_pinned():
    w = Workload(write="10 MB/s", message="1 KiB")
    pinned = {name: study(w.replace(fan_out=n), only=ONLY) for n, name in enumerate("abcd", 1)}
    document = pinned_document(pinned)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert [column["inputs"] for column in document["columns"]] == [{"fan_out": n} for n in (1, 2, 3, 4)]
    for name, column in zip(pinned, document["columns"], strict=True):
        assert column["monthly_usd"] == pinned[name].cheapest.monthly_usd
    with pytest.raises(InputError, match="4 side by side at most"):
        pinned_document({**pinned, "e": pinned["a"]})


def test_compare_shows_scenarios_side_by_side(write, call):
    path = str(write({"longer": {"retention": "3 d"}, "twice": {"write": "20 MB/s", "peak_write": "30 MB/s"}}))
    of = ("compare", path, "--platform", "msk-standard", "--platform", "kinesis-provisioned")
    status, out, err = call(*of, "--scenario", "longer", "--scenario", "twice", "--json")
    document = json.loads(out)
    assert (status, err) == (0, "") and list(document["scenarios"]) == ["longer", "twice"]
    assert document["scenarios"]["longer"]["workload"]["fields"]["retention"] == 3 * 86400
    assert [c["scenario"] for c in document["side_by_side"]["columns"]] == ["longer", "twice"]
    status, out, _ = call(*of)
    assert status == 0 and all(name in out for name in (BASE, "longer", "twice", "MSK Standard"))
    status, out, err = call(*of, "--bare", "--budget", "1")
    assert status == 4 and len(out.split()) == 3 and err.startswith("streamplan: base: ") and "above the budget" in err


def test_compare_refuses_scenarios_that_are_not_there(write, call, tmp_path):
    path = str(write({f"number {n}": {} for n in range(9)}))
    assert call("compare", path, "--scenario", "numbr 3")[0] == 2
    status, out, err = call("compare", path)
    assert (status, out) == (2, "") and "8 side by side at most" in err
    status, _, err = call("compare", str(tmp_path / "orders.yaml"), "--scenario", "longer")
    assert status == 2 and "has no scenarios" in err
    status, _, err = call("size", path, "--platform", "msk-standard")
    assert status == 2 and "that one holds scenarios, which compare takes" in err
    assert is_scenarios(path) and not is_scenarios(tmp_path / "orders.yaml") and not is_scenarios(tmp_path / "none")


def test_prices_of_a_scenario_lie_over_those_it_is_read_with(write):
    terms = Terms.of(hours_per_month=700)
    found = scenarios(write({"paid": {"terms": {"discounts": {"aws": "10%"}}}}), terms)
    assert found[BASE].terms.book is terms.book and found["paid"].terms.hours_per_month == 700
