"""`/_control`: what a test harness in another process asks of the mock itself.

It is served on the console's port, so that the client API has no path that Nakama has not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import attrs
from aiohttp import web
from attrs import frozen

from mock_server.features.purchases.facade import PurchasesFacade
from mock_server.features.push.devices import Device, shown
from mock_server.features.push.events import InvalidRule
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.rules import PushRule
from mock_server.handles import OpenSocket
from mock_server.realtime.session import DISCONNECTED
from mock_server.runtime.errors import ModuleLoadError
from mock_server.runtime.tools.metrics import Metric
from server_kit import Clock, Fault, Journal
from server_kit.bodies import read_body, refusal
from server_kit.long_answers import answer_list

MOST_SNAPSHOTS = 16
"""How many snapshots are kept under names."""
MOST_SNAPSHOT_BYTES = 512 * 1024 * 1024
"""How many bytes they have together."""
_LONGEST_NAME = 200
_DELETE = "DELETE /_control/snapshots/NAME makes room"


class Controlled(Protocol):
    """What a server can do for a test harness in another process."""

    clock: Clock
    journal: Journal
    pushes: PushLog

    @property
    def http_url(self) -> str:
        """Where the client API is."""

    @property
    def socket_url(self) -> str:
        """Where the socket is."""

    @property
    def console_url(self) -> str:
        """Where the console API is."""

    def rpc_ids(self) -> list[str]:
        """The ids of all RPC functions."""

    def add_push_rules(self, rules: Iterable[PushRule | Mapping[str, Any]]) -> None:
        """Add push rules until the next reset."""

    def push_rule_problems(self) -> dict[str, str]:
        """Events of push rules that nothing makes happen, each with the reason."""

    def sockets(self) -> list[OpenSocket]:
        """The open sockets."""

    @property
    def purchases(self) -> PurchasesFacade:
        """What players bought."""

    def metrics(self) -> list[Metric]:
        """What modules have counted."""

    def user_count(self) -> int:
        """How many users there are."""

    async def all_devices(self) -> list[tuple[str, Device]]:
        """Every user's id with each of their devices."""

    async def settle(self) -> None:
        """Return once what became due by the clock has been done."""

    async def reset(self) -> None:
        """Back to how the server started."""

    async def restart(self, *, keep_data: bool = True) -> None:
        """Restart on the same ports."""

    async def snapshot(self) -> bytes:
        """Everything that is stored."""

    async def restore(self, snapshot: bytes) -> None:
        """Replace everything that is stored."""


