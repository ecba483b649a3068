"""What players of a load test do, as tasks that a game combines.

    from nakama_client.load import NakamaUser, scenarios

    class Player(NakamaUser):
        wait_time = between(1, 5)
        tasks = {scenarios.log_in: 1, scenarios.chat: 3}

        @task
        async def duel(self) -> None:
            await scenarios.play_match(self, players=2, messages=50)

Each is a coroutine function of a player. What it sends has markers, so that its deliveries are
counted under the scenario's name. Players of different workers do not meet: each worker counts what
its own players get.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from nakama_client.console import ConsoleOperator, open_console
from nakama_client.errors import ArgumentError, NakamaError, TimeoutExceeded
from nakama_client.features.joined_matches import Match
from nakama_client.features.matchmaker import MatchmakerMatched
from nakama_client.load.delivery import MARKER
from nakama_client.load.user import NakamaUser
from nakama_client.protocol.rules import check_count, check_size, check_type
from nakama_client.push.registration import DeviceType

_OPERATOR = ConsoleOperator(None, "admin", "password")  # as Nakama has it by default
_CODE = 1000  # of a broadcast's notification
_OP_CODE = 1
_LONGEST_ROOM = 20  # bytes; the server takes 64, and the worker's name is a part of it


async def log_in(user: NakamaUser) -> None:
    """Log in once more, as everybody does after a maintenance: a login storm.

    The player's session and socket stay as they are. How many come at a time is up to
    `--spawn-rate` and `wait_time`.
    """
    await user.client.authenticate_device(user.device_id, create=False)


async def idle(user: NakamaUser, seconds: float = 30.0) -> None:
    """Do nothing but listen, as most players do."""
    await asyncio.sleep(seconds)


async def broadcast_by_rpc(
    user: NakamaUser, rpc_id: str, *, recipients: Sequence[str] | None = None
) -> None:
    """Call an RPC that sends a notification to many players.

    Args:
        user: Who calls it.
        rpc_id: The RPC. Its payload is `{"user_ids": […], "content": {…}}`; it sends the content,
            as a persistent notification, to these users.
        recipients: Their user ids; None for all players of this process. Nakama takes 256 KiB in
            one request, about 6,000 ids.
    """
    user_ids = user.online if recipients is None else list(recipients)
    async with user.sending("broadcast", user_ids) as marker:
        await user.client.rpc(user.session, rpc_id, {"user_ids": user_ids, "content": marker})


async def broadcast_by_console(
    user: NakamaUser,
    *,
    recipients: Sequence[str] | None = None,
    operator: ConsoleOperator = _OPERATOR,
) -> None:
    """Send a persistent notification to many players through the console's API.

    Args:
        user: Whose server it is.
        recipients: Their user ids; None for all players of this process.
        operator: Who sends it, and where the console is.
    """
    user_ids = user.online if recipients is None else list(recipients)
    async with (
        open_console(operator, str(user.host)) as console,
        user.sending("broadcast", user_ids) as marker,
    ):
        await console.send(user_ids, "A broadcast", marker, _CODE, persistent=True)


async def chat(user: NakamaUser, room: str = "load-test") -> None:
    """Write a message into a chat room, which is joined with the first one.

    Everybody in the room is expected to get it, the writer included. The players of each worker
    have a room of their own. A room has no memory: what is written while a player is not
    connected is missed by them.

    Args:
        user: Who writes.
        room: The room's name, up to 20 bytes.

    Raises:
        ArgumentError: The name is longer, or empty.
    """
    check_size("the room's name", room, shortest=1, longest=_LONGEST_ROOM)
    if room not in user.rooms:
        channel = await user.socket.join_channel(f"{room} {user._load.worker}")
        user.rooms[room] = channel.id
    members = [each.session.user_id for each in user._load.players if room in each.rooms]
    async with user.sending("chat", members) as marker:
        await user.socket.send_message(user.rooms[room], marker)


async def play_match(
    user: NakamaUser,
    *,
    players: int = 2,
    messages: int = 10,
    pause: float = 0.1,
    timeout: float = 30.0,
) -> None:
    """Find a relayed match through the matchmaker, and play it: everybody sends to all others.

    The time from the ticket to the match is counted as SOCKET `matchmaking`.

    Args:
        user: Who plays.
        players: How many play together.
        messages: How many messages each of them sends.
        pause: Seconds between two of them.
        timeout: Seconds for finding the match, and for the match.

    Raises:
        ArgumentError: Fewer than two players, or no message, or the server's modules have made a
            match with a handler, which passes nothing on by itself.
        TimeoutExceeded: There was no match in time, or the others did not send all in time.
    """
    check_count("players", players, least=2)
    check_count("messages", messages)
    matched = await _matched(user, players, timeout)
    match = await user.socket.join_match(matched.match_id, token=matched.token)
    try:
        if match.authoritative:
            # No id: Locust lists failures by their text.
            raise ArgumentError("play_match is for relayed matches; this one has a handler")
        others = {each.presence.user_id for each in matched.users} - {user.session.user_id}
        receiving = asyncio.create_task(_receive(match, len(others) * messages))
        try:
            async with asyncio.timeout(timeout):
                await _everybody(user, match, len(others))
                for _ in range(messages):
                    async with user.sending("match data", others) as marker:
                        await match.send(_OP_CODE, json.dumps(marker))
                    await asyncio.sleep(pause)
                await receiving
        finally:
            await _ended([receiving])
    except TimeoutError:
        raise TimeoutExceeded(f"the match did not end within {timeout:g} s") from None
    finally:
        with suppress(NakamaError):  # a lost socket has left it
            await match.leave()


async def lose_connections(user: NakamaUser, share: float = 0.5, *, timeout: float = 60.0) -> None:
    """Cut the sockets of some players of this process at once, and wait until all are back.

    They reconnect with the SDK's jitter, and their feeds list what came meanwhile: whatever other
    tasks send to them is expected to arrive. Give it to one player, in a class with
    `fixed_count = 1`, so that there is one storm at a time.

    Args:
        user: Any player.
        share: Of the players who are connected, from 0 to 1.
        timeout: Seconds.

    Raises:
        ArgumentError: The share is out of range.
        TimeoutExceeded: Some were not back, or had not listed what they missed, in time.
    """
    check_type("share", share, int, float)
    if not 0 <= share <= 1:
        raise ArgumentError(f"share is from 0 to 1, not {share:g}")
    players = user._load.players
    lost = random.sample(players, round(share * len(players)))
    for player in lost:
        player.lose_connection()
    waiting = [asyncio.create_task(player.up_to_date.wait()) for player in lost]
    try:
        _, late = await asyncio.wait(waiting, timeout=timeout) if waiting else ((), ())
    finally:
        await _ended(waiting)
    if late:
        raise TimeoutExceeded(f"{len(late)} of {len(lost)} were not back within {timeout:g} s")


async def register_push(user: NakamaUser, device_type: int = DeviceType.ANDROID) -> None:
    """Register the player's phone for push messages, through the RPC `register_push`.

    Each player has one phone, whose token is made of their number.
    """
    await user.client.register_push(
        user.session, device_type=device_type, identifier=f"{user.device_id}-token"
    )


async def _matched(user: NakamaUser, players: int, timeout: float) -> MatchmakerMatched:
    """Find others of this process who want as many players."""
    wanted = f"{user._load.worker}-{players}"
    started = time.perf_counter()
    event = user.socket.wait_for(user.socket.matchmaker_matches, timeout=timeout)
    ticket = await user.socket.add_matchmaker(
        f"+properties.load_test:{wanted}",
        min_count=players,
        max_count=players,
        string_properties={"load_test": wanted},
    )
    try:
        matched = await event
    except BaseException:
        with suppress(NakamaError):  # a lost socket has no ticket
            await user.socket.remove_matchmaker(ticket)
        raise
    user._load.record("SOCKET", "matchmaking", time.perf_counter() - started)
    return matched


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel what still runs, and wait until it has ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _everybody(user: NakamaUser, match: Match, count: int) -> None:
    """Wait until so many others are there."""
    while len(match.presences) < count:
        await user.socket.wait_for(user.socket.match_presences)


async def _receive(match: Match, count: int) -> None:
    """Wait until so many messages of others have arrived; the player counts them."""
    async for data in match:
        count -= MARKER.encode() in data.data
        if count <= 0:
            return
