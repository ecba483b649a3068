"""When a socket is opened again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import (
    ApiError,
    ArgumentError,
    ClientClosed,
    ClosedBy,
    ConnectionFailed,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    InternalError,
    NakamaError,
    PermissionDenied,
    SessionExpired,
    TimeoutExceeded,
    Unauthenticated,
    UnexpectedReply,
)
from nakama_client.config import may_reconnect
from nakama_client.protocol.reconnect import Backoff

FINAL = {DisconnectCause.CLOSED, DisconnectCause.REPLACED, DisconnectCause.BANNED}


def reason(cause: DisconnectCause) -> DisconnectReason:
    return DisconnectReason(cause, 1000, "", ClosedBy.SERVER)


@pytest.mark.parametrize("cause", DisconnectCause)
def test_may_reconnect_decides_by_cause_and_not_by_code(cause: DisconnectCause) -> None:
    assert may_reconnect(reason(cause)) is (cause not in FINAL)
    assert may_reconnect(ConnectionLost(reason(cause))) is (cause not in FINAL)


@pytest.mark.parametrize(
    ("error", "goes_on"),
    [
        (ConnectionFailed("refused"), True),
        (TimeoutExceeded("no socket"), True),
        (UnexpectedReply(502, "<html>"), True),
        (UnexpectedReply(404, "<html>"), True),
        (InternalError(500, 13, "…"), True),
        (ApiError(429, 8, "…"), True),
        (Unauthenticated(401, 16, "…"), False),
        (PermissionDenied(403, 7, "User account banned."), False),
        (SessionExpired("…"), False),
        (ClientClosed("…"), False),
        (ArgumentError("…"), False),
    ],
)
def test_may_reconnect_decides_by_the_error_of_an_attempt(
    error: NakamaError, goes_on: bool
) -> None:
    assert may_reconnect(error) is goes_on


def backoff(*, attempts: int | None = None) -> Backoff:
    return Backoff(attempts=attempts, first_delay=1.0, max_delay=8.0, random=lambda: 1.0)


CAUSE = reason(DisconnectCause.LOST)


def test_backoff_grows_and_resets_after_a_connection_that_held() -> None:
    delays = backoff()
    delays.opened(100.0)
    delays.lost(108.0)
    assert [delays.next_delay(CAUSE) for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, 8.0]
    delays.opened(200.0)
    delays.lost(208.0)
    assert delays.next_delay(CAUSE) == 1.0


def test_backoff_does_not_reset_after_a_short_connection() -> None:
    delays = backoff()
    for expected in (1.0, 2.0, 4.0, 8.0):
        delays.opened(1000.0)
        delays.lost(1001.0)
        assert delays.attempt == 0
        assert delays.next_delay(CAUSE) == expected


def test_backoff_counts_attempts_from_each_loss() -> None:
    delays = backoff(attempts=2)
    for _ in range(3):
        delays.lost(0.0)
        assert delays.next_delay(CAUSE) is not None
        assert delays.next_delay(CAUSE) is not None
        assert delays.next_delay(CAUSE) is None


def test_backoff_waits_for_retry_after() -> None:
    busy = UnexpectedReply(503, "")
    busy.retry_after = 60.0
    delays = backoff()
    assert delays.next_delay(busy) == 60.0
    busy.retry_after = 0.5
    assert delays.next_delay(busy) == 2.0


def test_backoff_does_not_grow_while_connections_are_refused() -> None:
    refused = ConnectionFailed("refused", is_refused=True)
    delays = backoff()
    assert [delays.next_delay(refused) for _ in range(4)] == [2.0, 2.0, 2.0, 2.0]
    assert [delays.next_delay(CAUSE) for _ in range(3)] == [1.0, 2.0, 4.0]


@given(st.floats(0, 1, exclude_max=True), st.floats(0.001, 60), st.floats(0.001, 60))
def test_backoff_waits_at_least_three_quarters_of_its_bound_while_refused(
    number: float, first: float, longest: float
) -> None:
    refused = ConnectionFailed("refused", is_refused=True)
    delays = Backoff(attempts=None, first_delay=first, max_delay=longest, random=lambda: number)
    bound = min(longest, max(first, 2.0))
    for _ in range(20):
        delay = delays.next_delay(refused)
    assert delay is not None
    assert bound * 0.75 <= delay <= bound
