"""Two thousand open sockets on one mock, and every one of them hears everything."""

import asyncio
import sys
import time

import jwt
import pytest

from mock_server import Config, MockServer, SessionConfig, SocketConfig

pytestmark = pytest.mark.slow

SOCKETS = 2000
NOTIFICATIONS = 100
_SPARE_FILES = 100
_KEY = "a key of the length that PyJWT likes"


def room_for(files: int) -> bool:
    """Raise the soft limit of open files where need be; False where the hard limit is lower."""
    if sys.platform == "win32":
        return files <= 512
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and files > hard:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    return True


def token(number: int) -> str:
    """The session token of a user of its own; a socket needs no account."""
    claims = {
        "tid": f"{number:08x}-0000-4000-8000-000000000001",
        "uid": f"{number:08x}-0000-4000-8000-000000000002",
        "usn": f"player{number}",
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode(claims, _KEY, algorithm="HS256")


class Listener(asyncio.Protocol):
    """One socket that counts the notifications as they come, in order.

    A client library would take more time than the server, so this one reads just enough: the
    server's text frames, one after the other.
    """

    def __init__(self, token: str) -> None:
        self.opened = asyncio.Event()
        self.received = 0
        self.done = asyncio.Event()
        self.transport: asyncio.Transport | None = None
        self._token = token
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(
            f"GET /ws?token={self._token} HTTP/1.1\r\nHost: mock\r\nConnection: upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.is_set():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101")
            self._buffer = rest
            self.opened.set()
        self._read_frames()

    def connection_lost(self, exc: Exception | None) -> None:
        self.opened.set()
        self.done.set()

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) >= at + 4:
            first, size = buffer[at], buffer[at + 1]
            assert first == 0x81
            begin = at + 2
            if size == 126:
                size, begin = int.from_bytes(buffer[at + 2 : at + 4]), at + 4
            if len(buffer) < begin + size:
                break
            at = begin + size
            assert b'"subject":"number %d"' % self.received in buffer[begin:at]
            self.received += 1
        self._buffer = buffer[at:]
        if self.received == NOTIFICATIONS:
            self.done.set()


async def connect(server: MockServer, number: int, gate: asyncio.Semaphore) -> Listener:
    host, _, port = server.http_url.removeprefix("http://").rpartition(":")
    listener = Listener(token(number))
    async with gate:
        await asyncio.get_running_loop().create_connection(lambda: listener, host, int(port))
        await listener.opened.wait()
    return listener


@pytest.mark.asyncio
async def test_every_socket_of_two_thousand_hears_everything_in_order() -> None:
    if not room_for(2 * SOCKETS + _SPARE_FILES):
        pytest.skip("the hard limit of open files is too low")
    config = Config(
        session=SessionConfig(encryption_key=_KEY),
        socket=SocketConfig(ping_period_ms=600_000, pong_wait_ms=600_000),
    )
    async with MockServer(config) as server:
        gate = asyncio.Semaphore(100)
        listeners = await asyncio.gather(*(connect(server, n, gate) for n in range(SOCKETS)))
        assert len(server.sockets()) == SOCKETS
        for number in range(NOTIFICATIONS):
            await server.notifications.send_all(f"number {number}", persistent=False)
            await asyncio.sleep(0)  # let sockets write, as separate calls would
        await asyncio.gather(*(listener.done.wait() for listener in listeners))
        assert [listener.received for listener in listeners] == [NOTIFICATIONS] * SOCKETS
        closing = [session.wait_closed() for session in server.sockets()]
        for listener in listeners:
            assert listener.transport is not None
            listener.transport.abort()
        await asyncio.gather(*closing)
        assert server.sockets() == []
