"""The documentation says what the code says."""

from enum import StrEnum
from pathlib import Path

import pytest

from models.agency import Role
from models.mailboxes import PlacementState
from models.message import Direction, Origin
from models.obligation import ObligationKind, ObligationState, PromiseOutcome
from models.verdict import Language, ReplyKind, Tag, Tone
from sameday.docs import pages

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", list(pages()))
def test_a_generated_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run: make docs"


@pytest.mark.parametrize(
    "words",
    [
        Role,
        Direction,
        Origin,
        Tag,
        Tone,
        Language,
        ReplyKind,
        ObligationKind,
        ObligationState,
        PromiseOutcome,
        PlacementState,
    ],
)
def test_the_glossary_knows_every_word_of_a_closed_set(words: type[StrEnum]) -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert [word.value for word in words if f"`{word.value}`" not in glossary] == []


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    names = {page.name for page in DOCS.glob("*.md")} - {"README.md"}
    assert [name for name in sorted(names) if f"]({name})" not in index] == []
