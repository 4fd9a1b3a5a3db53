"""A batch: a report a row, bad rows alone, only what is missing or changed, whole files, names that harm nobody."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import nbformat
import papermill.iorw
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from streamfacts.errors import InputError
from streamplan import study
from streamplan.cli import main
from streamplan.planning.shipped_workloads import open_workload
from streamplan.reports import batch, batch_result, batch_store
from streamplan.reports.batch_rows import Row, read_portfolio, slug_of
from streamplan.reports.batch_store import KEPT
from streamplan.reports.batch_words import portfolio_index
from streamplan.reports.batch_workbook import portfolio_workbook
from streamplan.runtime import forks
from streamplan.runtime import notebook_runs as notebooks
from tests.browsers import office

ON = "2026-11-23"
SCRIPT, FORMULA, ESCAPE = '<script>alert("x")</script>', '=HYPERLINK("http://a.example";"x")', "../../escape"
COLUMNS = ["name", "team", "workload", "write", "message", "platforms", "options"]
ROWS = [
    [SCRIPT, '"quoted" & <b>', "", "5 MB/s", "1 KiB", "msk-express", ""],
    [FORMULA, "=1+1", "", "{low: 5 MB/s, likely: 8 MB/s, high: 20 MB/s}", "1 KiB", "msk-express", ""],
    [ESCAPE, "..", "example-100mib", "", "", "msk-express;kinesis-provisioned", "aggregate_kib=20"],
    ["own file", "", "own.yaml", "9 MB/s", "", "msk-express", ""],
]


def write_portfolio(folder, rows, columns=COLUMNS):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own.yaml").write_text(
        "write: 1 MB/s\nmessage: 2 KiB\nfan_out: 2\ntitle: of the file\n", encoding="utf-8"
    )
    with (folder / "p.csv").open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([columns, *rows])
    return folder / "p.csv"


def run(portfolio, out, **choices):
    return batch.run_batch(portfolio, out, **{"on": ON, "progress": False, **choices})


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory):
    bad = ["bad", "Web", "", "5 XB/s", "1 KiB", "", ""]
    worse = ["worse", "Web", "", "5 MB/s", "1 KiB", "msk-exprss", ""]
    return write_portfolio(tmp_path_factory.mktemp("portfolio"), [*ROWS[:2], bad, worse, *ROWS[2:]])


@pytest.fixture(scope="module")
def made(portfolio, tmp_path_factory):
    out = tmp_path_factory.mktemp("batch") / "deep" / "out"
    return run(portfolio, out), out


# ---------------------------------------------------------------------------------------------------------- the files


def test_one_report_a_row_and_bad_rows_fail_alone(made):
    done, out = made
    assert [d.row.name for d in done.entries if isinstance(d, batch_result.Done)] == [row[0] for row in ROWS]
    reasons = {f.row.name: f.reason for f in done.failed.values()}
    assert set(reasons) == {"bad", "worse"}
    assert "5 XB/s" in reasons["bad"] and "msk-express" in reasons["worse"]
    assert not any("Traceback" in reason or "\x1b" in reason for reason in reasons.values())
    for d in done.done.values():
        assert set(d.files) == {"html", "xlsx", "ipynb", "json", "yaml"}
        assert all((out / name).is_file() for name in d.files.values())
    assert not list(out.glob("reports/bad*")) and not list(out.glob("reports/worse*"))


def test_figures_are_those_of_a_study(made):
    done, out = made
    for d in done.done.values():
        w = open_workload(out / d.files["yaml"])
        assert w.title == d.row.name
        p = d.row.parameters
        best = study(w, only=p["platforms"], options=p.get("options")).cheapest
        assert (d.summary["platform"], d.summary["monthly_usd"]) == (best.offer.name, best.monthly_usd)
        document = json.loads((out / d.files["json"]).read_text())
        assert document["platforms"][0]["monthly_usd"] == best.monthly_usd


def test_fields_of_a_row_are_laid_over_those_of_its_file(made):
    done, out = made
    (own,) = [d for d in done.done.values() if d.row.name == "own file"]
    fields = yaml.safe_load((out / own.files["yaml"]).read_text())
    assert fields == {"write": "9 MB/s", "message": "2 KiB", "fan_out": 2, "title": "own file", "name": own.row.slug}


def test_names_harm_neither_page_nor_file_system(made):
    _, out = made
    assert {p.name for p in out.iterdir()} == {KEPT, "reports", "index.html", "portfolio.json", "portfolio.xlsx"}
    assert {p.parent for p in out.rglob("*") if p.is_file()} == {out, out / "reports", out / KEPT}
    assert all(p.resolve().is_relative_to(out.resolve()) for p in out.rglob("*"))
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert SCRIPT not in text and "<b>" not in text.replace('<b class="old">', "").replace("<td><b>", "")
        assert text.endswith("</html>")
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert" in index and "reports/../" not in index


def test_workbook_of_the_portfolio_recalculates(made, tmp_path):
    done, out = made
    book = (out / "portfolio.xlsx").read_bytes()
    for name in office.sheets(book):
        for formula, _ in office.cells(book, name).values():
            assert "HYPERLINK" not in formula
    sheets = office.recalculated(book, tmp_path)
    totals = {row[0]: row[1:] for row in sheets["Teams"][4:] if row[0]}
    for team, found in done.teams.items():
        count, month, *_ = totals[team or "(no team)"]
        assert int(count) == len(found)
        assert float(month) == pytest.approx(sum(d.summary["monthly_usd"] for d in found), abs=0.005)
    everything = sum(d.summary["monthly_usd"] for d in done.done.values())
    assert float(totals["all"][1]) == pytest.approx(everything, abs=0.005)
    assert float(totals["all"][3]) == pytest.approx(everything * 60, abs=0.3)
    assert {row[0] for row in sheets["Failures"][4:] if row[0]} == {"bad", "worse"}


def test_document_of_the_portfolio(made):
    _, out = made
    document = json.loads((out / "portfolio.json").read_text())
    assert [r["name"] for r in document["reports"]] == [row[0] for row in ROWS]
    assert {f["line"] for f in document["failures"]} == {4, 5}


# --------------------------------------------------------------------------------------------------------- runs again


@pytest.fixture
def small(tmp_path):
    rows = [[f"row {n}", "t", "", f"{n} MB/s", "1 KiB", "msk-express", ""] for n in (1, 2, 3)]
    return write_portfolio(tmp_path / "in", rows), rows, tmp_path / "out"


def fresh(result):
    return {d.row.name for d in result.done.values() if d.fresh}


def test_another_run_makes_only_what_is_missing_or_changed(small):
    portfolio, rows, out = small
    assert fresh(run(portfolio, out)) == {"row 1", "row 2", "row 3"}
    before = tree(out / "reports")
    assert fresh(run(portfolio, out)) == set()
    assert tree(out / "reports") == before
    rows[1][3] = "4 MB/s"
    write_portfolio(portfolio.parent, rows)
    (out / "reports" / "row-3-dd7d2b97.html").unlink(missing_ok=True)
    missing = next(out.glob("reports/row-3*.json"))
    missing.unlink()
    again = run(portfolio, out)
    assert fresh(again) == {"row 2", "row 3"} and len(again.done) == 3
    after = tree(out / "reports")
    assert {n for n in after if before.get(n) != after[n] and not n.endswith(".ipynb")} == {
        n for n in after if n.startswith("row-2") and not n.endswith(".ipynb")
    }


def test_damage_other_prices_another_day_and_other_code_make_it_anew(small, monkeypatch):
    portfolio, _, out = small
    book = portfolio.parent / "book.csv"
    header = "meter,sku,region,unit,price,as_of,source\n"
    book.write_text(header + "aws.kinesis.shard,,us-east-1,shard-hour,0.01,2026-01-01,a quote\n", encoding="utf-8")
    run(portfolio, out, price_books=[book])
    damaged = next(out.glob("reports/row-1*.html"))
    damaged.write_bytes(damaged.read_bytes()[:1000])
    assert fresh(run(portfolio, out, price_books=[book])) == {"row 1"}
    assert damaged.read_bytes().endswith(b"</html>")
    rows = read_portfolio(portfolio, [book])
    keys = [batch.key_of(rows[0], batch.FORMATS, ON, "v")]
    book.write_text(book.read_text().replace("0.01", "0.02"), encoding="utf-8")
    keys.append(batch.key_of(rows[0], batch.FORMATS, ON, "v"))
    keys.append(batch.key_of(rows[0], batch.FORMATS, "2026-11-24", "v"))
    keys.append(batch.key_of(rows[0], ("html",), "2026-11-24", "v"))
    keys.append(batch.key_of(rows[0], ("html",), "2026-11-24", batch.code_version()))
    assert len(set(keys)) == 5


def test_a_row_that_turns_bad_loses_its_old_report(small):
    portfolio, rows, out = small
    run(portfolio, out)
    rows[0][3] = "a lot"
    write_portfolio(portfolio.parent, rows)
    result = run(portfolio, out)
    assert len(result.failed) == 1 and not list(out.glob("reports/row-1*"))
    assert "row 1" not in {r["name"] for r in json.loads((out / "portfolio.json").read_text())["reports"]}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no signals of that kind")
def test_killed_half_way_nothing_half_written_remains(tmp_path):
    rows = [[f"row {n}", "t", "", f"{n} MB/s", "1 KiB", "msk-express", ""] for n in range(1, 9)]
    portfolio, out = write_portfolio(tmp_path / "in", rows), tmp_path / "out"
    command = [sys.executable, "-m", "streamplan", "batch", str(portfolio), "--out", str(out), "--on", ON]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 240
    while len(list(out.glob(f"{KEPT}/*.json"))) < 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    recorded = [json.loads(p.read_text()) for p in out.glob(f"{KEPT}/*.json")]
    assert len(recorded) >= 2
    for record in recorded:
        for name, digest in record["files"].items():
            assert batch_store.digest_of((out / name).read_bytes()) == digest
    for path in out.glob("reports/*"):  # also those of a row that has no record yet
        content = path.read_bytes()
        if path.suffix == ".html":
            assert content.endswith(b"</html>")
        elif path.suffix == ".xlsx":
            assert zipfile.ZipFile(path).testzip() is None
        elif path.suffix in (".json", ".ipynb"):
            json.loads(content)
        else:
            assert yaml.safe_load(content)["message"] == "1 KiB"
    result = run(portfolio, out)
    assert len(result.done) == 8 and len(fresh(result)) == 8 - len(recorded)
    assert not (out / KEPT / "unfinished").exists()


WARM = """
import json, sys
from streamplan.reports import batch
from streamplan.runtime import drawing, forks
from streamplan.runtime import notebook_runs as notebooks
from streamplan.views.html import environment
parameters = {"workload": "example-100mib", "platforms": ["msk-express", "kafka-ec2-ebs"], "on": "2026-11-23"}
formats = ("html", "xlsx")
batch._warm_up(parameters, formats)
drawer = drawing.Drawer()

