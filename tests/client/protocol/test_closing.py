import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import (
    ClosedBy,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    SessionReplaced,
    UserBanned,
)
from nakama_client.protocol.closing import (
    SILENCE,
    Close,
    close_notice_in,
    connection_lost,
    reason_of,
)

SERVER, CLIENT, NETWORK = ClosedBy.SERVER, ClosedBy.CLIENT, ClosedBy.NETWORK
REPLACED, BANNED = DisconnectCause.REPLACED, DisconnectCause.BANNED


@pytest.mark.parametrize(
    ("close", "close_notice", "cause"),
    [
        (Close(1000, "", CLIENT), None, DisconnectCause.CLOSED),
        (Close(1000, "", CLIENT), REPLACED, DisconnectCause.CLOSED),
        (Close(None, "dropped", CLIENT), None, DisconnectCause.CLOSED),
        (Close(1002, "bad frame", CLIENT), None, DisconnectCause.OTHER),
        (Close(1000, "server-side session disconnect", SERVER), REPLACED, REPLACED),
        (Close(1000, "server-side session disconnect", SERVER), BANNED, BANNED),
        (
            Close(1000, "server-side session disconnect", SERVER),
            None,
            DisconnectCause.SESSION_ENDED,
        ),
        (Close(None, "", NETWORK), REPLACED, REPLACED),
        (Close(None, "", NETWORK), None, DisconnectCause.LOST),
        (Close(None, SILENCE, NETWORK), None, DisconnectCause.TIMED_OUT),
        (Close(1000, "received malformed payload", SERVER), None, DisconnectCause.MALFORMED),
        (Close(1000, "error processing message", SERVER), None, DisconnectCause.MALFORMED),
        (
            Close(1000, "received unexpected WebSocket message type", SERVER),
            None,
            DisconnectCause.MALFORMED,
        ),
        (
            Close(1000, "read tcp 127.0.0.1:7350->127.0.0.1:5: i/o timeout", SERVER),
            None,
            DisconnectCause.TIMED_OUT,
        ),
        (Close(1009, "", SERVER), None, DisconnectCause.TOO_LARGE),
        (Close(1000, "", SERVER), None, DisconnectCause.OTHER),
        (Close(1001, "going away", SERVER), None, DisconnectCause.OTHER),
    ],
)
def test_reason_of_takes_the_cause_from_text_and_close_notice(
    close: Close, close_notice: DisconnectCause | None, cause: DisconnectCause
) -> None:
    reason = reason_of(close, close_notice)
    assert reason == DisconnectReason(cause, close.code, close.text, close.by)
    assert str(cause) in str(reason)


def frame(**fields: Any) -> bytes:
    return json.dumps({"notifications": {"notifications": [{"id": "1"}, fields]}}).encode()


def test_close_notice_in_reads_single_socket_and_banned() -> None:
    assert close_notice_in(frame(code=-7, subject="single_socket", content="{}")) is REPLACED
    assert close_notice_in(frame(code=-8, subject="banned", content="{}")) is BANNED


@pytest.mark.parametrize(
    "other",
    [
        frame(code=1, subject="single_socket"),
        frame(code=-7, subject="banned"),
        frame(code=-7, subject="single_socket", persistent=True),
        frame(code=-8, subject="banned", sender_id="00000000-0000-0000-0000-000000000000"),
        frame(code=1, subject="You", content='{"text":"banned"}'),
        b'{"notifications":"banned"}',
        b'{"notifications":{"notifications":"banned"}}',
        b"{}",
        b"banned",
    ],
)
def test_close_notice_in_ignores_other_notifications(other: bytes) -> None:
    assert close_notice_in(other) is None


@given(st.binary())
def test_close_notice_in_accepts_any_bytes(data: bytes) -> None:
    assert close_notice_in(data) is None


@pytest.mark.parametrize(
    ("cause", "kind"),
    [(REPLACED, SessionReplaced), (BANNED, UserBanned), (DisconnectCause.LOST, ConnectionLost)],
)
def test_connection_lost_picks_the_error_by_cause(
    cause: DisconnectCause, kind: type[ConnectionLost]
) -> None:
    reason = DisconnectReason(cause, 1000, "text", SERVER)
    error = connection_lost(reason)
    assert type(error) is kind
    assert error.reason is reason
    assert "text" in str(error)
