"""The client for a game loop: calls, notifications, sockets, threads."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ClientClosed,
    FileCursorStore,
    Notification,
    NotificationFeed,
    Session,
    Socket,
)
from nakama_client.game import GameClient, GameFeed, GameMatch, GameParty, GameSocket
from tests.client.game.conftest import DEVICE
from tests.client.game.frames import FrameClock, frames


def send(server: MockServer, user_id: str, subject: str) -> None:
    server.run(server.notifications.send(user_id, subject, {}, code=1))


@pytest.mark.parametrize(
    ("game", "sdk"), [(GameClient, Client), (GameSocket, Socket), (GameFeed, NotificationFeed)]
)
def test_facade_has_all_methods_of_the_sdk(game: type, sdk: type) -> None:
    own = {name for name in dir(sdk) if not name.startswith("_")} - {"socket"}
    assert own - set(dir(game)) == set()


def test_notifications_takes_the_arguments_of_the_client() -> None:
    game, sdk = (inspect.signature(each.notifications) for each in (GameClient, Client))
    assert list(game.parameters) == list(sdk.parameters)


def test_call_returns_a_handle_whose_result_comes_in_poll(client: GameClient) -> None:
    threads: list[int] = []
    names: list[str] = []

    def logged_in(session: Session) -> None:
        threads.append(threading.get_ident())
        names.append(session.username)

    handle = client.authenticate_device(DEVICE, username="ada").then(logged_in)
    frames(client, lambda: bool(names))
    assert (handle.done, names, threads) == (True, ["ada"], [threading.get_ident()])


def test_frame_loop_sees_each_notification_once_through_a_restart(
    server: MockServer, client: GameClient, tmp_path: Path
) -> None:
    seen: dict[str, float] = {}
    threads: set[int] = set()
    sessions: list[Session] = []
    clock = FrameClock()

    def received(notification: Notification) -> None:
        assert notification.subject not in seen
        seen[notification.subject] = clock.seconds
        threads.add(threading.get_ident())

    def logged_in(session: Session) -> None:
        sessions.append(session)
        threads.add(threading.get_ident())

    client.authenticate_device(DEVICE).then(logged_in)
    frames(client, lambda: bool(sessions), clock)
    (ada,) = sessions
    send(server, ada.user_id, "stored")
    feed = client.notifications(ada, store=FileCursorStore(tmp_path))
    running = feed.run(received)
    frames(client, lambda: "stored" in seen and feed.is_live, clock)
    for subject in ("live", "live too"):
        send(server, ada.user_id, subject)
    frames(client, lambda: "live too" in seen, clock)
    server.run(server.restart())
    for number in range(150):  # more than a page
        send(server, ada.user_id, f"missed {number}")
    frames(client, lambda: "missed 149" in seen and feed.is_live, clock)
    missed = [f"missed {number}" for number in range(150)]
    assert list(seen) == ["stored", "live", "live too", *missed]
    assert list(seen.values()) == sorted(seen.values())
    assert threads == {threading.get_ident()}
    feed.close().result()
    frames(client, lambda: running.done, clock)
    running.result()

    send(server, ada.user_id, "later")
    again = client.notifications(ada, store=FileCursorStore(tmp_path))
    again.run(received)
    frames(client, lambda: "later" in seen, clock)
    assert list(seen)[-1] == "later"


def test_notification_whose_function_raises_comes_again(
    server: MockServer, client: GameClient, ada: Session, tmp_path: Path
) -> None:
    errors: list[Exception] = []
    seen: list[str] = []
    client.on_error(errors.append)

    def fails(notification: Notification) -> None:
        raise LookupError(notification.subject)

    send(server, ada.user_id, "stored")
    feed = client.notifications(ada, store=FileCursorStore(tmp_path))
    feed.run(fails)
    frames(client, lambda: bool(errors))
    assert [str(error) for error in errors] == ["'stored'"] or isinstance(errors[0], LookupError)
    feed.close().result()
    client.notifications(ada, store=FileCursorStore(tmp_path)).run(
        lambda each: seen.append(each.subject)
    )
    frames(client, lambda: seen == ["stored"])


def test_work_queue_deletes_what_was_handled(
    server: MockServer, client: GameClient, ada: Session
) -> None:
    seen: list[str] = []
    for number in range(3):
        send(server, ada.user_id, f"job {number}")
    feed = client.notifications(ada, acknowledge="delete")
    feed.run(lambda each: seen.append(each.subject))
    frames(client, lambda: len(seen) == 3)
    feed.close().result()
    assert not client.list_notifications(ada).result().notifications


def test_socket_handlers_run_in_poll_in_order(
    server: MockServer, client: GameClient, ada: Session
) -> None:
    seen: list[str] = []
    socket = client.socket(ada)
    handler = socket.on_notification(lambda each: seen.append(each.subject))
    socket.connect().result()
    for number in range(5):
        send(server, ada.user_id, str(number))
    frames(client, lambda: len(seen) == 5)
    assert seen == ["0", "1", "2", "3", "4"]
    handler.remove()
    send(server, ada.user_id, "more")
    client.list_notifications(ada).result()
    socket.rpc("nothing").then(seen.append, error=lambda error: seen.append(type(error).__name__))
    frames(client, lambda: len(seen) == 6)
    assert seen[5] == "RpcNotFound"
    socket.close().result()


def test_match_is_played_from_a_frame_loop(client: GameClient, ada: Session) -> None:
    bob = client.authenticate_device("device-of-bob").result()
    sockets = [client.socket(each) for each in (ada, bob)]
    for socket in sockets:
        socket.connect().result()
    received: list[bytes] = []
    sockets[1].on_match_data(lambda data: received.append(data.data))
    match = sockets[0].create_match().result()
    assert isinstance(match, GameMatch)
    sockets[1].join_match(match.id).result()
    frames(client, lambda: len(match.presences) == 1)
    match.send(7, b"move").result()
    frames(client, lambda: received == [b"move"])
    match.leave().result()
    assert not match.is_joined


def test_wait_for_takes_the_events_of_its_socket(
    server: MockServer, client: GameClient, ada: Session
) -> None:
    with_others = client.socket(ada)
    socket = client.socket(ada)
    socket.connect().result()
    for events in (socket.notifications, Socket.notifications):
        waiting = socket.wait_for(events, lambda each: each.code == 7, timeout=5)
        for code in (6, 7):
            server.run(server.notifications.send(ada.user_id, f"No. {code}", code=code))
        assert waiting.result().subject == "No. 7"
    for wrong in (5, with_others.notifications, client.poll):
        with pytest.raises(ArgumentError, match="events"):
            socket.wait_for(wrong)  # type: ignore[arg-type]


def test_parties_that_a_socket_joins_can_be_used_without_asyncio(
    client: GameClient, ada: Session
) -> None:
    """Whether a handler, a loop or `wait_for` gets them."""
    bob = client.authenticate_device("device-of-bob").result()
    adas, bobs = client.socket(ada), client.socket(bob)
    for socket in (adas, bobs):
        socket.connect().result()
    created = adas.create_party(open=True, max_size=4).result()
    assert (created.open, created.hidden, created.max_size) == (True, False, 4)

    received: list[bytes] = []
    adas.on_party_data(lambda data: received.append(data.data))
    handled: list[GameParty] = []
    bobs.on_party(handled.append)
    looped = bobs.parties().next()
    waited = bobs.wait_for(bobs.parties, lambda party: party.id == created.id, timeout=5)
    bobs.join_party(created.id).result()
    frames(client, lambda: bool(handled))
    for number, party in enumerate((handled[0], looped.result(), waited.result())):
        party.send(1, str(number)).result()
    frames(client, lambda: len(received) == 3)
    assert received == [b"0", b"1", b"2"]


def test_iterator_waits_for_each_item(server: MockServer, client: GameClient, ada: Session) -> None:
    for number in range(3):
        send(server, ada.user_id, str(number))
    found = client.iter_notifications(ada, page_size=2)
    assert [each.subject for each in found] == ["0", "1", "2"]


def test_closed_client_raises_and_leaves_no_thread(server: MockServer) -> None:
    client = GameClient(server.http_url)
    session = client.authenticate_device(DEVICE).result()
    client.socket(session).connect().result()
    client.close()
    client.close()
    with pytest.raises(ClientClosed):
        client.get_account(session)
    assert "nakama_client.game" not in {thread.name for thread in threading.enumerate()}


def test_client_works_inside_of_a_running_loop(server: MockServer) -> None:
    async def cell() -> str:
        with GameClient(server.http_url) as client:
            session = client.authenticate_device(DEVICE, username="ada").result()
            return client.get_account(session).result().user.username

    assert asyncio.run(cell()) == "ada"


def test_calls_from_other_threads_return_their_results(client: GameClient, ada: Session) -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: client.get_account(ada).result().user.id, range(20)))
    assert set(found) == {ada.user_id}


@pytest.mark.slow
def test_forgotten_client_does_not_keep_the_process(server: MockServer) -> None:
    program = (
        "from nakama_client.game import GameClient\n"
        f"client = GameClient({server.http_url!r})\n"
        f"session = client.authenticate_device({DEVICE!r}).result()\n"
        "client.socket(session).connect().result()\n"
        "print('end')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "end\n", "")


def test_types_of_arguments_and_results_are_known() -> None:
    assert inspect.signature(GameClient.get_account).parameters.keys() == {"self", "session"}
    assert GameClient.get_account.__doc__ == Client.get_account.__doc__
