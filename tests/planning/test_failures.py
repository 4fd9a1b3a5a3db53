"""An offer that raises where it is sized: a row with its reason, and an exit status of its own."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import capacity.registry
from capacity import Workload, known_offers
from streamfacts.errors import InputError, MissingFact, OfferFailed
from streamplan.analyses.choose.choose import choose
from streamplan.analyses.compare.words import study_document
from streamplan.analyses.decide import decide
from streamplan.analyses.risk.risk import risk
from streamplan.cli import cli, main
from streamplan.planning.failures import FAILED
from streamplan.planning.study import study

W = Workload(name="small", write="5 MB/s", message="1 KiB", fan_out=2, retention="24 h")
ONLY = ["msk-serverless", "msk-express", "kinesis-provisioned"]
BROKEN = "msk-express"


def breaks(monkeypatch, error, name=BROKEN, over=0.0):
    """Let the model of an offer raise, where it is asked for more than a rate [byte/s]."""
    known = dict(known_offers())
    sound = known[name].model

    def model(context):
        if np.max(context.demand.wire_bytes_s) > over:
            raise error
        return sound(context)

    known[name] = replace(known[name], model=model)
    for door in ("known_offers", "offers"):
        monkeypatch.setattr(capacity.registry, door, lambda: known)


@pytest.fixture
def workload(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text("name: small\nwrite: 5 MB/s\nmessage: 1 KiB\nfan_out: 2\nretention: 24 h\n")
    return str(path)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ZeroDivisionError("float division by zero"), "ZeroDivisionError: float division by zero"),
        (KeyError("limit"), "KeyError: 'limit'"),
        (ValueError(), "ValueError"),
        (MissingFact("0 rows for limit 'brokers' of 'msk-express'"), "0 rows for limit 'brokers' of 'msk-express'"),
        (InputError("tier", "basic", "one that is sold"), "tier: 'basic' is not usable; allowed: one that is sold"),
    ],
)
def test_a_failed_offer_is_a_row_and_the_others_are_as_they_were(monkeypatch, error, reason):
    sound = {row["platform"]: row for row in study(W, only=ONLY).rows}
    breaks(monkeypatch, error)
    found = study(W, only=ONLY)
    *others, last = found.rows
    assert (last["platform"], last["status"], last["reason"]) == (BROKEN, FAILED, reason)
    assert last["monthly_usd"] is None and last["title"] == "MSK Express"
    assert others == [sound[row["platform"]] for row in others] and len(others) == 2
    assert found.table["status"].tolist()[-1] == FAILED
    assert study_document(found)["platforms"][-1]["status"] == FAILED


def test_a_failed_offer_of_a_study_of_risk(monkeypatch):
    sound = risk(W, ONLY, months=2, draws=16).table.set_index("platform")
    breaks(monkeypatch, RuntimeError("no such tier"))
    found = risk(W, ONLY, months=2, draws=16)
    table = found.table.set_index("platform")
    assert table.index[-1] == BROKEN and table.loc[BROKEN, "reason"] == "RuntimeError: no such tier"
    assert table.loc[BROKEN, "status"] == FAILED and np.isnan(table.loc[BROKEN, "p50_usd"])
    others = [name for name in ONLY if name != BROKEN]
    assert table.loc[others, "p50_usd"].tolist() == sound.loc[others, "p50_usd"].tolist()
    assert table["cheapest_in"].sum() == 1.0
    assert set(found.by_month["platform"]) == set(others)


@pytest.mark.parametrize("draws", [64, 1024])  # in this process, and over the cores in children
def test_an_offer_that_fails_under_some_draws_alone(monkeypatch, draws):
    wide = W.replace(write={"low": "5 MB/s", "likely": "6 MB/s", "high": "50 MB/s"})
    breaks(monkeypatch, OverflowError("past the last tier"), over=8e6)
    found = risk(wide, ONLY, months=12, draws=draws)
    assert [f.offer.name for f in found.failed] == [BROKEN]
    assert found.failed[0].reason == "OverflowError: past the last tier"
    assert [o.plan.offer.name for o in found.offers] == [name for name in ONLY if name != BROKEN]


def test_other_analyses_go_on_without_it(monkeypatch):
    breaks(monkeypatch, RuntimeError("no such tier"))
    chosen = choose(W, ONLY, months=2, draws=16)
    assert chosen.left_out[BROKEN] == "could not be sized: RuntimeError: no such tier"
    assert chosen.something_fits and [f.offer.name for f in chosen.failed] == [BROKEN]
    decision = decide(W, only=ONLY, months=2, draws=16)
    gone = {g.offer.name: g.reasons for g in decision.excluded}
    assert gone[BROKEN] == (("could not be sized: RuntimeError: no such tier", ""),) and decision.ranked


def test_what_is_asked_wrongly_is_still_bad_input(monkeypatch):
    with pytest.raises(InputError, match="hours_per_month"):
        study(W, only=ONLY, hours_per_month=1000)
    with pytest.raises(InputError, match="option write_quorum"):  # of one offer, and told by the user
        study(W, only=["pulsar-ec2-ebs", *ONLY], options={"write_quorum": 5, "ensemble": 3})
    breaks(monkeypatch, MissingFact("no machine table"))
    with pytest.raises(MissingFact):  # none of those asked for has an answer
        study(W, only=[BROKEN])


def test_where_all_fail_there_is_no_lead(monkeypatch):
    breaks(monkeypatch, RuntimeError("no such tier"))
    found = study(W, only=[BROKEN])
    assert found.plans == () and found.cheapest is None
    with pytest.raises(OfferFailed, match=r"msk-express: RuntimeError: no such tier"):
        _ = found.lead
    with pytest.raises(OfferFailed, match="msk-express"):
        _ = risk(W, [BROKEN], months=1, draws=8).lead


@pytest.mark.parametrize("command", [["compare"], ["risk", "--months", "1", "--draws", "16"]])
@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_shows_the_others_and_ends_with_a_status_of_its_own(
    monkeypatch, capsys, workload, command, as_json
):
    breaks(monkeypatch, RuntimeError("no such tier"))
    arguments = [*command, workload, *(x for name in ONLY for x in ("--platform", name))]
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--json"] if as_json else arguments)
    assert stop.value.code == 4
    said = capsys.readouterr()
    assert said.err == (
        "streamplan: an offer could not be sized; the others are shown\n  msk-express: RuntimeError: no such tier\n"
    )
    if as_json:
        rows = {row["platform"]: row for row in json.loads(said.out)["platforms"]}
        assert rows[BROKEN]["status"] == FAILED and rows["msk-serverless"]["status"] == "feasible"
    else:
        assert "MSK Serverless" in said.out and (FAILED in said.out or "  1 that do not fit" in said.out)


def test_a_failure_comes_before_nothing_feasible(monkeypatch, capsys, workload):
    breaks(monkeypatch, RuntimeError("no such tier"))
    with pytest.raises(SystemExit) as stop:
        main(["compare", workload, "--platform", BROKEN])
    assert stop.value.code == 4 and "no such tier" in capsys.readouterr().out


def test_reports_of_a_portfolio_show_the_others(monkeypatch, capsys, tmp_path):
    breaks(monkeypatch, RuntimeError("no such tier"))
    portfolio = tmp_path / "portfolio.csv"
    portfolio.write_text(
        "name,team,write,message,retention,platforms\norders,shop,5 MB/s,1 KiB,24 h,msk-serverless;msk-express\n"
    )
    with pytest.raises(SystemExit) as stop:
        main(["batch", str(portfolio), "--out", str(tmp_path / "out"), "--format", "html", "--json", "--jobs", "1"])
    assert stop.value.code == 4
    said = capsys.readouterr()
    (first,) = json.loads(said.out)["reports"]
    assert first["failed_offers"] == {BROKEN: "RuntimeError: no such tier"}
    assert first["platform"] == "msk-serverless" and first["monthly_usd"] > 0
    assert "msk-express: RuntimeError: no such tier" in said.err
    assert "RuntimeError: no such tier" in (tmp_path / "out" / first["files"]["html"]).read_text()


@pytest.mark.parametrize("arguments", [[], ["compare"], ["batch"]])
def test_the_status_is_in_the_help(arguments):
    said = " ".join(CliRunner().invoke(cli, [*arguments, "--help"]).output.split())
    assert "could not be sized" in said and "xit status" in said and " 4" in said
