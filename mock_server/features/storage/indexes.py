"""Storage indexes: which objects a query finds, in memory as in Nakama."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from attrs import define, field, frozen

from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.storage.core import Storage
from mock_server.features.storage.objects import ObjectId
from mock_server.label_query import Document, InvalidQuery, SearchError, parse_query
from mock_server.runtime.callbacks import Callbacks, StorageIndex, StorageIndexFilter
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registrations import Registrations
from mock_server.wire import gojson
from server_kit.store import Row

_log = logging.getLogger("mock_server.runtime")

_CURSOR = "storage_index"
_EVICT_ABOVE = 1.1  # of the maximal number of entries
_FILTER_TIMEOUT = 1.0  # seconds that a list waits for filters; one that lists itself never ends
_PUBLIC = 2
_OF_ACKS = ("version", "create_time", "update_time")

IndexedRow = Row | dict[str, Any]
"""An object as an index knows it."""


class IndexRefused(Exception):
    """A list that an index refuses; the text is Nakama's."""


@frozen
class FoundObject:
    """An object that was found: its row, and its value as far as it is shown."""

    row: IndexedRow
    value: dict[str, Any]


@frozen
class IndexPage:
    """Found objects, and where the next page starts; empty on the last page."""

    objects: Sequence[FoundObject]
    cursor: str


@frozen
class _IndexEntry:
    """An object in an index."""

    id: ObjectId
    document: Document
    value: dict[str, Any]
    row: IndexedRow

    def sort_key(self, name: str, sortable: Collection[str]) -> tuple[int, Any] | None:
        """The key that sorts entries by a field: numbers before texts, None where there is none."""
        if name in ("create_time", "update_time"):
            return 0, self.row[name]
        if name.removeprefix("value.") not in sortable:
            return None
        values = self.document.field(name)
        if values.ordinals:
            return 0, min(values.ordinals)
        return (1, min(text.encode() for text in values.texts)) if values.texts else None


@define(eq=False)
class _Index:
    """One index with its entries, in the order in which they were written."""

    declared: StorageIndex
    filter: StorageIndexFilter | None
    entries: dict[tuple[str, str, str], _IndexEntry] = field(factory=dict)

    def holds(self, collection: str, key: str) -> bool:
        """Tell whether objects of this name belong into it."""
        return collection == self.declared.collection and self.declared.key in ("", key)

    def put(self, row: IndexedRow) -> None:
        """Take an object over; one without indexed members is passed over, as in Nakama."""
        value = gojson.unmarshal(row["value"])
        shown = {name: value[name] for name in self.declared.fields if name in value}
        if not shown:
            return
        which = ObjectId(row["collection"], row["key"], row["user_id"])
        self.entries.pop(which.order, None)
        self.entries[which.order] = _IndexEntry(which, _document(row, shown), shown, row)

    def remove(self, which: ObjectId) -> None:
        """Drop an object."""
        self.entries.pop(which.order, None)

    def evict(self) -> None:
        """Drop the objects whose change is the oldest, where there are too many."""
        most = self.declared.max_entries
        if len(self.entries) > int(most * _EVICT_ABOVE):
            oldest = sorted(self.entries.values(), key=lambda entry: entry.row["update_time"])
            for entry in oldest[: len(self.entries) - most]:
                self.remove(entry.id)


