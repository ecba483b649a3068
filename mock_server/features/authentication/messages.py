"""What a client tells of itself: the account messages of authenticate, link and unlink."""

from __future__ import annotations

from mock_server.wire.schema import INT64, STRING, STRING_MAP, Message

ACCOUNT_DEVICE = Message("AccountDevice", id=STRING, vars=STRING_MAP)
ACCOUNT_CUSTOM = Message("AccountCustom", id=STRING, vars=STRING_MAP)
ACCOUNT_EMAIL = Message("AccountEmail", email=STRING, password=STRING, vars=STRING_MAP)
ACCOUNT_TOKEN = Message("AccountToken", token=STRING, vars=STRING_MAP)
ACCOUNT_INSTANT_GAME = Message(
    "AccountFacebookInstantGame", signed_player_info=STRING, vars=STRING_MAP
)
ACCOUNT_GAME_CENTER = Message(
    "AccountGameCenter",
    player_id=STRING,
    bundle_id=STRING,
    timestamp_seconds=INT64,
    salt=STRING,
    signature=STRING,
    public_key_url=STRING,
    vars=STRING_MAP,
)
