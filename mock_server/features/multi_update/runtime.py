"""`nk.multi_update`."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from mock_server.features.accounts.core import PROFILE, Accounts, module_text
from mock_server.features.storage.arguments import ack_table, object_id, write_of
from mock_server.features.storage.core import Storage
from mock_server.features.storage.objects import ObjectId, StorageFailed, StorageRejected, Write
from mock_server.features.wallets.core import Update, WalletRejected, Wallets, WalletUpdateResult
from mock_server.features.wallets.runtime import update_of
from mock_server.runtime.arguments import Arguments, ArgumentTable
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.errors import GrpcError
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.uuids import NIL
from server_kit import Store
from server_kit.store import Row


@frozen
class _AccountUpdate:
    """A change of one account; None leaves a field alone."""

    user_id: str
    changes: dict[str, str | None]


class MultiUpdateFunctions(RuntimeFunctions):
    """Change accounts, storage and wallets at once."""

    def __init__(
        self, store: Store, accounts: Accounts, storage: Storage, wallets: Wallets
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._storage = storage
        self._wallets = wallets

    def multi_update(
        self,
        accounts: Any = None,
        writes: Any = None,
        deletes: Any = None,
        wallets: Any = None,
        update_ledger: Any = None,
    ) -> tuple[list[dict[str, Any]] | None, list[dict[str, Any]] | None]:
        """Do everything, or nothing.

        Args:
            accounts: Tables with `user_id` and, if wanted, `metadata` (a table), `username`,
                `display_name`, `timezone`, `location`, `lang_tag` and `avatar_url`; unknown users
                are passed over.
            writes: Storage objects, as for `storage_write`.
            deletes: Storage objects, as for `storage_delete`.
            wallets: Changes of wallets, as for `wallets_update`; unknown users are passed over.
            update_ledger: Whether these are written into the ledger; False when left out.

        Returns:
            What `storage_write` and `wallets_update` return, or None where there is nothing.

        Raises:
            ModuleError: A bad argument, or something that is refused.
        """
        given = Arguments("multi_update", accounts, writes, deletes, wallets, update_ledger)
        account_updates = [
            _account_update(entry)
            for entry in _entries(given, 1, "expects a valid set of account update data")
        ]
        data = "expects a valid set of storage data"
        objects = [write_of(entry) for entry in _entries(given, 2, data)]
        ids = [object_id(entry, has_version=True) for entry in _entries(given, 3, data)]
        changes = [
            update_of(entry) for entry in _entries(given, 4, "expects a valid set of updates")
        ]
        in_ledger = given.optional_flag(5)
        try:
            rows, results = self._run(account_updates, objects, ids, changes, in_ledger=in_ledger)
        except GrpcError as error:
            raise ModuleError(f"error running multi update: {module_text(error)}") from None
        except (StorageRejected, StorageFailed, WalletRejected) as error:
            raise ModuleError(f"error running multi update: {error}") from None
        self._storage.written.send(rows)
        self._storage.deleted.send(ids)
        return [ack_table(row) for row in rows] or None, [_result(each) for each in results] or None

    def _run(
        self,
        account_updates: list[_AccountUpdate],
        writes: list[Write],
        deletes: list[ObjectId],
        wallet_updates: list[Update],
        *,
        in_ledger: bool,
    ) -> tuple[list[Row], list[WalletUpdateResult]]:
        with self._store.transaction():
            for each in account_updates:
                self._accounts.update(each.user_id, each.changes)
            rows = self._storage.write_in_transaction(writes)
            self._storage.delete_in_transaction(deletes)
            return rows, self._wallets.update(wallet_updates, in_ledger=in_ledger)


def _entries(given: Arguments, number: int, expected: str) -> list[ArgumentTable]:
    if given.optional_table(number) is None:
        return []
    return given.entries(number, expected, named=True)


def _account_update(entry: ArgumentTable) -> _AccountUpdate:
    user_id = entry.uuid("user_id")
    metadata = entry.json_object("metadata")
    username, *texts = PROFILE
    changes: dict[str, str | None] = {username: entry.typed(username, "string") or None}
    for name in texts:
        words = name.replace("_", " ")
        changes[name] = entry.typed(name, "string", f"expects {words} to be string")
    if metadata is not None:
        changes["metadata"] = jsonb_text(metadata)
    if user_id in (None, NIL):
        raise entry.error("expects a valid user ID")
    return _AccountUpdate(str(user_id), changes)


def _result(result: WalletUpdateResult) -> dict[str, Any]:
    return {"user_id": result.user_id, "previous": result.previous, "updated": result.updated}
