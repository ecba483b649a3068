"""The client for a game loop, a script or a notebook."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from nakama_client.client import Client
from nakama_client.config import Endpoint
from nakama_client.cursors import CursorStore
from nakama_client.errors import ArgumentError
from nakama_client.feed_settings import Acknowledge
from nakama_client.game.delegation import (
    Facade,
    Registration,
    call,
    event,
    happening,
    items,
    made,
    request,
)
from nakama_client.game.feed import GameFeed
from nakama_client.game.pump import Pump
from nakama_client.game.socket import GameSocket
from nakama_client.protocol.paging import Progress
from nakama_client.protocol.rules import check_count
from nakama_client.session import Session


class GameClient(Facade[Client]):
    """A Nakama client without asyncio: for frame loops, scripts, notebooks and synchronous tests.

        with GameClient("http://127.0.0.1:7350") as client:
            session = client.authenticate_device("my-device-id").result()
            while running:
                client.poll()
                ...

    It has the methods of `Client` with the same arguments. A coroutine method returns a `Handle` at
    once, and the work is done in a thread of the client's own. Handlers and the functions of
    `Handle.then` run in `poll`, in the thread that made the client, in the order of what happened.
    Any thread may call the other methods.

    Args:
        client: The server's address, or a `Client` with other settings, which this one closes.
        max_calls: How many calls may be in flight, at least 1; one more raises `TooManyCalls`.

    Raises:
        ArgumentError: The address is not the URL of a server, or `max_calls` is out of range.
    """

    def __init__(self, client: str | Endpoint | Client, *, max_calls: int = 10_000) -> None:
        check_count("max_calls", max_calls)
        target = client if isinstance(client, Client) else Client(client)
        super().__init__(target, Pump(max_calls))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def endpoint(self) -> Endpoint:
        """The server's address."""
        return self._target.endpoint

    def poll(self, max_ms: float = 2.0) -> int:
        """Run the callbacks that wait, in order; call it once a frame.

        An error that a callback raises goes to `on_error`.

        Args:
            max_ms: After how many milliseconds no further callback is begun.

        Returns:
            How many callbacks still wait.

        Raises:
            ArgumentError: `max_ms` is no number.
        """
        if not isinstance(max_ms, int | float):
            raise ArgumentError(f"max_ms must be a number, not {type(max_ms).__name__}")
        return self._pump.poll(max_ms)

    def close(self) -> None:
        """Cancel the calls in flight, close the sockets, and end the thread; at most 10 seconds.

        Calling it again does nothing. A client that is not closed does not keep the process alive.
        """
        self._pump.close(self._target.close)

    def on_error(self, function: Callable[[Exception], object]) -> Registration:
        """Call a function with each error that no call raises; without one they are logged.

        These are errors of callbacks, errors of calls whose handle nobody used, and items of lists
        that can't be read, as with `Client.on_error`.
        """
        of_client = _on_error(self, function)
        self._pump.on_error(function)

        def remove() -> None:
            self._pump.forget_on_error(function)
            of_client.remove()

        return Registration(remove)

    def notifications(
        self,
        session: Session,
        *,
        socket: GameSocket | None = None,
        store: CursorStore | None = None,
        acknowledge: Acknowledge = "auto",
        queue_limit: int = 1024,
        overlap_window: float = 30.0,
        check_interval: float = 60.0,
        on_progress: Progress | None = None,
    ) -> GameFeed:
        """A player's notifications, each persistent one once; see `Client.notifications`.

        `feed.run(function)` opens it and lets `poll` call the function with each notification.
        With `acknowledge="auto"` one counts as handled when the function has returned.

        Raises:
            ArgumentError: An argument is out of range, or the socket is another player's.
        """
        target = self._target
        feed = self._pump.call(
            lambda: target.notifications(
                session,
                socket=None if socket is None else socket._target,
                store=store,
                acknowledge="manual" if acknowledge == "auto" else acknowledge,
                queue_limit=queue_limit,
                overlap_window=overlap_window,
                check_interval=check_interval,
                on_progress=None if on_progress is None else self._pump.later(on_progress),
            )
        )
        return GameFeed(feed, self._pump, acknowledge)

    add_friends = call(Client.add_friends)
    add_group_users = call(Client.add_group_users)
    authenticate_apple = call(Client.authenticate_apple)
    authenticate_custom = call(Client.authenticate_custom)
    authenticate_device = call(Client.authenticate_device)
    authenticate_email = call(Client.authenticate_email)
    authenticate_facebook = call(Client.authenticate_facebook)
    authenticate_facebook_instant_game = call(Client.authenticate_facebook_instant_game)
    authenticate_game_center = call(Client.authenticate_game_center)
    authenticate_google = call(Client.authenticate_google)
    authenticate_steam = call(Client.authenticate_steam)
    ban_group_users = call(Client.ban_group_users)
    block_friends = call(Client.block_friends)
    create_group = call(Client.create_group)
    delete_account = call(Client.delete_account)
    delete_friends = call(Client.delete_friends)
    delete_group = call(Client.delete_group)
    delete_leaderboard_record = call(Client.delete_leaderboard_record)
    delete_notifications = call(Client.delete_notifications)
    delete_storage_objects = call(Client.delete_storage_objects)
    delete_tournament_record = call(Client.delete_tournament_record)
    demote_group_users = call(Client.demote_group_users)
    emit_event = call(Client.emit_event)
    get_account = call(Client.get_account)
    get_matchmaker_stats = call(Client.get_matchmaker_stats)
    get_subscription = call(Client.get_subscription)
    get_users = call(Client.get_users)
    import_facebook_friends = call(Client.import_facebook_friends)
    import_steam_friends = call(Client.import_steam_friends)
    iter_channel_messages = items(Client.iter_channel_messages)
    iter_friends = items(Client.iter_friends)
    iter_friends_of_friends = items(Client.iter_friends_of_friends)
    iter_group_users = items(Client.iter_group_users)
    iter_groups = items(Client.iter_groups)
    iter_leaderboard_records = items(Client.iter_leaderboard_records)
    iter_notifications = items(Client.iter_notifications)
    iter_parties = items(Client.iter_parties)
    iter_storage_objects = items(Client.iter_storage_objects)
    iter_subscriptions = items(Client.iter_subscriptions)
    iter_tournament_records = items(Client.iter_tournament_records)
    iter_tournaments = items(Client.iter_tournaments)
    iter_user_groups = items(Client.iter_user_groups)
    join_group = call(Client.join_group)
    join_tournament = call(Client.join_tournament)
    kick_group_users = call(Client.kick_group_users)
    leave_group = call(Client.leave_group)
    link_apple = call(Client.link_apple)
    link_custom = call(Client.link_custom)
    link_device = call(Client.link_device)
    link_email = call(Client.link_email)
    link_facebook = call(Client.link_facebook)
    link_facebook_instant_game = call(Client.link_facebook_instant_game)
    link_game_center = call(Client.link_game_center)
    link_google = call(Client.link_google)
    link_steam = call(Client.link_steam)
    list_channel_messages = call(Client.list_channel_messages)
    list_friends = call(Client.list_friends)
    list_friends_of_friends = call(Client.list_friends_of_friends)
    list_group_users = call(Client.list_group_users)
    list_groups = call(Client.list_groups)
    list_leaderboard_records = call(Client.list_leaderboard_records)
    list_leaderboard_records_around_owner = call(Client.list_leaderboard_records_around_owner)
    list_matches = call(Client.list_matches)
    list_notifications = call(Client.list_notifications)
    list_parties = call(Client.list_parties)
    list_storage_objects = call(Client.list_storage_objects)
    list_subscriptions = call(Client.list_subscriptions)
    list_tournament_records = call(Client.list_tournament_records)
    list_tournament_records_around_owner = call(Client.list_tournament_records_around_owner)
    list_tournaments = call(Client.list_tournaments)
    list_user_groups = call(Client.list_user_groups)
    logout = call(Client.logout)
    on_exchange = happening(Client.on_exchange)
    on_retry = event(Client.on_retry)
    on_session_expired = request(Client.on_session_expired)
    on_session_refresh = event(Client.on_session_refresh)
    promote_group_users = call(Client.promote_group_users)
    read_storage_objects = call(Client.read_storage_objects)
    refresh_session = call(Client.refresh_session)
    register_push = call(Client.register_push)
    rpc = call(Client.rpc)
    rpc_http_key = call(Client.rpc_http_key)
    socket = made(Client.socket, GameSocket)
    unlink_apple = call(Client.unlink_apple)
    unlink_custom = call(Client.unlink_custom)
    unlink_device = call(Client.unlink_device)
    unlink_email = call(Client.unlink_email)
    unlink_facebook = call(Client.unlink_facebook)
    unlink_facebook_instant_game = call(Client.unlink_facebook_instant_game)
    unlink_game_center = call(Client.unlink_game_center)
    unlink_google = call(Client.unlink_google)
    unlink_steam = call(Client.unlink_steam)
    unregister_push = call(Client.unregister_push)
    update_account = call(Client.update_account)
    update_group = call(Client.update_group)
    validate_purchase_apple = call(Client.validate_purchase_apple)
    validate_purchase_facebook_instant = call(Client.validate_purchase_facebook_instant)
    validate_purchase_google = call(Client.validate_purchase_google)
    validate_purchase_huawei = call(Client.validate_purchase_huawei)
    validate_subscription_apple = call(Client.validate_subscription_apple)
    validate_subscription_google = call(Client.validate_subscription_google)
    write_leaderboard_record = call(Client.write_leaderboard_record)
    write_storage_objects = call(Client.write_storage_objects)
    write_tournament_record = call(Client.write_tournament_record)


_on_error = event(Client.on_error)
