"""The feature `groups`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.accounts.core import Accounts
from mock_server.features.groups import api
from mock_server.features.groups.core import Groups
from mock_server.features.groups.members import GroupMembers
from mock_server.features.groups.runtime import GroupFunctions, GroupScriptFunctions
from mock_server.features.groups.runtime_members import MemberFunctions
from server_kit import Store


def groups_feature(
    store: Store, accounts: Accounts, groups: Groups, members: GroupMembers
) -> Feature:
    """Return what the feature offers."""
    return Feature(
        routes=api.routes(store, accounts, groups, members),
        functions=(
            GroupFunctions(store, groups),
            GroupScriptFunctions(groups),
            MemberFunctions(store, accounts, members),
        ),
    )
