"""The console API, as far as test harnesses use it. It writes out default values."""

from __future__ import annotations

import inspect
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from aiohttp import web

from mock_server.config import ConsoleConfig
from mock_server.console import (
    accounts,
    channels,
    explorer,
    exports,
    groups,
    leaderboards,
    notes,
    purchases,
    status,
    storage,
)
from mock_server.console.forms import body_of, internal, invalid, query_of, user_of
from mock_server.console.listing import list_page
from mock_server.console.matches import list_matches, match_state
from mock_server.console.services import Answer, ConsoleServices
from mock_server.cursor import BadCursor
from mock_server.features.notifications.core import Notification, RowRejected
from mock_server.http.authorization import basic_auth, bearer_token, same_secret
from mock_server.identity import SYSTEM_USER
from mock_server.jws import sign, verify
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError, http_status
from mock_server.wire.output import timestamp
from mock_server.wire.schema import BOOL, INT32, STRING, UINT32, ListOf, Message
from mock_server.wire.uuids import parse_uuid
from server_kit import Clock
from server_kit.store import Row

ConsoleHandler = Callable[[web.Request], dict[str, Any] | Awaitable[dict[str, Any]]]
WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_AUTHENTICATE = Message("AuthenticateRequest", username=STRING, password=STRING, mfa=STRING)
_SEND = Message(
    "SendNotificationRequest",
    user_ids=ListOf(STRING),
    subject=STRING,
    code=INT32,
    sender_id=STRING,
    persistent=BOOL,
)
_LOGOUT = Message("AuthenticateLogoutRequest", token=STRING)
_LIST = Message("ListNotificationsRequest", user_id=STRING, limit=UINT32, cursor=STRING)
_LARGEST_PAGE = 100
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_MODULES = (
    accounts,
    channels,
    explorer,
    exports,
    groups,
    leaderboards,
    notes,
    purchases,
    status,
    storage,
)
_TOKEN_LIFE = 86_400
_EVERYTHING = "_" * 16  # the admin's access rights, as Nakama packs them


