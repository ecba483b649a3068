"""Names the operations of Nakama's client API by their method and path (`apigrpc.proto`)."""

from __future__ import annotations

import re
from functools import lru_cache

_OPERATIONS = """
add_friends POST /v2/friend
add_group_users POST /v2/group/{group_id}/add
authenticate_apple POST /v2/account/authenticate/apple
authenticate_custom POST /v2/account/authenticate/custom
authenticate_device POST /v2/account/authenticate/device
authenticate_email POST /v2/account/authenticate/email
authenticate_facebook POST /v2/account/authenticate/facebook
authenticate_facebook_instant_game POST /v2/account/authenticate/facebookinstantgame
authenticate_game_center POST /v2/account/authenticate/gamecenter
authenticate_google POST /v2/account/authenticate/google
authenticate_steam POST /v2/account/authenticate/steam
ban_group_users POST /v2/group/{group_id}/ban
block_friends POST /v2/friend/block
create_group POST /v2/group
delete_account DELETE /v2/account
delete_friends DELETE /v2/friend
delete_group DELETE /v2/group/{group_id}
delete_leaderboard_record DELETE /v2/leaderboard/{leaderboard_id}
delete_notifications DELETE /v2/notification
delete_storage_objects PUT /v2/storage/delete
delete_tournament_record DELETE /v2/tournament/{tournament_id}
demote_group_users POST /v2/group/{group_id}/demote
event POST /v2/event
get_account GET /v2/account
get_matchmaker_stats GET /v2/matchmaker/stats
get_subscription GET /v2/iap/subscription/{product_id}
get_users GET /v2/user
import_facebook_friends POST /v2/friend/facebook
import_steam_friends POST /v2/friend/steam
join_group POST /v2/group/{group_id}/join
join_tournament POST /v2/tournament/{tournament_id}/join
kick_group_users POST /v2/group/{group_id}/kick
leave_group POST /v2/group/{group_id}/leave
link_apple POST /v2/account/link/apple
link_custom POST /v2/account/link/custom
link_device POST /v2/account/link/device
link_email POST /v2/account/link/email
link_facebook POST /v2/account/link/facebook
link_facebook_instant_game POST /v2/account/link/facebookinstantgame
link_game_center POST /v2/account/link/gamecenter
link_google POST /v2/account/link/google
link_steam POST /v2/account/link/steam
list_channel_messages GET /v2/channel/{channel_id}
list_friends GET /v2/friend
list_friends_of_friends GET /v2/friend/friends
list_group_users GET /v2/group/{group_id}/user
list_groups GET /v2/group
list_leaderboard_records GET /v2/leaderboard/{leaderboard_id}
list_leaderboard_records_around_owner GET /v2/leaderboard/{leaderboard_id}/owner/{owner_id}
list_matches GET /v2/match
list_notifications GET /v2/notification
list_parties GET /v2/party
list_storage_objects GET /v2/storage/{collection}
list_storage_objects GET /v2/storage/{collection}/{user_id}
list_subscriptions POST /v2/iap/subscription
list_tournament_records GET /v2/tournament/{tournament_id}
list_tournament_records_around_owner GET /v2/tournament/{tournament_id}/owner/{owner_id}
list_tournaments GET /v2/tournament
list_user_groups GET /v2/user/{user_id}/group
promote_group_users POST /v2/group/{group_id}/promote
read_storage_objects POST /v2/storage
session_logout POST /v2/session/logout
session_refresh POST /v2/account/session/refresh
unlink_apple POST /v2/account/unlink/apple
unlink_custom POST /v2/account/unlink/custom
unlink_device POST /v2/account/unlink/device
unlink_email POST /v2/account/unlink/email
unlink_facebook POST /v2/account/unlink/facebook
unlink_facebook_instant_game POST /v2/account/unlink/facebookinstantgame
unlink_game_center POST /v2/account/unlink/gamecenter
unlink_google POST /v2/account/unlink/google
unlink_steam POST /v2/account/unlink/steam
update_account PUT /v2/account
update_group PUT /v2/group/{group_id}
validate_purchase_apple POST /v2/iap/purchase/apple
validate_purchase_facebook_instant POST /v2/iap/purchase/facebookinstant
validate_purchase_google POST /v2/iap/purchase/google
validate_purchase_huawei POST /v2/iap/purchase/huawei
validate_subscription_apple POST /v2/iap/subscription/apple
validate_subscription_google POST /v2/iap/subscription/google
write_leaderboard_record POST /v2/leaderboard/{leaderboard_id}
write_storage_objects PUT /v2/storage
write_tournament_record POST /v2/tournament/{tournament_id}
write_tournament_record PUT /v2/tournament/{tournament_id}
"""

_PARAMETER = re.compile(r"\\{[^/]+\\}")
_RPC = "/v2/rpc/"
_CACHED = 4096  # paths; those with ids of players are many


def _patterns() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """For each method its paths, those without a parameter first."""
    found: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for line in sorted(_OPERATIONS.strip().splitlines(), key=lambda line: line.count("{")):
        name, method, path = line.split()
        pattern = re.compile(_PARAMETER.sub("[^/]+", re.escape(path)))
        found.setdefault(method, []).append((pattern, name))
    return found


_PATTERNS = _patterns()


@lru_cache(_CACHED)
def operation_name(method: str, path: str) -> str:
    """The name of an operation: one for all players, so that statistics add up.

    Args:
        method: The HTTP method.
        path: The path without its query.

    Returns:
        Nakama's name, such as `list_notifications`; `rpc gift` for the RPC of that id; the path for
        what is not Nakama's.
    """
    if path.startswith(_RPC):
        return f"rpc {path.removeprefix(_RPC)}"
    for pattern, name in _PATTERNS.get(method, ()):
        if pattern.fullmatch(path):
            return name
    return path
