import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import (
    BadInput,
    MalformedFrame,
    MessageTooLarge,
    RequestRefused,
    RpcError,
    RpcNotFound,
)
from nakama_client.features.rpc import RpcReply
from nakama_client.protocol.envelopes import Envelope, PendingRequests, read, write


def test_read_splits_cid_and_members() -> None:
    cid, members = read(b'{"cid":"7", "rpc":{"id":"f", "payload":"{}"}, "unknown":[1]}')
    assert cid == "7"
    envelope = Envelope(members)
    envelope.check()
    assert envelope.decode("rpc", RpcReply) == RpcReply("{}")


@pytest.mark.parametrize(
    ("code", "kind"), [(None, RequestRefused), (3, BadInput), (6, RpcNotFound), (7, RpcError)]
)
def test_check_raises_the_error_of_an_envelope(
    code: int | None, kind: type[RequestRefused]
) -> None:
    error = {"message": "Words."} | ({} if code is None else {"code": code})
    _, members = read(json.dumps({"cid": "1", "error": error}).encode())
    envelope = Envelope(members)
    with pytest.raises(RequestRefused) as raised:
        envelope.check()
    assert type(raised.value) is kind
    assert (raised.value.code, raised.value.message) == (code or 0, "Words.")


@pytest.mark.parametrize(
    "frame", [b'{"cid":"1"}', b'{"cid":"1","rpc":[]}', b'{"cid":"1","pong":{}}']
)
def test_decode_raises_for_another_member(frame: bytes) -> None:
    with pytest.raises(MalformedFrame):
        Envelope(read(frame)[1]).decode("rpc", RpcReply)


@given(st.binary() | st.sampled_from([b"[" * 100_000, b'{"cid":{}}', b"null", b'{"a":' * 100_000]))
def test_any_bytes_are_an_envelope_or_an_error(frame: bytes) -> None:
    with suppress(MalformedFrame, RequestRefused):
        Envelope(read(frame)[1]).check()


def test_write_allows_exactly_the_limit() -> None:
    size = len(write("1", "rpc", {"id": ""}, limit=100))
    body = {"id": "x" * (4096 - size)}
    assert len(write("1", "rpc", body, limit=4096)) == 4096
    with pytest.raises(MessageTooLarge, match="5000 bytes, the server reads at most 4096"):
        write("1", "rpc", {"id": "x" * (5000 - size)}, limit=4096)


def test_write_counts_bytes() -> None:
    with pytest.raises(MessageTooLarge):
        write("1", "rpc", {"id": "ü" * 60}, limit=100)


def test_pending_requests_give_each_waiter_its_cid() -> None:
    pending: PendingRequests[str] = PendingRequests()
    first, second, third = (pending.add(name) for name in "abc")
    assert (first, second, third) == ("1", "2", "3")
    assert pending.take(second) == "b"
    assert pending.take(second) is None
    assert pending.take("unknown") is None
    assert pending.take_all() == ["a", "c"]
    assert len(pending) == 0
    assert pending.add("d") == "4"
