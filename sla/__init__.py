"""Compute what is owed, purely: work calendar, policy, and the fold of events into obligations."""
