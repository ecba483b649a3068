"""Faults: which calls a rule strikes, and what becomes of an HTTP request that is struck."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from server_kit import Clock, Fault, Faults, HostedServer, Journal
from server_kit.faults import FaultRoutes, Kind, Point, answer

BODY = b"0123456789" * 10
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


def new_faults(socket_path: str | None = "/ws", prefix: str = "") -> Faults:
    return Faults(Journal(), Clock(), socket_path=socket_path, prefix=prefix)


def kinds(faults: Faults, *names: str, point: Point = Point.HTTP) -> list[Kind | None]:
    return [faults.strike(point, name).kind for name in names]


@pytest.mark.parametrize(
    ("route", "name", "fits"),
    [
        ("GET /v2/notification", "GET /v2/notification", True),
        ("get /v2/notification", "GET /v2/notification", True),
        ("GET /v2/notification", "DELETE /v2/notification", False),
        ("GET /v2/notification", "GET /v2/notifications", False),
        ("/v2/notification", "DELETE /v2/notification", True),
        ("* /v2/notification", "DELETE /v2/notification", True),
        ("GET /v2/group/{id}/user", "GET /v2/group/1/user", True),
        ("GET /v2/group/{id}/user", "GET /v2/group/1/2/user", False),
        ("GET /v2/group/{id}", "GET /v2/group/", False),
        ("POST /v2/account/*", "POST /v2/account/authenticate/device", True),
        ("POST /v2/account*", "POST /v2/account", True),
        ("*", "PATCH /anything", True),
        ("GET /v2/a.b", "GET /v2/axb", False),
        (None, "GET /anything", True),
    ],
)
def test_a_route_names_requests(route: str | None, name: str, fits: bool) -> None:
    faults = new_faults()
    faults.add(Fault.reset(), route)
    assert kinds(faults, name) == [Kind.RESET if fits else None]


@pytest.mark.parametrize("rule", ["GET /notifications/{id}", "GET /api/v1/notifications/{id}"])
def test_a_prefix_need_not_be_named(rule: str) -> None:
    faults = new_faults(socket_path=None, prefix="/api/v1")
    faults.add(Fault.reset(), rule)
    names = ("GET /notifications/1", "GET /api/v1/notifications/1", "GET /api/notifications/1")
    assert kinds(faults, *names) == [Kind.RESET, Kind.RESET, None]


@pytest.mark.parametrize(
    ("route", "point", "name", "fits"),
    [
        ("in rpc", Point.IN, "rpc", True),
        ("in rpc", Point.IN, "ping", False),
        ("in rpc", Point.OUT, "rpc", False),
        ("out *", Point.OUT, "notifications", True),
        ("out *", Point.IN, "rpc", False),
        ("open", Point.OPEN, "", True),
        ("open", Point.OUT, "", False),
        ("GET /ws", Point.HANDSHAKE, "GET /ws", True),
        ("GET /ws", Point.HTTP, "GET /ws", False),
        ("GET /v2/*", Point.HANDSHAKE, "GET /ws", False),
        ("/*", Point.HANDSHAKE, "GET /ws", True),
        ("/*", Point.HTTP, "GET /v2/account", True),
        (None, Point.OPEN, "", True),
    ],
)
def test_a_route_names_a_socket_and_its_frames(
    route: str | None, point: Point, name: str, fits: bool
) -> None:
    faults = new_faults()
    faults.add(Fault.reset(), route)
    assert kinds(faults, name, point=point) == [Kind.RESET if fits else None]


@pytest.mark.parametrize(
    ("fault", "route", "words"),
    [
        (Fault.status(503), "in rpc", "status cannot strike `in rpc`"),
        (Fault.status(503), "open", "status cannot strike"),
        (Fault.close(), "GET /v2/account", "close cannot strike"),
        (Fault.truncated(), "GET /ws", "truncated cannot strike"),
        (Fault.frame("{}"), "in rpc", "frame cannot strike"),
        (Fault.reset(), "notifications", "cannot read the route 'notifications'"),
        (Fault.reset(), "GET notification", "cannot read the route"),
        (Fault.reset(), "", "cannot read the route"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(fault: Fault, route: str, words: str) -> None:
    faults = new_faults()
    with pytest.raises(ValueError, match=words):
        faults.add(fault, route)
    assert len(faults) == 0


@pytest.mark.parametrize(
    ("fault", "route"),
    [(Fault.close(), None), (Fault.reset(), "open"), (Fault.expired_token(), None)],
)
def test_a_server_without_sockets_refuses_what_needs_them(fault: Fault, route: str | None) -> None:
    with pytest.raises(ValueError, match="cannot strike"):
        new_faults(socket_path=None).add(fault, route)
    with pytest.raises(ValueError, match="no users"):
        new_faults(socket_path=None).add(Fault.reset(), user="ada")


def test_selectors_out_of_range_are_refused() -> None:
    faults = new_faults()
    with pytest.raises(ValueError, match="after"):
        faults.add(Fault.reset(), after=-1)
    with pytest.raises(ValueError, match="times"):
        faults.add(Fault.reset(), times=0)
    with pytest.raises(ValueError, match="probability"):
        faults.add(Fault.reset(), probability=1.1)
    assert len(faults) == 0


def test_arguments_out_of_range_are_refused() -> None:
    for make in (
        lambda: Fault.latency(-1),
        lambda: Fault.latency(float("nan")),
        lambda: Fault.bandwidth(0),
        lambda: Fault.status(101),
        lambda: Fault.status(600),
        lambda: Fault.close(1006),
        lambda: Fault.close(999),
        lambda: Fault.close(reason="x" * 124),
        lambda: Fault.garbage(0),
        lambda: Fault.reorder(0),
    ):
        with pytest.raises(ValueError, match=r"."):
            make()


def test_a_rule_may_be_for_one_user() -> None:
    faults = new_faults()
    faults.add(Fault.reset(), user="ada")
    assert faults.strike(Point.HTTP, "GET /", "ada").kind is Kind.RESET
    assert faults.strike(Point.HTTP, "GET /", "bob").kind is None
    assert faults.strike(Point.HTTP, "GET /").kind is None


def test_only_who_has_a_token_can_lose_it() -> None:
    faults = new_faults()
    rule = faults.add(Fault.expired_token())
    assert faults.strike(Point.HTTP, "POST /login").kind is None
    assert faults.strike(Point.HTTP, "GET /", "ada").kind is Kind.EXPIRED_TOKEN
    assert (rule.calls, rule.hits) == (1, 1)


@given(after=st.integers(0, 5), times=st.none() | st.integers(1, 5), calls=st.integers(0, 15))
def test_after_and_times_count_calls(after: int, times: int | None, calls: int) -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset(), after=after, times=times)
    struck = [kind is Kind.RESET for kind in kinds(faults, *["GET /"] * calls)]
    end = calls if times is None else after + times
    assert struck == [after <= call < end for call in range(calls)]
    assert rule.hits == sum(struck)


@given(seed=st.integers(), probability=st.floats(0, 1))
def test_the_same_seed_strikes_the_same_calls(seed: int, probability: float) -> None:
    def run(faults: Faults) -> list[Any]:
        faults.add(Fault.reset(), "GET /", probability=probability)
        faults.add(Fault.latency(1.0, jitter=0.5), probability=0.5)
        faults.seed(seed)
        return [(each.kind, each.delay) for each in (strike(faults) for _ in range(30))]

    def strike(faults: Faults) -> Any:
        return faults.strike(Point.HTTP, "GET /")

    faults = new_faults()
    first = run(faults)
    faults.clear()
    assert run(faults) == first == run(new_faults())


def test_a_probability_strikes_about_so_often() -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset(), probability=0.1)
    faults.seed(7)
    kinds(faults, *["GET /"] * 10_000)
    assert 900 < rule.hits < 1100


def test_another_rule_does_not_change_what_a_rule_draws() -> None:
    def run(*, crowded: bool) -> list[Kind | None]:
        faults = new_faults()
        faults.add(Fault.reset(), "GET /a", probability=0.5)
        if crowded:
            faults.add(Fault.drop_reply(), "GET /b", probability=0.5)
            kinds(faults, *["GET /b"] * 7)
        return kinds(faults, *["GET /a"] * 20)

    assert run(crowded=True) == run(crowded=False)


def test_rules_make_a_script() -> None:
    faults = new_faults()
    faults.add(Fault.status(503), times=2)
    faults.add(Fault.reset(), times=1)
    expected = [Kind.STATUS, Kind.STATUS, Kind.RESET, None]
    assert kinds(faults, *["GET /"] * 4) == expected


def test_latency_adds_up_and_comes_on_top() -> None:
    faults = new_faults()
    faults.add(Fault.latency(1.0))
    faults.add(Fault.reset())
    faults.add(Fault.latency(0.5))
    strike = faults.strike(Point.HTTP, "GET /")
    assert (strike.delay, strike.kind) == (1.5, Kind.RESET)


@given(seconds=st.floats(0, 10), jitter=st.floats(0, 10), seed=st.integers())
def test_jitter_stays_within_its_bounds(seconds: float, jitter: float, seed: int) -> None:
    faults = new_faults()
    faults.seed(seed)
    faults.add(Fault.latency(seconds, jitter=jitter))
    delay = faults.strike(Point.HTTP, "GET /").delay
    assert max(0.0, seconds - jitter) <= delay <= seconds + jitter


def test_a_rule_ends() -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset())
    rule.remove()
    rule.remove()
    faults.add(Fault.drop_reply())
    faults.clear()
    assert kinds(faults, "GET /") == [None]
    assert list(faults) == []


def test_each_strike_is_in_the_journal() -> None:
    faults = new_faults()
    faults.add(Fault.reset(), "in rpc")
    faults.strike(Point.IN, "rpc", "ada")
    (entry,) = faults.journal
    assert (entry.kind, entry.name, entry.user_id) == ("fault", "reset on in rpc", "ada")


@pytest.mark.asyncio
async def test_one_can_wait_for_hits() -> None:
    faults = new_faults()
    rule = faults.add(Fault.reset(), "GET /a", after=1)
    waiting = asyncio.create_task(rule.wait_for_hits(2))
    kinds(faults, "GET /a", "GET /a")
    assert not waiting.done()
    kinds(faults, "GET /a")
    await waiting
    with pytest.raises(TimeoutError, match=r"reset\(\) on GET /a struck 2 times .* 3 calls"):
        await rule.wait_for_hits(3, timeout=0)


class Target(HostedServer):
    """A server whose one page is `BODY`; it counts how often it was made."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults(Journal(), Clock())
        self.url = ""
        self.made = 0

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/page", self._serve_page)
        FaultRoutes(self.faults).add_to(app)
        self.url = await self._serve(app, "127.0.0.1", 0)

    async def _close(self) -> None:
        self.url = ""

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        strike = self.faults.strike(Point.HTTP, f"{request.method} {request.path}")
        return await answer(request, strike, self._make)

    async def _make(self) -> web.Response:
        self.made += 1
        return web.Response(body=BODY, content_type="text/x-page")


