"""Show Sameday to a newcomer: a sample agency with mailboxes, people and two weeks of mail."""
