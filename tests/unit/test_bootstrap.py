"""Proves the way from a fresh clone to a running program and to a test run, without a network.

Each test works on a checkout in miniature, in a folder whose name has a space and Cyrillic letters:
the real Makefile and scripts, locks that pin one wheel made here, a project without dependencies.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOREIGN = {"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere", "VIRTUAL_ENV": "/nowhere"}
STEPS = ("ruff", "mypy", "lint-imports", "pytest")

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

BACKEND = """
import os, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name, info = "sameday-0-py3-none-any.whl", "sameday-0.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("sameday.pth", os.getcwd() + "\\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: sameday\\nVersion: 0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\\nsameday=program:main\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""

PROGRAM = """
import sys

def main():
    print("ran", *sys.argv[1:])
"""

# The sitecustomize.py of a Python from which Debian has split a half off.
WITHOUT_ENSUREPIP = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "ensurepip":
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Missing())
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a finished command left."""

    code: int
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """A checkout in miniature, with a folder of programs that is all of its PATH."""

    folder: Path
    programs: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    def program(self, name: str, text: str) -> None:
        """Put a shell script on the PATH."""
        write_program(self.programs / name, text)

    def run(self, *command: str, **environment: str) -> Done:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={"PATH": str(self.programs), "LANG": "C.UTF-8"} | self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        return Done(code=done.returncode, said=done.stdout)

    def bootstrap(self, lock: str, **environment: str) -> Done:
        return self.run("sh", ".ci/bootstrap.sh", lock, **environment)

    def built(self) -> Done:
        """Return what the installed command says; the proof that a build works."""
        return self.run(str(self.venv / "bin" / "sameday"), "works")


WORKS = Done(code=0, said="ran works\n")
NOTHING_TO_DO = Done(code=0, said="")


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def pinned_wheel(folder: Path, name: str) -> str:
    """Make a wheel and return the line of a lock that pins it."""
    wheel, info = folder / f"{name}-1-py3-none-any.whl", f"{name}-1.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def miniature(place: Path) -> Checkout:
    """Lay down a checkout without virtual environment, and no Python on its PATH."""
    folder, programs, wheels = place / "Моя почта", place / "bin", place / "wheels"
    for new in (folder, programs, wheels):
        new.mkdir()
    shutil.copytree(ROOT / ".ci", folder / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "requirements").mkdir()
    pinned_wheel(wheels, "forged")
    core, more = pinned_wheel(wheels, "pinned"), pinned_wheel(wheels, "testing")
    (folder / "requirements" / "core.txt").write_text(core, encoding="utf-8")
    (folder / "requirements" / "dev.txt").write_text(core + more, encoding="utf-8")
    for tool in ("sh", "make", "awk", "bash", "env", "dirname", "chmod", "rm"):
        (programs / tool).symlink_to(shutil.which(tool) or pytest.skip(f"no {tool} here"))
    # The machine's own pip settings must not decide these tests.
    environment = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_CACHE_DIR": "1",
    }
    return Checkout(folder=folder, programs=programs, environment=environment)


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    return miniature(tmp_path)


@pytest.fixture
def fresh(bare: Checkout) -> Checkout:
    """Lay down a fresh clone on a machine with a usable Python."""
    bare.program("python3", f'exec "{sys.executable}" "$@"')
    return bare


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Build once what several tests start from, since a build takes seconds."""
    checkout = miniature(tmp_path_factory.mktemp("shared"))
    checkout.program("python3", f'exec "{sys.executable}" "$@"')
    return checkout


@pytest.fixture
def ready(shared: Checkout) -> Iterator[Checkout]:
    """Give a checkout with a finished build, whatever the last test did to it."""
    done = shared.bootstrap("core")
    assert done.code == 0, done.said
    locks = {lock: lock.read_bytes() for lock in (shared.folder / "requirements").iterdir()}
    yield shared
    for lock, content in locks.items():
        lock.write_bytes(content)


@pytest.fixture
def halved(bare: Checkout, tmp_path: Path) -> Checkout:
    """Lay down a fresh clone on a machine whose Python has lost its ensurepip."""
    python = tmp_path / "halved"
    venv.create(python, symlinks=True)
    [site_packages] = python.glob("lib/python3*/site-packages")
    (site_packages / "sitecustomize.py").write_text(WITHOUT_ENSUREPIP, encoding="utf-8")
    bare.program("python3", f'exec "{python}/bin/python" "$@"')
    return bare


def put_apt_get(checkout: Checkout, work: str) -> Path:
    """Put a recording apt-get on the PATH, and let this user become root; return its record."""
    record, policy = checkout.folder / "apt", checkout.folder / "policy-rc.d"
    services = f'[ -x "{policy}" ] && services=off || services=on'
    line = '"$DEBIAN_FRONTEND, services $services: $*"'
    checkout.program("apt-get", f'{services}\necho {line} >> "{record}"\n{work}')
    checkout.program("sudo", 'shift; exec "$@"')
    module = checkout.folder / ".ci" / "system_packages.py"
    text = module.read_text(encoding="utf-8").replace("/usr/sbin/policy-rc.d", str(policy))
    module.write_text(text, encoding="utf-8")
    return record


