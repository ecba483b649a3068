"""Personalised push, both ways to do it: the whole of a game, its phones, and OneSignal.

The first way keeps the devices of each user in the backend, the second one lets OneSignal keep the
backend's name of the user on each device.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from mock_server import Config, MockServer, PushOutcome, PushRecord
from nakama_client import ChannelType, Client, PushDevice, RegistrationInfo, Session
from onesignal_stub import OneSignalStub
from server_kit import Clock

LOGIN_PAGE = "https://game.test/dashboard"
WEEK = 7 * 86_400

RULES = [
    {"event": "direct_message", "contents": {"en": "$sender: $text", "de": "$sender sagt: $text"}},
    {"event": "friend_request", "contents": {"en": "$subject", "de": "Anfrage von $username"}},
]

Phones = Callable[..., Awaitable[PushDevice]]


@pytest_asyncio.fixture
async def onesignal() -> AsyncIterator[OneSignalStub]:
    async with OneSignalStub() as stub:
        yield stub


@pytest.fixture
def target() -> str:
    return "player_id"


@pytest_asyncio.fixture
async def server(onesignal: OneSignalStub, target: str) -> AsyncIterator[MockServer]:
    config = Config.from_settings(
        {
            "onesignal.url": onesignal.url,
            "session.token_expiry_sec": 100 * WEEK,
            "push.target": target,
            "push.on_event": RULES,
            "push.device_expiry_sec": WEEK,
        }
    )
    async with MockServer(config, clock=Clock(stopped_at=1_800_000_000)) as server:
        yield server


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(server.http_url, clock=server.clock.time) as client:
        yield client


@pytest_asyncio.fixture
async def phones(server: MockServer, onesignal: OneSignalStub) -> AsyncIterator[Phones]:
    """Make phones whose app has just started for the first time."""
    made: list[PushDevice] = []

    async def make(language: str = "en", platform: str = "ios") -> PushDevice:
        phone = PushDevice(
            onesignal.url,
            onesignal.app_id,
            info=RegistrationInfo.from_json({"language": language, "platform": platform}),
            registration_url=f"{server.http_url}/push/registration",
            page_pattern="/dashboard",
        )
        made.append(phone)
        first = await phone.register()
        assert first is not None
        assert first.status == 401  # nobody is logged in yet
        return phone

    yield make
    for phone in made:
        await phone.close()


async def log_in(phone: PushDevice, session: Session) -> None:
    phone.cookies["session"] = session.token
    reply = await phone.load_page(LOGIN_PAGE)
    assert reply is not None
    assert reply.status == 200


async def log_out(client: Client, phone: PushDevice, session: Session) -> None:
    await client.unregister_push(session, phone)
    phone.cookies.clear()


async def user(client: Client, name: str) -> Session:
    return await client.authenticate_device(f"device-of-{name}", username=name)


async def write(client: Client, sender: Session, recipient: Session, text: str) -> None:
    async with client.socket(sender) as socket:
        channel = await socket.join_channel(recipient.user_id, ChannelType.DIRECT)
        await socket.send_message(channel.id, {"text": text})


async def outcome(server: MockServer, event: str = "direct_message") -> PushRecord:
    """The outcome of the newest push."""

    def is_done(record: PushRecord) -> bool:
        newest = [each for each in server.pushes if each.event == event][-1]
        return record == newest and record.outcome != PushOutcome.PENDING

    return await server.pushes.wait_for(is_done)


def received(onesignal: OneSignalStub, phone: PushDevice) -> list[str | None]:
    player_id = phone.info.one_signal_user_id
    return [push.contents for push in onesignal.find_pushes(player_id=player_id)]


@pytest.mark.asyncio
async def test_a_message_reaches_all_phones_in_their_languages(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob = await user(client, "ada"), await user(client, "bob")
    german, english = await phones("de"), await phones("fr", "android")
    for phone in (german, english):
        await log_in(phone, ada)
    await write(client, bob, ada, "tea?")
    record = await outcome(server)
    assert (record.outcome, record.recipients) == (PushOutcome.SENT, 2)
    assert received(onesignal, german) == ["bob sagt: tea?"]
    assert received(onesignal, english) == ["bob: tea?"]


@pytest.mark.asyncio
async def test_connected_player_gets_a_frame_and_no_push(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob = await user(client, "ada"), await user(client, "bob")
    phone = await phones()
    await log_in(phone, ada)
    async with client.socket(ada) as socket:
        notifications = socket.notifications()
        await client.add_friends(bob, [ada.user_id])
        assert (await anext(notifications)).code == -2
        await write(client, bob, ada, "tea?")
        assert (await outcome(server)).outcome == PushOutcome.SKIPPED
    assert received(onesignal, phone) == []


@pytest.mark.asyncio
async def test_several_accounts_share_a_phone_until_they_log_out(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob, cleo = [await user(client, name) for name in ("ada", "bob", "cleo")]
    shared = await phones("en", "android")
    await log_in(shared, ada)
    await log_in(shared, bob)
    await write(client, cleo, ada, "one")
    await outcome(server)
    await write(client, cleo, bob, "two")
    await outcome(server)
    assert received(onesignal, shared) == ["cleo: one", "cleo: two"]
    await log_out(client, shared, ada)
    await write(client, cleo, ada, "three")
    assert (await outcome(server)).outcome == PushOutcome.NOBODY_REACHED
    await write(client, cleo, bob, "four")
    assert (await outcome(server)).outcome == PushOutcome.SENT


@pytest.mark.asyncio
async def test_a_phone_that_nobody_uses_any_more_is_pruned(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob = await user(client, "ada"), await user(client, "bob")
    drawer, pocket = await phones(), await phones()
    for phone in (drawer, pocket):
        await log_in(phone, ada)
    server.clock.advance(WEEK - 60)
    await log_in(pocket, ada)
    server.clock.advance(120)
    await write(client, bob, ada, "still there?")
    await outcome(server)
    assert received(onesignal, drawer) == []
    assert received(onesignal, pocket) == ["bob: still there?"]


@pytest.mark.asyncio
async def test_an_iphone_without_consent_is_not_pushed_to(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob = await user(client, "ada"), await user(client, "bob")
    phone = await phones()
    await log_in(phone, ada)
    await phone.decline_consent()
    await phone.load_page(LOGIN_PAGE)
    assert await server.devices(ada.user_id) == []
    await write(client, bob, ada, "tea?")
    assert (await outcome(server)).outcome == PushOutcome.NOBODY_REACHED
    await phone.give_consent()
    await write(client, bob, ada, "tea again?")
    await outcome(server)
    assert received(onesignal, phone) == ["bob: tea again?"]


@pytest.mark.asyncio
async def test_a_phone_that_was_turned_off_and_reinstalled_is_reached_again(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob = await user(client, "ada"), await user(client, "bob")
    phone = await phones()
    await log_in(phone, ada)
    await phone.unsubscribe()
    await write(client, bob, ada, "off")
    assert (await outcome(server)).outcome == PushOutcome.NOBODY_REACHED
    await phone.reinstall()
    await log_in(phone, ada)
    await write(client, bob, ada, "on")
    record = await outcome(server)
    assert (record.outcome, record.recipients, len(record.player_ids)) == (PushOutcome.SENT, 1, 2)
    assert "not subscribed" in record.reason
    assert received(onesignal, phone) == ["bob: on"]


@pytest.mark.asyncio
async def test_a_changed_token_changes_nothing_for_the_player(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob = await user(client, "ada"), await user(client, "bob")
    phone = await phones("en", "android")
    await log_in(phone, ada)
    await phone.change_token()
    (device,) = await server.devices(ada.user_id)
    assert device.identifier == phone.info.one_signal_push_token
    await write(client, bob, ada, "tea?")
    await outcome(server)
    assert received(onesignal, phone) == ["bob: tea?"]


@pytest.mark.parametrize("target", ["external_user_id"])
@pytest.mark.asyncio
async def test_push_reaches_players_by_external_user_id(
    server: MockServer, client: Client, phones: Phones, onesignal: OneSignalStub
) -> None:
    ada, bob = await user(client, "ada"), await user(client, "bob")
    first, second = await phones("de"), await phones()
    for phone in (first, second):
        await phone.external_user_id.set(ada.user_id)
    assert await server.devices(ada.user_id) == []
    await write(client, bob, ada, "tea?")
    assert (await outcome(server)).recipients == 2
    await second.external_user_id.remove()
    await write(client, bob, ada, "coffee?")
    assert (await outcome(server)).recipients == 1
    assert received(onesignal, first) == ["bob sagt: tea?", "bob sagt: coffee?"]
    assert received(onesignal, second) == ["bob: tea?"]
    await first.external_user_id.set(bob.user_id)
    await write(client, bob, ada, "nobody?")
    assert (await outcome(server)).outcome == PushOutcome.NOBODY_REACHED
