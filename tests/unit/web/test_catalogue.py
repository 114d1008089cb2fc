"""The Russian catalogue says everything that the pages say, and nothing else."""

from importlib.resources import as_file, files

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.catalogue import translations
from web.words import WORDS


def texts_of_the_pages() -> set[str | tuple[str, ...]]:
    """Return every text that code and templates mark for translation."""
    with as_file(files("web")) as folder:
        found = extract_from_dir(
            folder,
            method_map=[("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
            keywords={"_": None, "N_": None, "ngettext": (1, 2)},
        )
        return {m if isinstance(m, str) else tuple(m) for _, _, m, _, _ in found}


def russian() -> Catalog:
    with (files("web") / "translations" / "ru" / "messages.po").open("rb") as source:
        return read_po(source, locale="ru")


def test_the_catalogue_has_exactly_the_texts_of_the_pages() -> None:
    stored = {m.id if isinstance(m.id, str) else tuple(m.id) for m in russian() if m.id}
    assert stored == texts_of_the_pages()


def test_every_text_is_translated_with_its_placeholders() -> None:
    faults = [
        (message.id, str(error))
        for message in russian()
        if message.id
        for error in [*message.check(), *(["empty"] if not all(_forms(message.string)) else [])]
    ]
    assert faults == []


def _forms(string: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [string] if isinstance(string, str) else list(string or [""])


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "1 клиент ждёт"),
        (2, "2 клиента ждут"),
        (5, "5 клиентов ждут"),
        (11, "11 клиентов ждут"),
        (21, "21 клиент ждёт"),
        (112, "112 клиентов ждут"),
    ],
)
def test_russian_plurals_are_right(number: int, expected: str) -> None:
    text = translations("ru").ngettext("%(num)s client waits", "%(num)s clients wait", number)
    assert text % {"num": number} == expected


def test_no_two_words_hide_one_another() -> None:
    # Members of different sets with equal values would be one key.
    assert len({str(member) for member in WORDS}) == len(WORDS) == 49


def test_an_unknown_language_reads_english() -> None:
    assert translations("xx").gettext("Owner") == "Owner"
