"""Every persistent notification once and in order, across drops and restarts of either side."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self, get_args

from attrs import field, frozen

from nakama_client.checkpoint import Checkpoint
from nakama_client.config import RetryPolicy
from nakama_client.cursors import CursorStore
from nakama_client.errors import ArgumentError, NakamaError, NotConnected
from nakama_client.events.handlers import Function
from nakama_client.features.notifications import Notification, NotificationsApi
from nakama_client.protocol.catchup import CatchUp, Deliver, Fetch, Wait, may_list_again
from nakama_client.protocol.delivery_log import AcknowledgementState, DeliveryLog
from nakama_client.protocol.retry import full_jitter
from nakama_client.session import Session
from nakama_client.socket import Socket
from nakama_client.transport.loops import check_loop, run_in

_log = logging.getLogger("nakama_client.feed")

Acknowledge = Literal["auto", "manual", "delete"]

# How often the server may fail before a stored position that was never used is blamed.
_DOUBTS = 3


@frozen(kw_only=True)
class FeedSettings:
    """How a feed delivers; `Client.notifications` explains the first four.

    Attributes:
        acknowledge: When a notification counts as handled.
        queue_limit: How many may wait that came live.
        overlap_window: For how many seconds a row may become visible after a later one.
        check_interval: Seconds between two looks at the list while all comes live.
        retry: The delays after a failed listing; only its delays count, a feed never gives up.
        clock: Gives the seconds since 1970.
        random: Gives numbers from 0 up to 1.

    Raises:
        ArgumentError: A value is out of range.
    """

    acknowledge: Acknowledge = field()
    queue_limit: int = field()
    overlap_window: float = field()
    check_interval: float = field()
    retry: RetryPolicy
    clock: Callable[[], float]
    random: Callable[[], float]

    @acknowledge.validator
    def _check_acknowledge(self, _: object, mode: str) -> None:
        if mode not in get_args(Acknowledge):
            modes = ", ".join(get_args(Acknowledge))
            raise ArgumentError(f"acknowledge is one of {modes}; not {mode!r}")

    @queue_limit.validator
    def _check_queue_limit(self, _: object, limit: int) -> None:
        if limit < 1:
            raise ArgumentError(f"queue_limit must be at least 1, not {limit}")

    @overlap_window.validator
    def _check_overlap_window(self, _: object, seconds: float) -> None:
        if not seconds >= 0:
            raise ArgumentError(f"overlap_window must be 0 seconds or more, not {seconds}")

    @check_interval.validator
    def _check_check_interval(self, _: object, seconds: float) -> None:
        if not seconds > 0:
            raise ArgumentError(f"check_interval must be more than 0 seconds, not {seconds}")

    def catch_up(self, saved: str | None) -> CatchUp[Notification]:
        """Begin to catch up, from what an earlier feed has saved."""
        # What an earlier feed acknowledged may not be deleted yet: a work queue deletes it again.
        is_queue = self.acknowledge == "delete"
        state = AcknowledgementState.ACKNOWLEDGED if is_queue else AcknowledgementState.DONE
        log = DeliveryLog(saved, overlap_window=self.overlap_window, state=state)
        return CatchUp(
            log, limit=self.queue_limit, check_interval=self.check_interval, random=self.random
        )

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failed listings in a row."""
        first, longest = self.retry.first_delay, self.retry.max_delay
        return full_jitter(failures, first=first, longest=longest, random=self.random)


