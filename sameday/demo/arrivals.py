"""Let mail keep arriving while the demo runs: new questions, answers, promises, chasers, thanks."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sameday.demo.compose import PlacedMail, placed, written_until
from sameday.demo.stories import Conversation, Mail, conversations, mail_from, whole_cast
from sameday.demo.writing import write_conversation

_PACE: Final = timedelta(seconds=20)
"""About how far apart the demo's events lie: dates an earlier event that a later one quotes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One mail of the live part."""

    mail: Mail
    position: int
    """Its place in the list."""
    continues: str
    """Id of a conversation of the stories or of an earlier event; empty begins a conversation."""
    once: bool
    """Left out when the list begins again."""


def arrival(index: int, now: datetime) -> list[PlacedMail]:
    """Return the copies of the `index`-th mail of the live part, dated `now` (aware UTC).

    Never empty. After the last event the list begins again with fresh Message-IDs.
    """
    event, lap = _event_at(index)
    chain = _chain(event)
    story = _story_of(chain[0])
    before = written_until(story, now) if story else []
    conversation = Conversation(
        id=chain[0].mail.id,
        subject=story.subject if story else chain[0].mail.subject,
        account=None,
        mails=(
            *(written.mail for written in before),
            *(replace(link.mail, id=f"{link.mail.id}.{lap}") for link in chain),
        ),
    )
    moments = [written.at for written in before]
    moments += [now - _PACE * (event.position - link.position) for link in chain]
    return list(placed(write_conversation(conversation, moments)[-1:]))


@cache
def events() -> tuple[Event, ...]:
    """Return every event in order."""
    source = files("sameday.demo") / "arrivals.toml"
    entries = tomllib.loads(source.read_text(encoding="utf-8"))["event"]
    return tuple(_event(position, entry) for position, entry in enumerate(entries))


def _event(position: int, entry: Mapping[str, Any]) -> Event:
    """Return one event from its table."""
    fields = {"at": "0d 00:00", **entry}
    continues, once = fields.pop("continues", ""), fields.pop("once", False)
    mail = mail_from(fields["id"], fields, whole_cast())
    return Event(mail=mail, position=position, continues=continues, once=once)


def _event_at(index: int) -> tuple[Event, int]:
    """Return the event at an index, and how often the list was gone through before."""
    if index < len(events()):
        return events()[index], 0
    again = [event for event in events() if not event.once]
    laps, position = divmod(index - len(events()), len(again))
    return again[position], laps + 1


def _chain(event: Event) -> list[Event]:
    """Return the events of a conversation up to this one, oldest first."""
    by_id = {other.mail.id: other for other in events()}
    chain = [event]
    while chain[0].continues in by_id:
        chain.insert(0, by_id[chain[0].continues])
    return chain


def _story_of(event: Event) -> Conversation | None:
    """Return the conversation of the stories that an event continues."""
    return next((talk for talk in conversations() if talk.id == event.continues), None)
