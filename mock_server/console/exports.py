"""The console's export and import of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from mock_server.console.forms import body_of, full, invalid, unknown, user_of
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.features.account_export.importing import ImportRefused, NoUser
from mock_server.features.account_export.messages import ACCOUNT_EXPORT
from mock_server.identity import SYSTEM_USER
from mock_server.wire.schema import STRING, Message

_IMPORT = Message("AccountImport", package="nakama.console", id=STRING, data=ACCOUNT_EXPORT)


def export(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Everything of an account, whatever the permissions."""
    return full(ACCOUNT_EXPORT, services.exports.export(user_of(request)))


async def import_over(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Import over an account: its metadata, wallet and storage objects are replaced."""
    body = await body_of(request, _IMPORT)
    _import(services, body["data"], user_of(request))
    return {}


async def import_new(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Import as a new account; the answer has the nil uuid as its id, as in Nakama."""
    body = await body_of(request, _IMPORT)
    user_id = _import(services, body["data"], SYSTEM_USER)
    account = full("Account", services.accounts.account(user_id))
    account["user"] |= {"id": SYSTEM_USER, "online": False}
    return {"account": account, "disable_time": account["disable_time"]}


def _import(services: ConsoleServices, data: Mapping[str, Any] | None, user_id: str) -> str:
    try:
        return services.imports.run(data or {"account": None}, user_id)
    except NoUser as error:
        raise invalid(str(error)) from None
    except ImportRefused as error:
        raise unknown(str(error)) from None


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/account/{id}/export", export),
    ("PUT", "/account/{id}/import", import_over),
    ("POST", "/account", import_new),
)
"""What is served under `/v2/console`."""
