"""Two phones and one player: who gets which message, while the player is away or there.

Run it: python examples/push_walkthrough.py
"""

import asyncio

from mock_server import Config, Context, MockServer
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
    {
        "event": "rpc:order_delivered",
        "contents": {"en": "Your $item is here", "de": "Angekommen: $item"},
    },
    {
        "event": "schedule:come_back",
        "cron": "0 18 * * *",
        "contents": {"en": "Your castle misses you", "de": "Deine Burg vermisst dich"},
        "filters": [{"field": "last_session", "relation": ">", "hours_ago": "72"}],
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
        Client(server.http_url, http_key="defaulthttpkey") as client,
    ):

        @server.rpc("order_delivered")
        def order_delivered(context: Context, payload: str) -> None:
            """The shop calls it, with the HTTP key; what the game does with the order is here."""

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
                    await show(onesignal, phone, "bob ", "tea?")

                print("\n2. ada is there, and bob writes again")
                async with client.socket(ada) as ada_socket:
                    inbox: asyncio.Queue[ChannelMessage] = asyncio.Queue()
                    ada_socket.on_channel_message(inbox.put_nowait)
                    await ada_socket.join_channel(bob.user_id, ChannelType.DIRECT)
                    await socket.send_message(channel.id, {"text": "or coffee?"})
                    message = await inbox.get()
                    print(f"   ada's socket: {message.username} says {message.content['text']!r}")

            print("\n3. the shop has delivered what ada ordered")
            await client.rpc_http_key("order_delivered", {"user_id": ada.user_id, "item": "sword"})
            for phone in (iphone, pixel):
                await show(onesignal, phone, "sword")

            print("\n4. ada does not open the app for four days, and it gets 18:00")
            await onesignal.advance(4 * 86_400)
            server.clock.advance(86_400)
            await show(onesignal, iphone, "Burg")
            await show(onesignal, pixel, "castle")
            await server.pushes.wait_for(
                lambda record: (record.event, record.outcome) == ("schedule:come_back", "sent")
            )

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


async def show(onesignal: OneSignalStub, phone: PushDevice, *texts: str) -> None:
    """Wait for a push with each of these texts."""
    for text in texts:
        push = await onesignal.wait_for_push(player_id=phone.info.one_signal_user_id, contains=text)
        print(f"   {phone.info.model} ({push.language}): {push.contents}")


asyncio.run(main())
