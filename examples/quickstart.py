"""A player gets notifications live, catches up on missed ones, and registers for push.

Run it: python examples/quickstart.py
"""

import asyncio
import json

from mock_server import MockServer
from nakama_client import Client, Notification
from onesignal_stub import OneSignalStub


async def main() -> None:
    async with OneSignalStub() as onesignal, MockServer() as server:
        push = add_backend(server, onesignal)
        async with Client(server.http_url, server_key="defaultkey") as client:
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
            await client.register_push(session, device_type=1, identifier="ada's android")
            await push(session.user_id, "Your castle is under attack!")
            sent = await onesignal.wait_for_push(contains="castle")
            print(f"   OneSignal would have shown: {sent.contents!r}")


def add_backend(server: MockServer, onesignal: OneSignalStub):
    """What a game's server modules do: register devices with OneSignal, and push to them."""
    nk = server.nk
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {onesignal.rest_key}"}

    async def post(path: str, **body: object) -> dict:
        text = nk.json_encode({"app_id": onesignal.app_id, **body})
        url = f"{onesignal.url}/api/v1/{path}"
        _, _, answer = await nk.http_request(url, "post", headers, text)
        return nk.json_decode(answer)

    @server.rpc("register_push")
    async def register_push(context, payload: str) -> None:
        device = json.loads(payload)
        player = await post(
            "players", device_type=device["DeviceType"], identifier=device["Identifier"]
        )
        nk.account_update_id(context.user_id, {"os_player_id": player["id"]})

    async def push(user_id: str, text: str) -> None:
        (user,) = nk.users_get_id([user_id])
        players = [user["metadata"]["os_player_id"]]
        await post("notifications", include_player_ids=players, contents={"en": text})

    return push


asyncio.run(main())
