"""A player gets notifications live, catches up on missed ones, and registers for push.

Run it: python examples/quickstart.py
"""

import asyncio

from mock_server import Config, MockServer, OneSignalConfig, PushConfig, PushRule
from nakama_client import Client, DeviceType, Notification
from onesignal_stub import OneSignalStub

UNDER_ATTACK = 100  # one of the game's own notification codes


def settings(onesignal: OneSignalStub) -> Config:
    """Players who are offline get notifications of this code as a push, too."""
    rule = PushRule(event=UNDER_ATTACK, contents={"en": "$subject"})
    return Config(onesignal=OneSignalConfig(url=onesignal.url), push=PushConfig(on_event=[rule]))


async def main() -> None:
    async with (
        OneSignalStub() as onesignal,
        MockServer(settings(onesignal)) as server,
        Client(server.http_url, server_key="defaultkey") as client,
    ):
        session = await client.authenticate_device("quickstart-phone", username="ada")
        print(f"{session.username} is logged in")

        print("\n1. Live: what comes while the socket is open")
        async with client.socket(session) as socket:
            arrived = asyncio.Event()

            @socket.on_notification
            def show(notification: Notification) -> None:
                print(f"   {notification.subject} {notification.content}")
                arrived.set()

            await server.notifications.send(
                session.user_id, "You earned a sword!", {"item": "sword"}
            )
            await arrived.wait()
        seen = (await client.list_notifications(session)).cursor

        print("\n2. Catch up: what came while ada was away")
        for number in range(1, 4):
            await server.notifications.send(session.user_id, f"Gift no. {number}")
        missed = [each async for each in client.iter_notifications(session, cursor=seen)]
        for notification in missed:
            print(f"   {notification.subject}")

        print("\n3. Delete: what was read")
        await client.delete_notifications(session, [each.id for each in missed])
        left = await client.list_notifications(session)
        print(f"   {len(missed)} deleted, {len(left.notifications)} left")

        print("\n4. Push: for when the game is closed")
        await client.register_push(
            session, device_type=DeviceType.ANDROID, identifier="ada's android"
        )
        await server.notifications.send(
            session.user_id, "Your castle is under attack!", code=UNDER_ATTACK
        )
        sent = await onesignal.wait_for_push(contains="castle")
        print(f"   OneSignal would have shown: {sent.contents!r}")


asyncio.run(main())
