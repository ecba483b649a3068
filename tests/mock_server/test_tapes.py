"""The mock answers as the recorded server did: every tape of a feature that has landed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_server import Config, MockServer
from tests.inner_loop import mostly_slow
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.player import Player
from tests.tapes.tape import Tape, load_tape

MODULES = Path(__file__).parent.parent / "modules"

PROFILES: dict[str, dict[str, Any]] = {
    "stock": {"session.token_expiry_sec": 7200},
    "ext": {"session.token_expiry_sec": 7200},
    "comp": {"session.token_expiry_sec": 7200},
    "misc": {"session.token_expiry_sec": 7200, "name": "nakama1"},
    "short": {"session.token_expiry_sec": 2, "session.refresh_token_expiry_sec": 4},
    "single": {"session.single_socket": True},
    "onesession": {"session.single_session": True},
    "social": {"social.steam.publisher_key": "publisher-key", "social.steam.app_id": 480},
    "fastping": {"socket.ping_period_ms": 400, "socket.pong_wait_ms": 1200},
}

LANDED = {
    "account_update",
    "auth_custom",
    "auth_device",
    "auth_email",
    "auth_server_key",
    "ban_user",
    "chat_dm_notification",
    "chat_group",
    "chat_room",
    "chat_update_remove_history",
    "console_account_ban_export",
    "console_account_update",
    "console_accounts_list",
    "console_api_explorer",
    "console_auth",
    "console_channels",
    "console_leaderboards",
    "console_notifications",
    "console_social",
    "console_storage",
    "events",
    "facebook_friends",
    "friends_block",
    "friends_errors",
    "friends_flow",
    "friends_of_friends",
    "groups_closed",
    "groups_open",
    "http_headers",
    "http_limits",
    "iap_refusals",
    "leaderboard",
    "link_unlink",
    "notif_bad_cursor",
    "notif_batch_socket",
    "notif_big_and_order",
    "notif_cacheable_cursor",
    "notif_console_send",
    "notif_content_forms",
    "notif_delete",
    "notif_list_limits",
    "notif_paging",
    "notif_runtime_api",
    "notif_runtime_rules",
    "notif_send_all",
    "notif_send_self_and_other",
    "notif_ties",
    "notif_transient_offline",
    "notif_two_sockets",
    "register_push",
    "rpc_http",
    "rpc_http_runtime",
    "rpc_socket",
    "rpc_socket_context",
    "session_logout",
    "session_logout_partial",
    "session_refresh",
    "single_session",
    "single_socket",
    "status_follow",
    "storage",
    "storage_delete",
    "storage_list",
    "storage_permissions",
    "storage_read",
    "storage_values",
    "storage_write_occ",
    "streams",
    "token_expiry",
    "token_validation",
    "tournament",
    "users_get",
    "ws_close",
    "ws_connect",
    "ws_frames",
    "ws_malformed",
    "ws_ping_pong",
    "ws_protobuf",
    "ws_server_ping",
}


def speaks_json(tape: Tape) -> bool:
    """Whether its sockets send envelopes only, in JSON, so that protobuf can say the same."""
    sent = [step for step in tape.steps if step["kind"] == "ws_send"]
    return bool(sent) and all("json" in step for step in sent)


IN_JSON = [name for name in sorted(LANDED) if speaks_json(load_tape(name))]
FAST_IN_PROTOBUF = {"chat_room", "notif_two_sockets", "status_follow", "streams"}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", sorted(LANDED))
async def test_the_mock_answers_as_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await play(load_tape(name), monkeypatch)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", mostly_slow(IN_JSON, fast=FAST_IN_PROTOBUF))
async def test_the_mock_answers_the_same_in_protobuf(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await play(load_tape(name), monkeypatch, protobuf=True)


async def play(tape: Tape, monkeypatch: pytest.MonkeyPatch, *, protobuf: bool = False) -> None:
    config = Config.from_settings({"runtime.path": str(MODULES), **PROFILES[tape.profile]})
    async with OneSignalStandIn(tape.outbound_answers()) as onesignal:
        monkeypatch.setenv("ONESIGNAL_URL", f"http://{onesignal.host}")
        async with MockServer(config) as server:
            player = Player(
                tape,
                api=server.http_url,
                console=server.console_url,
                clock=server.clock,
                onesignal=onesignal,
                protobuf=protobuf,
                settle=server.settle,
            )
            await player.play()
            assert [entry.error for entry in server.journal if entry.error] == []
