"""`nk.register_*`, `nk.run_once` and `nk.event`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.callbacks import (
    AfterFunction,
    BeforeFunction,
    Callbacks,
    EventFunction,
    LeaderboardFunction,
    MatchedFunction,
    RpcFunction,
    ShutdownFunction,
    StoreFunction,
    TournamentFunction,
)
from mock_server.runtime.context import Context, Contexts
from mock_server.runtime.events import Events
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.runtime.python_match import python_match
from mock_server.runtime.registrations import Registrations

_NOW = -1


class RegistrationFunctions(RuntimeFunctions):
    """Tell the server which functions it calls, and when.

    A function may be a coroutine function; a plain one runs in the server's loop and must not
    block. Names do not depend on case.
    """

    def __init__(self, registrations: Registrations, contexts: Contexts, events: Events) -> None:
        self._registrations = registrations
        self._contexts = contexts
        self._events = events

    def register_rpc(self, function: RpcFunction, rpc_id: str) -> None:
        """Make a function callable by clients.

        Args:
            function: Takes the `Context` and the payload text, returns text or None.
            rpc_id: Its name.

        Raises:
            ModuleError: No function, or no name.
        """
        given = Arguments("register_rpc", function, rpc_id)
        self._callbacks.rpcs[_name(given, "expects rpc id")] = given.function(1)

    def register_req_before(self, function: BeforeFunction, name: str) -> None:
        """Call a function before each request of a kind.

        Args:
            function: Takes the `Context` and the request as a dict, returns the request to go on
                with (changed or not), or None to answer 404.
            name: The operation's name, as `ListNotifications`.

        Raises:
            ModuleError: No function, or no name.
        """
        given = Arguments("register_req_before", function, name)
        self._callbacks.before[_name(given, "expects method name")] = given.function(1)

    def register_req_after(self, function: AfterFunction, name: str) -> None:
        """Call a function after each successful request of a kind.

        Args:
            function: Takes the `Context`, the response and the request, as dicts.
            name: The operation's name, as `ListNotifications`.

        Raises:
            ModuleError: No function, or no name.
        """
        given = Arguments("register_req_after", function, name)
        self._callbacks.after[_name(given, "expects method name")] = given.function(1)

    def register_rt_before(self, function: BeforeFunction, name: str) -> None:
        """Call a function before each socket message of a kind.

        Args:
            function: Takes the `Context` and the envelope as a dict, returns the envelope to go
                on with, or None to refuse it, which closes the socket.
            name: The message's name, as `ChannelJoin`. RPCs have no hooks, as in Nakama.

        Raises:
            ModuleError: No function, or no name.
        """
        given = Arguments("register_rt_before", function, name)
        self._callbacks.before_rt[_name(given, "expects message name")] = given.function(1)

    def register_rt_after(self, function: AfterFunction, name: str) -> None:
        """Call a function after each socket message of a kind that succeeded.

        Args:
            function: Takes the `Context`, the reply's envelope and the envelope, as dicts.
            name: The message's name, as `ChannelJoin`.

        Raises:
            ModuleError: No function, or no name.
        """
        given = Arguments("register_rt_after", function, name)
        self._callbacks.after_rt[_name(given, "expects message name")] = given.function(1)

    def register_match(self, name: str, handler: object) -> None:
        """Let `nk.match_create` make matches of a handler.

        In Lua there is no need to: each module that returns a handler is known by its own name.

        Args:
            name: The name for `nk.match_create`.
            handler: An object, a class or a module with `match_init`, `match_join_attempt`,
                `match_join`, `match_leave`, `match_loop`, `match_terminate` and `match_signal`.

        Raises:
            ModuleError: No name, or a callback is missing.
        """
        given = Arguments("register_match", name, handler)
        self._callbacks.matches[given.filled_text(1, "expects match name")] = python_match(handler)

    def register_event(self, function: EventFunction) -> None:
        """Call a function with each event that clients and modules generate.

        Args:
            function: Takes the `Context` and a dict with `name`, `properties`, `timestamp` (in
                seconds) and `external` (whether a client sent it).

        Raises:
            ModuleError: No function.
        """
        given = Arguments("register_event", function)
        self._callbacks.events.append(given.function(1))

    def register_event_session_start(self, function: EventFunction) -> None:
        """Call a function whenever a socket opens.

        Raises:
            ModuleError: No function.
        """
        given = Arguments("register_event_session_start", function)
        self._callbacks.session_starts.append(given.function(1))

    def register_event_session_end(self, function: EventFunction) -> None:
        """Call a function whenever a socket closes.

        Raises:
            ModuleError: No function.
        """
        given = Arguments("register_event_session_end", function)
        self._callbacks.session_ends.append(given.function(1))

    def register_matchmaker_matched(self, function: MatchedFunction) -> None:
        """Call a function when the matchmaker has brought players together.

        Args:
            function: Takes the `Context` and a list of the players, each a dict with `presence`
                (`user_id`, `session_id`, `username`, `node`), `properties` and, in a party,
                `party_id`. It returns the id of the match that they go to, as `nk.match_create`
                does, or None: then they get a token for a relayed match.

        Raises:
            ModuleError: No function.
        """
        given = Arguments("register_matchmaker_matched", function)
        self._callbacks.matchmaker_matched = given.function(1)

    def register_tournament_end(self, function: TournamentFunction) -> None:
        """Call a function when a period of a tournament no longer takes scores.

        Args:
            function: Takes the `Context`, the tournament as a dict, as it was a second before, when
                the period ended and when the tournament is reset (0 is never), in seconds.

        Raises:
            ModuleError: No function.
        """
        given = Arguments("register_tournament_end", function)
        self._callbacks.tournament_end = given.function(1)

    def register_tournament_reset(self, function: TournamentFunction) -> None:
        """Call a function when a period of a tournament is over, by its schedule or for good.

        Args:
            function: Takes what that of `register_tournament_end` takes.

        Raises:
            ModuleError: No function.
        """
        given = Arguments("register_tournament_reset", function)
        self._callbacks.tournament_reset = without_start(given.function(1))

    def register_leaderboard_reset(self, function: LeaderboardFunction) -> None:
        """Call a function when a period of a leaderboard is over.

        Args:
            function: Takes the `Context`, the leaderboard as a dict, and the time of the reset in
                seconds, by which the records of the period are still listed, as `expiry`.

        Raises:
            ModuleError: No function.
        """
        given = Arguments("register_leaderboard_reset", function)
        self._callbacks.leaderboard_reset = given.function(1)

    def register_purchase_notification_apple(self, function: StoreFunction) -> None:
        """Call a function when the App Store tells what became of a purchase.

        Args:
            function: Takes the `Context`, the purchase as `purchase_get_by_transaction_id` returns
                it, what the store sent as JSON text, and what happened: `REFUNDED`.

        Raises:
            ModuleError: No function.
        """
        self._register_store("purchase_notification_apple", function)

    def register_purchase_notification_google(self, function: StoreFunction) -> None:
        """Call a function when Google Play tells what became of a purchase.

        Args:
            function: As for `register_purchase_notification_apple`.

        Raises:
            ModuleError: No function.
        """
        self._register_store("purchase_notification_google", function)

    def register_subscription_notification_apple(self, function: StoreFunction) -> None:
        """Call a function when the App Store tells what became of a subscription.

        Args:
            function: Takes the `Context`, the subscription as `subscription_get_by_product_id`
                returns it, what the store sent as JSON text, and what happened: `RENEWED`,
                `EXPIRED`, `CANCELLED` or `REFUNDED`.

        Raises:
            ModuleError: No function.
        """
        self._register_store("subscription_notification_apple", function)

    def register_subscription_notification_google(self, function: StoreFunction) -> None:
        """Call a function when Google Play tells what became of a subscription.

        Args:
            function: As for `register_subscription_notification_apple`.

        Raises:
            ModuleError: No function.
        """
        self._register_store("subscription_notification_google", function)

    def register_shutdown(self, function: ShutdownFunction) -> None:
        """Call a function when the server stops; with `shutdown_grace_sec` 0 it is never called.

        Args:
            function: Takes the `Context`.

        Raises:
            ModuleError: No function.
        """
        self._callbacks.shutdown = Arguments("register_shutdown", function).function(1)

    def run_once(self, function: Callable[[Context], Any]) -> Any:
        """Call a function once while the modules load; further calls do nothing.

        Returns:
            What the function returned; a coroutine, if it is a coroutine function.

        Raises:
            ModuleError: No function.
        """
        given = Arguments("run_once", function)
        once = given.function(1)
        if not self._registrations.may_run_once():
            return None
        return once(self._contexts.new("run_once"))

    def get_context(self) -> dict[str, Any]:
        """The context of the server itself, as `run_once` functions get it: env, node, version."""
        return self._contexts.new("run_once").table()

    def event(
        self,
        name: Any = None,
        properties: Any = None,
        timestamp: Any = None,
        external: Any = None,
    ) -> None:
        """Generate an event, for the functions of `register_event`.

        Args:
            name: A text that is not empty.
            properties: A table of texts by texts.
            timestamp: When it was, in seconds since the epoch, not 0; now when left out or -1.
            external: Whether it counts as sent by a client; False when left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("event", name, properties, timestamp, external)
        title = given.filled_text(1, "expects name string")
        table = {} if properties is None else given.string_map(2, "properties")
        seconds = given.optional_integer(3, _NOW)
        if seconds == 0:
            raise given.error(3, "timestamp must be numeric UTC seconds when provided")
        self._events.generate(
            self._contexts.new("event"),
            title,
            table,
            timestamp=None if seconds == _NOW else seconds,
            external=given.optional_flag(4),
        )

    def _register_store(self, name: str, function: StoreFunction) -> None:
        given = Arguments(f"register_{name}", function)
        self._callbacks.store_notifications[name] = given.function(1)

    @property
    def _callbacks(self) -> Callbacks:
        return self._registrations.pending


def _name(given: Arguments, expected: str) -> str:
    return given.filled_text(2, expected).lower()


def without_start(function: TournamentFunction) -> TournamentFunction:
    """A function of `register_tournament_reset`, which in Lua does not get `start_active`."""

    def call(context: Context, tournament: dict[str, Any], *times: int) -> object:
        shown = {name: value for name, value in tournament.items() if name != "start_active"}
        return function(context, shown, *times)

    return call
