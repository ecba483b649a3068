"""In-app notifications: https://heroiclabs.com/docs/nakama/concepts/notifications/."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum

import msgspec
from attrs import Factory, frozen

from nakama_client.errors import UnreadableItem
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription
from nakama_client.events.topics import Observer
from nakama_client.features.base import ClientFeature, SocketFeature
from nakama_client.protocol.codec import JsonObject
from nakama_client.protocol.envelopes import Event
from nakama_client.protocol.paging import Page, PageIterator, Progress, paginate
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import Request, present, split
from nakama_client.protocol.rules import check_ids, check_limit, check_plain_function
from nakama_client.session import Session, check_session


class NotificationCode(IntEnum):
    """The codes of Nakama's own notifications; a game's own are positive.

    Attributes:
        DM_REQUEST: A user opened a direct channel with this one.
        FRIEND_REQUEST: A user invited this one to be friends.
        FRIEND_ACCEPT: A user accepted this one's invite.
        GROUP_ADD: The user was added to a group.
        GROUP_JOIN_REQUEST: A user asked to join this one's group.
        FRIEND_JOIN_GAME: A friend from a social network joined the game.
        SINGLE_SOCKET: Another socket of this user replaces this one.
        USER_BANNED: The account was banned.
        FRIEND_REMOVE: A user removed this one as a friend.
    """

    DM_REQUEST = -1
    FRIEND_REQUEST = -2
    FRIEND_ACCEPT = -3
    GROUP_ADD = -4
    GROUP_JOIN_REQUEST = -5
    FRIEND_JOIN_GAME = -6
    SINGLE_SOCKET = -7
    USER_BANNED = -8
    FRIEND_REMOVE = -9


@frozen(kw_only=True)
class Notification:
    """A message to one user.

    Attributes:
        id: The notification's id.
        subject: A short text.
        content: A JSON object. When the server sent something else, every access raises
            `InvalidJson` with the text.
        code: What it is about; see `NotificationCode` for those below zero.
        sender_id: The sending user's id; "" or the nil UUID for the server.
        create_time: When it was sent, in whole seconds.
        persistent: Whether it is stored until it is deleted.
    """

    id: str = ""
    subject: str = ""
    content: JsonObject = Factory(JsonObject)
    code: int = 0
    sender_id: str = ""
    create_time: datetime | None = None
    persistent: bool = False


@frozen
class NotificationPage(Page[Notification]):
    """A page of the stored notifications, the oldest first.

    Attributes:
        notifications: At most as many as the limit; empty at the end of the list.
        cursor: The position of the last one. It is never empty, also at the end of the list, and
            stays valid: save it, and list from there later to get what is new.
        unreadable: Those on the page that can't be read; `Client.on_error` gets each once.
    """

    notifications: tuple[Notification, ...] = ()
    cursor: str = ""
    unreadable: tuple[UnreadableItem, ...] = ()


class _NotificationList(msgspec.Struct):
    notifications: tuple[Notification, ...] = ()
    cacheable_cursor: str = ""


_RECEIVED = Event(
    "notifications", _NotificationList, lambda found: found.notifications, has_items=True
)


class NotificationsApi(ClientFeature):
    """Listing and deleting stored notifications."""

    async def list_notifications(
        self, session: Session, *, limit: int = 100, cursor: str | None = None
    ) -> NotificationPage:
        """List stored notifications, the oldest first.

        Args:
            session: The player's session.
            limit: 1 to 100.
            cursor: List from behind this position; None or "" for the beginning.

        Raises:
            ArgumentError: The limit is out of range.
            InternalError: The cursor is not one of this list.
        """
        page = await self._list_page(session, limit=limit, cursor=cursor)
        for item in page.unreadable:
            self._api.unreadable_items.report(item)
        return page

    def iter_notifications(
        self,
        session: Session,
        *,
        cursor: str | None = None,
        page_size: int = 100,
        on_progress: Progress | None = None,
    ) -> PageIterator[Notification]:
        """Iterate over all stored notifications, the oldest first.

        Args:
            session: The player's session.
            cursor: Begin behind this position; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.
            on_progress: Called after each page. It gets two numbers: how many were listed so far,
                and how many there are in all, which is None until the end of the list. An error
                that it raises ends the loop.

        Returns:
            An async iterator; its `cursor` is the position to save.

        Raises:
            ArgumentError: The page size is out of range, or `on_progress` is no function.
        """
        if on_progress is not None:
            check_plain_function("on_progress", on_progress)
        check_limit(page_size, 100)

        return paginate(
            self._api.resumable(
                lambda position: self.list_notifications(session, limit=page_size, cursor=position)
            ),
            lambda page: page.notifications,
            cursor=cursor,
            unreadable=lambda page: page.unreadable,
            on_progress=on_progress,
        )

    async def delete_notifications(
        self, session: Session, ids: Iterable[str], *, on_progress: Progress | None = None
    ) -> None:
        """Delete stored notifications for good.

        Any number can be deleted; many are split over several requests, one after another. Ids
        that do not exist, or belong to others, are ignored by the server.

        Args:
            session: The player's session.
            ids: Notification ids; without any, nothing is sent.
            on_progress: Called after each request with two numbers: how many are deleted, and how
                many there are in all. An error that it raises ends the call.

        Raises:
            ArgumentError: An id is no UUID, or `on_progress` is no function; nothing was sent.
            ApiError: The server refused; the requests before that one took effect, and deleting the
                same ids again is safe.
        """
        check_session(session)
        if on_progress is not None:
            check_plain_function("on_progress", on_progress)
        query = [("ids", each) for each in check_ids("ids", ids)]
        deleted = 0
        for batch in split(query, token_bytes=len(session.token)):
            await self._api.call(session, Request("DELETE", "/v2/notification", batch), Empty)
            deleted += len(batch)
            if on_progress is not None:
                on_progress(deleted, len(query))

    async def _list_page(
        self, session: Session, *, limit: int = 100, cursor: str | None
    ) -> NotificationPage:
        """List a page; the caller reports what can't be read, as the feed does."""
        query = present(limit=check_limit(limit, 100), cacheable_cursor=cursor or None)
        request = Request("GET", "/v2/notification", query)
        found = await self._api.call_for_items(session, request, _NotificationList)
        reply = found.value
        return NotificationPage(reply.notifications, reply.cacheable_cursor, found.unreadable)


