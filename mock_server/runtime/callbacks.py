"""What server modules have registered: the functions by the names under which they are called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from attrs import define, field, frozen

from mock_server.runtime.context import Context
from mock_server.runtime.match_handler import MatchFactory

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
StoreFunction: TypeAlias = Callable[[Context, Json, str, str], object]
"""Takes the context, the purchase or subscription, what the store sent, and what happened."""
ShutdownFunction: TypeAlias = Callable[[Context], object]
"""Takes the context; what it returns is not looked at."""
MatchedFunction: TypeAlias = Callable[[Context, list[Json]], object]
"""Takes the context and the players of a match; returns the match's id, or None."""
StorageIndexFilter: TypeAlias = Callable[[Context, Json], bool | Awaitable[bool]]
"""Takes the context and a storage object; tells whether the index takes it."""


@frozen
class StorageIndex:
    """An index over storage objects, as a module declares it.

    Attributes:
        name: Its name.
        collection: Whose objects it holds.
        key: The only key it holds; empty for every key.
        fields: The top-level members of values that can be searched.
        sortable_fields: Those of them by which lists can be ordered.
        max_entries: How many objects it holds; the oldest ones go when there are a tenth more.
        index_only: Whether lists show what the index knows, the indexed members, not the objects.
    """

    name: str
    collection: str
    key: str
    fields: tuple[str, ...]
    sortable_fields: tuple[str, ...]
    max_entries: int
    index_only: bool


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
        matchmaker_matched: Called when players have been matched.
        tournament_end: Called when a period of a tournament no longer takes scores.
        tournament_reset: Called when a period of a tournament is over.
        leaderboard_reset: Called when a period of a leaderboard is over.
        store_notifications: Called when a store tells what became of a purchase or a subscription;
            by kind and store, as `purchase_notification_apple`.
        shutdown: Called when the server stops, where `shutdown_grace_sec` gives the time.
        storage_indexes: By name, which keeps its case.
        storage_index_filters: By index name.
        matches: What makes match handlers, by the name for `nk.match_create`, as it is.
    """

    rpcs: dict[str, RpcFunction] = field(factory=dict)
    before: dict[str, BeforeFunction] = field(factory=dict)
    after: dict[str, AfterFunction] = field(factory=dict)
    before_rt: dict[str, BeforeFunction] = field(factory=dict)
    after_rt: dict[str, AfterFunction] = field(factory=dict)
    events: list[EventFunction] = field(factory=list)
    session_starts: list[EventFunction] = field(factory=list)
    session_ends: list[EventFunction] = field(factory=list)
    matchmaker_matched: MatchedFunction | None = None
    tournament_end: TournamentFunction | None = None
    tournament_reset: TournamentFunction | None = None
    leaderboard_reset: LeaderboardFunction | None = None
    store_notifications: dict[str, StoreFunction] = field(factory=dict)
    shutdown: ShutdownFunction | None = None
    storage_indexes: dict[str, StorageIndex] = field(factory=dict)
    storage_index_filters: dict[str, StorageIndexFilter] = field(factory=dict)
    matches: dict[str, MatchFactory] = field(factory=dict)
