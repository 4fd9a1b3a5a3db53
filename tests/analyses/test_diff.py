"""Differences: shares worked by hand, exact sums, a price that moves one line, what documents alone can say."""

from __future__ import annotations

import copy
import itertools
import json
import re

import numpy as np
import pytest
import yaml

from capacity import Workload
from pricing import PriceBook, open_book
from pricing.dated import dated_book
from streamfacts.errors import GateClosed, InputError
from streamplan.analyses.compare.words import study_document
from streamplan.analyses.diff.attribution import shapley, subsets
from streamplan.analyses.diff.diff import BOTH, CHOICE, INPUT, MODEL, OFFER, PRICE, between, diff
from streamplan.analyses.diff.given import open_given
from streamplan.analyses.diff.inputs import told_apart
from streamplan.analyses.diff.result import Result
from streamplan.analyses.diff.retold import retold
from streamplan.analyses.diff.words import diff_document, markdown, sentences, tables
from streamplan.planning.gate import check_budget, check_growth
from streamplan.planning.study import study
from streamplan.views.inputs import signed
from streamplan.views.terminal import table_lines
from tests.published import FILLED

METERED = "msk-serverless"
OLD = Workload(
    name="orders",
    write="10 MB/s",
    message="1 KiB",
    fan_out=2,
    retention="24 h",
    partitions=20,
    peak_ratio=1,
    batch="16 KiB",
)
ONLY = ["msk-standard", METERED, "kinesis-provisioned"]
HEADER = "meter,sku,region,unit,price,as_of,source\n"


def by_input(causes):
    return {cause.inputs: cause.usd for cause in causes if cause.kind == INPUT}


def document_of(workload, **terms):
    return json.loads(json.dumps(study_document(study(workload, only=ONLY, **terms))))


# ------------------------------------------------------------------------------------------------------------ by hand


def test_shares_are_the_mean_over_all_orders():
    """Against the definition: every order in which three inputs can be changed, one after the other."""
    costs = np.random.default_rng(3).uniform(10.0, 99.0, 8)
    expected = np.zeros(3)
    for order in itertools.permutations(range(3)):
        at = 0
        for player in order:
            expected[player] += (costs[at | 1 << player] - costs[at]) / 6
            at |= 1 << player
    assert shapley(costs) == pytest.approx(expected, rel=1e-12)
    assert shapley(costs).sum() == pytest.approx(costs[-1] - costs[0], rel=1e-12)
    assert np.isnan(shapley([1.0, np.inf, 2.0, 3.0])).all()
    assert subsets(3).sum() == 3 * 4


def test_write_and_retention_on_a_metered_offer_by_hand():
    """10 to 16 MB/s, 24 to 60 h on MSK Serverless: traffic is linear in the rate, storage in rate x retention.

    With the cost t of traffic and s of storage before: t x 0.6 is the rate's alone. Storage goes from s to s x 1.6 x
    2.5 = 4 s. The rate moves it by 0.6 s at the old retention and 1.5 s at the new, half of each counts: 1.05 s. The
    retention moves it by 1.5 s at the old rate and 2.4 s at the new: 1.95 s. Together 3 s, which is all of it.
    """
    new = OLD.replace(write="16 MB/s", retention="60 h")
    found = diff(OLD, new, METERED)
    before = {key[0]: line.usd for key, line in found.before.lines.items()}
    storage = before["aws.msk.serverless-storage"]
    traffic = before["aws.msk.serverless-data-in"] + before["aws.msk.serverless-data-out"]
    shares = by_input(found.causes)
    assert shares[("write",)] == pytest.approx(0.6 * traffic + 1.05 * storage, rel=1e-9)
    assert shares[("retention",)] == pytest.approx(1.95 * storage, rel=1e-9)
    assert sum(shares.values()) == pytest.approx(found.usd, abs=1e-6)


def test_a_price_that_rises_by_a_tenth_moves_the_bill_by_that_line(tmp_path):
    """Volumes of MSK Standard at 0.10 USD a GiB-month cost 0.11: a tenth of that line, and nothing else moves."""
    path = tmp_path / "risen.csv"
    path.write_text(HEADER + "aws.msk.storage,standard,us-east-1,GiB-month,0.11,2026-11-02,list\n", encoding="utf-8")
    assert PriceBook.load().price("aws.msk.storage", "standard", "us-east-1").price == 0.1
    found = diff(OLD, OLD, "msk-standard", books=(PriceBook.load(), dated_book(path)))
    line = found.before.lines["aws.msk.storage", "standard"]
    assert [(c.kind, c.usd) for c in found.causes] == [(PRICE, pytest.approx(0.1 * line.usd, rel=1e-9))]
    assert found.usd == pytest.approx(0.1 * line.usd, rel=1e-9)
    (moved,) = [change for change in found.lines if abs(change.usd) > 1e-9]
    assert moved.either.key == line.key and moved.price_usd == moved.usd
    assert sum(change.usd for change in found.lines) == pytest.approx(found.usd, abs=1e-6)


