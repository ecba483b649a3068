"""The journal: each request and frame that came in, and what the server did not read in it."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Literal

import msgspec
from attrs import field, frozen

from server_kit.functions import check_plain_function
from server_kit.notifier import Notifier

_log = logging.getLogger("server_kit.access")

_TEXT_SIZE = 2000  # characters of a name, a body or a query value
_LIST_SIZE = 100  # query parameters, or ignored fields
_TRACEBACK_SIZE = 20_000  # characters; the end says what failed
_NAMES_SHOWN = 20


def _cut(text: str) -> str:
    return text[:_TEXT_SIZE]


def _cut_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    return texts and tuple(map(_cut, texts[:_LIST_SIZE]))


def _cut_query(query: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return query and tuple((_cut(key), _cut(value)) for key, value in query[:_LIST_SIZE])


def _cut_traceback(text: str | None) -> str | None:
    return text[-_TRACEBACK_SIZE:] if text else text


def beginning(document: object) -> str:
    """The start of a document as JSON, for an entry's `answer`."""
    try:
        return msgspec.json.encode(document, enc_hook=str)[:_TEXT_SIZE].decode(errors="ignore")
    except UnicodeEncodeError:  # text of a server module that is no UTF-8
        return json.dumps(document, default=str)[:_TEXT_SIZE]


@frozen
class Entry:
    """One request or frame that a server received. Tokens and keys are not kept.

    Texts are cut to 2,000 characters each (a traceback to its last 20,000), and `query` and
    `ignored` to 100 items.

    Attributes:
        kind: `http` for a request, `grpc` for one over gRPC, `frame` for a socket message,
            `fault` for what was done to one of them on purpose.
        name: `GET /v2/notification` for a request, also over gRPC; the envelope's member, as
            `rpc`, for a frame; `reset on GET /v2/notification` for a fault.
        time: When it came in, in seconds since the epoch on the server's clock.
        status: The HTTP status of the answer; None for a frame, or where there was no answer.
        user_id: Who sent it, where the server knows.
        query: The query parameters of a request, in order.
        body: The start of the body or frame as text.
        answer: The start of the answer's body, or of the frame that replied, as text.
        ignored: The fields and parameters that neither this server reads nor the real one
            (`query: cursor`).
        unmatched: For a request or frame without an answer: the nearest name that has one.
        error: The traceback of a handler that failed.
    """

    kind: Literal["http", "grpc", "frame", "fault"]
    name: str = field(converter=_cut)
    time: float
    status: int | None = None
    user_id: str | None = None
    query: tuple[tuple[str, str], ...] = field(default=(), converter=_cut_query)
    body: str = field(default="", converter=_cut, repr=False)
    answer: str = field(default="", converter=_cut, repr=False)
    ignored: tuple[str, ...] = field(default=(), converter=_cut_all)
    unmatched: str | None = None
    error: str | None = field(default=None, converter=_cut_traceback, repr=False)

    @property
    def is_problem(self) -> bool:
        """Whether it had no answer, or its handler failed."""
        return bool(self.unmatched or self.error)


class Journal:
    """The newest entries of one server, oldest first; it may be read from any thread.

    Args:
        size: How many entries are kept; the oldest are dropped beyond it.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._count = 0
        self._dropped = 0
        self._dropped_problems = 0
        self._lock = threading.Lock()
        self._written = Notifier()
        self._watchers: list[Callable[[Entry], None]] = []

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def dropped(self) -> int:
        """How many entries were dropped for want of room since the last `clear`."""
        return self._dropped

    @property
    def dropped_problems(self) -> int:
        """How many of the dropped ones would be among `problems`."""
        return self._dropped_problems

    def write(self, entry: Entry) -> None:
        """Append an entry and wake those who wait for it."""
        with self._lock:
            if len(self._entries) == self._entries.maxlen:
                self._dropped += 1
                self._dropped_problems += self._entries[0].is_problem
            self._entries.append(entry)
            self._count += 1
        _log_entry(entry)
        self._written.notify()
        for watcher in self._watchers:
            watcher(entry)

    def watch(self, watcher: Callable[[Entry], None]) -> None:
        """Call a function with each entry from now on, in the thread that writes it."""
        self._watchers.append(watcher)

    def find(self, name: str) -> list[Entry]:
        """The entries of one route or envelope member, as `GET /v2/notification` or `rpc`."""
        return [entry for entry in self if entry.name == name]

    def numbered(self) -> list[tuple[int, Entry]]:
        """The entries with their numbers, newest first; an entry keeps its number."""
        with self._lock:
            last, entries = self._count, tuple(self._entries)
        return list(zip(range(last, 0, -1), reversed(entries), strict=False))

    def problems(self) -> list[Entry]:
        """The entries that had no answer, and those whose handler failed."""
        return [entry for entry in self if entry.is_problem]

    async def wait_for(self, matches: Callable[[Entry], bool], *, timeout: float = 5.0) -> Entry:
        """Return the first entry that matches, now or later; may be awaited in any loop.

        Args:
            matches: Whether an entry matches; called once for each entry.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: No entry matched in time; the message lists what did come in.
            TypeError: `matches` is no plain function.
        """
        check_plain_function("matches", matches)
        position = 0

        def first_match() -> Entry | None:
            nonlocal position
            entries, position = self._since(position)
            return next((entry for entry in entries if matches(entry)), None)

        try:
            return await self._written.wait_for(first_match, timeout=timeout)
        except TimeoutError:
            raise TimeoutError(
                f"no matching entry within {timeout:g} s; came in: {self._summary()}"
            ) from None

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()
            self._dropped = self._dropped_problems = 0

    def _since(self, position: int) -> tuple[list[Entry], int]:
        """The entries written after a position and still kept, oldest first, and the new position.

        Takes time for these entries only: a deque is read from its end.
        """
        with self._lock:
            newest = list(islice(reversed(self._entries), self._count - position))
            return newest[::-1], self._count

    def _summary(self) -> str:
        names = [entry.name for entry in self]
        text = ", ".join(names[-_NAMES_SHOWN:]) or "nothing"
        left_out = len(names) - _NAMES_SHOWN
        if left_out > 0:
            text += f" (and {left_out} before these)"
        if self._dropped:
            text += f" (and {self._dropped} that were dropped)"
        return text


def _log_entry(entry: Entry) -> None:
    """The access log; what has no answer is a warning in it."""
    if entry.unmatched:
        _log.warning(
            "no answer for %s (%s); the nearest is %s", entry.name, entry.kind, entry.unmatched
        )
    elif _log.isEnabledFor(logging.DEBUG):
        _log.debug("%s %s %s %s", entry.kind, entry.name, entry.status or "-", entry.user_id or "-")
