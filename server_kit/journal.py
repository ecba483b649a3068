"""What came in: each request and frame, with what was ignored or unmatched in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal

from attrs import field, frozen

from server_kit.notifier import Notifier


@frozen
class Entry:
    """One request or frame that a server received. Tokens and keys are not kept.

    Attributes:
        kind: `http` for a request, `frame` for a socket message, `fault` for what was done to
            one of them on purpose.
        name: `GET /v2/notification` for a request; the envelope's member, as `rpc`, for a frame;
            `reset on GET /v2/notification` for a fault.
        time: When it came in, in seconds since the epoch on the server's clock.
        status: The HTTP status of the answer; None for a frame, or where there was no answer.
        user_id: Who sent it, where the server knows.
        query: The query parameters of a request, in order.
        body: The start of the body or frame as text.
        ignored: What the server left unread, as the real one does (`query: cursor`).
        unmatched: For a request or frame without an answer: what was nearest to it.
        error: The traceback of a handler that failed.
    """

    kind: Literal["http", "frame", "fault"]
    name: str
    time: float
    status: int | None = None
    user_id: str | None = None
    query: tuple[tuple[str, str], ...] = ()
    body: str = field(default="", repr=False)
    ignored: tuple[str, ...] = ()
    unmatched: str | None = None
    error: str | None = field(default=None, repr=False)


class Journal:
    """The newest entries of one server, oldest first.

    Args:
        size: How many entries are kept; the oldest are dropped beyond it.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._written = Notifier()

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def write(self, entry: Entry) -> None:
        """Append an entry and wake those who wait for it."""
        self._entries.append(entry)
        self._written.notify()

    def find(self, name: str) -> list[Entry]:
        """The entries of one route or envelope member, as `GET /v2/notification` or `rpc`."""
        return [entry for entry in self if entry.name == name]

    def problems(self) -> list[Entry]:
        """The entries that had no answer, and those whose handler failed."""
        return [entry for entry in self if entry.unmatched or entry.error]

    async def wait_for(self, matches: Callable[[Entry], bool], *, timeout: float = 5.0) -> Entry:
        """Return the first entry that matches, now or later; may be awaited in any loop.

        Args:
            matches: Tells whether an entry is the one.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: No entry matched in time; the message lists what did come in.
        """

        def first() -> Entry | None:
            return next((entry for entry in self if matches(entry)), None)

        try:
            return await self._written.wait_for(first, timeout=timeout)
        except TimeoutError:
            names = ", ".join(entry.name for entry in self) or "nothing"
            raise TimeoutError(f"no matching entry within {timeout} s; came in: {names}") from None

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()
