"""The feature `matches`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.matches import api
from mock_server.features.matches.events import MatchPresenceEvents
from mock_server.features.matches.listing import MatchListing
from mock_server.features.matches.pipeline import MatchRequests
from mock_server.features.matches.registry import MatchRegistry
from mock_server.features.matches.runtime import MatchFunctions
from mock_server.features.matches.tokens import MatchTokens
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.stream import StreamMode
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.context import Contexts
from server_kit import Clock


def matches_feature(
    clock: Clock,
    sessions: SessionRegistry,
    tracker: Tracker,
    router: Router,
    contexts: Contexts,
    matches: MatchRegistry,
    listing: MatchListing,
    tokens: MatchTokens,
    *,
    node: str,
    is_single_match: bool,
    grace: int,
) -> Feature:
    """Return what the feature offers."""
    events = MatchPresenceEvents(router, matches)
    tracker.listen(StreamMode.MATCH_RELAYED, events.send_relayed)
    tracker.listen(StreamMode.MATCH_AUTHORITATIVE, events.send_authoritative)
    requests = MatchRequests(
        node,
        is_single_match=is_single_match,
        clock=clock,
        sessions=sessions,
        tracker=tracker,
        router=router,
        matches=matches,
        tokens=tokens,
        contexts=contexts,
    )

    async def shut_down() -> None:
        await matches.shut_down(grace)

    return Feature(
        routes=api.routes(listing),
        requests=requests.requests(),
        functions=(MatchFunctions(matches, listing),),
        forget=matches.forget,
        settle=matches.settle,
        end=matches.close,
        drain=shut_down,
        close=matches.close,
    )
