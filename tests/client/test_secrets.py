"""No token, key or password in an error, its causes and contexts, a traceback, a repr or a log."""

import asyncio
import json
import logging
import traceback
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nakama_client import ArgumentError, Client, InvalidJson, NakamaError, RetryPolicy, Session
from tests.client.raw_server import answer, raw_server
from tests.client.scripted import Peer, ScriptedServer, make_token
from tests.inner_loop import examples

TOKEN, REFRESH = make_token(tid="session"), make_token(tid="refresh")
PASSWORD = 'correct "horse" \u00e9'
SECRETS = (TOKEN, REFRESH, "serverkey-1234", "httpkey-5678", PASSWORD, "c2VydmVya2V5LTEyMzQ6")

Call = Callable[[Client, Session], Awaitable[object]]

CALLS: dict[str, Call] = {
    "token": lambda client, session: client.get_account(session),
    "rpc": lambda client, session: client.rpc(session, "f", {"a": 1}),
    "password": lambda client, _: client.authenticate_email("a@example.com", PASSWORD),
    "link": lambda client, session: client.link_email(session, "a@example.com", password=PASSWORD),
    "facebook": lambda client, _: client.authenticate_facebook("serverkey-1234"),
    "http key": lambda client, _: client.rpc_http_key("f"),
    "refresh": lambda client, session: client.refresh_session(session),
    "logout": lambda client, session: client.logout(session),
    "socket": lambda client, session: client.socket(session, reconnect=None).connect(),
}


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode()


# What a hostile or broken peer makes of the request that it got.
ANSWERS: dict[str, Callable[[str], bytes]] = {
    "page": lambda echo: answer(f"<html>{echo}".encode(), status="502 Bad Gateway"),
    "unauthorized": lambda echo: answer(echo.encode(), status="401 Unauthorized"),
    "refusal": lambda echo: answer(
        b'{"code":5,"message":' + _quoted(echo) + b"}", status="404 Not Found"
    ),
    "token refused": lambda echo: answer(
        b'{"code":16,"message":' + _quoted(echo) + b"}", status="401 Unauthorized"
    ),
    "other shape": lambda echo: answer(b'{"user":' + _quoted(echo) + b',"token":5,"payload":[]}'),
    "no unicode": lambda echo: answer(b'{"token":"' + echo.encode() + b'\xff"}'),
    "token of another": lambda echo: answer(b'{"token":' + _quoted(echo) + b"}"),
    "redirect": lambda echo: answer(b"", f"Location: /{echo}", status="302 Found"),
    "status line": lambda echo: f"HTTP/1.1 {echo}\r\n\r\n".encode(),
    "no http": lambda echo: f"{echo}\r\n\r\n".encode(),
    "header": lambda echo: answer(b"{}", f"{echo}: x\x00"),
    "header value": lambda echo: answer(b"{}", f"X-Echo: {echo}\x00"),
    "upgrade": lambda echo: answer(
        b"", f"Upgrade: {echo}", f"Sec-WebSocket-Accept: {echo}", status="101 Switching"
    ),
    "coding": lambda echo: answer(b"{}", f"Content-Encoding: {echo}"),
    "gzip": lambda echo: answer(echo.encode(), "Content-Encoding: gzip"),
    "chunks": lambda echo: (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{echo}\r\n{echo}".encode()
    ),
    "cut off": lambda echo: answer(echo.encode()).replace(b"Length: ", b"Length: 9"),
}


