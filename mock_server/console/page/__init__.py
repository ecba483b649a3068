"""The console page, where a person sees what a game does: open the console port's address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from yarl import URL

from mock_server.console.page.api import PageApi
from mock_server.console.page.boards import BoardList
from mock_server.console.page.calls import Caller
from mock_server.console.page.endpoints import EndpointList
from mock_server.console.page.modules import ModuleList
from mock_server.console.page.multiplayer import MatchList, PartyList, TicketList
from mock_server.console.page.objects import ObjectList
from mock_server.console.page.players import PlayerList
from mock_server.console.page.pushes import PushList
from mock_server.console.page.requests import RequestList
from mock_server.console.services import ConsoleServices
from mock_server.features.push.push_log import PushLog
from server_kit import Clock, Faults, Journal
from server_kit.web import Files, list_page

_FOLDER = Path(__file__).parent / "static"
_LOOPBACKS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_FILTERS = {
    "kind": "All kinds",
    "state": "Any state",
    "language": "All languages",
    "outcome": "Any outcome",
}


def add_to(
    app: web.Application,
    *,
    journal: Journal,
    clock: Clock,
    pushes: PushLog,
    faults: Faults,
    onesignal_url: str,
    find_services: Callable[[], ConsoleServices],
    find_url: Callable[[], str],
) -> None:
    """Serve the page at `/`, its files, and what it shows as JSON under `/_control/console`.

    Args:
        app: The application of the console's port.
        journal: The requests and frames that came in.
        clock: The server's time.
        pushes: What became of each push.
        faults: What goes wrong on purpose.
        onesignal_url: Where pushes are posted.
        find_services: Returns what players are read from; a restart makes new ones.
        find_url: Returns where the client API is.
    """
    players = PlayerList(find_services)
    endpoints = EndpointList(find_services)

    def find_reachable() -> str:
        return _reachable(find_url())

    PageApi(
        clock,
        journal,
        faults,
        requests=RequestList(journal, players.name_of, find_reachable),
        players=players,
        lists={
            "pushes": PushList(pushes, players.name_of, onesignal_url).page,
            "storage": ObjectList(find_services).page,
            "boards": BoardList(find_services, players.name_of).page,
            "matches": MatchList(find_services).page,
            "parties": PartyList(find_services).page,
            "tickets": TicketList(find_services).page,
            "modules": ModuleList(find_services).page,
            "endpoints": endpoints.page,
        },
        caller=Caller(endpoints, find_services, find_reachable),
        find_services=find_services,
    ).add_to(app)
    Files("console", _FOLDER).add_to(app)
    list_page("Nakama console", "console", _FILTERS).add_to(app)


def _reachable(url: str) -> str:
    """The address of a server on this machine, also where it listens on all addresses."""
    parsed = URL(url)
    loopback = _LOOPBACKS.get(parsed.host or "")
    return str(parsed.with_host(loopback).origin()) if loopback else url
