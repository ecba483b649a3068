"""How players see those whom a server module lets join a stream of Nakama's own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.mock_server.social.chat import join
from tests.mock_server.social.game import Player, open_game

pytestmark = pytest.mark.asyncio


def shown(player: Player) -> dict[str, Any]:
    """A presence with persistence, as a module's are by default, and without a status."""
    presence = {"user_id": player.id, "session_id": player.session_id, "username": player.name}
    return {**presence, "persistence": True}


async def test_a_room_shows_no_status() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        stream = {"mode": 2, "label": "lobby"}
        nk = game.server.nk
        assert nk.stream_user_join(bob.id, bob.session_id, stream, False, True, "away")
        assert (await join(ada, "lobby"))["presences"] == [shown(bob)]
        await ada.received()
        nk.stream_user_leave(bob.id, bob.session_id, stream)
        (left,) = await ada.received()
        assert left["channel_presence_event"]["leaves"] == [shown(bob)]


async def test_a_status_stream_shows_an_empty_status() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await ada.received()
        stream = {"mode": 1, "subject": ada.id}
        nk = game.server.nk
        nk.stream_user_leave(ada.id, ada.session_id, stream)
        assert nk.stream_user_join(ada.id, ada.session_id, stream)
        joined = (await ada.received())[-1]
        assert joined["status_presence_event"]["joins"] == [{**shown(ada), "status": ""}]


@pytest.mark.parametrize(
    ("mode", "event"), [(5, "match_presence_event"), (7, "party_presence_event")]
)
async def test_presence_events_of_matches_and_parties_have_persistence(
    mode: int, event: str
) -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        stream = {"mode": mode, "subject": str(uuid.uuid4())}
        for player in (ada, bob):
            game.server.nk.stream_user_join(player.id, player.session_id, stream)
        events = [frame[event]["joins"] for frame in await ada.received() if event in frame]
        while len(events) < 2:
            events += [frame[event]["joins"] for frame in await ada.received() if event in frame]
        assert events == [[shown(ada)], [shown(bob)]]
