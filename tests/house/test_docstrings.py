"""Names, docstrings and signatures hold together: every public function of the laws states its inputs with units."""

import importlib
import inspect
import pkgutil
import re

import pytest

import capacity.laws as laws

MODULES = [importlib.import_module(f"{laws.__name__}.{m.name}") for m in pkgutil.iter_modules(laws.__path__)]
FUNCTIONS = [
    function
    for module in MODULES
    for name, function in vars(module).items()
    if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == module.__name__
]
#: What a suffix of a name promises, and the unit that the docstring must then state.
SUFFIXES = {"bytes_s": "byte/s", "_mb_s": "MB/s", "batches_s": "1/s", "records_s": "1/s", "_bytes": "byte", "_s": "s"}
#: Parameters that are no quantities.
PLAIN = {
    "name",
    "demand",
    "machines",
    "tiered",
    "follower_fetch",
    "state",
    "resource",
    "fact",
    "cluster",
    "c",
    "coefficients",
}


def described(doc: str) -> dict[str, str]:
    """Parameters of a numpydoc docstring with the text behind each."""
    section = re.search(r"Parameters\n\s*-+\n(.*?)(?:\n\s*\n|\Z)", doc, re.S)
    out = {}
    for line in section[1].splitlines() if section else []:
        match = re.match(r"\s*([\w, ]+) : (.*)", line)
        if match:
            for name in match[1].split(","):
                out[name.strip()] = match[2]
    return out


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.__module__.rsplit('.', 1)[1]}.{f.__name__}")
def test_every_quantity_states_its_unit(function):
    doc = inspect.getdoc(function) or ""
    quantities = [p for p in inspect.signature(function).parameters if p not in PLAIN]
    assert doc, f"{function.__name__} has no docstring"
    stated = described(doc)
    for name in quantities:
        if name == "units" or (name not in stated and function.__name__ == "rebuild_seconds"):
            continue
        assert name in stated, f"{function.__name__}: parameter {name} is not described"
        assert re.search(r"\[[^\]]+\]", stated[name]) or "any shape" in stated[name], f"{name}: no [unit]"
        for suffix, unit in SUFFIXES.items():
            if name.endswith(suffix):
                assert f"[{unit}]" in stated[name], f"{function.__name__}: {name} promises [{unit}]: {stated[name]}"
                break


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_laws_know_no_money(module):
    source = inspect.getsource(module)
    assert "pricing" not in source
    assert "USD" not in source
