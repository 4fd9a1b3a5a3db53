"""The texts: links that resolve, current examples, a site without warnings that asks nothing of any network."""

from __future__ import annotations

import html
import re
import shlex
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest
import yaml
from packaging.requirements import Requirement

from capacity import Range, Workload
from streamfacts import errors
from streamplan import __version__
from streamplan.cli import cli
from tools import examples, reference
from tools.reference import api, tables
from tools.reference import commands as commands_of
from tools.reference import workload as fields_of

pytestmark = pytest.mark.slow

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").is_file())
DOCS = ROOT / "docs"
LOOSE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in (*LOOSE, *PAGES)}
every_text = pytest.mark.parametrize("name", TEXTS)
#: Folders of the checkout, by which a path in backticks is told.
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"build", "reports", "dist"}


def prose(text: str) -> str:
    """A text without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as a forge and MyST make them."""
    found = re.findall(r"^#+ (.+)$", prose(text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def commands_in(text: str) -> list[str]:
    """The lines of streamplan in the blocks of a text that show a shell, without the comments."""
    lines = [
        line.removeprefix("$ ")
        for block in examples.blocks(text)
        if block.language in ("sh", "console")
        for line in block.text.splitlines()
    ]
    return [line for line in lines if line.startswith("streamplan ")]


@every_text
def test_links_resolve(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(TEXTS[name])):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name}: {target}"
        assert file.is_relative_to(ROOT), f"{name}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{name}: {target}"


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "CHANGELOG.md"])  # it names what is gone
def test_paths_in_the_texts_are_there(name):
    """`data/x.csv` and the like; a word in angle brackets or an asterisk stands for any name."""
    for path in re.findall(r"`([\w.-]+/[^`\s]*)`", prose(TEXTS[name])):
        if path.split("/")[0] in FOLDERS:
            pattern = re.sub(r"<[^>]+>", "*", path).rstrip("/")
            assert any(ROOT.glob(pattern)), f"{name}: {path}"


@every_text
def test_commands_in_the_texts_parse(name, tmp_path, monkeypatch):
    """Each is one of ours, has the options that it is given, and takes their values."""
    monkeypatch.chdir(tmp_path)
    for line in commands_in(TEXTS[name]):
        _, *words = shlex.split(line, comments=True)
        for word in words:
            if re.fullmatch(r"[\w-]+\.(yaml|csv|json|jsonl|avro)", word):
                Path(word).write_text("", encoding="utf-8")
        context = click.Context(cli, info_name="streamplan")
        group: click.Command = cli
        while isinstance(group, click.Group):
            command = group.get_command(context, words[0])
            assert command is not None, f"{name}: no command {words[0]!r}: {line}"
            group, words = command, words[1:]
        try:
            group.make_context(group.name, words, parent=context)
        except click.UsageError as error:
            pytest.fail(f"{name}: {line}: {error.format_message()}")


def test_commands_are_found_in_the_texts():
    used = {line.split()[1] for text in TEXTS.values() for line in commands_in(text)}
    all_names = {name.split()[0] for name in commands_of.commands()}
    assert used == all_names


@every_text
def test_make_has_the_targets_in_the_texts(name):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", TEXTS[name], re.M)) <= targets


