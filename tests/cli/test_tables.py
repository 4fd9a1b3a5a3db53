"""Every table of every command, at the widths that people have: no number is cut, nothing is wider, the first stays."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from pathlib import Path

import click
import pytest

from streamplan.cli import cli, main
from streamplan.cli import show as showing
from streamplan.views import terminal
from streamplan.views.tables import Table, headings, shown
from streamplan.views.terminal import LONGEST_WORD, WIDTH_OF_A_PIPE, cells_of, table_lines

ROOT = Path(__file__).parents[2]
LOAD = str(ROOT / "data/workloads/example-100mib.yaml")
TWO = ("--platform", "kinesis-provisioned", "--platform", "msk-standard")
ONE = ("--platform", "msk-standard")
FEW = ("--draws", "32")
CLUSTER = "system: Apache Kafka\nnodes: 3\ninstance_type: i3en.2xlarge\ndisk_mb_s_per_node: 655\npartitions: 100\n"

#: The command lines of which the tables are looked at: every command that prints one is here.
RUNS = {
    "accuracy": (),
    "bill": (str(ROOT / "examples/bills/msk-sizing-g1.yaml"),),
    "break-even": (LOAD, *TWO, "--steps", "2", "--x", "fan_out", "--y", "retention"),
    "calibrate": ("own.csv", "--cluster", "cluster.yaml"),
    "chargeback": ("example-four-teams", *ONE),
    "choose": (LOAD, *TWO, *FEW, "--months", "3"),
    "commit": (LOAD, "--platform", "kafka-ec2-ebs", *FEW),
    "compare": (LOAD,),
    "decide": (LOAD, *TWO, *FEW),
    "demand": (LOAD, "--months", "4", *FEW),
    "deployments": (*FEW, "--deployment", "paypal-2022", "--deployment", "signalfx-2015"),
    "diff": ("before.yaml", "after.yaml", "--platform", "kinesis-provisioned"),
    "forecast": ("history.csv", "--workload", LOAD, *FEW, "--months", "13"),
    "levers": (LOAD, *ONE),
    "measure-messages": ("messages.jsonl",),
    "migrate": (LOAD, "--from", "msk-standard", "--to", "kafka-ec2-ebs", *FEW),
    "platforms": (),
    "predict": ("cluster.yaml", "--load", "100"),
    "prices coverage": ("--cloud", "gcp"),
    "prices list": ("--region", "eu-west-1"),
    "resilience": (LOAD, *ONE, *FEW),
    "risk": (LOAD, *TWO, *FEW, "--months", "3", "--budget", "20000"),
    "runway": (LOAD, *ONE, "--machine", "kafka.m7g.large", "--units", "30", *FEW, "--months", "2"),
    "schedule": (LOAD, *TWO, "--months", "12"),
    "second-opinions": (LOAD,),
    "sensitivity": (LOAD, *ONE, *FEW),
    "size": (LOAD, *ONE),
    "workloads": (),
}
#: Commands whose tables take a report to make: their tables are those of `compare`, and of a batch of nothing.
REPORTS = ("report", "batch")


def commands_with_tables(group: click.Group, path: tuple[str, ...] = ()) -> set[str]:
    found = set()
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found |= commands_with_tables(command, (*path, name))
        elif any(option.name == "table_format" for option in command.params):
            found.add(" ".join((*path, name)))
    return found


def test_every_command_with_tables_is_looked_at():
    assert commands_with_tables(cli) == set(RUNS) | set(REPORTS)


@pytest.fixture(scope="module")
def tables_of(tmp_path_factory):
    """The tables and the sentences of a command, made once."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "cluster.yaml").write_text(CLUSTER, encoding="utf-8")
    for name, rate in (("before", 10), ("after", 14)):
        text = f"write: {rate} MB/s\nmessage: 1 KiB\nregion: us-east-1\n"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "own.csv").write_text("mb_s,cpu\n100,0.30\n200,0.55\n", encoding="utf-8")
    rows = [json.dumps({"id": i, "text": f"a message of some words, {i % 7}"}) for i in range(400)]
    months = [f"{2024 + i // 12}-{i % 12 + 1:02d}-01,{40e6 + i * 1e6:.0f}" for i in range(26)]
    (folder / "history.csv").write_text("timestamp,bytes_s\n" + "\n".join(months) + "\n", encoding="utf-8")
    (folder / "messages.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")

    @cache
    def made(name: str) -> tuple[Table, ...]:
        caught: list[Table] = []
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(folder)
            patched.setattr(showing, "_show_table", lambda table, *_: caught.append(table))
            cli.main([*name.split(), *RUNS[name]], standalone_mode=False)
        return tuple(caught)

    return made


