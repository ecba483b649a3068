"""`/_control`: what a test asks the stub over HTTP; the same as the methods of OneSignalStub."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from aiohttp import web
from multidict import MultiMapping

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.http import ApiReply, decode_object, to_response
from onesignal_stub.limits import RateLimit
from onesignal_stub.sent_pushes import PushQuery
from onesignal_stub.service import Service
from onesignal_stub.steps import run_steps
from onesignal_stub.times import parse_time
from onesignal_stub.webhooks import EVENTS
from server_kit import Clock, Journal
from server_kit.long_answers import answer_list

_QUERY = ("notification_id", "player_id", "external_user_id", "contains")
MAX_WAIT = 60.0
"""Seconds that a request may wait for a push."""


class ControlRoutes:
    """The control routes.

    Args:
        clock: The stub's time.
        journal: The requests that came in.
        find_service: Returns the features of the running stub.
        reset: Brings the stub back to how it started.
        advance: Moves its clock by so many seconds.
        set_rate_limit: Limits the requests of each app; None lifts the limit.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        find_service: Callable[[], Service],
        *,
        reset: Callable[[], Awaitable[None]],
        advance: Callable[[float], Awaitable[None]],
        set_rate_limit: Callable[[RateLimit | None], None],
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._find_service = find_service
        self._reset_stub = reset
        self._advance = advance
        self._set_rate_limit = set_rate_limit

    def add_to(self, app: web.Application) -> None:
        """Serve the control routes from an application."""
        router = app.router
        router.add_get("/_control/pushes", self._find)
        router.add_delete("/_control/pushes", self._delete)
        for action in ("receive", "open", "dismiss"):
            router.add_post(f"/_control/pushes/{{id}}/{action}", self._acting(action))
        router.add_get("/_control/requests", self._requests)
        router.add_get("/_control/state", self._state)
        router.add_post("/_control/reset", self._reset)
        router.add_post("/_control/clock", self._move_clock)
        router.add_put("/_control/rate_limit", self._limit)
        router.add_delete("/_control/rate_limit", self._unlimit)
        router.add_post("/_control/webhooks", self._webhook)
        router.add_post("/_control/outcomes", self._outcome)

    async def _find(self, request: web.Request) -> web.StreamResponse:
        query = _query_of(request.query)
        wait = fields.number(request.query, "wait")
        if wait is not None and not 0 <= wait <= MAX_WAIT:
            raise refused(f"wait must be between 0 and {MAX_WAIT:g} seconds")
        newest = fields.integer(request.query, "newest")
        if newest is not None and newest < 0:
            raise refused("newest must not be negative")
        service = self._find_service()
        pushes = service.pushes
        if wait is not None:
            with contextlib.suppress(TimeoutError):  # the answer is the empty list
                await pushes.wait_for(query, timeout=wait)
        numbers = await run_steps(service.store, pushes.numbers(query, newest=newest))
        found = (attrs.asdict(push, recurse=False) for push in pushes.read(numbers))
        return await answer_list(request, "pushes", found)

    async def _delete(self, request: web.Request) -> web.Response:
        service = self._find_service()
        deleting = service.pushes.delete(_query_of(request.query))
        return _json({"deleted": await run_steps(service.store, deleting)})

    def _acting(self, action: str) -> Callable[[web.Request], Any]:
        async def act(request: web.Request) -> web.Response:
            simulation = self._find_service().simulation
            push_id = request.match_info["id"]
            if not (push_id.isascii() and push_id.isdigit() and len(push_id) < 19):
                raise refused("the id of a push is a number")
            body = await _body(request)
            try:
                if action == "open":
                    push = simulation.open(
                        int(push_id), action_id=fields.text(body, "action_id") or ""
                    )
                elif action == "dismiss":
                    push = simulation.dismiss(int(push_id))
                else:
                    push = simulation.receive(int(push_id))
            except LookupError as error:
                raise refused(str(error), status=404) from None
            return _json(attrs.asdict(push))

        return act

    async def _requests(self, request: web.Request) -> web.StreamResponse:
        journal = self._journal
        entries = journal.problems() if "problems" in request.query else list(journal)
        name = request.query.get("name")
        found = (
            attrs.asdict(entry, recurse=False) for entry in entries if name in {None, entry.name}
        )
        return await answer_list(request, "requests", found, dropped=journal.dropped)

    async def _state(self, request: web.Request) -> web.StreamResponse:
        service = self._find_service()
        counts = {
            table: _count(service, table)
            for table in ("users", "subscriptions", "notifications", "deliveries")
        }
        apps = [{"id": app["id"], "name": app["name"]} for app in service.apps.all()]
        return await answer_list(
            request,
            "custom_events",
            service.custom_events.all(),
            time=self._clock.time(),
            apps=apps,
            counts=counts,
        )

    async def _reset(self, _request: web.Request) -> web.Response:
        await self._reset_stub()
        return _json({})

    async def _move_clock(self, request: web.Request) -> web.Response:
        seconds = fields.number(await _body(request), "advance")
        if seconds is None:
            raise refused("advance must be a number of seconds, 0 or more")
        try:
            await self._advance(seconds)
        except ValueError as error:
            raise refused(str(error)) from None
        return _json({"time": self._clock.time()})

    async def _limit(self, request: web.Request) -> web.Response:
        body = await _body(request)
        requests, seconds = fields.integer(body, "requests"), fields.number(body, "seconds")
        if requests is None:
            raise refused("requests is required")
        try:
            limit = RateLimit(requests, 1.0 if seconds is None else seconds)
        except ValueError as error:
            raise refused(str(error)) from None
        self._set_rate_limit(limit)
        return _json(attrs.asdict(limit))

    async def _unlimit(self, _request: web.Request) -> web.Response:
        self._set_rate_limit(None)
        return _json({})

    async def _webhook(self, request: web.Request) -> web.Response:
        body = await _body(request)
        events: Any = tuple(fields.strings(body, "events")) or EVENTS
        try:
            self._find_service().webhooks.add(fields.text(body, "url") or "", events)
        except ValueError as error:
            raise refused(str(error)) from None
        return _json({})

    async def _outcome(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            self._find_service().record_outcome(
                fields.text(body, "name") or "",
                value=fields.number(body, "value") or 0.0,
                push_id=fields.integer(body, "push_id"),
                app_id=fields.text(body, "app_id"),
                attribution=fields.text(body, "attribution") or "direct",
            )
        except (LookupError, ValueError) as error:
            raise refused(str(error)) from None
        return _json({})


def _json(body: Any) -> web.Response:
    return to_response(ApiReply(body))


async def _body(request: web.Request) -> dict[str, Any]:
    return decode_object(await request.read() or b"{}")


def _query_of(query: MultiMapping[str]) -> PushQuery:
    given = {name: query[name] for name in _QUERY if name in query}
    return PushQuery(**given, since=_time(query.get("since")))


def _time(text: str | None) -> float | None:
    """Seconds since the epoch, or a time that names the instant."""
    if not text:
        return None
    seconds = fields.number_of(text)
    try:
        return parse_time(text).timestamp() if seconds is None else float(seconds)
    except ValueError:
        raise refused(f"since must be seconds since the epoch or a time, got {text!r}") from None


def _count(service: Service, table: str) -> int:
    row = service.store.one(f"SELECT count(*) FROM {table}")
    return 0 if row is None else int(row[0])
