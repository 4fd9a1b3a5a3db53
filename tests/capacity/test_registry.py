"""Every offer of the registry is whole: limits with sources, prices or their absence, a golden case, a section."""

import re
from pathlib import Path

import pytest

from capacity import offers
from streamplan.analyses.catalogue import catalogue

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "tests" / "golden").glob("test_*.py")))
GOLDEN += "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "tests" / "golden" / "cases").glob("*.json")))
every_offer = pytest.mark.parametrize("name", sorted(offers()))


@every_offer
def test_constraints_and_limits_have_a_source(name):
    sources = catalogue.sources_of_limits(name)
    assert sources and all(text.strip() for text in sources)
    assert any("https://" in text for text in sources)


@every_offer
def test_prices_are_there_or_said_to_be_missing(name):
    e = catalogue.entry(name)
    assert e.meters
    if e.missing:
        assert all(text.startswith("no price for ") for text in e.missing)
    else:
        assert e.priced and e.oldest and e.confidence in ("high", "medium", "low")


@every_offer
def test_a_golden_case_names_it(name):
    stem = re.sub(r"-(tiered|offload)$", "", name)
    assert name in GOLDEN or stem in GOLDEN, f"no golden case names {name}"


@every_offer
def test_promises_and_gaps_are_said(name):
    o = offers()[name]
    assert {"protocol", "copies", "zones", "availability", "disks"} <= set(o.guarantees)
    assert o.not_modelled and o.sources and o.title and o.family
    assert all(source.startswith("https://") for source in o.sources)
    if o.closed:
        assert re.search(r"\d{4}", o.closed)


@pytest.mark.parametrize("word", ["people", "staff", "on-demand only", "committed use", "MSK Replicator"])
def test_what_an_analysis_models_is_not_among_the_gaps(word):
    assert [o.name for o in offers().values() if any(word in text for text in o.not_modelled)] == []


@every_offer
def test_the_catalogue_has_a_section(name):
    assert f"(`{name}`)\n" in catalogue.markdown()
