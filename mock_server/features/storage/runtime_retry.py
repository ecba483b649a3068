"""`nk.storage_write_retry`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from mock_server.features.storage.arguments import ack_table, object_id, object_table, write_of
from mock_server.features.storage.core import Storage
from mock_server.features.storage.objects import StorageFailed, StorageRejected, Write
from mock_server.runtime.arguments import Arguments, ArgumentTable
from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.runtime.functions import PureFunctions
from server_kit.store import Row

T = TypeVar("T")

_MAX_RETRIES = 10
_FAILED = "failed to write storage objects with retry"


class StorageRetryFunctions(PureFunctions):
    """Write what a function makes of what is stored.

    It runs in the thread that calls it, because so does the function it is given; only the storage
    is used in the server's loop.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._loop = asyncio.get_running_loop()

    def storage_write_retry(
        self, keys: Any = None, update: Any = None, max_retries: Any = None
    ) -> list[dict[str, Any]]:
        """Read objects, let a function change them, and write; again when one changed meanwhile.

        Args:
            keys: Tables with `collection`, `key` and, if wanted, `user_id`.
            update: A plain function. It takes the objects that exist, as of `storage_read`, and
                returns those to write, as for `storage_write`; with the `version` they had, a
                change meanwhile is noticed.
            max_retries: How often it is tried again, 0 to 10.

        Returns:
            Tables with `collection`, `key`, `user_id` and `version`, in the order of the writes.

        Raises:
            ModuleError: A bad argument, a function that fails or returns no table, a write that is
                refused, or one that met a change each time.
        """
        given = Arguments("storage_write_retry", keys, update, max_retries)
        entries = given.items(1)
        function, retries = given.function(2), given.integer(3)
        if not 0 <= retries <= _MAX_RETRIES:
            raise given.error(3, f"max retries must be a value between 0 and {_MAX_RETRIES}")
        ids = [
            object_id(ArgumentTable(given, 1, each, "expects a valid set of keys"))
            for each in entries
        ]
        if not ids:
            return []
        for _ in range(retries + 1):
            try:
                found = self._in_loop(partial(self._storage.read, ids))
                writes = _updated(given, function, found)
                rows = self._in_loop(partial(self._storage.write, writes))
            except StorageRejected:
                continue
            except StorageFailed as error:
                raise ModuleError(f"{_FAILED}: {error}") from None
            return [ack_table(row) for row in rows]
        raise ModuleError(f"{_FAILED}: Storage write retries exhausted.")

    def _in_loop(self, action: Callable[[], T]) -> T:
        """Do something in the server's loop, and wait for it."""
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is self._loop:
            return action()
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(action())
            except BaseException as error:
                future.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return future.result()


def _updated(given: Arguments, function: Callable[[Any], Any], found: list[Row]) -> list[Write]:
    try:
        objects = function([object_table(row) for row in found])
    except BadArgument:
        raise
    except ModuleError as error:
        raise ModuleError(f"{_FAILED}: update function error: {error.message}") from None
    if not isinstance(objects, dict | list):
        raise ModuleError(f"{_FAILED}: update function error: expects to return a valid table")
    values = objects if isinstance(objects, list) else []
    return [
        write_of(ArgumentTable(given, 1, each, "expects a valid set of data")) for each in values
    ]
