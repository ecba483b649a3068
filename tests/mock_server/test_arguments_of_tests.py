"""What a test hands to a server, and how the server refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server import Config, MockServer, PushMessage


async def never_awaited(*_: object) -> Any:
    """A function where only a plain one is of use."""


@pytest.mark.parametrize(
    "settings",
    [
        {"session.token_expiry_sec": "7200"},
        {"session.token_expiry_sec": True},
        {"session.single_socket": "yes"},
        {"runtime.lua_time_limit_sec": "1"},
    ],
)
def test_from_settings_names_the_setting_of_a_value_of_the_wrong_type(
    settings: dict[str, object],
) -> None:
    (name,) = settings
    with pytest.raises(ValueError, match=f"{name} must be of the type"):
        Config.from_settings(settings)


def test_a_server_says_how_settings_become_its_configuration() -> None:
    with pytest.raises(TypeError, match=r"Config\.from_settings"):
        MockServer({"session.token_expiry_sec": 7200})  # type: ignore[arg-type]


@pytest.mark.asyncio
@pytest.mark.parametrize("wrong", [never_awaited, 5], ids=["async", "number"])
async def test_functions_that_nobody_would_await_are_refused(wrong: Any) -> None:
    async with MockServer() as server:
        with pytest.raises(TypeError, match="matches must be"):
            await server.journal.wait_for(wrong)
        with pytest.raises(TypeError, match="matches must be"):
            await server.pushes.wait_for(wrong)
        with pytest.raises(TypeError, match="a rule must be"):
            server.pushes.on_event(7)(wrong)
        server.pushes.on_event(7)(lambda _: PushMessage(contents={"en": "x"}))


@pytest.mark.asyncio
async def test_send_refuses_a_content_that_is_no_mapping() -> None:
    async with MockServer() as server:
        for content in ("a text", 5, ["a"]):
            with pytest.raises(TypeError, match="content must be a mapping"):
                await server.notifications.send(
                    "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11",
                    "A gift",
                    content,  # type: ignore[arg-type]
                )
