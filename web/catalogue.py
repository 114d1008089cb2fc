"""Load the panel's texts: English stands in the code, other languages in `translations/`."""

import gettext
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = ("en", "ru")
DEFAULT_LANGUAGE: Final = "en"


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a text for the catalogue where it is not yet translated; return it unchanged."""
    return text


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language; English for one that we don't have.

    The catalogue is compiled when it is first asked for, so that no build step can be forgotten.
    """
    if language == DEFAULT_LANGUAGE or language not in LANGUAGES:
        return gettext.NullTranslations()
    source = files("web") / "translations" / language / "messages.po"
    compiled = BytesIO()
    with source.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
