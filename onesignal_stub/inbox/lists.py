"""Devices, users, segments, templates and apps as lists, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from attrs import frozen

from onesignal_stub.features.segments.core import Segments
from onesignal_stub.inbox.platforms import platform_of, types_of
from onesignal_stub.inbox.search import MAX_WORDS, containing
from onesignal_stub.steps import Steps, run_steps
from server_kit import Store
from server_kit.store import Row

_TOKEN_SHOWN = 24
_LOOKED_AT = 10_000  # rows that one step of a search looks at


@frozen
class _Source:
    """The table and columns that a list is read from.

    Attributes:
        key: The column that tells its rows apart.
        order: The columns that order it.
        columns: What is read of each row.
        table: Its own table.
        joined: What else the columns and a search need.
    """

    key: str
    order: str
    columns: str
    table: str
    joined: str = ""


_DEVICES = _Source(
    "s.number",
    "s.number DESC",
    "s.*, a.alias_id AS external_id, u.tags, u.language AS user_language, p.name AS app_name",
    "subscriptions s",
    "JOIN users u USING (onesignal_id) JOIN apps p ON p.id = s.app_id"
    " LEFT JOIN aliases a ON a.onesignal_id = s.onesignal_id AND a.label = 'external_id'",
)
_ALIASES = "(SELECT group_concat(alias_id) FROM aliases WHERE onesignal_id = u.onesignal_id)"
_USERS = _Source(
    "u.onesignal_id",
    "u.first_active DESC, u.onesignal_id",
    "u.*, p.name AS app_name,"
    " (SELECT json_group_object(label, alias_id) FROM aliases"
    " WHERE onesignal_id = u.onesignal_id) AS aliases,"
    " (SELECT count(*) FROM subscriptions WHERE onesignal_id = u.onesignal_id) AS devices",
    "users u",
    "JOIN apps p ON p.id = u.app_id",
)
_SEGMENTS = _Source(
    "g.number",
    "g.number DESC",
    "g.*, p.name AS app_name",
    "segments g",
    "JOIN apps p ON p.id = g.app_id",
)
_TEMPLATES = _Source(
    "t.number",
    "t.number DESC",
    "t.*, p.name AS app_name",
    "templates t",
    "JOIN apps p ON p.id = t.app_id",
)
_APPS = _Source(
    "p.number",
    "p.number DESC",
    "p.id, p.name, p.created_at,"
    " (SELECT count(*) FROM subscriptions WHERE app_id = p.id) AS devices,"
    " (SELECT count(*) FROM users WHERE app_id = p.id) AS users,"
    " (SELECT count(*) FROM messages WHERE app_id = p.id AND NOT hidden) AS messages",
    "apps p",
)


@frozen(kw_only=True)
class ListQuery:
    """A selection of a list's entries; "" selects all.

    Attributes:
        q: A text in a name or id.
        id: The id of one.
        app: The id of the app.
        platform: One of PLATFORMS, for devices.
        limit: How many at most.
        offset: How many newer ones to leave out.
    """

    q: str = ""
    id: str = ""
    app: str = ""
    platform: str = ""
    limit: int = 50
    offset: int = 0


class Lists:
    """Reads the lists.

    Args:
        store: The tables.
        segments: Counts who is in one.
    """

    def __init__(self, store: Store, segments: Segments) -> None:
        self._store = store
        self._segments = segments

    async def devices(self, wanted: ListQuery) -> dict[str, Any]:
        """Players, which are subscriptions, the newest first."""
        where = _Where(wanted, app="s.app_id", id_="s.id")
        where.search("s.id", "s.device_model", "a.alias_id", "s.onesignal_id")
        if wanted.platform:
            types = ", ".join(map(str, types_of(wanted.platform))) or "NULL"
            where.add(f"s.device_type IN ({types})")
        return await self._page(_DEVICES, where, _device)

    async def users(self, wanted: ListQuery) -> dict[str, Any]:
        """Users, the newest first."""
        where = _Where(wanted, app="u.app_id", id_="u.onesignal_id")
        where.search("u.onesignal_id", "u.tags", _ALIASES)
        return await self._page(_USERS, where, _user)

    async def segments(self, wanted: ListQuery) -> dict[str, Any]:
        """Segments; one that is asked for by its id comes with how many are in it."""
        where = _Where(wanted, app="g.app_id", id_="g.id")
        where.search("g.name", "g.description", "g.id", "g.filters")
        page = await self._page(_SEGMENTS, where, _segment)
        if wanted.id:
            for item in page["items"]:
                counting = self._segments.subscribers(item["app_id"], item["name"])
                item["devices"] = await run_steps(self._store, counting)
        return page

    async def templates(self, wanted: ListQuery) -> dict[str, Any]:
        """Templates, the newest first."""
        where = _Where(wanted, app="t.app_id", id_="t.id")
        where.search("t.name", "t.id", "t.content")
        return await self._page(_TEMPLATES, where, _template)

    async def apps(self, wanted: ListQuery) -> dict[str, Any]:
        """Apps, the newest first."""
        where = _Where(wanted, app="p.id", id_="p.id")
        where.search("p.name", "p.id")
        return await self._page(_APPS, where, dict)

    async def _page(
        self, source: _Source, where: _Where, show: Callable[[Row], dict[str, Any]]
    ) -> dict[str, Any]:
        """One page: all that match are counted, or found by their keys; the rest is of the page."""
        wanted = where.wanted
        end = wanted.offset + wanted.limit
        if wanted.q:
            found = await run_steps(self._store, self._search(source, where))
            keys, total = found[wanted.offset : end], len(found)
        else:
            keys, total = self._keys(source, where)
        rows = self._store.all(
            f"SELECT {source.columns} FROM {source.table} {source.joined} WHERE {source.key} IN"
            f" (SELECT value FROM json_each(?)) ORDER BY {source.order}",
            msgspec.json.encode(keys).decode(),
        )
        return {
            "items": [show(row) for row in rows],
            "total": total,
            "next": end if keys and end < total else None,
        }

    def _keys(self, source: _Source, where: _Where) -> tuple[list[Any], int]:
        """The keys of one page, and how many rows match."""
        sql = f"SELECT count(*) FROM {source.table} WHERE {where}"
        counted = self._store.one(sql, *where.params)
        rows = self._store.all(
            f"SELECT {source.key} FROM {source.table} WHERE {where} ORDER BY {source.order}"
            " LIMIT ? OFFSET ?",
            *where.params,
            where.wanted.limit,
            where.wanted.offset,
        )
        return [row[0] for row in rows], 0 if counted is None else int(counted[0])

    def _search(self, source: _Source, where: _Where) -> Steps[list[Any]]:
        """The keys of all rows that match, in order; a step looks at `_LOOKED_AT` rows."""
        found: list[Any] = []
        counted = self._store.one(f"SELECT count(*) FROM {source.table}")
        for start in range(0, 0 if counted is None else counted[0], _LOOKED_AT):
            if start:
                yield
            rows = self._store.all(
                f"SELECT {source.key} FROM {source.table} {source.joined} WHERE {source.key} IN"
                f" (SELECT {source.key} FROM {source.table} ORDER BY {source.order}"
                f" LIMIT {_LOOKED_AT} OFFSET {start}) AND {where} ORDER BY {source.order}",
                *where.params,
            )
            found += (row[0] for row in rows)
        return found


class _Where:
    """The condition of one list and its parameters."""

    def __init__(self, wanted: ListQuery, *, app: str, id_: str) -> None:
        self.wanted = wanted
        self.params: list[Any] = []
        self._terms = ["1"]
        if wanted.app:
            self.add(f"{app} = ?", wanted.app.lower())
        if wanted.id:
            self.add(f"{id_} = ?", wanted.id.lower())

    def __str__(self) -> str:
        return " AND ".join(self._terms)

    def add(self, term: str, *params: Any) -> None:
        self._terms.append(term)
        self.params += params

    def search(self, *columns: str) -> None:
        """Find each word of the search in one of the columns."""
        for word in self.wanted.q.split()[:MAX_WORDS]:
            found = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns)
            self.add(f"({found})", *[containing(word)] * len(columns))


def _device(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "app_id": row["app_id"],
        "app_name": row["app_name"],
        "platform": platform_of(row["device_type"]),
        "device_type": row["device_type"],
        "subscribed": bool(row["subscribed"]),
        "why_not": None if row["subscribed"] else _why_not(row),
        "external_id": row["external_id"],
        "onesignal_id": row["onesignal_id"],
        "language": row["language"] or row["user_language"],
        "token": _start(row["token"]),
        "device_model": row["device_model"],
        "device_os": row["device_os"],
        "app_version": row["app_version"],
        "session_count": row["session_count"],
        "created_at": row["created_at"],
        "last_active": row["last_active"],
        "tags": msgspec.json.decode(row["tags"]),
    }


def _why_not(row: Row) -> str:
    if not row["token"]:
        return "no push token"
    if row["invalid_identifier"]:
        return "its token is invalid"
    return f"opted out (notification_types {row['notification_types']})"


def _start(token: str | None) -> str | None:
    """Enough of a token to tell it from others."""
    return token if token is None or len(token) <= _TOKEN_SHOWN else f"{token[:_TOKEN_SHOWN]}…"


def _user(row: Row) -> dict[str, Any]:
    return {
        "id": row["onesignal_id"],
        "app_id": row["app_id"],
        "app_name": row["app_name"],
        "aliases": msgspec.json.decode(row["aliases"]),
        "devices": row["devices"],
        "tags": msgspec.json.decode(row["tags"]),
        "language": row["language"],
        "country": row["country"],
        "timezone_id": row["timezone_id"],
        "created_at": row["first_active"],
        "last_active": row["last_active"],
    }


def _segment(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "app_id": row["app_id"],
        "app_name": row["app_name"],
        "name": row["name"],
        "description": row["description"],
        "source": row["source"],
        "filters": msgspec.json.decode(row["filters"]),
        "created_at": row["created_at"],
    }


def _template(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "app_id": row["app_id"],
        "app_name": row["app_name"],
        "name": row["name"],
        "content": msgspec.json.decode(row["content"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