def known():
    return set(sys.modules), {name for _, name in environment().cache.keys()}

def task(place):
    before = known()
    executed, names = notebooks.run_here(notebooks.notebook_path("compare-platforms"), parameters, drawer)
    batch._report(names["result"], executed, formats, parameters["on"])
    return [sorted(after - first) for after, first in zip(known(), before)]

(outcome,) = forks.run_forked([task], 1)
if outcome.error:
    raise outcome.error
print(json.dumps(outcome.value))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_finds_all_that_it_needs_warm():
    done = subprocess.run([sys.executable, "-c", WARM], capture_output=True, text=True, check=True)
    modules, templates = json.loads(done.stdout)
    assert set(modules) <= {"bdb", "streamplan.views.page", "encodings.ascii"}  # of no weight
    assert templates == []


def test_two_batches_do_not_write_to_one_folder(small):
    pytest.importorskip("fcntl")
    from streamplan.reports.batch_store import Folder

    portfolio, _, out = small
    with Folder(out).opened(), pytest.raises(InputError, match="no other batch"):
        run(portfolio, out)


# ------------------------------------------------------------------------------------------- other places, other ways


class Memory:
    """A storage backend of papermill that keeps everything, as text or bytes."""

    def __init__(self, text_only=False):
        self.files, self.text_only = {}, text_only

    def write(self, content, path):
        if self.text_only and not isinstance(content, str):
            raise TypeError("write() argument must be str, not bytes")
        self.files[path] = content

    def read(self, path):
        return self.files[path]


