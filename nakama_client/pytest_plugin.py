"""The pytest plugin: servers, clients and fresh users as fixtures.

pytest loads it wherever this distribution is installed, also without the extra `mock`, and also in
a folder that holds a `mock_server.py` or a `server_kit` of the user's own, which would be imported
in the place of ours. So the servers are imported when a test first asks for a fixture.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mock_server import MockServer
    from nakama_client import Client, Session
    from nakama_client.game import GameClient
    from onesignal_stub import OneSignalStub
    from server_kit import Entry, Journal

    SessionFactory = Callable[..., Coroutine[Any, Any, Session]]


@pytest.fixture(scope="session")
def onesignal_for_session() -> Iterator[OneSignalStub]:
    """One OneSignal stub for the whole run, in a thread of its own."""
    from onesignal_stub import OneSignalStub

    with OneSignalStub() as stub:
        yield stub


@pytest.fixture(scope="session")
def nakama_config() -> dict[str, object]:
    """Nakama's settings for the session's server; override it in a conftest.

    As `{"session.token_expiry_sec": 7200}`; `runtime.path` loads the game's server modules.
    """
    return {}


@pytest.fixture(scope="session")
def nakama_server_for_session(
    nakama_config: dict[str, object], onesignal_for_session: OneSignalStub
) -> Iterator[MockServer]:
    """One mock Nakama for the whole run, in a thread of its own, pushing to the stub."""
    from mock_server import Config, MockServer

    settings = {"onesignal.url": onesignal_for_session.url, **nakama_config}
    with MockServer(Config.from_settings(settings)) as server:
        yield server


@pytest.fixture
def onesignal(onesignal_for_session: OneSignalStub) -> OneSignalStub:
    """The OneSignal stub, emptied; the test fails if a request found no answer there."""
    onesignal_for_session.run(onesignal_for_session.reset())
    return onesignal_for_session


@pytest.fixture
def nakama_server(nakama_server_for_session: MockServer, onesignal: OneSignalStub) -> MockServer:
    """The mock Nakama, emptied; the test fails if a request had no answer or a handler failed.

    A test that provokes this on purpose calls `nakama_server.journal.clear()` at its end.
    """
    nakama_server_for_session.run(nakama_server_for_session.reset())
    return nakama_server_for_session


@pytest.fixture
def nakama_client(nakama_server: MockServer) -> Iterator[Client]:
    """A client of the mock Nakama, for any event loop.

    Its sockets and feeds are closed with it, after the test.
    """
    client = _client_of(nakama_server)
    yield client
    nakama_server.run(client.close())


@pytest.fixture
def nakama_game_client(nakama_server: MockServer) -> Iterator[GameClient]:
    """A client for synchronous tests: `nakama_game_client.get_account(session).result()`.

    Handlers run while the test waits in `result`, and in `poll`.
    """
    from nakama_client.game import GameClient

    with GameClient(_client_of(nakama_server)) as client:
        yield client


@pytest.fixture
def nakama_session(nakama_client: Client) -> SessionFactory:
    """A factory of fresh users: await it, with a `username` if the name matters.

    In a synchronous test: `nakama_server.run(nakama_session("ada"))`.
    """
    numbers = itertools.count(1)

    async def new_session(username: str | None = None) -> Session:
        number = next(numbers)
        return await nakama_client.authenticate_device(
            f"pytest-device-{number:04}", username=username or f"player{number}"
        )

    return new_session


def _client_of(server: MockServer) -> Client:
    from nakama_client import Client

    config = server.config
    return Client(
        server.http_url,
        server_key=config.socket.server_key,
        http_key=config.runtime.http_key,
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test, and not its teardown, if one of its servers met what it cannot answer."""
    result = yield
    fixtures: dict[str, Any] = getattr(item, "funcargs", {})
    for fixture, name in (("nakama_server", "Nakama"), ("onesignal", "OneSignal")):
        if hasattr(fixtures.get(fixture), "journal"):
            _fail_on_problems(name, fixtures[fixture].journal)
    return result


def _fail_on_problems(name: str, journal: Journal) -> None:
    problems = [_describe(entry) for entry in journal.problems()]
    if journal.dropped_problems:
        problems.append(
            f"and {journal.dropped_problems} older ones that the journal had no room for"
        )
    if problems:
        text = f"the mock {name} met what it cannot answer:\n" + "\n".join(problems)
        pytest.fail(text, pytrace=False)  # the plugin is not where to look


def _describe(entry: Entry) -> str:
    if entry.error:
        return f"{entry.name}: a handler failed\n{entry.error}"
    return f"{entry.name}: no answer for it; the nearest is {entry.unmatched}"
