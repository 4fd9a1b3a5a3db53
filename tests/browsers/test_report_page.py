"""Reports as a person sees them: in a browser without a network, charts drawn, nothing cut, nothing complained."""

from __future__ import annotations

import pytest
import yaml

from streamplan.reports import batch
from streamplan.reports.report import write_report
from tests.browsers import browser

pytestmark = pytest.mark.browser

ATTACK = '"><img src=x onerror=document.title=1><script>document.title=2</script>'
#: Elements wider than they are and hidden, and what sticks out of the page and cannot be scrolled to.
CUT = """
[...document.querySelectorAll('main *, footer')].filter(e => {
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  if (!box.width || e.closest('svg, .scroll') || ['SCRIPT', 'STYLE'].includes(e.tagName)) { return false; }
  return (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && ['hidden', 'clip'].includes(style.overflowX))
    || (box.right > document.documentElement.clientWidth + 1
        && getComputedStyle(document.querySelector('main')).overflowX !== 'auto');
}).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 60))
"""
#: Words of charts that lie outside of their picture.
CUT_IN_CHARTS = """
[...document.querySelectorAll('.streamplan-chart svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(t => t.textContent && (b =>
    b.width > 0 && (b.left < frame.left - 2 || b.right > frame.right + 2 || b.top < frame.top - 2
                    || b.bottom > frame.bottom + 2))(t.getBoundingClientRect())).map(t => t.textContent);
})
"""
MARKS = """
[...document.querySelectorAll('.streamplan-chart')].map(c =>
  c.querySelectorAll('svg [role=graphics-symbol], svg path, svg rect').length)
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seen")
    fields = {
        "title": f"{ATTACK} & Sons",
        "write": {"low": "5 MB/s", "likely": "10 MB/s", "high": "20 MB/s"},
        "message": "1 KiB",
        "fan_out": 2,
    }
    (folder / "seen.yaml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    return write_report(folder / "seen.yaml", folder / "out", formats=["html"], progress=False)


@pytest.mark.parametrize("width", [1200, 800], ids=["wide", "narrow"])
def test_report_in_a_browser(report, width, tmp_path):
    with browser.open(report.html.as_uri(), width=width, height=900) as page:
        page.wait("document.querySelectorAll('.streamplan-chart .vega-embed svg').length === 4")
        assert page.value("document.title").endswith("streaming platforms compared")
        assert page.problems == [] and page.outside == []
        assert all(marks > 5 for marks in page.value(MARKS))
        assert page.value(CUT) == [] and page.value(CUT_IN_CHARTS) == []
        text = page.value("document.body.innerText")
        for word in ("NaN", "undefined", "Infinity", "null"):
            assert word not in text.split()
        assert report.study.recommended.offer.title in page.value("document.querySelector('h1').innerText")
        assert page.screenshot(tmp_path / "seen.png", whole=False).stat().st_size > 20_000


def test_first_screen_holds_the_answer(report):
    with browser.open(report.html.as_uri(), width=1200, height=900) as page:
        assert page.value("document.querySelector('.answer').getBoundingClientRect().bottom") < 900


def test_index_of_a_batch_in_a_browser(tmp_path):
    (tmp_path / "p.csv").write_text(
        f'name,team,write,message,platforms\n"{ATTACK.replace(chr(34), chr(34) * 2)}",=1+1,5 MB/s,1 KiB,msk-express\n'
        "bad,=1+1,5 XB/s,1 KiB,\n",
        encoding="utf-8",
    )
    batch.run_batch(tmp_path / "p.csv", tmp_path / "out", formats=["html"], progress=False)
    with browser.open((tmp_path / "out" / "index.html").as_uri()) as page:
        assert page.problems == [] and page.outside == []
        assert page.value("document.title") == "p.csv: reports"
        assert page.value(CUT) == []
        assert ATTACK in page.value("document.body.innerText")
        page.value("document.querySelector('td a').click()")
        page.wait("document.querySelectorAll('.streamplan-chart .vega-embed svg').length === 4")
        assert page.problems == [] and "streaming platforms compared" in page.value("document.title")