@contextlib.asynccontextmanager
async def line_to(
    server: Target,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TCP connection on which a request has been sent."""
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(b"GET /page HTTP/1.1\r\nHost: target\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.asyncio
async def test_a_status_comes_instead_of_the_answer() -> None:
    async with Target() as server, aiohttp.ClientSession() as client:
        server.faults.add(Fault.status(429, headers={"Retry-After": "3"}, body={"a": 1}), times=1)
        server.faults.add(Fault.status(502, body="<html>"), times=1)
        async with client.get(f"{server.url}/page") as reply:
            assert (reply.status, reply.headers["Retry-After"]) == (429, "3")
            assert await reply.json() == {"a": 1}
        async with client.get(f"{server.url}/page") as reply:
            assert (reply.status, await reply.text()) == (502, "<html>")
        assert server.made == 0
        async with client.get(f"{server.url}/page") as reply:
            assert await reply.read() == BODY


@pytest.mark.asyncio
async def test_a_reset_is_a_tcp_reset() -> None:
    async with Target() as server:
        server.faults.add(Fault.reset())
        async with line_to(server) as (reader, _):
            with pytest.raises(ConnectionResetError):
                await reader.read()
        assert server.made == 0


@pytest.mark.asyncio
async def test_a_dropped_reply_was_worked_for() -> None:
    async with Target() as server:
        server.faults.add(Fault.drop_reply())
        async with line_to(server) as (reader, _):
            assert await reader.read() == b""
        assert server.made == 1


@pytest.mark.asyncio
async def test_garbage_is_no_http() -> None:
    async with Target() as server:
        server.faults.add(Fault.garbage(100))
        async with line_to(server) as (reader, _):
            noise = await reader.read()
        assert len(noise) == 100
        assert not noise.startswith(b"HTTP")
        assert server.made == 0


@pytest.mark.asyncio
async def test_a_truncated_answer_promises_more_than_comes() -> None:
    async with Target() as server:
        server.faults.add(Fault.truncated())
        async with line_to(server) as (reader, _):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert b"Content-Length: 100" in head
        assert b"Content-Type: text/x-page" in head
        assert body == BODY[:50]


@pytest.mark.asyncio
async def test_a_narrow_line_brings_the_body_in_pieces() -> None:
    async with Target() as server:
        server.faults.add(Fault.bandwidth(1000))
        async with line_to(server) as (reader, _):
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(1) == BODY[:1]
            assert len(await reader.read(1000)) < len(BODY) - 1


@pytest.mark.asyncio
async def test_latency_holds_a_request_back() -> None:
    async with Target() as server, aiohttp.ClientSession() as client:
        slow = server.faults.add(Fault.latency(3600), times=1)
        async with line_to(server) as (reader, _):
            await slow.wait_for_hits()
            async with client.get(f"{server.url}/page") as reply:
                assert await reply.read() == BODY
            assert server.made == 1
            await server.stop()
            assert await reader.read() == b""


@pytest.mark.asyncio
async def test_a_black_hole_takes_everything_and_stays() -> None:
    async with Target() as server:
        hole = server.faults.add(Fault.black_hole(), times=1)
        async with line_to(server) as (reader, writer):
            await hole.wait_for_hits()
            for _ in range(64):
                writer.write(b"GET /page HTTP/1.1\r\nHost: target\r\n\r\n" * 4096)
                await writer.drain()
            reading = asyncio.create_task(reader.read())
            async with line_to(server) as (other, _):
                await other.readuntil(BODY)
            assert not reading.done()
            await server.stop()
            with contextlib.suppress(ConnectionResetError):  # what was left unread makes it one
                assert await reading == b""
        assert server.made == 1


@pytest.mark.asyncio
async def test_a_client_may_leave_a_black_hole() -> None:
    async with Target() as server:
        hole = server.faults.add(Fault.black_hole(), times=1)
        async with line_to(server):
            await hole.wait_for_hits()
        async with line_to(server) as (reader, _):
            await reader.readuntil(BODY)


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", EVERY_KIND, ids=str)
async def test_rules_have_a_json_form(fault: Fault) -> None:
    faults = new_faults()
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
    faults = new_faults()
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
    faults = new_faults()
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


@contextlib.asynccontextmanager
async def _control(faults: Faults) -> AsyncIterator[str]:
    server = Target()
    server.faults = faults
    async with server:
        yield f"{server.url}/_control/faults"