def test_tiers_are_charged_at_the_old_quantity_by_hand():
    """40 units cost 10 x 2 + 30 x 1 = 50; at tiers of 3 and 1 they cost 10 x 3 + 30 x 1 = 60: 10 by price.

    60 units then cost 80: 20 by quantity.
    """
    line = {"meter": "aws.x", "sku": "", "title": "x", "category": "requests", "region": "us-east-1", "unit": "unit"}

    def result(quantity, usd, first, digest):
        offer = {"platform": "p", "title": "P", "status": "feasible", "monthly_usd": usd, "what": "", "reason": ""}
        tiers = [[0.0, first], [10.0, 1.0]]
        lines = [{**line, "quantity": quantity, "usd": usd, "unit_price": usd / quantity, "tiers": tiers}]
        return Result.of(
            {
                "currency": "USD", "workload": {"name": "w", "fields": {"write": quantity}, "units": {}}, "terms": {},
                "model": {"version": "1", "digest": "m"}, "prices": {"digest": digest, "as_of_newest": "2026-11"},
                "platforms": [{**offer, "lines": lines}],
            },
            digest,
        )  # fmt: skip

    found = between(result(40.0, 50.0, 2.0, "a"), result(60.0, 80.0, 3.0, "b"))
    (change,) = found.lines
    assert (change.price_usd, change.quantity_usd) == (10.0, 20.0)
    assert [(c.kind, c.usd) for c in found.causes] == [(PRICE, 10.0), (INPUT, 20.0)]


def test_what_the_new_prices_make_cheaper_is_the_choice(tmp_path):
    """The machine that is taken becomes a hundred times as dear: others are taken, and the choice saves the rest.

    The old machines at the new price are 99 times their line more; what is paid is that less the choice.
    """
    before = diff(OLD, OLD, "msk-standard").before
    (sku,) = [sku for meter, sku in before.lines if meter == "aws.msk.broker"]
    old = PriceBook.load().price("aws.msk.broker", sku, "us-east-1")
    path = tmp_path / "dear.csv"
    row = f"aws.msk.broker,{sku},us-east-1,broker-hour,{100 * old.price},2026-11-02,list\n"
    path.write_text(HEADER + row, encoding="utf-8")
    found = diff(OLD, OLD, "msk-standard", books=(PriceBook.load(), dated_book(path)))
    kinds = {cause.kind: cause.usd for cause in found.causes}
    assert set(kinds) == {PRICE, CHOICE}
    assert kinds[PRICE] == pytest.approx(99 * before.lines["aws.msk.broker", sku].usd, rel=1e-9)
    assert sum(kinds.values()) == pytest.approx(found.usd, abs=1e-6)
    assert f"It takes {found.after.what} in place of {before.what}." in sentences(found)
    (swapped,) = [change for change in found.lines if change.either.meter == "aws.msk.broker"]
    assert swapped.old.sku == sku != swapped.new.sku and swapped.price_usd == kinds[PRICE]


def test_sums_are_exact_for_workloads_that_nobody_chose():
    draw = np.random.default_rng(16)
    for _ in range(6):
        fields = {
            "write": f"{draw.uniform(1, 150):.3g} MB/s",
            "fan_out": round(draw.uniform(0, 5), 1),
            "retention": f"{draw.integers(2, 72)} h",
            "message": f"{draw.integers(200, 3000)} B",
        }
        new = OLD.replace(**dict(list(fields.items())[: draw.integers(1, 5)]))
        for platform in (METERED, "kinesis-provisioned"):
            found = diff(OLD, new, platform)
            if found.usd is None:
                continue
            assert sum(cause.usd for cause in found.causes) == pytest.approx(found.usd, abs=0.005)
            assert sum(line.usd for line in found.lines) == pytest.approx(found.usd, abs=0.005)
            assert {name for c in found.causes for name in c.inputs} == {change.name for change in found.inputs}


