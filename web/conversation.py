"""Show one conversation: who wrote what, what it made us owe, and why it is due when it is."""

from flask import Flask, abort, render_template

from models.db.messages import thread_messages
from models.db.obligations import obligations_of
from models.ids import MessageKey, ThreadId
from models.message import Message
from models.verdict import InboundVerdicts, OutboundVerdicts
from web.context import current_panel
from web.reasons import reason_steps


def add_routes(app: Flask) -> None:
    """Add the page to an app."""
    app.add_url_rule("/conversation/<thread>", "conversation", _conversation)


def anchor(key: MessageKey) -> str:
    """Return the name of a message's place on the page; the address bar need not hold it all."""
    return f"m-{key[:12]}"


def _conversation(thread: str) -> str:
    name = ThreadId(thread)
    with current_panel().store.read() as connection:
        messages = thread_messages(connection, name)
        obligations = obligations_of(connection, name)
    if not messages:
        abort(404)
    return render_template(
        "conversation.html",
        messages=messages,
        # What still waits stands first: it is what one came for.
        obligations=sorted(obligations, key=lambda o: not o.state.waits),
        account=_account(messages),
        anchor=anchor,
        reason_steps=reason_steps,
        inbound=_inbound,
        outbound=_outbound,
    )


def _account(messages: tuple[Message, ...]) -> str:
    names = (current_panel().account_name(message.account) for message in messages)
    return next((name for name in names if name), "")


def _inbound(message: Message) -> InboundVerdicts | None:
    return message.verdicts if isinstance(message.verdicts, InboundVerdicts) else None


def _outbound(message: Message) -> OutboundVerdicts | None:
    return message.verdicts if isinstance(message.verdicts, OutboundVerdicts) else None
