"""`nk.account_export_id` and `nk.account_import_id`."""

from __future__ import annotations

import logging
from typing import Any

from mock_server.features.account_export.core import AccountExports
from mock_server.features.account_export.importing import AccountImports, ImportRefused, NoUser
from mock_server.features.account_export.messages import ACCOUNT_EXPORT
from mock_server.features.accounts.core import Accounts
from mock_server.features.accounts.runtime import account_table
from mock_server.identity import SYSTEM_USER
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError, status_text
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.errors import DecodeError, GrpcError
from mock_server.wire.go_struct import unmarshal_struct
from mock_server.wire.protojson import encode

_log = logging.getLogger("mock_server.runtime")
_USER_ID = "expects user ID to be a valid identifier"


class AccountExportFunctions(RuntimeFunctions):
    """Export and import accounts."""

    def __init__(
        self, accounts: Accounts, exports: AccountExports, imports: AccountImports
    ) -> None:
        self._accounts = accounts
        self._exports = exports
        self._imports = imports

    def account_export_id(self, user_id: Any = None) -> str:
        """Export all that belongs to an account.

        Returns:
            JSON text: `account`, `objects`, `friends`, `groups`, `messages`,
            `leaderboard_records`, `notifications`, `wallet_ledgers`; what is empty is left out.

        Raises:
            ModuleError: Not a uuid, or not a user's.
        """
        given = Arguments("account_export_id", user_id)
        try:
            export = self._exports.export(given.uuid(1, _USER_ID))
        except GrpcError as error:
            raise ModuleError(f"error exporting account: {status_text(error)}") from None
        return encode(ACCOUNT_EXPORT, export)

    def account_import_id(self, data: Any = None, user_id: Any = None) -> dict[str, Any]:
        """Import an export.

        Nakama reads the text with encoding/json, which does not know the forms that exports are
        written in: times have to be tables as `{"seconds": 1}`, or left out, scores numbers, and
        messages and groups without `code`, `persistent` and `open`.

        Args:
            data: JSON text.
            user_id: Over which account: its metadata, wallet and storage objects are replaced.
                Left out, a new account is made, with the id of `account.user`.

        Returns:
            The account, as `account_get_id` returns it; the id of a new one is the nil uuid, as
            in Nakama.

        Raises:
            ModuleError: A bad argument, or an import that is refused.
        """
        given = Arguments("account_import_id", data, user_id)
        text = given.filled_text(1, "expects data to be present")
        try:
            export = unmarshal_struct(ACCOUNT_EXPORT, text)
        except (DecodeError, ValueError):
            raise given.error(1, "expects data to be a valid account export format") from None
        owner = given.uuid(2, _USER_ID) if given.optional_text(2) else SYSTEM_USER
        try:
            imported = self._imports.run(export, owner)
        except NoUser as error:
            _log.warning("account_import_id: %s", error)
            raise ModuleError(
                "runtime error: invalid memory address or nil pointer dereference"
            ) from None
        except ImportRefused as error:
            raise ModuleError(f"error importing account: {error}") from None
        row = self._accounts.find(imported)
        assert row is not None, "it has just been written"
        account = account_table(self._accounts, row)
        shown = {"user_id": owner} | ({"online": False} if owner == SYSTEM_USER else {})
        return {**account, **shown, "user": {**account["user"], **shown}}
