"""Two bots become friends, found a guild, and talk, also while one of them is away.

Run it: python examples/social_bot.py
"""

import asyncio

from mock_server import MockServer
from nakama_client import ChannelMessage, ChannelType, Client, Notification, NotificationCode


class Bot:
    """A player who is friendly to everybody: it accepts each friend and each member."""

    @classmethod
    async def log_in(cls, client: Client, name: str) -> "Bot":
        bot = cls()
        bot.client, bot.name, bot.news = client, name, asyncio.Queue()
        bot.session = await client.authenticate_device(f"device-of-{name}", username=name)
        bot.socket = client.socket(bot.session)
        bot.socket.on_notification(bot.react)
        bot.socket.on_channel_message(bot.listen)
        return bot

    async def react(self, notification: Notification) -> None:
        self.show(f"({notification.subject})")
        match notification.code:
            case NotificationCode.FRIEND_REQUEST:
                await self.client.add_friends(self.session, ids=[notification.sender_id])
            case NotificationCode.GROUP_JOIN_REQUEST:
                group_id, newcomer = notification.content["group_id"], notification.sender_id
                await self.client.add_group_users(self.session, group_id, user_ids=[newcomer])
        self.news.put_nowait(notification.code)

    def listen(self, message: ChannelMessage) -> None:
        if message.username != self.name:
            self.show(f'hears {message.username}: "{message.content["text"]}"')
            self.news.put_nowait(message.content["text"])

    async def wait_for(self, news: NotificationCode | str) -> None:
        while await self.news.get() != news:
            pass

    def show(self, what: str) -> None:
        print(f"  {self.name:>5}  {what}")


async def main() -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        wren, rook = await Bot.log_in(client, "Wren"), await Bot.log_in(client, "Rook")
        async with wren.socket:
            async with rook.socket:
                guild_chat = await meet(client, wren, rook)
                seen = (await client.list_notifications(rook.session)).cursor
                heard = (
                    await client.list_channel_messages(rook.session, guild_chat)
                ).cacheable_cursor

            print("\nRook is away; Wren talks on")
            await wren.socket.send_message(guild_chat, {"text": "The dragon woke up."})
            direct = await wren.socket.join_channel(rook.session.user_id, ChannelType.DIRECT)
            await wren.socket.send_message(direct.id, {"text": "Rook? Run!"})

        print("\nRook is back and catches up")
        async for notification in client.iter_notifications(rook.session, cursor=seen):
            rook.show(f"({notification.subject})")
        for chat, cursor in ((guild_chat, heard), (direct.id, None)):
            async for message in client.iter_channel_messages(rook.session, chat, cursor=cursor):
                rook.show(f'reads {message.username}: "{message.content["text"]}"')

        for bot in (wren, rook):
            print(f"\nAll that {bot.name} was told")
            async for notification in client.iter_notifications(bot.session):
                code = NotificationCode(notification.code)
                print(f"  {code:>5}  {code.name:<18}  {notification.subject}")


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
    for speaker, other, text in (
        (wren, rook, "The dragon sleeps. Tonight?"),
        (rook, wren, "I bring the rope."),
    ):
        await speaker.socket.send_message(chat.id, {"text": text})
        await other.wait_for(text)
    return chat.id


asyncio.run(main())
