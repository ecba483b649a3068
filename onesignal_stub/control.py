"""`/_control`: what a test asks the stub over HTTP; the same as the methods of OneSignalStub."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from aiohttp import web

from onesignal_stub import fields
from onesignal_stub.http import Reply, json_response
from onesignal_stub.pushes import Pushes, PushQuery
from server_kit import Journal

_QUERY = ("notification_id", "player_id", "external_user_id", "contains")


class Control:
    """The control routes.

    Args:
        pushes: What was sent.
        journal: What came in.
        reset: Puts the stub back to its start.
    """

    def __init__(self, pushes: Pushes, journal: Journal, reset: Callable[[], None]) -> None:
        self._pushes = pushes
        self._journal = journal
        self._reset = reset

    def add_to(self, app: web.Application) -> None:
        """Serve the control routes from an application."""
        app.router.add_get("/_control/pushes", self._find)
        app.router.add_delete("/_control/pushes", self._delete)
        app.router.add_get("/_control/requests", self._requests)
        app.router.add_post("/_control/reset", self._post_reset)

    async def _find(self, request: web.Request) -> web.Response:
        found = self._pushes.find(_query_of(request))
        return json_response(Reply({"pushes": [attrs.asdict(push) for push in found]}))

    async def _delete(self, request: web.Request) -> web.Response:
        return json_response(Reply({"deleted": self._pushes.delete(_query_of(request))}))

    async def _requests(self, request: web.Request) -> web.Response:
        name = request.query.get("name")
        entries = [entry for entry in self._journal if name in {None, entry.name}]
        return json_response(Reply({"requests": [attrs.asdict(entry) for entry in entries]}))

    async def _post_reset(self, _request: web.Request) -> web.Response:
        self._reset()
        return json_response(Reply({}))


def _query_of(request: web.Request) -> PushQuery:
    given = {name: request.query[name] for name in _QUERY if name in request.query}
    return PushQuery(**given, since=fields.number(request.query, "since"))
