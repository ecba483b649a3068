"""A week of a tournament in a moment: two bots, a reset, rewards, and a push to the winner.

The server's module pays the players when the tournament is reset. The clock is the mock's, so
nobody waits for a week.

Run it: python examples/weekly_tournament.py
"""

import asyncio

from mock_server import Config, MockServer
from nakama_client import Client, DeviceType, LeaderboardRecord, Session
from onesignal_stub import OneSignalStub

WEEK = 7 * 24 * 3600
REWARD = 100  # the code of the notification
RULES = [{"event": str(REWARD), "contents": {"en": "$subject: $coins coins are waiting for you"}}]


def init_module(nk) -> None:
    """What a game's server would have in a file of its own."""

    def pay(context, tournament, end, reset) -> None:
        records, *_ = nk.tournament_records_list(tournament["id"], None, 10, None, reset)
        for place, record in enumerate(records, start=1):
            subject = "You won the weekly cup" if place == 1 else f"You came in at number {place}"
            coins = tournament["metadata"]["prize"] // place
            nk.wallet_update(record["owner_id"], {"coins": coins})
            content = {"coins": coins, "place": place}
            nk.notification_send(record["owner_id"], subject, content, REWARD, None, True)

    nk.register_tournament_reset(pay)
    nk.tournament_create(
        "weekly",  # id
        False,  # authoritative: players write their scores themselves
        "desc",
        "best",
        WEEK,
        "0 0 * * 1",  # it begins again each Monday
        {"prize": 100},
        "The weekly cup",
        "Three attempts each",
        1,  # category
        0,  # start_time: now
        0,  # end_time: never
        100,  # max_size
        3,  # max_num_score
        True,  # join_required
        True,  # enable_ranks
    )


async def main() -> None:
    async with OneSignalStub() as onesignal:
        config = Config.from_settings({"onesignal.url": onesignal.url, "push.on_event": RULES})
        server = MockServer(config)
        server.module(init_module)
        async with server, Client(server.http_url, clock=server.clock.time) as client:
            await play(server, client, onesignal)


async def play(server: MockServer, client: Client, onesignal: OneSignalStub) -> None:
    ada, bob = await log_in(client, "ada"), await log_in(client, "bob")
    phone = await client.register_push(
        ada, device_type=DeviceType.ANDROID, identifier="the FCM token of ada's phone"
    )
    (cup,) = (await client.list_tournaments(ada)).tournaments
    print(f"{cup.title}: {cup.max_num_score} attempts, {cup.metadata['prize']} coins")
    for player, scores in ((ada, (310, 470)), (bob, (120, 290, 150))):
        await client.join_tournament(player, cup.id)
        for score in scores:
            record = await client.write_tournament_record(
                player, cup.id, score=score, metadata={"track": "ice"}
            )
        print(f"{player.username}: {record.num_score} attempts, the best is {record.score}")
    board = await client.list_tournament_records(ada, cup.id)
    show("the board on Sunday", board.records)

    server.clock.advance(WEEK)
    await server.settle()  # the tournament is reset, and `pay` was called

    push = await onesignal.wait_for_push(player_id=phone.player_id)
    print(f"ada's phone: {push.contents}")
    ada, bob = await log_in(client, "ada"), await log_in(client, "bob")  # a week is long
    for player in (ada, bob):
        async for reward in client.iter_notifications(player):
            account = await client.get_account(player)
            print(f"{player.username}: {reward.subject}, {account.wallet['coins']} coins")
    show("the board on Monday", (await client.list_tournament_records(ada, cup.id)).records)
    last = client.iter_tournament_records(ada, cup.id, expiry=record.expiry_time)
    show("the week before", [each async for each in last])


async def log_in(client: Client, name: str) -> Session:
    return await client.authenticate_device(f"phone-of-{name}", username=name)


def show(title: str, records: list[LeaderboardRecord] | tuple[LeaderboardRecord, ...]) -> None:
    lines = [f"{each.rank}. {each.username} {each.score}" for each in records]
    print(f"{title}: {', '.join(lines) or 'nobody yet'}")


asyncio.run(main())
