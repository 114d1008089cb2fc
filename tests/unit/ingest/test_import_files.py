"""Mail is found in files and folders as mail programs leave them."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.import_files import LARGEST_BYTES, FileKind, Found, UnreadableFile, find_mail, mails_of

MAIL = b"Subject: a\n\nHello\n"
MBOX = b"From x Fri Apr 24 09:00:00 2026\n" + MAIL


def put(folder: Path, name: str, content: bytes = MAIL) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(found: Found, folder: Path) -> list[str]:
    return [file.path.relative_to(folder).as_posix() for file in found.files]


def test_a_folder_is_walked_to_the_bottom_in_the_order_of_names(tmp_path: Path) -> None:
    put(tmp_path, "b.eml")
    put(tmp_path, "a/deep/er/c.EML")
    put(tmp_path, "Inbox", MBOX)
    put(tmp_path, "Inbox.msf", b"// an index")
    found = find_mail([tmp_path])
    assert names(found, tmp_path) == ["Inbox", "a/deep/er/c.EML", "b.eml"]
    assert found.passed_over == 1
    assert found.unreadable == ()


def test_a_maildir_gives_what_was_delivered_and_nothing_of_tmp(tmp_path: Path) -> None:
    put(tmp_path, "cur/1777021200.M1.host:2,S")
    put(tmp_path, "new/1777021201.M2.host")
    put(tmp_path, "tmp/1777021202.M3.host")
    put(tmp_path, ".Sent/cur/1777021203.M4.host:2,S")
    put(tmp_path, ".Sent/new/1777021204.M5.host")
    put(tmp_path, "dovecot.index.log", b"index")
    found = find_mail([tmp_path])
    assert names(found, tmp_path) == [
        ".Sent/cur/1777021203.M4.host:2,S",
        ".Sent/new/1777021204.M5.host",
        "cur/1777021200.M1.host:2,S",
        "new/1777021201.M2.host",
    ]


def test_a_folder_called_tmp_is_walked_outside_a_maildir(tmp_path: Path) -> None:
    put(tmp_path, "tmp/a.eml")
    assert names(find_mail([tmp_path]), tmp_path) == ["tmp/a.eml"]


def test_a_maildir_file_tells_its_delivery_by_its_name(tmp_path: Path) -> None:
    put(tmp_path, "cur/1777021200.M1.host:2,S")
    put(tmp_path, "new/unnamed")
    named, unnamed = (next(mails_of(file)) for file in find_mail([tmp_path]).files)
    assert named.delivered_at == datetime(2026, 4, 24, 9, tzinfo=UTC)
    assert unnamed.delivered_at is None


def test_a_mail_that_was_named_needs_no_suffix(tmp_path: Path) -> None:
    (file,) = find_mail([put(tmp_path, "mail.txt")]).files
    assert file.kind is FileKind.ONE_MAIL


def test_links_to_folders_lead_into_no_loop(tmp_path: Path) -> None:
    put(tmp_path, "a.eml")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert names(find_mail([tmp_path]), tmp_path) == ["a.eml"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\x89PNG\r\n\x1a\n", "is no mail"), (None, "No such file")],
    ids=["a picture", "a missing file"],
)
def test_what_was_named_and_is_no_mail_is_said(
    tmp_path: Path, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "a.mail" if content is None else put(tmp_path, "a.mail", content)
    good = put(tmp_path, "b.eml")
    found = find_mail([path, good])
    assert [file.path for file in found.files] == [good]
    assert [str(error).partition(" ")[0] for error in found.unreadable] == [str(path)]
    assert expected in str(found.unreadable[0])


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in str(find_mail([tmp_path / "pipe"]).unreadable[0])
    assert find_mail([tmp_path]).files == ()


def test_an_empty_mail_is_said_to_be_empty(tmp_path: Path) -> None:
    (file,) = find_mail([put(tmp_path, "a.eml", b"\n")]).files
    with pytest.raises(UnreadableFile, match="is empty"):
        list(mails_of(file))


def test_of_a_huge_file_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, "a.eml")
    with path.open("r+b") as file:
        file.truncate(3 * LARGEST_BYTES)
    (mail,) = mails_of(find_mail([path]).files[0])
    assert len(mail.content) == LARGEST_BYTES
    assert mail.size_bytes == 3 * LARGEST_BYTES
    assert mail.raw(64).content == MAIL + b"\0" * (64 - len(MAIL))
    assert not mail.raw(64).complete
