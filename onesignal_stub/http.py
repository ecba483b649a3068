"""From an HTTP request to a feature's handler and back: the one pipeline of all routes.

Every route is served under `/api/v1/…` and `/…`, also with a slash at the end. The order of the
checks is OneSignal's: the body is JSON, an app is named, its id is well formed, the key is right;
then the handler's own rules.
Handlers are plain functions inside a transaction: a request happens at once, wholly or not at all.
Where a request may concern very many devices, the handler is a generator, and this is true of each
of its steps (`steps.py`).
"""

from __future__ import annotations

import difflib
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cache, partial
from inspect import isgeneratorfunction
from typing import Any, TypeAlias

import msgspec
from aiohttp import web
from attrs import Factory, define, field, frozen
from multidict import MultiMapping

from onesignal_stub import errors
from onesignal_stub.access import Access, Key
from onesignal_stub.fields import is_uuid
from onesignal_stub.limits import RateLimiter
from onesignal_stub.steps import Replaced, Steps, run_steps
from server_kit import Clock, Entry, Faults, Journal, Store
from server_kit.faults import Point, answer
from server_kit.nearest import COMPARED

_log = logging.getLogger("onesignal_stub.http")

MAX_BODY = 2 * 1024 * 1024  # 20,000 recipients fit; reading more would hold the loop for long
PREFIXES = ("", "/api/v1")
MISSING_APP = "app_id not found. You may be missing a Content-Type: application/json header."
_BODY_START = 4096

_WebHandler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HANDLERS: web.AppKey[tuple[_WebHandler, ...]] = web.AppKey("handlers", tuple)


@define
class ApiCall:
    """One request as a handler sees it.

    Attributes:
        app_id: The app that the request names; "" where none is.
        path: The decoded variables of the path.
        query: The query parameters; a name may occur more than once.
        body: The JSON object of the body, {} for none.
        headers: The request's headers.
        origin: The stub's address as the client sees it, as `http://127.0.0.1:8890`.
        has_key: The request has the right key.
        ignored: Fields and parameters that the handler does not read, for the journal.
    """

    app_id: str
    path: Mapping[str, str]
    query: MultiMapping[str]
    body: dict[str, Any]
    headers: Mapping[str, str]
    origin: str
    has_key: bool = False
    ignored: list[str] = Factory(list)


