"""Whatever bytes come, the mock answers with an error or ends that one connection, and goes on."""

import asyncio
import contextlib
import gc
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server import Config, MockServer, SessionConfig, SocketConfig
from mock_server.wire.messages import api_message, message_names, realtime_message
from tests.inner_loop import examples
from tests.mock_server.hostile import (
    envelopes,
    frame,
    handshake,
    http_request,
    mutate,
    mutate_request,
    requests,
)
from tests.mock_server.players import Player, Socket, open_tcp, sign_up

MUTATIONS = 10_000
WARM_UP = 4000
BATCH = 50

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = ("cid", "rpc", "ping", "channel_join", "channel_message_send", "status_follow",
           "status_update", "match_create", "notifications", "nonsense")  # fmt: skip
PATIENT = Config(
    session=SessionConfig(token_expiry_sec=100_000),
    socket=SocketConfig(ping_period_ms=1_000_000, pong_wait_ms=1_000_000),
)
WITHOUT_DEADLINE = settings(
    deadline=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def register_echo(server: MockServer) -> None:
    server.rpc("echo")(lambda context, payload: payload)


class Witness:
    """A player who must not notice anything: their socket stays, their requests are answered."""

    def __init__(self, player: Player, connection: Socket) -> None:
        self._player = player
        self._connection = connection

    async def checks(self) -> None:
        assert await self._connection.ask({"ping": {}}) == {"pong": {}}
        assert (await self._player.call("GET", "/v2/account"))[0] == 200


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer(PATIENT) as server:
        register_echo(server)
        yield server


@pytest_asyncio.fixture
async def witness(server: MockServer, http: aiohttp.ClientSession) -> AsyncIterator[Witness]:
    bob = await sign_up(http, server, "bob")
    connection = await bob.connect()
    yield Witness(bob, connection)
    await connection.close()


async def settle(server: MockServer, known: set[asyncio.Task[object]]) -> None:
    """Wait until the tasks that came since are gone, and the witness's socket is the only one."""
    others = asyncio.all_tasks() - known
    if others:
        _, left = await asyncio.wait(others, timeout=30)
        assert not left
    assert len(server.sockets()) == 1


class Usage:
    """What a process holds at a moment."""

    def __init__(self) -> None:
        gc.collect()
        self.objects = len(gc.get_objects())
        self.files = _count_files()
        self.memory = _resident_bytes()


def _count_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def _resident_bytes() -> int:
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


async def assault(server: MockServer, witness: Witness, attacks: list[tuple[bytes, bytes]]) -> None:
    """Send each attack on a connection of its own, and let the witness look after each batch.

    An attack is what is sent first and, where that gets an answer, what is sent then.
    """
    for start in range(0, len(attacks), BATCH):
        lines = []
        for opening, attack in attacks[start : start + BATCH]:
            reader, writer = await open_tcp(server, opening)
            if attack:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(attack)
            lines.append(writer)
        await witness.checks()
        for writer in lines:
            writer.transport.abort()
        failed = [entry for entry in server.journal if entry.error]
        assert not failed, failed[0].error
        server.journal.clear()


def build_table_of_messages() -> None:
    """Make all that the table makes when a message is first used."""
    for package, lookup in (("nakama.api", api_message), ("nakama.realtime", realtime_message)):
        for name in message_names(package):
            message = lookup(name)
            assert message.by_input_name.keys() >= message.defaults().keys()


@pytest.mark.slow
@pytest.mark.asyncio
async def test_ten_thousand_mutations_harm_nobody_and_leak_nothing(
    server: MockServer, eve: Player, witness: Witness
) -> None:
    random = Random(20_261_121)
    valid_requests, valid_envelopes = requests(eve), envelopes(eve)
    opening = handshake(eve.token)

    def attack() -> tuple[bytes, bytes]:
        kind = random.randrange(4)
        if kind < 2:
            return mutate_request(random, random.choice(valid_requests)), b""
        payload = random.choice(valid_envelopes)
        if kind == 2:
            return opening, frame(mutate(random, payload))
        return opening, mutate(random, frame(payload))

    attacks = [attack() for _ in range(MUTATIONS)]
    await witness.checks()
    known = asyncio.all_tasks()
    build_table_of_messages()
    # By now what is made once is made, and the kept events are as many as may be.
    await assault(server, witness, attacks[:WARM_UP])
    await settle(server, known)
    before = Usage()
    await assault(server, witness, attacks[WARM_UP:])
    await settle(server, known)
    after = Usage()
    assert after.files <= before.files
    assert after.objects < before.objects + 1000
    assert after.memory < before.memory + 20_000_000


class Target:
    """A mock in a thread, with a player to attack as and one who must not notice."""

    def __init__(self, server: MockServer, player: Player, witness: Player) -> None:
        self.server = server
        self.player = player
        host, _, port = server.http_url.removeprefix("http://").rpartition(":")
        self._address = (host, int(port))
        self._witness = self.connect(handshake(witness.token))
        self._read_head(self._witness)

    def connect(self, first: bytes) -> socket.socket:
        connection = socket.create_connection(self._address, timeout=30)
        connection.sendall(first)
        return connection

    def exchange(self, data: bytes) -> None:
        """Send this on a connection of its own, and leave once the server has seen it."""
        with self.connect(data):
            for _ in range(3):
                self.is_fine()

    def answer(self, request: bytes) -> bytes:
        """The start of the answer to a whole request."""
        with self.connect(request) as connection:
            return connection.recv(65536)

    def on_socket(self, *frames: bytes) -> None:
        """The same as `exchange`, on an open socket."""
        with self.connect(handshake(self.player.token)) as connection:
            self._read_head(connection)
            with contextlib.suppress(ConnectionError):
                for each in frames:
                    connection.sendall(each)
                    self.is_fine()
            self.is_fine()

    def is_fine(self) -> None:
        """The witness's socket answers, and no handler has failed."""
        self._witness.sendall(frame(b'{"cid":"w","ping":{}}'))
        answer = self._witness.recv(65536)
        assert answer[2:] == b'{"cid":"w", "pong":{}}', answer
        failed = [entry for entry in self.server.journal if entry.error]
        assert not failed, failed[0].error
        self.server.journal.clear()

    def close(self) -> None:
        self._witness.close()

    @staticmethod
    def _read_head(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101")


async def _new_players(server: MockServer) -> tuple[Player, Player]:
    async with aiohttp.ClientSession() as http:
        return await sign_up(http, server, "eve"), await sign_up(http, server, "bob")


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with MockServer(PATIENT) as server:
        register_echo(server)
        target = Target(server, *asyncio.run(_new_players(server)))
        yield target
        target.close()


@WITHOUT_DEADLINE
@given(data=st.binary(max_size=3000))
def test_any_bytes_on_a_connection_leave_the_server_working(target: Target, data: bytes) -> None:
    target.exchange(data)


@WITHOUT_DEADLINE
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "HEAD"]),
    path=st.sampled_from(
        [
            "/v2/account",
            "/v2/account/link/device",
            "/v2/account/session/refresh",
            "/v2/event",
            "/v2/friend",
            "/v2/group",
            "/v2/notification",
            "/v2/rpc/echo",
            "/v2/rpc/echo?unwrap",
        ]
    ),
    body=st.binary(max_size=500) | ANY_JSON.map(lambda value: json.dumps(value).encode()),
)
def test_any_body_leaves_the_server_working(
    target: Target, method: str, path: str, body: bytes
) -> None:
    request = http_request(method, path, f"Bearer {target.player.token}")
    request = request.replace(b"Content-Length: 0", b"Content-Length: %d" % len(body)) + body
    target.exchange(request)


