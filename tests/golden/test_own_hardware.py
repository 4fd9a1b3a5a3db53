"""Own hardware: how many of one's servers, and what they cost."""

import json
import math

import numpy as np
import pytest

from capacity import Servers, Workload, find_offer, offers, offers_for, size
from capacity.demand.draws import draw_demand
from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan import compare
from streamplan.cli import main
from streamplan.planning.plan import plan
from streamplan.views.theme import colour_of, platform_colours

OWN = "kafka-own-hardware"
MACHINE = {"vcpu": 16, "memory": "64 GB", "network": "10 Gbit/s", "disks": {"size": "56 TB"}}
LOAD = {
    "messages": "1 billion records/day", "message": "50 KB", "peak_ratio": 5.2, "replication_factor": 2, "zones": 1,
    "survive": "broker", "retention": "3 d", "partitions": 500,
}  # fmt: skip


def needed(sizing):
    return {(c.name, c.state): float(c.needed()) for c in sizing.constraints}


def whole(pieces, units):
    """Units with whole pieces: no more on one than undivided pieces would fit."""
    return pieces / math.floor(pieces / units)


def test_how_many_servers_by_hand():
    """1e9 records a day of 50 KB are 578.7 MB/s, 3.009 GB/s at peak.

    Network: out to a consumer and a follower 6.019 GB/s, in the same, of 1.25 GB/s a server used to 0.8: 6.02, and 7.02
    with one lost. Disks: 578.7 MB/s x 3 d x 2 copies = 300 TB of 56 TB used to 0.85: 6.30. So seven or eight for bytes;
    CPU asks for more with TLS. Headers of batches add a few tenths of a per cent, so that a server leads 82 of the 500
    partitions and not 83: 500 / 82 = 6.10.
    """
    sizing = size(Workload(**LOAD, servers=MACHINE, tls=False), OWN, machine="own server")
    bytes_s = float(sizing.demand.wire_bytes_s)
    assert bytes_s == pytest.approx(1e9 * 50e3 / 86400, rel=0.003)
    by = needed(sizing)
    assert by["network out", "normal"] == pytest.approx(500 / 82)
    assert by["network out", "broker down"] == pytest.approx(500 / 82 + 1)
    assert by["disk space", "normal"] == pytest.approx(whole(1000, bytes_s * 3 * 86400 * 2 / 56e12 / 0.85))
    assert float(sizing.units) == np.ceil(max(by.values()) - 1e-9) >= 8
    secured = size(Workload(**LOAD, servers=MACHINE), OWN, machine="own server")
    assert float(secured.units) > float(sizing.units)


def test_servers_at_hand_are_a_wall():
    few = size(Workload(**LOAD, servers={**MACHINE, "count": 5}), OWN, machine="own server")
    assert not np.all(few.feasible)
    assert "servers at hand" in few.violations[0]
    many = size(Workload(**LOAD, servers={**MACHINE, "count": 500}), OWN, machine="own server")
    assert np.all(many.feasible)
    assert float(many.units) == float(few.units)


def test_price_a_month_is_the_users():
    w = Workload(**LOAD, servers={**MACHINE, "price": "900 USD/month"})
    found = plan(w, OWN)
    assert found.monthly_usd == pytest.approx(float(found.sizing.units) * 900)
    yearly = plan(w.replace(servers={**MACHINE, "price": "$10,800 a year"}), OWN)
    assert yearly.monthly_usd == pytest.approx(found.monthly_usd)
    three = plan(w, OWN, options={"controller_servers": 3})
    assert three.monthly_usd == pytest.approx(found.monthly_usd + 2700)


def test_without_a_price_it_is_sized_and_the_bill_says_so(tmp_path):
    found = plan(Workload(**LOAD, servers=MACHINE), OWN)
    assert found.feasible
    assert found.monthly_usd is None
    assert "no price for own.server" in found.reason
    own = tmp_path / "own.csv"
    own.write_text("meter,region,unit,price,as_of,source\nown.server,any,server-month,700,2026-11,invoice\n")
    priced = plan(Workload(**LOAD, servers={**MACHINE, "price": "900 USD/month"}), OWN, PriceBook.load(own))
    assert priced.monthly_usd == pytest.approx(float(priced.sizing.units) * 700)  # a price book goes before


