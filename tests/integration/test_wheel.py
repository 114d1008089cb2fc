"""Proves that the wheel is complete: it runs in its own environment, far from the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("classify", "ingest", "models", "sameday", "sla", "web")
LEFTOVERS = shutil.ignore_patterns(".*", "__pycache__", "*.py[cod]", "*.db*", "build", "dist")


def run(*command: str | Path, folder: Path) -> str:
    """Run a command without the environment of this checkout and return what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what would be committed; where git can't tell, all but the usual leftovers."""
    tree = tmp_path_factory.mktemp("tree") / "sameday"
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        shutil.copytree(ROOT, tree, ignore=LEFTOVERS)
        return tree
    listed = run("git", "ls-files", "-z", "-co", "--exclude-standard", folder=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    return tree


@pytest.fixture(scope="module")
def wheel(tree: Path) -> Path:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "out", folder=tree)
    [wheel] = (tree / "out").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone into a new environment that borrows our dependencies."""
    place = tmp_path_factory.mktemp("elsewhere") / "environment"
    venv.create(place, symlinks=True)
    python = place / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index")
    run(*pip, wheel, folder=place)
    # A path listed in a .pth file is searched last, and .pth files found there are not followed:
    # the editable install of this checkout stays out of sight.
    site_packages = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=place
    )
    borrowed = Path(site_packages.strip()) / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return place


def test_the_wheel_holds_every_file_of_the_six_packages_and_nothing_else(
    tree: Path, wheel: Path
) -> None:
    ours = {
        file.relative_to(tree).as_posix()
        for package in PACKAGES
        for file in (tree / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == ours


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)


@pytest.mark.parametrize(
    "pattern",
    [
        "web/templates/*.html",
        "web/static/*",
        "models/db/migrations/script.py.mako",
        "models/db/migrations/versions/*.py",
        "classify/lexicons/*.toml",
    ],
)
def test_the_wheel_holds_what_is_not_code(pattern: str, wheel: Path) -> None:
    assert [name for name in zipfile.ZipFile(wheel).namelist() if Path(name).match(pattern)]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_imported_from_the_wheel(
    package: str, environment: Path, tmp_path: Path
) -> None:
    command = f"import {package}; print({package}.__file__)"
    found = Path(run(environment / "bin" / "python", "-c", command, folder=tmp_path).strip())
    assert found.is_relative_to(environment)


def test_the_command_runs_from_another_folder(environment: Path, tmp_path: Path) -> None:
    assert "Usage: sameday" in run(environment / "bin" / "sameday", "--help", folder=tmp_path)