class RealtimeNotifications(SocketFeature):
    """Notifications as they are sent."""

    def on_notification(self, function: Function[Notification]) -> Handler[Notification]:
        """Call a function with each notification, persistent or not, in the order of sending.

        One that can't be read goes to `on_error` as an `UnreadableItem`; the others are delivered.

        Use it as a decorator or call it, before or after connecting; the function may be async.
        Several functions are called one after another. While one waits for something, the socket is
        read, events wait, and the newest are dropped when `queue_limit` of the socket are waiting.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(_RECEIVED, function)

    def notifications(self) -> Subscription[Notification]:
        """The notifications from now on: `async for notification in socket.notifications()`.

        It goes on when the socket reconnects; what was sent meanwhile is missed, and
        `client.notifications` catches up with it. The loop ends when the socket is closed with
        `close`, and raises an error when the socket stays closed for another reason.
        """
        return self._connection.subscribe(_RECEIVED)

    def _add_observer(self, observer: Observer[Notification]) -> None:
        """Add an observer of notifications and gaps; only the feed calls this."""
        self._connection.topics.observe(_RECEIVED, observer)

    def _remove_observer(self, observer: Observer[Notification]) -> None:
        """Remove the observer; only the feed calls this."""
        self._connection.topics.forget(_RECEIVED, observer)

    def _report(self, item: UnreadableItem) -> None:
        """Report what the feed can't read in a list; only the feed calls this."""
        self._connection.topics.unreadable_items.report(item)
