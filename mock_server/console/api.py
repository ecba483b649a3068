"""The console API, as far as test harnesses use it. It writes out default values."""

from __future__ import annotations

import inspect
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mock_server.config import ConsoleConfig
from mock_server.cursor import BadCursor
from mock_server.features.notifications.core import DatabaseError, Notification, listed
from mock_server.features.sessions.core import bearer_token
from mock_server.http.gateway import same_secret
from mock_server.identity import SYSTEM_USER
from mock_server.jws import sign, verify
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError, http_status
from mock_server.wire.protojson import decode_body
from mock_server.wire.schema import BOOL, INT32, STRING, ListOf, Message
from mock_server.wire.uuids import parse_uuid

if TYPE_CHECKING:
    from mock_server.parts import Parts

Handler = Callable[[web.Request], dict[str, Any] | Awaitable[dict[str, Any]]]

_AUTHENTICATE = Message("AuthenticateRequest", username=STRING, password=STRING)
_SEND = Message(
    "SendNotificationRequest",
    user_ids=ListOf(STRING),
    subject=STRING,
    code=INT32,
    sender_id=STRING,
    persistent=BOOL,
)
_TOKEN_LIFE = 86_400
_EVERYTHING = "_" * 16  # the admin's access rights, as Nakama packs them


class Console:
    """Answers the operators' requests.

    Args:
        config: The console's user, password and signing key.
        find_parts: Returns the server's parts; a restart makes new ones.
    """

    def __init__(self, config: ConsoleConfig, find_parts: Callable[[], Parts]) -> None:
        self._config = config
        self._find_parts = find_parts

    @property
    def _parts(self) -> Parts:
        return self._find_parts()

    def add_routes(self, app: web.Application) -> None:
        """Put the console's routes into the application of its port."""
        app.router.add_post("/v2/console/authenticate", _answers(self._authenticate))
        for method, path, handler in (
            ("POST", "/v2/console/notification", self._send),
            ("GET", "/v2/console/notification", self._list),
            ("GET", "/v2/console/notification/{id}", self._get),
            ("DELETE", "/v2/console/notification/{id}", self._delete),
            ("POST", "/v2/console/account/{id}/ban", self._ban),
            ("POST", "/v2/console/account/{id}/unban", self._unban),
            ("DELETE", "/v2/console/account/{id}", self._delete_account),
        ):
            app.router.add_route(method, path, _answers(self._with_token(handler)))

    def _with_token(self, handler: Handler) -> Handler:
        def checked(request: web.Request) -> dict[str, Any] | Awaitable[dict[str, Any]]:
            self._check_token(request.headers.get("Authorization", ""))
            return handler(request)

        return checked

    def _check_token(self, authorization: str) -> None:
        if not authorization:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Console authentication required.")
        claims = verify(bearer_token(authorization) or "", self._config.signing_key) or {}
        if claims.get("exp", 0) <= self._parts.clock.time():
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Token invalid.")

    async def _authenticate(self, request: web.Request) -> dict[str, Any]:
        body = _decode(_AUTHENTICATE, await request.read())
        user, password = body["username"], body["password"]
        is_user = same_secret(user, self._config.username)
        if not same_secret(password, self._config.password) or not is_user:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Invalid credentials.")
        claims = {
            "id": SYSTEM_USER,
            "usn": user,
            "acl": _EVERYTHING,
            "exp": int(self._parts.clock.time()) + _TOKEN_LIFE,
            "cki": str(uuid.uuid4()),
        }
        token = sign(claims, self._config.signing_key)
        return {"token": token, "mfa_code": None}

    async def _send(self, request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        body, content = _decode(_SEND, raw), _content(raw)
        recipients = [parse_uuid(each) for each in body["user_ids"]]
        if None in recipients:
            raise GrpcError(GrpcCode.INTERNAL, "failed to send notification, invalid user id")
        sender = body["sender_id"] or SYSTEM_USER
        if parse_uuid(sender) is None:
            raise GrpcError(GrpcCode.INTERNAL, "failed to send notification, invalid sender id")
        subject, code, stored = body["subject"], body["code"], body["persistent"]
        notifications = self._parts.notifications
        try:
            if recipients:
                notifications.send(
                    [
                        Notification(each, subject, content, code, sender, stored)
                        for each in recipients
                        if each
                    ]
                )
            else:
                notifications.send_all(subject, content, code, persistent=stored)
        except DatabaseError as error:
            raise GrpcError(GrpcCode.INTERNAL, "failed to send notification") from error
        return {}

    def _list(self, request: web.Request) -> dict[str, Any]:
        user_id = _uuid(request.query.get("user_id", ""))
        limit = request.query.get("limit", "100")
        if not re.fullmatch("[1-9][0-9]?|100", limit):
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "expects a limit value between 1 and 100")
        try:
            page = self._parts.notifications.page(
                user_id, int(limit), request.query.get("cursor", "")
            )
        except BadCursor:
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "Malformed cursor was used.") from None
        return {
            "notifications": [_full(listed(row), row["user_id"]) for row in page.rows],
            "next_cursor": page.cursor if page.has_more else "",
            "prev_cursor": "",
        }

    def _get(self, request: web.Request) -> dict[str, Any]:
        rows = self._parts.notifications.get([_uuid(request.match_info["id"])])
        if not rows:
            raise GrpcError(GrpcCode.NOT_FOUND, "notification not found")
        return _full(listed(rows[0]), rows[0]["user_id"])

    def _delete(self, request: web.Request) -> dict[str, Any]:
        self._parts.notifications.delete([_uuid(request.match_info["id"])])
        return {}

    def _ban(self, request: web.Request) -> dict[str, Any]:
        self._parts.accounts.ban([_uuid(request.match_info["id"])])
        return {}

    def _unban(self, request: web.Request) -> dict[str, Any]:
        self._parts.accounts.unban([_uuid(request.match_info["id"])])
        return {}

    def _delete_account(self, request: web.Request) -> dict[str, Any]:
        self._parts.accounts.delete(_uuid(request.match_info["id"]))
        return {}


