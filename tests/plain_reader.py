"""Read mail for tests of the way from the server to the store: headers and text, no verdicts."""

from ingest.identity import digest_of, key_of
from ingest.parse import parse
from models.ids import Address
from models.message import Correspondent, Direction, Origin, OriginFinding, RawMail, ReadMail

POISON = "POISON"


class PlainReader:
    """Satisfies `ingest.sync.MailReader`; a text that says POISON can't be stored."""

    def read(self, raw: RawMail) -> ReadMail:
        """Read one mail."""
        parsed = parse(raw)
        return ReadMail(
            key=key_of(parsed),
            digest=digest_of(parsed),
            parsed=parsed,
            author=parsed.author or Correspondent(address=Address("unknown@invalid")),
            direction=Direction.INBOUND,
            origin=OriginFinding(origin=Origin.HUMAN, reason="test"),
            lines=(),
            # A lone surrogate is no UTF-8, so that the database refuses it.
            new_text="\ud800" if POISON in parsed.text else parsed.text,
            base_subject=parsed.subject,
            verdicts=None,
        )
