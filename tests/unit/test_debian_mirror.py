"""The mirror for the chroots of the slow tests is read from APT's own configuration."""

from pathlib import Path

import pytest

from tests.chroot import Mirror, mirror_of_this_machine

DEBIAN = Mirror(uri="http://deb.example/debian", suite="bookworm")


def _apt(folder: Path, files: dict[str, str]) -> Path:
    (folder / "sources.list.d").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {
                "sources.list.d/debian.sources": "# a comment\nTypes: deb deb-src\n"
                "URIs: http://deb.example/debian\nSuites: bookworm bookworm-updates\n"
                "Components: main\nSigned-By: /usr/share/keyrings/debian.gpg\n"
            },
            id="paragraphs",
        ),
        pytest.param(
            {
                "sources.list.d/debian.sources": "Types: deb\nURIs:\n  http://deb.example/debian\n"
                "Suites: bookworm\nComponents:\n  main\n  contrib\n"
            },
            id="paragraphs_of_folded_lines",
        ),
        pytest.param(
            {"sources.list": "deb http://deb.example/debian bookworm main contrib\n"}, id="lines"
        ),
        pytest.param(
            {
                "sources.list": "# deb http://old.example/debian buster main\n"
                "deb [arch=amd64 signed-by=/k.gpg] http://deb.example/debian bookworm main\n"
            },
            id="lines_with_options",
        ),
        pytest.param(
            {
                "sources.list": "deb http://sec.example/debian-security bookworm-security main\n"
                "deb http://deb.example/debian bookworm main\n"
            },
            id="updates_alone_make_no_system",
        ),
        pytest.param(
            {
                "sources.list.d/a.sources": "Types: deb\nEnabled: no\n"
                "URIs: http://off.example/debian\nSuites: sid\nComponents: main\n",
                "sources.list.d/b.list": "deb http://deb.example/debian bookworm main\n",
            },
            id="what_is_switched_off_does_not_count",
        ),
        pytest.param(
            {
                "sources.list.d/a.list": "deb mirror+file:/etc/apt/mirrors bookworm main\n",
                "sources.list.d/b.list": "deb http://deb.example/debian bookworm main\n",
            },
            id="lists_of_mirrors_are_passed_over",
        ),
        pytest.param(
            {
                "sources.list.d/a.list": "deb http://shop.example/apt bookworm main\n",
                "sources.list.d/b.list": "deb http://deb.example/debian bookworm main\n",
            },
            id="a_vendor_is_no_debian",
        ),
    ],
)
def test_the_mirror_of_the_machine_is_found(tmp_path: Path, files: dict[str, str]) -> None:
    assert mirror_of_this_machine(_apt(tmp_path, files)) == DEBIAN


def test_a_machine_without_a_mirror_has_none(tmp_path: Path) -> None:
    assert mirror_of_this_machine(_apt(tmp_path, {})) is None
