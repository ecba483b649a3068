"""Chat over HTTP: the history of a channel."""

from __future__ import annotations

from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.channels.history import (
    ChannelHistory,
    NotAMember,
    NotAParticipant,
    UnreadableChannel,
    listed,
)
from mock_server.features.channels.ids import parse_channel_id
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty


class _ChannelsApi:
    def __init__(self, history: ChannelHistory) -> None:
        self._history = history

    def list_messages(self, call: Call) -> dict[str, Any]:
        channel, limit = call.request["channel_id"], call.limit(default=1, maximum=100)
        stream = parse_channel_id(channel)
        if stream is None:
            raise _refuse("Invalid channel ID.")
        try:
            page = self._history.page(
                call.identity.user_id,
                stream,
                limit,
                forward=call.request["forward"] is not False,
                cursor=call.request["cursor"],
            )
        except BadCursor:
            raise _refuse("Cursor is invalid or expired.") from None
        except NotAMember:
            raise _refuse("Group not found.") from None
        except NotAParticipant:
            raise _refuse("Channel not found.") from None
        except UnreadableChannel:
            message = "Error listing messages from channel."
            raise GrpcError(GrpcCode.INTERNAL, message) from None
        return omit_empty(
            {
                "messages": [listed(row, stream, channel) for row in page.rows],
                "next_cursor": page.next_cursor,
                "prev_cursor": page.prev_cursor,
                "cacheable_cursor": page.cacheable_cursor,
            }
        )


def _refuse(message: str) -> GrpcError:
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)


def routes(history: ChannelHistory) -> tuple[Route, ...]:
    """The routes of channels."""
    api = _ChannelsApi(history)
    return (
        Route(
            "ListChannelMessages",
            "GET",
            "/v2/channel/{channel_id}",
            Auth.BEARER,
            api.list_messages,
        ),
    )
