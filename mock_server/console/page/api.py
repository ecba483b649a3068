"""`/_control/console`: what the console page shows, as JSON, and what a person does in it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from attrs import field, frozen

from mock_server.console.page.calls import Caller, ExplorerCall
from mock_server.console.page.players import PlayerList
from mock_server.console.page.requests import RequestList
from mock_server.console.services import ConsoleServices
from mock_server.features.notifications.runtime import NotificationFunctions
from mock_server.realtime.stream import StreamMode
from mock_server.runtime.errors import ModuleError, ModuleLoadError
from server_kit import Clock, Faults, Journal
from server_kit.bodies import read_body, refusal

_RELAYED = StreamMode.MATCH_RELAYED
_Handler = Callable[[web.Request], Awaitable[web.Response]]
_Lists = Mapping[str, Callable[[Mapping[str, str]], Any]]


class PageApi:
    """The page's routes.

    Args:
        clock: The server's time.
        journal: The requests and frames that came in.
        faults: What goes wrong on purpose.
        requests: Shows the journal.
        players: Shows players.
        lists: Answers the queries of the other lists, by name; one may have to be awaited.
        caller: Calls endpoints.
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
        lists: _Lists,
        caller: Caller,
        find_services: Callable[[], ConsoleServices],
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._requests = requests
        self._players = players
        self._lists = lists
        self._caller = caller
        self._find_services = find_services

    def add_to(self, app: web.Application) -> None:
        """Serve the routes from an application."""
        router = app.router
        router.add_get("/_control/console/overview", self._overview)
        lists = {"requests": self._requests.page, "players": self._players.page, **self._lists}
        for name, read in lists.items():
            router.add_get(f"/_control/console/{name}", _listing(read))
        router.add_post("/_control/console/call", self._call)
        router.add_post("/_control/modules/reload", self._reload)
        router.add_post("/_control/notifications", self._send)
        for action in ("ban", "unban", "logout"):
            router.add_post(f"/_control/players/{{id}}/{action}", self._moderate(action))

    async def _overview(self, request: web.Request) -> web.Response:
        problems, services = self._requests.problems(), self._find_services()
        return web.json_response(
            {
                "time": self._clock.time(),
                **self._players.counts(),
                "requests": len(self._journal),
                "dropped": self._journal.dropped,
                "problems": sum(each["count"] for each in problems),
                "faults": len(self._faults),
                "boards": len(services.boards.all()),
                "matches": len(services.matches) + len(services.tracker.streams(_RELAYED)),
                "parties": len(services.parties.all()),
                "tickets": len(services.matchmaker.tickets()),
                "problem_groups": problems,
            }
        )

    async def _call(self, request: web.Request) -> web.Response:
        return web.json_response(await self._caller.call(await read_body(request, ExplorerCall)))

    async def _reload(self, request: web.Request) -> web.Response:
        try:
            await self._find_services().runtime.load()
        except (ModuleLoadError, OSError) as error:
            raise refusal(str(error)) from None
        return web.json_response({})

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


def _listing(read: Callable[[Mapping[str, str]], Any]) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        found = read(request.query)
        return web.json_response(await found if inspect.isawaitable(found) else found)

    return answer
