"""Faults over HTTP: rules as JSON, and why some are refused."""

import contextlib
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from server_kit import Clock, Fault, Faults, Journal
from server_kit.faults import rules
from tests.server_kit.target import Target

EVERY_KIND = [
    Fault.latency(1.0, jitter=0.5),
    Fault.bandwidth(100),
    Fault.status(429, headers={"Retry-After": "1"}, body={"errors": []}),
    Fault.expired_token(),
    Fault.close(4000, reason="bye"),
    Fault.reset(),
    Fault.black_hole(),
    Fault.drop_reply(),
    Fault.garbage(16),
    Fault.truncated(),
    Fault.frame("{}"),
    Fault.duplicate(),
    Fault.reorder(2, seconds=0.5),
]


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", EVERY_KIND, ids=str)
async def test_rules_have_a_json_form(fault: Fault) -> None:
    faults = Faults(Journal(), Clock(), socket_path="/ws")
    given_json = {"fault": fault.kind, **fault.arguments(), "user": "ada", "after": 1, "times": 2}
    async with _control(faults) as url, aiohttp.ClientSession() as client:
        async with client.post(url, json=given_json) as reply:
            assert reply.status == 200, await reply.text()
            added = await reply.json()
        async with client.get(url) as reply:
            assert (await reply.json())["faults"] == [added]
    (rule,) = faults
    assert rule.fault == fault
    assert (rule.user, rule.after, rule.times, rule.probability) == ("ada", 1, 2, 1.0)
    assert json.loads(json.dumps(given_json)).items() <= added.items()
    assert (added["id"], added["hits"], added["calls"]) == (1, 0, 0)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "no JSON object"),
        ("[]", "no JSON object"),
        ("{}", "`fault` is one of latency, bandwidth"),
        ('{"fault":"rest"}', "'rest'"),
        ('{"fault":["reset"]}', "one of"),
        ('{"fault":"latency"}', "latency needs seconds"),
        ('{"fault":"latency","seconds":"1"}', "`seconds` cannot be '1'"),
        (
            '{"fault":"latency","seconds":1,"jiter":1}',
            "unknown: jiter; latency takes seconds, jitter",
        ),
        ('{"fault":"status","code":"503"}', "`code` cannot be '503'"),
        ('{"fault":"status","code":503,"headers":{"a":1}}', "headers"),
        ('{"fault":"reset","times":"1"}', "`times` cannot be '1'"),
        ('{"fault":"reset","times":true}', "`times` cannot be True"),
        ('{"fault":"reset","route":1}', "`route` cannot be 1"),
        ('{"fault":"reset","route":"x"}', "cannot read the route"),
    ],
)
async def test_a_bad_rule_is_refused_with_a_reason(body: str, words: str) -> None:
    faults = Faults(Journal(), Clock(), socket_path="/ws")
    async with (
        _control(faults) as url,
        aiohttp.ClientSession() as client,
        client.post(url, data=body) as reply,
    ):
        assert reply.status == 400
        assert words in (await reply.json())["error"]
    assert len(faults) == 0


@pytest.mark.asyncio
async def test_rules_are_removed_and_seeded_over_http() -> None:
    faults = Faults(Journal(), Clock(), socket_path="/ws")
    faults.add(Fault.reset())
    faults.add(Fault.drop_reply())
    async with _control(faults) as url, aiohttp.ClientSession() as client:
        async with client.delete(f"{url}/1") as reply:
            assert reply.status == 200
        assert [rule.id for rule in faults] == [2]
        async with client.delete(f"{url}/1") as reply:
            assert reply.status == 404
            assert (await reply.json())["error"] == "no fault has the id 1; there are: 2"
        async with client.post(f"{url}/seed", json={"seed": 7}) as reply:
            assert reply.status == 200
        async with client.post(f"{url}/seed", json={"seed": "7"}) as reply:
            assert reply.status == 400
        async with client.delete(url) as reply:
            assert reply.status == 200
    assert len(faults) == 0


@pytest.mark.asyncio
async def test_too_many_or_too_large_rules_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_RULES", 2)
    faults = Faults(Journal(), Clock(), socket_path="/ws")
    async with _control(faults) as url, aiohttp.ClientSession() as client:
        for body, status, words in (
            ({"fault": "status", "code": 503, "body": "x" * 65_536}, 400, "65536"),
            ({"fault": "garbage", "size": 1 << 40}, 400, "size"),
            ({"fault": "reset"}, 200, ""),
            ({"fault": "reset"}, 200, ""),
            ({"fault": "reset"}, 400, "there are 2 rules"),
        ):
            async with client.post(url, json=body) as reply:
                assert (reply.status, words in await reply.text()) == (status, True)
    assert len(faults) == 2


@contextlib.asynccontextmanager
async def _control(faults: Faults) -> AsyncIterator[str]:
    server = Target()
    server.faults = faults
    async with server:
        yield f"{server.url}/_control/faults"
