"""Tell the kinds of identifiers apart, so that a type checker catches one used as another."""

from typing import Final, NewType

Address = NewType("Address", str)
"""An addr-spec, lower-cased and stripped; never a display name, never empty."""

MessageId = NewType("MessageId", str)
"""A Message-ID header in canonical form: comments and angle brackets removed (RFC 5322 3.6.4)."""

MessageKey = NewType("MessageKey", str)
"""Identity of a message: a hash over Message-ID and stable content, equal for all its copies."""

ThreadId = NewType("ThreadId", str)
"""Name of a thread: derived from the set of its identifiers, the same in any order of arrival."""

AccountId = NewType("AccountId", str)
"""The `id` of an account in the settings."""

UNKNOWN_ACCOUNT: Final = AccountId("unknown")
"""Where a person is tracked who belongs to no account yet (SEMANTICS.md section 3)."""
