"""Shared by all tests: property tests that draw the same examples on every run, and the price book."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from pricing import PriceBook
from streamplan.cli import main

settings.register_profile(
    "streamplan",
    derandomize=True,
    deadline=None,
    max_examples=25,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
# pytest --hypothesis-profile=smallest takes minutes on a failing test and ends with the simplest example that fails
settings.register_profile("smallest", settings.get_profile("streamplan"), phases=tuple(Phase))
settings.load_profile("streamplan")


class ShippedBook(PriceBook):
    """Told in a word, as the report of a failing test prints its arguments."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("the shipped prices")


@cache
def _shipped() -> PriceBook:
    return ShippedBook.load()


@pytest.fixture(autouse=True)
def _plain_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is as wide as the terminal it was started from, or as another test left it."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line as a person would; returns status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status: Any = 0
        try:
            main(list(arguments))
        except SystemExit as stop:
            status = stop.code or 0
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def book() -> PriceBook:
    """The shipped prices, without anybody's own."""
    return _shipped()
