"""Proves that our plain folder names are safe as import names, and that the wheel's recipe fits."""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("classify", "ingest", "models", "sameday", "sla", "web")
VAGUE_WORDS = ("util", "utils", "helper", "helpers", "common", "manager", "managers", "misc")


def foreign_owners(installed: Iterable[Distribution]) -> set[tuple[str, str]]:
    """Return (distribution, file) for each file that another distribution puts into our names.

    Reads what each distribution installed (its RECORD) and not its `top_level.txt`, which modern
    build tools no longer write.
    """
    return {
        (distribution.name, str(file))
        for distribution in installed
        if distribution.name != "sameday"
        for file in distribution.files or ()
        if file.parts[0].partition(".")[0] in PACKAGES
    }


def install(site_packages: Path, name: str, file: str) -> None:
    """Lay down an installed distribution that consists of one file."""
    info = site_packages / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"{file},,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")
    (site_packages / file).parent.mkdir(exist_ok=True)
    (site_packages / file).touch()


def our_modules() -> Iterator[Path]:
    return (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def test_no_other_distribution_provides_one_of_our_names() -> None:
    assert foreign_owners(distributions()) == set()


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("web/__init__.py", id="a package"),
        pytest.param("models.py", id="a module"),
        pytest.param("sla.cpython-311-x86_64-linux-gnu.so", id="a compiled module"),
        pytest.param("ingest/part.py", id="a namespace package"),
        pytest.param("sameday/__init__.py", id="our own name"),
    ],
)
def test_a_distribution_that_provides_one_of_our_names_is_found(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "stranger", file)
    monkeypatch.syspath_prepend(tmp_path)
    assert ("stranger", file) in foreign_owners(distributions())


def test_a_distribution_with_a_similar_name_is_no_stranger(tmp_path: Path) -> None:
    install(tmp_path, "websockets", "websockets/__init__.py")
    assert foreign_owners(distributions(path=[str(tmp_path)])) == set()


def test_our_own_distribution_is_no_stranger(tmp_path: Path) -> None:
    install(tmp_path, "sameday", "web/__init__.py")
    assert foreign_owners(distributions(path=[str(tmp_path)])) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_declares_its_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_the_wheel_holds_exactly_the_six_packages() -> None:
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(wheel["packages"]) == list(PACKAGES)


def test_the_import_contracts_cover_the_same_packages() -> None:
    assert sorted(PYPROJECT["tool"]["importlinter"]["root_packages"]) == list(PACKAGES)


def test_the_command_sameday_is_the_only_entry() -> None:
    project = PYPROJECT["project"]
    assert project["scripts"] == {"sameday": "sameday.cli:main"}
    assert not project.keys() & {"gui-scripts", "entry-points"}


def test_the_project_cannot_be_uploaded_by_mistake() -> None:
    assert "Private :: Do Not Upload" in PYPROJECT["project"]["classifiers"]


def test_no_module_bears_a_name_of_the_standard_library() -> None:
    taken = {file.stem for file in our_modules()} & sys.stdlib_module_names
    assert taken == set()


def test_no_module_hides_its_duty_behind_a_vague_word() -> None:
    vague = [file for file in our_modules() if set(file.stem.split("_")) & set(VAGUE_WORDS)]
    assert vague == []
