"""How much of something that lasts one person or team may have at once, counted in this process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from countersign.errors import TooManyRequests


class Places:
    """`most` places for each key, such as a person's id. `what` names in the plural what takes them."""

    def __init__(self, most: int, what: str) -> None:
        self.most = most
        self.what = what
        self._taken: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def refuse_if_full(self, key: Hashable) -> None:
        """For who takes the place later, but answers now. Raises TooManyRequests."""
        if self._taken[key] >= self.most:
            raise TooManyRequests(f"There can be {self.most} {self.what} at once, and there are.", wait=5)

    @contextmanager
    def taken(self, key: Hashable) -> Iterator[None]:
        """One place, for as long as the block lasts. Raises TooManyRequests."""
        with self._lock:
            self.refuse_if_full(key)
            self._taken[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[key] -= 1
                if not self._taken[key]:
                    del self._taken[key]
