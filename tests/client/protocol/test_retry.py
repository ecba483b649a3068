"""Which calls are repeated, and when."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import (
    ArgumentError,
    ClientClosed,
    ClosedBy,
    ConnectionFailed,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    NakamaError,
    SessionExpired,
    SessionReplaced,
    TimeoutExceeded,
    Unauthenticated,
    Unavailable,
    UnexpectedReply,
)
from nakama_client.config import is_transient
from nakama_client.protocol.requests import Request
from nakama_client.protocol.retry import (
    concerns_token,
    full_jitter,
    may_concern_token,
    may_repeat,
    retry_after,
)


def lost(cause: DisconnectCause) -> DisconnectReason:
    return DisconnectReason(cause, 1000, "", ClosedBy.SERVER)


GET = Request("GET", "/v2/account")
DELETE = Request("DELETE", "/v2/notification")
PUT = Request("PUT", "/v2/account")
POST = Request("POST", "/v2/rpc/f")
LOGIN = Request("POST", "/v2/account/authenticate/device", is_idempotent=True)
LOST = ConnectionFailed("reset")
REFUSED = ConnectionFailed("refused", nothing_sent=True)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (LOST, True),
        (TimeoutExceeded("no answer"), True),
        (Unavailable(503, 14, "…"), True),
        (UnexpectedReply(502, "<html>"), True),
        (UnexpectedReply(429, ""), True),
        (UnexpectedReply(504, ""), True),
        (UnexpectedReply(500, ""), False),
        (UnexpectedReply(200, "<html>"), False),
        (Unauthenticated(401, 16, "…"), False),
        (SessionExpired("…"), False),
        (ClientClosed("…"), False),
        (ArgumentError("…"), False),
        (ConnectionLost(lost(DisconnectCause.LOST)), True),
        (ConnectionLost(lost(DisconnectCause.CLOSED)), False),
        (SessionReplaced(lost(DisconnectCause.REPLACED)), False),
    ],
)
def test_is_transient_is_true_for_errors_that_may_pass(error: NakamaError, passes: bool) -> None:
    assert is_transient(error) is passes


@pytest.mark.parametrize("request_", [GET, DELETE, PUT, LOGIN])
def test_may_repeat_allows_idempotent_requests(request_: Request) -> None:
    assert may_repeat(LOST, request_)
    assert may_repeat(UnexpectedReply(502, ""), request_)


def test_may_repeat_allows_others_only_when_nothing_was_sent() -> None:
    assert not may_repeat(LOST, POST)
    assert not may_repeat(UnexpectedReply(429, ""), POST)
    assert may_repeat(REFUSED, POST)
    assert may_repeat(TimeoutExceeded("no connection", nothing_sent=True), POST)


def test_concerns_token_is_true_for_nakamas_refusal_and_not_the_functions() -> None:
    by_server = Unauthenticated(401, 16, "Auth token invalid")
    by_function = Unauthenticated(401, 16, "you may not")
    assert concerns_token(by_server)
    assert not concerns_token(by_function)
    assert may_concern_token(by_server, POST)
    assert not may_concern_token(by_function, POST)
    assert may_concern_token(by_function, GET)


NOW = "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("0", NOW, 0.0),
        ("120", "", 120.0),
        ("Sun, 22 Nov 2026 10:01:30 GMT", NOW, 90.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", NOW, 0.0),
        ("Sun, 22 Nov 2026 10:01:30 GMT", "", None),
        ("Sun, 22 Nov 2026 10:01:30", NOW, None),
        ("soon", NOW, None),
        ("-5", NOW, None),
        ("1.5", NOW, None),
        ("٣", NOW, None),
        ("", "", None),
    ],
)
def test_retry_after_reads_seconds_and_dates(value: str, date: str, seconds: float | None) -> None:
    assert retry_after(value, date) == seconds


@given(
    failures=st.integers(1, 10**9),
    first=st.floats(0, 1e6),
    longest=st.floats(0, 1e6),
    seed=st.integers(),
)
def test_full_jitter_stays_within_the_bounds(
    failures: int, first: float, longest: float, seed: int
) -> None:
    random = Random(seed).random
    delay = full_jitter(failures, first=first, longest=longest, random=random)
    assert 0 <= delay <= longest
    assert delay <= first * 2.0 ** min(failures - 1, 1000)


def test_full_jitter_doubles_the_bound() -> None:
    bounds = [
        full_jitter(failures, first=0.5, longest=30.0, random=lambda: 1.0)
        for failures in range(1, 10)
    ]
    assert bounds == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_full_jitter_spreads_many_clients() -> None:
    random = Random(7).random
    delays = sorted(full_jitter(1, first=10.0, longest=30.0, random=random) for _ in range(2000))
    in_each_second = [sum(second <= each < second + 1 for each in delays) for second in range(10)]
    assert max(in_each_second) < 300
    assert min(in_each_second) > 100