@pytest.mark.parametrize("page", examples.pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_are_current(page):
    text = page.read_text(encoding="utf-8")
    assert examples.current(text) == text, "run: python -m tools.examples"


def test_the_readme_and_the_tutorial_have_examples():
    assert {path.relative_to(ROOT).as_posix() for path in examples.pages()} == {"README.md", "docs/tutorial/index.md"}


@pytest.mark.parametrize("name", [name for name in TEXTS if "```python\n" in TEXTS[name]])
def test_python_in_the_texts_runs(name):
    for block in examples.blocks(TEXTS[name]):
        if block.language == "python":
            exec(compile(block.text, name, "exec"), {})


@every_text
def test_workloads_in_the_texts_are_read(name, tmp_path):
    file = tmp_path / "text.yaml"
    for block in examples.blocks(TEXTS[name]):
        if block.language == "yaml" and re.search(r"^write:", block.text, re.M):
            file.write_text(block.text, encoding="utf-8")
            assert Workload.load(file).write is not None


def test_the_readme_is_short_and_names_the_two_commands():
    lines = TEXTS["README.md"].splitlines()
    assert len(lines) <= 130
    assert {"make report", "make test"} <= {" ".join(line.split()[:2]) for line in lines}


def test_dependencies_are_all_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = TEXTS["docs/explanation/dependencies.md"]
    named = {word.strip() for row in re.findall(r"^\| ([^|]+) \|", table, re.M) for word in re.split(r"[,(]", row)}
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    assert {Requirement(line).name for line in lines} - {project["name"]} <= named


class Page(HTMLParser):
    """Text of a built page, and what a browser fetches to show it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.words: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag != "a":
            self.fetched += [given[name] for name in ("src", "href", "srcset", "data", "poster") if given.get(name)]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    words = ["-q", "-E", "-W", "--keep-going", "-b", "html", "-d", folder / "doctrees", DOCS, folder / "html"]
    done = subprocess.run([sys.executable, "-m", "sphinx", *map(str, words)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr == done.stdout == ""
    return folder / "html"


def test_every_page_is_built(site):
    for path in PAGES:
        assert (site / path.relative_to(DOCS)).with_suffix(".html").is_file()


def test_the_site_asks_nothing_of_any_network(site):
    for path in site.rglob("*.html"):
        assert [link for link in Page(path).fetched if re.match(r"(https?:)?//", link)] == [], path.name
    for path in site.rglob("*.css"):
        styles = path.read_text(encoding="utf-8")
        assert re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import[^;]*//", styles) == [], path.name


def test_each_generated_part_has_its_page():
    asked = [part for text in TEXTS.values() for part in reference.asked(text)]
    assert sorted(asked) == sorted(reference.PARTS)


def test_the_reference_has_every_command_and_option(site):
    page = Page(site / "reference" / "cli.html")
    for name, command in commands_of.commands().items():
        assert f"streamplan {name} " in page.text
        for option in commands_of.options(command):
            assert set(option.opts) <= set(page.text.replace(",", " ").replace(".", " ").split()), option.opts


def test_the_reference_has_every_exit_status():
    stated = {int(status) for status in re.findall(r"^\| (\d) \|", TEXTS["docs/reference/cli.md"], re.M)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_status")]
    assert stated == {0} | {kind.exit_status for kind in kinds if kind is not errors.StreamplanError}


def test_the_reference_has_every_field(site):
    page = Page(site / "reference" / "workload.html")
    for model in fields_of.models():
        for name, info in model.model_fields.items():
            assert (info.alias or name) in page.words, f"{model.__name__}.{name}"
    for name in Workload.quantities():
        info = Workload.model_fields[name]
        unit = Workload.unit_of(name)
        row = next(line for line in fields_of.markdown().splitlines() if line.startswith(f"| `{name}` |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert unit in ("", cells[3])
        default = info.get_default(call_default_factory=True)
        assert cells[4] == (f"`{default.likely:g}`" if isinstance(default, Range) else "")


def test_every_field_of_a_workload_says_what_it_is():
    assert [name for name, info in Workload.model_fields.items() if not info.description] == []


def test_the_reference_has_every_public_name(site):
    page = Page(site / "reference" / "api.html")
    for package in api.PACKAGES:
        for name in api.names(package):
            assert f'id="{name.lower().replace("_", "-")}' in page.source or f"{package}.{name}" in page.text, name


def test_the_reference_has_every_table_and_column(site):
    page = Page(site / "reference" / "data.html")
    for path in tables.files():
        assert f"data/{path.relative_to(tables.data_dir()).as_posix()}" in page.text
        for column in path.read_text(encoding="utf-8").splitlines()[0].split(","):
            assert column in page.words


def test_the_reference_has_every_offer(site):
    from click.testing import CliRunner

    page = html.unescape(Page(site / "reference" / "platforms.html").text)
    lines = CliRunner().invoke(cli, ["platforms"]).stdout.splitlines()
    names = [line.split()[0] for line in lines if line[:1].isalpha()]
    assert len(names) > 40
    assert [name for name in names if f"{name} )" not in page and f"{name})" not in page] == []


def test_the_citation_is_of_this_version():
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license", "type"} <= set(found)
    assert (found["title"], found["version"], found["license"]) == ("streamplan", __version__, "Apache-2.0")


def test_the_change_log_begins_with_what_is_not_released():
    assert TEXTS["CHANGELOG.md"].startswith("# Changelog\n")
    assert re.findall(r"^## (.+)$", TEXTS["CHANGELOG.md"], re.M)[0] == "Unreleased"


def test_hooks_run_what_the_environment_has():
    """Nothing is fetched for them: each calls a command of .venv, and `make lint` runs the same."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert "://" not in text
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1]
    for repository in yaml.safe_load(text)["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            program = hook["entry"].split()[0]
            assert program.startswith(".venv/bin/") and Path(program).name in lint