class Said(logging.Handler):
    """Everything that the SDK logs, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [self.format(record), repr(record.args), record.getMessage()]


def said_by(error: BaseException) -> Iterator[str]:
    """All that an error and whatever hangs on it says."""
    yield "".join(traceback.format_exception(error))
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield from (str(each), repr(each), repr(getattr(each, "__notes__", "")))
        if not isinstance(each, InvalidJson):  # whose `raw` is what the game's data holds
            yield repr(each.args) + repr(vars(each))
        waiting += [each.__cause__, each.__context__]


def texts_of(error: BaseException | None, log: Said) -> list[str]:
    return [*log.texts, *(said_by(error) if error is not None else ())]


def assert_clean(texts: list[str]) -> None:
    for text in texts:
        for secret in SECRETS:
            assert secret not in text
            assert json.dumps(secret)[1:-1] not in text


@contextmanager
def logged() -> Iterator[Said]:
    handler = Said()
    loggers = [logging.getLogger(name) for name in ("nakama_client", "websockets", "aiohttp")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)


def echo_of(head: bytes, body: bytes) -> str:
    """What the client sent, with its key in plain text, on one line."""
    lines = head.decode("latin-1").split("\r\n")
    header = next(line for line in lines if line.startswith("Authorization: "))
    scheme, _, credentials = header.removeprefix("Authorization: ").partition(" ")
    key = b64decode(credentials).decode() if scheme == "Basic" else ""
    return f"{header} {key} {body.decode()} {PASSWORD if b'password' in body else ''}"


@pytest.mark.parametrize("kind", sorted(ANSWERS))
@settings(max_examples=examples(25))
@given(call=st.sampled_from(sorted(CALLS)), before=st.integers(0, 300) | st.integers(3500, 4500))
def test_errors_of_calls_hold_no_secret_that_the_peer_sends_back(
    kind: str, call: str, before: int
) -> None:
    def respond(head: bytes, body: bytes) -> bytes:
        return ANSWERS[kind]("x" * before + " " + echo_of(head, body))

    async def play() -> BaseException | None:
        async with (
            raw_server(respond) as url,
            Client(
                url,
                server_key="serverkey-1234",
                http_key="httpkey-5678",
                retry=RetryPolicy(attempts=2, first_delay=0),
            ) as client,
        ):
            try:
                await CALLS[call](client, Session(TOKEN, REFRESH))
            except NakamaError as error:
                return error
        return None

    with logged() as log:
        error = asyncio.run(play())
    assert_clean(texts_of(error, log))


FRAMES: dict[str, Callable[[str], object]] = {
    "no envelope": lambda cid: f"[{TOKEN}",
    "other shape": lambda cid: {"cid": cid, "rpc": TOKEN},
    "other member": lambda cid: {"cid": cid, TOKEN: {}},
    "refusal": lambda cid: {"cid": cid, "error": {"code": 7, "message": f"Bearer {TOKEN}"}},
    "not found": lambda cid: {"cid": cid, "error": {"code": 6, "message": TOKEN}},
    "odd refusal": lambda cid: {"cid": cid, "error": {"code": TOKEN}},
    "unasked refusal": lambda cid: {"error": {"code": 3, "message": TOKEN}},
    "event": lambda cid: {"notifications": {"notifications": [{"id": 5, "subject": TOKEN}]}},
    "content": lambda cid: {"notifications": {"notifications": [{"content": "{" + TOKEN}]}},
}


@pytest.mark.parametrize("kind", sorted(FRAMES))
@pytest.mark.asyncio
async def test_errors_of_sockets_hold_no_secret_that_the_peer_sends_back(kind: str) -> None:
    async def script(peer: Peer) -> None:
        request = await peer.request()
        await peer.send(FRAMES[kind](request["cid"]))
        await peer.close(4000, TOKEN[:120])

    errors: list[BaseException] = []
    shown: list[str] = []
    with logged() as log:
        async with ScriptedServer(script=script) as server, Client(server.url) as client:
            socket = client.socket(Session(TOKEN, REFRESH), reconnect=None)
            socket.on_error(errors.append)
            socket.on_disconnect(lambda reason: shown.append(f"{reason} {reason!r}"))
            socket.on_notification(lambda each: each.content["x"])
            await socket.connect()
            with pytest.raises(NakamaError) as raised:
                await socket.rpc("f")
            errors.append(raised.value)
            with pytest.raises(NakamaError) as raised:
                async for _ in socket.notifications():
                    pass
            errors.append(raised.value)
            await socket.close()
    for error in errors:
        shown += said_by(error)
    assert shown
    assert_clean([*shown, *log.texts])
    assert TOKEN[:60] not in "".join(shown)


def test_settings_hold_secrets_that_their_errors_and_reprs_do_not_show() -> None:
    shown: list[str] = []
    for arguments in (
        {"proxy": "ftp://user:serverkey-1234@host"},
        {"headers": {"Authorization": "serverkey-1234"}},
        {"headers": {"X-Key": "serverkey-1234\n"}},
    ):
        with pytest.raises(ArgumentError) as raised:
            Client("http://127.0.0.1:1", **arguments)
        shown += said_by(raised.value)
    for password in ("short\ud800serverkey-1234", "x" * 80 + "serverkey-1234"):
        call = Client("http://127.0.0.1:1").authenticate_email("a@example.com", password)
        with pytest.raises(ArgumentError) as raised:
            asyncio.run(call)
        shown += said_by(raised.value)
    with pytest.raises(ArgumentError) as raised:
        Session(TOKEN.replace(".", ".!"))
    shown += said_by(raised.value)
    client = Client(
        "http://127.0.0.1:1", proxy="http://u:serverkey-1234@h", headers={"X": PASSWORD}
    )
    shown += [repr(client), repr(vars(client))]
    assert_clean(shown)
