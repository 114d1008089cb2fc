"""No mail, no address and no secret gets into a log."""

import json
import logging
import sys
from typing import Any

import pytest
import structlog

from sameday.console import configure_logging
from sameday.log_privacy import MaskingFormatter, mask


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("login of anna@studio.example failed", "login of (address) failed"),
        ("<анна@студия.example>", "<(address)>"),
        ("x" * 201, "(201 characters)"),
        ("x" * 200, "x" * 200),
        (7, 7),
        (None, None),
        (True, True),
        (["anna@studio.example"], ["(address)"]),
        ({"to": {"anna@studio.example": "b@c"}}, {"to": {"(address)": "(address)"}}),
        (b"anna@studio.example", "b'(address)'"),
    ],
)
def test_addresses_and_long_texts_are_masked(value: Any, expected: Any) -> None:
    assert mask(value) == expected


def fail() -> None:
    raise ValueError("Dear Anna, our turnover is secret")


@pytest.fixture
def restored_structlog() -> Any:
    yield
    structlog.reset_defaults()


def test_an_exception_is_logged_by_class_and_place_without_its_words(
    capsys: pytest.CaptureFixture[str], restored_structlog: None
) -> None:
    configure_logging(verbose=True)
    try:
        fail()
    except ValueError as error:
        structlog.get_logger().error("pass_failed", exc_info=error)
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event["event"] == "pass_failed"
    assert event["error"] == "ValueError"
    place = event["where"][-1]
    assert place.startswith("test_log_privacy.py:")
    assert "turnover" not in line


def test_what_libraries_log_is_masked_too() -> None:
    try:
        fail()
    except ValueError:
        record = logging.LogRecord(
            "lib", logging.WARNING, __file__, 1, "for %s", ("a@b.example",), sys.exc_info()
        )
    line = MaskingFormatter().format(record)
    assert line.startswith("WARNING:lib:for (address) ValueError at test_log_privacy.py:")
    assert "turnover" not in line
