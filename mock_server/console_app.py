"""The application of the console's port: the console API and its page, and `/_control`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from mock_server.config import Config
from mock_server.console import page
from mock_server.console.api import Console
from mock_server.control.lifecycle import LifecycleActions, LifecycleRoutes
from mock_server.control.purchases import PurchaseRoutes
from mock_server.control.pushes import PushRoutes
from mock_server.control.sockets import SocketRoutes
from mock_server.control.state import StateRoutes
from mock_server.features.purchases.facade import PurchasesFacade
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.rules import PushRule
from mock_server.handles import OpenSocket
from mock_server.wiring import Wiring
from server_kit import Clock, Faults, Journal
from server_kit.faults.control import FaultRoutes
from server_kit.origin import Credentials, OriginGuard, is_loopback
from server_kit.web import KIT, EventStream, is_ours


def console_app(
    config: Config,
    clock: Clock,
    journal: Journal,
    *,
    faults: Faults,
    events: EventStream,
    pushes: PushLog,
    find_wiring: Callable[[], Wiring],
    urls: Callable[[], Mapping[str, str]],
    lifecycle: LifecycleActions,
    sockets: Callable[[], list[OpenSocket]],
    find_purchases: Callable[[], PurchasesFacade],
    add_push_rules: Callable[[Iterable[PushRule | Mapping[str, Any]]], None],
) -> web.Application:
    """Make the application.

    Args:
        config: The server's settings.
        clock: The server's time.
        journal: The requests and frames that came in.
        faults: What goes wrong on purpose.
        events: What `GET /_control/events` tells.
        pushes: What became of each push, and the rules.
        find_wiring: Returns what the running server consists of; a restart makes it again.
        urls: Returns where the client API, the socket and the console are, by their names.
        lifecycle: What can be done to the whole server.
        sockets: Returns the open sockets.
        find_purchases: Returns what players bought.
        add_push_rules: Adds push rules until the next reset.
    """
    app = web.Application(middlewares=[_guard(config).middleware(is_ours, everywhere=True)])
    Console(config.console, clock, lambda: find_wiring().console).add_routes(app)
    StateRoutes(
        clock,
        journal,
        urls=urls,
        user_count=lambda: find_wiring().accounts.count(),
        sockets=sockets,
        rpc_ids=lambda: find_wiring().rpcs.ids(),
        metrics=lambda: find_wiring().metrics.all(),
    ).add_to(app)
    LifecycleRoutes(clock, lifecycle).add_to(app)
    PushRoutes(
        pushes,
        add_rules=add_push_rules,
        rule_problems=lambda: find_wiring().push_sources.problems(),
        all_devices=lambda: find_wiring().push.devices.all(),
    ).add_to(app)
    PurchaseRoutes(find_purchases).add_to(app)
    SocketRoutes(sockets).add_to(app)
    FaultRoutes(faults).add_to(app)
    events.add_to(app)
    KIT.add_to(app)
    page.add_to(
        app,
        journal=journal,
        clock=clock,
        pushes=pushes,
        faults=faults,
        onesignal_url=config.onesignal.url,
        find_services=lambda: find_wiring().console,
        find_url=lambda: urls()["http_url"],
    )
    return app


def _guard(config: Config) -> OriginGuard:
    """Keeps foreign pages out; on an address of the network it asks for the console's login."""
    console = config.console
    login = (
        None if is_loopback(console.address) else Credentials(console.username, console.password)
    )
    return OriginGuard(config.control.allow_host, login=login)
