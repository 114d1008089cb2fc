"""Let `python -m sameday` be the command line, too."""

from sameday.cli import main

main(prog_name="sameday")
