"""Streams of the server's runtime: https://heroiclabs.com/docs/nakama/server-framework/streams/.

Only the server's runtime creates streams and lets sessions join them; a client listens.
"""

from __future__ import annotations

from attrs import Factory, frozen

from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription
from nakama_client.features.base import SocketFeature
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.envelopes import single


@frozen(kw_only=True)
class Stream:
    """The address of a stream; the server's runtime chooses its fields.

    Attributes:
        mode: The kind of stream; Nakama's own are below 8.
        subject: An id, such as that of a user.
        subcontext: A second id.
        label: A text.
    """

    mode: int = 0
    subject: str = ""
    subcontext: str = ""
    label: str = ""


@frozen(kw_only=True)
class StreamData:
    """Data that was sent to a stream.

    Attributes:
        stream: The stream.
        sender: The sending presence; None for the server.
        data: The text.
        reliable: Whether it was sent reliably.
    """

    stream: Stream = Factory(Stream)
    sender: UserPresence | None = None
    data: str = ""
    reliable: bool = False


@frozen(kw_only=True)
class StreamPresenceEvent:
    """Presences joined or left a stream.

    Attributes:
        stream: The stream.
        joins: The presences that joined.
        leaves: The presences that left.
    """

    stream: Stream = Factory(Stream)
    joins: tuple[UserPresence, ...] = ()
    leaves: tuple[UserPresence, ...] = ()


_DATA = single("stream_data", StreamData)
_PRESENCE = single("stream_presence_event", StreamPresenceEvent)


class RealtimeStreams(SocketFeature):
    """Listening to streams."""

    def on_stream_data(self, function: Function[StreamData]) -> Handler[StreamData]:
        """Call a function with the data of each stream that this socket is in.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(_DATA, function)

    def stream_data(self) -> Subscription[StreamData]:
        """The data from now on: `async for data in socket.stream_data()`."""
        return self._connection.subscribe(_DATA)

    def on_stream_presence(
        self, function: Function[StreamPresenceEvent]
    ) -> Handler[StreamPresenceEvent]:
        """Call a function when presences join or leave such a stream, this socket included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(_PRESENCE, function)

    def stream_presences(self) -> Subscription[StreamPresenceEvent]:
        """Who joins and leaves from now on: `async for event in socket.stream_presences()`."""
        return self._connection.subscribe(_PRESENCE)
