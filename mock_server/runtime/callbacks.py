"""What server modules have registered: the functions by the names under which they are called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from attrs import define, field

from mock_server.runtime.context import Context

Json: TypeAlias = dict[str, Any]

RpcFunction: TypeAlias = Callable[[Context, str], str | Awaitable[str | None] | None]
"""Takes the context and the payload; returns a text or None."""
BeforeFunction: TypeAlias = Callable[[Context, Json], Json | Awaitable[Json | None] | None]
"""Takes the context and the request; returns the request to go on with, None to refuse it."""
AfterFunction: TypeAlias = Callable[[Context, Json, Json], object]
"""Takes the context, the response and the request; what it returns is not looked at."""
EventFunction: TypeAlias = Callable[[Context, Json], object]
"""Takes the context and the event; what it returns is not looked at."""
TournamentFunction: TypeAlias = Callable[[Context, Json, int, int], object]
"""Takes the context, the tournament, when it ends or ended and when it is reset next."""
LeaderboardFunction: TypeAlias = Callable[[Context, Json, int], object]
"""Takes the context, the leaderboard and when it was reset."""


@define
class Callbacks:
    """The registered functions of one server; names are in lower case.

    Attributes:
        rpcs: By RPC id.
        before: By request name, as `listnotifications`.
        after: The same.
        before_rt: By envelope member without underscores, as `channeljoin`.
        after_rt: The same.
        events: Called with each event that clients and modules generate.
        session_starts: Called when a socket opens.
        session_ends: Called when a socket closes.
        tournament_end: Called when a period of a tournament no longer takes scores.
        tournament_reset: Called when a period of a tournament is over.
        leaderboard_reset: Called when a period of a leaderboard is over.
    """

    rpcs: dict[str, RpcFunction] = field(factory=dict)
    before: dict[str, BeforeFunction] = field(factory=dict)
    after: dict[str, AfterFunction] = field(factory=dict)
    before_rt: dict[str, BeforeFunction] = field(factory=dict)
    after_rt: dict[str, AfterFunction] = field(factory=dict)
    events: list[EventFunction] = field(factory=list)
    session_starts: list[EventFunction] = field(factory=list)
    session_ends: list[EventFunction] = field(factory=list)
    tournament_end: TournamentFunction | None = None
    tournament_reset: TournamentFunction | None = None
    leaderboard_reset: LeaderboardFunction | None = None
