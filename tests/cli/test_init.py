"""`streamplan init`: the file that it writes is read at once, and what it says of assumptions is so."""

from __future__ import annotations

import re

import click
import pytest
import yaml
from click.testing import CliRunner

from capacity import Workload
from streamfacts.errors import InputError
from streamplan.cli import cli, main
from streamplan.cli.chapters import Chapter, chapter_of
from streamplan.planning.first_workload import QUESTIONS, first_workload


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_is_a_workload_as_it_was_asked(folder, capsys):
    main(
        ["init", "orders.yaml", "--write", "25 MB/s", "--region", "us-east-2", "--fan-out", "3", "--retention", "36 h"]
    )
    out = capsys.readouterr().out
    w = Workload.load(folder / "orders.yaml")
    assert (w.name, w.region) == ("orders", "us-east-2")
    assert (float(w.write.likely), float(w.fan_out.likely), float(w.retention.likely)) == (25e6, 3, 36 * 3600)
    assert "message 1 KiB: to begin with" in out and "streamplan compare orders.yaml" in out
    main(["compare", "orders.yaml", "--platform", "kinesis-provisioned", "--bare"])
    assert float(capsys.readouterr().out) > 0


def test_what_it_says_is_assumed_is_what_is_assumed():
    """Each comment that gives a value beside "assumed" or a default is the value that the workload takes."""
    text = first_workload("orders", {})
    bare = Workload(**yaml.safe_load(text))
    for field in ("replication_factor", "zones", "survive"):
        said = re.search(rf"^# {field}: (\S+)", text, re.M)
        assert said and str(getattr(bare, field)) == said[1]
    ratio = re.search(r"^# peak_ratio: (\S+)", text, re.M)
    assert ratio and float(ratio[1]) == float(bare.assumed_values["peak_ratio"])


def test_every_comment_taken_away_is_still_a_workload():
    text = first_workload("orders", {}).replace("\n# peak_ratio", "\npeak_ratio")
    head, _, rest = text.partition("write your own.\n")
    Workload(**yaml.safe_load(head + "\n" + rest.replace("# ", "", 1).replace("\n# ", "\n")))


def test_a_peak_that_is_given_stands_in_the_file():
    assert yaml.safe_load(first_workload("orders", {"write": "10 MB/s"}, "14 MB/s"))["peak_write"] == "14 MB/s"


@pytest.mark.parametrize("name", ["yes", "12", "no-1"])
def test_any_name_is_quoted_where_yaml_reads_it_otherwise(name):
    assert str(yaml.safe_load(first_workload(name, {}))["name"]) == name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--write", "25"], "write: '25' is not usable; allowed: a byte rate such as '250 MB/s'"),
        (["--region", "us-est-1"], "region: 'us-est-1' is not usable; allowed: did you mean us-west-1, us-east-1"),
        (["--retention", "soon"], "retention: 'soon' is not usable; allowed: a duration"),
        (["--peak-write", "1 MB/s"], "allowed: at least the average write"),
        (["--message", "1 GB/s"], "message: '1 GB/s' is not usable"),
    ],
)
def test_a_bad_value_is_named_by_its_field_and_writes_nothing(arguments, said, capsys, folder):
    with pytest.raises(SystemExit) as stop:
        main(["init", "orders.yaml", *arguments])
    err = capsys.readouterr().err
    assert stop.value.code == 2 and said in err and len(err.splitlines()) == 1
    assert list(folder.iterdir()) == []


def test_a_file_that_is_there_stays_unless_forced(folder, capsys):
    (folder / "workload.yaml").write_text("mine\n", encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["init"])
    assert stop.value.code == 2 and "--force" in capsys.readouterr().err
    assert (folder / "workload.yaml").read_text(encoding="utf-8") == "mine\n"
    main(["init", "--force"])
    assert Workload.load(folder / "workload.yaml").name == "workload"


def test_on_a_terminal_it_asks_and_asks_again(monkeypatch, folder):
    monkeypatch.setattr("streamplan.cli.commands.init.asks", lambda: True)
    answers = "\n25\n25 MB/s\n\n4\n\n"
    result = CliRunner().invoke(cli, ["init", "asked.yaml"], input=answers)
    assert result.exit_code == 0, result.output
    assert "write: '25' is not usable" in result.stderr
    w = Workload.load(folder / "asked.yaml")
    assert (w.region, float(w.write.likely), float(w.fan_out.likely)) == ("us-east-1", 25e6, 4)


def test_fields_that_are_not_asked_are_refused():
    with pytest.raises(InputError, match="field: 'zones' is not usable; allowed: region, write"):
        first_workload("orders", {"zones": "3"})
    assert {question.field for question in QUESTIONS} <= set(Workload.model_fields)


def test_the_help_lists_commands_by_group_with_whole_sentences(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    main(["-h"])
    text = capsys.readouterr().out
    heads = [text.index(f"\n{chapter.value}:\n") for chapter in Chapter]
    assert heads == sorted(heads) and "..." not in text.partition("Start:")[2]
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    for name in cli.list_commands(click.Context(cli)):
        command = cli.get_command(click.Context(cli), name)
        first = " ".join(command.help.split("\n\n")[0].split()).split(". ")[0].rstrip(".")
        assert f" {name} {first}" in flat
        before = text[: text.index(f"\n  {name} ")].splitlines()
        assert [line for line in before if re.fullmatch(r"\w.*:", line)][-1] == f"{chapter_of(command).value}:"
