"""Server-sent events: what happens on a server, for pages and for tests in any language.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections import deque
from functools import partial
from typing import Any

import msgspec
from aiohttp import web
from attrs import frozen

from server_kit.notifier import Notifier

ADDRESS = "/_control/events"
KEPT = 2000
"""How many events a stream can go back to."""
MAX_READERS = 200
"""How many connections are served at a time."""

_BATCH = 200  # events in one write
_BEAT = 15.0  # seconds after which a silent connection gets a comment, so that a dead one shows
_RETRY_MS = 1000


@frozen
class _ServerSentEvent:
    number: int
    name: str
    data: Any


class EventStream:
    """The events of one server.

    `GET /_control/events` begins with `hello`, whose data says whether the stream continues where
    `Last-Event-ID` (a header, or `?last_event_id=`) left off: `{"resumed": true}`. It is false for
    a new stream, after a restart, and when more events came meanwhile than are kept; then a reader
    asks again for what it shows. A reader too slow for what happens gets `lost` with the number of
    events that it missed. `?only=push,reset` leaves out all events but these and the two above.
    Events are kept as objects and become JSON only for those who read.

    Args:
        size: How many events are kept for readers that come back, and for slow ones.
    """

    def __init__(self, size: int = KEPT) -> None:
        self._start = secrets.token_hex(4)  # tells this process' numbers from those of another
        self._events: deque[_ServerSentEvent] = deque(maxlen=size)
        self._last = 0
        self._lock = threading.Lock()
        self._published = Notifier()
        self._readers = 0

    def publish(self, name: str, data: object) -> None:
        """Tell everyone who reads; may be called in any thread.

        Args:
            name: What happened, as `request`.
            data: What msgspec can encode; it must not change afterwards.
        """
        with self._lock:
            self._last += 1
            self._events.append(_ServerSentEvent(self._last, name, data))
        self._published.notify()

    def add_to(self, app: web.Application) -> None:
        """Serve the stream from an application."""
        app.router.add_get(ADDRESS, self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self._readers >= MAX_READERS:
            text = json.dumps({"error": f"{MAX_READERS} connections read events already"})
            raise web.HTTPServiceUnavailable(text=text, content_type="application/json")
        position = self._resume(request)
        resumed = position is not None
        position = self._last if position is None else position
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        self._readers += 1
        try:
            await response.prepare(request)
            hello = self._text(_ServerSentEvent(position, "hello", {"resumed": resumed}))
            await response.write(f"retry: {_RETRY_MS}\n{hello}".encode())
            only = request.query.get("only", "")
            await self._follow(response, position, frozenset(filter(None, only.split(","))))
        except ConnectionError:
            pass  # the reader has gone
        finally:
            self._readers -= 1
        return response

    async def _follow(
        self, response: web.StreamResponse, position: int, only: frozenset[str]
    ) -> None:
        clock = asyncio.get_running_loop()
        written = clock.time()
        while True:
            text = ""
            try:
                newer = partial(self._newer, position)
                await self._published.wait_for(newer, timeout=_BEAT)
                text, position = self._since(position, only)
            except TimeoutError:
                pass
            if text or clock.time() - written >= _BEAT:
                await response.write((text or ": still here\n\n").encode())
                written = clock.time()

    def _newer(self, position: int) -> bool | None:
        return True if self._last > position else None

    def _since(self, position: int, only: frozenset[str]) -> tuple[str, int]:
        """The next events after a position as text, and the position after them.

        Args:
            position: The number of the last event that the reader has.
            only: The names of the events that it wants; empty for all.
        """
        with self._lock:
            events = tuple(self._events)
        missed = events[0].number - 1 - position
        if missed > 0:
            lost = _ServerSentEvent(position + missed, "lost", {"events": missed})
            return self._text(lost), lost.number
        begin = position + 1 - events[0].number
        batch = events[begin : begin + _BATCH]
        wanted = [event for event in batch if not only or event.name in only]
        return "".join(map(self._text, wanted)), batch[-1].number

    def _resume(self, request: web.Request) -> int | None:
        """The number of the last event that a reader has, if all since then are still here."""
        given = request.headers.get("Last-Event-ID") or request.query.get("last_event_id", "")
        start, _, number = given.partition("-")
        if start != self._start or not (number.isascii() and number.isdigit()):
            return None
        position = int(number) if len(number) < 19 else -1
        oldest = self._events[0].number if self._events else self._last + 1
        return position if oldest - 1 <= position <= self._last else None

    def _text(self, event: _ServerSentEvent) -> str:
        data = msgspec.json.encode(event.data).decode()
        return f"id: {self._start}-{event.number}\nevent: {event.name}\ndata: {data}\n\n"