class Control:
    """Answers requests under `/_control`.

    Args:
        server: The server they are about.
    """

    def __init__(self, server: Controlled) -> None:
        self._server = server
        self._snapshots: dict[str, bytes] = {}

    def add_routes(self, app: web.Application) -> None:
        """Put the routes into the application of the console's port."""
        app.router.add_get("/_control/state", self._state)
        app.router.add_post("/_control/reset", self._reset)
        app.router.add_post("/_control/restart", self._restart)
        app.router.add_get("/_control/requests", self._requests)
        app.router.add_get("/_control/pushes", self._pushes)
        app.router.add_get("/_control/push_rules", self._push_rules)
        app.router.add_post("/_control/push_rules", self._add_push_rules)
        app.router.add_get("/_control/devices", self._devices)
        app.router.add_get("/_control/metrics", self._metrics)
        app.router.add_post("/_control/purchases/{transaction_id}/{event}", self._purchase_event)
        app.router.add_post("/_control/clock", self._clock)
        app.router.add_post("/_control/snapshots/{name}", self._snapshot)
        app.router.add_delete("/_control/snapshots/{name}", self._forget)
        app.router.add_post("/_control/snapshots/{name}/restore", self._restore)
        app.router.add_post("/_control/sockets/close", self._close_sockets)

    async def _state(self, request: web.Request) -> web.Response:
        server = self._server
        return web.json_response(
            {
                "http_url": server.http_url,
                "socket_url": server.socket_url,
                "console_url": server.console_url,
                "time": server.clock.time(),
                "users": server.user_count(),
                "sockets": [
                    {"session_id": socket.id, "user_id": socket.user_id}
                    for socket in server.sockets()
                ],
                "rpcs": server.rpc_ids(),
            }
        )

    async def _reset(self, request: web.Request) -> web.Response:
        with _refusing_modules():
            await self._server.reset()
        return web.json_response({})

    async def _restart(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _Restart)
        with _refusing_modules():
            await self._server.restart(keep_data=asked.keep_data)
        return web.json_response({})

    async def _requests(self, request: web.Request) -> web.StreamResponse:
        journal = self._server.journal
        name, user = request.query.get("name", ""), request.query.get("user_id", "")
        entries = (
            attrs.asdict(entry, recurse=False)
            for entry in (journal.problems() if "problems" in request.query else journal)
            if name in entry.name and user in ("", entry.user_id)
        )
        return await answer_list(request, "requests", entries, dropped=journal.dropped)

    async def _metrics(self, request: web.Request) -> web.Response:
        shown = [attrs.asdict(metric) for metric in self._server.metrics()]
        return web.json_response({"metrics": shown})

    async def _purchase_event(self, request: web.Request) -> web.Response:
        """Do what a store tells of a purchase: `refund`, `renew`, `expire` or `cancel`."""
        purchases, transaction_id = self._server.purchases, request.match_info["transaction_id"]
        events: dict[str, Callable[[str], object]] = {
            "refund": purchases.refund,
            "expire": purchases.expire,
            "cancel": purchases.cancel,
        }
        if request.match_info["event"] == "renew":
            asked = await read_body(request, _Renewal)
            events["renew"] = lambda each: purchases.renew(each, asked.expires)
        happens = events.get(request.match_info["event"])
        if happens is None:
            raise web.HTTPNotFound
        try:
            happens(transaction_id)
        except ValueError as error:
            raise refusal(str(error)) from None
        except LookupError as error:
            text = json.dumps({"error": error.args[0]})
            raise web.HTTPNotFound(text=text, content_type="application/json") from None
        return web.json_response({})

    async def _pushes(self, request: web.Request) -> web.StreamResponse:
        user = request.query.get("user_id", "")
        records = (
            attrs.asdict(record) for record in self._server.pushes if user in ("", record.user_id)
        )
        return await answer_list(request, "pushes", records)

    async def _push_rules(self, request: web.Request) -> web.Response:
        problems = self._server.push_rule_problems()
        rules = []
        for rule in self._server.pushes.rules.all():
            problem = problems.get(rule.event)
            rules.append(rule.shown() | ({} if problem is None else {"problem": problem}))
        return web.json_response({"rules": rules})

    async def _add_push_rules(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _PushRules)
        try:
            self._server.add_push_rules(asked.rules)
        except InvalidRule as error:
            raise refusal(str(error)) from None
        return await self._push_rules(request)

    async def _devices(self, request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("user_id", "")
        found = await self._server.all_devices()
        devices = (
            {"user_id": user_id, **shown(device)}
            for user_id, device in found
            if wanted in ("", user_id)
        )
        return await answer_list(request, "devices", devices)

    async def _clock(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _Clock)
        try:
            self._server.clock.advance(asked.advance)
        except ValueError as error:
            raise refusal(str(error)) from None
        await self._server.settle()
        return web.json_response({"time": self._server.clock.time()})

    async def _snapshot(self, request: web.Request) -> web.Response:
        name, snapshot = request.match_info["name"], await self._server.snapshot()
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
        await self._server.restore(self._snapshots[name])
        return web.json_response({})

    def _no_snapshot(self, request: web.Request) -> web.Response:
        known = ", ".join(self._snapshots) or "none"
        error = f"no snapshot named {request.match_info['name']!r}; there are: {known}"
        return web.json_response({"error": error}, status=404)

    async def _close_sockets(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _CloseSockets)
        try:
            Fault.close(asked.code, reason=asked.reason)
        except ValueError as error:
            raise refusal(str(error)) from None
        sockets = [
            socket for socket in self._server.sockets() if asked.user_id in (None, socket.user_id)
        ]
        for socket in sockets:
            if asked.abort:
                socket.abort()
            else:
                socket.disconnect(asked.reason, code=asked.code)
        return web.json_response({"closed": len(sockets)})


@contextmanager
def _refusing_modules() -> Iterator[None]:
    """Answer with the file and line where a server module fails."""
    try:
        yield
    except ModuleLoadError as error:
        raise refusal(str(error)) from None


@frozen
class _Renewal:
    expires: int


@frozen
class _Restart:
    keep_data: bool = True


@frozen
class _Clock:
    advance: float


@frozen
class _PushRules:
    rules: list[dict[str, Any]]


@frozen
class _CloseSockets:
    user_id: str | None = None
    reason: str = DISCONNECTED
    code: int = 1000
    abort: bool = False