def test_inputs_that_cannot_change_alone_are_one_cause():
    """A rate above the old peak needs the new one; retention needs neither."""
    old = Workload(write="10 MB/s", peak_write="15 MB/s", message="1 KiB")
    new = Workload(write="30 MB/s", peak_write="45 MB/s", message="1 KiB", retention="2 d")
    names = ["write", "peak_write", "retention"]
    assert told_apart(old, new, names) == (("write", "peak_write"), ("retention",))
    found = diff(old, new, METERED)
    assert set(by_input(found.causes)) == {("write", "peak_write"), ("retention",)}
    assert sum(by_input(found.causes).values()) == pytest.approx(found.usd, abs=0.005)


def test_inputs_on_whose_way_nothing_fits_are_told_together():
    """One cluster of MSK Serverless takes 150 MB/s read once or 80 MB/s read four times, not 150 read four times."""
    old = OLD.replace(write="150 MB/s", fan_out=1, partitions=400, **FILLED)
    found = diff(old, old.replace(write="80 MB/s", fan_out=4), METERED, most_clusters=1)
    assert [(c.kind, c.inputs, c.usd) for c in found.causes] == [
        (INPUT, ("write", "fan_out"), pytest.approx(found.usd, abs=1e-6))
    ]
    assert any("does not fit, so they are told together" in text for text in sentences(found))


def test_of_many_inputs_those_that_move_least_are_taken_together():
    many = {
        "write": "20 MB/s", "fan_out": 3, "retention": "48 h", "partitions": 40, "message": "2 KiB",
        "compression_ratio": 2, "connections": 100, "headers": 1, "tls": False,
    }  # fmt: skip
    found = diff(OLD, OLD.replace(**many), METERED)
    groups = list(by_input(found.causes))
    assert len(groups) == 7 and [len(group) for group in groups[:-1]] == [1] * 6
    assert {"connections", "headers"} <= set(groups[-1]) and ("write",) in groups
    assert sum(by_input(found.causes).values()) == pytest.approx(found.usd, abs=0.005)


# ---------------------------------------------------------------------------------------------- from documents alone


@pytest.fixture(scope="module")
def two():
    """The documents of two workloads that differ in the retention alone."""
    return document_of(OLD), document_of(OLD.replace(retention="48 h"))


def read(*documents, platform=None):
    return between(Result.of(documents[0], "old.json"), Result.of(documents[1], "new.json"), platform)


def test_two_documents_say_what_two_workloads_say(two):
    live = diff(OLD, OLD.replace(retention="48 h"), METERED)
    told = read(*two, platform=METERED)
    assert by_input(told.causes)["retention",] == pytest.approx(by_input(live.causes)["retention",], abs=0.005)
    assert [c.usd for c in told.lines] == pytest.approx([c.usd for c in live.lines], abs=1e-6)


def test_another_model_is_the_cause_that_neither_inputs_nor_prices_are(two):
    old, new = two[0], copy.deepcopy(two[0])
    new["model"]["version"] = "9.9.9"
    row = next(row for row in new["platforms"] if row["platform"] == METERED)
    row["lines"][0]["quantity"] *= 2
    row["monthly_usd"] += row["lines"][0]["usd"]
    row["lines"][0]["usd"] *= 2
    added = row["lines"][0]["usd"] / 2
    assert [(c.kind, c.usd) for c in read(old, new, platform=METERED).causes] == [(MODEL, pytest.approx(added))]
    new["workload"]["fields"]["fan_out"] = 7
    assert [c.kind for c in read(old, new, platform=METERED).causes] == [BOTH]
    assert any("9.9.9" in text for text in sentences(read(old, new)))


def test_another_recommendation_is_said_with_what_the_old_one_costs_now(two):
    new = copy.deepcopy(two[0])
    first, second = (row for row in new["platforms"][:2])
    first["monthly_usd"] *= 3
    for line in first["lines"]:
        line["quantity"] *= 3
        line["usd"] *= 3
    new["platforms"] = [second, first, *new["platforms"][2:]]
    new["answer"]["platform"] = second["platform"]
    found = read(two[0], new)
    assert found.moved and found.causes[-1].kind == OFFER
    assert sum(c.usd for c in found.causes) == pytest.approx(found.usd, abs=0.005)
    headline = sentences(found)[0]
    assert first["title"] in headline and second["title"] in headline
    assert found.causes[-1].usd == pytest.approx(second["monthly_usd"] - first["monthly_usd"], abs=0.005)


