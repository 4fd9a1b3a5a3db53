"""The page of `streamplan app`: what it answers, what it refuses, and what a person sees of it in a browser."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest

from streamplan import study
from streamplan.app.explore import at
from streamplan.app.server import Source
from streamplan.planning.shipped_workloads import open_workload, shipped_workloads
from tests.browsers import browser

pytestmark = pytest.mark.browser

START = "example-100mib"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of the app while it runs, started as a person does, with a workload of the test's own."""
    own = tmp_path_factory.mktemp("own") / "mine.yaml"
    own.write_text(
        'title: "<b>bold</b> & \\"quoted\\""\nwrite: 12 MB/s\nmessage: 2 KiB\nretention: 2 d\n', encoding="utf-8"
    )
    command = [sys.executable, "-m", "streamplan", "app", str(own), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if "http" not in line:
        raise AssertionError(process.communicate(timeout=60))
    yield next(word for word in line.split() if word.startswith("http"))
    process.terminate()
    process.wait(20)


def asked(url, path, host=None, **query):
    """Status, headers and text of an answer."""
    request = urllib.request.Request(f"{url}{path}?{urllib.parse.urlencode(query)}")
    if host:
        request.add_header("Host", host)
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def document(url, path, **query):
    status, _, text = asked(url, path, **query)
    return status, json.loads(text)


# --------------------------------------------------------------------------------------------------------- documents


def test_start_has_controls_and_workloads(app):
    status, start = document(app, "api/start")
    assert status == 200 and start["title"] == '<b>bold</b> & "quoted"'
    assert start["workloads"] == ["mine", *shipped_workloads()]
    assert {c["name"]: c["start"] for c in start["controls"]} == {
        "write": 12, "message": 2048, "retention": 48, "replication_factor": 3, "fan_out": 1, "growth": 0,
    }  # fmt: skip


@pytest.mark.parametrize("settings", [{}, {"write": 40, "retention": 6}, {"fan_out": 7.5}])
def test_numbers_are_those_of_the_study(app, settings):
    """The same through the page as through Python, to the cent."""
    status, seen = document(app, "api/study", workload=START, **settings)
    table = study(at(open_workload(START), settings)).table
    assert status == 200 and [row["platform"] for row in seen["offers"]] == table["platform"].tolist()
    expected = table["monthly_usd"].astype(float).round(2)
    assert [row["monthly_usd"] for row in seen["offers"]] == [
        None if cost != cost else pytest.approx(cost, abs=0.006) for cost in expected
    ]


def test_parts_and_bill_add_up(app):
    _, seen = document(app, "api/study", workload=START, platform="msk-standard")
    for row in seen["offers"]:
        if row["status"] == "feasible":
            assert sum(row["parts"].values()) == pytest.approx(row["monthly_usd"])
    plan = seen["plan"]
    assert sum(line["cost"] for line in plan["lines"]) == pytest.approx(plan["total"])
    assert all(line["as_of"] and any(link["href"] for link in line["links"]) for line in plan["lines"])


def test_charts_are_the_four_figures(app):
    status, charts = document(app, "api/charts", workload=START, platform="kafka-ec2-ebs", growth=20)
    assert status == 200 and set(charts) == {"cost", "months", "utilisation", "paths", "ms"}
    assert all(charts[name]["$schema"] for name in charts if name != "ms")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"writ": 1}, "write"),
        ({"write": "fast"}, "write"),
        ({"write": -1}, "write"),
        ({"write": "nan"}, "write"),
        ({"workload": "lyft-event-2018"}, "lyft-events-2018"),
        ({"workload": "../../../etc/passwd"}, "workload"),
        ({"workload": "pyproject.toml"}, "workload"),
        ({"platform": "msk-expres"}, "msk-express"),
        ({"replication_factor": 9}, "replication_factor"),
    ],
)
@pytest.mark.parametrize("path", ["api/study", "api/charts"])
def test_bad_input_is_named(app, path, query, named):
    status, answer = document(app, path, **query)
    assert status == 400 and named in answer["error"] and "Traceback" not in answer["error"]


def test_nothing_else_is_served(app):
    for path in ("streamplan/app/server.py", "static/app.js", "..%2fserver.py", "app.js/..%2f..%2fserver.py"):
        assert asked(app, path)[0] == 404


def test_page_may_load_nothing_from_elsewhere(app):
    _, headers, text = asked(app, "")
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "http://" not in text and "https://" not in text


def test_a_workload_given_is_the_first_and_shipped_ones_do_not_need_one():
    assert Source(open_workload(START)).workload("").name == START
    assert Source().workload("lyft-events-2018").name == "lyft-events-2018"


