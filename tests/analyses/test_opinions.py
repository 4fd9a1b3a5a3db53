"""Second opinions: ours and published rules side by side; the reasons multiply to the difference."""

import json
from math import prod

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from capacity import Workload
from capacity.rules import rules
from streamfacts.errors import InputError, NothingFeasible
from streamplan.analyses.opinions.opinions import OURS, second_opinions
from streamplan.cli.commands.second_opinions import command
from streamplan.planning.shipped_workloads import open_workload


def example(rate="100 MiB/s", **more):
    return Workload(
        **{
            "write": rate,
            "measured_at": "broker",
            "message": "1 KiB",
            "fan_out": 3,
            "retention": "24 h",
            "peak_ratio": 1,
            **more,
        }
    )


@pytest.fixture(scope="module")
def opinions():
    return second_opinions(example())


def test_the_published_spread(opinions):
    """The rules give 6 to 114 vCPU for the same 100 MiB/s, as far apart as their authors' own figures."""
    assert opinions.spread == (6.0, 114.0)
    assert "6 to 114 vCPU" in opinions.summary and "a factor of 19.0" in opinions.summary
    said = {v.name: v.terms.vcpu for v in opinions.rules}
    assert (said["redpanda"], said["netflix"], said["akalculator"], said["red-hat"]) == (6, 114, 20, 40)


def test_every_rule_and_every_plan_of_ours_is_there(opinions):
    assert {v.name for v in opinions.rules} == set(rules())
    assert [v.name for v in opinions.views if v.ours] == list(OURS)
    table = opinions.table
    assert table["ours"].tolist() == sorted(table["ours"], reverse=True)
    stated = table.loc[~table["ours"], "vcpu"].dropna()
    assert stated.is_monotonic_increasing and len(stated) < len(rules())  # and some state none


def test_what_is_not_stated_stays_so(opinions):
    views = {v.name: v for v in opinions.views}
    assert views["alibaba"].terms.vcpu is None and views["confluent-ecku"].terms.disk_bytes is None
    assert views["instaclustr"].terms.units is None and views["instaclustr"].states
    document = {v["name"]: v for v in opinions.document()["views"]}
    assert document["alibaba"]["vcpu"] is None and document["alibaba"]["units"] == 5


def test_a_rule_about_machines_is_applied_to_ours_where_it_knows_it(opinions):
    plans = {p.offer.name: p for p in opinions.plans}
    views = {v.name: v for v in opinions.views}
    assert plans["msk-standard"].configuration in views["msk-sizing-standard"].what
    assert plans["msk-express"].configuration in views["msk-sizing-express"].what
    for v in opinions.rules:
        if v.terms.vcpu is not None:
            assert v.vcpu_low <= v.terms.vcpu <= v.vcpu_high


@given(
    rate=st.floats(5.0, 400.0),
    peak=st.floats(1.0, 3.0),
    fan_out=st.sampled_from([0.5, 1, 3, 8]),
    hours=st.sampled_from([6, 24, 96]),
)
def test_the_reasons_multiply_to_the_difference(rate, peak, fan_out, hours):
    w = example(f"{rate:.3f} MB/s", peak_ratio=peak, fan_out=fan_out, retention=f"{hours} h")
    found = second_opinions(w, platforms=["msk-standard", "kafka-ec2-ebs"])
    assert found.why
    for d in found.why:
        assert prod(f.ratio for f in d.factors) == pytest.approx(d.ratio), d.rule
        assert all(np.isfinite(f.ratio) and f.ratio > 0 for f in d.factors)


def test_reasons_state_the_terms_of_the_rules(opinions):
    why = {(d.rule, d.quantity): d for d in opinions.why}
    text = " ".join(why["akalculator", "disk"].sentences)
    assert "fills disks to 50%, ours to 85%" in text
    factors = {f.name: f for f in why["akalculator", "vCPU"].factors}
    assert "a vCPU carries 5.24 MB/s" in factors["bytes per vCPU"].sentence  # 5 MiB/s
    assert factors["headroom"].sentence.startswith("it fills that to 100%")
    google = {f.name: f for f in why["google-managed-kafka", "vCPU"].factors}
    assert "a vCPU carries 20 MB/s" in google["bytes per vCPU"].sentence
    assert "counts 4.25 for each byte" in google["what is counted"].sentence
    assert why["netflix", "disk"].ratio > 1.5
    netflix = {f.name: f for f in why["netflix", "vCPU"].factors}
    assert "'disk space' decides" in netflix["other needs, rounding"].sentence
    redpanda = {f.name: f for f in why["redpanda", "vCPU"].factors}
    assert "a vCPU carries 100 MB/s" in redpanda["bytes per vCPU"].sentence


def test_peak_and_average_are_a_reason(opinions):
    peaky = second_opinions(example(peak_ratio=2), ["cruise-control"], ["kafka-ec2-ebs"])
    factors = {f.name: f for d in peaky.why if d.quantity == "vCPU" for f in d.factors}
    assert factors["peak or average"].ratio == pytest.approx(0.5)
    assert factors["peak or average"].sentence == "it takes the average, ours takes the peak"


def test_outside_its_range_a_rule_says_so():
    found = second_opinions(example("3 GiB/s"), ["confluent-ecku", "automq"], ["msk-standard"])
    warned = {v.name: v.warnings for v in found.rules}
    assert any("PrivateLink" in w for w in warned["confluent-ecku"]) and warned["automq"]


def test_names_that_are_not_known():
    with pytest.raises(InputError, match=r"rule.*netflx.*netflix"):
        second_opinions(example(), ["netflx"])
    with pytest.raises(InputError, match=r"platform.*msk-standrd"):
        second_opinions(example(), platforms=["msk-standrd"])


def test_none_of_ours_fits():
    with pytest.raises(NothingFeasible, match="msk-serverless"):
        second_opinions(example(max_message="900 MB"), platforms=["msk-serverless"])


def test_command_prints_one_document_and_the_same_figures(opinions):
    done = CliRunner().invoke(
        command, ["example-100mib", "--json", "--rule", "redpanda", "--rule", "google-managed-kafka"]
    )
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    assert {v["name"] for v in document["views"] if not v["ours"]} == {"redpanda", "google-managed-kafka"}
    direct = second_opinions(open_workload("example-100mib"), ["redpanda", "google-managed-kafka"])
    assert document["spread_vcpu"] == {"low": direct.spread[0], "high": direct.spread[1]}
    assert [d["ratio"] for d in document["why"]] == pytest.approx([d.ratio for d in direct.why])


def test_command_tells_why_in_words():
    done = CliRunner().invoke(command, ["example-100mib", "--rule", "akalculator", "--platform", "msk-standard"])
    assert done.exit_code == 0 and "AKalculator" in done.output and "it fills disks to 50%" in done.output


def test_charts_hold_every_rule_with_vcpu(opinions):
    from streamplan.charts import vcpu_by_rule, vcpu_terms

    for chart in (vcpu_by_rule(opinions), vcpu_terms(opinions)):
        text = json.dumps(chart.to_dict())
        for v in opinions.rules:
            assert (v.title in text) == (v.terms.vcpu is not None), v.title
