"""The console takes logins from accounts, but never the last one."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from mock_server.console.forms import body_of, invalid, user_of
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.features.accounts.core import PROVIDER_COLUMNS
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.schema import STRING, Message

_DEVICE = Message("UnlinkDeviceRequest", package="nakama.console", id=STRING, device_id=STRING)
_IDENTIFIERS = ("email", "custom_id", *PROVIDER_COLUMNS)
_COLUMNS = {
    "apple": ("apple_id", "Apple ID"),
    "custom": ("custom_id", "custom ID"),
    "email": ("email", "email address"),
    "facebook": ("facebook_id", "Facebook ID"),
    "facebookinstantgame": ("facebook_instant_game_id", "Facebook ID"),
    "gamecenter": ("gamecenter_id", "Game Center ID"),
    "google": ("google_id", "Google ID"),
    "steam": ("steam_id", "Steam ID"),
}


def _unlink_column(
    column: str, title: str, services: ConsoleServices, request: web.Request
) -> dict[str, Any]:
    user_id, store = user_of(request), services.store
    row = services.accounts.find(user_id)
    others = [each for each in _IDENTIFIERS if each != column and row is not None and row[each]]
    device = store.one("SELECT 1 FROM user_device WHERE user_id = ?", user_id)
    if row is None or not row[column] or not (others or device):
        raise _refused(title)
    password = ", password = NULL" if column == "email" else ""
    store.run(
        f"UPDATE users SET {column} = NULL{password}, update_time = ? WHERE id = ?",
        services.clock.tick(),
        user_id,
    )
    return {}


async def unlink_device(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Take a device from an account."""
    body, store = await body_of(request, _DEVICE), services.store
    user_id, device = user_of(request), body["device_id"]
    if not device:
        raise invalid("Requires a valid device ID.")
    row = services.accounts.find(user_id)
    is_theirs = store.one("SELECT 1 FROM user_device WHERE id = ? AND user_id = ?", device, user_id)
    other = store.one("SELECT 1 FROM user_device WHERE user_id = ? AND id <> ?", user_id, device)
    has_identifier = row is not None and any(row[each] for each in _IDENTIFIERS)
    if not is_theirs or not (other or has_identifier):
        raise _refused("device ID")
    with store.transaction():
        store.run("DELETE FROM user_device WHERE id = ?", device)
        store.run("UPDATE users SET update_time = ? WHERE id = ?", services.clock.tick(), user_id)
    return {}


def _refused(title: str) -> GrpcError:
    message = f"Cannot unlink {title} when there are no other identifiers."
    return GrpcError(GrpcCode.PERMISSION_DENIED, message)


ROUTES: tuple[ConsoleRoute, ...] = (
    ("POST", "/account/{id}/unlink/device", unlink_device),
    *(
        ("POST", f"/account/{{id}}/unlink/{name}", partial(_unlink_column, column, title))
        for name, (column, title) in _COLUMNS.items()
    ),
)
"""What is served under `/v2/console`."""