@WITHOUT_DEADLINE
@given(
    path=st.sampled_from(
        ["/v2/notification", "/v2/user", "/v2/friend", "/v2/rpc/echo", "/ws", "/"]
    ),
    query=st.binary(max_size=200).map(
        lambda raw: bytes(byte for byte in raw if byte not in b" \r\n\x00#")
    ),
)
def test_any_query_leaves_the_server_working(target: Target, path: str, query: bytes) -> None:
    head, _, rest = http_request("GET", path, f"Bearer {target.player.token}").partition(b" HTTP")
    target.exchange(head + b"?" + query + b" HTTP" + rest)


@WITHOUT_DEADLINE
@given(value=st.binary(max_size=200).map(lambda raw: bytes(b for b in raw if b not in b"\r\n\x00")))
def test_any_authorization_header_is_refused(target: Target, value: bytes) -> None:
    for path in ("/v2/account", "/v2/rpc/echo", "/ws", "/v2/account/authenticate/device"):
        method = "POST" if "authenticate" in path else "GET"
        request = http_request(method, path, "@", {"id": "a-device-of-eve"})
        answer = target.answer(request.replace(b"@", value, 1))
        assert b" 200 " not in answer.partition(b"\r\n")[0]
    target.is_fine()


@WITHOUT_DEADLINE
@given(texts=st.lists(st.text(max_size=200), min_size=1, max_size=3))
def test_any_text_frames_leave_the_server_working(target: Target, texts: list[str]) -> None:
    target.on_socket(*(frame(text.encode(errors="replace")) for text in texts))


@WITHOUT_DEADLINE
@given(value=ANY_JSON | st.dictionaries(st.sampled_from(MEMBERS), ANY_JSON, max_size=3))
def test_any_json_frame_leaves_the_server_working(target: Target, value: object) -> None:
    target.on_socket(frame(json.dumps(value).encode()))


@WITHOUT_DEADLINE
@given(
    payloads=st.lists(
        st.tuples(st.integers(0, 15), st.binary(max_size=300)), min_size=1, max_size=4
    )
)
def test_any_frames_leave_the_server_working(
    target: Target, payloads: list[tuple[int, bytes]]
) -> None:
    target.on_socket(*(frame(payload, opcode=opcode) for opcode, payload in payloads))


@WITHOUT_DEADLINE
@given(data=st.binary(min_size=1, max_size=300))
def test_any_bytes_on_a_socket_leave_the_server_working(target: Target, data: bytes) -> None:
    target.on_socket(data)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 4000,
        '{"a":' * 700,
        '{"cid":"' + "x" * 4000 + '"}',
        '{"rpc":{"id":"echo","payload":"' + "[" * 4000 + '"}}',
    ],
)
def test_deep_and_long_frames_leave_the_server_working(target: Target, text: str) -> None:
    target.on_socket(frame(text.encode()))


def test_a_deeply_nested_body_is_refused_with_400(target: Target) -> None:
    deep = b"[" * 200_000
    request = http_request("POST", "/v2/rpc/echo", f"Bearer {target.player.token}")
    answer = target.answer(request.replace(b"Length: 0", b"Length: %d" % len(deep)) + deep)
    assert b" 400 " in answer.partition(b"\r\n")[0]
    target.is_fine()