def _answers(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            result = handler(request)
            document = await result if inspect.isawaitable(result) else result
        except GrpcError as error:
            document = {"code": int(error.code), "message": error.message, "details": []}
            return _json(document, http_status(error.code))
        return _json(document)

    return answer


def _json(document: dict[str, Any], status: int = 200) -> web.Response:
    """An answer with JSON, labelled without a charset as Nakama does."""
    kind = {"Content-Type": "application/json"}
    return web.Response(body=json.dumps(document).encode(), status=status, headers=kind)


def _decode(message: Message, body: bytes) -> dict[str, Any]:
    try:
        return decode_body(message, body)
    except DecodeError as error:
        raise GrpcError(GrpcCode.INVALID_ARGUMENT, str(error)) from None


def _content(body: bytes) -> str:
    """The text of a notification's content, which is a JSON object of any form."""
    try:
        content = gojson.unmarshal(body or b"{}").get("content")
        if content is None or isinstance(content, dict):
            return gojson.marshal(content or {})
    except (DecodeError, ValueError) as error:
        raise GrpcError(GrpcCode.INVALID_ARGUMENT, str(error)) from None
    raise GrpcError(GrpcCode.INVALID_ARGUMENT, "proto: content is no JSON object")


def _uuid(text: str) -> str:
    value = parse_uuid(text)
    if value is None:
        raise GrpcError(GrpcCode.INVALID_ARGUMENT, "Requires a valid ID.")
    return value


def _full(message: dict[str, Any], user_id: str) -> dict[str, Any]:
    defaults = {"subject": "", "content": "", "code": 0, "sender_id": "", "persistent": False}
    return {**defaults, **message, "user_id": user_id}
