"""`/_control` on the whole server: its clock, resets, restarts and snapshots."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from aiohttp import web
from attrs import frozen

from mock_server.runtime.errors import ModuleLoadError
from server_kit import Clock
from server_kit.bodies import read_body, refusal

MOST_SNAPSHOTS = 16
"""How many snapshots are kept under names."""
MOST_SNAPSHOT_BYTES = 512 * 1024 * 1024
"""How many bytes they have together."""
_LONGEST_NAME = 200
_DELETE = "DELETE /_control/snapshots/NAME makes room"


class Restart(Protocol):
    """Restarts the server on the same ports."""

    async def __call__(self, *, keep_data: bool = True) -> None:
        """Restart, with what is stored or without it."""


@frozen(kw_only=True)
class LifecycleActions:
    """What can be done to the whole server.

    Attributes:
        reset: Brings it back to how it started.
        restart: Restarts it on the same ports.
        settle: Returns once what became due by the clock has been done.
        snapshot: Returns everything that is stored.
        restore: Replaces everything that is stored.
    """

    reset: Callable[[], Awaitable[None]]
    restart: Restart
    settle: Callable[[], Awaitable[None]]
    snapshot: Callable[[], Awaitable[bytes]]
    restore: Callable[[bytes], Awaitable[None]]


class LifecycleRoutes:
    """Answers what concerns the whole server.

    Args:
        clock: The server's time.
        actions: What is done to the server.
    """

    def __init__(self, clock: Clock, actions: LifecycleActions) -> None:
        self._clock = clock
        self._actions = actions
        self._snapshots: dict[str, bytes] = {}

    def add_to(self, app: web.Application) -> None:
        """Serve from the application of the console's port."""
        app.router.add_post("/_control/reset", self._reset)
        app.router.add_post("/_control/restart", self._restart)
        app.router.add_post("/_control/clock", self._advance)
        app.router.add_post("/_control/snapshots/{name}", self._snapshot)
        app.router.add_delete("/_control/snapshots/{name}", self._forget)
        app.router.add_post("/_control/snapshots/{name}/restore", self._restore)

    async def _reset(self, request: web.Request) -> web.Response:
        with _refusing_modules():
            await self._actions.reset()
        return web.json_response({})

    async def _restart(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _RestartOptions)
        with _refusing_modules():
            await self._actions.restart(keep_data=asked.keep_data)
        return web.json_response({})

    async def _advance(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _ClockMove)
        try:
            self._clock.advance(asked.advance)
        except ValueError as error:
            raise refusal(str(error)) from None
        await self._actions.settle()
        return web.json_response({"time": self._clock.time()})

    async def _snapshot(self, request: web.Request) -> web.Response:
        name, snapshot = request.match_info["name"], await self._actions.snapshot()
        others = [kept for other, kept in self._snapshots.items() if other != name]
        if len(others) >= MOST_SNAPSHOTS:
            raise refusal(f"there are {MOST_SNAPSHOTS} snapshots; {_DELETE}")
        if sum(map(len, others)) + len(snapshot) > MOST_SNAPSHOT_BYTES:
            raise refusal(
                f"snapshots can have {MOST_SNAPSHOT_BYTES} bytes together; this one has"
                f" {len(snapshot)}, the others {sum(map(len, others))}; {_DELETE}"
            )
        if len(name) > _LONGEST_NAME:
            raise refusal(f"a snapshot's name has at most {_LONGEST_NAME} characters")
        self._snapshots[name] = snapshot
        return web.json_response({})

    async def _forget(self, request: web.Request) -> web.Response:
        if self._snapshots.pop(request.match_info["name"], None) is None:
            return self._no_snapshot(request)
        return web.json_response({})

    async def _restore(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._snapshots:
            return self._no_snapshot(request)
        await self._actions.restore(self._snapshots[name])
        return web.json_response({})

    def _no_snapshot(self, request: web.Request) -> web.Response:
        known = ", ".join(self._snapshots) or "none"
        error = f"no snapshot named {request.match_info['name']!r}; there are: {known}"
        return web.json_response({"error": error}, status=404)


@contextmanager
def _refusing_modules() -> Iterator[None]:
    """Answer with the file and line where a server module fails."""
    try:
        yield
    except ModuleLoadError as error:
        raise refusal(str(error)) from None


@frozen
class _RestartOptions:
    keep_data: bool = True


@frozen
class _ClockMove:
    advance: float
