"""Lay out the tables: one module, so that the whole store can be read at a glance.

Every closed set is text with the values of its Enum; every instant is aware UTC; identity never
depends on the order in which rows were written (DESIGN.md section 5).
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from models.agency import Role
from models.db.column_types import AsJson, UtcInstant
from models.mailboxes import FolderRole, PlacementState
from models.message import (
    Attachment,
    Correspondent,
    Defect,
    DeliveryReport,
    Direction,
    Origin,
)
from models.obligation import ObligationKind, ObligationState, Promise, Reason
from models.verdict import InboundVerdicts, OutboundVerdicts, Tag

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _closed_set(values: type[StrEnum]) -> Enum:
    """Return a text column type that holds the values of an Enum, without a CHECK.

    Alembic's batch mode keeps reflected CHECKs and then fails to drop the column.
    """
    return Enum(
        values,
        native_enum=False,
        create_constraint=False,
        values_callable=lambda members: [member.value for member in members],
        length=32,
    )


installation = Table(
    "installation",
    metadata,
    # e.g. "settings_fingerprint": what history was last judged by
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    # one sentence for people; empty when the last pass went well
    Column("problem", Text, nullable=False, default=""),
    Column("problem_since", UtcInstant),
)

folder = Table(
    "folder",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False),
    # as on the wire: modified UTF-7 of unknown quality, hence bytes
    Column("raw_name", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", _closed_set(FolderRole), nullable=False),
    Column("role_reason", Text, nullable=False),
    # filled by `sameday import`: no server knows it, no pass looks at it
    Column("imported", Boolean, nullable=False, default=False),
    # ours: counts how often UIDs began to mean something else
    Column("epoch", Integer, nullable=False, default=1),
    # 0 when the server gives none
    Column("uidvalidity", BigInteger, nullable=False, default=0),
    # every UID in [enumerated_low, enumerated_high] has a placement or never existed
    Column("enumerated_low", BigInteger, nullable=False, default=1),
    Column("enumerated_high", BigInteger, nullable=False, default=0),
    # when the last pass of it ended with nothing left to fetch
    Column("last_ok_at", UtcInstant),
    Column("last_sweep_at", UtcInstant),
    # when UIDVALIDITY changed within the last day
    Column("renumbered_at", AsJson(tuple[datetime, ...]), nullable=False, default=()),
    # failures in a row to open it, and until when it is left alone after the third
    Column("examine_failures", Integer, nullable=False, default=0),
    Column("skip_until", UtcInstant),
    Column("missing_since", UtcInstant),
    UniqueConstraint("mailbox_id", "raw_name"),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    # the last comparison of a mailbox with its server, in the place of an earlier one
    Column("mailbox_id", ForeignKey("mailbox.id"), primary_key=True, autoincrement=False),
    Column("made_at", UtcInstant, nullable=False),
    Column("held", Integer, nullable=False),
    Column("accounted", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    # the first of what was found wrong, a sentence each; `sameday reconcile` prints all
    Column("findings", AsJson(tuple[str, ...]), nullable=False),
    # why the comparison could not be made; empty when it was
    Column("problem", Text, nullable=False, default=""),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("message_id", Text),
    Column("digest", Text, nullable=False),
    Column("thread", Text, nullable=False),
    # NULL for internal mail
    Column("account", Text),
    Column("direction", _closed_set(Direction), nullable=False),
    Column("origin", _closed_set(Origin), nullable=False),
    Column("origin_reason", Text, nullable=False),
    Column("author", AsJson(Correspondent), nullable=False),
    Column("recipients", AsJson(tuple[Correspondent, ...]), nullable=False),
    Column("arrived_at", UtcInstant, nullable=False),
    Column("dated_at", UtcInstant),
    Column("subject", Text, nullable=False),
    Column("new_text", Text, nullable=False),
    Column("verdicts", AsJson(InboundVerdicts | OutboundVerdicts)),
    Column("ignored_reason", Text, nullable=False, default=""),
    Column("report", AsJson(DeliveryReport)),
    Column("attachments", AsJson(tuple[Attachment, ...]), nullable=False),
    Column("defects", AsJson(tuple[Defect, ...]), nullable=False),
    # loading a conversation, folding a thread
    Index("ix_message_thread_arrived_at", "thread", "arrived_at"),
    # a bounce or a reply looks for the mail it speaks of
    Index("ix_message_message_id", "message_id"),
)

raw_mail = Table(
    "raw_mail",
    metadata,
    # what was fetched, compressed, so that reading can be done again without the server
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("complete", Boolean, nullable=False),
)

placement = Table(
    "placement",
    metadata,
    Column("folder_id", ForeignKey("folder.id"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("state", _closed_set(PlacementState), nullable=False),
    # why it is ignored or quarantined; empty otherwise
    Column("reason", Text, nullable=False, default=""),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    Column("internaldate", UtcInstant),
    Column("message_id", ForeignKey("message.id")),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try_at", UtcInstant),
    Column("first_seen_at", UtcInstant, nullable=False),
    Column("gone_at", UtcInstant),
    # "what is still to fetch, newest first"
    Index("ix_placement_folder_id_epoch_state_uid", "folder_id", "epoch", "state", "uid"),
    # "where does this message lie"
    Index("ix_placement_message_id", "message_id"),
)

identifier = Table(
    "identifier",
    metadata,
    # each id that a message bears or names, in the thread that all of them make together
    Column("identifier", Text, primary_key=True),
    Column("thread", Text, nullable=False),
    Index("ix_identifier_thread", "thread"),
)

thread = Table(
    "thread",
    metadata,
    Column("name", Text, primary_key=True),
    # counts changes; equal to the other when the obligations say what the messages say
    Column("revision", Integer, nullable=False),
    Column("folded_revision", Integer, nullable=False),
)
# The judge asks only for what changed since it was folded.
Index(
    "ix_thread_stale",
    thread.c.name,
    sqlite_where=text("revision != folded_revision"),
    postgresql_where=text("revision != folded_revision"),
)

obligation = Table(
    "obligation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", _closed_set(ObligationKind), nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("opened_at", UtcInstant, nullable=False),
    Column("first_due_at", UtcInstant, nullable=False),
    Column("due_at", UtcInstant, nullable=False),
    Column("state", _closed_set(ObligationState), nullable=False),
    # derived from `state`, so that the partial index can name it
    Column("waits", Boolean, nullable=False),
    Column("breached", Boolean, nullable=False),
    Column("breached_at", UtcInstant),
    Column("owner", Text),
    Column("why", AsJson(tuple[Reason, ...]), nullable=False),
    Column("tags", AsJson(frozenset[Tag]), nullable=False),
    Column("joined", AsJson(tuple[str, ...]), nullable=False),
    Column("chased", Integer, nullable=False),
    Column("bounced", Boolean, nullable=False),
    Column("promises", AsJson(tuple[Promise, ...]), nullable=False),
    Column("first_reply", Text),
    Column("first_reply_at", UtcInstant),
    Column("first_reply_business_minutes", Integer),
    Column("answered_by", Text),
    Column("answered_at", UtcInstant),
    Column("answer_business_minutes", Integer),
    Column("answerer", Text),
    Column("dismissed_by", Text, nullable=False),
    UniqueConstraint("kind", "opened_by"),
    # storing a fold by difference
    Index("ix_obligation_thread", "thread"),
)
# The panel's list and the tick ask only for what waits, by the due in force.
Index(
    "ix_obligation_waiting_due_at",
    obligation.c.due_at,
    sqlite_where=text("waits"),
    postgresql_where=text("waits"),
)

transition = Table(
    "transition",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", _closed_set(ObligationKind), nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("effective_at", UtcInstant, nullable=False),
    Column("recorded_at", UtcInstant, nullable=False),
    Column("why", Text, nullable=False),
    # the journal of one obligation
    Index("ix_transition_opened_by", "opened_by"),
)

login = Table(
    "login",
    metadata,
    Column("id", Integer, primary_key=True),
    # the person's e-mail, lower-case
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # argon2 hash, never the password
    Column("password_hash", Text, nullable=False),
    Column("roles", AsJson(frozenset[Role]), nullable=False),
    Column("created_at", UtcInstant, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,
    # SHA-256 of the cookie's value: a stolen database opens no session
    Column("token_hash", Text, primary_key=True),
    Column("login_id", ForeignKey("login.id"), nullable=False),
    Column("created_at", UtcInstant, nullable=False),
    Column("expires_at", UtcInstant, nullable=False),
    Index("ix_web_session_login_id", "login_id"),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    # SHA-256 of the application and the first token: mailboxes that one person opens share a row,
    # and another sign-in gets a row of its own
    Column("sign_in", Text, primary_key=True),
    # encrypted (Fernet): a stolen database opens no mailbox
    Column("refresh_token", LargeBinary, nullable=False),
    # counts the tokens written; a writer that has used an older one does not win
    Column("version", Integer, nullable=False),
    Column("written_at", UtcInstant, nullable=False),
    # while somebody is asking the provider: using one token twice can end the sign-in
    Column("claimed_until", UtcInstant),
)
