"""Malformed input for a server: valid requests and frames, and random changes to them."""

from __future__ import annotations

import json
import re
import struct
from random import Random
from urllib.parse import quote

from tests.mock_server.players import Player

_TOKENS = (
    b"\x00", b"\r\n", b"\r\n\r\n", b"%00", b"%", b"\xff\xfe", b"\xed\xa0\x80", b"'", b'"', b"\\",
    b"{", b"}", b"[" * 50, b"null", b"-1", b"1e999", b"99999999999999999999", b"..", b"//", b"?",
    b"&", b"=", b";", b"\xc2\xb2", b"\\ud800", b"' OR 1=1 --", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"Expect: 100-continue\r\n",
)  # fmt: skip


def mutate(random: Random, data: bytes) -> bytes:
    """Change some bytes, at one to four places."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed) + 1)
        kind = random.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] = random.randrange(256)
        elif kind == 1:
            del changed[at : at + random.randint(1, 8)]
        elif kind == 2:
            changed[at:at] = random.randbytes(random.randint(1, 8))
        elif kind == 3:
            changed[at:at] = changed[at : at + random.randint(1, 40)]
        elif kind == 4:
            changed[at:at] = random.choice(_TOKENS)
        else:
            del changed[at:]
    return bytes(changed)


def mutate_request(random: Random, request: bytes) -> bytes:
    """Change a request: all of it, or only its body or its target, so that it gets further in."""
    head, _, body = request.partition(b"\r\n\r\n")
    part = random.randrange(3)
    if part == 0 and body:
        length = b"Content-Length: %d"
        body = mutate(random, body)
        head = re.sub(b"Content-Length: [0-9]+", length % len(body), head)
        return head + b"\r\n\r\n" + body
    if part == 1:
        method, target, rest = request.split(b" ", 2)
        changed = quote(mutate(random, target), safe="/?&=%:.,;@!$'()*+[]-_~")
        return b" ".join([method, changed.encode(), rest])
    return mutate(random, request)


def http_request(method: str, path: str, authorization: str, body: object = None) -> bytes:
    """A request as it is on the wire."""
    data = b"" if body is None else json.dumps(body).encode()
    return (
        f"{method} {path} HTTP/1.1\r\nHost: mock\r\nAuthorization: {authorization}\r\n"
        f"Accept-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n"
    ).encode() + data


def requests(player: Player) -> list[bytes]:
    """Valid requests of most kinds."""
    bearer, basic = f"Bearer {player.token}", "Basic ZGVmYXVsdGtleTo="
    user, authenticate = player.user_id, "/v2/account/authenticate"
    return [
        http_request("GET", "/healthcheck", ""),
        http_request(
            "POST", f"{authenticate}/device?create=true", basic, {"id": "a-device-of-eve"}
        ),
        http_request("POST", f"{authenticate}/custom?username=eve", basic, {"id": "custom-eve"}),
        http_request("POST", "/v2/account/session/refresh", basic, {"token": player.refresh_token}),
        http_request("GET", "/v2/account", bearer),
        http_request("PUT", "/v2/account", bearer, {"display_name": "Eve", "lang_tag": "de"}),
        http_request(
            "POST", "/v2/account/link/custom", bearer, {"id": "custom-of-eve", "vars": {}}
        ),
        http_request("GET", f"/v2/user?ids={user}&usernames=eve", bearer),
        http_request("GET", "/v2/notification?limit=10&cacheable_cursor=", bearer),
        http_request("DELETE", f"/v2/notification?ids={user}&ids={user}", bearer),
        http_request("POST", "/v2/rpc/echo", bearer, '{"a": [1, "two"]}'),
        http_request("POST", "/v2/rpc/echo?unwrap&http_key=defaulthttpkey", "", {"a": 1}),
        http_request("POST", f"/v2/friend?ids={user}&usernames=carol", bearer),
        http_request("GET", "/v2/friend?limit=10&state=0", bearer),
        http_request("POST", "/v2/group", bearer, {"name": "eves", "open": True, "max_count": 5}),
        http_request("GET", "/v2/group?name=eve%25&limit=5", bearer),
        http_request("GET", "/v2/channel/2...room?limit=10&forward=true", bearer),
        http_request("POST", "/v2/event", bearer, {"name": "e", "properties": {"a": "b"}}),
        http_request("OPTIONS", "/v2/account", ""),
        handshake(player.token),
    ]


def handshake(token: str) -> bytes:
    """The request that opens a socket."""
    return (
        f"GET /ws?token={token} HTTP/1.1\r\nHost: mock\r\nConnection: upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()


def envelopes(player: Player) -> list[bytes]:
    """Valid frames' payloads of most kinds."""
    members: list[dict[str, object]] = [
        {"ping": {}},
        {"rpc": {"id": "echo", "payload": '{"a": [1, "two"]}'}},
        {"channel_join": {"target": "room", "type": 1, "persistence": True, "hidden": False}},
        {"channel_message_send": {"channel_id": "2...room", "content": '{"m": 1}'}},
        {"channel_leave": {"channel_id": "2...room"}},
        {"status_follow": {"user_ids": [player.user_id], "usernames": ["carol"]}},
        {"status_update": {"status": "here"}},
        {"status_unfollow": {"user_ids": [player.user_id]}},
    ]
    return [json.dumps({"cid": "7", **member}).encode() for member in members]


def frame(payload: bytes, *, opcode: int = 1) -> bytes:
    """A client's frame, masked with zeros."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + bytes(4) + payload
