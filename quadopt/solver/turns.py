"""Turns: two threads that work one after the other, so that neither sees more or less of the other on a faster machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Threads that take turns, in the order of their names; with fewer than two names each goes on as it likes.

    A thread works between `of(name)` and its end, and hands over in between with `pass_on(name)`, which returns when it is its
    turn again. What threads tell each other then depends on the work done alone, never on the clock.
    """

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self._names = list(names) if len(names) > 1 else []
        self._changed = threading.Condition()
        self._now = self._names[0] if self._names else ""

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Waits for its first turn; the others go on without it once it is over."""
        self._wait(name)
        try:
            yield
        finally:
            with self._changed:
                if name in self._names:
                    self._hand_over(name)
                    self._names.remove(name)

    def pass_on(self, name: str) -> None:
        """Lets the others work, and returns when it is its turn again."""
        with self._changed:
            if name in self._names:
                self._hand_over(name)
        self._wait(name)

    def _hand_over(self, name: str) -> None:
        self._now = self._names[(self._names.index(name) + 1) % len(self._names)]
        self._changed.notify_all()

    def _wait(self, name: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: name not in self._names or self._now == name)
