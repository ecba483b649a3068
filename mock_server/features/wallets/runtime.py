"""`nk.wallet_*` and `nk.wallets_*`."""

from __future__ import annotations

from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.wallets.core import (
    NoSuchItem,
    Update,
    WalletRejected,
    Wallets,
    WalletUpdateResult,
)
from mock_server.runtime.arguments import Arguments, ArgumentTable, stored_json
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire import gojson
from mock_server.wire.uuids import NIL
from server_kit.store import Row

_USER_ID = "expects a valid user id"
_WHOLE_NUMBERS = "expects changeset values to be whole numbers"


class WalletFunctions(RuntimeFunctions):
    """Change wallets."""

    def __init__(self, wallets: Wallets) -> None:
        self._wallets = wallets

    def wallet_update(
        self,
        user_id: Any = None,
        changeset: Any = None,
        metadata: Any = None,
        update_ledger: Any = None,
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Change a user's wallet.

        Args:
            user_id: Whose.
            changeset: A table of whole numbers by names, to be added.
            metadata: A table for the ledger.
            update_ledger: Whether the change is written into the ledger; False when left out.

        Returns:
            The wallet as it is now, and as it was before.

        Raises:
            ModuleError: A bad argument, an unknown user, or a value that would become negative.
        """
        given = Arguments("wallet_update", user_id, changeset, metadata, update_ledger)
        owner = given.uuid(1, _USER_ID)
        table = given.table(2)
        changes = table if isinstance(table, dict) else {}
        if not _are_whole(changes):
            raise given.error(2, _WHOLE_NUMBERS)
        note = given.optional_table(3)
        update = Update(owner, changes, "{}" if note is None else stored_json(note))
        results = self._update_wallets([update], in_ledger=given.optional_flag(4))
        if not results:
            raise ModuleError("user not found")
        return results[0].updated, results[0].previous

    def wallets_update(
        self, updates: Any = None, update_ledger: Any = None
    ) -> list[dict[str, Any]] | None:
        """Change several wallets, all or none.

        Args:
            updates: Tables with `user_id`, `changeset` and, if wanted, `metadata`.
            update_ledger: Whether the changes are written into the ledger; False when left out.

        Returns:
            Tables with `user_id`, `previous` and `updated`; unknown users are left out. None, if
            there are no updates.

        Raises:
            ModuleError: A bad argument, or a value that would become negative.
        """
        given = Arguments("wallets_update", updates, update_ledger)
        changes = [update_of(entry) for entry in given.entries(1, "expects a valid set of updates")]
        if not changes:
            return None
        return [
            {"user_id": each.user_id, "previous": each.previous, "updated": each.updated}
            for each in self._update_wallets(changes, in_ledger=given.optional_flag(2))
        ]

    def wallet_ledger_list(
        self, user_id: Any = None, limit: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str]:
        """List the ledger of a user's wallet, newest first.

        Args:
            user_id: Whose.
            limit: 0 to 100; 100 when left out.
            cursor: Where to go on.

        Returns:
            Tables with `id`, `user_id`, `changeset`, `metadata`, `create_time`, `update_time`,
            and a cursor, empty on the last page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("wallet_ledger_list", user_id, limit, cursor)
        owner = given.uuid(1, _USER_ID)
        size = given.optional_integer(2, 100)
        if not 0 <= size <= 100:
            raise given.error(1, "expects limit to be 0-100")
        try:
            page = self._wallets.ledger(owner, size, given.optional_text(3))
        except BadCursor:
            raise ModuleError(
                "failed to retrieve user wallet ledger: wallet ledger cursor invalid"
            ) from None
        return [_item(row) | {"user_id": given.text(1)} for row in page.rows], page.cursor

    def wallet_ledger_update(self, item_id: Any = None, metadata: Any = None) -> dict[str, Any]:
        """Merge metadata into that of a ledger item.

        Args:
            item_id: The item's.
            metadata: A table; its members replace those of the same name.

        Returns:
            The item; as in Nakama, its `metadata` is just what was given.

        Raises:
            ModuleError: A bad argument, or no such item.
        """
        given = Arguments("wallet_ledger_update", item_id, metadata)
        item, text = given.uuid(1, "expects a valid id"), stored_json(given.table(2))
        try:
            row = self._wallets.update_ledger(item, text)
        except NoSuchItem:
            raise ModuleError(
                "failed to update user wallet ledger: sql: no rows in result set"
            ) from None
        return _item(row) | {"id": given.text(1), "metadata": given.table(2)}

    def _update_wallets(
        self, updates: list[Update], *, in_ledger: bool
    ) -> list[WalletUpdateResult]:
        try:
            return self._wallets.update(updates, in_ledger=in_ledger)
        except WalletRejected as error:
            raise ModuleError(f"failed to update user wallet: {error}") from None


def _item(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "user_id": row["user_id"],
        "create_time": row["create_time"] // 1_000_000,
        "update_time": row["update_time"] // 1_000_000,
        "changeset": gojson.unmarshal(row["changeset"], exact=True),
        "metadata": gojson.unmarshal(row["metadata"]) or {},
    }


def update_of(entry: ArgumentTable) -> Update:
    """The update that a table describes.

    Raises:
        ModuleError: Something is missing, or of another type.
    """
    owner = entry.uuid("user_id")
    changeset = entry.typed("changeset", "table")
    metadata = entry.json_object("metadata")
    if changeset is None:
        raise entry.error("expects changeset to be supplied")
    changes = changeset if isinstance(changeset, dict) else {}
    if not _are_whole(changes):
        raise entry.error(_WHOLE_NUMBERS)
    return Update(owner or NIL, changes, metadata or "{}")


def _are_whole(changes: dict[Any, Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in changes.values())
