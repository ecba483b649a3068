"""The client for a game loop: errors of callbacks and calls, refused arguments, ended sessions."""

from __future__ import annotations

import concurrent.futures

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    NotFound,
    Session,
    TooManyCalls,
)
from nakama_client.game import GameClient, GameSocket
from server_kit.faults import Fault
from tests.client.game.conftest import DEVICE
from tests.client.game.frames import frames


def test_error_of_a_callback_goes_to_on_error_and_poll_goes_on(
    client: GameClient, ada: Session
) -> None:
    errors: list[Exception] = []
    users: list[str] = []
    client.on_error(errors.append)
    client.get_account(ada).then(lambda account: 1 / 0)
    client.get_account(ada).then(lambda account: users.append(account.user.id))
    frames(client, lambda: bool(users))
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_removed_on_error_gets_no_more_errors(client: GameClient, ada: Session) -> None:
    removed: list[Exception] = []
    errors: list[Exception] = []
    client.on_error(removed.append).remove()
    client.on_error(errors.append)
    client.get_account(ada).then(lambda account: 1 / 0)
    frames(client, lambda: bool(errors))
    assert not removed


def test_functions_that_cannot_be_called_are_refused(client: GameClient, ada: Session) -> None:
    handle = client.get_account(ada)
    for register in (
        lambda: handle.then(5),  # type: ignore[arg-type]
        lambda: handle.then(print, error=5),  # type: ignore[arg-type]
        lambda: client.on_error(5),  # type: ignore[arg-type]
        lambda: client.socket(ada).on_notification(5),  # type: ignore[arg-type]
        lambda: GameClient("http://127.0.0.1:1", max_calls="5"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ArgumentError):
            register()
    assert handle.result().user.id == ada.user_id


def test_async_functions_are_refused_where_poll_calls_them(
    client: GameClient, ada: Session
) -> None:
    async def never_awaited(*_: object) -> None:
        """Nobody runs it in the game's thread."""

    for register in (
        lambda: client.get_account(ada).then(never_awaited),
        lambda: client.socket(ada).on_notification(never_awaited),
        lambda: client.socket(ada).on_party(never_awaited),
        lambda: client.on_session_expired(never_awaited),
        lambda: client.on_error(never_awaited),
        lambda: client.notifications(ada).run(never_awaited),
        lambda: client.notifications(ada, on_progress=never_awaited),
        lambda: client.iter_notifications(ada, on_progress=never_awaited),
    ):
        with pytest.raises(ArgumentError, match="plain function"):
            register()
    assert "the function is a plain one" in (GameSocket.on_notification.__doc__ or "")


def test_error_of_a_call_that_nobody_looks_at_goes_to_on_error(
    client: GameClient, ada: Session
) -> None:
    errors: list[Exception] = []
    client.on_error(errors.append)
    client.rpc(ada, "no-such-function")
    frames(client, lambda: bool(errors))
    assert isinstance(errors[0], NotFound)


def test_handler_for_an_expired_session_is_awaited(server: MockServer, client: GameClient) -> None:
    session = client.authenticate_device(DEVICE).result()
    asked: list[Session] = []

    def log_in_again(expired: Session) -> None:
        asked.append(expired)

    client.on_session_expired(log_in_again)
    server.clock.advance(1e6)
    handle = client.get_account(session)
    with pytest.raises(Exception, match=r"expired|authenticate"):
        handle.result()
    assert asked == [session]


def test_handler_for_an_expired_session_logs_in_again(
    server: MockServer, client: GameClient
) -> None:
    """With the session of a login, or with the handle of one that is under way."""
    session = client.authenticate_device(DEVICE).result()
    for log_in in (
        lambda _: client.authenticate_device(DEVICE),
        lambda _: client.authenticate_device(DEVICE).result(),
    ):
        handler = client.on_session_expired(log_in)
        server.clock.advance(1e6)
        assert client.get_account(session).result().user.id == session.user_id
        handler.remove()


def test_error_of_a_login_after_expiry_is_the_calls_and_nobody_elses(
    server: MockServer, client: GameClient
) -> None:
    session = client.authenticate_device(DEVICE).result()
    errors: list[Exception] = []
    client.on_error(errors.append)
    client.on_session_expired(lambda _: client.authenticate_device("unknown-device", create=False))
    server.clock.advance(1e6)
    with pytest.raises(NotFound):
        client.get_account(session).result()
    client.poll()
    assert errors == []


def test_waiting_times_of_the_wrong_type_raise_argument_error(
    client: GameClient, ada: Session
) -> None:
    handle = client.get_account(ada)
    for wait in (
        lambda: handle.result("5"),  # type: ignore[arg-type]
        lambda: handle.result(-1),
        lambda: client.poll("5"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ArgumentError):
            wait()
    assert handle.result().user.id == ada.user_id


def test_result_raises_in_time_and_the_call_goes_on(
    server: MockServer, client: GameClient, ada: Session
) -> None:
    server.faults.add(Fault.latency(0.3), "GET /v2/account", times=1)
    handle = client.get_account(ada)
    with pytest.raises(TimeoutError):
        handle.result(timeout=0.01)
    assert handle.result().user.id == ada.user_id


def test_cancelled_call_is_done_and_raises(
    server: MockServer, client: GameClient, ada: Session
) -> None:
    server.faults.add(Fault.black_hole(), "GET /v2/account", times=1)
    handle = client.get_account(ada)
    assert handle.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        handle.result()


def test_more_calls_than_allowed_are_refused(server: MockServer) -> None:
    with GameClient(server.http_url, max_calls=2) as client:
        session = client.authenticate_device(DEVICE).result()
        server.faults.add(Fault.black_hole(), "GET /v2/account")
        handles = [client.get_account(session) for _ in range(2)]
        with pytest.raises(TooManyCalls, match="2 calls are in flight"):
            client.get_account(session)
        assert all(handle.cancel() for handle in handles)
    with pytest.raises(ArgumentError, match="max_calls"):
        GameClient(server.http_url, max_calls=0)
