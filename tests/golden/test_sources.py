"""Every published figure that we test against says where it is from, of when it is, and how closely it is met."""

import json
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "cases"
FILES = sorted(path.name for path in GOLDEN.glob("*.json") if path.name != "bills.json")


def examples(name):
    """The parts of a golden file that carry expectations: the file itself if it has one source for all."""
    data = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    if "source" in data:
        return {name: data}
    return {f"{name}: {key}": part for key, part in data.items() if isinstance(part, dict)}


@pytest.mark.parametrize("name", FILES)
def test_golden_figures_are_sourced(name):
    parts = examples(name)
    assert parts
    for label, part in parts.items():
        assert part["source"].startswith("https://"), label
        assert part["as_of"][:4].isdigit(), label
        assert part.get("title"), label
        assert "tolerance" in json.dumps(part), label
