"""Keep mail, people and secrets out of the logs, whoever writes them.

Our own log calls name rows and numbers only. What comes from elsewhere, above all the text of an
exception, may quote the mail that was worked on: SQLAlchemy's shows the values of a statement.
"""

import logging
import re
import traceback
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

LONGEST_VALUE: Final = 200
_FRAMES: Final = 6
_ADDRESS = re.compile(r"[^\s<>\"'(),;:@]+@[^\s<>\"'(),;:@]+")
_DEPTH: Final = 3


def mask(value: Any, depth: int = _DEPTH) -> Any:
    """Return a value without e-mail addresses and without any text longer than 200 characters."""
    if isinstance(value, bool | int | float | None):
        return value
    if depth > 0 and isinstance(value, Mapping):
        return {str(mask(key)): mask(item, depth - 1) for key, item in value.items()}
    if depth > 0 and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [mask(item, depth - 1) for item in value]
    text = value if isinstance(value, str) else repr(value)
    if len(text) > LONGEST_VALUE:
        return f"({len(text)} characters)"
    return _ADDRESS.sub("(address)", text)


def mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Mask every value of an event: a structlog processor, the last before the renderer."""
    return {key: mask(value) for key, value in event.items()}


def say_where(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put the class and the place of an exception in the place of its text: a processor."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = places(error.__traceback__)
    return event


def places(trace: TracebackType | None) -> list[str]:
    """Return where an exception passed, the innermost last: "sync.py:120 run_pass"."""
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


class MaskingFormatter(logging.Formatter):
    """Formats what libraries log, by the same rules."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; of an exception only its class and place."""
        line = f"{record.levelname}:{record.name}:{mask(record.getMessage())}"
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return line
        return f"{line} {type(error).__name__} at {', '.join(places(error.__traceback__))}"
