"""Prove that each row of every rule table does what its own examples say."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from classify.classifier import Machinery
from classify.lexicon import RuleTable, load_raw_lexicon
from classify.moments import find_moments
from classify.patterns import Coded, Vocabulary
from models.working_time import WorkingTime


def _rows() -> Iterator[Any]:
    for table, rows in load_raw_lexicon().tables.items():
        for row in rows:
            for example in row["examples"]:
                yield pytest.param(table, row["id"], example, id=f"{row['id']}: {example}")


@pytest.mark.parametrize(("table", "rule", "example"), list(_rows()))
def test_a_rule_matches_its_own_examples(
    machinery: Machinery,
    coded: Callable[[str], tuple[Coded, ...]],
    table: str,
    rule: str,
    example: str,
) -> None:
    rules: RuleTable = machinery.lexicon.tables[table]
    assert rule in {hit.rule.id for sentence in coded(example) for hit in rules.hits(sentence)}


def test_every_moment_row_reads_its_own_examples(
    machinery: Machinery, office_hours: WorkingTime
) -> None:
    now = datetime(2025, 3, 12, 7, 30, tzinfo=UTC)
    missed = [
        (row.id, example)
        for row in machinery.moments.rows
        for example in row.examples
        if not any(
            row.id in moment.source.split("+")
            for moment in find_moments(machinery.moments, example, now, office_hours)
        )
    ]
    assert missed == []


def test_rule_ids_are_unique() -> None:
    ids = [row["id"] for rows in load_raw_lexicon().tables.values() for row in rows]
    assert len(ids) == len(set(ids))


def test_an_unknown_word_class_is_refused_by_name(machinery: Machinery) -> None:
    with pytest.raises(ValueError, match="no_such_class"):
        machinery.lexicon.vocabulary.compile("{no_such_class}")


def test_a_pattern_without_any_word_is_refused(machinery: Machinery) -> None:
    vocabulary = Vocabulary({}, machinery.pipeline.lemmas_of)
    with pytest.raises(ValueError, match="without any word"):
        vocabulary.compile("*3")
