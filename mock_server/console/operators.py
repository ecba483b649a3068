"""Who may use the console: logins, tokens, and the operators besides the settings' own."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web
from attrs import frozen

from mock_server.config import ConsoleConfig
from mock_server.console.forms import body_of, invalid, not_found, query_of
from mock_server.console.login_attempts import LoginAttempts
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.features.authentication.identifiers import BAD_CHARACTERS, EMAIL
from mock_server.http.authorization import basic_auth, bearer_token, same_secret
from mock_server.identity import SYSTEM_USER
from mock_server.jws import sign, verify
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError
from mock_server.wire.schema import STRING, Message
from server_kit import Clock

_AUTHENTICATE = Message("AuthenticateRequest", username=STRING, password=STRING, mfa=STRING)
_LOGOUT = Message("AuthenticateLogoutRequest", token=STRING)
_ADD = Message("AddUserRequest", username=STRING, email=STRING)
_DELETE = Message("Username", username=STRING)
_TOKEN_LIFE = 86_400
_EVERYTHING = "_" * 16  # the admin's access rights, as Nakama packs them
_USERNAME = re.compile("[a-zA-Z0-9][a-zA-Z0-9._].*[a-zA-Z0-9]")


@frozen
class _Claims:
    """What a token claims: until when, whose it is, and its id."""

    exp: int
    usn: str = ""
    cki: str = ""


class OperatorLogins:
    """Checks passwords and tokens.

    Args:
        config: The console's user, password and signing key.
        clock: The server's time.
        find_attempts: Returns the failed logins; a restart makes new ones.
    """

    def __init__(
        self, config: ConsoleConfig, clock: Clock, find_attempts: Callable[[], LoginAttempts]
    ) -> None:
        self._config = config
        self._clock = clock
        self._find_attempts = find_attempts
        self._logged_out: dict[str, float] = {}

    def check(self, request: web.Request) -> str:
        """Let a request pass that has a token, or user and password.

        Returns:
            The operator's name.

        Raises:
            GrpcError: It has neither.
        """
        given = request.headers.getall("Authorization", [])
        return self._operator(given[0] if len(given) == 1 else "")

    def _operator(self, authorization: str) -> str:
        if authorization.startswith("Basic "):
            user, password = basic_auth(authorization) or ("", "")
            if self._is_locked(user) or not self._is_admin(user, password):
                raise _unauthenticated("Console authentication invalid.")
            return user
        token = bearer_token(authorization)
        if token is None:
            raise _unauthenticated("Console authentication required.")
        claims = self._claims(token)
        if claims is None or claims.cki in self._logged_out:
            raise _unauthenticated("Token invalid.")
        return claims.usn

    def _claims(self, token: str) -> _Claims | None:
        """The claims of a token that is valid; None for any other."""
        try:
            claims = msgspec.convert(verify(token, self._config.signing_key), _Claims)
        except msgspec.ValidationError:
            return None
        return claims if claims.exp > self._clock.time() else None

    def _is_locked(self, user: str) -> bool:
        return same_secret(user, self._config.username) and self._find_attempts().is_locked

    def _is_admin(self, user: str, password: str) -> bool:
        is_user = same_secret(user, self._config.username)
        is_admin = same_secret(password, self._config.password) and is_user
        if is_user and not is_admin:
            self._find_attempts().failed()
        return is_admin

    async def log_in(self, request: web.Request) -> dict[str, Any]:
        """Give a token for user and password.

        Raises:
            GrpcError: They are wrong, or have been wrong too often.
        """
        body = await body_of(request, _AUTHENTICATE)
        user = body["username"]
        if self._is_locked(user):
            raise GrpcError(GrpcCode.RESOURCE_EXHAUSTED, "Try again later.")
        if not self._is_admin(user, body["password"]):
            raise _unauthenticated("Invalid credentials.")
        self._find_attempts().reset()
        claims = {
            "id": SYSTEM_USER,
            "usn": user,
            "acl": _EVERYTHING,
            "exp": int(self._clock.time()) + _TOKEN_LIFE,
            "cki": str(uuid.uuid4()),
        }
        token = sign(claims, self._config.signing_key)
        return {"token": token, "mfa_code": None}

    async def log_out(self, request: web.Request) -> dict[str, Any]:
        """Make a token invalid, if it is one."""
        body = await body_of(request, _LOGOUT)
        claims = self._claims(body["token"])
        now, ended = self._clock.time(), self._logged_out
        for token_id in [token_id for token_id, end in ended.items() if end <= now]:
            del ended[token_id]
        if claims is not None and claims.cki:
            ended[claims.cki] = claims.exp
        return {}

    async def add_operator(self, request: web.Request) -> dict[str, Any]:
        """Refuse, in Nakama's words where the operator could not be added there either.

        Raises:
            GrpcError: Always.
        """
        body = await body_of(request, _ADD)
        name, email = body["username"], body["email"]
        if name == self.check(request):
            raise GrpcError(GrpcCode.FAILED_PRECONDITION, "Cannot change own configuration")
        if not name:
            raise invalid("Username is required")
        if not 3 <= len(name.encode()) <= 20 or not _USERNAME.fullmatch(name):
            raise invalid(
                "Username must be 3-20 long sequence of alphanumeric characters _ or . and cannot "
                "start and end with _ or ."
            )
        if name.lower() in ("admin", self._config.username):
            raise invalid("Username cannot be the console configured username")
        if not email:
            raise invalid("Email is required")
        is_of_length = 3 <= len(email.encode()) <= 254
        if not is_of_length or not EMAIL.match(email) or BAD_CHARACTERS.search(email):
            raise invalid("Not a valid email address")
        if not _permissions(await request.read()):
            raise invalid("User must have at least some permissions.")
        raise GrpcError(
            GrpcCode.UNIMPLEMENTED,
            "This mock of Nakama has one operator, the one of console.username.",
        )

    def delete_operator(self, request: web.Request) -> dict[str, Any]:
        """Refuse: nobody can delete themselves, and there is nobody else.

        Raises:
            GrpcError: Always.
        """
        if query_of(request, _DELETE)["username"] == self.check(request):
            raise GrpcError(GrpcCode.FAILED_PRECONDITION, "Cannot delete own user")
        raise invalid("User not found")


def list_operators(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The operators besides the settings' own, whom Nakama does not list: none."""
    return {"users": []}


def get_operator(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """An operator: there is none."""
    raise not_found("User not found")


def _permissions(body: bytes) -> object:
    try:
        return gojson.unmarshal(body).get("acl")
    except DecodeError as error:
        raise invalid(str(error)) from None


def _unauthenticated(message: str) -> GrpcError:
    return GrpcError(GrpcCode.UNAUTHENTICATED, message)


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/user", list_operators),
    ("GET", "/user/{name}", get_operator),
)
"""What is served under `/v2/console`."""