class StorageIndexes:
    """The indexes of one server.

    Filters of Lua modules run in threads, so what they decide about is indexed a moment later;
    lists wait for it.

    Args:
        storage: The objects.
        registrations: The declared indexes and their filters.
        contexts: Makes the filters' contexts.
    """

    def __init__(self, storage: Storage, registrations: Registrations, contexts: Contexts) -> None:
        self._storage = storage
        self._registrations = registrations
        self._contexts = contexts
        self._loaded: Callbacks | None = None
        self._indexes: dict[str, _Index] = {}
        self._undecided: deque[tuple[_Index, ObjectId, IndexedRow | None]] = deque()
        self._deciding: asyncio.Task[None] | None = None
        storage.written.connect(self._written)
        storage.deleted.connect(self._deleted)

    def load(self) -> None:
        """Index what is stored, with the indexes that the modules have declared."""
        self._undecided.clear()
        callbacks = self._loaded = self._registrations.active
        self._indexes = {
            name: _Index(declared, callbacks.storage_index_filters.get(name))
            for name, declared in callbacks.storage_indexes.items()
        }
        for index in self._indexes.values():
            declared = index.declared
            for row in self._storage.all_of(
                declared.collection, declared.key, declared.max_entries
            ):
                self._take(index, row)

    def declare(self, declared: StorageIndex) -> None:
        """Declare an index; while the server runs it begins empty, as in Nakama.

        Raises:
            IndexRefused: There is one of this name.
        """
        callbacks = self._registrations.pending
        if declared.name in callbacks.storage_indexes:
            raise IndexRefused(
                f'cannot create index: index with name "{declared.name}" already exists'
            )
        callbacks.storage_indexes[declared.name] = declared
        if callbacks is self._loaded:
            self._indexes[declared.name] = _Index(declared, None)

    async def end(self) -> None:
        """Give up what filters have not decided yet."""
        self._undecided.clear()
        task, self._deciding = self._deciding, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def search(
        self,
        name: str,
        query: str,
        limit: int,
        order: Sequence[str],
        *,
        caller: str = "",
        cursor: str = "",
    ) -> IndexPage:
        """Find objects.

        Args:
            name: The index.
            query: A query of https://heroiclabs.com/docs/nakama/concepts/multiplayer/query-syntax/;
                empty finds everything.
            limit: How many at most; those that the caller may not read count, too.
            order: Fields, as `value.score`, or `-value.score` for descending.
            caller: For whom permissions are checked; empty is the server.
            cursor: Where to go on, with the same query, limit and order.

        Raises:
            IndexRefused: There is no such index, or a bad query or cursor.
        """
        await self._decided()
        index = self._current().get(name)
        if index is None:
            raise IndexRefused(f'index "{name}" not found')
        query = query or "*"
        offset = _offset(cursor, query, limit, order)
        found = _search(index, query)
        _sort(found, order, index.declared.sortable_fields)
        page = found[offset : offset + limit]
        has_more = len(found) > offset + limit
        following = (
            encode_cursor(_CURSOR, query, offset + limit, limit, list(order)) if has_more else ""
        )
        objects = self._shown(index, page, caller)
        return IndexPage(objects, following if page else "")

    def _shown(self, index: _Index, page: Sequence[_IndexEntry], caller: str) -> list[FoundObject]:
        if index.declared.index_only:
            return [
                FoundObject(entry.row, entry.value)
                for entry in page
                if not caller or entry.row["read"] == _PUBLIC or entry.row["user_id"] == caller
            ]
        rows = {
            (row["collection"], row["key"], row["user_id"]): row
            for row in self._storage.read([entry.id for entry in page], caller)
        }
        found = [rows[entry.id.order] for entry in page if entry.id.order in rows]
        return [FoundObject(row, gojson.unmarshal(row["value"])) for row in found]

    def _current(self) -> dict[str, _Index]:
        if self._loaded is not self._registrations.active:
            self.load()  # modules were loaded again
        return self._indexes

    def _written(self, rows: Sequence[Row]) -> None:
        if not self._indexes:
            return
        touched = []
        for row in _indexed_rows(rows):
            for index in self._holding(row["collection"], row["key"]):
                self._take(index, row)
                touched.append(index)
        for index in touched:
            index.evict()

    def _deleted(self, ids: Sequence[ObjectId]) -> None:
        for which in ids:
            for index in self._holding(which.collection, which.key):
                if index.filter is None:
                    index.remove(which)
                else:
                    self._decide_later(index, which, None)

    def _holding(self, collection: str, key: str) -> Iterator[_Index]:
        return (index for index in self._current().values() if index.holds(collection, key))

    def _take(self, index: _Index, row: IndexedRow) -> None:
        if index.filter is None:
            index.put(row)
        else:
            which = ObjectId(row["collection"], row["key"], row["user_id"])
            self._decide_later(index, which, row)

    def _decide_later(self, index: _Index, which: ObjectId, row: IndexedRow | None) -> None:
        self._undecided.append((index, which, row))
        if self._deciding is None or self._deciding.done():
            self._deciding = asyncio.get_running_loop().create_task(self._decide())

    async def _decide(self) -> None:
        while self._undecided:
            index, which, row = self._undecided.popleft()
            if row is None:
                index.remove(which)
            elif (takes := await self._ask(index, row)) is not None:
                (index.put(row) if takes else index.remove(which))
                index.evict()

    async def _ask(self, index: _Index, row: IndexedRow) -> bool | None:
        """The answer of the filter; None where it failed, which is logged."""
        function: Callable[..., Any] | None = index.filter
        assert function is not None
        context = self._contexts.new("storage_index_filter")
        try:
            result = function(context, _filtered(row))
            if inspect.isawaitable(result):
                result = await result
        except ModuleError as error:
            _log.error("the filter of %r failed: %s", index.declared.name, error.message)
            return None
        except Exception:
            _log.exception("the filter of %r failed", index.declared.name)
            return None
        if not isinstance(result, bool):
            _log.error("the filter of %r returned no boolean", index.declared.name)
            return None
        return result

    async def _decided(self) -> None:
        """Wait until the filters have decided."""
        self._current()
        if self._deciding is not None and not self._deciding.done():
            await asyncio.wait({self._deciding}, timeout=_FILTER_TIMEOUT)


