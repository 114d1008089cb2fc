"""Find out which threads become one when mails connect them."""

from collections.abc import Iterable


class MergedThreads:
    """Names of threads, joined step by step; each set is known by the least of its names."""

    def __init__(self) -> None:
        """Start with nothing joined."""
        self._next: dict[str, str] = {}

    def join(self, names: Iterable[str]) -> None:
        """Make one thread of several."""
        roots = {self.name_of(name) for name in names}
        least = min(roots)
        for root in roots - {least}:
            self._next[root] = least

    def name_of(self, name: str) -> str:
        """Return the name of the thread that one of its names leads to."""
        while name in self._next:
            name = self._next[name]
        return name
