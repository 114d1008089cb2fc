"""The documentation names every metric, and no metric that is not there."""

import re
from pathlib import Path

from models.db import ledger
from models.db.reconciling import Reconciled, save_reconciled
from models.mailboxes import MailboxCounts
from tests.panel_studio import HELLO, Studio

PAGE = Path(__file__).parents[3] / "docs/operations.md"


def test_the_documentation_names_the_metrics_that_there_are(studio: Studio) -> None:
    studio.reads(at=studio.now)
    studio.counts = (MailboxCounts(address=HELLO, failures={"LoginRefused": 1}),)
    with studio.store.write() as db:
        found = Reconciled(made_at=studio.now, held=1, accounted=1, quarantined=0)
        save_reconciled(db, ledger.ensure_mailbox(db, HELLO), found)
    told = studio.app().test_client().get("/metrics", base_url="http://localhost").text
    documented = re.findall(r"`(sameday_\w+)", PAGE.read_text(encoding="utf-8"))
    assert set(documented) == set(re.findall(r"^(sameday_\w+)", told, re.MULTILINE))