def change_lock(checkout: Checkout) -> None:
    with (checkout.folder / "requirements" / "core.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")


def sentences(said: str) -> int:
    return len(said.strip().splitlines())


# Finding a Python


def test_without_any_python_one_sentence_says_what_to_install(bare: Checkout) -> None:
    done = bare.bootstrap("core")
    assert done.code == 2
    assert done.said.startswith("Sameday needs Python 3.11 or newer")
    assert sentences(done.said) == 1


@pytest.mark.parametrize(
    "python",
    [
        pytest.param("echo 'pyenv: python3.14: command not found' >&2; exit 127", id="pyenv shim"),
        pytest.param("exit 1", id="too old"),
    ],
)
def test_a_python_that_is_too_old_or_does_not_run_is_no_python(python: str, bare: Checkout) -> None:
    for name in ("python3.14", "python3"):
        bare.program(name, python)
    assert bare.bootstrap("core").code == 2


def test_a_python_that_does_not_run_is_passed_over_in_silence(halved: Checkout) -> None:
    halved.program("python3.14", "echo 'pyenv: python3.14: command not found' >&2; exit 127")
    halved.program("python3.13", "exit 1")
    done = halved.bootstrap("core")
    assert "halved/bin/python cannot make virtual environments" in done.said
    assert sentences(done.said) == 1


# Making the virtual environment


def test_a_build_tells_a_person_what_happens_in_three_sentences(fresh: Checkout) -> None:
    done = fresh.bootstrap("core")
    expected = (
        r"Made a virtual environment in \.venv with Python 3\.\d+\.\S+\.\n"
        r"Installing the 1 packages of requirements/core\.txt; this may take a minute\.\n"
        r"Ready after \d+ seconds\.\n"
    )
    assert re.fullmatch(expected, done.said), done.said
    assert fresh.built() == WORKS


def test_a_python_without_ensurepip_gets_one_sentence(halved: Checkout) -> None:
    done = halved.bootstrap("core")
    assert done.code == 2
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"apt-get install python{version}-venv" in done.said
    assert sentences(done.said) == 1


def test_the_missing_half_of_a_python_is_installed_where_that_is_allowed(halved: Checkout) -> None:
    missing = halved.programs.parent / "halved"
    record = put_apt_get(
        halved, f'case $* in *-venv) rm "{missing}"/lib/*/*/sitecustomize.py;; esac'
    )
    done = halved.bootstrap("core")
    assert done.code == 0, done.said
    assert halved.built() == WORKS
    update, install = record.read_text(encoding="utf-8").splitlines()
    assert update == "noninteractive, services off: -qq update"
    assert install.startswith("noninteractive, services off: ")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert install.endswith(f"install --no-install-recommends python{version}-venv")


def test_a_system_package_that_does_not_help_ends_in_the_same_sentence(halved: Checkout) -> None:
    put_apt_get(halved, "exit 100")
    done = halved.bootstrap("core")
    assert done.code == 2
    assert "install its modules venv and ensurepip" in done.said
    assert sentences(done.said) == 2


def test_the_ban_on_starting_services_ends_with_the_installation(halved: Checkout) -> None:
    put_apt_get(halved, "exit 100")
    halved.bootstrap("core")
    assert not (halved.folder / "policy-rc.d").exists()


# Keeping it


def test_a_second_run_has_nothing_to_do(ready: Checkout) -> None:
    assert ready.bootstrap("core") == NOTHING_TO_DO


def test_what_the_shell_exports_for_other_projects_is_ignored(ready: Checkout) -> None:
    assert ready.bootstrap("core", **FOREIGN) == NOTHING_TO_DO
    assert ready.run("make", "demo", **FOREIGN) == Done(code=0, said="ran demo\n")


def test_a_cyrillic_folder_is_no_trouble_in_the_c_locale(ready: Checkout) -> None:
    assert ready.run("make", "demo", LC_ALL="C").said == "ran demo\n"


def test_pip_settings_do_not_carry_the_packages_elsewhere(ready: Checkout, tmp_path: Path) -> None:
    [module] = ready.venv.glob("lib/*/site-packages/pinned.py")
    module.unlink()
    shutil.rmtree(module.parent / "pinned-1.dist-info")
    change_lock(ready)
    elsewhere = {"PIP_USER": "1", "PIP_TARGET": str(tmp_path), "PIP_PREFIX": str(tmp_path)}
    assert ready.bootstrap("core", **elsewhere).code == 0
    assert module.exists()


def test_the_lock_for_tests_is_added_to_what_is_there(ready: Checkout) -> None:
    done = ready.bootstrap("dev")
    assert done.code == 0, done.said
    assert list(ready.venv.glob("lib/*/site-packages/testing.py"))
    assert ready.bootstrap("core") == NOTHING_TO_DO


def test_a_changed_lock_is_followed_without_a_new_virtual_environment(ready: Checkout) -> None:
    change_lock(ready)
    done = ready.bootstrap("core")
    assert "Installing" in done.said
    assert "Made a virtual environment" not in done.said
    assert ready.built() == WORKS