def test_results_of_two_workloads_are_said(two):
    other = copy.deepcopy(two[1])
    other["workload"]["name"] = "payments"
    assert "The results are of two workloads, orders and payments." in sentences(read(two[0], other))


def test_files_without_a_name_are_no_two_workloads(run, tmp_path):
    for file in ("old", "new"):
        text = (tmp_path / f"{file}.yaml").read_text(encoding="utf-8").replace("name: orders\n", "")
        (tmp_path / f"{file}.yaml").write_text(text, encoding="utf-8")
    of = ("diff", "old.yaml", "new.yaml", "--platform", METERED)
    assert "two workloads" not in run(*of)[1]
    (tmp_path / "new.yaml").write_text("name: payments\n" + text, encoding="utf-8")
    assert "two workloads, old and payments" in run(*of)[1]


def test_offers_of_one_result_alone_and_those_that_no_longer_fit_are_said(two):
    other = copy.deepcopy(two[1])
    gone = other["platforms"].pop()
    row = other["platforms"][-1]
    row |= {"status": "infeasible", "monthly_usd": None, "reason": "the quota is passed"}
    said = sentences(read(two[0], other))
    assert f"Only in the result before: {gone['title']}." in said
    assert f"{row['title']} was feasible and is infeasible (the quota is passed)." in said


@pytest.mark.parametrize(
    ("break_it", "where"),
    [
        (lambda d: d.pop("prices"), "prices"),
        (lambda d: d["platforms"][0].pop("lines"), "lines of"),
        (lambda d: d["platforms"][0]["lines"][0].update(quantity="ten"), "quantity of"),
        (lambda d: d["platforms"][0]["lines"][0].update(usd=-1), "usd of"),
        (lambda d: d["platforms"][0]["lines"][0].update(tiers=[[1]]), "tiers of"),
        (lambda d: d["platforms"][0].pop("monthly_usd"), "monthly_usd of"),
        (lambda d: d.update(platforms={}), "platforms"),
        (lambda d: d.update(currency="EUR"), "currency"),
        (lambda d: d.update(answer={"platform": "none"}), "answer.platform"),
    ],
)
def test_a_document_that_is_no_result_is_refused_where_it_is_wrong(two, break_it, where):
    broken = copy.deepcopy(two[0])
    break_it(broken)
    with pytest.raises(InputError, match=re.escape(f"old.json: {where}")):
        Result.of(broken, "old.json")


def test_results_of_this_version_are_told_apart_by_input_and_others_are_not():
    new = OLD.replace(retention="48 h", write={"low": "9 MB/s", "likely": "15 MB/s", "high": "30 MB/s"})
    documents = document_of(OLD), document_of(new)
    alone, told = read(*documents, platform=METERED), retold(read(*documents, platform=METERED))
    live = diff(OLD, new, METERED)
    assert [c.inputs for c in alone.causes] == [("write", "retention")]
    assert by_input(told.causes) == pytest.approx(by_input(live.causes))
    assert any("told together" in text for text in sentences(alone))
    assert not any("told together" in text for text in sentences(told))
    documents[1]["platforms"][0]["lines"][0]["usd"] += 1  # not what this version would say
    documents[1]["platforms"][0]["monthly_usd"] += 1
    changed = documents[1]["platforms"][0]["platform"]
    assert [c.inputs for c in retold(read(*documents, platform=changed)).causes] == [("write", "retention")]
    documents[1]["model"]["version"] = "9.9.9"
    assert [c.kind for c in retold(read(*documents, platform=METERED)).causes] == [BOTH]


def test_a_document_is_not_obeyed_by_a_terminal(two):
    other = copy.deepcopy(two[1])
    other["workload"]["name"] = "or\x1b[2Jders"
    other["workload"]["fields"]["surv\x1b[2Jive"] = "\x1b[2J"
    found = read(two[0], other)
    lines = [line for table in tables(found) for line in table_lines(table, 120)]
    shown = [*sentences(found), *lines]
    assert not any("\x1b" in text for text in shown) and any("\\x1b" in text for text in shown)


# ------------------------------------------------------------------------------------------------------------- words


def numbers(text):
    return [float(n.replace(",", "")) for n in re.findall(r"[-+]?\d[\d,]*\.?\d*(?=%| )", text)]


