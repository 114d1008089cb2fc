"""Hold the commands, a module per group; `sameday.cli` puts them together."""
