"""Every persistent notification once and in order, across drops and restarts of either side."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from nakama_client.cursors import CursorStore
from nakama_client.errors import NakamaError, NotConnected
from nakama_client.features.notifications import Notification, Notifications
from nakama_client.handlers import Function
from nakama_client.ledger import Ledger
from nakama_client.protocol.catchup import CatchUp, Deliver, Fetch, Wait, may_list_again
from nakama_client.protocol.seen import Stage
from nakama_client.session import Session
from nakama_client.socket import Socket

_log = logging.getLogger("nakama_client.feed")

Acknowledge = Literal["auto", "manual", "delete"]

# How often the server may fail before a stored position that was never used is blamed.
_DOUBTS = 3


class NotificationFeed:
    """A player's notifications, each persistent one once. `client.notifications` makes it.

        async with client.notifications(session, store=FileCursorStore("cursors")) as feed:
            async for notification in feed:
                ...

    It begins where the last feed with this store ended, lists what was stored meanwhile, and goes
    on live. When the socket is lost, it waits until that has reconnected, lists what was missed,
    and goes on. What one sender sent comes in the order of sending.

    Transient notifications come through while the socket is open, with `persistent` False.

    All is done in the task that iterates: nothing is listed that nobody asks for. What comes live
    meanwhile waits; when too much does, it is listed later.
    """

    def __init__(
        self,
        client: Notifications,
        session: Session,
        socket: Socket,
        *,
        owns_socket: bool,
        store: CursorStore,
        acknowledge: Acknowledge,
        begin: Callable[[str | None], CatchUp[Notification]],
        pause: Callable[[int], float],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._session = session
        self._socket = socket
        self._owns_socket = owns_socket
        self._store = store
        self._acknowledge = acknowledge
        self._begin = begin
        self._pause = pause
        self._clock = clock
        self._intake: _Intake | None = None
        self._in_hand: Notification | None = None
        self._is_open = False
        self._is_iterating = False
        self._has_listed = False
        self._failures = 0
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        state = "open" if self._is_open else "closed"
        return f"<NotificationFeed of {self._session.username!r}, {state}>"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                await self._finish_in_hand()
        finally:
            self._in_hand = None  # after an error it was not handled to its end
            await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        intake = self._begun()
        if self._is_iterating:
            raise RuntimeError("two tasks iterate over the same feed")
        self._is_iterating = True
        try:
            await self._finish_in_hand()
            return await self._next(intake)
        finally:
            self._is_iterating = False

    @property
    def socket(self) -> Socket:
        """The socket over which it hears of notifications."""
        return self._socket

    @property
    def is_live(self) -> bool:
        """Whether it has caught up, so that notifications are delivered as they are sent."""
        return self._is_open and self._begun().catch_up.is_live

    @property
    def dropped(self) -> int:
        """How many transient notifications were dropped because the loop was too slow."""
        return 0 if self._intake is None else self._intake.catch_up.dropped

    async def open(self) -> None:
        """Read the stored position and connect the socket; does nothing when open.

        Raises:
            ArgumentError: What is stored can't be read; `forget` helps.
            NakamaError: The socket could not connect; see `Socket.connect`.
        """
        async with self._lock:
            if not self._is_open:
                await self._open()

    async def _open(self) -> None:
        catch_up = self._begin(await self._store.load(self._session.user_id))
        intake = _Intake(catch_up, Ledger(catch_up.seen, self._store, self._session))
        if self._socket.is_connected:
            intake.connected()
        self._socket.attach_feed(intake)
        try:
            await self._socket.connect()
        except BaseException:
            self._socket.detach_feed(intake)
            raise
        self._intake = intake
        self._is_open = True
        self._has_listed, self._failures = False, 0

    async def close(self) -> None:
        """Hear of nothing more, and close the socket if the feed has opened it.

        A loop over the feed ends when it asks for the next notification. Closing twice does
        nothing.
        """
        async with self._lock:
            if self._is_open:
                await self._close()

    async def _close(self) -> None:
        self._is_open = False
        intake = self._begun()
        self._socket.detach_feed(intake)
        intake.ended(None)
        try:
            await intake.ledger.flush()
        finally:
            if self._owns_socket:
                await self._socket.close()

    async def run(self, function: Function[Notification]) -> None:
        """Call a function with each notification, one after another, until the feed is closed.

        A notification is acknowledged once the function has returned. What it raises, this raises,
        and that notification comes again after a restart.

        Args:
            function: What to call; it may be async.
        """
        async for notification in self:
            try:
                result = function(notification)
                if inspect.isawaitable(result):
                    await result
            except BaseException:
                self._in_hand = None
                raise

    async def acknowledge(self, notification: Notification) -> None:
        """Note that a notification was handled; when this returns, it is stored.

        For `acknowledge="manual"`; in any order, from any task, also when the feed was closed
        since. Twice does nothing, and neither does a transient notification.

        Raises:
            NotConnected: The feed was never open.
        """
        await self._finish(notification.id)

    async def forget(self) -> None:
        """Delete the stored position of a closed feed: the next one begins with all that is stored.

        Raises:
            RuntimeError: The feed is open.
        """
        if self._is_open:
            raise RuntimeError("close the feed before it forgets its position")
        await self._store.delete(self._session.user_id)

    async def _next(self, intake: _Intake) -> Notification:
        while self._is_open:
            intake.news.clear()
            step = intake.catch_up.next(self._clock())
            if isinstance(step, Deliver):
                if step.item.persistent and self._acknowledge != "manual":
                    self._in_hand = step.item
                return step.item
            if intake.over.is_set():
                raise intake.error or StopAsyncIteration
            if isinstance(step, Wait):
                await _wait(intake.news, step.seconds)
            else:
                await self._fetch(intake, step)
        raise StopAsyncIteration

    async def _fetch(self, intake: _Intake, fetch: Fetch) -> None:
        try:
            page = await self._client.list_notifications(self._session, cursor=fetch.cursor)
        except NakamaError as error:
            is_proven = self._has_listed or not fetch.cursor or self._failures < _DOUBTS
            if not may_list_again(error, is_proven=is_proven):
                raise
            if intake.catch_up.failed(fetch, self._clock()):
                self._failures += 1
                seconds = self._pause(self._failures)
                _log.warning("listing failed, it is tried again in %.1f s: %s", seconds, error)
                await _wait(intake.over, seconds)
            return
        self._has_listed, self._failures = True, 0
        now = self._clock()
        again = intake.catch_up.fetched(fetch, page.notifications, page.cursor, now)
        if self._acknowledge == "delete" and again:
            await self._delete(again)

    async def _finish_in_hand(self) -> None:
        in_hand, self._in_hand = self._in_hand, None
        if in_hand is not None:
            await self._finish(in_hand.id)

    async def _finish(self, notification_id: str) -> None:
        intake = self._begun()
        is_work = self._acknowledge == "delete"
        intake.ledger.note(notification_id, Stage.HANDLED if is_work else Stage.DONE)
        intake.news.set()  # the loop may be waiting for this
        await intake.ledger.save()
        if is_work:
            await self._delete([notification_id])

    async def _delete(self, ids: list[str]) -> None:
        try:
            await self._client.delete_notifications(self._session, ids)
        except NakamaError as error:
            if not may_list_again(error, is_proven=True):
                raise
            _log.warning("deleting failed, it is tried again with the next listing: %s", error)
            return
        for each in ids:
            self._begun().ledger.note(each, Stage.DONE)

    def _begun(self) -> _Intake:
        if self._intake is None:
            raise NotConnected("the feed is not open; use `async with client.notifications(…)`")
        return self._intake


class _Intake:
    """What an open feed has; the socket tells it what happens, as an `Observer`."""

    def __init__(self, catch_up: CatchUp[Notification], ledger: Ledger) -> None:
        self.catch_up = catch_up
        self.ledger = ledger
        self.news = asyncio.Event()
        self.over = asyncio.Event()
        self.error: NakamaError | None = None

    def received(self, event: Notification) -> None:
        self.catch_up.received(event)
        self.news.set()

    def missed(self) -> None:
        self.catch_up.missed()
        self.news.set()

    def connected(self) -> None:
        self.catch_up.connected()
        self.news.set()

    def disconnected(self) -> None:
        self.catch_up.disconnected()
        self.news.set()

    def ended(self, error: NakamaError | None) -> None:
        self.error = error
        self.over.set()
        self.news.set()


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
