"""`/_control/inbox` and the lists beside it: what the page shows, as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import attrs
from aiohttp import web

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.http import ApiReply, to_response
from onesignal_stub.inbox.lists import ListQuery, Lists
from onesignal_stub.inbox.platforms import PLATFORMS
from onesignal_stub.inbox.search import STATUSES, MessageQuery, MessageSearch
from onesignal_stub.inbox.views import InboxViews
from onesignal_stub.steps import run_steps
from server_kit import Store
from server_kit.web import EventStream

MAX_LIMIT = 200
_MAX_NUMBER = (1 << 62) - 1
_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]


class InboxApi:
    """The inbox's routes.

    Args:
        store: The tables.
        search: Finds messages.
        views: Shows them.
        lists: Devices, users, segments, templates and apps.
        events: Where a clearing is announced.
    """

    def __init__(
        self,
        store: Store,
        search: MessageSearch,
        views: InboxViews,
        lists: Lists,
        events: EventStream,
    ) -> None:
        self._store = store
        self._search = search
        self._views = views
        self._lists = lists
        self._events = events

    def add_to(self, app: web.Application) -> None:
        """Serve the routes from an application."""
        router = app.router
        router.add_get("/_control/inbox", self._find)
        router.add_delete("/_control/inbox", self._clear)
        router.add_get("/_control/inbox/{number}", self._one)
        router.add_get("/_control/inbox/{number}/devices", self._devices)
        for name, read in (
            ("devices", self._lists.devices),
            ("users", self._lists.users),
            ("segments", self._lists.segments),
            ("templates", self._lists.templates),
            ("apps", self._lists.apps),
        ):
            router.add_get(f"/_control/{name}", _listing(read))

    async def _find(self, request: web.Request) -> web.Response:
        before = _number(request.query, "before", _MAX_NUMBER)
        page = self._search.page(
            _query(request.query), limit=_number(request.query, "limit", 50), before=before
        )
        return _json(
            {
                "messages": await run_steps(self._store, self._views.rows(page.numbers)),
                "total": page.total,
                "all": self._search.count(),
                "next": None if page.is_last else page.numbers[-1],
            }
        )

    async def _clear(self, request: web.Request) -> web.Response:
        until = _number(request.query, "until", _MAX_NUMBER)
        clearing = self._search.clear(_query(request.query), until=until)
        deleted = await run_steps(self._store, clearing)
        self._events.publish("cleared", {"deleted": deleted})
        return _json({"deleted": deleted})

    async def _one(self, request: web.Request) -> web.Response:
        try:
            return _json(self._views.one(_path_number(request)))
        except LookupError as error:
            raise refused(str(error), status=404) from None

    async def _devices(self, request: web.Request) -> web.Response:
        try:
            found = self._views.devices(
                _path_number(request),
                after=_number(request.query, "after", 0),
                limit=_number(request.query, "limit", 50),
                find=request.query.get("find", ""),
            )
        except LookupError as error:
            raise refused(str(error), status=404) from None
        return _json(found)


def _listing(read: Callable[[ListQuery], Awaitable[dict[str, Any]]]) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        query = request.query
        texts = {name: query.get(name, "").strip() for name in ("q", "id", "app", "platform")}
        _check_choice("platform", texts["platform"], PLATFORMS)
        wanted = ListQuery(
            **texts, limit=_number(query, "limit", 50), offset=_number(query, "offset", 0)
        )
        return _json(await read(wanted))

    return answer


def _query(query: Mapping[str, str]) -> MessageQuery:
    names = [field.name for field in attrs.fields(MessageQuery)]
    found = MessageQuery(**{name: query.get(name, "").strip() for name in names})
    _check_choice("platform", found.platform, PLATFORMS)
    _check_choice("status", found.status, STATUSES)
    return found


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value and value not in choices:
        raise refused(f"{name} must be one of {', '.join(choices)}")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    """A number of the query, 0 or more; `limit` is at most MAX_LIMIT."""
    number = fields.integer(query, name) if query.get(name) else default
    if number is None or number < 0:
        raise refused(f"{name} must be a number, 0 or more")
    return min(number, MAX_LIMIT) if name == "limit" else number


def _path_number(request: web.Request) -> int:
    text = request.match_info["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise refused("a message's number is a number", status=404)
    return int(text)


def _json(body: Any) -> web.Response:
    return to_response(ApiReply(body))
