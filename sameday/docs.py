"""Write the reference in docs/ from the code: `python -m sameday.docs`, or `make docs`.

A test compares the files with what is written here, so that they can't fall behind.
"""

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sameday.cli import main
from sameday.config_file import ConfigFile

_GENERATED = "<!-- Written by `make docs` from the code; change it there. -->"
_ABOUT_SETTINGS = (
    "Settings stand in `config.toml`; `sameday init` writes a commented example. An unknown key is "
    "an error. Secrets never stand in the file: it names where they come from."
)
_DOCS = Path(__file__).parents[1] / "docs"


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    return {"cli.md": command_line(), "configuration.md": configuration()}


# --- the command line ---------------------------------------------------------------------------


def command_line() -> str:
    """Return the help of every command as one page."""
    parts = ["# Command line", _GENERATED]
    for path, command in _commands(main, ("sameday",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=100)
        parts.append(f"## {' '.join(path)}")
        parts.append(f"```text\n{command.get_help(context)}\n```")
    return "\n\n".join(parts) + "\n"


def _commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _commands(child, (*path, name))


# --- the settings -------------------------------------------------------------------------------


def configuration() -> str:
    """Return every key of config.toml with its type, default and meaning as one page."""
    parts = [
        "# Configuration",
        _GENERATED,
        _ABOUT_SETTINGS,
    ]
    for name, table in _tables(ConfigFile, ""):
        rows = [_row(key, field) for key, field in table.model_fields.items() if _is_leaf(field)]
        heading = f"## {name}\n\n{(table.__doc__ or '').strip()}"
        head = "| key | values | default | meaning |\n|---|---|---|---|"
        parts.append("\n".join((f"{heading}\n", head, *rows)))
    return "\n\n".join(parts) + "\n"


def _tables(table: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every table below one, named as it stands in the file."""
    for key, field in table.model_fields.items():
        child = _child_table(field.annotation)
        if child is not None:
            name = f"{prefix}{key}"
            brackets = ("[[", "]]") if get_origin(field.annotation) is list else ("[", "]")
            yield f"`{brackets[0]}{name}{brackets[1]}`", child
            yield from _tables(child, f"{name}.")


def _child_table(annotation: Any) -> type[BaseModel] | None:
    candidates = (annotation, *get_args(annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _is_leaf(field: FieldInfo) -> bool:
    return _child_table(field.annotation) is None


def _row(key: str, field: FieldInfo) -> str:
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{key}` | {_values(field.annotation)} | {_default(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "must be given"
    if field.default in (None, [], {}, ""):
        return "empty"
    value = field.default.value if isinstance(field.default, StrEnum) else field.default
    if isinstance(value, dict):
        return "Monday to Friday 10:00-19:00"
    return f"`{value}`"


def _values(annotation: Any) -> str:
    """Return what a key accepts, in words."""
    arguments = [a for a in get_args(annotation) if a is not type(None)]
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_values(argument) for argument in arguments)
    if origin is list:
        return f"list of {_values(arguments[0])}"
    if origin is dict:
        return f"{_values(arguments[0])} = {_values(arguments[1])}"
    return _values(arguments[0]) if arguments else _plain_values(annotation)


def _plain_values(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    return {"int": "number", "date": "date"}.get(getattr(annotation, "__name__", ""), "text")


if __name__ == "__main__":
    for file_name, content in pages().items():
        (_DOCS / file_name).write_text(content, encoding="utf-8")
        sys.stdout.write(f"wrote docs/{file_name}\n")
