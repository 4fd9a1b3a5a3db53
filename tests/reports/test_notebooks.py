"""The notebooks: valid, thin, without outputs, and running by themselves with other parameters."""

from __future__ import annotations

import ast
import html
import json
from pathlib import Path

import nbformat
import pytest
import yaml

from streamfacts.errors import InputError
from streamplan.planning.shipped_workloads import shipped_workloads
from streamplan.runtime import notebook_runs as notebooks

FOLDER = notebooks.notebook_path("compare-platforms").parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CASE_FOLDER = Path(__file__).parent / "notebooks"
COMPARE = notebooks.notebook_path("compare-platforms")

#: What is tried with each notebook: a file of its name in tests/reports/notebooks/, see the README there.
CASES = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted(CASE_FOLDER.glob("*.yaml"))}
OWN_SOURCE = "a quote of the test's own"


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def found(value, files):
    """Put the paths of files where a case names them: `own`, `book`, or `file:NAME` for one beside the case."""
    if isinstance(value, list):
        return [found(v, files) for v in value]
    if isinstance(value, str) and value.startswith("file:"):
        return str(CASE_FOLDER / value.removeprefix("file:"))
    return files.get(value, value) if isinstance(value, str) else value


def code_of(notebook):
    return [ast.parse(cell.source) for cell in notebook.cells if cell.cell_type == "code"]


def displayed(executed):
    """Everything an executed notebook shows, as one text."""
    parts = []
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            parts.append(output.get("text", ""))
            parts += [str(v) for k, v in output.get("data", {}).items() if k.startswith("text/")]
    return html.unescape("\n".join(parts))


def errors(executed):
    return [o for c in executed.cells for o in c.get("outputs", []) if o.output_type == "error"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A workload and a price book of the test's own."""
    folder = tmp_path_factory.mktemp("own")
    fields = {"title": "A workload of the test", "write": "5 MB/s", "message": "2 KiB", "retention": "3 d"}
    (folder / "own.yaml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    (folder / "book.csv").write_text(
        "meter,sku,region,unit,price,as_of,source\n"
        f"aws.kinesis.shard,,us-west-2,shard-hour,0.001,2026-01-01,{OWN_SOURCE}\n"
        f"aws.kinesis.put-payload-units,,us-west-2,million-units,0.001,2026-01-01,{OWN_SOURCE}\n"
        f"aws.kinesis.shard-extended-retention,,us-west-2,shard-hour,0.001,2026-01-01,{OWN_SOURCE}\n",
        encoding="utf-8",
    )
    return {"own": str(folder / "own.yaml"), "book": str(folder / "book.csv")}


# ----------------------------------------------------------------------------------------------------------- as files


def test_there_are_notebooks_and_a_case_for_each():
    assert sorted(p.stem for p in NOTEBOOKS) == sorted(CASES)
    for case in CASES.values():
        assert set(case) == {"shows", "second", "second_shows"}
        assert case["shows"] and case["second_shows"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_valid_and_without_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.nbformat == 4
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
    assert notebook.metadata.kernelspec.name == "python3"
    assert "papermill" not in notebook.metadata


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_cell_ids_are_there_once(path):
    ids = [cell.id for cell in read(path).cells]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_one_cell_of_parameters_with_plain_values_and_comments(path):
    tagged = [c for c in read(path).cells if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1 and tagged[0].cell_type == "code"
    names = []
    for statement in ast.parse(tagged[0].source).body:
        assert isinstance(statement, (ast.Assign, ast.AnnAssign))
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        names.append(target.id)
        json.dumps(ast.literal_eval(statement.value))
    assert all("#" in line for line in tagged[0].source.splitlines() if line.strip())
    assert set(CASES[path.stem]["second"]) == set(names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_model_code(path):
    """Calls into streamplan, prose and figures; what can be computed is computed in the packages."""
    for tree in code_of(read(path)):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                pytest.fail(f"{path.name} imports {', '.join(a.name for a in node.names)}")
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] == "streamplan", node.module
            assert not isinstance(
                node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.BinOp)
            ), f"{path.name}, line {getattr(node, 'lineno', '?')}: {type(node).__name__}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_default_workload_is_shipped(path):
    cell = next(c for c in read(path).cells if "parameters" in c.metadata.get("tags", []))
    for statement in ast.parse(cell.source).body:
        if isinstance(statement, ast.AnnAssign) and statement.target.id == "workload":
            assert ast.literal_eval(statement.value) in shipped_workloads()


# ------------------------------------------------------------------------------------------------------------ running


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs_with_its_defaults(path):
    executed = notebooks.run(path, None, {}, progress=False)
    assert errors(executed) == []
    text = displayed(executed)
    assert "streamplan-chart" in text
    for expected in CASES[path.stem]["shows"]:
        assert expected in text, expected
    assert 'class="stderr"' not in text
    assert not [o for c in executed.cells for o in c.get("outputs", []) if o.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs_with_other_parameters_and_takes_them(path, files, tmp_path):
    case = CASES[path.stem]
    parameters = {key: found(value, files) for key, value in case["second"].items()}
    output = tmp_path / "executed.ipynb"
    executed = notebooks.run(path, output, parameters, progress=False)
    assert errors(executed) == []
    text = displayed(executed)
    for expected in case["second_shows"]:
        assert expected in text, expected
    assert nbformat.read(output, as_version=4).metadata.papermill.parameters == parameters
    assert path.read_bytes() == (FOLDER / path.name).read_bytes() and read(path).cells[1].get("outputs", []) == []


def test_runs_where_nothing_fits(tmp_path):
    """The answer is that there is none, with the reasons; not an error."""
    path = tmp_path / "huge.yaml"
    path.write_text("write: 100 TB/s\npeak_ratio: 1000\nmessage: 1 KiB\n", encoding="utf-8")
    metered = ["msk-serverless", "kinesis-on-demand-standard"]
    executed = notebooks.run(COMPARE, None, {"workload": str(path), "platforms": metered}, progress=False)
    assert errors(executed) == []
    assert "is both feasible and fully priced" in displayed(executed)


# --------------------------------------------------------------------------------------------------- what it refuses


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_unknown_parameter_is_refused_with_the_nearest(path):
    name = next(iter(CASES[path.stem]["second"]))
    with pytest.raises(InputError, match=rf"'{name[1:]}'.*{name}"):
        notebooks.run(path, None, {name[1:]: 1}, progress=False)


@pytest.mark.parametrize("name", ["Workload", "price_book", "hours"])
def test_near_misses_are_refused_too(name):
    with pytest.raises(InputError, match=name):
        notebooks.run(COMPARE, None, {name: 1}, progress=False)


def test_unknown_notebook():
    with pytest.raises(LookupError, match="compare-platfroms"):
        notebooks.notebook_path("compare-platfroms")


def test_bad_input_in_a_notebook_names_field_and_value():
    import papermill

    with pytest.raises(papermill.PapermillExecutionError, match=r"exmple-100mib.*example-100mib"):
        notebooks.run(COMPARE, None, {"workload": "exmple-100mib"}, progress=False)


def test_body_leaves_the_code_out(tmp_path):
    cells = [nbformat.v4.new_code_cell("secret_name = 1", id="a"), nbformat.v4.new_markdown_cell("# Seen", id="b")]
    body = notebooks.body_of(nbformat.v4.new_notebook(cells=cells))
    assert "Seen" in body and "secret_name" not in body
    assert list(Path(tmp_path).iterdir()) == []
