"""What is installed: requirements that agree, a wheel that carries its data, light imports, our own packages."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("capacity", "pricing", "streamfacts", "streamplan")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def required(*extras: str) -> dict[str, SpecifierSet]:
    """Requirements of the core and some extras, by name; an extra that names another one is followed."""
    out: dict[str, SpecifierSet] = {}
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    for requirement in map(Requirement, lines):
        if canonicalize_name(requirement.name) == PROJECT["name"]:
            out |= required(*requirement.extras)
        else:
            out[canonicalize_name(requirement.name)] = requirement.specifier
    return out


def pins(name: str) -> dict[str, Version]:
    """Versions of a constraints file by name; every pin must be exact, for some systems perhaps, and nothing else."""
    out = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "    --hash=sha256:")):
            continue
        requirement = Requirement(line.removesuffix(" \\"))
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", line
        assert requirement.url is None and not requirement.extras, line
        out[canonicalize_name(requirement.name)] = Version(specifier.version)
    return out


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, without what would lead an interpreter to the checkout."""
    out = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "STREAMPLAN_DATA")}
    return out | {"PYTHONDONTWRITEBYTECODE": "1"} | changes


def run(*command: object, cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=cwd, env=environment(**changes), text=True, capture_output=True, timeout=300)


def printed(*command: object, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_conda_environment_lists_what_pyproject_requires() -> None:
    document = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [Requirement(line) for line in document["dependencies"] if isinstance(line, str)]
    listed = {canonicalize_name(requirement.name): requirement.specifier for requirement in plain}
    assert listed.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert listed.pop("jsonschema") == SpecifierSet("<4.25")
    assert listed.pop("pip") == SpecifierSet()
    assert listed == required("notebooks")
    assert {"pip": ["-e ."]} in document["dependencies"]


def test_notebooks_bring_the_charts() -> None:
    assert required("charts").items() <= required("notebooks").items()


def test_requirements_have_no_upper_bound() -> None:
    for name, specifiers in required("notebooks", "dev").items():
        assert {specifier.operator for specifier in specifiers} == {">="}, name


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("constraints*.txt")))
def test_constraints_name_no_host_and_no_path(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not [mark for mark in ("://", "/", "@", "--") if mark in text.replace("    --hash=sha256:", "")]
    assert pins(file)


def test_constraints_pin_every_requirement_within_its_bounds() -> None:
    pinned = pins("constraints.txt")
    for name, specifier in required("notebooks", "dev").items():
        assert name in pinned, f"{name} is not pinned: make lock"
        assert pinned[name] in specifier, f"{name} {pinned[name]} is not {specifier}"
    assert pinned["jsonschema"] in SpecifierSet("<4.25")


def test_constraints_admit_the_oldest_python() -> None:
    """Debian 12 has 3.11.2, and there are packages that ask for 3.11.5."""
    for name, version in pins("constraints.txt").items():
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if Version(metadata["Version"]) == version:
            assert "3.11.0" in SpecifierSet(metadata.get("Requires-Python", "")), name


def test_the_peer_of_the_benchmarks_stays_out_of_the_normal_environment() -> None:
    assert "service-capacity-modeling" in pins("constraints-bench.txt")
    assert "service-capacity-modeling" not in pins("constraints.txt")


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source archive, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    printed(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


@pytest.fixture(scope="module")
def installed(archives: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds our wheel; its requirements are read from the running one, the checkout is not.

    A folder named in a .pth file is only put on the path: the .pth of an editable install in it is not followed.
    """
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    printed(*pip, "install", "--quiet", "--no-deps", "--no-index", archives[0], cwd=folder)
    own = Path(printed(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    requirements = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (own / "requirements.pth").write_text("\n".join(sorted(requirements)) + "\n", encoding="utf-8")
    return folder


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_the_four_packages_and_nothing_beside_them(archives: tuple[Path, Path]) -> None:
    top = {name.split("/")[0] for name in names_in(archives[0])}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)
    assert len(top) == len(PACKAGES) + 1


def test_wheel_holds_data_notebooks_and_type_markers(archives: tuple[Path, Path]) -> None:
    names = names_in(archives[0])
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    for shipped, folder, pattern in (
        ("streamfacts/_data", "data", "**/*.csv"),
        ("streamfacts/_data", "data", "workloads/*.yaml"),
        ("streamplan/_notebooks", "notebooks", "*.ipynb"),
        ("streamplan/views/templates", "streamplan/views/templates", "*"),
    ):
        here = {f"{shipped}/{path.relative_to(ROOT / folder)}" for path in (ROOT / folder).glob(pattern)}
        assert here - {name for name in here if "/raw/" in name} <= names
    assert not [name for name in names if "checkpoint" in name or name.endswith((".pyc", ".tmp"))]


def test_wheel_of_the_source_archive_is_the_same(archives: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, source = archives
    safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4 and later
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, **safely)
    (folder,) = tmp_path.iterdir()
    printed(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "again", cwd=folder)
    (again,) = (tmp_path / "again").glob("*.whl")
    assert names_in(again) == names_in(wheel)


def test_installed_wheel_is_used_from_another_folder(installed: Path, tmp_path: Path) -> None:
    code = """
import capacity, pricing, streamfacts, streamplan
from capacity import Workload
from pricing import PriceBook
from streamfacts import data_dir
from streamplan.runtime.notebook_runs import notebook_path
for module in (capacity, pricing, streamfacts, streamplan):
    print(module.__file__)
print(data_dir())
print(notebook_path("compare-platforms"))
assert len(PriceBook.load().prices) > 100
assert Workload.load(data_dir() / "workloads" / "example-100mib.yaml").write is not None
"""
    paths = printed(installed / "bin" / "python", "-c", code, cwd=tmp_path).split("\n")[:-1]
    assert len(paths) == 6
    assert [path for path in paths if not Path(path).is_relative_to(installed)] == []


def test_installed_command_compares(installed: Path, tmp_path: Path) -> None:
    (data,) = installed.glob("lib/*/site-packages/streamfacts/_data")
    shutil.copy(data / "workloads" / "example-100mib.yaml", tmp_path / "mine.yaml")
    command = installed / "bin" / "streamplan"
    assert "msk-express" in printed(command, "compare", "mine.yaml", "--json", cwd=tmp_path)
    assert printed(command, "--version", cwd=tmp_path).strip()


@pytest.mark.parametrize("package", ["capacity", "pricing", "streamplan"])
def test_import_stays_light(installed: Path, tmp_path: Path, package: str) -> None:
    """Whoever imports us in a service gets neither charts nor notebooks, and SciPy only when it is used."""
    heavy = "altair vl_convert scipy IPython ipykernel ipywidgets jupyter nbclient nbconvert nbformat papermill zmq"
    code = f"import {package}, sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = printed(installed / "bin" / "python", "-c", code, cwd=tmp_path).split()
    assert package in loaded
    assert [name for name in loaded if name in heavy.split() or name.startswith("jupyter")] == []


def unrelated(folder: Path, package: str) -> None:
    """Put a package of the same name there, as the unrelated ones on the package index have."""
    (folder / package).mkdir(parents=True, exist_ok=True)
    (folder / package / "__init__.py").write_text("version = '1.3.14'\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("package", "case"),
    [
        ("capacity", "in front of ours"),
        ("pricing", "in front of ours"),
        ("capacity", "over ours"),
        ("pricing", "over ours"),
        ("capacity", "took files of ours along when it was uninstalled"),
        ("pricing", "took files of ours along when it was uninstalled"),
    ],
)
def test_a_foreign_package_of_our_name_is_called_by_its_name(tmp_path: Path, package: str, case: str) -> None:
    ours, front = tmp_path / "ours", tmp_path / "front"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, ours / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", ours / "data")
    front.mkdir()
    if case == "in front of ours":
        unrelated(front, package)
    elif case == "over ours":
        unrelated(ours, package)
    else:
        (ours / package / {"capacity": "registry.py", "pricing": "billing.py"}[package]).unlink()
    done = run(
        sys.executable, "-c", "from streamplan import compare", cwd=front, PYTHONPATH=f"{front}{os.pathsep}{ours}"
    )
    assert done.returncode == 1
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith(f"ImportError: the package '{package}' that Python found is not")
    assert f"pip uninstall -y {package} streamplan" in message
