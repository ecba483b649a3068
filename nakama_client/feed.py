"""Every persistent notification once and in order, across lost connections and restarts."""

from __future__ import annotations

import asyncio
import inspect
import logging
from types import TracebackType
from typing import Self

from nakama_client.checkpoint import Checkpoint
from nakama_client.cursors import CursorStore, MemoryCursorStore, StoredPosition
from nakama_client.errors import (
    ApiError,
    NakamaError,
    NotConnected,
    SessionExpired,
)
from nakama_client.events.handlers import Function
from nakama_client.events.tasks import start
from nakama_client.features.notifications import Notification, NotificationsApi
from nakama_client.feed_settings import FeedSettings
from nakama_client.feed_state import FeedState, Unreadable
from nakama_client.protocol.catchup import CatchUp, Deliver, Fetch, WaitForEvent, may_list_again
from nakama_client.protocol.delivery_log import AcknowledgementState
from nakama_client.protocol.forward_clock import ForwardClock
from nakama_client.protocol.rules import check_function, check_type
from nakama_client.session import Session
from nakama_client.socket import Socket
from nakama_client.transport.loops import check_loop, run_in

_log = logging.getLogger("nakama_client.feed")

# How often the server may fail before a stored position that was never used is blamed.
_DOUBTS = 3

# A ban ends the session and then the socket: so many seconds the feed waits for the socket's error.
_SECONDS_FOR_THE_SOCKET = 1.0

_REFUSED = (401, 403)


