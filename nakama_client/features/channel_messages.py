"""The stored messages of channels.

https://heroiclabs.com/docs/nakama/concepts/chat/
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

from attrs import Factory, frozen

from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import JsonObject, as_model, wire_struct
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.requests import Request, present, segment
from nakama_client.protocol.rules import check_limit, check_present
from nakama_client.session import Session


class ChannelMessageCode(IntEnum):
    """What a message is about: chat below 3, changes of a group from 3 on.

    Attributes:
        CHAT: The sender has written.
        CHAT_UPDATE: The sender has changed a message; the history has the new one, as `CHAT`.
        CHAT_REMOVE: The sender removed a message; it is gone from the history.
        GROUP_JOIN: The sender joined the group.
        GROUP_ADD: The sender was added to the group.
        GROUP_LEAVE: The sender left the group.
        GROUP_KICK: The sender was removed from the group.
        GROUP_PROMOTED: The sender was promoted.
        GROUP_BAN: The sender was banned from the group.
        GROUP_DEMOTE: The sender was demoted.
    """

    CHAT = 0
    CHAT_UPDATE = 1
    CHAT_REMOVE = 2
    GROUP_JOIN = 3
    GROUP_ADD = 4
    GROUP_LEAVE = 5
    GROUP_KICK = 6
    GROUP_PROMOTED = 7
    GROUP_BAN = 8
    GROUP_DEMOTE = 9


@frozen(kw_only=True)
class ChannelMessage:
    """A message in a channel.

    Attributes:
        channel_id: The channel's id.
        message_id: The message's id, the same when it is updated or removed.
        code: What it is about; see `ChannelMessageCode`.
        sender_id: The user who wrote it, or whom it is about.
        username: The sender's name.
        content: A JSON object. When the server sent something else, every access raises
            `InvalidJson` with the text.
        create_time: When it was sent.
        update_time: When it was last changed.
        persistent: Whether it is in the history.
        room_name: The name of the room, if the channel is one.
        group_id: The id of the group, if the channel is one.
        user_id_one: In a direct channel, the smaller of the two user ids.
        user_id_two: The other user's id.
    """

    channel_id: str = ""
    message_id: str = ""
    code: int = 0
    sender_id: str = ""
    username: str = ""
    content: JsonObject = Factory(JsonObject)
    create_time: datetime | None = None
    update_time: datetime | None = None
    persistent: bool = False
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


@frozen
class ChannelMessagePage(Page[ChannelMessage]):
    """A page of a channel's history.

    Attributes:
        messages: At most as many as the limit.
        cursor: Where the next page begins, in the direction of this list; "" when there is none.
        prev_cursor: Where the page before this one is, in the direction of this list; "" on the
            first page.
        cacheable_cursor: The position of the last message here, for lists that go forward. It
            stays valid, also at the end: save it, and list from there later to get what is new.
    """

    messages: tuple[ChannelMessage, ...] = ()
    cursor: str = ""
    prev_cursor: str = ""
    cacheable_cursor: str = ""


_MESSAGE_LIST = wire_struct(ChannelMessagePage, cursor="next_cursor")


class ChannelMessagesApi(ClientFeature):
    """The history of channels."""

    async def list_channel_messages(
        self,
        session: Session,
        channel_id: str,
        *,
        limit: int = 100,
        forward: bool = True,
        cursor: str | None = None,
    ) -> ChannelMessagePage:
        """List the stored messages of a channel.

        Any user may read a room, members a group, and two users their direct channel.

        Args:
            session: The reading player's session.
            channel_id: The channel's id; it need not be joined.
            limit: 1 to 100.
            forward: True for the oldest first, False for the newest first.
            cursor: A cursor of a page of this channel in the same direction.

        Raises:
            ArgumentError: The limit is out of range, or the channel's id is empty.
            InvalidArgument: There is no such channel, this user may not read it, or the cursor is
                of another list or direction.
        """
        query = present(limit=check_limit(limit, 100), forward=forward, cursor=cursor or None)
        path = f"/v2/channel/{segment(check_present('channel_id', channel_id))}"
        request = Request("GET", path, query)
        return as_model(ChannelMessagePage, await self._api.call(session, request, _MESSAGE_LIST))

    def iter_channel_messages(
        self,
        session: Session,
        channel_id: str,
        *,
        forward: bool = True,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[ChannelMessage]:
        """Iterate over the stored messages of a channel.

        Args:
            session: The reading player's session.
            channel_id: The channel's id; it need not be joined.
            forward: True for the oldest first, False for the newest first.
            cursor: Begin at a cursor of this channel in the same direction; None or "" for the
                beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Returns:
            An async iterator; going forward, its `cursor` is the position to save.

        Raises:
            ArgumentError: The page size is out of range, or the channel's id is empty.
        """
        check_limit(page_size, 100)
        check_present("channel_id", channel_id)

        return paginate(
            self._api.resumable(
                lambda position: self.list_channel_messages(
                    session, channel_id, limit=page_size, forward=forward, cursor=position
                )
            ),
            lambda page: page.messages,
            cursor=cursor,
            cursor_of=lambda page: page.cacheable_cursor if forward else page.cursor,
        )
