"""The objects that the console's requests use, and the form of its routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from aiohttp import web
from attrs import frozen

from mock_server.config import Config
from mock_server.console.login_attempts import LoginAttempts
from mock_server.features.account_export.core import AccountExports
from mock_server.features.account_export.importing import AccountImports
from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.history import ChannelHistory
from mock_server.features.friends.core import Friends
from mock_server.features.groups.core import Groups
from mock_server.features.groups.members import GroupMembers
from mock_server.features.leaderboards.boards import Boards
from mock_server.features.leaderboards.core import Leaderboards
from mock_server.features.matches.listing import MatchListing
from mock_server.features.matches.registry import MatchRegistry
from mock_server.features.matchmaker.core import Matchmaker
from mock_server.features.moderation.core import Moderation
from mock_server.features.notifications.core import Notifications
from mock_server.features.parties.registry import PartyRegistry
from mock_server.features.purchases.core import Purchases
from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.sessions.core import Sessions
from mock_server.features.storage.core import Storage
from mock_server.features.tournaments.core import Tournaments
from mock_server.features.wallets.core import Wallets
from mock_server.http.routing import Route as ApiRoute
from mock_server.operations import Operations
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.context import Contexts
from mock_server.runtime.rpc import RpcFunctions
from mock_server.runtime.runtime import Runtime
from server_kit import Clock, Store


@frozen
class ConsoleServices:
    """The objects that the console's requests use, between two restarts of the server."""

    config: Config
    clock: Clock
    store: Store
    accounts: Accounts
    notifications: Notifications
    moderation: Moderation
    friends: Friends
    groups: Groups
    members: GroupMembers
    history: ChannelHistory
    storage: Storage
    wallets: Wallets
    exports: AccountExports
    imports: AccountImports
    purchases: Purchases
    boards: Boards
    leaderboards: Leaderboards
    tournaments: Tournaments
    matches: MatchRegistry
    match_listing: MatchListing
    matchmaker: Matchmaker
    parties: PartyRegistry
    sessions: Sessions
    devices: DeviceRegistry
    registry: SessionRegistry
    tracker: Tracker
    rpcs: RpcFunctions
    contexts: Contexts
    api_routes: Sequence[ApiRoute]
    operations: Operations
    runtime: Runtime
    login_attempts: LoginAttempts


Answer: TypeAlias = dict[str, Any] | Awaitable[dict[str, Any]]
ConsoleRoute: TypeAlias = tuple[str, str, Callable[[ConsoleServices, web.Request], Answer]]
"""Method, path below `/v2/console`, and what makes the answer."""
