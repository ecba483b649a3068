"""What the features of a server answer."""

from __future__ import annotations

import asyncio

from mock_server import Config
from mock_server.features.push.push_log import PushLog
from mock_server.http.routing import Route
from mock_server.realtime.requests import SocketRequest
from mock_server.schema import SCHEMA
from mock_server.sql.database import Database
from mock_server.wiring import Wiring
from server_kit import Clock, Faults, Journal, Store


async def _routes_and_requests() -> tuple[list[Route], list[SocketRequest]]:
    """What a wired server has; some of it is made in a running loop."""
    clock, journal, store = Clock(), Journal(), Store(SCHEMA)
    try:
        config, faults = Config(), Faults(journal, clock)
        database = Database(config.database)
        wiring = Wiring(config, clock, store, journal, faults, PushLog(), database)
        features = wiring.features
    finally:
        store.close()
    return (
        [route for feature in features for route in feature.routes],
        [request for feature in features for request in feature.requests],
    )


ROUTES, REQUESTS = asyncio.run(_routes_and_requests())
"""All routes, and all requests over a socket."""
