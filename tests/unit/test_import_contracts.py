"""Proves that the direction of imports is guarded: by the linter's contracts, and at run time.

The contracts themselves are checked by `lint-imports` in `make test`. Here each of them is broken
on purpose in a copy of the code, because a contract that never fails may be looking at nothing.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("classify", "ingest", "models", "sameday", "sla", "web")
LINTER = Path(sys.prefix) / "bin" / "lint-imports"

# Imports every pure module of a package and prints the forbidden ones that came along. A stand-in
# closes the one door to spaCy: the rest of classify may go through the door, but not past it.
RUN_TIME_CHECK = """
import importlib, pkgutil, sys, types

class Door(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})

sys.modules["classify.pipeline"] = Door("classify.pipeline")
package, *forbidden = sys.argv[1:]
waiting = [package]
while waiting:
    name = waiting.pop()
    inside = getattr(importlib.import_module(name), "__path__", [])
    found = {f"{name}.{module.name}" for module in pkgutil.iter_modules(inside)}
    waiting += found - {"models.db"}
print(*sorted(set(forbidden) & sys.modules.keys()))
"""
FORBIDDEN = (
    *("sqlalchemy", "alembic", "flask", "imapclient", "mailparser", "apscheduler", "spacy"),
    *("pymorphy3", "models.db", "ingest", "web", "sameday"),
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the code and its contracts to a place where they may be broken."""
    leave_out = shutil.ignore_patterns("__pycache__", "templates", "static")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=leave_out)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINTER), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def loaded_with(package: str, folder: Path) -> list[str]:
    """Return the forbidden modules in memory after importing a package's pure modules."""
    command = [sys.executable, "-c", RUN_TIME_CHECK, package, *FORBIDDEN]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        pytest.param("models.ids", "sla", "Imports point down", id="models knows not what is owed"),
        pytest.param("sla.broken", "web", "Imports point down", id="sla knows no page"),
        pytest.param("sla.broken", "classify", "Imports point down", id="sla reads no mail text"),
        pytest.param("web.broken", "ingest", "Imports point down", id="web fetches no mail"),
        pytest.param("ingest.broken", "web", "Imports point down", id="ingest shows nothing"),
        pytest.param("ingest.broken", "sameday", "Imports point down", id="nobody wires himself"),
        pytest.param("models.ids", "sqlalchemy", "What is true", id="models without SQLAlchemy"),
        pytest.param("sla.broken", "flask", "What is true", id="sla without Flask"),
        pytest.param("sla.broken", "apscheduler", "What is true", id="sla without a clock"),
        pytest.param(
            "classify.broken", "spacy", "What is true", id="classify has one spaCy module"
        ),
        pytest.param("models.ids", "models.db", "The pure part", id="values know no database"),
        pytest.param("sla.broken", "models.db", "The pure part", id="sla knows no database"),
        pytest.param(
            "classify.broken", "models.db", "The pure part", id="classify knows no database"
        ),
        pytest.param("ingest.sync", "imapclient", "One door", id="one door for imapclient"),
        pytest.param("ingest.broken", "mailparser", "One door", id="one door for mailparser"),
        pytest.param("sameday.broken", "apscheduler", "One door", id="one door for APScheduler"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    module: str, imported: str, contract: str, copy: Path
) -> None:
    intact = lint(copy)
    with copy.joinpath(*module.split(".")).with_suffix(".py").open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")
    broken = lint(copy)
    finding = f"{module} -> {imported} (l."
    assert finding not in intact.stdout
    assert finding in broken.stdout
    assert contract in broken.stdout.partition("Broken contracts")[2]
    assert broken.returncode == 1


def test_the_contract_of_pure_models_names_each_of_its_modules() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [pure] = [
        contract for contract in contracts if contract.get("forbidden_modules") == ["models.db"]
    ]
    modules = {f"models.{file.stem}" for file in (ROOT / "models").glob("[!_]*.py")}
    assert modules - set(pure["source_modules"]) == set()


@pytest.mark.parametrize("package", ["models", "sla", "classify"])
def test_importing_the_pure_modules_loads_no_library_of_the_outer_layers(package: str) -> None:
    assert loaded_with(package, ROOT) == []


def test_a_library_loaded_at_run_time_is_noticed(copy: Path) -> None:
    # Hidden from the linter, which reads import statements only.
    (copy / "sla" / "broken.py").write_text('flask = __import__("flask")\n', encoding="utf-8")
    assert loaded_with("sla", copy) == ["flask"]
