"""Rules for what does not exist: a warning, and a problem where the rules are listed."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import InvalidRule, MockServer
from mock_server.features.push import rule_set
from tests.mock_server.push.conftest import Start, client_of, login
from tests.mock_server.push.test_own_events import post_event

TEXT = {"contents": {"en": "Hello"}}
MODULE = """
def init_module(nk):
    nk.register_rpc(lambda context, payload: "", "{}")
"""


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "mock_server.push"]


async def listed(server: MockServer, added: Any = None) -> tuple[int, Any]:
    url = f"{server.console_url}/_control/push_rules"
    async with (
        aiohttp.ClientSession() as http,
        http.request("GET" if added is None else "POST", url, json=added) as answer,
    ):
        return answer.status, await answer.json()


async def problems(server: MockServer) -> dict[str, str]:
    _, answer = await listed(server)
    return {each["event"]: each["problem"] for each in answer["rules"] if "problem" in each}


@pytest.mark.asyncio
async def test_a_rule_for_an_unknown_function_is_a_warning_until_a_module_has_it(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    module = tmp_path / "game.py"
    module.write_text(MODULE.format("deliver_order"))
    rules = [{"event": "rpc:Deliver_Odrer", **TEXT}, {"event": "rpc:deliver_order", **TEXT}]
    text = "no RPC function 'deliver_odrer' is registered; the nearest is 'deliver_order'"
    async with start(push__on_event=rules, runtime__path=str(tmp_path)) as server:
        warning = f"the push rule for rpc:deliver_odrer cannot fire: {text}"
        assert warnings(caplog) == [warning]
        assert await problems(server) == {"rpc:deliver_odrer": text}
        await server.reload_modules()
        assert warnings(caplog) == [warning]
        module.write_text(MODULE.format("deliver_odrer"))
        await server.reload_modules()
        assert list(await problems(server)) == ["rpc:deliver_order"]
        assert "rpc:deliver_order cannot fire" in warnings(caplog)[-1]
        assert len(warnings(caplog)) == 2


@pytest.mark.asyncio
async def test_a_rule_added_for_an_unknown_function_is_a_warning_and_not_refused(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async with start() as server:
        server.rpc("give")(lambda context, payload: "")
        status, answer = await listed(server, {"rules": [{"event": "rpc:giev", **TEXT}]})
        assert status == 200
        assert "the nearest is 'give'" in answer["rules"][-1]["problem"]
        assert "rpc:giev" in warnings(caplog)[-1]


@pytest.mark.asyncio
async def test_an_event_that_a_rule_misspells_is_a_warning(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    rules = [{"event": f"event:{name}", **TEXT} for name in ("ordre_delivered", "started", "won")]
    async with start(push__on_event=rules) as server, client_of(server) as client:
        ada = await login(client, "ada")
        assert await problems(server) == {}
        for name in ("won", "something_else"):
            await post_event(server, ada, name)
        assert await problems(server) == {}
        for _ in range(2):
            await post_event(server, ada, "order_delivered")
        text = "no such event happened, but 'order_delivered' did and has no rule"
        assert await problems(server) == {"event:ordre_delivered": text}
        told = [each for each in warnings(caplog) if "cannot fire" in each]
        assert told == [f"the push rule for event:ordre_delivered cannot fire: {text}"]
        await post_event(server, ada, "ordre_delivered")
        assert await problems(server) == {}


@pytest.mark.asyncio
async def test_too_many_or_too_large_rules_are_refused_and_none_is_added(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_set, "MOST_RULES", 3)
    async with start(push__on_event=[]) as server:
        rules = [{"event": code, **TEXT} for code in range(1, 5)]
        status, answer = await listed(server, {"rules": rules})
        assert (status, "there can be 3 push rules" in answer["error"]) == (400, True)
        large = {"event": 9, "contents": {"en": "x" * 65_536}}
        status, answer = await listed(server, {"rules": [rules[0], large]})
        assert (status, "65536 bytes" in answer["error"]) == (400, True)
        assert (await listed(server))[1]["rules"] == []
        assert (await listed(server, {"rules": rules[:3]}))[0] == 200
        assert (await listed(server, {"rules": rules[:3]}))[0] == 200  # they replace themselves
        with pytest.raises(InvalidRule, match="these would make 4"):
            server.add_push_rules(rules[3:])
