"""Two phones, one player, one message: who gets what while the player is away or there.

Run it: python examples/push_walkthrough.py
"""

import asyncio

from mock_server import Config, MockServer
from nakama_client import (
    ChannelMessage,
    ChannelType,
    Client,
    PushDevice,
    RegistrationInfo,
    Session,
)
from onesignal_stub import OneSignalStub

RULES = [
    {
        "event": "friend_request",
        "contents": {
            "en": "$sender wants to be your friend",
            "de": "$sender möchte befreundet sein",
        },
    },
    {
        "event": "direct_message",
        "contents": {"en": "$sender says: $text", "de": "$sender sagt: $text"},
    },
]


def settings(onesignal: OneSignalStub) -> Config:
    return Config.from_settings(
        {
            "onesignal.url": onesignal.url,
            "push.on_event": RULES,
        }
    )


async def main() -> None:
    async with (
        OneSignalStub() as onesignal,
        MockServer(settings(onesignal)) as server,
        Client(server.http_url) as client,
    ):
        ada = await client.authenticate_device("the-account-of-ada", username="ada")
        bob = await client.authenticate_device("the-account-of-bob", username="bob")
        iphone = a_phone(onesignal, server, RegistrationInfo(platform="ios", language="de"))
        pixel = a_phone(onesignal, server, RegistrationInfo(platform="android"))
        async with iphone, pixel:
            for phone in (iphone, pixel):
                await log_in(phone, ada)
            print(f"ada has {len(await server.devices(ada.user_id))} phones, and is away")

            print("\n1. bob asks ada to be friends, and writes to ada")
            await client.add_friends(bob, [ada.user_id])
            async with client.socket(bob) as socket:
                channel = await socket.join_channel(ada.user_id, ChannelType.DIRECT)
                await socket.send_message(channel.id, {"text": "tea?"})
                for phone in (iphone, pixel):
                    await show(onesignal, phone)

                print("\n2. ada is there, and bob writes again")
                async with client.socket(ada) as ada_socket:
                    inbox: asyncio.Queue[ChannelMessage] = asyncio.Queue()
                    ada_socket.on_channel_message(inbox.put_nowait)
                    await ada_socket.join_channel(bob.user_id, ChannelType.DIRECT)
                    await socket.send_message(channel.id, {"text": "or coffee?"})
                    message = await inbox.get()
                    print(f"   ada's socket: {message.username} says {message.content['text']!r}")

        print("\nWhat became of each push")
        for record in server.pushes:
            print(f"   {record.event}: {record.outcome} {record.reason or record.recipients}")


def a_phone(onesignal: OneSignalStub, server: MockServer, info: RegistrationInfo) -> PushDevice:
    return PushDevice(
        onesignal.url,
        onesignal.app_id,
        info=info,
        registration_url=f"{server.http_url}/push/registration",
        page_pattern="/welcome",
    )


async def log_in(phone: PushDevice, session: Session) -> None:
    """The app starts, the player logs in, and the page after the login is loaded."""
    await phone.register()
    phone.cookies["session"] = session.token
    await phone.load_page("https://game.example/welcome")


async def show(onesignal: OneSignalStub, phone: PushDevice) -> None:
    player_id = phone.info.one_signal_user_id
    await onesignal.wait_for_push(player_id=player_id, contains="tea?")
    for push in onesignal.find_pushes(player_id=player_id):
        print(f"   {phone.info.model} ({push.language}): {push.contents}")


asyncio.run(main())
