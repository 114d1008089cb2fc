"""Bring mail from a socket to a stored message, one module per concern."""