def test_an_interrupted_build_is_made_anew(ready: Checkout) -> None:
    # As a kill leaves it: no stamp, and a package that pip takes for installed.
    (ready.venv / ".sameday").unlink()
    [module] = ready.venv.glob("lib/*/site-packages/pinned.py")
    module.unlink()
    assert "Made a virtual environment" in ready.bootstrap("core").said
    assert module.exists()


def test_a_virtual_environment_whose_python_vanished_is_made_anew(ready: Checkout) -> None:
    for python in (ready.venv / "bin").glob("python*"):
        python.unlink()
        python.symlink_to("/nowhere/python3")
    assert "Made a virtual environment" in ready.bootstrap("core").said
    assert ready.built() == WORKS


def test_a_virtual_environment_that_was_moved_does_not_count(
    ready: Checkout, bare: Checkout
) -> None:
    for part in (".venv", "requirements"):
        shutil.copytree(ready.folder / part, bare.folder / part, symlinks=True, dirs_exist_ok=True)
    question = (sys.executable, ".ci/bootstrap.py", "--is-current", "core")
    assert [ready.run(*question).code, bare.run(*question).code] == [0, 1]


def test_a_file_with_another_hash_is_refused_and_pip_is_heard(ready: Checkout) -> None:
    for lock in (ready.folder / "requirements").iterdir():
        lock.write_text(f"forged==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    done = ready.bootstrap("core")
    assert done.code == 1
    assert "DO NOT MATCH THE HASHES" in done.said
    assert done.said.endswith("pip could not install the packages: see above.\n")
    # What pip left half-way does not count as finished.
    assert not (ready.venv / ".sameday").exists()


# Commands


def test_a_plain_make_lists_each_target(bare: Checkout) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    [phony] = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    listed = [line.split()[1] for line in bare.run("make").said.splitlines()]
    assert listed == phony.split()


def test_the_machines_run_make_test_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    lines = script.read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert os.access(script, os.X_OK)
    assert [command for command in commands if not command.startswith(("set ", "cd "))] == [
        "exec make test"
    ]


@pytest.fixture
def checked(bare: Checkout) -> Checkout:
    """Lay down a checkout whose `.venv` holds recording stand-ins for the tools of the checks."""
    venv.create(bare.venv, symlinks=True)
    for tool in STEPS:
        record = f'echo "{tool} $*" >> "{bare.folder}/record"'
        write_program(bare.venv / "bin" / tool, f'{record}\necho "{tool} speaks"')
    return bare


def check(checkout: Checkout, *arguments: str) -> Done:
    return checkout.run(str(checkout.venv / "bin" / "python"), ".ci/check.py", *arguments)


def recorded(checkout: Checkout) -> list[str]:
    return (checkout.folder / "record").read_text(encoding="utf-8").splitlines()


def test_the_checks_run_from_the_cheapest_to_the_tests(checked: Checkout) -> None:
    assert check(checked).code == 0
    *before, tests = recorded(checked)
    assert before == ["ruff format --check .", "ruff check .", "mypy ", "lint-imports "]
    assert tests.startswith("pytest ")


def test_each_check_is_announced_with_its_name_and_its_time(checked: Checkout) -> None:
    said = check(checked).said
    assert re.search(r"^== mypy\nmypy speaks\n== ok, \d+\.\d s$", said, re.MULTILINE)


def test_the_first_failure_ends_the_checks_with_its_exit_code(checked: Checkout) -> None:
    with (checked.venv / "bin" / "mypy").open("a", encoding="utf-8") as tool:
        tool.write("exit 3\n")
    done = check(checked)
    assert done.code == 3
    assert "== FAILED: mypy (exit code 3" in done.said
    assert recorded(checked)[-1] == "mypy "


def test_slow_tests_run_only_on_demand(checked: Checkout) -> None:
    check(checked)
    check(checked, "--slow")
    quick, full = (line for line in recorded(checked) if line.startswith("pytest"))
    assert "not slow" in quick
    assert "not slow" not in full


def test_a_suite_that_cannot_run_here_is_left_out_by_name_and_reason(checked: Checkout) -> None:
    done = check(checked)
    reason = "SKIPPED: the browser tests, which need chromium: there is no apt-get here"
    assert done.said.count(reason) == 2
    assert "not browser" in recorded(checked)[-1]


def test_the_package_of_a_suite_is_installed_where_that_is_allowed(checked: Checkout) -> None:
    browser = checked.programs / "chromium"
    work = f'case $* in *chromium) echo > "{browser}"; chmod 755 "{browser}";; esac'
    record = put_apt_get(checked, work)
    done = check(checked)
    assert "SKIPPED: the browser tests" not in done.said
    assert "not browser" not in recorded(checked)[-1]
    assert "install --no-install-recommends chromium" in record.read_text(encoding="utf-8")


def test_a_suite_whose_package_fails_to_install_is_left_out(checked: Checkout) -> None:
    put_apt_get(checked, "echo E: no such package; exit 100")
    done = check(checked)
    assert done.code == 0
    assert "E: no such package" in done.said
    assert "SKIPPED: the browser tests" in done.said
