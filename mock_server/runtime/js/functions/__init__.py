"""The table of `nk` in JavaScript: one function here for each of JavaScript's.

Each checks its arguments with Nakama's texts for JavaScript, calls the function of `nk` that all
languages share, and gives its result the shape that JavaScript sees. What the shared `nk` does not
have fails with a clear text, as in other languages.
"""

from __future__ import annotations

import re
from typing import Any

from mock_server.runtime.js.functions import (
    accounts,
    channels,
    friends,
    groups,
    leaderboards,
    matches,
    notifications,
    purchases,
    satori,
    services,
    sql,
    storage,
    streams,
    tools,
    tournaments,
    wallets,
)
from mock_server.runtime.js.functions.table import Function, Nk, functions_of
from mock_server.runtime.js.given import Given, snake

NAMES = tuple(
    re.findall(
        r"\w+",
        """
event metricsCounterAdd metricsGaugeSet metricsTimerRecord uuidv4 cronPrev cronNext sqlExec
sqlQuery httpRequest base64Encode base64Decode base64UrlEncode base64UrlDecode base16Encode
base16Decode jwtGenerate aes128Encrypt aes128Decrypt aes256Encrypt aes256Decrypt md5Hash
sha256Hash hmacSha256Hash rsaSha256Hash bcryptHash bcryptCompare authenticateApple
authenticateCustom authenticateDevice authenticateEmail authenticateFacebook
authenticateFacebookInstantGame authenticateGameCenter authenticateGoogle authenticateSteam
authenticateTokenGenerate accountGetId accountsGetId accountUpdateId accountDeleteId
accountExportId accountImportId usersGetId usersGetUsername usersGetFriendStatus usersGetRandom
usersBanId usersUnbanId linkApple linkCustom linkDevice linkEmail linkFacebook
linkFacebookInstantGame linkGameCenter linkGoogle linkSteam unlinkApple unlinkCustom
unlinkDevice unlinkEmail unlinkFacebook unlinkFacebookInstantGame unlinkGameCenter unlinkGoogle
unlinkSteam streamUserList streamUserGet streamUserJoin streamUserUpdate streamUserLeave
streamUserKick streamCount streamClose streamSend streamSendRaw sessionDisconnect sessionLogout
matchCreate matchGet matchList matchSignal notificationSend notificationSendAll
notificationsList notificationsSend notificationsDelete notificationsUpdate notificationsGetId
notificationsDeleteId walletUpdate walletsUpdate walletLedgerUpdate walletLedgerList
statusFollow statusUnfollow storageList storageRead storageWrite storageWriteRetry storageDelete
multiUpdate leaderboardCreate leaderboardDelete leaderboardList leaderboardRanksDisable
leaderboardRecordsList leaderboardRecordsListCursorFromRank leaderboardRecordWrite
leaderboardRecordDelete leaderboardsGetId leaderboardRecordsHaystack purchaseValidateApple
purchaseValidateGoogle purchaseValidateHuawei purchaseValidateFacebookInstant
purchaseValidateSamsung purchaseGetByTransactionId purchasesList subscriptionValidateApple
subscriptionValidateGoogle subscriptionGetByProductId subscriptionsList tournamentCreate
tournamentDelete tournamentAddAttempt tournamentJoin tournamentList tournamentsRanksDisable
tournamentsGetId tournamentRecordsList tournamentRecordWrite tournamentRecordDelete
tournamentRecordsHaystack groupsGetId groupCreate groupUpdate groupDelete groupUsersKick
groupUsersList userGroupsList friendsList friendsOfFriendsList friendsAdd friendsDelete
friendsBlock friendMetadataUpdate groupUserJoin groupUserLeave groupUsersAdd groupUsersBan
groupUsersPromote groupUsersDemote groupsList groupsGetRandom fileRead localcacheGet
localcachePut localcacheDelete localcacheClear channelMessageSend channelMessageUpdate
channelMessageRemove channelMessagesList channelIdBuild binaryToString stringToBinary
storageIndexList partyList secureRandomBytes getSatori
        """,
    )
)
_MODULES = (
    accounts,
    channels,
    friends,
    groups,
    leaderboards,
    matches,
    notifications,
    purchases,
    services,
    sql,
    storage,
    streams,
    tools,
    tournaments,
    wallets,
)
_MAPPED = {
    **{name: each for module in _MODULES for name, each in functions_of(module).items()},
    **accounts.LINKS,
    **purchases.VALIDATIONS,
}


def _missing(name: str) -> Function:
    """A function that is not mapped: what the shared `nk` says of one that it does not have."""

    def missing(given: Given, nk: Nk) -> Any:
        return nk(snake(name))

    return missing


_SATORI = functions_of(satori)
SATORI = tuple(_SATORI)
"""The functions of what `nk.getSatori()` returns."""

FUNCTIONS: dict[str, Function] = {
    **{name: _MAPPED.get(name) or _missing(name) for name in NAMES},
    **{f"satori.{name}": function for name, function in _SATORI.items()},
}
"""All functions by name; those of Satori begin with `satori.`."""
