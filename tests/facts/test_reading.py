"""Files from outside: what is refused at once, what YAML 1.2 says, and a bad cell that fails its row alone."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from capacity import Workload
from streamfacts import reading
from streamfacts.core_yaml import parse_yaml, to_yaml
from streamfacts.errors import InputError
from streamfacts.reading import parse_json, read_cell, read_csv, read_document, read_mapping, read_text
from streamplan.cli import main

GOOD = "write: 10 MB/s\nmessage: 1 KiB\n"


def lines_of_aliases(levels: int, times: int) -> str:
    """Lists of lists by alias, each level `times` as large as the one before: 300 bytes that stand for millions."""
    names = "abcdefghijklmnop"[:levels]
    text = f"a: &a [{','.join(['x'] * times)}]\n"
    for before, name in pairwise(names):
        text += f"{name}: &{name} [{','.join([f'*{before}'] * times)}]\n"
    return text


REFUSED = {
    "aliases that multiply": (lines_of_aliases(9, 9) + GOOD, "aliases that repeat at most"),
    "few aliases that multiply": (lines_of_aliases(14, 3) + GOOD, "aliases that repeat at most"),
    "merges that multiply": (
        "a: &a {x: 1}\n"
        + "".join(
            f"{b}: &{b} {{<<: [{','.join([f'*{a}'] * 9)}]}}\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "aliases that repeat at most",
    ),
    "alias inside itself": ("write: &w [*w]\nmessage: 1 KiB\n", "no alias inside of what it stands for"),
    "alias inside a mapping of itself": ("write: &w {low: *w, high: 3}\n", "no alias inside of what it stands for"),
    "aliases that nest": (
        "".join(f"k{i}: &k{i} [{f'*k{i - 1}' if i else ''}]\n" for i in range(40)),
        "nests at most 20 levels, aliases included",
    ),
    "brackets": ("write: " + "[" * 5000 + "]" * 5000, "nests at most 20 levels"),
    "braces": ("write: " + "{a: " * 3000 + "}" * 3000, "nests at most 20 levels"),
    "dashes": ("- " * 3000 + "x\n", "nests at most 20 levels"),
    "values without end": ("write: [" + "1," * 300_000 * 2 + "]", "at most 500,000 values"),
    "key twice": (GOOD + "write: 2 MB/s\n", "each key once; line 3"),
    "key twice, once in quotes": (GOOD + '"write": 2 MB/s\n', "each key once; line 3"),
    "inner key twice": ("write: {low: 1 MB/s, low: 2 MB/s, high: 3 MB/s}\nmessage: 1 KiB\n", "each key once; line 1"),
    "object of Python": ("write: !!python/name:os.system\n", "parser stopped at line 1"),
    "bytes": ("write: !!binary aGVsbG8=\n", "could not determine a constructor"),
    "set": ("write: !!set {a, b}\n", "could not determine a constructor"),
    "date by its tag": ("write: !!timestamp 2026-01-01\n", "could not determine a constructor"),
    "number that is none": ("write: !!int ten\n", "parser stopped"),
    "number of a million digits": ("fan_out: 0x" + "f" * 100_000 + "\n", "parser stopped"),
    "key that is a list": ("? [a, b]\n: 1\n", "parser stopped"),
    "two documents": ("a: 1\n---\nb: 2\n", "parser stopped at line 2"),
    "NUL": ("write: \0\n", "parser stopped"),
}


@pytest.mark.parametrize("text, why", REFUSED.values(), ids=REFUSED)
def test_refused_with_file_and_reason(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_document(path, "workload")
    said = str(caught.value)
    assert why in said and "mine.yaml" in said and "workload" in said
    assert len(said) < 600


def test_aliases_that_do_not_multiply_are_read() -> None:
    text = "base: &base {team: shop, retention: 7 d}\nrows:\n" + "".join(
        f"  - {{<<: *base, name: a{i}, write: 1 MB/s}}\n" for i in range(500)
    )
    rows = parse_yaml(text, "portfolio", "mine.yaml")["rows"]
    assert len(rows) == 500 and rows[7] == {"team": "shop", "retention": "7 d", "name": "a7", "write": "1 MB/s"}


CORE = {
    "1:30": "1:30",  # 90 in YAML 1.1, to the base of sixty
    "1:30:00": "1:30:00",
    "0100": 100,  # 64 in YAML 1.1
    "0o100": 64,
    "0x1F": 31,
    "0b11": "0b11",
    "1_000": "1_000",
    "+5": 5,
    "-5": -5,
    "1e3": 1000.0,  # text in YAML 1.1, which asks for a dot and a sign
    "1E-3": 0.001,
    ".5": 0.5,
    "5.": 5.0,
    "1.5": 1.5,
    "-.inf": float("-inf"),
    "yes": "yes",
    "no": "no",
    "on": "on",
    "off": "off",
    "y": "y",
    "true": True,
    "False": False,
    "TRUE": True,
    "tRUE": "tRUE",
    "null": None,
    "~": None,
    "": None,
    "2026-01-31": "2026-01-31",
    "2026-13-45": "2026-13-45",
    "2026-01-31T10:00:00Z": "2026-01-31T10:00:00Z",
    "=": "=",
    "1e999": "1e999",
    "'5'": "5",
    "9" * 17: int("9" * 17),
}


@pytest.mark.parametrize("text", CORE)
def test_the_core_schema_of_yaml_1_2(text: str) -> None:
    """https://yaml.org/spec/1.2.2/#103-core-schema; a number that is infinite unasked stays as it is written."""
    found = parse_yaml(f"field: {text}", "f", "f.yaml")["field"]
    assert found == CORE[text] and type(found) is type(CORE[text])


