import json
import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import ApiError, NakamaError, ReplyError, UnexpectedReply, errors
from nakama_client.protocol.replies import Empty, Reply, read
from nakama_client.protocol.tokens import SessionReply

CODES = {
    1: errors.Cancelled,
    2: errors.UnknownError,
    3: errors.InvalidArgument,
    4: errors.DeadlineExceeded,
    5: errors.NotFound,
    6: errors.AlreadyExists,
    7: errors.PermissionDenied,
    8: errors.ResourceExhausted,
    9: errors.FailedPrecondition,
    10: errors.Aborted,
    11: errors.OutOfRange,
    12: errors.Unimplemented,
    13: errors.InternalError,
    14: errors.Unavailable,
    15: errors.DataLoss,
    16: errors.Unauthenticated,
}


@pytest.mark.parametrize("code", CODES)
def test_each_grpc_code_has_its_error(code: int) -> None:
    body = json.dumps({"code": code, "message": "Words."}).encode()
    with pytest.raises(ApiError) as raised:
        read(Reply(418, body), Empty)
    assert type(raised.value) is CODES[code]
    assert (raised.value.status, raised.value.code, raised.value.message) == (418, code, "Words.")
    assert str(raised.value) == f"Words. (HTTP 418, gRPC code {code})"


@pytest.mark.parametrize("error", ['"RPC function not found"', "{}"])
def test_read_raises_the_error_of_an_rpc(error: str) -> None:
    body = f'{{"code":13,"error":{error},"message":"no luck"}}'.encode()
    with pytest.raises(errors.InternalError, match="no luck"):
        read(Reply(500, body), Empty)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><h1>502 Bad Gateway</h1></html>",
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"code":99}',
        b'{"code":"x"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("status", [502, 404, 302, 204])
def test_read_raises_unexpected_reply_for_other_bodies(status: int, body: bytes) -> None:
    with pytest.raises(UnexpectedReply) as raised:
        read(Reply(status, body), Empty)
    assert raised.value.status == status
    assert f"HTTP {status}" in str(raised.value)
    assert len(raised.value.body) <= 200


@given(st.integers(100, 599), st.binary(max_size=300))
def test_read_returns_a_model_or_raises_our_error_for_any_bytes(status: int, body: bytes) -> None:
    with suppress(ReplyError):
        read(Reply(status, body), SessionReply)


def test_a_success_in_another_shape_hides_its_tokens() -> None:
    body = b'{"token":"eyJhbGciOiJI.eyJ1aWQi.c2ln","refresh_token":5}'
    with pytest.raises(UnexpectedReply) as raised:
        read(Reply(200, body), SessionReply)
    assert "eyJ" not in str(raised.value) + repr(raised.value)
    assert "eyJ" not in repr(Reply(200, body))


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFound(404, 5, "Gone."),
        errors.UnexpectedReply(502, "<html>"),
        errors.TimeoutExceeded("no answer within 5 s"),
        errors.MessageTooLarge(5000, 4096),
        errors.RpcError(7, "no luck"),
        errors.InvalidJson("{", "not JSON"),
    ],
)
def test_errors_survive_pickle(error: NakamaError) -> None:
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is type(error)
    assert str(copied) == str(error)
