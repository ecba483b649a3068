"""Linking over HTTP: device, custom id, email."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.features.authentication.api import (
    ACCOUNT_CUSTOM,
    ACCOUNT_DEVICE,
    ACCOUNT_EMAIL,
)
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.schema import Message


def _link_device(call: Call) -> dict[str, Any]:
    call.parts.links.link_device(call.identity.user_id, call.request["id"])
    return {}


def _link_custom(call: Call) -> dict[str, Any]:
    call.parts.links.link_custom(call.identity.user_id, call.request["id"])
    return {}


def _link_email(call: Call) -> dict[str, Any]:
    call.parts.links.link_email(
        call.identity.user_id, call.request["email"], call.request["password"]
    )
    return {}


def _unlink_device(call: Call) -> dict[str, Any]:
    call.parts.links.unlink_device(call.identity.user_id, call.request["id"])
    return {}


def _unlink_custom(call: Call) -> dict[str, Any]:
    call.parts.links.unlink_column(call.identity.user_id, "custom_id", call.request["id"])
    return {}


def _unlink_email(call: Call) -> dict[str, Any]:
    call.parts.links.unlink_column(call.identity.user_id, "email", call.request["email"].lower())
    return {}


def _route(
    verb: str, provider: str, account: Message, handler: Callable[[Call], dict[str, Any]]
) -> Route:
    path = f"/v2/account/{verb.lower()}/{provider.lower()}"
    return Route(f"{verb}{provider}", "POST", path, Auth.BEARER, account, handler, body="*")


ROUTES = (
    _route("Link", "Device", ACCOUNT_DEVICE, _link_device),
    _route("Link", "Custom", ACCOUNT_CUSTOM, _link_custom),
    _route("Link", "Email", ACCOUNT_EMAIL, _link_email),
    _route("Unlink", "Device", ACCOUNT_DEVICE, _unlink_device),
    _route("Unlink", "Custom", ACCOUNT_CUSTOM, _unlink_custom),
    _route("Unlink", "Email", ACCOUNT_EMAIL, _unlink_email),
)