@pytest.mark.parametrize("text", [*CORE, "0x", "1e3", "12:30:45", "2026-01-31", "<<", "a: b", "- x", "#", "*a", "on"])
def test_text_is_written_so_that_it_is_read_as_text(text: str) -> None:
    assert parse_yaml(to_yaml({"field": text}), "f", "f.yaml") == {"field": text}


def test_nan_is_a_number_of_the_core_schema() -> None:
    found = parse_yaml("field: .nan", "f", "f.yaml")["field"]
    assert found != found


@pytest.mark.parametrize(
    "field, text, said",
    [
        ("fan_out", "1:30", "fan_out: '1:30'"),
        ("partitions", "1:30:00", "partitions: '1:30:00'"),
        ("tls", "yes", "tls: 'yes' is not usable; allowed: true or false"),
        ("retention", "2026-01-31", "retention: '2026-01-31'"),
        ("self", "x", "'self' is not usable"),
        ("__class__", "x", "'__class__' is not usable"),
        ("__init__", "x", "'__init__' is not usable"),
        ("cls", "x", "'cls' is not usable"),
        ("model_config", "x", "'model_config' is not usable"),
        ("_origin", "{a: b}", "'_origin' is not usable"),
        ("write", "10 " + "M" * 20_000 + "B/s", "write: '10 MMMM"),
        ("'re\\n\\u001b[2Jgion'", "x", "workload field"),
        ("x" * 1000, "1", "workload field"),
        ("fan_out", "9" * 400, "fan_out"),
        ("fan_out", "9" * 5000, "fan_out"),
        ("fan_out", "{low: 1, high: [[[]]]}", "fan_out"),
        ("growth", "{self: 1}", "'self'"),
        ("growth", "{yearly: 10%, __class__: 1}", "'__class__'"),
        ("growth", "{launches: [{month: 1:30, times: 2}]}", "growth.launches.month: '1:30'"),
        ("use_up_to", "{self: 0.5}", "'self'"),
        ("regions", "{self: us-east-1}", "regions.self"),
        ("correlation", "{self: 0.5}", "self"),
    ],
)
@pytest.mark.parametrize("command", ["compare", "size"])
def test_unusable_fields_of_a_file_are_named_with_the_file(command, field, text, said, tmp_path, capsys) -> None:
    path = tmp_path / "mine.yaml"
    given = {"write": "10 MB/s", "message": "1 KiB", field: text}
    path.write_text("".join(f"{key}: {value}\n" for key, value in given.items()), encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        main([command, str(path), "--json", *(["--platform", "msk-standard"] if command == "size" else [])])
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == ""
    assert said in err and err.startswith("streamplan: mine.yaml: ") and err.count("\n") == 1
    assert len(err) < 600 and err.strip().isprintable()


def test_a_leading_zero_is_decimal(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(GOOD + "partitions: 0100\n", encoding="utf-8")
    assert Workload.load(tmp_path / "w.yaml").partitions.likely == 100


@pytest.mark.parametrize("field", ["self", "__class__"])
def test_such_a_field_from_python_is_unknown_too(field: str) -> None:
    with pytest.raises(InputError, match=f"'{field}'"):
        Workload(**{"write": "1 MB/s", field: "x"})


# ------------------------------------------------------------------------------------------------- what is no file


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with a name")
    os.mkfifo(tmp_path / "pipe.yaml")
    return tmp_path / "pipe.yaml"


def test_a_pipe_is_refused_at_once(pipe: Path) -> None:
    """Nobody writes to it: whoever opens it as a file waits for ever."""
    for read in (read_text, read_mapping, read_document, read_csv):
        with pytest.raises(InputError, match="that is a pipe"):
            read(pipe, "workload")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="this system has no devices")
@pytest.mark.parametrize("read", [read_text, read_document, read_csv])
def test_a_device_is_refused_at_once(read) -> None:
    with pytest.raises(InputError, match="that is a device"):
        read("/dev/zero", "workload")


def test_a_name_with_a_nul_is_no_file() -> None:
    with pytest.raises(InputError, match="readable"):
        read_text("a\0b.yaml", "workload")


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    path = tmp_path / "large.csv"
    path.write_text("a\n" + "1\n" * 499, encoding="utf-8")
    assert len(read_csv(path, "history").lines) == 499
    path.write_text("a\n" + "1\n" * 500, encoding="utf-8")
    with pytest.raises(InputError, match=r"at most 0\.001 MB; that one is larger"):
        read_csv(path, "history")


EVERY_READER = {
    "workload": ["compare", "FILE.yaml"],
    "price book": ["compare", "example-100mib", "--price-book", "FILE.csv"],
    "discount": ["compare", "example-100mib", "--price-book", "FILE.yaml"],
    "people": ["compare", "example-100mib", "--people-file", "FILE.csv"],
    "usage file": ["bill", "FILE.csv"],
    "usage as YAML": ["bill", "FILE.yaml"],
    "portfolio of reports": ["batch", "FILE.csv", "--out", "out"],
    "portfolio of charges": ["chargeback", "FILE.csv", "--platform", "msk-standard"],
    "portfolio as YAML": ["chargeback", "FILE.yaml", "--platform", "msk-standard"],
    "requirements": ["decide", "example-100mib", "--requirements", "FILE.yaml"],
    "cluster": ["predict", "FILE.yaml"],
    "clusters": ["predict", "FILE.csv"],
    "measurements": ["calibrate", "FILE.csv", "--cluster", "FILE.yaml"],
    "history": ["forecast", "FILE.csv"],
    "messages": ["measure-messages", "FILE.jsonl"],
}


@pytest.mark.parametrize("arguments", EVERY_READER.values(), ids=EVERY_READER)
@pytest.mark.parametrize("kind", ["pipe", "too large", "not UTF-8", "nothing"])
def test_every_reader_of_the_command_line_is_guarded(arguments, kind, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reading, "MOST_BYTES", 200)
    for name in {argument for argument in arguments if argument.startswith("FILE.")}:
        if kind == "pipe":
            os.mkfifo(name)
        elif kind == "nothing":
            Path(name).touch()
        else:
            Path(name).write_bytes(b"\xff\xfe\x00" if kind == "not UTF-8" else b"x" * 300)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == "" and "Traceback" not in err
    assert err.startswith("streamplan: ") and len(err) < 800


# ------------------------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    "text, why",
    [
        ('{"a": 1, "a": 2}', "each key once"),
        ('{"a": NaN}', "finite numbers"),
        ('{"a": -Infinity}', "finite numbers"),
        ("[" * 100_000 + "]" * 100_000, "without end"),
        ("[" * 50 + "]" * 50, "nests at most 20 levels"),
        ("{", "well-formed JSON"),
        ("", "well-formed JSON"),
    ],
)
def test_unusable_json(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        parse_json(text, "measurements", "mine.json")
    assert "mine.json" in str(caught.value)


def test_numbers_of_json() -> None:
    found = parse_json('{"a": [1, 2.5, ' + "9" * 300 + "]}", "f", "f.json")
    assert found == {"a": [1, 2.5, float("9" * 300)]}


# ------------------------------------------------------------------------------------------------------ rows and cells


@pytest.mark.parametrize(
    "text, why",
    [
        ("a,b,a\n1,2,3\n", "columns: 'a'.*each column once"),
        ("a,b\n1\0,2\n", "NUL"),
        ('a,b\n"1,2\n', "readable CSV"),
        ("a,b\n" + "x" * 200_000 + ",2\n", "readable CSV"),
    ],
)
def test_unusable_tables(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=why):
        read_csv(tmp_path / "mine.csv", "table")


def test_rows_have_their_line_their_cells_and_their_problem(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('\ufeffa, b\n1, "2,5"\n\n3\n4,5,6\n', encoding="utf-8")
    table = read_csv(tmp_path / "t.csv", "table")
    assert table.header == ("a", "b")
    assert [(line.number, dict(line.cells)) for line in table.lines] == [
        (2, {"a": "1", "b": "2,5"}),
        (4, {"a": "3", "b": ""}),
        (5, {"a": "4", "b": "5"}),
    ]
    assert [line.problem is None for line in table.lines] == [True, False, False]
    with pytest.raises(InputError, match=r"t.csv row 4: '1 fields'.*2 fields, as in the header"):
        _ = table.sound
    assert [line.problem is None for line in read_csv(tmp_path / "t.csv", "table", ragged=True).lines] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "cell, why",
    [
        ("{low: 1 MB/s, low: 2 MB/s, high: 3 MB/s}", "each key once"),
        ("{a: " + "[" * 3000 + "]" * 3000 + "}", "nests at most 20"),
        ("{low: &a [*a], high: 3}", "alias"),
        ("{low: 1 MB/s", "a mapping as in YAML"),
        ("{low: !!python/name:os.system x}", "a mapping as in YAML"),
        ("{low: 1} {high: 2}", "a mapping as in YAML"),
    ],
)
def test_unusable_cells(cell: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read_cell(cell, "write")
    assert len(str(caught.value)) < 500


#: Cells that a portfolio may hold, each with what its row's message says.
BAD_CELLS = {
    "deep": ("{a: " + "[" * 3000 + "]" * 3000 + "}", "nests at most 20 levels"),
    "twice": ("{low: 1 MB/s, low: 2 MB/s, high: 3 MB/s}", "each key once"),
    "date": ("{low: 2026-13-45, high: 3}", "write.low: '2026-13-45'"),
    "alias": ("{low: &a [*a], high: 3 MB/s}", "alias"),
    "bits": ("10 mb/s", "no unit of that kind"),
    "long": ("10 " + "M" * 3000 + "B/s", "characters"),
    "self": ("{self: 1}", "a range with low, high"),
}


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    rows = "".join(f'{name},x,"{cell}",1 KiB,msk-express\n' for name, (cell, _) in BAD_CELLS.items())
    path = tmp_path / "p.csv"
    path.write_text("name,team,write,message,platforms\nok,x,10 MB/s,1 KiB,msk-express\n" + rows + "short,x\n")
    return path


def test_a_bad_cell_fails_its_row_alone_in_a_chargeback(portfolio: Path, capsys) -> None:
    text = portfolio.read_text().replace(",platforms", "").replace(",msk-express", "")
    portfolio.write_text(text)
    with pytest.raises(SystemExit) as stop:
        main(["chargeback", str(portfolio), "--platform", "msk-express", "--json"])
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert stop.value.code == 2 and document["total_usd"] > 0
    reasons = {row["name"]: row["reason"] for row in document["left_out"]}
    assert set(reasons) == {*BAD_CELLS, "short"}
    for number, (name, (_, why)) in enumerate(BAD_CELLS.items(), 3):
        assert why in reasons[name] and f"p.csv row {number} ({name}): " in reasons[name]
    assert "not given" not in reasons["short"] or "write" in reasons["short"]
    assert any(f"{len(reasons)} of {len(reasons) + 1} rows are left out" in s for s in document["summary"])
    assert f"{len(reasons)} of {len(reasons) + 1} rows" in err and len(err.splitlines()) <= 12


def test_a_bad_cell_fails_its_row_alone_in_a_batch(portfolio: Path) -> None:
    from streamplan.reports.batch_rows import read_portfolio

    rows = {row.name: row for row in read_portfolio(portfolio)}
    assert rows["ok"].problem is None
    for name, (_, why) in BAD_CELLS.items():
        assert why in str(rows[name].problem)
    assert "2 fields" in str(rows["short"].problem)


def test_a_budget_of_a_team_whose_row_fails_is_no_error(tmp_path: Path) -> None:
    from streamplan.analyses.chargeback.portfolio import open_portfolio

    path = tmp_path / "p.yaml"
    path.write_text(
        "budgets: {shop: 5, web: 7}\napplications:\n"
        "  - {name: a, team: shop, write: 1 MB/s}\n  - {name: b, team: web, write: 1 mb/s}\n",
        encoding="utf-8",
    )
    opened = open_portfolio(path)
    assert opened.teams == ("shop",) and [row.team for row in opened.left_out] == ["web"]
