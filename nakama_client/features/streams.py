"""What the server's runtime streams: https://heroiclabs.com/docs/nakama/server-framework/streams/.

Only the server can make streams and let sessions join them; a client listens.
"""

from __future__ import annotations

from attrs import Factory, frozen

from nakama_client.events.handlers import Function, Handler
from nakama_client.features.base import SocketFeature
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.envelopes import single


@frozen(kw_only=True)
class Stream:
    """The address of a stream; the server's runtime chooses its parts.

    Attributes:
        mode: What kind of stream it is; Nakama's own are below 8.
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
    """Something that was sent to a stream.

    Attributes:
        stream: Which stream.
        sender: Who sent it; None for the server.
        data: What was sent.
        reliable: Whether it would have been sent again when lost.
    """

    stream: Stream = Factory(Stream)
    sender: UserPresence | None = None
    data: str = ""
    reliable: bool = False


@frozen(kw_only=True)
class StreamPresenceEvent:
    """Who came to a stream, and who went.

    Attributes:
        stream: Which stream.
        joins: Who came.
        leaves: Who went.
    """

    stream: Stream = Factory(Stream)
    joins: tuple[UserPresence, ...] = ()
    leaves: tuple[UserPresence, ...] = ()


_DATA = single("stream_data", StreamData)
_PRESENCE = single("stream_presence_event", StreamPresenceEvent)


class RealtimeStreams(SocketFeature):
    """Listening to streams."""

    def on_stream_data(self, function: Function[StreamData]) -> Handler[StreamData]:
        """Call a function with what is sent to the streams this socket is in.

        Use it as a decorator or call it; the function may be async.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._connection.on(_DATA, function)

    def on_stream_presence(
        self, function: Function[StreamPresenceEvent]
    ) -> Handler[StreamPresenceEvent]:
        """Call a function when somebody joins or leaves such a stream, this socket included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._connection.on(_PRESENCE, function)