@pytest.fixture
def memory():
    handler = Memory()
    papermill.iorw.papermill_io.register("memory://", handler)
    yield handler
    papermill.iorw.papermill_io._handlers.remove(("memory://", handler))


def test_reports_go_to_any_storage_that_papermill_knows(small, memory):
    portfolio, _, _ = small
    assert len(fresh(run(portfolio, "memory://bucket/a"))) == 3
    names = {name.removeprefix("memory://bucket/a/") for name in memory.files}
    assert {"index.html", "portfolio.xlsx", "portfolio.json"} <= names
    assert len([n for n in names if n.startswith("reports/") and n.endswith(".html")]) == 3
    assert len(fresh(run(portfolio, "memory://bucket/a"))) == 0


def test_a_storage_of_text_says_so(small, memory):
    portfolio, _, _ = small
    memory.text_only = True
    result = run(portfolio, "memory://bucket/b")
    assert {f.reason for f in result.failed.values()} and "takes no xlsx" in next(iter(result.failed.values())).reason
    result = run(portfolio, "memory://bucket/c", formats=["html"])
    assert len(result.done) == 3 and not any(n.endswith("xlsx") for n in memory.files if "/c/" in n)


def outputs(path):
    return [c.get("outputs") for c in nbformat.read(path, as_version=4).cells]


