"""What InitModule may register, and what it did."""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import define, field, frozen

from mock_server.runtime.js.bundle import Bundle
from mock_server.runtime.js.init_module import FunctionNotFound, Unexpected

_AUTHENTICATIONS = re.findall(
    r"\w+",
    """
Apple Custom Device Email Facebook FacebookInstantGame GameCenter Google Steam
    """,
)
_OPERATIONS = re.findall(
    r"\w+",
    """
GetAccount UpdateAccount DeleteAccount SessionRefresh ListChannelMessages ListFriends
ListFriendsOfFriends AddFriends DeleteFriends BlockFriends ImportFacebookFriends
ImportSteamFriends CreateGroup UpdateGroup DeleteGroup JoinGroup LeaveGroup AddGroupUsers
BanGroupUsers KickGroupUsers PromoteGroupUsers DemoteGroupUsers ListGroupUsers ListUserGroups
ListGroups ListLeaderboardRecords WriteLeaderboardRecord DeleteLeaderboardRecord
ListLeaderboardRecordsAroundOwner JoinTournament ListTournaments ListTournamentRecords
WriteTournamentRecord DeleteTournamentRecord ListTournamentRecordsAroundOwner ListMatches
GetMatchmakerStats ListParties ListNotifications DeleteNotifications ListStorageObjects
ReadStorageObjects WriteStorageObjects DeleteStorageObjects GetUsers Event ValidatePurchaseApple
ValidatePurchaseGoogle ValidatePurchaseHuawei ValidatePurchaseFacebookInstant
ValidatePurchaseSamsung ValidateSubscriptionApple ValidateSubscriptionGoogle ListSubscriptions
GetSubscription
    """,
)
OPERATIONS = (
    *_OPERATIONS,
    *(f"{verb}{how}" for verb in ("Authenticate", "Link", "Unlink") for how in _AUTHENTICATIONS),
)
"""The operations that have `registerBefore…` and `registerAfter…`."""
NAMED = ("registerRpc", "registerRtBefore", "registerRtAfter", "registerStorageIndexFilter")
"""The functions that take a name and a function."""
UNSCOPED = ("registerRpc", "registerStorageIndexFilter")
"""Those that do not look whether the function is a global."""
PLAIN = (
    "registerMatchmakerMatched",
    "registerTournamentEnd",
    "registerTournamentReset",
    "registerLeaderboardReset",
    "registerShutdown",
    "registerPurchaseNotificationApple",
    "registerSubscriptionNotificationApple",
    "registerPurchaseNotificationGoogle",
    "registerSubscriptionNotificationGoogle",
)
"""The functions that take a function only, besides those of `OPERATIONS`."""
REGISTRATIONS = (
    *NAMED,
    *PLAIN,
    "registerMatch",
    "registerStorageIndex",
    *(f"register{when}{name}" for when in ("Before", "After") for name in OPERATIONS),
)
"""The functions of the initializer, but `getConfig`."""
MATCH_FUNCTIONS = (
    "matchInit",
    "matchJoinAttempt",
    "matchJoin",
    "matchLeave",
    "matchLoop",
    "matchTerminate",
    "matchSignal",
)
"""The functions of a match handler, in the order in which they are looked for."""


@frozen
class RegisteredFunction:
    """A function that InitModule registered.

    Attributes:
        method: The initializer's function.
        name: For what, as an RPC id; empty where there is none.
        function: The function's name.
    """

    method: str
    name: str
    function: str


@define
class Initializer:
    """Takes what one InitModule registers.

    Args:
        bundle: The bundle.

    Attributes:
        registrations: What it registered.
        matches: The functions' names of its match handlers, by handler and function.
        fatal: Where and why a real server would have ended.
    """

    bundle: Bundle
    registrations: list[RegisteredFunction] = field(factory=list)
    matches: dict[str, dict[str, str]] = field(factory=dict)
    fatal: str = ""

    def register(self, text: str) -> str:
        """Find the name of a function, as an answer to `prelude/`."""
        method, name, part, known = json.loads(text)
        try:
            function = self._find(method, name, part, known)
        except FunctionNotFound as error:
            return f"G{error}"
        except Unexpected as error:
            self.fatal = self.fatal or self._fatal(error)
            return f"G{self.fatal}"
        if part:
            self.matches.setdefault(name, {})[part] = function
        else:
            self.registrations.append(RegisteredFunction(method, name, function))
        return f"v{function}"

    def _find(self, method: str, name: str, part: str, known: dict[str, Any]) -> str:
        reader = self.bundle.init_module
        if method in UNSCOPED:
            return reader.rpc(name, known, method)
        if method == "registerMatch":
            return reader.match(name, part, known)
        if method in NAMED:
            return reader.realtime_hook(method, name, known)
        return reader.hook(method)

    def _fatal(self, error: Unexpected) -> str:
        place = self.bundle.typescript(error.line, 1)
        source = f" (in TypeScript: {place.file}:{place.line})" if place else ""
        return (
            f"{self.bundle.path}:{error.line}: {error.reason}{source}. A real Nakama ends here "
            "without a word, with exit code 0"
        )