class Console:
    """Answers the operators' requests.

    Args:
        config: The console's user, password and signing key.
        clock: The server's time.
        find_services: Returns what the requests are about; a restart makes new ones.
    """

    def __init__(
        self, config: ConsoleConfig, clock: Clock, find_services: Callable[[], ConsoleServices]
    ) -> None:
        self._config = config
        self._clock = clock
        self._find_services = find_services
        self._logged_out: dict[str, float] = {}

    @property
    def _services(self) -> ConsoleServices:
        return self._find_services()

    def add_routes(self, app: web.Application) -> None:
        """Put the console's routes into the application of its port."""
        app.router.add_post("/v2/console/authenticate", _answers(self._authenticate))
        app.router.add_post("/v2/console/authenticate/logout", _answers(self._log_out))
        for method, path, handler in (
            ("POST", "/v2/console/notification", self._send),
            ("GET", "/v2/console/notification", self._list),
            ("GET", "/v2/console/notification/{id}", self._get),
            ("DELETE", "/v2/console/notification/{id}", self._delete),
            ("POST", "/v2/console/account/{id}/ban", self._ban),
            ("POST", "/v2/console/account/{id}/unban", self._unban),
            ("GET", "/v2/console/match", self._list_matches),
            ("GET", "/v2/console/match/{id}/state", self._match_state),
        ):
            app.router.add_route(method, path, _answers(self._with_token(handler)))
        for module in _MODULES:
            for method, path, make in module.ROUTES:
                answer = _answers(self._with_token(partial(self._make, make)))
                app.router.add_route(method, f"/v2/console{path}", answer)
        app.middlewares.append(_answer_without_route)

    def _make(
        self, make: Callable[[ConsoleServices, web.Request], Answer], request: web.Request
    ) -> Answer:
        return make(self._services, request)

    def _with_token(self, handler: ConsoleHandler) -> ConsoleHandler:
        def checked(request: web.Request) -> dict[str, Any] | Awaitable[dict[str, Any]]:
            given = request.headers.getall("Authorization", [])
            self._check(given[0] if len(given) == 1 else "")
            return handler(request)

        return checked

    def _check(self, authorization: str) -> None:
        if authorization.startswith("Basic "):
            if not self._is_admin(*(basic_auth(authorization) or ("", ""))):
                raise _unauthenticated("Console authentication invalid.")
            return
        token = bearer_token(authorization)
        if token is None:
            raise _unauthenticated("Console authentication required.")
        claims = verify(token, self._config.signing_key) or {}
        if claims.get("exp", 0) <= self._clock.time() or claims.get("cki") in self._logged_out:
            raise _unauthenticated("Token invalid.")

    def _is_admin(self, user: str, password: str) -> bool:
        is_user = same_secret(user, self._config.username)
        return same_secret(password, self._config.password) and is_user

    async def _authenticate(self, request: web.Request) -> dict[str, Any]:
        body = await body_of(request, _AUTHENTICATE)
        if not self._is_admin(body["username"], body["password"]):
            raise _unauthenticated("Invalid credentials.")
        claims = {
            "id": SYSTEM_USER,
            "usn": body["username"],
            "acl": _EVERYTHING,
            "exp": int(self._clock.time()) + _TOKEN_LIFE,
            "cki": str(uuid.uuid4()),
        }
        token = sign(claims, self._config.signing_key)
        return {"token": token, "mfa_code": None}

    async def _log_out(self, request: web.Request) -> dict[str, Any]:
        body = await body_of(request, _LOGOUT)
        claims = verify(body["token"], self._config.signing_key) or {}
        now, ended = self._clock.time(), self._logged_out
        for token_id in [token_id for token_id, end in ended.items() if end <= now]:
            del ended[token_id]
        if "cki" in claims:
            ended[claims["cki"]] = claims["exp"]
        return {}

    async def _send(self, request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        body, content = await body_of(request, _SEND), _content(raw)
        sender = body["sender_id"] or SYSTEM_USER
        if parse_uuid(sender) is None:
            raise internal("failed to send notification, invalid sender id")
        recipients = {_recipient(each): None for each in body["user_ids"]}
        subject, code, stored = body["subject"], body["code"], body["persistent"]
        notifications = self._services.notifications
        try:
            if recipients:
                notifications.send(
                    [
                        Notification(each, subject, content, code, sender, stored)
                        for each in recipients
                    ]
                )
            else:
                notifications.send_all(subject, content, code, persistent=stored, sender_id=sender)
        except RowRejected as error:
            raise internal("failed to send notification") from error
        return {}

    def _list(self, request: web.Request) -> dict[str, Any]:
        asked = query_of(request, _LIST)
        if asked["limit"] > _LARGEST_PAGE:
            raise invalid("expects a limit value between 1 and 100")
        try:
            page = list_page(
                self._services.store, asked["user_id"], asked["limit"], asked["cursor"]
            )
        except BadCursor:
            raise invalid("Malformed cursor was used.") from None
        return {
            "notifications": [_full(row) for row in page.rows],
            "next_cursor": page.next_cursor,
            "prev_cursor": page.prev_cursor,
        }

    def _get(self, request: web.Request) -> dict[str, Any]:
        notification_id = parse_uuid(request.match_info["id"])
        if notification_id is None:
            raise internal("failed to fetch notification")
        rows = self._services.notifications.get([notification_id])
        if not rows:
            raise GrpcError(GrpcCode.NOT_FOUND, "Notification not found.")
        return _full(rows[0])

    def _delete(self, request: web.Request) -> dict[str, Any]:
        notification_id = parse_uuid(request.match_info["id"])
        if notification_id is None:
            raise internal("failed to delete notification")
        self._services.notifications.delete([notification_id])
        return {}

    def _list_matches(self, request: web.Request) -> dict[str, Any]:
        return list_matches(self._services.match_listing, request)

    async def _match_state(self, request: web.Request) -> dict[str, Any]:
        return await match_state(self._services.matches, request.match_info["id"])

    def _ban(self, request: web.Request) -> dict[str, Any]:
        self._services.moderation.ban([_player(request, "Cannot ban the system user.")])
        return {}

    def _unban(self, request: web.Request) -> dict[str, Any]:
        self._services.moderation.unban([_player(request, "Cannot unban the system user.")])
        return {}


def _answers(handler: ConsoleHandler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            result = handler(request)
            document = await result if inspect.isawaitable(result) else result
        except GrpcError as error:
            return _refusal(error)
        return _json(document, headers={"Grpc-Metadata-Content-Type": "application/grpc"})

    return answer


@web.middleware
async def _answer_without_route(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """Answer what the console API does not have as its gateway does."""
    if not request.path.startswith("/v2/"):
        return await handler(request)
    if _BAD_ESCAPE.search(request.raw_path.partition("?")[0]):
        return web.Response(text="400 Bad Request", status=400, content_type="text/plain")
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed:
        error = GrpcError(GrpcCode.UNIMPLEMENTED, "Method Not Allowed")
    except web.HTTPNotFound:
        error = GrpcError(GrpcCode.NOT_FOUND, "Not Found")
    return _refusal(error)


def _refusal(error: GrpcError) -> web.Response:
    refused = error.code is GrpcCode.UNAUTHENTICATED
    return _json(
        {"code": int(error.code), "message": error.message, "details": []},
        status=http_status(error.code),
        headers={"WWW-Authenticate": error.message} if refused else {},
    )


def _json(
    document: dict[str, Any], *, status: int = 200, headers: Mapping[str, str]
) -> web.Response:
    """An answer with JSON, labelled without a charset as Nakama does."""
    kind = {"Content-Type": "application/json"}
    body = json.dumps(document).encode()
    return web.Response(body=body, status=status, headers={**kind, **headers})


def _content(body: bytes) -> str:
    """The text of a notification's content, which is a JSON object of any form."""
    try:
        content = gojson.unmarshal(body or b"{}").get("content")
        if content is None or isinstance(content, dict):
            return gojson.marshal(content or {})
    except (DecodeError, ValueError) as error:
        raise invalid(str(error)) from None
    raise invalid("proto: content is no JSON object")


def _recipient(text: str) -> str:
    user_id = parse_uuid(text)
    if user_id is None:
        raise internal("failed to send notification, invalid user id")
    if user_id == SYSTEM_USER:
        raise internal("failed to send notification, cannot send to system user")
    return user_id


def _player(request: web.Request, refusal: str) -> str:
    user_id = user_of(request)
    if user_id == SYSTEM_USER:
        raise invalid(refusal)
    return user_id


def _full(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "subject": row["subject"],
        "content": row["content"],
        "code": row["code"],
        "sender_id": row["sender_id"],
        "create_time": timestamp(row["create_time"] * 1000, digits=6),
        "persistent": True,
        "user_id": row["user_id"],
    }


def _unauthenticated(message: str) -> GrpcError:
    return GrpcError(GrpcCode.UNAUTHENTICATED, message)