def test_disks_that_are_slow_ask_for_more_servers():
    """Both copies of 3.009 GB/s are written: 6.02 GB/s of 14 x 20 MB/s used to 0.8 are 26.9 servers."""
    slow = {**MACHINE, "disks": {"count": 14, "size": "4 TB", "throughput": "20 MB/s"}}
    sizing = size(Workload(**LOAD, servers=slow), OWN, machine="own server")
    bytes_s = float(sizing.demand.wire_bytes_s)
    undivided = 5.2 * bytes_s * 2 / (14 * 20e6 * 0.8)
    assert undivided == pytest.approx(26.9, abs=0.1)
    # 37 of 1,000 replicas on one, not 37.1
    assert needed(sizing)["disk write", "normal"] == pytest.approx(whole(1000, undivided)) == pytest.approx(1000 / 37)
    assert any(part.name == "time to rebuild a broker" for part in sizing.parts)
    unsaid = size(Workload(**LOAD, servers=MACHINE), OWN, machine="own server")
    assert not any(c.name.startswith("disk ") and c.unit == "bytes/s" for c in unsaid.constraints)
    assert any("servers.disks.throughput" in note for note in unsaid.assumed)


def test_more_of_a_machine_is_never_more_machines():
    def count(**more):
        return float(size(Workload(**LOAD, servers={**MACHINE, **more}), OWN, machine="own server").units)

    base = count()
    assert count(vcpu=64) <= base
    assert count(memory="512 GB") <= base
    assert count(network="25 Gbit/s") <= base
    assert count(disks={"size": "100 TB"}) <= base
    assert count(vcpu=4) >= base


def test_it_is_an_offer_where_the_machine_is_described():
    assert find_offer(OWN).needs == ("servers",)
    assert OWN not in offers()
    assert OWN not in offers_for(Workload(**LOAD))
    with pytest.raises(InputError, match=r"servers: 'not given'.*vcpu: 16"):
        size(Workload(**LOAD), OWN)
    w = Workload(**LOAD, servers={**MACHINE, "price": "900 USD/month"})
    assert list(offers_for(w)) == sorted([*offers(), OWN], key=list(offers_for(w)).index)
    table = compare(w, only=[OWN, "kafka-ec2-ebs"])
    row = table.set_index("platform").loc[OWN]
    assert row["status"] == "feasible"
    assert colour_of(OWN) not in platform_colours().values()
    assert row["monthly_usd"] == pytest.approx(plan(w, OWN).monthly_usd)


def test_servers_of_a_file_and_of_draws(tmp_path, capsys):
    (tmp_path / "servers.yaml").write_text(json.dumps({**MACHINE, "price": "900 USD/month"}))
    file = tmp_path / "w.yaml"
    file.write_text(json.dumps({**LOAD, "servers": "servers.yaml"}))
    assert Workload.load(file).servers == Servers(**MACHINE, price="900 USD/month")
    main(["size", str(file), "--platform", OWN, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["bill"]["total"] == pytest.approx(found["units"] * 900)
    w = Workload(**{**LOAD, "message": {"low": "10 KB", "high": "90 KB"}}, servers=MACHINE)
    units = size(draw_demand(w, 16), OWN).units
    assert units.shape == (1, 16)
    assert float(units.max()) > float(units.min())


@pytest.mark.parametrize(
    ("servers", "field", "allowed"),
    [
        ({}, "servers", "beside it"),
        ({**MACHINE, "cpus": 3}, "servers", "vcpu"),
        ({**MACHINE, "vcpu": 0}, "servers.vcpu", "from 1"),
        ({**MACHINE, "memory": 64}, "servers.memory", "the unit is missing"),
        ({**MACHINE, "memory": {"low": "32 GB", "high": "64 GB"}}, "servers.memory", "one figure"),
        ({**MACHINE, "network": "10 GB"}, "servers.network", "a byte rate"),
        ({**MACHINE, "disks": {"sise": "4 TB"}}, "servers.disks", "size"),
        ({**MACHINE, "disks": {"count": 14, "size": "4 TB", "throughput": "100"}}, "servers.disks.throughput", "rate"),
        ({**MACHINE, "price": 900}, "servers.price", "USD a month"),
        ({**MACHINE, "price": "900 EUR/month"}, "servers.price", "USD a month"),
        ({**MACHINE, "price": "900 USD"}, "servers.price", "USD a month"),
        ({**MACHINE, "count": -1}, "servers.count", "from 1"),
    ],
)
def test_bad_servers(servers, field, allowed):
    with pytest.raises(InputError) as caught:
        Workload(**LOAD, servers=servers)
    assert caught.value.field == field
    assert allowed in str(caught.value)


def test_a_server_must_hold_a_heap():
    with pytest.raises(InputError, match=r"servers\.memory"):
        size(Workload(**LOAD, servers={**MACHINE, "memory": "4 GB"}), OWN)
