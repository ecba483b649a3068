"""`nk.storage_index_list` and `nk.register_storage_index*`."""

from __future__ import annotations

from typing import Any

from mock_server.features.storage.arguments import object_table
from mock_server.features.storage.indexes import IndexRefused, StorageIndexes
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.callbacks import StorageIndex, StorageIndexFilter
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.runtime.registrations import Registrations
from mock_server.wire.uuids import NIL

_MAX_LISTED = 10_000
_EACH_FIELD = "expects each field to be string"


class StorageIndexFunctions(RuntimeFunctions):
    """Declare indexes over storage objects, and search them."""

    def __init__(self, indexes: StorageIndexes, registrations: Registrations) -> None:
        self._indexes = indexes
        self._registrations = registrations

    def register_storage_index(
        self,
        name: Any = None,
        collection: Any = None,
        key: Any = None,
        fields: Any = None,
        sortable_fields: Any = None,
        max_entries: Any = None,
        index_only: Any = None,
    ) -> None:
        """Declare an index over a collection.

        Args:
            name: Its name.
            collection: Whose objects it holds.
            key: The only key it holds; an empty text for every key.
            fields: A list of the top-level members of values that can be searched, at least one.
            sortable_fields: A list of those by which results can be ordered.
            max_entries: How many objects it holds, 1 or more; the oldest ones go when there are a
                tenth more.
            index_only: Whether lists show the indexed members only; False when left out.

        Raises:
            ModuleError: A bad argument, or there is an index of this name.
        """
        given = Arguments(
            "register_storage_index",
            name,
            collection,
            key,
            fields,
            sortable_fields,
            max_entries,
            index_only,
        )
        declared = StorageIndex(
            given.text(1),
            given.text(2),
            given.text(3),
            _fields(given, 4),
            _fields(given, 5),
            given.integer(6),
            given.optional_flag(7),
        )
        problem = _problem(declared)
        if problem:
            raise ModuleError(f"failed to create storage index: {problem}")
        try:
            self._indexes.declare(declared)
        except IndexRefused as error:
            raise ModuleError(f"failed to create storage index: {error}") from None

    def register_storage_index_filter(self, name: Any, function: StorageIndexFilter) -> None:
        """Call a function with each object that an index is about to take.

        Args:
            name: The index.
            function: Takes the `Context` and the object as a dict, returns whether it is taken.

        Raises:
            ModuleError: No function, or no name.
        """
        given = Arguments("register_storage_index_filter", name, function)
        index = given.text(1)
        self._registrations.pending.storage_index_filters[index] = given.function(2)

    async def storage_index_list(
        self,
        index_name: Any = None,
        query: Any = None,
        limit: Any = None,
        order: Any = None,
        caller_id: Any = None,
        cursor: Any = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Find objects.

        Args:
            index_name: Which index.
            query: What they must match, as `+value.rank:>=20`; an empty text is everything.
            limit: How many at most, 1 to 10,000; 100 when left out.
            order: A list of fields, as `value.rank`, or `-value.rank` for descending.
            caller_id: For whom permissions are checked; nobody when left out.
            cursor: Where to go on.

        Returns:
            The objects, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument, query or cursor, or there is no such index.
        """
        given = Arguments("storage_index_list", index_name, query, limit, order, caller_id, cursor)
        name, asked, size = given.text(1), given.text(2), given.optional_integer(3, 100)
        if not 1 <= size <= _MAX_LISTED:
            raise given.error(3, f"invalid limit: expects value 1-{_MAX_LISTED}")
        fields, caller = _fields(given, 4), ""
        if given.optional_text(5):
            caller = given.uuid(5, "expects caller ID to be empty or a valid identifier")
        try:
            page = await self._indexes.search(
                name,
                asked,
                size,
                fields,
                caller="" if caller == NIL else caller,
                cursor=given.optional_text(6),
            )
        except IndexRefused as error:
            raise ModuleError(f"error in storage index list: {error}") from None
        found = [object_table(each.row) | {"value": each.value} for each in page.objects]
        return found, page.cursor or None


def _fields(given: Arguments, number: int) -> tuple[str, ...]:
    items = given.items(number)
    if not all(isinstance(item, str) for item in items):
        raise given.error(number, _EACH_FIELD)
    return tuple(items)


def _problem(declared: StorageIndex) -> str:
    if not declared.name:
        return "storage index 'name' must be set"
    if not declared.collection:
        return "storage index 'collection' must be set"
    if declared.max_entries < 1:
        return "storage Index 'max_entries' must be > 0"
    if not declared.fields:
        return "storage Index 'fields' must contain at least one top level key to index"
    return ""
