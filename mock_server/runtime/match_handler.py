"""A match handler in any language: seven callbacks and a dispatcher."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from mock_server.runtime.context import Context

CALLBACKS = (
    "match_init",
    "match_join_attempt",
    "match_join",
    "match_leave",
    "match_loop",
    "match_terminate",
    "match_signal",
)
"""The callbacks that every handler has, in the order in which Nakama looks for them."""

MIN_TICK_RATE, MAX_TICK_RATE = 1, 60
MAX_LABEL_BYTES = 2048


class PresenceReason(IntEnum):
    """Why a presence event happened; a kick looks like a leave."""

    UNKNOWN = 0
    JOIN = 1
    UPDATE = 2
    LEAVE = 3
    DISCONNECT = 4


@frozen
class MatchPresence:
    """A member of a match.

    Attributes:
        user_id: Whose session it is.
        session_id: The session.
        username: The user's name.
        node: The server's name.
        reason: Why it happened.
    """

    user_id: str
    session_id: str
    username: str
    node: str
    reason: PresenceReason = PresenceReason.UNKNOWN

    def message(self) -> dict[str, Any]:
        """The `UserPresence` message."""
        return {
            "user_id": self.user_id,
            "session_id": self.session_id,
            "username": self.username,
        }

    def table(self) -> dict[str, Any]:
        """The presence as an applicant or a sender is shown to server modules."""
        return {**self.message(), "node": self.node}

    def table_with_reason(self) -> dict[str, Any]:
        """The presence as those who join and leave are shown to server modules."""
        return {**self.table(), "reason": int(self.reason)}


@frozen
class MatchMessage:
    """A message of a member to a match.

    Attributes:
        sender: Who.
        op_code: What kind, in the game's own numbers.
        data: The content.
        reliable: As the sender wishes.
        receive_time_ms: When it came, in milliseconds since the epoch.
    """

    sender: MatchPresence
    op_code: int
    data: bytes
    reliable: bool
    receive_time_ms: int

    def table(self) -> dict[str, Any]:
        """The message as server modules see it; without content its data is None."""
        return {
            "sender": self.sender.table(),
            "op_code": self.op_code,
            "data": self.data or None,
            "reliable": self.reliable,
            "receive_time_ms": self.receive_time_ms,
        }


@frozen
class MatchSetup:
    """What `match_init` decides.

    Attributes:
        tick_rate: How often a second `match_loop` is called, 1 to 60.
        label: What the match is listed and found by, at most 2048 bytes.
    """

    tick_rate: int
    label: str


@frozen
class JoinDecision:
    """What `match_join_attempt` decides.

    Attributes:
        is_allowed: Whether the applicant becomes a member.
        reason: Why not; empty where the handler says nothing.
    """

    is_allowed: bool
    reason: str = ""


@frozen
class Broadcast:
    """Data for members of a match.

    Attributes:
        op_code: What kind, a 64-bit integer.
        data: The content.
        receivers: Session id and node of each receiver, of whom only members count; None is every
            member.
        sender: The `UserPresence` message that is shown as the sender; None is the server.
        reliable: Shown to the receivers.
    """

    op_code: int
    data: bytes = b""
    receivers: Sequence[tuple[str, str]] | None = None
    sender: Mapping[str, Any] | None = None
    reliable: bool = True


class Dispatcher(Protocol):
    """The dispatcher that a handler uses in its callbacks; any thread may call it.

    Every method raises a `ModuleError` once the match has ended.

    Attributes:
        label: The label as it is now.
        tick_rate: The tick rate; 0 before `match_init` has returned.
    """

    label: str
    tick_rate: int

    def broadcast(self, broadcast: Broadcast) -> None:
        """Send data to members now."""
        ...

    def broadcast_deferred(self, broadcast: Broadcast) -> None:
        """Send data to members when the callback has returned.

        Raises:
            ModuleError: 128 wait already.
        """
        ...

    def kick(self, presences: Sequence[MatchPresence]) -> None:
        """Remove members once the callback has returned; their user, session and node count."""
        ...

    def update_label(self, label: str) -> None:
        """Change the label.

        Raises:
            ModuleError: It is longer than 2048 bytes.
        """
        ...


class MatchHandler(Protocol):
    """The callbacks of one running match, which keeps its state itself.

    No two of them run at the same time. An error of any of them ends the match and disconnects its
    members; so does a `ModuleError`.
    """

    async def init(self, params: Mapping[str, Any] | None) -> MatchSetup:
        """Make the state.

        Raises:
            ModuleError: There is no match; the message says why.
        """
        ...

    async def join_attempt(
        self, tick: int, applicant: Context, presence: MatchPresence, metadata: Mapping[str, str]
    ) -> JoinDecision | None:
        """Decide about an applicant; None ends the match.

        Args:
            tick: The tick.
            applicant: The match's context and the applicant's session: who, from where, since when.
            presence: The applicant.
            metadata: What they sent along.
        """
        ...

    async def join(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Handle new members; False ends the match."""
        ...

    async def leave(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Handle members who left; False ends the match."""
        ...

    async def loop(self, tick: int, messages: Sequence[MatchMessage]) -> bool:
        """Work what came in since the last tick; False ends the match."""
        ...

    async def terminate(self, tick: int, grace_seconds: int) -> bool:
        """Hear that the server stops; False ends the match at once."""
        ...

    async def signal(self, tick: int, data: str) -> str | None:
        """Answer a signal; None ends the match."""
        ...

    async def state_json(self) -> str:
        """The state as JSON, for the console."""
        ...

    def close(self) -> None:
        """Let go of everything; nothing is called afterwards."""
        ...


MatchFactory: TypeAlias = Callable[[Context, Dispatcher], Awaitable[MatchHandler]]
"""Makes the handler of a new match; the context has `match_id` and `match_node`.

It raises a `ModuleError` where the module is no match handler.
"""
