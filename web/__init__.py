"""Show people what waits: the panel and the JSON API."""