class NotificationFeed:
    """A player's notifications, each persistent one once; `client.notifications` makes a feed.

        async with client.notifications(session, store=FileCursorStore("cursors")) as feed:
            async for notification in feed:
                ...

    A feed begins where the last feed with its store ended, lists what was stored since, and then
    delivers live. When the socket is lost, it waits for the reconnect, lists what was missed, and
    goes on. The notifications of one sender come in the order of sending.

    Transient notifications come through while the socket is open, with `persistent` False.

    It lists notifications while it is iterated, and stores its position behind those that were
    handled. An `anext` that is cancelled, as under a time limit, loses nothing: a list under way
    goes on, and the next `anext` waits for it. What comes live between two iterations waits, up to
    `queue_limit`; further persistent ones are listed later.

    A notification that can't be read is left out: `socket.on_error` gets it, once, as an
    `UnreadableItem`.
    """

    def __init__(
        self,
        client: NotificationsApi,
        session: Session,
        socket: Socket,
        *,
        owns_socket: bool,
        store: CursorStore | None,
        settings: FeedSettings,
    ) -> None:
        self._client = client
        self._session = session
        self._socket = socket
        self._owns_socket = owns_socket
        self._position = StoredPosition(
            MemoryCursorStore() if store is None else store, session.user_id
        )
        self._is_lasting = store is not None
        self._settings = settings
        self._now = ForwardClock(settings.clock)
        self._state: FeedState | None = None
        self._unacknowledged: Notification | None = None
        self._is_open = False
        self._is_iterating = False
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
            ArgumentError: The stored position can't be read (`forget` deletes it), or the store is
                not as `CursorStore` says.
            NakamaError: The socket could not connect; see `Socket.connect`.
            WrongLoop: Another event loop has opened this feed and not closed it.
        """
        check_loop(self._loop, "feed")
        async with self._lock:
            if not self._is_open:
                await self._open()

    async def _open(self) -> None:
        catch_up: CatchUp[Notification | Unreadable] = self._settings.catch_up(
            await self._position.load()
        )

        save = self._position.save
        checkpoint = Checkpoint(
            catch_up.log,
            save=save if self._is_lasting else None,
            flush=save,
            delete=self._delete if self._settings.acknowledge == "delete" else None,
        )
        state = FeedState(catch_up, checkpoint)
        # The state observes before the socket connects: what comes between the connection and the
        # first listing would be missed otherwise, and the listing cannot tell that it was.
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
        # First the end, which wakes a loop that waits and a listing that pauses; then the position,
        # while the client can still delete what a work queue has handled; the socket last.
        state.ended(None)
        try:
            await state.stop_listing()
            await state.checkpoint.flush()
        except BaseException:
            await state.checkpoint.cancel()
            raise
        finally:
            if self._owns_socket:
                await self._socket.close()

    async def run(self, function: Function[Notification]) -> None:
        """Call a function with each notification, one after another, until the feed is closed.

        A notification is acknowledged once the function has returned. When the function raises,
        this raises the same, and that notification comes again after a restart.

        Args:
            function: Takes a notification; it may be async.

        Raises:
            ArgumentError: The function can't be called.
        """
        check_function("function", function)
        async for notification in self:
            try:
                result = function(notification)
                if inspect.isawaitable(result):
                    await result
            except BaseException:
                self._unacknowledged = None
                raise

    async def acknowledge(self, notification: Notification) -> None:
        """Acknowledge a notification.

        It is for `acknowledge="manual"`: in any order, from any task, and also after the feed was
        closed. Acknowledging twice, or a transient notification, does nothing. It is stored within
        a tenth of a second, together with others; `flush` waits for that.

        Raises:
            ArgumentError: It is no notification.
            NotConnected: The feed was never open.
        """
        check_type("notification", notification, Notification)
        state = self._opened_state()
        await state.checkpoint.acknowledge(notification.id)
        state.wakeup.set()  # the loop may be waiting for this
        if not self._is_open:
            await state.checkpoint.flush()

    async def flush(self) -> None:
        """Store what was acknowledged by now, and in a work queue delete it.

        When this returns, a kill makes none of it come again. Closing the feed does the same.

        Raises:
            NotConnected: The feed was never open.
        """
        await self._opened_state().checkpoint.flush()

    async def forget(self) -> None:
        """Delete the stored position of a closed feed; the next feed begins at the beginning.

        Raises:
            RuntimeError: The feed is open.
        """
        if self._is_open:
            raise RuntimeError("close the feed before it forgets its position")
        await self._position.delete()

    async def _next(self, state: FeedState) -> Notification:
        # `CatchUp` decides and does no I/O; this loop does what it says. The wakeup is cleared
        # before the decision, so what comes after the decision sets it again and is not missed.
        while self._is_open:
            if state.listing is not None:
                await state.wait_for_listing()
                continue
            state.wakeup.clear()
            step = state.catch_up.next(self._now())
            if isinstance(step, Deliver):
                if isinstance(step.item, Notification):
                    return self._delivered(step.item)
                self._leave_out(state, step.item)
                continue
            if state.ended_event.is_set():
                raise state.error or StopAsyncIteration
            if isinstance(step, WaitForEvent):
                await state.wakeup.wait(step.seconds)
            else:
                # A task of the feed, not of this call: a game loop that gives `anext` a few
                # milliseconds at a time cancels the call, and the list would never end.
                state.listing = start(self._list(state, step), name="nakama_client feed listing")
        raise StopAsyncIteration

    def _delivered(self, notification: Notification) -> Notification:
        if notification.persistent and self._settings.acknowledge != "manual":
            self._unacknowledged = notification
        return notification

    def _leave_out(self, state: FeedState, item: Unreadable) -> None:
        # It counts as done in its place in the list. Otherwise the position could never move past
        # it, and each listing would report it again.
        self._socket._report(item.error)
        state.catch_up.log.move(item.id, AcknowledgementState.DONE)

    async def _list(self, state: FeedState, fetch: Fetch) -> None:
        try:
            page = await self._client._list_page(self._session, cursor=fetch.cursor)
        except NakamaError as error:
            await self._list_later(state, fetch, error)
            return
        state.has_listed, state.failures = True, 0
        items: list[Notification | Unreadable] = [
            *map(Unreadable, page.unreadable),
            *page.notifications,
        ]
        was_catching_up = state.catch_up.is_catching_up
        again = state.catch_up.fetched(fetch, items, page.cursor, self._now())
        if was_catching_up and self._settings.on_progress is not None:
            listed = state.catch_up.listed
            self._settings.on_progress(listed, listed if state.catch_up.is_live else None)
        if self._settings.acknowledge == "delete" and again:
            await state.checkpoint.delete_again(again)

    async def _list_later(self, state: FeedState, fetch: Fetch, error: NakamaError) -> None:
        """Pause after a failed listing, or raise what ends the feed."""
        # Nakama answers a damaged cursor with status 500, as a failure of its database. A cursor
        # that it has taken before is good; one from a store is doubted after some failures.
        is_proven = state.has_listed or not fetch.cursor or state.failures < _DOUBTS
        if may_list_again(error, is_proven=is_proven):
            if state.catch_up.failed(fetch, self._now()):
                state.failures += 1
                seconds = self._settings.pause(state.failures)
                _log.warning("listing failed, it is tried again in %.1f s: %s", seconds, error)
                await state.ended_event.wait(seconds)
            return
        if isinstance(error, SessionExpired) or _is_refused(error):
            # The socket's error says more, `UserBanned` for instance; it may come a moment later.
            await state.ended_event.wait(_SECONDS_FOR_THE_SOCKET)
        if state.error is not None:
            raise state.error from error
        raise error

    async def _acknowledge_previous(self) -> None:
        unacknowledged, self._unacknowledged = self._unacknowledged, None
        checkpoint = self._opened_state().checkpoint
        if unacknowledged is None:
            checkpoint.check()
        else:
            await checkpoint.acknowledge(unacknowledged.id)

    async def _delete(self, ids: list[str]) -> bool:
        """Delete notifications; returns whether they are gone."""
        try:
            await self._client.delete_notifications(self._session, ids)
        except NakamaError as error:
            if not may_list_again(error, is_proven=True):
                raise
            _log.warning("deleting failed, it is tried again with the next listing: %s", error)
            return False
        return True

    def _opened_state(self) -> FeedState:
        if self._state is None:
            raise NotConnected("the feed is not open; use `async with client.notifications(…)`")
        return self._state


def _is_refused(error: NakamaError) -> bool:
    return isinstance(error, ApiError) and error.status in _REFUSED
