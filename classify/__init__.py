"""Say what a mail says: verdicts on clients' mail and on ours."""