@frozen
class ApiReply:
    """A handler's answer: JSON, bytes as they are, or with a `body` of None nothing at all."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    content_type: str = "application/json"


_REPLACED = ApiReply({"errors": ["The stub was reset or restored meanwhile."]}, 503)

Handler: TypeAlias = Callable[[ApiCall], ApiReply | Steps[ApiReply]]


def _deny_unknown_app(_app_id: str) -> errors.ApiError:
    return errors.access_denied()


@frozen
class ApiRoute:
    """One operation of OneSignal's API.

    Attributes:
        method: The HTTP method.
        path: The path without `/api/v1`, with `{names}` for its variables.
        handler: Its handler.
        key: The key it asks for.
        names_app: The request must name an app, in its path, query or body.
        missing_app: The text of the refusal when it names none.
        unknown_app: The answer when there is no such app.
        app_of: Finds the app from the path when the request names none.
        secret: The body holds credentials and stays out of the journal.
    """

    method: str
    path: str
    handler: Handler
    key: Key = Key.APP
    names_app: bool = True
    missing_app: str = MISSING_APP
    unknown_app: Callable[[str], errors.ApiError] = _deny_unknown_app
    app_of: Callable[[Mapping[str, str]], str | None] | None = None
    secret: bool = False

    @property
    def name(self) -> str:
        """As the journal calls it: `PUT /players/{player_id}`."""
        return f"{self.method} {self.path}"


class RequestPipeline:
    """Serves routes: reads, checks, calls the handler in a transaction, writes the journal.

    Args:
        store: Where the handlers write.
        clock: The time that the journal notes.
        journal: Where each request is written.
        access: Checks apps and keys.
        limiter: Counts requests.
        faults: The rules of injected faults.
        before: Awaited ahead of each request.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        journal: Journal,
        access: Access,
        limiter: RateLimiter,
        faults: Faults,
        before: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._journal = journal
        self._access = access
        self._limiter = limiter
        self._faults = faults
        self._before = before
        self._names: list[str] = []

    def application(self, routes: Iterable[ApiRoute]) -> web.Application:
        """The aiohttp application that serves the routes, under both prefixes."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._middleware])
        served = tuple(routes)
        self._names.extend(route.name for route in served)
        handlers: tuple[_WebHandler, ...] = tuple(partial(self._serve, route) for route in served)
        app[_HANDLERS] = handlers
        for resource in _resources(tuple((route.method, route.path) for route in served)):
            app.router.register_resource(resource)
        return app

    @web.middleware
    async def _middleware(
        self,
        request: web.Request,
        handler: _WebHandler,
    ) -> web.StreamResponse:
        try:
            await self._before()
            return await handler(request)
        except errors.ApiError as error:
            return to_response(ApiReply(error.body, error.status, error.headers))
        except Replaced:
            return to_response(_REPLACED)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            return self._unmatched(request)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            return self._failed(request)

    async def _serve(self, route: ApiRoute, request: web.Request) -> web.StreamResponse:
        decision = self._faults.decide(Point.HTTP, f"{request.method} {request.path.rstrip('/')}")
        return await answer(request, decision, partial(self._work, route, request))

    async def _work(self, route: ApiRoute, request: web.Request) -> web.Response:
        note = _Note()
        try:
            note.raw = await request.read()
            reply = await self._answer(route, request, note)
        except errors.ApiError as error:
            reply = ApiReply(error.body, error.status, error.headers)
        except ConnectionError:  # the client has closed the connection
            raise
        except Replaced:
            reply = _REPLACED
        except web.HTTPRequestEntityTooLarge:
            text = f"The request body is larger than the {MAX_BODY} bytes that are taken."
            reply = ApiReply({"errors": [text]}, 413)
        except Exception:
            note.failure = traceback.format_exc()
            reply = _failure_of(route.name)
        self._journal.write(
            Entry(
                kind="http",
                name=route.name,
                time=self._clock.time(),
                status=reply.status,
                query=tuple(request.query.items()),
                body="" if route.secret else _start_of(note.raw),
                ignored=tuple(note.ignored),
                error=note.failure,
            )
        )
        return to_response(reply)

    async def _answer(self, route: ApiRoute, request: web.Request, note: _Note) -> ApiReply:
        call = ApiCall(
            app_id="",
            path=request.match_info,
            query=request.query,
            body=_json_object(note.raw, request),
            headers=request.headers,
            origin=str(request.url.origin()),
            ignored=note.ignored,
        )
        named = _named_app(call)
        if named is None and route.app_of is not None:
            named = route.app_of(call.path)
        if route.names_app:
            self._check_app(route, named)
            call.app_id = str(named).lower()
            self._limiter.check(call.app_id, route.path)
        call.has_key = self._access.admit(
            route.key, call.app_id, request.headers.get("Authorization")
        )
        if route.method == "GET" or isgeneratorfunction(route.handler):
            reply = route.handler(call)
        else:
            with self._store.transaction():
                reply = route.handler(call)
        return reply if isinstance(reply, ApiReply) else await run_steps(self._store, reply)

    def _check_app(self, route: ApiRoute, named: Any) -> None:
        if named is None or named == "":
            raise errors.refused(route.missing_app)
        if isinstance(named, str) and self._access.knows(named.lower()):
            return
        if not isinstance(named, str) or not is_uuid(named):
            raise errors.refused(
                "Failed to parse app_id from request (app_id is present but malformed)"
            )
        raise route.unknown_app(named)

    def _failed(self, request: web.Request) -> web.Response:
        """Answer a request that failed outside of a route's handler."""
        name = f"{request.method} {request.path}"
        failure = traceback.format_exc()
        reply = _failure_of(name)
        self._journal.write(
            Entry(
                kind="http",
                name=name,
                time=self._clock.time(),
                status=reply.status,
                error=failure,
            )
        )
        return to_response(reply)

    def _unmatched(self, request: web.Request) -> web.Response:
        name = f"{request.method} {request.path}"
        error = errors.no_such_route()
        self._journal.write(
            Entry(
                kind="http",
                name=name,
                time=self._clock.time(),
                status=error.status,
                query=tuple(request.query.items()),
                unmatched=nearest(name, self._names),
            )
        )
        return to_response(ApiReply(error.body, error.status))


