"""`nk`: what server modules may call, under Nakama's names.

Each feature brings its own functions (`features/NAME/runtime.py`); this puts them together.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable
from typing import Any

from mock_server.features.accounts.runtime import AccountFunctions
from mock_server.features.authentication.runtime import AuthenticationFunctions
from mock_server.features.channels.runtime import ChannelFunctions
from mock_server.features.friends.runtime import FriendFunctions
from mock_server.features.groups.runtime import GroupFunctions
from mock_server.features.groups.runtime_members import MemberFunctions
from mock_server.features.leaderboards.runtime import LeaderboardFunctions
from mock_server.features.links.runtime import LinkFunctions
from mock_server.features.notifications.runtime import NotificationFunctions
from mock_server.features.sessions.runtime import SessionFunctions
from mock_server.features.storage.runtime import StorageFunctions
from mock_server.features.streams.runtime import StreamFunctions
from mock_server.features.users.runtime import UserFunctions
from mock_server.features.wallets.runtime import WalletFunctions
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registration import RegistrationFunctions
from mock_server.runtime.tools.crypto import CryptoFunctions
from mock_server.runtime.tools.encoding import EncodingFunctions
from mock_server.runtime.tools.http import HttpFunctions
from mock_server.runtime.tools.logger import LoggerFunctions
from mock_server.runtime.tools.time import TimeFunctions

_log = logging.getLogger("mock_server.runtime")


class Nakama(
    AccountFunctions,
    AuthenticationFunctions,
    ChannelFunctions,
    FriendFunctions,
    GroupFunctions,
    LeaderboardFunctions,
    LinkFunctions,
    MemberFunctions,
    NotificationFunctions,
    SessionFunctions,
    StorageFunctions,
    StreamFunctions,
    UserFunctions,
    WalletFunctions,
    RegistrationFunctions,
    CryptoFunctions,
    EncodingFunctions,
    HttpFunctions,
    LoggerFunctions,
    TimeFunctions,
):
    """The runtime functions of one server.

    One that is missing fails when it is called; a call while modules load is only logged.
    """

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)

        def missing(*arguments: Any) -> None:
            error = missing_function(name)
            if not self._parts.runtime.is_loading:
                raise error
            _log.warning("called while loading, without effect: %s", error.message)

        return missing


def function_names() -> list[str]:
    """The names of all runtime functions."""
    return [name for name in dir(Nakama) if not name.startswith("_")]


def missing_function(name: str) -> ModuleError:
    """The error of a call of a function that this mock does not have."""
    names = function_names()
    near = difflib.get_close_matches(name, names, n=len(names), cutoff=0.0)
    return ModuleError(
        f"nk.{name} is not in this mock of Nakama; it has, the nearest first: {', '.join(near)}"
    )
