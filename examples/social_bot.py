"""Two bots become friends, found a guild, and talk, also while one of them is away.

Run it: python examples/social_bot.py
"""

import asyncio

from mock_server import MockServer
from nakama_client import ChannelMessage, ChannelType, Client, Notification, NotificationCode


class Bot:
    """A player who is friendly to everybody: it accepts each friend and each member."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, name
        self.events: asyncio.Queue[object] = asyncio.Queue()

    async def log_in(self) -> None:
        device = f"phone-of-{self.name}"
        self.session = await self.client.authenticate_device(device, username=self.name)
        self.socket = self.client.socket(self.session)
        self.socket.on_notification(self.react)
        self.socket.on_channel_message(self.listen)

    async def react(self, notification: Notification) -> None:
        self.show(f"({notification.subject})")
        if notification.code == NotificationCode.FRIEND_REQUEST:
            await self.client.add_friends(self.session, [notification.sender_id])
        elif notification.code == NotificationCode.GROUP_JOIN_REQUEST:
            group = notification.content["group_id"]
            await self.client.add_group_users(self.session, group, [notification.sender_id])
        self.events.put_nowait(notification.code)

    def listen(self, message: ChannelMessage) -> None:
        if message.username != self.name:
            self.show(f"hears {message.username}")
            self.events.put_nowait(message.username)

    async def say(self, channel_id: str, text: str) -> None:
        self.show(f'says "{text}"')
        await self.socket.send_message(channel_id, {"text": text})

    async def wait_for(self, event: object) -> None:
        while await self.events.get() != event:
            pass

    def show(self, what: str) -> None:
        print(f"  {self.name}  {what}")


async def main() -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        wren, rook = Bot(client, "Wren"), Bot(client, "Rook")
        await asyncio.gather(wren.log_in(), rook.log_in())
        async with wren.socket:
            async with rook.socket:
                guild_chat = await meet(client, wren, rook)
                seen = (await client.list_notifications(rook.session)).cursor
                history = await client.list_channel_messages(rook.session, guild_chat)

            print("\nRook is away; Wren talks on")
            await wren.say(guild_chat, "The dragon woke up.")
            direct = await wren.socket.join_channel(rook.session.user_id, ChannelType.DIRECT)
            await wren.say(direct.id, "Rook? Run!")

        print("\nRook is back and catches up")
        async for notification in client.iter_notifications(rook.session, cursor=seen):
            rook.show(f"({notification.subject})")
        for chat, cursor in ((guild_chat, history.cacheable_cursor), (direct.id, None)):
            async for message in client.iter_channel_messages(rook.session, chat, cursor=cursor):
                rook.show(f'reads "{message.content["text"]}"')

        for bot in (wren, rook):
            print(f"\nAll that {bot.name} received")
            async for notification in client.iter_notifications(bot.session):
                code = NotificationCode(notification.code)
                print(f"  {code}  {code.name:<18}  {notification.subject}")


async def meet(client: Client, wren: Bot, rook: Bot) -> str:
    print("Wren invites Rook, who accepts")
    await client.add_friends(wren.session, usernames=["Rook"])
    await wren.wait_for(NotificationCode.FRIEND_ACCEPT)

    print("\nWren founds a guild, and Rook asks to join")
    guild = await client.create_group(wren.session, "The Night Watch")
    await client.join_group(rook.session, guild.id)
    await rook.wait_for(NotificationCode.GROUP_ADD)

    print("\nThey talk in the guild's chat")
    chat = await wren.socket.join_channel(guild.id, ChannelType.GROUP)
    await rook.socket.join_channel(guild.id, ChannelType.GROUP)
    await wren.say(chat.id, "The dragon sleeps. Tonight?")
    await rook.wait_for("Wren")
    await rook.say(chat.id, "I bring the rope.")
    await wren.wait_for("Rook")
    return chat.id


asyncio.run(main())