@cache
def _resources(routes: tuple[tuple[str, str], ...]) -> tuple[web.AbstractResource, ...]:
    """Make aiohttp's resources of routes; it takes most of a start, so stubs share them."""
    router = web.UrlDispatcher()
    for number, (method, path) in enumerate(routes):
        for prefix in PREFIXES:
            for slash in ("", "/"):
                router.add_route(method, f"{prefix}{path}{slash}", partial(_serve_numbered, number))
    return tuple(router.resources())


async def _serve_numbered(number: int, request: web.Request) -> web.StreamResponse:
    """Serve a route of the stub that was asked, by its number among the stub's routes."""
    return await request.app[_HANDLERS][number](request)


@define
class _Note:
    """The fields of a journal entry that are collected while a request is handled."""

    raw: bytes = b""
    ignored: list[str] = Factory(list)
    failure: str | None = None


def _failure_of(name: str) -> ApiReply:
    """The answer to a request whose exception is handled now, which is logged."""
    _log.exception("a handler failed: %s", name)
    text = f"The stub's handler of {name} failed; its journal has the traceback."
    return ApiReply({"errors": [text]}, 500)


def to_response(reply: ApiReply) -> web.Response:
    """The HTTP form of a reply."""
    if reply.body is None:
        return web.Response(status=reply.status, headers=reply.headers)
    if isinstance(reply.body, bytes):
        return web.Response(
            body=reply.body,
            status=reply.status,
            headers=reply.headers,
            content_type=reply.content_type,
        )
    return web.Response(
        body=msgspec.json.encode(reply.body),
        status=reply.status,
        headers=reply.headers,
        content_type=reply.content_type,
        charset="utf-8",
    )


def nearest(name: str, routes: Iterable[str]) -> str:
    """The route that resembles an unmatched `METHOD /path` most.

    A variable part of a route resembles whatever stands in its place.
    """
    method, _, path = name.partition(" ")
    segments = path.removeprefix("/api/v1")[:COMPARED].split("/")
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2("/".join(segments))

    def likeness(route: str) -> float:
        wanted_method, _, wanted = route.partition(" ")
        pattern = wanted.split("/")
        filled = [
            part if slot.startswith("{") and part else slot
            for slot, part in zip(pattern, segments, strict=False)
        ] + pattern[len(segments) :]
        matcher.set_seq1("/".join(filled))
        return matcher.ratio() + (0.01 if wanted_method == method else 0)

    return max(routes, key=likeness)


def decode_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that a body is.

    Raises:
        ApiError: It is something else.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise errors.not_json(str(error)) from None
    if not isinstance(value, dict):
        raise errors.not_json(f"expected an object, got {type(value).__name__}")
    return value


def _json_object(raw: bytes, request: web.Request) -> dict[str, Any]:
    if not raw.strip():
        return {}
    names_app = "app_id" in request.match_info or "app_id" in request.query
    if "json" not in request.headers.get("Content-Type", "") and not names_app:
        return {}  # form data to OneSignal, in which it then misses the app_id
    return decode_object(raw)


def _named_app(call: ApiCall) -> Any:
    if "app_id" in call.path:
        return call.path["app_id"]
    if "app_id" in call.query:
        # Python SDK 2.x sends `?app_id={app_id}?app_id=<id>` for export_events.
        return call.query["app_id"].rpartition("?app_id=")[2]
    return call.body.get("app_id")


def _start_of(raw: bytes) -> str:
    return raw[:_BODY_START].decode("utf-8", "replace")
