"""Prove how identifiers are read."""

from ingest.message_ids import ids_in, limited, own_id, parent_ids
from models.ids import MessageId


def test_an_id_with_and_without_brackets_is_the_same() -> None:
    assert own_id(" <1@acme.example> (added)") == own_id("1@acme.example") == "1@acme.example"


def test_blanks_inside_an_id_are_folding() -> None:
    assert own_id("<very.long\t .id@acme.example>") == "very.long.id@acme.example"


def test_an_empty_id_is_none() -> None:
    assert own_id("<>") is None
    assert own_id("") is None


def test_references_keep_their_order() -> None:
    assert ids_in("<1@a.example>\r\n\t<2@a.example><3@a.example>") == (
        "1@a.example", "2@a.example", "3@a.example",
    )  # fmt: skip


def test_bare_references_count_when_none_has_brackets() -> None:
    assert ids_in("1@a.example 2@a.example") == ("1@a.example", "2@a.example")


def test_one_bare_parent_counts_and_two_do_not() -> None:
    assert parent_ids("1@a.example") == ("1@a.example",)
    assert parent_ids("1@a.example or 2@a.example") == ()


def test_an_address_in_prose_is_no_id() -> None:
    value = 'Message from "Bob" <bob@acme.example> of Monday <7@acme.example>'
    assert parent_ids(value) == ("7@acme.example",)


def test_a_mail_does_not_refer_to_itself() -> None:
    own = MessageId("1@a.example")
    assert limited([own, MessageId("2@a.example"), MessageId("2@a.example")], own) == (
        "2@a.example",
    )


def test_long_references_keep_the_first_and_the_last() -> None:
    ids = [MessageId(f"{n}@a.example") for n in range(500)]
    kept = limited(ids, None)
    assert len(kept) == 200
    assert (kept[0], kept[1], kept[-1]) == ("0@a.example", "301@a.example", "499@a.example")