def _document(row: IndexedRow, shown: dict[str, Any]) -> Document:
    document = Document()
    for name in ("collection", "key", "user_id", "version"):
        document.add_text(name, row[name])
    for name in ("read", "write"):
        document.add_number(name, row[name])
    for name in ("create_time", "update_time"):
        document.add_time(name, row[name] * 1000)
    document.add_value("value", shown)
    return document


def _indexed_rows(rows: Sequence[Row]) -> Iterator[IndexedRow]:
    """The rows of a batch as indexes see them.

    QUIRK: Nakama goes through the objects in the order in which it wrote them, but through their
    versions and times in the order in which they were asked for.
    """
    for which, acknowledged in zip(sorted(rows, key=_written_at), rows, strict=True):
        yield {**dict(which), **{name: acknowledged[name] for name in _OF_ACKS}}


def _written_at(row: Row) -> tuple[str, str, str]:
    return row["collection"], row["key"], row["user_id"]


def _filtered(row: IndexedRow) -> dict[str, Any]:
    """An object as filters see it."""
    return {
        "key": row["key"],
        "collection": row["collection"],
        "user_id": row["user_id"],
        "version": row["version"],
        "permission_read": row["read"],
        "permission_write": row["write"],
        "value": gojson.unmarshal(row["value"]),
    }


def _search(index: _Index, query: str) -> list[_IndexEntry]:
    """What a query finds, the best first, then in the order of writing."""
    try:
        scored = parse_query(query).search(
            (entry.document, entry) for entry in index.entries.values()
        )
    except (InvalidQuery, SearchError) as error:
        raise IndexRefused(str(error)) from None
    scored.sort(key=lambda each: -each[0])
    return [entry for _, entry in scored]


def _sort(found: list[_IndexEntry], order: Sequence[str], sortable: Collection[str]) -> None:
    """Order entries by fields; those without the field come last, and equal ones stay."""
    for name in reversed(order):
        path, is_descending = name.lstrip("+-"), name.startswith("-")
        if path == "_score":
            if not is_descending:
                found.reverse()
            continue
        keyed = [(entry.sort_key(path, sortable), entry) for entry in found]
        known = [each for each in keyed if each[0] is not None]
        known.sort(key=lambda each: each[0] or (0, 0), reverse=is_descending)
        found[:] = [entry for _, entry in known] + [entry for key, entry in keyed if key is None]


def _offset(cursor: str, query: str, limit: int, order: Sequence[str]) -> int:
    if not cursor:
        return 0
    try:
        asked, offset, size, fields = decode_cursor(_CURSOR, cursor, str, int, int, list)
    except BadCursor:
        raise IndexRefused("invalid cursor") from None
    for name, given, expected in (
        ("query", asked, query),
        ("limit", size, limit),
        ("order", fields, list(order)),
    ):
        if given != expected:
            raise IndexRefused(f"invalid cursor: {name} mismatch")
    return int(offset)
