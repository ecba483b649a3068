"""`nk`: what server modules may call, under Nakama's names.

Each feature brings its own functions (`features/NAME/runtime.py`); this puts them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_server.features.accounts.runtime import AccountFunctions
from mock_server.features.channels.runtime import ChannelFunctions
from mock_server.features.friends.runtime import FriendFunctions
from mock_server.features.groups.runtime import GroupFunctions
from mock_server.features.groups.runtime_members import MemberFunctions
from mock_server.features.notifications.runtime import NotificationFunctions
from mock_server.features.sessions.runtime import SessionFunctions
from mock_server.features.streams.runtime import StreamFunctions
from mock_server.runtime.tools import ToolFunctions

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.runtime.runtime import RpcFunction, Runtime


class Nakama(
    AccountFunctions,
    ChannelFunctions,
    FriendFunctions,
    GroupFunctions,
    MemberFunctions,
    NotificationFunctions,
    SessionFunctions,
    StreamFunctions,
    ToolFunctions,
):
    """The runtime functions of one server."""

    def __init__(self, parts: Parts, runtime: Runtime) -> None:
        super().__init__(parts)
        self._runtime = runtime

    def register_rpc(self, function: RpcFunction, rpc_id: str) -> None:
        """Make a function callable by clients; see `Runtime.register_rpc`."""
        self._runtime.register_rpc(function, rpc_id)
