"""With Lua modules the mock answers as the recorded server did, which had the very same modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_server import Config, MockServer
from tests.mock_server.test_tapes import LANDED, PROFILES
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.player import Player
from tests.tapes.tape import load_tape

MODULES = Path(__file__).parent.parent / "lua"
TAPES = sorted(name for name in LANDED if load_tape(name).profile in ("stock", "ext"))


@pytest.mark.asyncio
@pytest.mark.parametrize("name", TAPES)
async def test_the_mock_answers_as_recorded(name: str) -> None:
    tape = load_tape(name)
    async with OneSignalStandIn(tape.outbound_answers()) as onesignal:
        config = Config.from_settings(
            {
                "runtime.path": str(MODULES),
                "onesignal.url": f"http://{onesignal.host}",
                **PROFILES[tape.profile],
            }
        )
        async with MockServer(config) as server:
            player = Player(
                tape,
                api=server.http_url,
                console=server.console_url,
                clock=server.clock,
                onesignal=onesignal,
            )
            await player.play()
            assert [entry.error for entry in server.journal if entry.error] == []
