"""`/_control/console`: what the console page shows, as JSON, and what a person does in it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from attrs import field, frozen

from mock_server.console.page.players import PlayerList
from mock_server.console.page.pushes import PushList
from mock_server.console.page.requests import RequestList
from mock_server.console.services import ConsoleServices
from mock_server.features.notifications.runtime import NotificationFunctions
from mock_server.runtime.errors import ModuleError
from server_kit import Clock, Faults, Journal
from server_kit.bodies import read_body, refusal

_Handler = Callable[[web.Request], Awaitable[web.Response]]


class PageApi:
    """The page's routes.

    Args:
        clock: The server's time.
        journal: The requests and frames that came in.
        faults: What goes wrong on purpose.
        requests: Shows the journal.
        players: Shows players.
        pushes: Shows pushes.
        find_services: Returns what a person changes; a restart makes new ones.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        faults: Faults,
        *,
        requests: RequestList,
        players: PlayerList,
        pushes: PushList,
        find_services: Callable[[], ConsoleServices],
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._requests = requests
        self._players = players
        self._pushes = pushes
        self._find_services = find_services

    def add_to(self, app: web.Application) -> None:
        """Serve the routes from an application."""
        router = app.router
        router.add_get("/_control/console/overview", self._overview)
        router.add_get("/_control/console/requests", _listing(self._requests.page))
        router.add_get("/_control/console/players", _listing(self._players.page))
        router.add_get("/_control/console/pushes", _listing(self._pushes.page))
        router.add_post("/_control/notifications", self._send)
        for action in ("ban", "unban", "logout"):
            router.add_post(f"/_control/players/{{id}}/{action}", self._moderate(action))

    async def _overview(self, request: web.Request) -> web.Response:
        problems = self._requests.problems()
        return web.json_response(
            {
                "time": self._clock.time(),
                **self._players.counts(),
                "requests": len(self._journal),
                "dropped": self._journal.dropped,
                "problems": sum(each["count"] for each in problems),
                "faults": len(self._faults),
                "problem_groups": problems,
            }
        )

    async def _send(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _Send)
        functions = NotificationFunctions(self._find_services().notifications)
        try:
            if asked.user_ids is None:
                functions.notification_send_all(
                    asked.subject, asked.content, asked.code, asked.persistent
                )
            else:
                functions.notifications_send(
                    [
                        {
                            "user_id": each,
                            "subject": asked.subject,
                            "content": asked.content,
                            "code": asked.code,
                            "persistent": asked.persistent,
                        }
                        for each in dict.fromkeys(asked.user_ids)
                    ]
                )
        except ModuleError as error:
            raise refusal(error.message) from None
        return web.json_response({})

    def _moderate(self, action: str) -> _Handler:
        async def answer(request: web.Request) -> web.Response:
            user_id = request.match_info["id"]
            services = self._find_services()
            if not self._players.name_of(user_id):
                text = json.dumps({"error": f"no player has the id {user_id[:100]!r}"})
                raise web.HTTPNotFound(text=text, content_type="application/json")
            if action == "logout":
                services.sessions.kill_all(user_id)
            elif action == "ban":
                services.moderation.ban([user_id])
            else:
                services.moderation.unban([user_id])
            return web.json_response({})

        return answer


@frozen
class _Send:
    """A notification; `user_ids` is null, or left out, for all players."""

    subject: str
    user_ids: list[str] | None = None
    content: dict[str, Any] = field(factory=dict)
    code: int = 1
    persistent: bool = True


def _listing(read: Callable[[Mapping[str, str]], dict[str, Any]]) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(read(request.query))

    return answer