def test_fresh_kernels_give_the_same_files(small, tmp_path, monkeypatch):
    portfolio, _, out = small
    run(portfolio, out)
    monkeypatch.setattr(forks, "can_fork", lambda: False)
    started = []
    monkeypatch.setattr(
        notebooks, "_papermill", lambda *a, _run=notebooks._papermill, **k: started.append(k) or _run(*a, **k)
    )
    run(portfolio, tmp_path / "kernels")
    assert len(started) == 3 and all("shutdown_kernel" in k for k in started)
    for path in out.glob("reports/*"):
        other = tmp_path / "kernels" / "reports" / path.name
        if path.suffix == ".ipynb":
            assert outputs(path) == outputs(other)
        else:
            assert path.read_bytes() == other.read_bytes(), path.name


# ---------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "text, word",
    [
        ("nme,write\nx,1 MB/s\n", "'nme'.*name"),
        ("write,message\n1 MB/s,1 KiB\n", "a column 'name'"),
        ("name,name\nx,y\n", "each column once"),
        ("name,write\n", "1 to 10,000 rows"),
        ('name,write\n"x,1\n', "readable CSV"),
        ("", "a column 'name'|1 to 10,000 rows"),
    ],
)
def test_a_table_that_is_none_is_refused_whole(text, word, tmp_path):
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=word):
        run(tmp_path / "p.csv", tmp_path / "out")
    assert not (tmp_path / "out" / "index.html").exists()


