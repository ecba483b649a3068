"""The table in docs/from-nakama-js.md holds every call of the official client, as it is here."""

import inspect
import re
from pathlib import Path

import pytest

from nakama_client import Client, Socket

TABLE = Path(__file__).parents[2] / "docs" / "from-nakama-js.md"
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)\((.*?)\)`", re.MULTILINE)

# The methods of nakama-js 2.9.
CLIENT = """
addFriends addGroupUsers authenticateApple authenticateCustom authenticateDevice
authenticateEmail authenticateFacebook authenticateFacebookInstantGame authenticateGameCenter
authenticateGoogle authenticateSteam banGroupUsers blockFriends createGroup createSocket
deleteAccount deleteFriends deleteGroup deleteNotifications deleteStorageObjects
deleteTournamentRecord demoteGroupUsers emitEvent getAccount getSubscription getUsers
importFacebookFriends importSteamFriends joinGroup joinTournament kickGroupUsers leaveGroup
linkApple linkCustom linkDevice linkEmail linkFacebook linkFacebookInstantGame linkGameCenter
linkGoogle linkSteam listChannelMessages listFriends listFriendsOfFriends listGroupUsers
listGroups listLeaderboardRecords listLeaderboardRecordsAroundOwner listMatches
listNotifications listStorageObjects listSubscriptions listTournamentRecords
listTournamentRecordsAroundOwner listTournaments listUserGroups promoteGroupUsers
readStorageObjects rpc rpcHttpKey sessionLogout sessionRefresh unlinkApple unlinkCustom
unlinkDevice unlinkEmail unlinkFacebook unlinkFacebookInstantGame unlinkGameCenter unlinkGoogle
unlinkSteam updateAccount updateGroup validatePurchaseApple validatePurchaseFacebookInstant
validatePurchaseGoogle validatePurchaseHuawei validateSubscriptionApple
validateSubscriptionGoogle writeLeaderboardRecord writeStorageObjects writeTournamentRecord
"""
SOCKET = """
acceptPartyMember addMatchmaker addMatchmakerParty closeParty connect createMatch createParty
disconnect followUsers getHeartbeatTimeoutMs joinChat joinMatch joinParty leaveChat leaveMatch
leaveParty listPartyJoinRequests onchannelmessage onchannelpresence ondisconnect onerror
onheartbeattimeout onmatchdata onmatchmakermatched onmatchmakerticket onmatchpresence
onnotification onparty onpartyclose onpartydata onpartyjoinrequest onpartyleader
onpartymatchmakerticket onpartypresence onstatuspresence onstreamdata onstreampresence
promotePartyMember removeChatMessage removeMatchmaker removeMatchmakerParty removePartyMember
rpc sendMatchState sendPartyData setHeartbeatTimeoutMs unfollowUsers updateChatMessage
updateStatus writeChatMessage
"""


def rows(title: str) -> list[tuple[str, str, str]]:
    """JavaScript's name, ours, and our parameters."""
    _, _, rest = TABLE.read_text(encoding="utf-8").partition(f"## {title}\n")
    return ROW.findall(rest.partition("\n## ")[0])


@pytest.mark.parametrize(("title", "names"), [("Client", CLIENT), ("Socket", SOCKET)])
def test_the_table_holds_every_call(title: str, names: str) -> None:
    assert [there for there, _, _ in rows(title)] == names.split()


@pytest.mark.parametrize("owner", [Client, Socket])
def test_the_table_shows_calls_that_exist(owner: type) -> None:
    for there, name, parameters in rows(owner.__name__):
        if name == "Client":
            continue
        accepted = inspect.signature(getattr(owner, name)).parameters
        positional, _, keywords = parameters.partition("*")
        given = re.findall(r"\w+", positional)
        assert list(accepted)[1 : len(given) + 1] == given, there
        for each in re.findall(r"\w+", keywords):
            assert accepted[each].kind is inspect.Parameter.KEYWORD_ONLY, there
