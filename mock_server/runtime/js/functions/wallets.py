"""`nk.wallet…`, `nk.wallets…` and `nk.multiUpdate`."""

from __future__ import annotations

from typing import Any

from mock_server.features.accounts.core import PROFILE
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.storage import deletes_of, writes_of
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import (
    Fields,
    Given,
    Object,
    camel_keys,
    is_integer,
    json_of,
)
from mock_server.wire.schema import json_name
from mock_server.wire.uuids import NIL, parse_uuid

_OPAQUE = frozenset({"changeset", "metadata", "previous", "updated"})
_LEDGER_PAGE = 100
_USER = "expects a valid user id"
_WHOLE = "expects changeset values to be whole numbers"
_UPDATES = "expects an array of wallet update objects"
_PROFILE = {json_name(name): name for name in PROFILE}


def wallet_update(given: Given, nk: Nk) -> Any:
    """`nk.walletUpdate(userId, changeset, metadata?, updateLedger?)`."""
    user_id = given.uuid(0, _USER)
    changeset = _changeset(given.object(1, "expects a changeset object"))
    metadata: Object = {}
    if given.has(2):
        metadata = json_of(given.object(2, "expects metadata to be a key value object"))
    in_ledger = given.defined(3, given.flag, False)
    try:
        updated, previous = nk("wallet_update", user_id, changeset, metadata, in_ledger)
    except ModuleError as error:
        if error.message == "user not found":
            raise ScriptTypeError(error.message) from None
        raise
    return {"userId": user_id, "updated": updated, "previous": previous}


def wallets_update(given: Given, nk: Nk) -> Any:
    """`nk.walletsUpdate(updates, updateLedger?)`."""
    updates = wallet_updates_of(given.objects(0, _UPDATES))
    in_ledger = given.defined(1, given.flag, False)
    return camel_keys(nk("wallets_update", updates, in_ledger) or [], _OPAQUE)


def wallet_ledger_list(given: Given, nk: Nk) -> Any:
    """`nk.walletLedgerList(userId, limit?, cursor?)`."""
    user_id = given.uuid(0, _USER)
    limit = given.defined(1, given.integer, 100)
    cursor = given.defined(2, given.text, "")
    if limit < -1:
        raise ScriptGoError(
            "failed to retrieve user wallet ledger: ERROR: LIMIT must not be negative "
            "(SQLSTATE 2201W)"
        )
    items: list[Object] = []
    is_complete = limit == -1
    while not is_complete:  # Nakama has no upper bound here, which Lua's function has
        size = min(limit - len(items), _LEDGER_PAGE)
        page, cursor = nk("wallet_ledger_list", user_id, size, cursor)
        items += page
        is_complete = not cursor or len(items) >= limit
    shown = [{**camel_keys(item, _OPAQUE), "userId": given.value(0)} for item in items]
    return {"items": shown, "cursor": cursor or None}


def wallet_ledger_update(given: Given, nk: Nk) -> Any:
    """`nk.walletLedgerUpdate(itemId, metadata)`."""
    item_id = given.uuid(0, "expects a valid id")
    metadata = json_of(given.object(1, "expects metadata object"))
    item = camel_keys(nk("wallet_ledger_update", item_id, metadata), _OPAQUE)
    return item | {"changeset": item["metadata"], "metadata": None}  # Nakama's own mix-up


def multi_update(given: Given, nk: Nk) -> Any:
    """`nk.multiUpdate(accounts?, writes?, deletes?, wallets?, updateLedger?)`."""
    accounts = [_account_update(each) for each in _objects(given, 0, "an array of account updates")]
    writes = writes_of(_objects(given, 1, "a valid array of data"), supplied=True)
    deletes = deletes_of(_objects(given, 2, "a valid array of data"))
    wallets = wallet_updates_of(_objects(given, 3, "an array of wallet update objects"))
    in_ledger = given.optional(4, given.flag, False)
    acks, updated = nk("multi_update", accounts, writes, deletes, wallets, in_ledger)
    return {
        "storageWriteAcks": camel_keys(acks or []),
        "walletUpdateAcks": camel_keys(updated or [], _OPAQUE),
    }


def wallet_updates_of(entries: list[Object]) -> list[Object]:
    """The updates of wallets that an argument holds."""
    return [_wallet_update(entry) for entry in entries]


def _objects(given: Given, number: int, what: str) -> list[Object]:
    return given.objects(number, f"expects {what}") if given.has(number) else []


def _wallet_update(entry: Object) -> Object:
    if "userId" not in entry:
        raise ScriptTypeError("expects a user id")
    user_id = entry["userId"]
    if not isinstance(user_id, str) or parse_uuid(user_id) is None:
        raise ScriptTypeError(_USER)
    changeset = entry.get("changeset")
    if not isinstance(changeset, dict):
        raise ScriptTypeError("expects changeset object")
    changes = _changeset(changeset)
    metadata = entry.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ScriptTypeError("expects metadata object")
    return {"user_id": user_id, "changeset": changes, "metadata": json_of(metadata)}


def _account_update(entry: Object) -> Object:
    update: Object = {"user_id": Fields(entry).uuid("userId") or NIL}
    for name, shared in _PROFILE.items():
        update[shared] = entry.get(name)
        if name in entry and not isinstance(update[shared], str):
            raise ScriptTypeError("expects a string")
    metadata = entry.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ScriptTypeError("expects metadata to be a key value object")
    return update | {"metadata": json_of(metadata) if "metadata" in entry else None}


def _changeset(changes: Object) -> Object:
    if not all(is_integer(value) for value in changes.values()):
        raise ScriptTypeError(_WHOLE)
    return changes
