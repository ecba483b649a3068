"""The record of a feature: all that `wiring.py` has to know of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from attrs import field, frozen

from mock_server.http.routing import Route
from mock_server.realtime.requests import SocketRequest
from mock_server.runtime.callbacks import RpcFunction
from mock_server.runtime.functions import RuntimeFunctions


def _nothing() -> None:
    """Do nothing."""


async def _nothing_async() -> None:
    """Do nothing."""


@frozen(kw_only=True)
class Feature:
    """What one feature adds to a server; every part is optional.

    Attributes:
        routes: What it answers over HTTP.
        requests: What it answers over a socket.
        functions: What it offers to server modules, as `nk.…`.
        rpcs: RPC functions that are there without server modules, by id in lower case; a module
            may replace them.
        forget: Drops what it keeps in memory: the database was emptied or replaced.
        start: Begins its work in the background, at the start and after each `end`.
        end: Gives up what is under way, because the state it belongs to is about to go.
        settle: Returns once what is due by the clock has been done, as after a move of the clock.
        drain: Finishes what players do while they are still connected, because the server stops;
            called only where `shutdown_grace_sec` gives the time.
        close: Finishes what is under way within two seconds or so, because the server stops.
    """

    routes: tuple[Route, ...] = ()
    requests: tuple[SocketRequest, ...] = ()
    functions: tuple[RuntimeFunctions, ...] = ()
    rpcs: Mapping[str, RpcFunction] = field(factory=dict)
    forget: Callable[[], None] = _nothing
    start: Callable[[], None] = _nothing
    end: Callable[[], Awaitable[None]] = _nothing_async
    settle: Callable[[], Awaitable[None]] = _nothing_async
    drain: Callable[[], Awaitable[None]] = _nothing_async
    close: Callable[[], Awaitable[None]] = _nothing_async
