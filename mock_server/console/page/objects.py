"""Storage objects, as the console shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from mock_server.console.page.paging import PageQuery
from mock_server.console.page.rows import RowQuery, page_of_rows
from mock_server.console.page.stored import stored_value
from mock_server.console.services import ConsoleServices
from mock_server.identity import SYSTEM_USER
from server_kit.store import Row

_US = 1_000_000
_FROM = "FROM storage o JOIN users u ON u.id = o.user_id WHERE"


class ObjectList:
    """Finds and shows storage objects.

    Args:
        find_services: Returns what is asked about; a restart makes new ones.
    """

    def __init__(self, find_services: Callable[[], ConsoleServices]) -> None:
        self._find_services = find_services

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the objects, those first that were written last; with `id` one with its value.

        Args:
            query: `collection`, `user` (an id), `q` (in collection, key or owner's name), `id`
                (collection, key and owner's id, each quoted as in a URL, between slashes),
                `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        if wanted.id:
            return wanted.page(self._one(wanted.id), _whole)
        rows = RowQuery(
            "o.*, u.username",
            f"{_FROM} ? IN ('', o.collection) AND ? IN ('', o.user_id)",
            (query.get("collection", ""), query.get("user", "")),
            "o.collection || ' ' || o.key || ' ' || u.username",
            "o.update_time DESC",
        )
        return page_of_rows(self._find_services().store, rows, wanted, _shown)

    def _one(self, text: str) -> list[Row]:
        key = [unquote(part) for part in text.split("/")]
        if len(key) != 3:
            return []
        return self._find_services().store.all(
            f"SELECT o.*, u.username {_FROM} o.collection = ? AND o.key = ? AND o.user_id = ?",
            *key,
        )


def object_id(collection: str, key: str, user_id: str) -> str:
    """The id by which the page finds an object."""
    return "/".join(quote(part, safe="") for part in (collection, key, user_id))


def _shown(row: Row) -> dict[str, Any]:
    is_of_system = row["user_id"] == SYSTEM_USER
    return {
        "id": object_id(row["collection"], row["key"], row["user_id"]),
        "collection": row["collection"],
        "key": row["key"],
        "user_id": row["user_id"],
        "username": "" if is_of_system else row["username"],
        "is_of_system": is_of_system,
        "permission_read": row["read"],
        "permission_write": row["write"],
        "bytes": len(row["value"].encode()),
        "create_time": row["create_time"] / _US,
        "update_time": row["update_time"] / _US,
    }


def _whole(row: Row) -> dict[str, Any]:
    return _shown(row) | {"version": row["version"], "value": stored_value(row["value"])}
