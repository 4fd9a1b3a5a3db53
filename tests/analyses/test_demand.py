"""The demand path: its table, its document, its command and its figure."""

from __future__ import annotations

import json

import numpy as np
import pytest

from capacity import Demand, Workload
from streamfacts.errors import InputError
from streamplan.analyses.demand.demand import QUANTITIES, demand_path
from streamplan.charts import demand_by_month
from streamplan.cli import main
from streamplan.planning.shipped_workloads import open_workload

GROWING = Workload(
    write={"low": "50 MB/s", "likely": "100 MB/s", "high": "200 MB/s"},
    message="1 KiB",
    fan_out=3,
    retention="2 d",
    growth={"yearly": {"low": 0.1, "likely": 0.3, "high": 0.6}},
)


@pytest.fixture(scope="module")
def path():
    return demand_path(GROWING, months=13, draws=2048)


def test_likely_path_and_percentiles_of_the_draws(path):
    likely, bands = path.of("written")
    assert likely[[0, 12]] == pytest.approx([100e6, 130e6])
    assert bands[:, 0] == pytest.approx([50e6, 100e6, 200e6], rel=0.01)
    assert bands[1, 12] == pytest.approx(130e6, rel=0.02) and np.all(np.diff(bands, axis=0) > 0)


def test_what_is_read_and_held_follows(path):
    wire = path.of("on_the_wire")[0]
    assert path.of("read")[0] == pytest.approx(3 * wire)
    assert path.of("retained")[0] == pytest.approx(3 * 2 * 86400 * wire)


def test_table_has_a_row_a_quantity_and_month(path):
    table = path.table
    assert len(table) == 13 * len(QUANTITIES) and not table.isna().any().any()
    assert (table["p10"] <= table["p50"]).all() and (table["p50"] <= table["p90"]).all()


def test_first_month_is_the_demand_as_written(path):
    assert path.of("written")[0][0] == pytest.approx(float(Demand.of(GROWING).payload_bytes_s))


def test_unknown_quantity(path):
    with pytest.raises(InputError, match=r"quantity: 'writen'.*written"):
        path.of("writen")


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "orders.yaml"
    file.write_text("write: 10 MB/s\nmessage: 1 KiB\ngrowth: {yearly: 100%}\n", encoding="utf-8")
    return str(file)


def test_command_prints_one_document(file, capsys):
    main(["demand", file, "--months", "13", "--draws", "8", "--json"])
    document = json.loads(capsys.readouterr().out)
    written = [row["likely"] for row in document["by_month"] if row["quantity"] == "written"]
    assert written[0] == 10e6 and written[12] == pytest.approx(20e6) and len(written) == 13


def test_command_prints_a_table(file, capsys):
    main(["demand", file, "--months", "13", "--draws", "8"])
    out = capsys.readouterr().out
    assert "20 MB/s" in out and "demand by month" in out


@pytest.mark.parametrize("months", ["0", "61"])
def test_unusable_horizon(file, months, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["demand", file, "--months", months])
    assert stop.value.code == 2 and "a whole number from 1 to 60" in capsys.readouterr().err


def test_growth_in_place_of_the_file(file):
    assert open_workload(file, None, {"yearly": 0.5}).growth.yearly.likely == 0.5
    assert open_workload(file, None, {}).growth.yearly.likely == 1.0


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_figure(path, quantity):
    spec = demand_by_month(path, quantity).to_dict()
    text = json.dumps(spec)
    assert QUANTITIES[quantity][1] in text and "growth.yearly" in text
    data = next(rows for rows in spec["datasets"].values() if "p10" in rows[0])
    assert [row["month"] for row in data] == list(range(1, 14)) and all(row["p90"] >= row["p10"] >= 0 for row in data)
