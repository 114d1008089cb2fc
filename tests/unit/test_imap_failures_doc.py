"""The table of IMAP failures names every row of the catalogue and only tests that exist."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_ROWS = 67


def _table() -> dict[int, list[str]]:
    """Return the names of the tests by row."""
    text = (_ROOT / "docs" / "imap-failures.md").read_text("utf-8")
    found = re.findall(r"^\| (\d+) \| .+ \| .+ \| (.+) \|$", text, re.MULTILINE)
    return {int(number): re.findall(r"`(test_\w+)`", tests) for number, tests in found}


def _tests() -> set[str]:
    """Return the names of all test functions below tests/."""
    files = (_ROOT / "tests").rglob("test_*.py")
    return {
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
    }


def test_every_row_of_the_catalogue_is_in_the_table() -> None:
    assert list(_table()) == list(range(1, _ROWS + 1))


@pytest.mark.parametrize("row", range(1, _ROWS + 1))
def test_every_row_names_tests_that_exist(row: int) -> None:
    named = _table()[row]
    assert named
    assert set(named) <= _tests()
