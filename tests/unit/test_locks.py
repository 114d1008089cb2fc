"""Proves that the locks pin all we need by hash and that no file names a place on one machine.

A lock that names the index of its author's machine works nowhere else. The patterns below are
written so that they do not find themselves.
"""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK_FILES = sorted((ROOT / "requirements").glob("*.txt"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

NO_LOCATION = re.compile(r"\w+:/|file:|^\s*-[^-]|--(?!hash=)| @ ", re.MULTILINE)
LANGUAGE_MODEL = re.compile(r"(ru|en)[-_]core[-_](news|web)", re.IGNORECASE)
UNWELCOME = re.compile(
    r"""
      \b(?:pypi|pythonhosted|npmjs|yarnpkg)\.(?:org|com|python\.org)\b   # registries
    | \bfile:/{3}                                                        # a place on a disk
    | /(?:root|Users|home/[a-z]+)/(?=[\w.])                              # somebody's home
    | /work/(?:main|shared|[.]library)\b                                 # where we work
    | /opt/(?:wheels|pypi)                                               # its mirror
    """,
    re.VERBOSE,
)


def pins(lock: Path) -> list[str]:
    """Return each entry of a lock as one line: the pin, its marker and its hashes."""
    return lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def versions(lock: Path) -> set[tuple[str, str]]:
    """Return (name, version) of each pin; markers may be wider in the larger lock."""
    found = [Requirement(pin.partition("--hash")[0]) for pin in pins(lock)]
    return {(canonicalize_name(pin.name), str(pin.specifier).removeprefix("==")) for pin in found}


def our_files() -> Iterator[Path]:
    """Yield the files that are or would be committed."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    yield from (ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def unwelcome(text: str) -> list[str]:
    return [found.group() for found in UNWELCOME.finditer(text)]


def test_there_is_a_lock_for_running_and_one_for_testing() -> None:
    assert {"core.txt", "dev.txt"} <= {lock.name for lock in LOCK_FILES}


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda lock: lock.name)
def test_each_entry_of_a_lock_is_pinned_and_hashed(lock: Path) -> None:
    shape = re.compile(
        r"[a-z0-9][a-z0-9._-]*==[\w.+!]+( ; [^#]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+"
    )
    assert [pin for pin in pins(lock) if not shape.fullmatch(pin)] == []


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda lock: lock.name)
def test_a_lock_names_no_place_and_no_option(lock: Path) -> None:
    assert NO_LOCATION.findall(lock.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://mirror.example/simple",
        "--extra-index-url file" + ":/srv/simple",
        "--find-links /srv/wheels",
        "-i mirror",
        "-e .",
        "flask @ https://mirror.example/flask.whl",
        "flask==3 ; python_version > '3' --trusted-host mirror",
    ],
)
def test_a_place_or_option_in_a_lock_would_be_found(line: str) -> None:
    assert NO_LOCATION.search(f"click==8.2 \\\n    --hash=sha256:00\n{line}\n")


def test_the_tests_run_on_the_versions_that_people_run() -> None:
    core, dev = (versions(ROOT / "requirements" / name) for name in ("core.txt", "dev.txt"))
    assert core - dev == set()


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        (
            "core.txt",
            [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["build"]],
        ),
        ("dev.txt", PYPROJECT["dependency-groups"]["dev"]),
    ],
    ids=["core", "dev"],
)
def test_a_lock_holds_each_declared_dependency_in_an_allowed_version(
    lock: str, wanted: list[str]
) -> None:
    locked: dict[str, list[str]] = {}
    for name, version in versions(ROOT / "requirements" / lock):
        locked.setdefault(name, []).append(version)
    for requirement in map(Requirement, wanted):
        allowed = locked.get(canonicalize_name(requirement.name), [])
        assert allowed, f"{requirement} is not in {lock}: run make lock"
        assert all(map(requirement.specifier.contains, allowed)), f"{requirement}: run make lock"


@pytest.mark.parametrize("file", [*LOCK_FILES, ROOT / "pyproject.toml"], ids=lambda file: file.name)
def test_no_language_model_is_a_dependency(file: Path) -> None:
    # They are on no index, so an installation would need an address and could not check a hash.
    assert LANGUAGE_MODEL.search(file.read_text(encoding="utf-8")) is None


def test_no_file_names_a_registry_or_a_place_on_this_machine() -> None:
    findings = {}
    for file in our_files():
        text = file.read_bytes().decode("utf-8", errors="replace")
        if found := unwelcome(text):
            findings[str(file.relative_to(ROOT))] = found
    assert findings == {}


@pytest.mark.parametrize(
    "parts",
    [
        ("https://py", "pi.org/simple"),
        ("https://files.python", "hosted.org/packages"),
        ("https://registry.npm", "js.org/htmx"),
        ("file", ":///srv/wheels"),
        ("/ro", "ot/.venv"),
        ("/home", "/somebody/sameday"),
        ("/wo", "rk/main/models"),
    ],
    ids=lambda parts: "".join(parts).replace("/", "|"),
)
def test_a_registry_or_a_place_on_a_machine_would_be_found(parts: tuple[str, ...]) -> None:
    assert unwelcome(f"see {''.join(parts)} there")