@pytest.mark.parametrize(
    "cells, word",
    [
        ({"name": ""}, "a name in every row"),
        ({"workload": "exmple-100mib"}, "example-100mib"),
        ({"write": "{low: 1 MB/s"}, "a mapping as in YAML"),
        ({"most_clusters": "many"}, "a whole number"),
        ({"hours_per_month": "long"}, "a number"),
        ({"options": "follower_fetch"}, "name=value"),
        ({"tls": "perhaps"}, "true or false"),
        ({"people": "yes"}, "true or false"),
        ({"region": "us-est-1"}, "us-east-1"),
        ({"price_books": "none.csv"}, "none.csv"),
        ({"name": "\x1b[2Jx"}, "control characters"),
        ({"growth": "{history: none.csv}"}, "there is no such file"),
    ],
)
def test_a_bad_cell_fails_its_row_with_the_reason(cells, word, tmp_path):
    fields = {"name": "x", "write": "1 MB/s", "message": "1 KiB", "platforms": "msk-express", **cells}
    if "workload" in cells:
        fields |= {"write": "", "message": ""}
    portfolio = write_portfolio(tmp_path, [list(fields.values())], list(fields))
    result = run(portfolio, tmp_path / "out")
    (failed,) = result.failed.values()
    assert word in failed.reason


def test_a_name_twice_fails_the_second(tmp_path):
    row = ["same", "", "", "1 MB/s", "1 KiB", "msk-express", ""]
    result = run(write_portfolio(tmp_path, [row, [*row[:3], "2 MB/s", *row[4:]]]), tmp_path / "out")
    assert len(result.done) == 1 and "each name once; line 2" in result.failed[3].reason
    assert (tmp_path / "out" / "reports" / "same.html").is_file()


def test_exit_status_and_messages(portfolio, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["batch", str(portfolio), "--out", str(tmp_path / "out"), "--json", "--format", "html", "--on", ON])
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and "line 4, 'bad'" in err
    assert len(json.loads(out)["reports"]) == 4


def test_nothing_feasible_is_3(tmp_path, capsys):
    row = ["huge", "", "", "100 TB/s", "1 KiB", "msk-serverless", ""]
    with pytest.raises(SystemExit) as stop:
        main(["batch", str(write_portfolio(tmp_path, [row])), "--out", str(tmp_path / "out"), "--format", "html"])
    assert stop.value.code == 3 and "1 made" in capsys.readouterr().out


@given(st.text(max_size=90))
def test_a_slug_is_a_file_name_in_its_folder(name):
    slug = slug_of(name)
    assert (
        slug
        and len(slug) <= 80
        and not set(slug) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    )
    assert ".." not in slug and slug[0] not in ".-" and Path(slug).name == slug
    assert slug.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


@given(st.lists(st.text(max_size=20), unique=True, max_size=8))
def test_other_names_have_other_slugs(names):
    assert len({slug_of(name) for name in names}) == len(names)


def test_a_report_without_a_cost_is_in_no_total_and_named():
    def done(line, name, team, usd):
        summary = dict.fromkeys(("platform", "title", "region", "low_usd", "high_usd", "what", "binding"))
        return batch_result.Done(
            Row(line, name, team, name), {}, {"status": "stands alone", "monthly_usd": usd, **summary}, True
        )

    reports = {d.row.line: d for d in (done(2, "orders", "Sales", 120.0), done(3, "clicks", "Web", None))}
    page = str(portfolio_index(batch_result.Batch("p.csv", ON, [d.row for d in reports.values()], reports)))
    assert "over 2 reports, 1 without a cost" in page and "Nothing that fits is priced for clicks" in page
    assert "orders at 120." in page and "clicks at" not in page
    assert "0.00" not in page


def test_a_team_without_any_cost_has_no_total(tmp_path):
    def done(line, name, team, usd):
        summary = dict.fromkeys(("platform", "title", "region", "low_usd", "high_usd", "what", "binding"))
        return batch_result.Done(
            Row(line, name, team, name), {}, {"status": "alone", "monthly_usd": usd, **summary}, True
        )

    reports = {d.row.line: d for d in (done(2, "orders", "Sales", 120.0), done(3, "clicks", "Web", None))}
    made = portfolio_workbook(batch_result.Batch("p.csv", ON, [d.row for d in reports.values()], reports))
    rows = {row[0]: row[1:5] for row in office.recalculated(made, tmp_path)["Teams"][4:] if row[0]}
    assert rows["Sales"] == ["1", "120", "1440", "7200"]
    assert rows["Web"] == ["1", "no price", "", ""]
    assert rows["all"] == ["2", "120", "1440", "7200"]
