"""Every operation of Nakama's client API by method and path (`apigrpc.proto`), also unserved ones.

RPC functions and the socket are beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

OPERATIONS = """
GET /healthcheck Healthcheck
GET /v2/account GetAccount
DELETE /v2/account DeleteAccount
PUT /v2/account UpdateAccount
POST /v2/account/authenticate/apple AuthenticateApple
POST /v2/account/authenticate/custom AuthenticateCustom
POST /v2/account/authenticate/device AuthenticateDevice
POST /v2/account/authenticate/email AuthenticateEmail
POST /v2/account/authenticate/facebook AuthenticateFacebook
POST /v2/account/authenticate/facebookinstantgame AuthenticateFacebookInstantGame
POST /v2/account/authenticate/gamecenter AuthenticateGameCenter
POST /v2/account/authenticate/google AuthenticateGoogle
POST /v2/account/authenticate/steam AuthenticateSteam
POST /v2/account/link/apple LinkApple
POST /v2/account/link/custom LinkCustom
POST /v2/account/link/device LinkDevice
POST /v2/account/link/email LinkEmail
POST /v2/account/link/facebook LinkFacebook
POST /v2/account/link/facebookinstantgame LinkFacebookInstantGame
POST /v2/account/link/gamecenter LinkGameCenter
POST /v2/account/link/google LinkGoogle
POST /v2/account/link/steam LinkSteam
POST /v2/account/session/refresh SessionRefresh
POST /v2/account/unlink/apple UnlinkApple
POST /v2/account/unlink/custom UnlinkCustom
POST /v2/account/unlink/device UnlinkDevice
POST /v2/account/unlink/email UnlinkEmail
POST /v2/account/unlink/facebook UnlinkFacebook
POST /v2/account/unlink/facebookinstantgame UnlinkFacebookInstantGame
POST /v2/account/unlink/gamecenter UnlinkGameCenter
POST /v2/account/unlink/google UnlinkGoogle
POST /v2/account/unlink/steam UnlinkSteam
GET /v2/channel/{channel_id} ListChannelMessages
POST /v2/event Event
GET /v2/friend ListFriends
DELETE /v2/friend DeleteFriends
POST /v2/friend AddFriends
POST /v2/friend/block BlockFriends
POST /v2/friend/facebook ImportFacebookFriends
GET /v2/friend/friends ListFriendsOfFriends
POST /v2/friend/steam ImportSteamFriends
GET /v2/group ListGroups
POST /v2/group CreateGroup
DELETE /v2/group/{group_id} DeleteGroup
PUT /v2/group/{group_id} UpdateGroup
POST /v2/group/{group_id}/add AddGroupUsers
POST /v2/group/{group_id}/ban BanGroupUsers
POST /v2/group/{group_id}/demote DemoteGroupUsers
POST /v2/group/{group_id}/join JoinGroup
POST /v2/group/{group_id}/kick KickGroupUsers
POST /v2/group/{group_id}/leave LeaveGroup
POST /v2/group/{group_id}/promote PromoteGroupUsers
GET /v2/group/{group_id}/user ListGroupUsers
POST /v2/iap/purchase/apple ValidatePurchaseApple
POST /v2/iap/purchase/facebookinstant ValidatePurchaseFacebookInstant
POST /v2/iap/purchase/google ValidatePurchaseGoogle
POST /v2/iap/purchase/huawei ValidatePurchaseHuawei
POST /v2/iap/subscription ListSubscriptions
POST /v2/iap/subscription/apple ValidateSubscriptionApple
POST /v2/iap/subscription/google ValidateSubscriptionGoogle
GET /v2/iap/subscription/{product_id} GetSubscription
GET /v2/leaderboard/{leaderboard_id} ListLeaderboardRecords
DELETE /v2/leaderboard/{leaderboard_id} DeleteLeaderboardRecord
POST /v2/leaderboard/{leaderboard_id} WriteLeaderboardRecord
GET /v2/leaderboard/{leaderboard_id}/owner/{owner_id} ListLeaderboardRecordsAroundOwner
GET /v2/match ListMatches
GET /v2/matchmaker/stats GetMatchmakerStats
GET /v2/notification ListNotifications
DELETE /v2/notification DeleteNotifications
GET /v2/party ListParties
POST /v2/session/logout SessionLogout
POST /v2/storage ReadStorageObjects
PUT /v2/storage WriteStorageObjects
PUT /v2/storage/delete DeleteStorageObjects
GET /v2/storage/{collection} ListStorageObjects
GET /v2/storage/{collection}/{user_id} ListStorageObjects
GET /v2/tournament ListTournaments
GET /v2/tournament/{tournament_id} ListTournamentRecords
DELETE /v2/tournament/{tournament_id} DeleteTournamentRecord
POST /v2/tournament/{tournament_id} WriteTournamentRecord
PUT /v2/tournament/{tournament_id} WriteTournamentRecord
POST /v2/tournament/{tournament_id}/join JoinTournament
GET /v2/tournament/{tournament_id}/owner/{owner_id} ListTournamentRecordsAroundOwner
GET /v2/user GetUsers
GET /v2/user/{user_id}/group ListUserGroups
"""


def unserved(served: Iterable[str]) -> list[tuple[str, str, str]]:
    """Method, path and name of each operation that is not among the served names."""
    known = frozenset(served)
    found = []
    for line in OPERATIONS.strip().splitlines():
        method, path, name = line.split()
        if name not in known:
            found.append((method, path, name))
    return found
