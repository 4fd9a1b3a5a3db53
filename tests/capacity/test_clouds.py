"""A cloud is a row of `data/clouds.csv`: the three that are there, and one that a stranger adds with its tables."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from capacity.clouds.cloud import clouds, find_cloud
from capacity.clouds.volumes import LAWS, read_volume
from streamfacts.errors import InputError, MissingFact
from streamfacts.tables import data_dir, read_rows

SOURCE = "https://stromwerk.example/"
#: Machines, a disk that grows with its size, prices and meters of a made-up cloud, whose transfer is billed twice.
TABLES = {
    "machines/stromwerk_vm.csv": (
        "machine,family,architecture,vcpu,memory_gib,network_baseline_gbps,volume_mb_s,volume_iops,source,as_of,confidence\n"
        f"s4,s,x86_64,4,32,10,400,20000,{SOURCE}vm,2026-11,high\n"
    ),
    "machines/stromwerk_disks.csv": (
        "volume,max_size_gib,min_size_gib,baseline_mib_s,max_mib_s,mib_s_per_gib,baseline_iops,max_iops,iops_per_gib,"
        f"source,as_of,confidence\nblock,16384,10,100,1000,0.5,3000,50000,20,{SOURCE}disks,2026-11,high\n"
    ),
    "meters/stromwerk.csv": (
        "meter,unit,category,title,listed_unit,path,seller,source,as_of\n"
        f"stromwerk.vm,instance-hour,compute,Machine,hour,none,stromwerk,{SOURCE}prices,2026-11\n"
        f"stromwerk.disk,GiB-month,storage,Disk,GiB-month,none,stromwerk,{SOURCE}prices,2026-11\n"
        f"stromwerk.zone,GiB,network,Between zones,GiB,between_zones,stromwerk,{SOURCE}prices,2026-11\n"
        f"stromwerk.region,GiB,network,To another region,GiB,cross_region,stromwerk,{SOURCE}prices,2026-11\n"
    ),
    "prices/stromwerk.csv": (
        "meter,sku,region,unit,price,currency,tier_from,tier_to,as_of,source,confidence,note\n"
        f"stromwerk.vm,s4,north,instance-hour,0.2,USD,0,,2026-11,{SOURCE}prices,high,\n"
        f"stromwerk.disk,block,north,GiB-month,0.1,USD,0,,2026-11,{SOURCE}prices,high,\n"
        f"stromwerk.zone,,north,GiB,0.01,USD,0,,2026-11,{SOURCE}prices,high,\n"
        f"stromwerk.region,,north,GiB,0.02,USD,0,,2026-11,{SOURCE}prices,high,\n"
    ),
}
#: Rows at the end of tables that are there, by the columns that are not blank.
ROWS = {
    "clouds.csv": {
        **{"cloud": "stromwerk", "name": "Stromwerk", "title": "Stromwerk", "machines": "stromwerk_vm"},
        **{"network": "network_baseline_gbps", "volume_rate": "volume_mb_s", "volume_operations": "volume_iops"},
        **{"worker_machine": "s4", "instance_meter": "stromwerk.vm", "volumes": "stromwerk_disks", "volume": "block"},
        **{"volume_law": "grows-with-size", "size_meter": "stromwerk.disk", "object_store": "Store"},
        **{"zone_meter": "stromwerk.zone", "zone_ways": "2", "region_meter": "stromwerk.region"},
        **{"pricing_page": f"{SOURCE}prices", "confidence": "high"},
    },
    "regions.csv": {"region": "north", "provider": "stromwerk", "area": "", "main": "yes"},
    "vendors.csv": {"vendor": "stromwerk", "seller": "Stromwerk", "cloud": "stromwerk"},
}
SCRIPT = """
import json
from capacity import Demand, Workload
from capacity.clouds.cloud import find_cloud
from capacity.sizing.machines import known_machines
from capacity.systems.kafka import kafka_offer
from capacity.registry import known_offers, size
from pricing import PriceBook, bill
offer = kafka_offer("kafka-stromwerk", "Kafka on Stromwerk", find_cloud("stromwerk"), "s4", local=False, tiered=False)
known_offers()[offer.name] = offer
w = Workload(write="60 MB/s", message="1 kB", fan_out=1, retention="2 d", region="north", measured_at="broker")
s = size(w, offer.name, machine="s4")
cost = bill(s.usage, PriceBook.load(), "north")
paths = Demand.of(w).paths(follower_fetch=False)
print(json.dumps({
    "quantity": {line.meter: float(line.quantity) for line in s.usage if line.sku != "s4" or line.counts},
    "crossing": float(paths.clients_cross_zone + paths.replicate_cross_zone),
    "units": float(s.units), "total": float(cost.total), "vcpu": known_machines()["s4"].vcpu,
    "controllers": 3 * 730, "local": find_cloud("stromwerk").machines()["local_disk_gb"].tolist(),
}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What self-managed Kafka on the made-up cloud takes, in a folder of tables that points to the others."""
    folder = tmp_path_factory.mktemp("data")
    for path in data_dir().iterdir():
        if path.is_dir():
            (folder / path.name).mkdir()
            for file in path.iterdir():
                (folder / path.name / file.name).symlink_to(file)
        elif path.name not in ROWS:
            (folder / path.name).symlink_to(path)
    for place, text in TABLES.items():
        (folder / place).write_text(text, encoding="utf-8")
    for place, row in ROWS.items():
        with (data_dir() / place).open(encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table))
        with (folder / place).open("w", encoding="utf-8", newline="") as table:
            writer = csv.DictWriter(table, rows[0])
            writer.writeheader()
            writer.writerows([*rows, {**dict.fromkeys(rows[0], ""), "source": SOURCE, "as_of": "2026-11", **row}])
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "STREAMPLAN_DATA": str(folder), "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_a_row_and_its_tables_are_a_cloud(found):
    """Disks are as large as the data or the throughput asks for, and a byte between zones is billed twice."""
    quantity = found["quantity"]
    assert found["vcpu"] == 4 and found["local"] == [0.0]
    assert quantity["stromwerk.vm"] == found["units"] * 730
    assert quantity["stromwerk.zone"] == pytest.approx(2 * found["crossing"] * 730 * 3600 / 2**30)
    stored = 60e6 * 2 * 86400 * 3 / 2**30
    assert quantity["stromwerk.disk"] > stored  # with room, and the controllers' own
    expected = 0.2 * (quantity["stromwerk.vm"] + found["controllers"]) + 0.1 * quantity["stromwerk.disk"]
    assert found["total"] == pytest.approx(expected + 0.01 * quantity["stromwerk.zone"])


def test_a_disk_that_grows_with_its_size_is_bought_for_its_throughput():
    """Beyond 240 MiB/s a GiB brings 0.48 MiB/s: 300 MiB/s ask for ceil(60 / 0.48) = 125 GiB, more than 100."""
    grown = find_cloud("gcp").volume.grown(np.asarray(100.0), np.asarray(300.0), np.asarray(6000.0))
    assert float(grown) == 125.0
    assert float(find_cloud("aws").volume.grown(np.asarray(100.0), np.asarray(300.0), np.asarray(6000.0))) == 100.0


@pytest.mark.parametrize("name", clouds())
def test_machines_of_every_cloud_have_the_columns_that_brokers_ask_for(name):
    table = find_cloud(name).machines()
    for column in ("vcpu", "memory_gib", "network_gbps", "volume_mb_s", "volume_iops"):
        assert np.all(table[column][np.isfinite(table[column])] > 0), column
    assert find_cloud(name).worker_machine in table.names
    assert np.all(table["local_disks"] >= 1)


def test_what_a_row_does_not_have_is_said():
    row = dict(read_rows("clouds")[0])
    with pytest.raises(InputError, match=r"volume_law of aws.*'rented'.*bought-apart"):
        read_volume({**row, "volume_law": "rented"})
    with pytest.raises(MissingFact, match="no volume 'gp9' in data/machines/aws_ebs"):
        read_volume({**row, "volume": "gp9"})
    with pytest.raises(InputError, match=r"cloud: 'asw'.*aws"):
        find_cloud("asw")
    assert set(LAWS) == {r["volume_law"] for r in read_rows("clouds")}
