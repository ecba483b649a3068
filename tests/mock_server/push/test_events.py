"""What happens to a user becomes a push."""

from typing import Any

import aiohttp
import pytest

from mock_server import Config, MockServer, PushEvent, PushMessage, PushOutcome, PushRecord
from nakama_client import Client, Session
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import Start, client_of, login

RULES = [
    {"event": event, "contents": {"en": f"{event} $sender $subject"}}
    for event in ("friend_request", "friend_accept", "group_add", "group_join_request")
]


async def ended(server: MockServer, number: int = 1) -> list[PushRecord]:
    """The records, once so many have an outcome."""

    def enough(_: PushRecord) -> bool:
        done = [each for each in server.pushes if each.outcome != PushOutcome.PENDING]
        return len(done) >= number

    await server.pushes.wait_for(enough)
    return list(server.pushes)


async def phone(client: Client, session: Session, name: str = "phone") -> str:
    return (await client.register_push(session, device_type=1, identifier=name)).player_id


@pytest.mark.asyncio
async def test_a_notification_to_an_offline_user_reaches_all_their_devices(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    english = await phone(client, ada, "english")
    await client.update_account(ada, lang_tag="de")
    german = await phone(client, ada, "german")
    await server.notifications.send(ada.user_id, "A sword", {"item": "sword"}, code=7)
    (record,) = await ended(server)
    assert record.outcome == PushOutcome.SENT
    assert (record.event, record.user_id, record.recipients) == ("7", ada.user_id, 2)
    assert set(record.player_ids) == {english, german}
    assert {push.player_id: push.contents for push in onesignal.pushes} == {
        english: "A sword",
        german: "Ein Geschenk",
    }
    (stored,) = await server.notifications.stored(ada.user_id)
    assert onesignal.pushes[0].data == {
        "event": "7",
        "code": 7,
        "sender_id": "00000000-0000-0000-0000-000000000000",
        "source_id": stored["id"],
    }


@pytest.mark.asyncio
async def test_a_user_with_an_open_socket_gets_a_frame_and_no_push(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    await phone(client, ada)
    async with client.socket(ada) as socket:
        frames = socket.notifications()
        await server.notifications.send(ada.user_id, "A sword", code=7)
        assert (await anext(frames)).subject == "A sword"
    (record,) = server.pushes
    assert (record.outcome, record.reason) == (PushOutcome.SKIPPED, "the user is online")
    assert onesignal.pushes == []


@pytest.mark.asyncio
async def test_a_rule_may_ask_to_push_to_who_is_online(start: Start) -> None:
    rule = {"event": 7, "contents": {"en": "Look!"}, "also_online": True}
    async with start(push__on_event=[rule]) as server, client_of(server) as client:
        ada = await login(client, "ada")
        await phone(client, ada)
        async with client.socket(ada):
            await server.notifications.send(ada.user_id, "A sword", code=7)
            (record,) = await ended(server)
        assert record.outcome == PushOutcome.SENT


@pytest.mark.asyncio
async def test_without_a_rule_nothing_happens(
    server: MockServer, client: Client, ada: Session
) -> None:
    await phone(client, ada)
    await server.notifications.send(ada.user_id, "A sword", code=8)
    assert len(server.pushes) == 0


@pytest.mark.asyncio
async def test_nobody_is_reached_without_a_device(server: MockServer, ada: Session) -> None:
    await server.notifications.send(ada.user_id, "A sword", code=7)
    (record,) = server.pushes
    assert (record.outcome, record.reason) == (
        PushOutcome.NOBODY_REACHED,
        "the user has no device",
    )


@pytest.mark.asyncio
async def test_nobody_is_reached_where_all_have_unsubscribed(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    player_id = await phone(client, ada)
    async with aiohttp.ClientSession() as http:
        await http.put(
            f"{onesignal.url}/players/{player_id}",
            json={"app_id": onesignal.app_id, "notification_types": -2},
        )
    await server.notifications.send(ada.user_id, "A sword", code=7)
    (record,) = await ended(server)
    assert record.outcome == PushOutcome.NOBODY_REACHED
    assert len(record.failures) == 1


@pytest.mark.asyncio
async def test_one_bad_player_id_does_not_keep_the_others_from_the_message(
    server: MockServer, client: Client, ada: Session
) -> None:
    async with aiohttp.ClientSession() as http:
        good = await phone(client, ada)
        async with http.post(
            f"{server.http_url}/push/registration",
            json={"oneSignalUserId": "no uuid", "platform": "ios"},
            headers={"Authorization": f"Bearer {ada.token}"},
        ) as answer:
            assert answer.status == 200
        await server.notifications.send(ada.user_id, "A sword", code=7)
        (record,) = await ended(server)
    assert (record.outcome, record.player_ids) == (PushOutcome.SENT, (good,))
    assert record.reason == "no UUID: no uuid"


@pytest.mark.asyncio
async def test_pushes_go_out_in_the_order_of_the_events(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    await phone(client, ada)
    for number in range(20):
        await server.notifications.send(ada.user_id, f"no. {number}", code=7)
    await ended(server, 20)
    assert [push.contents for push in onesignal.pushes] == [f"no. {n}" for n in range(20)]


@pytest.mark.asyncio
async def test_a_push_goes_to_the_external_user_id_when_push_target_says_so(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with (
        start(push__target="external_user_id") as server,
        client_of(server) as client,
        aiohttp.ClientSession() as http,
    ):
        ada = await login(client, "ada")
        await http.post(
            f"{onesignal.url}/players",
            json={
                "app_id": onesignal.app_id,
                "device_type": 0,
                "identifier": "token",
                "external_user_id": ada.user_id,
            },
        )
        await server.notifications.send(ada.user_id, "A sword", code=7)
        (record,) = await ended(server)
    assert (record.outcome, record.player_ids) == (PushOutcome.SENT, ())
    (push,) = onesignal.pushes
    assert push.external_user_id == ada.user_id


@pytest.mark.asyncio
async def test_friends_and_groups_cause_pushes(start: Start, onesignal: OneSignalStub) -> None:
    async with start(push__on_event=RULES) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        await phone(client, ada, "ada's")
        await phone(client, bob, "bob's")
        await client.add_friends(bob, ids=[ada.user_id])
        await client.add_friends(ada, ids=[bob.user_id])
        group = await client.create_group(ada, "Guild", open=False)
        await client.join_group(bob, group.id)
        await client.add_group_users(ada, group.id, [bob.user_id])
        await ended(server, 4)
    # Pushes of several events are under way beside each other.
    assert {(push.contents, push.data["event"]) for push in onesignal.pushes} == {
        ("friend_request bob bob wants to add you as a friend", "friend_request"),
        ("friend_accept ada ada accepted your friend request", "friend_accept"),
        ("group_join_request bob User bob wants to join your group", "group_join_request"),
        ("group_add ada You've been added to group Guild", "group_add"),
    }
    assert len(onesignal.pushes) == 4


@pytest.mark.asyncio
async def test_a_direct_message_reaches_who_is_offline_once(
    start: Start, onesignal: OneSignalStub
) -> None:
    rule = {"event": "direct_message", "contents": {"en": "$sender: $text"}}
    async with start(push__on_event=[rule]) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        await phone(client, ada)
        async with client.socket(bob) as socket:
            channel = await socket.join_channel(ada.user_id, 2)
            room = await socket.join_channel("lobby", 1)
            await socket.send_message(channel.id, {"text": "hello $sender"})
            await socket.send_message(room.id, {"text": "to everybody"})
            (record,) = await ended(server)
            async with client.socket(ada):
                await socket.send_message(channel.id, {"text": "you are here"})
    assert record.event == "direct_message"
    assert [each.outcome for each in server.pushes] == [PushOutcome.SENT, PushOutcome.SKIPPED]
    (push,) = onesignal.pushes
    assert push.contents == "bob: hello $sender"
    assert push.data["sender_id"] == bob.user_id


@pytest.mark.asyncio
async def test_a_function_makes_the_message(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    @server.pushes.on_event(7)
    def coins_only(event: PushEvent) -> PushMessage | None:
        coins = event.content.get("coins")
        return PushMessage(contents={"en": f"{coins} coins"}) if coins else None

    await phone(client, ada)
    await server.notifications.send(ada.user_id, "A sword", code=7)
    await server.notifications.send(ada.user_id, "Coins", {"coins": 5}, code=7)
    skipped, sent = await ended(server, 2)
    assert (skipped.outcome, skipped.reason) == (PushOutcome.SKIPPED, "the rule made no message")
    assert sent.contents == {"en": "5 coins"}
    assert [push.contents for push in onesignal.pushes] == ["5 coins"]


@pytest.mark.asyncio
async def test_a_rule_that_fails_is_recorded_and_the_notification_sent(
    server: MockServer, client: Client, ada: Session
) -> None:
    @server.pushes.on_event(7)
    def broken(event: PushEvent) -> PushMessage:
        raise KeyError("gold")

    await phone(client, ada)
    await server.notifications.send(ada.user_id, "A sword", code=7)
    (record,) = server.pushes
    assert (record.outcome, record.reason) == (
        PushOutcome.FAILED,
        "the rule failed: KeyError: 'gold'",
    )
    assert len(await server.notifications.stored(ada.user_id)) == 1


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("a text", "the rule made 'a text', no PushMessage"),
        (PushMessage(contents={"en": "x"}, data={"set": {1}}), "it could not be sent: "),
        (PushMessage(contents={"de": "x"}), "English"),
    ],
)
@pytest.mark.asyncio
async def test_a_message_that_can_not_be_sent_is_recorded(
    server: MockServer, client: Client, ada: Session, made: Any, reason: str
) -> None:
    server.pushes.on_event(7)(lambda event: made)
    await phone(client, ada)
    await server.notifications.send(ada.user_id, "A sword", code=7)
    (record,) = await ended(server)
    assert record.outcome == PushOutcome.FAILED
    assert reason in record.reason


@pytest.mark.asyncio
async def test_a_template_without_its_value_is_recorded(start: Start) -> None:
    rule = {"event": 7, "contents": {"en": "$gold gold"}}
    async with start(push__on_event=[rule]) as server, client_of(server) as client:
        ada = await login(client, "ada")
        await server.notifications.send(ada.user_id, "A sword", {"coins": 5}, code=7)
        (record,) = server.pushes
    assert record.outcome == PushOutcome.FAILED
    assert "$gold; this event has $coins, $sender, $subject, $code" in record.reason


@pytest.mark.asyncio
async def test_rules_and_records_of_a_test_are_gone_after_reset(
    server: MockServer, client: Client, ada: Session, onesignal: OneSignalStub
) -> None:
    @server.pushes.on_event(7)
    def late(event: PushEvent) -> PushMessage:
        return PushMessage(contents={"en": "late"})

    await server.notifications.send(ada.user_id, "A sword", code=7)
    await server.reset()
    assert len(server.pushes) == 0
    ada = await login(client, "ada")
    await phone(client, ada)
    await server.notifications.send(ada.user_id, "A sword", code=7)
    (record,) = await ended(server)
    assert record.contents["en"] == "A sword"


@pytest.mark.asyncio
async def test_records_can_be_read_over_http(
    server: MockServer, client: Client, ada: Session
) -> None:
    bob = await login(client, "bob")
    await phone(client, ada)
    for session in (ada, bob):
        await server.notifications.send(session.user_id, "A sword", code=7)
    await ended(server, 2)

    async def pushes(query: str) -> list[dict[str, Any]]:
        url = f"{server.console_url}/_control/pushes{query}"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            return (await answer.json())["pushes"]

    assert [each["outcome"] for each in await pushes("")] == ["sent", "nobody_reached"]
    (record,) = await pushes(f"?user_id={bob.user_id}")
    assert record["reason"] == "the user has no device"


@pytest.mark.asyncio
async def test_without_onesignal_a_push_fails_and_says_why(start: Start) -> None:
    settings = {"onesignal__url": "", "push__registration_path": "/register"}
    async with (
        start(**settings) as server,
        client_of(server) as client,
        aiohttp.ClientSession() as http,
    ):
        ada = await login(client, "ada")
        await http.post(
            f"{server.http_url}/register",
            json={"oneSignalUserId": "59c51e4a-7072-4bfe-b614-e34a87731c83"},
            headers={"Authorization": f"Bearer {ada.token}"},
        )
        await server.notifications.send(ada.user_id, "A sword", code=7)
        (record,) = server.pushes
    assert record.outcome == PushOutcome.FAILED
    assert "onesignal.url is not set" in record.reason


@pytest.mark.asyncio
async def test_a_wait_that_ends_in_nothing_says_what_there_was(
    server: MockServer, ada: Session
) -> None:
    await server.notifications.send(ada.user_id, "A sword", code=7)
    with pytest.raises(TimeoutError, match=r"7 to .*: nobody_reached \(the user has no device\)"):
        await server.pushes.wait_for(lambda record: record.event == "8", timeout=0.01)


def test_pushes_of_a_server_in_a_thread_can_be_read_and_awaited() -> None:
    settings = {"push.on_event": [{"event": 7, "contents": {"en": "Hi"}}]}
    with MockServer(Config.from_settings(settings)) as server:

        async def send() -> PushRecord:
            user_id = server.nk.uuid_v4()
            server.nk.notification_send(user_id, "Hi", {}, 7)
            return await server.pushes.wait_for(lambda record: record.user_id == user_id)

        assert server.run(send()).outcome == PushOutcome.NOBODY_REACHED
        assert len(list(server.pushes)) == 1
