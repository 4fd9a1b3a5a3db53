"""The report: one page that opens anywhere, with the notebook and the data beside it, whole or not at all."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml

import streamfacts.files
from pricing import open_book
from streamfacts.errors import InputError, NotWritten
from streamplan import study
from streamplan.analyses.compare.answer import answer_of
from streamplan.analyses.compare.words import study_document
from streamplan.cli import main
from streamplan.planning.horizon import cheapest_at_scale
from streamplan.planning.shipped_workloads import open_workload
from streamplan.planning.study import FEASIBLE
from streamplan.reports import report as report_module
from streamplan.reports.report import write_report
from streamplan.runtime import notebook_runs as notebooks
from streamplan.views import pdf
from streamplan.views.html import links
from streamplan.views.json import dumps

ATTACK = "<script>alert(1)</script>"
OWN_SOURCE = "https://prices.example/quote?a=1&b=2 <!-- <script>alert(3)</script>"


class Page(HTMLParser):
    """What a test wants to know of a page: tags, attributes that load something, scripts, text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.loads, self.links, self.scripts, self.styles, self.words = [], [], [], [], [], []
        self.handlers, self.inside = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside = tag if tag in ("script", "style", "title") else ""
        if tag == "script":
            self.scripts.append([dict(attrs), ""])
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.append((tag, name))
            if tag == "a" and name == "href":
                self.links.append(value)
            elif name in ("src", "href", "xlink:href", "data", "action", "srcset", "poster", "background"):
                self.loads.append((tag, name, value))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.inside = ""

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1][1] += data
        elif self.inside == "style":
            self.styles.append(data)
        else:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A workload with a name of two words, a title and a description that attack, ranges, and a price of its own."""
    folder = tmp_path_factory.mktemp("asked")
    fields = {
        "name": "two words",
        "title": f"{ATTACK} & Sons",
        "description": 'Half <b onclick="x()">bold</b> & "quoted" <img src=x onerror=alert(2)>',
        "write": {"low": "5 MB/s", "likely": "10 MB/s", "high": "20 MB/s", "source": "<i>hearsay</i> http://a.example"},
        "message": "1 KiB",
        "fan_out": 2,
        "retention": {"value": "24 h", "assumed": "</td></table><h1>out</h1>"},
    }
    (folder / "two.yaml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    (folder / "book.csv").write_text(
        "meter,sku,region,unit,price,as_of,source\n"
        f"aws.kinesis.shard,,us-east-1,shard-hour,0.0149,2026-01-01,{OWN_SOURCE}\n",
        encoding="utf-8",
    )
    return {"workload": str(folder / "two.yaml"), "price_books": [str(folder / "book.csv")]}


def build(asked, out):
    return write_report(asked["workload"], out, price_books=asked["price_books"], formats=["html"], progress=False)


@pytest.fixture(scope="module")
def report(asked, tmp_path_factory):
    return build(asked, tmp_path_factory.mktemp("report") / "new" / "folder")


@pytest.fixture(scope="module")
def html(report):
    return report.html.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture
def quick(monkeypatch, report):
    """Reports without a kernel: the notebook that ran already takes the place of a run."""
    executed = nbformat.read(report.notebook, as_version=4)
    monkeypatch.setattr(notebooks, "run", lambda *_, **__: executed)


# ---------------------------------------------------------------------------------------------------------- the files


def test_three_files_named_after_the_workload(report):
    folder = report.html.parent
    assert sorted(p.name for p in folder.iterdir()) == ["two-words.html", "two-words.ipynb", "two-words.json"]
    assert (report.html.name, report.notebook.name) == ("two-words.html", "two-words.ipynb")
    assert report.data.name == "two-words.json"


def test_data_is_the_study(report, asked):
    expected = study(open_workload(asked["workload"]), book=open_book(*asked["price_books"]))
    assert report.data.read_text(encoding="utf-8") == dumps(study_document(expected)) + "\n"
    assert dumps(study_document(report.study)) == dumps(study_document(expected))


def test_notebook_is_executed_and_valid(report, asked):
    executed = nbformat.read(report.notebook, as_version=4)
    nbformat.validate(executed)
    assert all(c.execution_count for c in executed.cells if c.cell_type == "code")
    assert executed.metadata.papermill.parameters["workload"] == str(Path(asked["workload"]).resolve())
    assert executed.metadata.papermill.exception is None


# ----------------------------------------------------------------------------------------------------------- the page


def test_page_needs_no_other_file(page, html):
    assert html.startswith("<!DOCTYPE html>")
    assert [x for x in page.loads if not x[2].startswith(("#", "data:"))] == []
    assert not {"link", "iframe", "object", "embed", "base", "img"} & set(page.tags)
    assert all("src" not in attributes for attributes, _ in page.scripts)
    for style in page.styles:
        assert "@import" not in style and "url(" not in style.replace("url(#", "").replace("url(data:", "")
    assert page.links and all(href.startswith(("https://", "http://", "#")) for href in page.links)


def test_page_has_its_charts_drawn(html, page):
    charts = html.count('<div class="streamplan-chart"')
    assert charts == 4
    assert page.tags.count("svg") >= charts
    specifications = [s for a, s in page.scripts if "data-chart" in a]
    assert len(specifications) == charts
    for text in specifications:
        assert json.loads(text)["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


def test_page_has_the_answer(page, report):
    best = report.study.recommended
    assert f"{best.offer.title}: about " in page.text
    assert f"{best.bill.total:,.2f}" in page.text
    for plan in report.study.plans:
        if plan.monthly_usd is not None and plan.offer.name in report.study.home:
            assert f"{plan.bill.total:,.2f}" in page.text
        assert plan.offer.title in page.text
    assert best.sizing.binding in page.text


def test_page_has_every_source_of_the_cheapest_bill(page, report):
    sources = report.study.recommended.bill.lines["source"]
    assert len(sources)
    for source in sources:
        for label, address in links(source):
            if address:
                assert address in page.links
            else:
                assert " ".join(label.split()) in page.text
    for row in report.study.recommended.bill.lines.to_dict("records"):
        assert row["as_of"] in page.text and row["meter"] in page.text


def test_page_has_every_input_with_its_origin(page, report):
    for name in report.study.workload.model_fields_set - {"name", "title", "description", "region"}:
        assert f" {name} " in page.text
    assert "24 h" in page.text or "1 d" in page.text
    assert "5 MB/s to 20 MB/s, likely 10 MB/s" in page.text
    assert "<i>hearsay</i>" in page.text  # as text


def test_markup_in_a_title_or_description_is_text(html, page, report):
    workload = report.study.workload
    assert ATTACK in page.text and workload.description in page.text
    assert ATTACK not in html and "alert(2)>" not in html and "</table><h1>out" not in html
    assert page.handlers == []
    assert not any("alert(1)" in s or "alert(2)" in s for _, s in page.scripts)
    assert page.tags.count("i") == 0 and page.tags.count("img") == 0


def test_source_cannot_break_out_of_a_chart(page):
    """Inside a script element `<!-- <script>` would swallow the rest of the page, even escaped as JSON."""
    for attributes, text in page.scripts:
        if "data-chart" in attributes:
            assert "<!--" not in text and "<script" not in text.lower()


def test_page_is_modest(report):
    assert report.html.stat().st_size < 3_000_000


def test_same_input_same_page_byte_for_byte(asked, report, tmp_path):
    again = build(asked, tmp_path / "again")
    assert again.data.read_bytes() == report.data.read_bytes()
    first, second = report.html.read_text(encoding="utf-8"), again.html.read_text(encoding="utf-8")
    different = [(a, b) for a, b in zip(first.splitlines(), second.splitlines(), strict=True) if a != b]
    assert [(a[:200], b[:200]) for a, b in different] == []
    assert again.html.read_bytes() == report.html.read_bytes()


# ------------------------------------------------------------------------------------------------------------- failures


def leftovers(folder):
    return sorted(p.name for p in folder.rglob("*")) if folder.exists() else []


def test_failing_cell_leaves_nothing(asked, tmp_path, monkeypatch):
    broken = nbformat.read(notebooks.notebook_path("compare-platforms"), as_version=4)
    broken.cells[2:] = [nbformat.v4.new_code_cell("raise RuntimeError('half-way')", id="x")]
    path = tmp_path / "compare-platforms.ipynb"
    nbformat.write(broken, path)
    monkeypatch.setattr(notebooks, "notebook_path", lambda _: path)
    with pytest.raises(papermill.PapermillExecutionError, match="half-way"):
        build(asked, tmp_path / "out")
    assert leftovers(tmp_path / "out") == []


@pytest.mark.parametrize("failing", [1, 2, 3], ids=["page", "notebook", "data"])
def test_full_disk_leaves_no_part_of_a_file(failing, asked, report, tmp_path, monkeypatch, quick):
    """The n-th file fails once its bytes are written but before they are safe; none is left."""
    calls = []

    def fsync(_):
        calls.append(1)
        if len(calls) == failing:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(streamfacts.files.os, "fsync", fsync)
    out = tmp_path / "out"
    with pytest.raises(NotWritten, match="No space left"):
        build(asked, out)
    assert leftovers(out) == []


def test_failure_keeps_the_report_of_yesterday(asked, tmp_path, monkeypatch, quick):
    out = tmp_path / "out"
    out.mkdir()
    (out / "two-words.html").write_text("yesterday", encoding="utf-8")

    def replace(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(streamfacts.files.os, "replace", replace)
    with pytest.raises(NotWritten):
        build(asked, out)
    assert leftovers(out) == ["two-words.html"]
    assert (out / "two-words.html").read_text(encoding="utf-8") == "yesterday"


def test_interruption_leaves_no_part_of_a_file(asked, tmp_path, monkeypatch, quick):
    def fsync(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(streamfacts.files.os, "fsync", fsync)
    with pytest.raises(KeyboardInterrupt):
        build(asked, tmp_path / "out")
    assert leftovers(tmp_path / "out") == []


@pytest.fixture
def no_kernel(monkeypatch):
    """Bad input has to be found before a kernel starts."""

    def run(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(notebooks, "run", run)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("where", ["file", "file/below"])
def test_out_that_can_be_no_folder(where, asked, tmp_path):
    (tmp_path / "file").write_text("here already", encoding="utf-8")
    with pytest.raises(InputError, match="--out"):
        build(asked, tmp_path / where)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "here already"


@pytest.mark.usefixtures("no_kernel")
def test_out_that_can_be_no_folder_on_the_command_line(asked, tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["report", asked["workload"], "--out", str(tmp_path / "file")])
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == ""
    assert err.startswith("streamplan: --out") and "a folder" in err


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--region", "us-est-1"], "us-east-1"),
        (["--option", "follower_fetsh=false"], "follower_fetch"),
        (["--hours-per-month", "800"], "744"),
        (["--price-book", "none.csv"], "none.csv"),
    ],
    ids=["region", "option", "hours", "book"],
)
def test_bad_input_is_found_before_a_kernel_starts(arguments, word, asked, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["report", asked["workload"], "--out", str(tmp_path / "out"), *arguments])
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == "" and word in err
    assert leftovers(tmp_path / "out") == []


def test_command_names_the_three_files(asked, tmp_path, capsys, quick):
    main(["report", asked["workload"], "--out", str(tmp_path / "out"), "--format", "html"])
    out, _ = capsys.readouterr()
    assert [out.count(f"two-words.{kind}") for kind in ("html", "ipynb", "json")] == [1, 1, 1]
    assert len(leftovers(tmp_path / "out")) == 3


@pytest.mark.parametrize("name", ["two words", "a.b", "Ω", "x" * 80], ids=["space", "dot", "letter", "long"])
def test_file_name_stays_in_its_folder(name, tmp_path):
    file = report_module.file_name(name)
    assert (tmp_path / file).parent == tmp_path and " " not in file


# -------------------------------------------------------------------------------------------------------------- formats


def test_every_format_that_can_be_made_is_made(asked, tmp_path, quick):
    made = write_report(asked["workload"], tmp_path, progress=False)
    suffixes = {*report_module.available(), "ipynb", "json"}
    assert {p.suffix[1:] for p in tmp_path.iterdir()} == suffixes
    assert made.xlsx.read_bytes()[:2] == b"PK" if "xlsx" in suffixes else made.xlsx is None
    assert made.pdf.read_bytes()[:5] == b"%PDF-" if "pdf" in suffixes else made.pdf is None


def test_only_what_is_asked_for(asked, tmp_path, quick, capsys):
    main(["report", asked["workload"], "--out", str(tmp_path), "--format", "xlsx"])
    assert {p.suffix for p in tmp_path.iterdir()} == {".xlsx", ".ipynb", ".json"}
    assert "report  " not in capsys.readouterr().out


@pytest.mark.usefixtures("no_kernel")
def test_unknown_format_names_the_known(asked, tmp_path):
    with pytest.raises(InputError, match=r"'htlm'.*html"):
        write_report(asked["workload"], tmp_path, formats=["htlm"], progress=False)


@pytest.mark.usefixtures("no_kernel")
def test_pdf_without_anything_that_prints_says_what_to_install(asked, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "browser", lambda: None)
    monkeypatch.setattr(pdf, "_weasyprint", lambda: None)
    assert "pdf" not in report_module.available()
    with pytest.raises(InputError, match=r"chromium.*reports"):
        write_report(asked["workload"], tmp_path, formats=["pdf"], progress=False)


# --------------------------------------------------------------------------------------------------------- first screen


def test_first_screen_answers_in_five_sentences(page, report):
    found = answer_of(report.study)
    labels = ["Take", "Why", "Fits", "Check", "What would change it", "Other clouds"]
    assert [label for label, _ in found.facts] == labels
    for label, text in found.facts:
        assert text.endswith(".") and "nan" not in text.lower().split() and label in page.text
    best = report.study.recommended
    assert f"{best.monthly_usd * 60:,.0f} over 5 years" in dict(found.facts)["Take"]


def test_other_throughputs_are_those_of_other_workloads(report):
    """The cheapest at twice the throughput is what a workload that writes twice as much finds.

    But for its batches, which fill a little better there; at a multiple of the throughput they stay as they are.
    """
    w = report.study.workload
    twice = w.replace(write={"low": "10 MB/s", "likely": "20 MB/s", "high": "40 MB/s"})
    other = study(twice, book=report.study.book)
    name, cost = cheapest_at_scale(report.study)[2.0]
    assert name == other.cheapest.offer.name
    assert cost == pytest.approx(other.cheapest.monthly_usd, rel=5e-3)


def test_how_far_the_first_is_under_the_next_follows_from_both_costs(report):
    """As a share of the next: 14,599 is 24% under 19,132."""
    first, second = [row for row in report.study.table.to_dict("records") if row["status"] == FEASIBLE][:2]
    ours, theirs = (row["monthly_usd"] + row["work_usd"] for row in (first, second))
    said = dict(answer_of(report.study).facts)["Why"]
    assert f"{ours:,.0f} for bill and work together, {1 - ours / theirs:.0%} under the next" in said
    assert f"{second['title']} at {theirs:,.0f}" in said