class NotificationFeed:
    """A player's notifications, each persistent one once; `client.notifications` makes a feed.

        async with client.notifications(session, store=FileCursorStore("cursors")) as feed:
            async for notification in feed:
                ...

    A feed begins where the last feed with its store ended, lists what was stored since, and then
    delivers live. When the socket is lost, it waits for the reconnect, lists what was missed, and
    goes on. The notifications of one sender come in the order of sending.

    Transient notifications come through while the socket is open, with `persistent` False.

    The feed has no task of its own: it lists and stores while it is iterated. What comes live
    between two iterations waits, up to `queue_limit`; further persistent ones are listed later.
    """

    def __init__(
        self,
        client: NotificationsApi,
        session: Session,
        socket: Socket,
        *,
        owns_socket: bool,
        store: CursorStore,
        settings: FeedSettings,
    ) -> None:
        self._client = client
        self._session = session
        self._socket = socket
        self._owns_socket = owns_socket
        self._store = store
        self._settings = settings
        self._state: _FeedState | None = None
        self._unacknowledged: Notification | None = None
        self._is_open = False
        self._is_iterating = False
        self._has_listed = False
        self._failures = 0
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        status = "open" if self._is_open else "closed"
        return f"<NotificationFeed of {self._session.username!r}, {status}>"

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
                await self._acknowledge_previous()
        finally:
            self._unacknowledged = None  # after an error it was not handled to its end
            await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        check_loop(self._loop, "feed")
        state = self._opened_state()
        if self._is_iterating:
            raise RuntimeError("two tasks iterate over the same feed")
        self._is_iterating = True
        try:
            await self._acknowledge_previous()
            return await self._next(state)
        finally:
            self._is_iterating = False

    @property
    def socket(self) -> Socket:
        """The socket over which notifications come live."""
        return self._socket

    @property
    def is_live(self) -> bool:
        """Whether the feed has caught up: notifications are delivered as they are sent."""
        return self._is_open and self._opened_state().catch_up.is_live

    @property
    def dropped(self) -> int:
        """The number of transient notifications that were dropped because the loop was too slow."""
        return 0 if self._state is None else self._state.catch_up.dropped

    async def open(self) -> None:
        """Read the stored position and connect the socket; when open, this does nothing.

        Raises:
            ArgumentError: The stored position can't be read; `forget` deletes it.
            NakamaError: The socket could not connect; see `Socket.connect`.
            WrongLoop: Another event loop has opened this feed and not closed it.
        """
        check_loop(self._loop, "feed")
        async with self._lock:
            if not self._is_open:
                await self._open()

    async def _open(self) -> None:
        catch_up = self._settings.catch_up(await self._store.load(self._session.user_id))
        state = _FeedState(catch_up, Checkpoint(catch_up.log, self._store, self._session))
        if self._socket.is_connected:
            state.connected()
        self._socket._add_observer(state)
        try:
            await self._socket.connect()
        except BaseException:
            self._socket._remove_observer(state)
            raise
        self._state = state
        self._is_open = True
        self._loop = asyncio.get_running_loop()
        self._has_listed, self._failures = False, 0

    async def close(self) -> None:
        """Store the position, and close the socket if it is the feed's own.

        A loop over the feed ends when it asks for the next notification. Calling it again does
        nothing.
        """
        loop = self._loop
        if loop is not None and loop is not asyncio.get_running_loop() and not loop.is_closed():
            await run_in(loop, self.close)
            return
        async with self._lock:
            if self._is_open:
                await self._close()

    async def _close(self) -> None:
        self._loop = None
        self._is_open = False
        state = self._opened_state()
        self._socket._remove_observer(state)
        state.ended(None)
        try:
            await state.checkpoint.flush()
        finally:
            if self._owns_socket:
                await self._socket.close()

    async def run(self, function: Function[Notification]) -> None:
        """Call a function with each notification, one after another, until the feed is closed.

        A notification is acknowledged once the function has returned. When the function raises,
        this raises the same, and that notification comes again after a restart.

        Args:
            function: Takes a notification; it may be async.
        """
        async for notification in self:
            try:
                result = function(notification)
                if inspect.isawaitable(result):
                    await result
            except BaseException:
                self._unacknowledged = None
                raise

    async def acknowledge(self, notification: Notification) -> None:
        """Acknowledge a notification; when this returns, that is stored.

        It is for `acknowledge="manual"`: in any order, from any task, and also after the feed was
        closed. Acknowledging twice, or a transient notification, does nothing.

        Raises:
            NotConnected: The feed was never open.
        """
        await self._finish(notification.id)

    async def forget(self) -> None:
        """Delete the stored position of a closed feed; the next feed begins at the beginning.

        Raises:
            RuntimeError: The feed is open.
        """
        if self._is_open:
            raise RuntimeError("close the feed before it forgets its position")
        await self._store.delete(self._session.user_id)

    async def _next(self, state: _FeedState) -> Notification:
        while self._is_open:
            state.wakeup.clear()
            step = state.catch_up.next(self._settings.clock())
            if isinstance(step, Deliver):
                if step.item.persistent and self._settings.acknowledge != "manual":
                    self._unacknowledged = step.item
                return step.item
            if state.ended_event.is_set():
                raise state.error or StopAsyncIteration
            if isinstance(step, Wait):
                await _wait(state.wakeup, step.seconds)
            else:
                await self._fetch(state, step)
        raise StopAsyncIteration

    async def _fetch(self, state: _FeedState, fetch: Fetch) -> None:
        try:
            page = await self._client.list_notifications(self._session, cursor=fetch.cursor)
        except NakamaError as error:
            is_proven = self._has_listed or not fetch.cursor or self._failures < _DOUBTS
            if not may_list_again(error, is_proven=is_proven):
                raise
            if state.catch_up.failed(fetch, self._settings.clock()):
                self._failures += 1
                seconds = self._settings.pause(self._failures)
                _log.warning("listing failed, it is tried again in %.1f s: %s", seconds, error)
                await _wait(state.ended_event, seconds)
            return
        self._has_listed, self._failures = True, 0
        now = self._settings.clock()
        again = state.catch_up.fetched(fetch, page.notifications, page.cursor, now)
        if self._settings.acknowledge == "delete" and again:
            await self._delete(again)

    async def _acknowledge_previous(self) -> None:
        unacknowledged, self._unacknowledged = self._unacknowledged, None
        if unacknowledged is not None:
            await self._finish(unacknowledged.id)

    async def _finish(self, notification_id: str) -> None:
        state = self._opened_state()
        is_work = self._settings.acknowledge == "delete"
        state.checkpoint.note(
            notification_id,
            AcknowledgementState.ACKNOWLEDGED if is_work else AcknowledgementState.DONE,
        )
        state.wakeup.set()  # the loop may be waiting for this
        await state.checkpoint.save()
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
            self._opened_state().checkpoint.note(each, AcknowledgementState.DONE)

    def _opened_state(self) -> _FeedState:
        if self._state is None:
            raise NotConnected("the feed is not open; use `async with client.notifications(…)`")
        return self._state


class _FeedState:
    """What an open feed has; the socket notifies it of what happens, as an `Observer`."""

    def __init__(self, catch_up: CatchUp[Notification], checkpoint: Checkpoint) -> None:
        self.catch_up = catch_up
        self.checkpoint = checkpoint
        self.wakeup = asyncio.Event()
        self.ended_event = asyncio.Event()
        self.error: NakamaError | None = None

    def received(self, event: Notification) -> None:
        self.catch_up.received(event)
        self.wakeup.set()

    def missed(self) -> None:
        self.catch_up.missed()
        self.wakeup.set()

    def connected(self) -> None:
        self.catch_up.connected()
        self.wakeup.set()

    def disconnected(self) -> None:
        self.catch_up.disconnected()
        self.wakeup.set()

    def ended(self, error: NakamaError | None) -> None:
        self.error = error
        self.ended_event.set()
        self.wakeup.set()


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
