"""The feature `parties`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.matchmaker.core import Matchmaker
from mock_server.features.parties import api
from mock_server.features.parties.core import Parties
from mock_server.features.parties.pipeline import PartyRequests
from mock_server.features.parties.registry import PartyRegistry
from mock_server.features.parties.runtime import PartyFunctions
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.stream import StreamMode
from mock_server.realtime.tracker import Tracker


def parties_feature(
    sessions: SessionRegistry,
    tracker: Tracker,
    router: Router,
    matchmaker: Matchmaker,
    registry: PartyRegistry,
    *,
    is_single_party: bool,
) -> Feature:
    """Return what the feature offers."""
    parties = Parties(
        is_single_party=is_single_party,
        registry=registry,
        sessions=sessions,
        tracker=tracker,
        router=router,
        matchmaker=matchmaker,
    )
    tracker.listen(StreamMode.PARTY, parties.moved)
    return Feature(
        routes=api.routes(registry),
        requests=PartyRequests(parties, router).requests(),
        functions=(PartyFunctions(registry),),
        forget=registry.forget,
        start=registry.start,
        end=registry.end,
        close=registry.end,
        settle=registry.settle,
    )
