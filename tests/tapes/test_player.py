"""A tape whose answers were changed does not play: the player looks at everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from mock_server import Config, MockServer
from tests.tapes.matching import Mismatch
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.player import Player
from tests.tapes.tape import Step, Tape, load_tape

MODULES = Path(__file__).parent.parent / "modules"


def has_status(step: Step) -> None:
    step["response"]["status"] = 418


def has_header(step: Step) -> None:
    step["response"].setdefault("headers", {})["x-not-there"] = "1"


def lacks_header(step: Step) -> None:
    step["response"].setdefault("headers", {})["content-type"] = None


def has_key(step: Step) -> None:
    step["response"]["json"]["not_there"] = 1


def has_claim(step: Step) -> None:
    step["response"]["jwt"]["token"]["claims"]["usn"] = "somebody else"


def is_another_frame(step: Step) -> None:
    step["json"] = {"cid": "another"}


def is_silence(step: Step) -> None:
    step["nothing"] = True


def has_close_code(step: Step) -> None:
    step.setdefault("peer", step)["code"] = 4999


def has_close_reason(step: Step) -> None:
    step["reason"], step["alt"] = "another", []


def has_outbound_body(step: Step) -> None:
    step["request"]["body_text"] = "{}"


def has_outbound_header(step: Step) -> None:
    step["request"]["headers"].append(["X-Not-There", "1"])


def changed(name: str, number: int, change: Callable[[Step], None]) -> Tape:
    tape = load_tape(name)
    change(tape.steps[number - 1])
    return attrs.evolve(tape, steps=tape.steps[:number])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "number", "change"),
    [
        ("auth_device", 1, has_status),
        ("auth_device", 1, has_header),
        ("auth_device", 1, lacks_header),
        ("auth_device", 1, has_key),
        ("auth_device", 1, has_claim),
        ("ws_ping_pong", 4, is_another_frame),
        ("ws_ping_pong", 4, is_silence),
        ("ws_ping_pong", 11, has_close_reason),
        ("ws_close", 5, has_close_code),
        ("register_push", 3, has_outbound_body),
        ("register_push", 3, has_outbound_header),
    ],
)
async def test_a_changed_tape_does_not_play(
    name: str, number: int, change: Callable[[Step], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = changed(name, number, change)
    settings: dict[str, Any] = {"runtime.path": str(MODULES)}
    async with OneSignalStandIn(tape.outbound_answers()) as onesignal:
        monkeypatch.setenv("ONESIGNAL_URL", f"http://{onesignal.host}")
        async with MockServer(Config.from_settings(settings)) as server:
            player = Player(
                tape,
                api=server.http_url,
                console=server.console_url,
                clock=server.clock,
                onesignal=onesignal,
            )
            with pytest.raises(Mismatch) as caught:
                await player.play()
    assert caught.value.__notes__[0].startswith(f"tape {name}, step {number}:")
