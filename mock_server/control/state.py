"""`/_control` reads: the state of the server, its requests and frames, the modules' metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
from aiohttp import web

from mock_server.handles import OpenSocket
from mock_server.runtime.tools.metrics import Metric
from server_kit import Clock, Journal
from server_kit.long_answers import answer_list


class StateRoutes:
    """Answers what is read only.

    Args:
        clock: The server's time.
        journal: The requests and frames that came in.
        urls: Returns where the client API, the socket and the console are.
        user_count: Returns how many users there are.
        sockets: Returns the open sockets.
        rpc_ids: Returns the ids of all RPC functions.
        metrics: Returns what modules have counted.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        *,
        urls: Callable[[], Mapping[str, str]],
        user_count: Callable[[], int],
        sockets: Callable[[], list[OpenSocket]],
        rpc_ids: Callable[[], list[str]],
        metrics: Callable[[], list[Metric]],
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._urls = urls
        self._user_count = user_count
        self._sockets = sockets
        self._rpc_ids = rpc_ids
        self._read_metrics = metrics

    def add_to(self, app: web.Application) -> None:
        """Serve from the application of the console's port."""
        app.router.add_get("/_control/state", self._state)
        app.router.add_get("/_control/requests", self._requests)
        app.router.add_get("/_control/metrics", self._metrics)

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                **self._urls(),
                "time": self._clock.time(),
                "users": self._user_count(),
                "sockets": [
                    {"session_id": socket.id, "user_id": socket.user_id}
                    for socket in self._sockets()
                ],
                "rpcs": self._rpc_ids(),
            }
        )

    async def _requests(self, request: web.Request) -> web.StreamResponse:
        journal = self._journal
        name, user = request.query.get("name", ""), request.query.get("user_id", "")
        entries = (
            attrs.asdict(entry, recurse=False)
            for entry in (journal.problems() if "problems" in request.query else journal)
            if name in entry.name and user in ("", entry.user_id)
        )
        return await answer_list(request, "requests", entries, dropped=journal.dropped)

    async def _metrics(self, request: web.Request) -> web.Response:
        shown = [attrs.asdict(metric) for metric in self._read_metrics()]
        return web.json_response({"metrics": shown})
