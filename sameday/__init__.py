"""Compose the parts: command line, settings, wiring, jobs."""