def tokens(text: str) -> list[str]:
    """The words of a text that hold a number and are short enough to stay whole."""
    return [word for word in text.split() if re.search(r"\d", word) and cells_of(word) <= LONGEST_WORD]


@pytest.mark.parametrize("name", RUNS)
def test_no_table_is_cut(name, tables_of):
    tables = tables_of(name)
    assert tables
    for table in tables:
        assert table.rows, table.title
        rows = shown(table, everything=True)
        for wide in (80, 100, 120, WIDTH_OF_A_PIPE):
            lines = table_lines(table, wide, rows)
            text = "\n".join(lines)
            assert max(map(cells_of, lines)) <= wide
            _, _, gone = " ".join(text.split()).partition("columns left out at this width: ")
            left_out = gone.split(", ") if gone else []
            columns = [column for column in table.columns if not column.for_files]
            assert columns[0].title not in left_out
            for row in rows.rows:
                for column in columns:
                    cell = column.text(row.cells.get(column.key))
                    if column.title in gone:
                        continue
                    whole = [cell] if column.number else tokens(cell)
                    assert all(number in text for number in whole), (column.title, cell, wide)
                first = columns[0].text(row.cells.get(columns[0].key))
                assert first.split()[0][:12] in text
            heads = {word for column in columns if column.title not in gone for word in column.title.split()}
            there = [c for c in columns if any(c.text(row.cells.get(c.key)) for row in rows.rows)]
            assert table.bare or {w for c in there if c.title not in gone for w in c.title.split()} <= heads & set(
                text.split()
            )


@pytest.mark.parametrize("name", RUNS)
def test_every_table_can_be_sorted_and_is_data_in_csv(name, tables_of):
    from streamplan.views.table_files import as_csv, as_markdown

    for table in tables_of(name):
        titles = [column.title for column in table.columns]
        assert len(titles) == len(set(titles)) and all(titles)
        rows = list(csv.reader(io.StringIO(as_csv(table))))
        assert rows[0] == [head for column in table.columns for head in headings(column)]
        assert len(rows) == len(table.rows) + 1
        as_markdown(table)
        for column in table.columns:
            up, down = (table.sorted_by(f"{sign}{column.title}") for sign in ("", "-"))
            assert len(up.rows) == len(down.rows) == len(table.rows)


def test_compare_shows_the_ten_best_and_csv_all(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    main(["compare", LOAD])
    text = capsys.readouterr().out
    assert re.search(r"^  \d+ more, .*: --all$", text, re.M | re.S)
    assert max(map(len, text.splitlines())) <= 80
    main(["compare", LOAD, "--format", "csv", "--sort", "-USD/month"])
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    costs = [float(row["USD/month"]) for row in rows if row["USD/month"][:1].isdigit()]
    assert len(rows) > 40 and costs == sorted(costs, reverse=True)
    assert "All sized for" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", LOAD, "--json", "--top", "3"), "--top: '3' is not usable; allowed: either it or --json"),
        (("workloads", "--sort", "nam"), "--sort: 'nam' is not usable; allowed: did you mean 'name'?"),
        (("size", LOAD, *ONE, "--table", "bil"), "Invalid value for '--table': 'bil' is not one of"),
        (("compare", LOAD, "--format", "cvs"), "Invalid value for '--format': 'cvs' is not one of"),
        (("compare", LOAD, "--jsn"), "'--json'"),
        (("compar", LOAD), "No such command 'compar'. Did you mean 'compare'?"),
        (("breakeven", LOAD), "Did you mean 'break-even'?"),
    ],
)
def test_what_is_mistyped_is_one_line_with_the_near_name(arguments, said, capsys):
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == ""
    assert said in err and len(err.splitlines()) == 1


def test_one_of_several_tables(capsys):
    main(["size", LOAD, *ONE, "--table", "bill", "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    costs = [float(row["cost USD"]) for row in rows]
    main(["size", LOAD, *ONE, "--json"])
    assert sum(costs) == pytest.approx(json.loads(capsys.readouterr().out)["bill"]["total"])


def test_marks_stand_on_a_terminal_alone(monkeypatch):
    monkeypatch.setattr(terminal.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.coloured()