def test_a_port_in_use_is_refused(app):
    port = app.rstrip("/").rsplit(":", 1)[1]
    done = subprocess.run(
        [sys.executable, "-m", "streamplan", "app", "--port", port], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2 and f"127.0.0.1:{port}" in done.stderr and done.stdout == ""


# ----------------------------------------------------------------------------------------------------- as it is seen


def usd(page, selector="#cost"):
    return float(page.value(f"document.querySelector('{selector}').textContent").replace(",", ""))


def settled(page, since):
    """Wait until everything shown is of a later answer than `since`."""
    page.wait(f"Number(document.body.dataset.drawn) > {since}", 180)
    return page.value("Number(document.body.dataset.drawn)")


@pytest.fixture(scope="module")
def seen(app):
    """The page, drawn, in a browser that reaches this machine only."""
    with browser.open(f"{app}?workload={START}", width=1280, height=1000) as page:
        settled(page, 0)
        yield page


def test_page_is_drawn_without_any_network(seen):
    assert seen.problems == [] and seen.outside == []
    for name in ("cost", "months", "utilisation", "paths"):
        marks = ", ".join(f"#chart-{name} svg {mark}" for mark in ("path", "rect", "line"))
        assert seen.value(f"document.querySelectorAll('{marks}').length") > 5, name
    assert seen.value("document.querySelectorAll('#offers tbody tr').length") == 12
    assert seen.value("document.querySelectorAll('#offers .bar span').length") > 20
    assert seen.value("document.querySelectorAll('#sliders input[type=range]').length") == 6


def test_nothing_is_cut(seen):
    """Nothing is wider than the window, and every label of a chart lies inside it."""
    assert seen.value("document.documentElement.scrollWidth <= window.innerWidth")
    outside = """[...document.querySelectorAll('.chart svg')].flatMap((svg) => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter((text) => {
          const place = text.getBoundingClientRect();
          return place.width && (place.left < box.left - 1 || place.right > box.right + 1);
        }).map((text) => text.textContent);
      })"""
    assert seen.value(outside) == []


@pytest.mark.parametrize("control", ["write", "message", "retention", "replication_factor", "fan_out", "growth"])
def test_moving_a_control_changes_what_is_shown(seen, control):
    """Each control changes the figures; all but growth, which is about later months, change costs and bill now."""
    seen.value("document.getElementById('reset').click()")
    since = settled(seen, seen.value("Number(document.body.dataset.drawn)"))
    # one of the best on the page whose brokers and traffic between zones are on the bill
    seen.value("document.querySelector('[data-platform^=kafka-gce], [data-platform^=kafka-ec2]').click()")
    since = settled(seen, since)
    table, bill = (f"document.querySelector('{s} tbody').textContent" for s in ("#offers", "#bill"))
    figures = "document.querySelector('#chart-months svg').outerHTML"
    before = [seen.value(what) for what in (table, bill, figures)]
    move = """(() => { const slider = document.getElementById('%s');
        slider.value = Number(slider.min) + (slider.value > (Number(slider.min) + Number(slider.max)) / 2 ? 0.3 : 0.8)
          * (slider.max - slider.min);
        slider.dispatchEvent(new Event('input')); return location.search; })()"""
    assert f"{control}=" in seen.value(move % control)
    settled(seen, since)
    after = [seen.value(what) for what in (table, bill, figures)]
    assert after[2] != before[2]
    if control != "growth":
        assert after[0] != before[0] and after[1] != before[1]
    assert seen.problems == []


def test_a_drag_ends_at_its_last_value(seen):
    """Many movements at once: what lies between may be left out, the last one is what is shown."""
    seen.value("document.getElementById('reset').click()")
    since = settled(seen, seen.value("Number(document.body.dataset.drawn)"))
    seen.value("""(() => { const slider = document.getElementById('write');
        for (let at = 0; at <= 20; at++) { slider.value = at / 10; slider.dispatchEvent(new Event('input')); } })()""")
    settled(seen, since + 15)
    assert seen.value("new URLSearchParams(location.search).get('write')") == "100"
    assert usd(seen) == pytest.approx(study(at(open_workload(START), {"write": 100})).recommended.monthly_usd, abs=0.6)


def test_bad_input_is_said_and_gone_when_it_is_good_again(seen):
    seen.value("document.getElementById('reset').click()")
    since = settled(seen, seen.value("Number(document.body.dataset.drawn)"))
    typed = """(() => { const box = document.querySelector('#write ~ input[type=number]');
        box.value = '%s'; box.dispatchEvent(new Event('change')); })()"""
    seen.value(typed % "-4")
    assert "write" in seen.wait(
        "!document.getElementById('error').hidden && document.getElementById('error').textContent"
    )
    seen.value(typed % "20")
    settled(seen, since)
    assert seen.value("document.getElementById('error').hidden")
    seen.problems[:] = [p for p in seen.problems if "400" not in p]
    assert seen.problems == []


def test_markup_in_a_name_stays_text(app):
    with browser.open(app) as page:
        settled(page, 0)
        assert page.value("document.getElementById('workload').value") == "mine"
        assert page.value("document.querySelectorAll('b').length") == 0 and page.problems == []
