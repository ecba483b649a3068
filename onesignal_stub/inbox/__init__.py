"""The inbox, where a person sees what was sent: open the stub's address in a browser."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from onesignal_stub.inbox.api import InboxApi
from onesignal_stub.inbox.lists import Lists
from onesignal_stub.inbox.search import MessageSearch
from onesignal_stub.inbox.views import InboxViews
from onesignal_stub.service import Service
from server_kit.web import KIT, EventStream, Files, list_page

_FOLDER = Path(__file__).parent / "static"
_FILTERS = {"app": "All apps", "platform": "All platforms", "status": "Any status"}


def add_to(app: web.Application, service: Service, events: EventStream) -> None:
    """Serve the page at `/`, its files, and what it shows as JSON under `/_control`."""
    store = service.store
    lists = Lists(store, service.segments)
    InboxApi(store, MessageSearch(store), InboxViews(store), lists, events).add_to(app)
    KIT.add_to(app)
    Files("inbox", _FOLDER).add_to(app)
    list_page("Push inbox", "inbox", _FILTERS).add_to(app)
