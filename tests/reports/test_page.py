"""Pages and figures made quickly are those that the libraries make by themselves."""

from __future__ import annotations

import re

import altair as alt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from streamplan import charts, study
from streamplan.app.documents import charts_document
from streamplan.app.explore import view
from streamplan.planning.shipped_workloads import open_workload
from streamplan.runtime import drawing
from streamplan.runtime import notebook_runs as notebooks
from streamplan.views import page
from streamplan.views.theme import data_of, shown, unchecked

BUNDLE = "made('</script>')"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, an engine that counts how often it makes the bundle, and nothing in memory."""
    made = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(drawing, "bundle", lambda: made.append(1) or BUNDLE)
    page.vega_bundle.cache_clear()
    yield tmp_path, made
    page.vega_bundle.cache_clear()


def test_bundle_is_made_once_for_a_version(cache):
    folder, made = cache
    first = page.vega_bundle()
    page.vega_bundle.cache_clear()  # as in another process
    assert page.vega_bundle() == first == BUNDLE.replace("</script", "<\\/script") and len(made) == 1
    (kept,) = folder.rglob("vega-*.js")
    assert page.__version__ in kept.name


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:],
        lambda data: bytes([data[12] ^ 1]) + data[1:],
        lambda data: data[:12] + bytes([data[12] ^ 1]) + data[13:],
        lambda data: data[:-1],
        lambda data: data + b" ",
        lambda data: data.partition(b"\n")[2],
        lambda data: b"",
        lambda data: b"\xff" * 90,
    ],
)
def test_a_damaged_bundle_is_made_anew(cache, damage):
    folder, made = cache
    page.vega_bundle()
    (kept,) = folder.rglob("vega-*.js")
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    page.vega_bundle.cache_clear()  # as in another process
    assert page.vega_bundle() == BUNDLE.replace("</script", "<\\/script") and len(made) == 2
    assert kept.read_bytes() == whole


def test_bundle_without_a_place_to_keep_it(cache):
    folder, made = cache
    (folder / "streamplan").write_text("a file where the folder would be")
    assert page.vega_bundle() and len(made) == 1


def test_page_is_that_of_nbconvert():
    from nbconvert import HTMLExporter

    parameters = {"workload": "example-100mib", "platforms": ["msk-express", "kafka-ec2-ebs"], "on": "2026-11-23"}
    executed = notebooks.run(notebooks.notebook_path("compare-platforms"), None, parameters, progress=False)
    bare = HTMLExporter(
        template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_input_prompt=True
    )
    bare.anchor_link_text = ""
    ours, theirs = notebooks.body_of(executed), bare.from_notebook_node(executed)[0]
    tree = BeautifulSoup(theirs, "html.parser")
    for link in tree.select("a.anchor-link"):  # empty ones, of each heading to itself
        link.decompose()
    assert BeautifulSoup(ours, "html.parser").decode() == tree.decode()
    outside = re.sub(r"<svg.*?</svg>", "", ours, flags=re.DOTALL)
    assert not re.findall(r"<(?!br|hr|img|wbr|input|meta|link)\w+[^<>]*/>", outside)  # HTML takes these as open
    assert notebooks.body_of(executed) == ours  # the exporter remembers nothing


def test_data_of_a_chart_is_what_altair_makes_of_the_table():
    frame = pd.DataFrame(
        {
            "float": [1.5, np.nan, np.inf],
            "int": [1, 2, 3],
            "bool": [True, False, True],
            "text": ["a", None, "c"],
            "mixed": [1.0, "x", None],
        }
    )
    assert data_of(frame).to_dict()["values"] == alt.to_values(frame)["values"]


def test_figures_without_checks_are_those_with_and_hold_the_schema():
    """What the page of the app draws, built again with every part held against the schema of Vega-Lite."""
    seen = view(open_workload("example-100mib"), {"growth": 30}, "kafka-ec2-ebs")
    quick = charts_document(seen)
    figures = {
        "cost": charts.cost_by_platform(seen.study, most=12),
        "months": charts.cost_by_month(seen.months),
        "utilisation": charts.utilisation_of_constraints(seen.plan),
        "paths": charts.network_paths_of(seen.plan),
    }
    assert quick == {name: figure.to_dict(validate=True) for name, figure in figures.items()}


def test_shown_is_what_altair_shows():
    figure = charts.bytes_by_path(open_workload("example-100mib"))
    assert shown(figure) == figure._repr_mimebundle_()
    with unchecked():
        assert shown(charts.bytes_by_path(open_workload("example-100mib"))) == shown(figure)


def test_order_of_offers_is_that_of_the_table():
    found = study(open_workload("example-100mib"))
    assert [(p.offer.name, status) for status, p in found.ranked] == list(
        zip(found.table["platform"], found.table["status"], strict=True)
    )
    costs = [found.ranks_at(p) for status, p in found.ranked if status == "feasible" and p.offer.name in found.home]
    assert costs == sorted(costs) and len(costs) > 10


def test_what_a_study_has_made_is_made_once():
    found, made = study(open_workload("example-100mib"), only=["msk-express"]), []
    for _ in range(2):
        assert found.once("x", lambda: made.append(1) or "kept") == "kept"
    assert made == [1] and study(open_workload("example-100mib"), only=["msk-express"])._made == {}
