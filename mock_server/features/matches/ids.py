"""Match ids: `<uuid>.` of a relayed match, `<uuid>.<node>` of one with a handler."""

from __future__ import annotations

from attrs import frozen

from mock_server.realtime.stream import Stream, StreamMode
from mock_server.wire.uuids import parse_uuid

MODES = (StreamMode.MATCH_RELAYED, StreamMode.MATCH_AUTHORITATIVE)


@frozen
class MatchId:
    """A match id.

    Attributes:
        uuid: Its first part, in the canonical form.
        node: The server that runs the handler; empty for a relayed match.
    """

    uuid: str
    node: str = ""

    @property
    def is_relayed(self) -> bool:
        """Whether there is no handler."""
        return not self.node

    @property
    def stream(self) -> Stream:
        """Where the members are."""
        if self.is_relayed:
            return Stream(StreamMode.MATCH_RELAYED, self.uuid)
        return Stream(StreamMode.MATCH_AUTHORITATIVE, self.uuid, label=self.node)

    def __str__(self) -> str:
        return f"{self.uuid}.{self.node}"


def parse_match_id(text: str) -> MatchId | None:
    """The match that an id means, or None when it is none."""
    head, dot, node = text.partition(".")
    uuid = parse_uuid(head)
    return MatchId(uuid, node) if dot and uuid is not None else None


def stream_match_id(stream: Stream) -> str:
    """The id of the match whose members are in a stream."""
    return f"{stream.subject}.{stream.label}"
