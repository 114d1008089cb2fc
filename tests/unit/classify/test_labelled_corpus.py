"""Hold the classifier to floors on the labelled mail of tests/corpus.

The rules have seen these mails, so the figures say that nothing got worse, not how well fresh mail
is read; that is measured before the rules see it (the ids of a set begin with its letter).
"""

import pytest

from bench.classify_quality import OfficeWeek, Report, measure, rows
from classify.classifier import Classifier
from models.verdict import Tag


@pytest.fixture(scope="module")
def report() -> Report:
    classifier = Classifier(OfficeWeek())
    return measure(classifier, rows("inbound.jsonl"), rows("outbound.jsonl"))


def test_no_mail_that_needs_an_answer_is_missed(report: Report) -> None:
    assert report.labels["needs_answer"].missed == 0


def test_most_mails_that_need_none_are_recognised(report: Report) -> None:
    assert report.no_answer.recall >= 0.88
    assert report.no_answer.precision >= 0.98


def test_tags_keep_their_quality(report: Report) -> None:
    assert report.macro_f1 >= 0.9


@pytest.mark.parametrize("tag", list(Tag))
def test_each_tag_is_heard(report: Report, tag: Tag) -> None:
    assert report.labels[tag.value].recall >= 0.85


def test_a_request_is_never_dismissed_by_mistake(report: Report) -> None:
    assert report.labels["withdrawn"].precision == 1
    assert report.labels["withdrawn"].recall >= 0.9


def test_chasers_are_told_from_new_requests(report: Report) -> None:
    assert report.labels["chaser"].f1 >= 0.9


def test_single_questions_are_found(report: Report) -> None:
    assert report.questions.recall >= 0.8
    assert report.questions.precision >= 0.75


def test_the_kind_of_our_replies_is_told(report: Report) -> None:
    assert report.kind_accuracy >= 0.95


def test_promises_are_found_and_none_is_invented(report: Report) -> None:
    assert report.promises.recall >= 0.95
    assert report.false_promises <= 0.03


def test_promises_fall_due_when_they_say(report: Report) -> None:
    assert report.dues.recall >= 0.95
