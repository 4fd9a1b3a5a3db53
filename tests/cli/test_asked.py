"""Shared options of commands: one object that reads what it is asked for, when it is asked for it."""

from __future__ import annotations

import inspect
import re
from dataclasses import FrozenInstanceError, fields

import click
import pytest
from click.testing import CliRunner

from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan.cli import cli
from streamplan.cli import options as shared
from streamplan.cli.options import BOOK, HOURS, JSON, ONLY, OPTION, PEOPLE, REGION, WORKLOAD, Asked, asks

EXAMPLE = "example-100mib"
#: What each computed value of `Asked` is read from, by the name of the option's field.
READ_FROM = {
    "workload": "workload_file",
    "book": "price_book",
    "options": "pairs",
    "people": "with_people",
    "terms": "price_book",
    "plan": "platform",
    "population": "clouds",
}
COMMANDS = {name: cli.get_command(click.Context(cli), name) for name in cli.list_commands(click.Context(cli))}


def given_to(*arguments):
    """What a command with two options of its own, around shared ones, is called with."""
    seen = {}

    @click.command()
    @click.option("--above", type=int, default=1)
    @asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, ONLY, PEOPLE)
    @click.option("--below", default="b")
    def command(asked, **own):
        """Said of the command."""
        seen.update(asked=asked, own=own)

    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert command.help == "Said of the command."
    return seen["asked"], seen["own"]


def test_a_command_gets_shared_values_in_one_object_and_its_own_beside_it():
    asked, own = given_to(
        "file.yaml", "--json", "--hours-per-month", "720", "--above", "2", "--platform", "a", "--platform", "b",
        "--option", "x=1", "--price-book", "p.csv", "--discount", "aws=12%", "--support", "none",
    )  # fmt: skip
    assert own == {"above": 2, "below": "b"}
    assert asked == Asked(
        "file.yaml", True, ("p.csv", "aws=12%"), 720.0, ("x=1",), only=("a", "b"), support="none"
    )  # fmt: skip
    assert asked.options == {"x": "1"}
    with pytest.raises(FrozenInstanceError):
        asked.region = "us-east-1"


def test_what_is_left_out_is_what_a_command_without_the_option_sees():
    asked, own = given_to("file.yaml")
    assert asked == Asked("file.yaml")
    assert own == {"above": 1, "below": "b"}


def test_it_reads_once_and_only_what_is_used(monkeypatch):
    loaded = []
    original = PriceBook.load

    def load(*paths):
        loaded.append(paths)
        return original(*paths)

    monkeypatch.setattr(PriceBook, "load", load)
    asked = Asked(EXAMPLE, price_book=("aws=10%",), region="eu-west-1", pairs=("no pair",))
    assert asked.workload.region == "eu-west-1"
    assert loaded == []
    assert asked.book is asked.book
    assert loaded == [()]  # a discount is laid over the shipped prices
    assert asked.people is None
    with pytest.raises(InputError, match="no pair"):
        _ = asked.options


def test_people_are_there_by_the_flag_alone():
    assert Asked(with_people=True).people is not None


@pytest.mark.parametrize(("asked", "field"), [(Asked("no-such-file"), "workload"), (Asked(), "plan")])
def test_a_workload_that_is_not_there_is_refused(asked, field):
    with pytest.raises(InputError):
        getattr(asked, field)


def leaves(command):
    return [sub for c in command.commands.values() for sub in leaves(c)] if hasattr(command, "commands") else [command]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_reads_nothing_that_it_has_no_option_for(name):
    raw = {field.name for field in fields(Asked)}
    for command in leaves(COMMANDS[name]):
        function = inspect.unwrap(command.callback)
        used = {READ_FROM.get(word, word) for word in re.findall(r"\basked\.(\w+)", inspect.getsource(function))}
        taken = {option.name for option in command.params}
        assert used <= taken & raw


def test_every_shared_option_has_its_field():
    options = [value for name, value in vars(shared).items() if name.isupper() and callable(value)]

    def none():
        """Nothing."""

    for option in options:
        option(none)
    assert {option.name for option in none.__click_params__ if option.expose_value} == {f.name for f in fields(Asked)}