def test_the_percentage_of_the_headline_is_that_of_its_two_costs(two):
    for found in (read(*two, platform=METERED), read(*reversed(two), platform="msk-standard")):
        now, apart, before = numbers(sentences(found)[0])[:3]
        percent = float(re.search(r"([-+][\d.]+)%", sentences(found)[0])[1])
        assert percent == pytest.approx(100 * (now - before) / before, abs=0.1)
        assert apart == pytest.approx(abs(now - before), abs=1.5)


def test_tables_and_markdown_hold_the_numbers_of_the_difference(two):
    found = read(*two, platform=METERED)
    causes, lines, offers = tables(found)
    assert [row.cells for row in causes.rows] == [{"cause": "retention", "old": "1 d", "new": "2 d", "usd": found.usd}]
    assert causes.columns[-1].text(found.usd) == signed(found.usd)
    assert len(lines.rows) == sum(abs(change.usd) >= 0.005 for change in found.lines)
    assert [row.cells["offer"] for row in offers.rows] == [offer.title for offer in found.offers]
    text = markdown(found)
    assert text.count("\n| --- |") == 3 and sentences(found)[0].split(":")[0] in text
    document = diff_document(found)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["monthly_usd"]["difference"] == pytest.approx(sum(line["usd"] for line in document["lines"]))
    assert document["monthly_usd"]["difference"] == pytest.approx(sum(cause["usd"] for cause in document["causes"]))


@pytest.mark.parametrize("name", ["orders|x", "<b>orders</b>", "[orders](http://x)"])
def test_nothing_of_a_document_is_markup_in_markdown(two, name):
    other = copy.deepcopy(two[1])
    other["platforms"][0]["title"] = name
    text = markdown(read(two[0], other))
    assert name not in text


# -------------------------------------------------------------------------------------------------------------- gates


def test_a_gate_names_the_bill_and_what_it_is_held_against():
    with pytest.raises(GateClosed, match=r"^P costs 1,200 USD a month, 200 above the budget of 1,000$"):
        check_budget("P", 1200.0, 1000.0)
    with pytest.raises(GateClosed, match=r"^P costs 1,200 USD a month, 20\.0% more than 1,000; at most 10\.0% more"):
        check_growth("P", 1000.0, 1200.0, 0.1)
    check_budget("P", 1000.0, 1000.0)
    check_growth("P", 1000.0, 1100.0, 0.1)
    check_growth("P", 1000.0, 900.0, 0.0)


@pytest.fixture
def run(call, tmp_path, monkeypatch):
    """Runs the command line in a folder with two workloads; returns status, output and errors."""
    monkeypatch.chdir(tmp_path)
    base = {"name": "orders", "write": "10 MB/s", "message": "1 KiB", "fan_out": 2, "peak_ratio": 1}
    for file, retention in (("old.yaml", "24 h"), ("new.yaml", "48 h")):
        (tmp_path / file).write_text(yaml.safe_dump({**base, "retention": retention}), encoding="utf-8")
    return call


def test_diff_in_a_pipeline(run):
    of = ("diff", "old.yaml", "new.yaml", "--platform", METERED)
    status, out, err = run(*of, "--bare")
    assert (status, err) == (0, "") and float(out) > 0
    bill = float(out)
    status, out, err = run(*of, "--bare", "--budget", str(bill - 1))
    assert status == 4 and float(out) == bill and "above the budget" in err
    status, _, err = run(*of, "--json", "--fail-above", "1%")
    assert status == 4 and "at most 1.0% more is allowed" in err
    assert run(*of, "--fail-above", "900%", "--budget", "1e9")[0] == 0
    status, out, _ = run("compare", "new.yaml", "--platform", METERED, "--bare", "--budget", str(bill - 1))
    assert status == 4 and float(out) == bill
    status, out, _ = run(*of, "--format", "md")
    assert status == 0 and "| retention | 1 d | 2 d |" in out


def test_contradictions_are_said_with_the_file_that_they_are_in(run, tmp_path):
    text = (tmp_path / "new.yaml").read_text(encoding="utf-8") + "topics: 40\npartitions: 10\n"
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    _, _, err = run("diff", "old.yaml", "new.yaml", "--platform", METERED, "--bare")
    assert err.startswith("streamplan: note: new.yaml: partitions 10 are fewer than topics 40")


