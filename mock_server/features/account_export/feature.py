"""The feature `account_export`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.account_export.core import AccountExports
from mock_server.features.account_export.importing import AccountImports
from mock_server.features.account_export.runtime import AccountExportFunctions
from mock_server.features.accounts.core import Accounts


def account_export_feature(
    accounts: Accounts, exports: AccountExports, imports: AccountImports
) -> Feature:
    """Return what the feature offers."""
    return Feature(functions=(AccountExportFunctions(accounts, exports, imports),))
