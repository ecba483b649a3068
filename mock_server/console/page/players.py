"""The players, and all that a server holds of one, as the console shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

from aiohttp import WSMsgType

from mock_server.console.page.objects import object_id
from mock_server.console.page.paging import PageQuery, choice
from mock_server.console.page.rows import RowQuery, page_of_rows
from mock_server.console.page.stored import stored_value
from mock_server.console.services import ConsoleServices
from mock_server.features.accounts.core import PROVIDER_COLUMNS
from mock_server.features.friends.core import FriendState
from mock_server.features.groups.core import GroupState
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Stream, StreamMode
from server_kit import Store
from server_kit.store import Row

_ONLINE = "IN (SELECT value FROM json_each(?))"
_CONDITIONS = {
    "": "TRUE",
    "online": f"id {_ONLINE}",
    "offline": f"id NOT {_ONLINE}",
    "banned": "disable_time <> 0",
}
STATES = tuple(filter(None, _CONDITIONS))
_SHOWN = 100  # of each list of one player
_US = 1_000_000


class PlayerList:
    """Finds and shows players.

    Args:
        find_services: Returns what is asked about; a restart makes new ones.
    """

    def __init__(self, find_services: Callable[[], ConsoleServices]) -> None:
        self._find_services = find_services

    def name_of(self, user_id: str) -> str:
        """The user name of an id; empty for an unknown one."""
        row = self._find_services().accounts.find(user_id) if user_id else None
        return row["username"] if row else ""

    def counts(self) -> dict[str, int]:
        """How many players there are, how many of them have a socket, how many sockets."""
        services = self._find_services()
        sockets = services.registry.all()
        counted = services.store.one("SELECT count(*) AS players FROM users WHERE username <> ''")
        return {
            "players": counted["players"] if counted else 0,
            "online": len({socket.user_id for socket in sockets}),
            "sockets": len(sockets),
        }

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the players, the newest first; with `id` the one with all that is stored.

        Args:
            query: `state`, `q` (in user name, display name or id), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        state = choice(query, "state", STATES)
        if wanted.id:
            row = self._find_services().accounts.find(wanted.id)
            return wanted.page([row] if row and row["username"] else [], self._whole)
        return page_of_rows(self._find_services().store, self._rows(state), wanted, self._show)

    def _rows(self, state: str) -> RowQuery:
        source = f"FROM users WHERE username <> '' AND {_CONDITIONS[state]}"
        values: tuple[str, ...] = ()
        if "?" in source:
            sockets = self._find_services().registry.all()
            values = (json.dumps(sorted({socket.user_id for socket in sockets})),)
        searched = "username || ' ' || display_name || ' ' || id"
        return RowQuery("*", source, values, searched, "create_time DESC")

    def _show(self, row: Row) -> dict[str, Any]:
        sockets = self._find_services().registry.of_user(row["id"])
        return {
            "id": row["id"],
            "username": row["username"],
            "display_name": row["display_name"],
            "create_time": row["create_time"] / _US,
            "banned": bool(row["disable_time"]),
            "sockets": [self._socket(socket) for socket in sockets],
        }

    def _socket(self, socket: SocketSession) -> dict[str, Any]:
        streams = self._find_services().tracker.streams_of(socket.id)
        return {
            "session_id": socket.id,
            "lang": socket.lang,
            "client_ip": socket.client_ip,
            "format": "json" if socket.format.frame_type is WSMsgType.TEXT else "protobuf",
            "streams": sorted(map(_stream_text, streams))[:_SHOWN],
        }

    def _whole(self, row: Row) -> dict[str, Any]:
        services, user_id = self._find_services(), row["id"]
        store = services.store
        return {
            **self._show(row),
            "metadata": stored_value(row["metadata"]),
            "wallet": stored_value(row["wallet"]),
            "email": row["email"],
            "custom_id": row["custom_id"],
            "linked": [name for name in PROVIDER_COLUMNS if row[name]],
            "login_devices": _login_devices(store, user_id),
            "friends": _friends(store, user_id),
            "groups": _groups(store, user_id),
            "storage": _objects(store, user_id),
            "notifications": _notifications(store, user_id),
            "devices": [
                {
                    "player_id": each.player_id,
                    "device_type": each.device_type,
                    "problem": each.problem,
                    "registered_at": each.registered_at,
                }
                for each in services.devices.of_user(user_id)[:_SHOWN]
            ],
        }


def _login_devices(store: Store, user_id: str) -> list[str]:
    rows = store.all("SELECT id FROM user_device WHERE user_id = ? LIMIT ?", user_id, _SHOWN)
    return [row["id"] for row in rows]


def _friends(store: Store, user_id: str) -> list[dict[str, Any]]:
    rows = store.all(
        "SELECT e.state, u.id, u.username FROM user_edge e JOIN users u"
        " ON u.id = e.destination_id WHERE e.source_id = ? ORDER BY e.state, u.username LIMIT ?",
        user_id,
        _SHOWN,
    )
    return [{**dict(row), "state": _words(FriendState(row["state"]))} for row in rows]


def _groups(store: Store, user_id: str) -> list[dict[str, Any]]:
    rows = store.all(
        "SELECT e.state, g.id, g.name FROM group_edge e JOIN groups g"
        " ON g.id = e.destination_id WHERE e.source_id = ? ORDER BY g.name LIMIT ?",
        user_id,
        _SHOWN,
    )
    return [{**dict(row), "state": _words(GroupState(row["state"]))} for row in rows]


def _objects(store: Store, user_id: str) -> list[dict[str, Any]]:
    rows = store.all(
        "SELECT collection, key, value, version FROM storage WHERE user_id = ?"
        " ORDER BY collection, key LIMIT ?",
        user_id,
        _SHOWN,
    )
    return [
        {
            **dict(row),
            "id": object_id(row["collection"], row["key"], user_id),
            "value": stored_value(row["value"]),
        }
        for row in rows
    ]


def _notifications(store: Store, user_id: str) -> list[dict[str, Any]]:
    rows = store.all(
        "SELECT id, subject, content, code, create_time FROM notification"
        " WHERE user_id = ? ORDER BY create_time DESC LIMIT ?",
        user_id,
        _SHOWN,
    )
    return [
        {
            **dict(row),
            "content": stored_value(row["content"]),
            "create_time": row["create_time"] / _US,
        }
        for row in rows
    ]


def _stream_text(stream: Stream) -> str:
    try:
        mode = _words(StreamMode(stream.mode))
    except ValueError:  # a server module's own
        mode = f"stream {stream.mode}"
    return " ".join(filter(None, (mode, stream.subject, stream.subcontext, stream.label)))


def _words(state: IntEnum) -> str:
    return state.name.lower().replace("_", " ")