def test_diff_of_results_and_prices_on_the_command_line(run, tmp_path):
    for name in ("old", "new"):
        _, out, _ = run("compare", f"{name}.yaml", "--platform", METERED, "--json")
        (tmp_path / f"{name}.json").write_text(out, encoding="utf-8")
    _, out, _ = run("diff", "old.json", "new.json", "--json")
    workloads = json.loads(run("diff", "old.yaml", "new.yaml", "--platform", METERED, "--json")[1])
    (cause,), (expected,) = json.loads(out)["causes"], workloads["causes"]
    assert cause == {**expected, "usd": pytest.approx(expected["usd"], abs=0.005)}
    status, out, _ = run("diff", "old.json", "new.yaml", "--platform", METERED, "--bare")
    assert status == 0 and float(out) == pytest.approx(workloads["monthly_usd"]["new"], abs=0.005)
    folder = tmp_path / "day"
    folder.mkdir()
    meter = "aws.msk.serverless-cluster"
    shipped = PriceBook.load().price(meter, "", "us-east-1")
    row = f"{meter},,us-east-1,{shipped.unit},{shipped.price * 1.1},2026-11-02,list\n"
    (folder / "aws.csv").write_text(HEADER + row, encoding="utf-8")
    _, out, _ = run("diff", "old.yaml", "--prices", "shipped", "day", "--platform", METERED, "--json")
    document = json.loads(out)
    line = next(line for line in document["lines"] if line["old"]["meter"] == meter)
    assert document["monthly_usd"]["difference"] == pytest.approx(0.1 * line["old"]["usd"])
    assert [cause["cause"] for cause in document["causes"]] == [PRICE]


def test_an_offer_that_could_not_be_sized_is_told_by_the_status(run, tmp_path):
    _, out, _ = run("compare", "old.yaml", "--platform", METERED, "--platform", "msk-standard", "--json")
    (tmp_path / "old.json").write_text(out, encoding="utf-8")
    document = json.loads(out)
    row = document["platforms"][-1]
    row |= {"status": "failed", "monthly_usd": None, "reason": "KeyError: x", "lines": []}
    (tmp_path / "new.json").write_text(json.dumps(document), encoding="utf-8")
    status, out, err = run("diff", "old.json", "new.json")
    assert status == 4 and f"{row['platform']}: KeyError: x" in err and row["title"] in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["old.yaml"], "two workloads or results, or one with --prices"),
        (["old.yaml", "none.yaml"], "no such file"),
        (["old.yaml", "table.csv"], "a workload (YAML"),
        (["old.yaml", "other.json"], "a workload (YAML"),
        (["old.yaml", "new.yaml", "--platform", "msk-standart"], "msk-standard"),
        (["old.yaml", "new.yaml", "--fail-above", "ten"], "a share of the old bill"),
        (["old.yaml", "new.yaml", "--bare", "--json"], "either it or --bare"),
        (["old.yaml", "new.yaml", "--bare", "--top", "3"], "either it or --bare, which gives no table"),
        (["old.yaml", "new.yaml", "--budget", "-5"], "USD a month, above 0"),
        (["old.yaml", "--prices", "shipped", "none.csv"], "no such file"),
        (["old.yaml", "--prices", "shipped", "empty"], "that one has none"),
    ],
)
def test_diff_refuses_what_it_cannot_read(run, tmp_path, arguments, said):
    (tmp_path / "table.csv").write_text(HEADER, encoding="utf-8")
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "empty").mkdir()
    status, out, err = run("diff", *arguments)
    assert (status, out) == (2, "") and said in err


def test_a_workload_in_braces_is_a_workload(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("{write: 1 MB/s, message: 1 KiB}", encoding="utf-8")
    assert isinstance(open_given(str(path)), Workload)


def test_dated_prices_are_taken_as_shipped_ones(tmp_path):
    """Discounts that a cloud takes off by itself and contract discounts come off; one's own rows stay as they are."""
    shipped = PriceBook.load().price("gcp.gce.instance", "n2-standard-8", "us-central1")
    path = tmp_path / "day.csv"
    row = "gcp.gce.instance,n2-standard-8,us-central1,instance-hour,1.0,2026-11-02,list\n"
    path.write_text(HEADER + row, encoding="utf-8")
    own = tmp_path / "own.csv"
    own.write_text(HEADER + row, encoding="utf-8")
    key = ("gcp.gce.instance", "n2-standard-8", "us-central1")
    assert shipped.unit == "instance-hour"
    assert dated_book(path).price(*key).price == pytest.approx(0.8)
    assert dated_book(path, "gcp=50%").price(*key).price == pytest.approx(0.4)
    assert dated_book("shipped", own, "gcp=50%").price(*key).price == open_book(own).price(*key).price == 1.0
